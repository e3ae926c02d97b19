"""The texture tiles of leaf surfaces, the same for every class and collection."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

TILE_SIDE = 1024
TILE_PIXELS = TILE_SIDE * TILE_SIDE
TILES = 8


@cache
def texture_atlas() -> npt.NDArray[np.float32]:
    """Return (8 · 1024 · 1024,) float32, tile after tile: factors around 1 that multiply a surface's colour.

    Each tile wraps around. Most are noise whose amplitude falls with frequency, like stone, paper and bark.
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
    """Return unit-variance noise with amplitude 1/f^slope, stretched along x by a factor."""
    fy = np.fft.fftfreq(TILE_SIDE)[:, None]
    fx = np.fft.rfftfreq(TILE_SIDE)[None, :] * stretch
    # nothing larger than a twelfth of the tile, so that the repetition of a tile is not visible on a leaf
    amplitude = (np.hypot(fx, fy) + 12.0 / TILE_SIDE) ** -slope
    noise = np.fft.irfft2(
        np.fft.rfft2(rng.standard_normal((TILE_SIDE, TILE_SIDE))) * amplitude, s=(TILE_SIDE, TILE_SIDE)
    )
    return np.asarray((noise - noise.mean()) / noise.std())


def _relief(noise: npt.NDArray[np.float64], contrast: float) -> npt.NDArray[np.float64]:
    return np.asarray(np.exp(contrast * noise))


def _flecks(noise: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return granite: dark and light grains on an even ground."""
    return 1.0 - 0.45 / (1.0 + np.exp(-(noise - 1.3) * 6.0)) + 0.35 / (1.0 + np.exp((noise + 1.5) * 6.0))


def _weave(noise: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return cloth: two crossed sets of uneven threads eight pixels wide."""
    y, x = np.mgrid[0:TILE_SIDE, 0:TILE_SIDE] * (2.0 * np.pi / 8.0)
    return np.asarray(np.exp(0.16 * (np.sin(x + 0.6 * noise) + np.sin(y + 0.6 * noise)) + 0.10 * noise))
