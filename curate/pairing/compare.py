"""Compare two photos: the matches, the view that they agree on, and the similarity of the aligned pictures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from curate.pairing.features import SHORT, Features, cached_path, compute, load
from curate.pairing.geometry import Geometry, alignment, verify
from curate.pairing.matching import mutual_matches
from curate.pairing.photo import PairingPhoto

CLEAR = 15
"""From this number of inliers on, comparing all keypoints would not change the result."""

_PROMISING = 12
"""From this number of matches on, all keypoints are compared."""

_PROMISING_CLOSE = 6
"""The same for a close look."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The result of comparing two pictures. Fields that are not listed are as in `Geometry`.

    Attributes:
        matches: number of mutual ratio matches; the inliers are some of them.
        alignment: correlation of the aligned pictures, −1 to 1; None where they cannot be aligned.
        mirrored: whether the pictures agree only after the first is mirrored.
    """

    matches: int
    inliers: int
    model: str
    overlap: float
    coverage: float
    scale_ratio: float | None
    rotation_deg: float | None
    alignment: float | None
    mirrored: bool = False


def compare(
    a: Features, b: Features, unit_a: NDArray[np.float32], unit_b: NDArray[np.float32], close: bool = False
) -> Comparison:
    """Compare two photos by their strongest keypoints, and by all keypoints where the result is uncertain.

    The first look takes the `SHORT` strongest keypoints. The second takes all of them, which include finer detail.

    Args:
        a: features of the first photo.
        b: features of the second photo.
        unit_a: strongest descriptors of the first photo (`Features.unit(SHORT)`).
        unit_b: strongest descriptors of the second photo.
        close: look closely: take the second look at fewer matches, and try the first photo mirrored as well. Used where
            another signal (time, place, a name) supports the pair.
    """
    geometry, count, first, mirrored = _best_view(a, b, unit_a, unit_b, close)
    return Comparison(
        matches=count,
        inliers=geometry.inliers,
        model=geometry.model,
        overlap=geometry.overlap,
        coverage=geometry.coverage,
        scale_ratio=geometry.scale_ratio,
        rotation_deg=geometry.rotation_deg,
        alignment=alignment(first.thumb, b.thumb, geometry, max(a.width, a.height), max(b.width, b.height)),
        mirrored=mirrored,
    )


def _best_view(
    a: Features, b: Features, unit_a: NDArray[np.float32], unit_b: NDArray[np.float32], close: bool
) -> tuple[Geometry, int, Features, bool]:
    pairs, geometry = _one_or_two_looks(a, b, unit_a, unit_b, _PROMISING_CLOSE if close else _PROMISING)
    if not close or geometry.inliers >= CLEAR:
        return geometry, len(pairs), a, False
    other_way = a.mirrored()
    pairs_there, there = _one_or_two_looks(other_way, b, other_way.unit(SHORT), unit_b, _PROMISING)
    if there.inliers >= CLEAR and there.inliers > 2 * geometry.inliers:
        return there, len(pairs_there), other_way, True
    return geometry, len(pairs), a, False


def _one_or_two_looks(
    a: Features, b: Features, unit_a: NDArray[np.float32], unit_b: NDArray[np.float32], promising: int
) -> tuple[NDArray[np.intp], Geometry]:
    pairs, geometry = _matched(a, b, unit_a, unit_b)
    if len(pairs) >= promising and geometry.inliers < CLEAR and max(len(a.points), len(b.points)) > SHORT:
        second_pairs, second = _matched(a, b, a.unit(), b.unit())
        if second.inliers > geometry.inliers:
            return second_pairs, second
    return pairs, geometry


@dataclass(frozen=True, slots=True)
class Matches:
    """Matched points that agree on one view, for drawing.

    Attributes:
        a: (k, 2) float32, x and y in pixels of the first preview. A larger preview is scaled to a long side of 640 pixels.
        b: (k, 2) float32, the same in the second preview.
        geometry: the view; where `mirrored`, that of the mirrored first picture.
        mirrored: whether the pictures agree only after the first is mirrored.
    """

    a: NDArray[np.float32]
    b: NDArray[np.float32]
    geometry: Geometry
    mirrored: bool = False


def inlier_points(a: PairingPhoto, b: PairingPhoto, cache: Path) -> Matches:
    """Return the points on which two photos agree, found with all keypoints; none where a photo has no features."""
    found = []
    for photo in (a, b):
        features = load(cached_path(cache, photo.sha256)) or compute(photo.preview)
        if isinstance(features, str):
            empty = np.empty((0, 2), np.float32)
            return Matches(empty, empty, Geometry("none", 0, np.zeros(0, np.bool_)))
        found.append(features)
    one, two = found
    best: tuple[Geometry, NDArray[np.intp], bool] | None = None
    for mirrored in (False, True):
        first = one.mirrored() if mirrored else one
        pairs, geometry = _matched(first, two, first.unit(), two.unit())
        if best is None or (geometry.inliers >= CLEAR and geometry.inliers > 2 * best[0].inliers):
            best = geometry, pairs, mirrored
    assert best is not None
    geometry, pairs, mirrored = best
    kept = pairs[geometry.mask]
    return Matches(one.points[kept[:, 0]], two.points[kept[:, 1]], geometry, mirrored)


def _matched(
    a: Features, b: Features, unit_a: NDArray[np.float32], unit_b: NDArray[np.float32]
) -> tuple[NDArray[np.intp], Geometry]:
    pairs, _ = mutual_matches(unit_a, unit_b)
    return pairs, verify(a.points[pairs[:, 0]], b.points[pairs[:, 1]], (a.width, a.height), (b.width, b.height))
