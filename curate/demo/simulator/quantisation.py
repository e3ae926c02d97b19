"""JPEG quantisation tables: those of the standard, and those that camera makers choose themselves."""

from __future__ import annotations

import numpy as np

_IJG_LUMA = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
_IJG_CHROMA = ((17, 18, 24, 47), (18, 21, 26, 66), (24, 26, 56, 99), (47, 66, 99, 99))
"""The example tables of the JPEG standard (ITU-T T.81, Annex K); chroma steps that are not listed are 99."""


def standard_table(quality: int, chroma: bool = False) -> tuple[int, ...]:
    """Return the standard's table at a quality from 1 to 100, scaled as libjpeg scales it."""
    base = np.full((8, 8), 99) if chroma else np.array(_IJG_LUMA)
    if chroma:
        base[:4, :4] = _IJG_CHROMA
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    return tuple(np.clip((base * scale + 50) // 100, 1, 255).ravel().tolist())


def own_table(lowest: float, highest: float, power: float) -> tuple[int, ...]:
    """Return a maker's own table, whose steps rise from the lowest to the highest frequency by a power law."""
    v, u = np.mgrid[0:8, 0:8]
    steps = lowest + (highest - lowest) * (np.hypot(u, v) / np.hypot(7, 7)) ** power
    return tuple(np.clip(np.rint(steps), 1, 255).astype(int).ravel().tolist())
