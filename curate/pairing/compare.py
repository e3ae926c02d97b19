"""Two photos side by side: matches, the view they agree on, and how alike the pictures are once aligned."""

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
"""Inliers above which a second look with all keypoints would change nothing."""

_PROMISING = 12
_PROMISING_CLOSE = 6


@dataclass(frozen=True, slots=True)
class Comparison:
    """What comparing two pictures gives; numbers as in `Geometry`.

    Attributes:
        matches: mutual ratio matches, of which the inliers are a part. alignment: None where the views cannot be laid over
            each other. mirrored: the first picture had to be mirrored for them to agree.
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
    """Compare two photos, at two scales where the first does not settle it.

    The first look takes the `SHORT` strongest keypoints; the second takes all, which reach finer detail. A close look asks
    for the second one sooner, and tries a mirror too.

    Args:
        a, b: the features. unit_a, unit_b: their strongest descriptors (`Features.unit(SHORT)`).
        close: something besides the pictures (time, place, a name) speaks for the pair, so that they are worth the effort.
    """
    geometry, count, first, mirrored = _looked(a, b, unit_a, unit_b, close)
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


def _looked(
    a: Features, b: Features, unit_a: NDArray[np.float32], unit_b: NDArray[np.float32], close: bool
) -> tuple[Geometry, int, Features, bool]:
    pairs, geometry = _both_looks(a, b, unit_a, unit_b, _PROMISING_CLOSE if close else _PROMISING)
    if not close or geometry.inliers >= CLEAR:
        return geometry, len(pairs), a, False
    other_way = a.mirrored()
    pairs_there, there = _both_looks(other_way, b, other_way.unit(SHORT), unit_b, _PROMISING)
    if there.inliers >= CLEAR and there.inliers > 2 * geometry.inliers:
        return there, len(pairs_there), other_way, True
    return geometry, len(pairs), a, False


def _both_looks(
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
    """Matched points that agree on one view, to be drawn.

    Attributes:
        a, b: (k, 2) float32, x and y in pixels of each preview; previews larger than 640 pixels are measured as if they had
            that long side. geometry: the view, of the mirrored first picture where `mirrored`.
    """

    a: NDArray[np.float32]
    b: NDArray[np.float32]
    geometry: Geometry
    mirrored: bool = False


def inlier_points(a: PairingPhoto, b: PairingPhoto, cache: Path) -> Matches:
    """The points on which two photos agree, from all their keypoints; none where a photo has no features."""
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
