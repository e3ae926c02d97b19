"""What tells one sight from one thing in two places, and from a place where things were moved: the part that agrees.

Where two photos agree on one plane, three things may be the case:

- They show one sight, flat or far away. It takes a good part of what both show, and laid over itself it looks the same.
- They show one thing in two places: a product, a poster, a window. It looks the same too, but is a small part of what both show.
- They show one place where things were moved. Most of what both show agrees, but between the things in place are others.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from curate.pairing.agreement import CELL, Plane
from curate.pairing.features import Features

STRUCTURE = 1000
"""Keypoints of a photo, the strongest first, that tell where it shows something."""

LEAST_CELLS = 30
"""Cells in which both photos show something, from which on a share of them says something."""

WINDOW = 12
"""Side of the window in which brightness is compared, pixels of a thumbnail."""

CONTRAST = 3.0
"""Least standard deviation in a window, grey levels."""

LEAST_WINDOWS = 80
"""Windows with contrast, one around each pixel, from which on their median says something."""

_SHRINK = 4


def extent(plane: Plane, a: Features, b: Features) -> float:
    """Return the share of what both photos show that lies among the inliers of a plane, 0 to 1.

    A photo shows something where it has strong keypoints, counted by cells of 16 × 16 pixels. The sky does not count, and what
    only one photo shows does not either. 0 where both photos show little in common.

    Args:
        plane: the plane.
        a: features of the first photo.
        b: features of the second photo.
    """
    middles = (np.unique(np.floor(a.points[:STRUCTURE] / CELL), axis=0) + 0.5) * CELL
    rows = np.column_stack([middles, np.ones(len(middles))]) @ plane.matrix.T
    with np.errstate(divide="ignore", invalid="ignore"):
        there = rows[:, :2] / rows[:, 2:]
    seen = (there >= 0).all(1) & (there < (b.width, b.height)).all(1)
    shown = np.zeros((b.height // CELL + 1, b.width // CELL + 1), np.uint8)
    shown[tuple(np.floor(b.points[:STRUCTURE] / CELL).astype(int).T[::-1])] = 1
    near = cv2.dilate(shown, np.ones((3, 3), np.uint8))
    column, row = np.floor(there[seen] / CELL).astype(int).T
    both = middles[seen][near[row, column] > 0]
    if len(both) < LEAST_CELLS:
        return 0.0
    part = _hull(plane.points, 1 / _SHRINK, (a.height // _SHRINK + 1, a.width // _SHRINK + 1))
    wider = cv2.dilate(part, np.ones((2 * CELL // _SHRINK + 1,) * 2, np.uint8))
    column, row = np.floor(both / _SHRINK).astype(int).T
    return float(wider[row.clip(0, part.shape[0] - 1), column.clip(0, part.shape[1] - 1)].mean())


def sameness(plane: Plane, a: Features, b: Features) -> float | None:
    """Return how much the agreeing part of two photos looks the same when the first is laid over the second, −1 to 1.

    It is the median, over the part, of the correlation of brightness in small windows. Things that were moved within the part
    lower it; what is around the part does not.

    Args:
        plane: the plane.
        a: features of the first photo.
        b: features of the second photo.

    Returns:
        None where too little of the part has contrast in both photos.
    """
    shrink_a, shrink_b = max(a.thumb.shape) / max(a.width, a.height), max(b.thumb.shape) / max(b.width, b.height)
    matrix = np.diag([shrink_b, shrink_b, 1.0]) @ plane.matrix @ np.diag([1 / shrink_a, 1 / shrink_a, 1.0])
    size = (b.thumb.shape[1], b.thumb.shape[0])
    laid = cv2.warpPerspective(a.thumb, matrix, size, flags=cv2.INTER_AREA)
    seen = cv2.warpPerspective(np.full_like(a.thumb, 255), matrix, size, flags=cv2.INTER_NEAREST)
    x, y = (cv2.GaussianBlur(picture, (0, 0), 1.0).astype(np.float64) for picture in (laid, b.thumb))

    def mean(picture: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(cv2.boxFilter(picture, -1, (WINDOW, WINDOW)), np.float64)

    in_x, in_y = mean(x * x) - mean(x) ** 2, mean(y * y) - mean(y) ** 2
    part = _hull(plane.there, shrink_b, b.thumb.shape) > 0
    kept = part & (cv2.erode(seen, np.ones((WINDOW, WINDOW), np.uint8)) > 0) & (np.minimum(in_x, in_y) >= CONTRAST**2)
    if kept.sum() < LEAST_WINDOWS:
        return None
    together = mean(x * y) - mean(x) * mean(y)
    return float(np.median(together[kept] / np.sqrt(in_x[kept] * in_y[kept])))


def _hull(points: NDArray[np.float32], scale: float, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Return a picture of the convex hull of points at a scale: 1 inside, 0 outside."""
    picture = np.zeros(shape[:2], np.uint8)
    cv2.fillConvexPoly(picture, np.round(cv2.convexHull(points) * scale).astype(np.int32), 1)
    return picture
