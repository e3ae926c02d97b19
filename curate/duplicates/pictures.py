"""Compare the pixels of two small pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

SAME = 0.98
"""From this correlation on, two small pictures are copies. A copy that was recompressed, reduced, brightened or made grey has at
least 0.988; two shots of a distant view by two cameras on one tripod have up to 0.963."""

ALIGNED = 0.992
"""The same threshold after alignment, for copies that were cropped a little. It is higher, because alignment makes two shots of
one view more similar too (up to 0.991)."""

_SIDE = 96
_MOVED = 0.15
"""Largest change of a matrix element, and of the shift as a share of the side, that an alignment may have."""


def small_picture(image: Any) -> NDArray[np.uint8]:
    """Return a Pillow picture as grey values, (96, 96) uint8, whatever its aspect ratio."""
    from PIL.Image import Resampling

    image.draft("L", (2 * _SIDE, 2 * _SIDE))
    return np.asarray(image.convert("L").resize((_SIDE, _SIDE), Resampling.BOX), dtype=np.uint8)


def same_picture(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> bool:
    """Return whether two small pictures show the same pixels, as they are or cropped a little differently.

    Args:
        a: (96, 96) uint8, from `small_picture`.
        b: (96, 96) uint8, from `small_picture`.
    """
    return _correlation(a, b) >= SAME or _aligned_correlation(a, b) >= ALIGNED


def _correlation(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    one, two = a - a.mean(), b - b.mean()
    spread = float(np.sqrt((one * one).sum() * (two * two).sum()))
    return float((one * two).sum()) / spread if spread else float(np.array_equal(a, b))


def _aligned_correlation(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    """Return the correlation after the best affine alignment (ECC, Evangelidis and Psarakis 2008); 0 where it moves too far."""
    import cv2

    one, two = (cv2.GaussianBlur(picture.astype(np.float32), (3, 3), 0) for picture in (a, b))
    stop = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 30, 1e-4)
    start = np.eye(2, 3, dtype=np.float32)
    try:
        value, change = cv2.findTransformECC(one, two, start, cv2.MOTION_AFFINE, stop, np.empty(0, np.uint8), 3)
    except cv2.error:  # the alignment did not converge, so the pictures differ
        return 0.0
    moved = max(float(np.abs(change[:, :2] - np.eye(2)).max()), float(np.abs(change[:, 2]).max()) / _SIDE)
    return float(value) if moved <= _MOVED else 0.0
