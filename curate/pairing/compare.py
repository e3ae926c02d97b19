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


@dataclass(frozen=True, slots=True)
class Comparison:
    """What comparing two pictures gives; numbers as in `Geometry`.

    Attributes:
        matches: mutual ratio matches, of which the inliers are a part. alignment: None where the views cannot be laid over
            each other.
    """

    matches: int
    inliers: int
    model: str
    overlap: float
    coverage: float
    scale_ratio: float | None
    rotation_deg: float | None
    alignment: float | None


def compare(a: Features, b: Features, unit_a: NDArray[np.float32], unit_b: NDArray[np.float32]) -> Comparison:
    """Compare two photos; `unit_a` and `unit_b` are their strongest descriptors (`Features.unit(SHORT)`)."""
    pairs, geometry = _matched(a, b, unit_a, unit_b)
    if len(pairs) >= _PROMISING and geometry.inliers < CLEAR and max(len(a.points), len(b.points)) > SHORT:
        # A long lens sees a small part of a wide view, and few of that part's corners are among the wide view's
        # strongest.
        second_pairs, second = _matched(a, b, a.unit(), b.unit())
        if second.inliers > geometry.inliers:
            pairs, geometry = second_pairs, second
    return Comparison(
        matches=len(pairs),
        inliers=geometry.inliers,
        model=geometry.model,
        overlap=geometry.overlap,
        coverage=geometry.coverage,
        scale_ratio=geometry.scale_ratio,
        rotation_deg=geometry.rotation_deg,
        alignment=alignment(a.thumb, b.thumb, geometry, max(a.width, a.height), max(b.width, b.height)),
    )


def inlier_points(
    a: PairingPhoto, b: PairingPhoto, cache: Path
) -> tuple[NDArray[np.float32], NDArray[np.float32], Geometry]:
    """Matched points that agree on one view, to be drawn: (k, 2) x, y in pixels of each preview, and the view.

    Previews larger than 640 pixels are measured as if they had that long side.
    """
    found = []
    for photo in (a, b):
        features = load(cached_path(cache, photo.sha256)) or compute(photo.preview)
        if isinstance(features, str):
            empty = np.empty((0, 2), np.float32)
            return empty, empty, Geometry("none", 0, np.zeros(0, np.bool_))
        found.append(features)
    one, two = found
    pairs, geometry = _matched(one, two, one.unit(), two.unit())
    return one.points[pairs[geometry.mask, 0]], two.points[pairs[geometry.mask, 1]], geometry


def _matched(
    a: Features, b: Features, unit_a: NDArray[np.float32], unit_b: NDArray[np.float32]
) -> tuple[NDArray[np.intp], Geometry]:
    pairs, _ = mutual_matches(unit_a, unit_b)
    return pairs, verify(a.points[pairs[:, 0]], b.points[pairs[:, 1]], (a.width, a.height), (b.width, b.height))
