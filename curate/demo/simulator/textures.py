"""Texture tiles: what the surface of a leaf looks like from near, the same stock for every class and collection."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

TILE_SIDE = 1024
TILE_PIXELS = TILE_SIDE * TILE_SIDE
TILES = 8


@cache
def texture_atlas() -> npt.NDArray[np.float32]:
    """Return (8 · 1024 · 1024,) float32, tile after tile: factors about 1 by which a surface's colour is multiplied.

    Each tile wraps around. Most are noise whose amplitude falls with frequency, as that of stone, paper and bark does.
    """
    rng = np.random.default_rng(20_000)
    tiles = [
        _relief(_noise(rng, 0.9), 0.15),
        _relief(_noise(rng, 0.9), 0.27),
        _relief(_noise(rng, 0.5), 0.26),
        _relief(_noise(rng, 1.0, stretch=9.0), 0.32),
        _relief(_noise(rng, 1.0, stretch=1.0 / 9.0), 0.32),
        _flecks(_noise(rng, 0.7)),
        _weave(_noise(rng, 1.0)),
        _relief(np.abs(_noise(rng, 0.8)), 0.42),
    ]
    return np.concatenate([(tile / tile.mean()).astype(np.float32).ravel() for tile in tiles])


def _noise(rng: np.random.Generator, slope: float, stretch: float = 1.0) -> npt.NDArray[np.float64]:
    """Unit-variance noise of amplitude 1/f^slope, stretched along x by a factor."""
    fy = np.fft.fftfreq(TILE_SIDE)[:, None]
    fx = np.fft.rfftfreq(TILE_SIDE)[None, :] * stretch
    # Nothing larger than a twelfth of the tile: a leaf must not show that its tile repeats.
    amplitude = (np.hypot(fx, fy) + 12.0 / TILE_SIDE) ** -slope
    noise = np.fft.irfft2(
        np.fft.rfft2(rng.standard_normal((TILE_SIDE, TILE_SIDE))) * amplitude, s=(TILE_SIDE, TILE_SIDE)
    )
    return np.asarray((noise - noise.mean()) / noise.std())


def _relief(noise: npt.NDArray[np.float64], contrast: float) -> npt.NDArray[np.float64]:
    return np.asarray(np.exp(contrast * noise))


def _flecks(noise: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Granite: dark and light grains on an even ground."""
    return 1.0 - 0.45 / (1.0 + np.exp(-(noise - 1.3) * 6.0)) + 0.35 / (1.0 + np.exp((noise + 1.5) * 6.0))


def _weave(noise: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Cloth: two crossed sets of threads of eight pixels, unevenly drawn."""
    y, x = np.mgrid[0:TILE_SIDE, 0:TILE_SIDE] * (2.0 * np.pi / 8.0)
    return np.asarray(np.exp(0.16 * (np.sin(x + 0.6 * noise) + np.sin(y + 0.6 * noise)) + 0.10 * noise))
