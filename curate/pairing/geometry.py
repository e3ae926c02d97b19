"""Test whether the matches of two photos agree on one view of one scene: RANSAC, plausibility checks, and how the views relate.

A homography explains a flat scene or a camera that only rotated. For a scene with depth and a camera that moved it still
holds roughly, so the tolerance is wide. Where the homography is not a possible view, or there are few matches, a similarity
(rotation, scale, shift) is used: it has four parameters instead of eight, so that five matches agree by chance less often.
Where neither explains many of the matches, a fundamental matrix is fitted: objects at different depths do not fit a plane.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

TOLERANCE = 6.0
"""Largest reprojection error of an inlier, in pixels of a preview of 640 pixels; it allows for parallax."""

MIN_MATCHES = 5
MAX_SCALE = 8.0
"""Largest ratio of the sizes of the same thing in both photos."""

_FOR_HOMOGRAPHY = 10
"""Matches from which a homography is fitted."""

_FEW_INLIERS = 15
_FOR_EPIPOLAR = 20
"""Matches from which a fundamental matrix is fitted, where the best view has fewer than `_FEW_INLIERS` inliers."""

_EPIPOLAR_TOLERANCE = 1.5
"""Largest distance of an inlier from its epipolar line, pixels. A point may lie anywhere along the line, so one match in a
hundred fits by chance; therefore the distance is small, and the matrix must explain far more matches than a plane."""

_GRID = (4, 4)


View = Literal["homography", "similarity", "fundamental", "none"]


@dataclass(frozen=True, slots=True)
class Geometry:
    """How the view of the second photo follows from that of the first.

    Attributes:
        model: the kind of view; `none` where no view explains `MIN_MATCHES` matches.
        inliers: number of matches that it explains; several matches at one point count once.
        mask: (k,) bool, the matches that it explains.
        matrix: (3, 3) float64, from pixels of the first preview to pixels of the second. For `fundamental` it is the matrix of
            the plane that most points lie near, or None.
        overlap: share of the smaller view's area, in the second photo's plane, that both photos see, 0 to 1.
        coverage: share of a 4 × 4 grid over the common part of the first photo that holds an inlier, 0 to 1. It is low where
            only one sticker or logo agrees.
        scale_ratio: how much larger things are in the second preview.
        rotation_deg: how far the second preview is turned, −180 to 180 degrees.
    """

    model: View
    inliers: int
    mask: NDArray[np.bool_]
    matrix: NDArray[np.float64] | None = None
    overlap: float = 0.0
    coverage: float = 0.0
    scale_ratio: float | None = None
    rotation_deg: float | None = None


@dataclass(frozen=True, slots=True)
class _Matches:
    """The matched points of two previews.

    Attributes:
        a: (k, 2) float32, pixels of the first preview.
        b: (k, 2) float32, pixels of the second preview.
        frame_a: width and height of the first preview.
        frame_b: width and height of the second preview.
    """

    a: NDArray[np.float32]
    b: NDArray[np.float32]
    frame_a: tuple[int, int]
    frame_b: tuple[int, int]


def estimated(estimator: Callable[..., Any], *args: Any, **settings: Any) -> tuple[Any, Any]:
    """Return (model, inliers) of one of OpenCV's estimators; (None, None) where it raises `cv2.error`.

    On degenerate matches (all on one line, all at one point) some of its estimators raise in place of finding no model.
    """
    try:
        model, inliers = estimator(*args, **settings)
    except cv2.error:
        return None, None
    return model, inliers


def verify(
    a: NDArray[np.float32], b: NDArray[np.float32], frame_a: tuple[int, int], frame_b: tuple[int, int]
) -> Geometry:
    """Find the view that most matches agree on.

    OpenCV's estimators start from a fixed random state, so the same matches give the same result.

    Args:
        a: (k, 2) float32 matched points, pixels of the first preview.
        b: (k, 2) float32 matched points, pixels of the second preview.
        frame_a: width and height of the first preview.
        frame_b: width and height of the second preview.
    """
    nothing = Geometry("none", 0, np.zeros(len(a), np.bool_))
    if len(a) < MIN_MATCHES:
        return nothing
    best, matches = nothing, _Matches(a, b, frame_a, frame_b)
    affine, found = estimated(
        cv2.estimateAffinePartial2D,
        a,
        b,
        method=cv2.RANSAC,
        ransacReprojThreshold=1.5 * TOLERANCE,
        maxIters=1000,
        confidence=0.995,
    )
    if affine is not None:
        matrix = np.vstack([affine, (0, 0, 1)])
        best = _better_plane("similarity", matrix, found, matches, best)
    if len(a) >= _FOR_HOMOGRAPHY:
        matrix, found = estimated(cv2.findHomography, a, b, cv2.USAC_MAGSAC, TOLERANCE, maxIters=2000, confidence=0.995)
        if matrix is not None:
            best = _better_plane("homography", matrix, found, matches, best)
    if len(a) >= _FOR_EPIPOLAR and best.inliers < _FEW_INLIERS:
        matrix, found = estimated(
            cv2.findFundamentalMat, a, b, cv2.USAC_MAGSAC, _EPIPOLAR_TOLERANCE, confidence=0.995, maxIters=2000
        )
        if matrix is not None and matrix.shape == (3, 3):
            best = _epipolar(found.ravel().astype(np.bool_), matches, best)
    return best


def _epipolar(mask: NDArray[np.bool_], matches: _Matches, plane: Geometry) -> Geometry:
    """Return the geometry of a scene with depth, or `plane` where that explains the matches nearly as well."""
    a, b = matches.a, matches.b
    count = min(len(np.unique(np.round(points[mask] / 2), axis=0)) for points in (a, b)) if mask.any() else 0
    if count < max(_FEW_INLIERS, plane.inliers + 8, 0.6 * len(a)):
        return plane
    # Parallax moves points along lines, but does not exchange left and right: the best affine map must not mirror.
    moved = np.linalg.lstsq(np.column_stack([a[mask], np.ones(int(mask.sum()))]), b[mask], rcond=None)[0]
    if np.linalg.det(moved[:2]) <= 0:
        return plane
    shares = [
        float(cv2.contourArea(cv2.convexHull(points))) / (width * height)
        for points, (width, height) in ((a[mask], matches.frame_a), (b[mask], matches.frame_b))
    ]
    scale = _spread(b[mask]) / max(_spread(a[mask]), 1e-6)
    if not 1 / MAX_SCALE <= scale <= MAX_SCALE:
        return plane
    return Geometry(
        model="fundamental",
        inliers=int(count),
        mask=mask,
        matrix=plane.matrix,
        overlap=min(1.0, max(shares)),
        coverage=_coverage(a[mask], a[mask].astype(np.float64)),
        scale_ratio=scale,
        rotation_deg=plane.rotation_deg,
    )


def _spread(points: NDArray[np.float32]) -> float:
    """Return the median distance of points from their centre, pixels."""
    return float(np.median(np.linalg.norm(points - np.median(points, axis=0), axis=1)))


def _better_plane(
    model: Literal["homography", "similarity"],
    matrix: NDArray[Any],
    found: NDArray[Any],
    matches: _Matches,
    otherwise: Geometry,
) -> Geometry:
    """Return the geometry of one model, or `otherwise` where it is not a possible view or does not explain more matches."""
    a, b = matches.a, matches.b
    mask = found.ravel().astype(np.bool_)
    if mask.sum() < MIN_MATCHES or not np.isfinite(matrix).all():
        return otherwise
    # Many keypoints of the first photo that match one of the second (a collapsed view) count once.
    count = min(len(np.unique(np.round(points[mask] / 2), axis=0)) for points in (a, b))
    if count <= otherwise.inliers or count < MIN_MATCHES:
        return otherwise
    middle = a[mask].mean(0, dtype=np.float64)
    jacobian = _jacobian(matrix, middle)
    determinant = float(np.linalg.det(jacobian))
    corners = _corners(matches.frame_a)
    depth = matrix[2, :2] @ corners.T + matrix[2, 2]
    if determinant <= 0 or not (np.sign(depth) == np.sign(depth[0])).all() or np.abs(depth).min() < 1e-9:
        return otherwise  # the view is mirrored, or a corner lies behind the camera
    scale = float(np.sqrt(determinant))
    singular = np.linalg.svd(jacobian, compute_uv=False)
    if not 1 / MAX_SCALE <= scale <= MAX_SCALE or singular[0] > 3 * singular[1]:
        return otherwise  # the scale or the shear is too large for a view of the same things
    view = _projected(matrix, corners).astype(np.float32)
    if not cv2.isContourConvex(np.round(view * 4).astype(np.int32)):
        return otherwise
    common, outline = cv2.intersectConvexConvex(view, _corners(matches.frame_b).astype(np.float32))
    smaller = min(abs(float(cv2.contourArea(view))), float(matches.frame_b[0] * matches.frame_b[1]))
    if outline is None or smaller <= 0:
        return otherwise
    back = _projected(np.asarray(np.linalg.inv(matrix), np.float64), outline.reshape(-1, 2).astype(np.float64))
    return Geometry(
        model=model,
        inliers=int(count),
        mask=mask,
        matrix=matrix,
        overlap=float(min(1.0, common / smaller)),
        coverage=_coverage(a[mask], back),
        scale_ratio=scale,
        rotation_deg=float(np.degrees(np.arctan2(jacobian[1, 0] - jacobian[0, 1], jacobian[0, 0] + jacobian[1, 1]))),
    )


def alignment(a: NDArray[np.uint8], b: NDArray[np.uint8], geometry: Geometry, long_a: int, long_b: int) -> float | None:
    """Return how similar two photos are after the first is warped onto the second; objects that moved or changed lower it.

    It is the median, over the blocks of the second photo that both see, of the correlation of brightness. Contrast and
    exposure change it little. Blocks without contrast are left out.

    Args:
        a: thumbnail of the first photo, (h, w) uint8 grey.
        b: thumbnail of the second photo, (h, w) uint8 grey.
        geometry: the view, between the previews.
        long_a: long side of the first preview, pixels.
        long_b: long side of the second preview, pixels.

    Returns:
        −1 to 1, or None where fewer than three blocks can be compared.
    """
    if geometry.matrix is None:
        return None
    shrink_a, shrink_b = max(a.shape) / long_a, max(b.shape) / long_b
    matrix = np.diag([shrink_b, shrink_b, 1.0]) @ geometry.matrix @ np.diag([1 / shrink_a, 1 / shrink_a, 1.0])
    size = (b.shape[1], b.shape[0])
    laid = cv2.GaussianBlur(cv2.warpPerspective(a, matrix, size, flags=cv2.INTER_AREA), (0, 0), 1.5).astype(np.float32)
    seen = cv2.warpPerspective(np.full_like(a, 255), matrix, size, flags=cv2.INTER_NEAREST) == 255
    under = cv2.GaussianBlur(b, (0, 0), 1.5).astype(np.float32)
    step = 20
    values = []
    for top in range(0, b.shape[0] - step + 1, step):
        for left in range(0, b.shape[1] - step + 1, step):
            block = (slice(top, top + step), slice(left, left + step))
            inside = seen[block]
            if inside.mean() < 0.7:
                continue
            x, y = laid[block][inside], under[block][inside]
            x, y = x - x.mean(), y - y.mean()
            strength = float(np.sqrt((x @ x) * (y @ y)))
            if min(x @ x, y @ y) > 9.0 * len(x):  # 3 grey levels of contrast
                values.append(float(x @ y) / strength)
    return float(np.median(values)) if len(values) >= 3 else None


def _jacobian(matrix: NDArray[np.float64], at: NDArray[np.float64]) -> NDArray[np.float64]:
    x, y, w = matrix @ (at[0], at[1], 1.0)
    return np.asarray((matrix[:2, :2] - np.outer((x / w, y / w), matrix[2, :2])) / w, np.float64)


def _corners(frame: tuple[int, int]) -> NDArray[np.float64]:
    width, height = frame
    return np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float64)


def _projected(matrix: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    rows = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return np.asarray(rows[:, :2] / rows[:, 2:], np.float64)


def _coverage(points: NDArray[np.float32], region: NDArray[np.float64]) -> float:
    """Return the share of the cells of a grid over the region's bounding box that hold a point."""
    low, high = region.min(0), region.max(0)
    span = np.maximum(high - low, 1e-6)
    cells = np.clip(((points - low) / span * _GRID).astype(int), 0, np.array(_GRID) - 1)
    return len(np.unique(cells, axis=0)) / (_GRID[0] * _GRID[1])
