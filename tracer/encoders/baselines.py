"""Baselines that encoders are compared with: features of a photo that need no trained network.

`residual` uses the camera's traces and no content. If it cannot tell two cameras apart, hardly any other feature can; an encoder
whose accuracy comes near it has kept what a forensic detector uses. `thumbnail` and `colour` use content and colour but no
traces: what they predict is a confound of the data set, not knowledge of the camera.

All of them are functions from uint8 (N, S, S, 3) to float32 (N, D) and need only numpy.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Features = NDArray[np.float32]

# Residuals are rounded to −2 … 2, three neighbours make one cell of 5³ = 125.
_TRUNCATE: Final = 2
_LEVELS: Final = 2 * _TRUNCATE + 1
_CELLS: Final = _LEVELS**3
_REACH: Final = 2048
"""A bound of all residuals: third differences of bytes, and second differences of R − G and B − G, lie within ±1020."""


def _rounding(step: int) -> NDArray[np.uint8]:
    """The table from a residual plus `_REACH` to its level 0 … 4."""
    values = np.arange(-_REACH, _REACH + 1) / step
    return (np.clip(np.rint(values), -_TRUNCATE, _TRUNCATE) + _TRUNCATE).astype(np.uint8)


_LEVEL_OF: Final = {order: _rounding(order) for order in (1, 2, 3)}


def residual(pixels: Pixels) -> Features:
    """Return co-occurrences of high-pass residuals, float32 (N, 1000): the square roots of eight histograms that sum to 1 each.

    The residuals are the first, second and third differences of the green channel and the second differences of R − G and B − G,
    along rows and along columns (their counts are added). A histogram counts the levels of three neighbouring residuals: along
    the direction of the difference and, for green, also across it. These are features of image forensics that tell cameras and
    compressions apart, a small version of the "spatial rich model".
    """
    return np.stack([_residual(image) for image in pixels])


def _residual(image: Pixels) -> Features:
    red, green, blue = (image[..., channel].astype(np.int16) for channel in range(3))
    histograms = []
    for order in (1, 2, 3):
        histograms += [_both_ways(green, order, along=True), _both_ways(green, order, along=False)]
    histograms += [_both_ways(red - green, 2, along=True), _both_ways(blue - green, 2, along=True)]
    return np.sqrt(np.concatenate(histograms)).astype(np.float32)


def _both_ways(plane: NDArray[np.int16], order: int, *, along: bool) -> NDArray[np.float64]:
    """The co-occurrence histogram (125,) over rows and columns, as shares."""
    counts = np.zeros(_CELLS, dtype=np.int64)
    for oriented in (plane, plane.T):
        difference = np.diff(oriented, n=order, axis=1)
        levels = _LEVEL_OF[order][difference + _REACH]
        # Three levels as one byte: 25a + 5b + c < 125.
        if along:
            cells = levels[:, :-2] * np.uint8(25) + levels[:, 1:-1] * np.uint8(5) + levels[:, 2:]
        else:
            cells = levels[:-2] * np.uint8(25) + levels[1:-1] * np.uint8(5) + levels[2:]
        counts += np.bincount(cells.ravel(), minlength=_CELLS)
    return np.asarray(counts / counts.sum(), dtype=np.float64)


def thumbnail(pixels: Pixels) -> Features:
    """Return the picture as 16 × 16 block means, float32 (N, 768), 0 … 1, in the order row, column, channel."""
    side = pixels.shape[1]
    blocks = pixels.reshape(len(pixels), 16, side // 16, 16, side // 16, 3)
    means: Features = (blocks.mean(axis=(2, 4), dtype=np.float64) / 255.0).astype(np.float32)
    return means.reshape(len(pixels), -1)


def colour(pixels: Pixels) -> Features:
    """Return the joint RGB histogram with 8 levels for each channel, float32 (N, 512), as square roots of shares."""
    levels = (pixels >> 5).astype(np.int64)
    cells = levels[..., 0] * 64 + levels[..., 1] * 8 + levels[..., 2]
    shares = [np.bincount(image.ravel(), minlength=512) / image.size for image in cells]
    return np.asarray(np.sqrt(np.stack(shares)), dtype=np.float32)


BASELINES: Final = {"residual": residual, "thumbnail": thumbnail, "colour": colour}
