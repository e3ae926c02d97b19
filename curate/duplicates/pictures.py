"""Whether two small pictures show the same pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

SAME = 0.98
"""Correlation of two small pictures from which they are one: a copy that was recompressed, made small, brighter or grey has
at least 0.988; two shots of one distant view by two cameras on one tripod have up to 0.963."""

ALIGNED = 0.992
"""The same after laying one over the other, for copies that were cut a little. Laying over makes two shots alike too (up to
0.991), so it asks for more."""

_SIDE = 96
_MOVED = 0.15


def small_picture(image: Any) -> NDArray[np.uint8]:
    """Return a Pillow picture as grey values, uint8 (96, 96), whatever its shape was."""
    from PIL.Image import Resampling

    image.draft("L", (2 * _SIDE, 2 * _SIDE))
    return np.asarray(image.convert("L").resize((_SIDE, _SIDE), Resampling.BOX), dtype=np.uint8)


def same_picture(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> bool:
    """Whether two small pictures show the same pixels: as they are, or cut a little differently.

    Args:
        a, b: `small_picture`s.
    """
    return _correlation(a, b) >= SAME or _aligned_correlation(a, b) >= ALIGNED


def _correlation(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    one, two = a - a.mean(), b - b.mean()
    spread = float(np.sqrt((one * one).sum() * (two * two).sum()))
    return float((one * two).sum()) / spread if spread else float(np.array_equal(a, b))


def _aligned_correlation(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    """The correlation after the best affine change that moves nothing far (ECC, Evangelidis and Psarakis 2008)."""
    import cv2

    one, two = (cv2.GaussianBlur(picture.astype(np.float32), (3, 3), 0) for picture in (a, b))
    stop = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 30, 1e-4)
    start = np.eye(2, 3, dtype=np.float32)
    try:
        value, change = cv2.findTransformECC(one, two, start, cv2.MOTION_AFFINE, stop, np.empty(0, np.uint8), 3)
    except cv2.error:  # it did not converge: they are not alike
        return 0.0
    moved = max(float(np.abs(change[:, :2] - np.eye(2)).max()), float(np.abs(change[:, 2]).max()) / _SIDE)
    return float(value) if moved <= _MOVED else 0.0
