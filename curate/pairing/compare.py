"""Compare two photos: the matches, the view that they agree on, the similarity of the aligned pictures, and how unlikely it is
that as many matches agree by chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from curate.pairing.agreement import NOTHING, RATIO, Agreement, agreement, most
from curate.pairing.features import SHORT, WIDE, Features, cached_path, compute, load
from curate.pairing.geometry import Geometry, alignment, verify
from curate.pairing.matching import matches_of, mutual_matches
from curate.pairing.photo import PairingPhoto
from curate.pairing.surface import extent, sameness
from curate.pairing.turning import window

CLEAR = 15
"""From this number of inliers on, comparing all keypoints would not change the result."""

_PROMISING = 12
"""From this number of matches on, all keypoints are compared."""

_PROMISING_CLOSE = 6
"""The same for a close look."""

GATE = {WIDE: 6.0, SHORT: 8.0}
"""Number of the strongest keypoints -> by how much their matches must exceed chance in turn and scale (`turning.window`), so
that their agreement is computed. Of unrelated photos, one in eight exceeds it with `WIDE` keypoints."""

SIGNIFICANT = 1.0
"""Significance from which photos are taken to share something."""

CERTAIN = 12.0
"""Significance from which more keypoints would not change the score."""

CERTAIN_PARALLAX = 4.0
"""The same of parallax, twice as high as the value that counts in full."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The result of comparing two pictures. Fields that are not listed are as in `Geometry`.

    Attributes:
        matches: number of mutual ratio matches; the inliers are some of them.
        alignment: correlation of the aligned pictures, −1 to 1; None where they cannot be aligned.
        agreement: significance of the best model, −log10 of the number of false alarms (`agreement.agreement`).
        parallax: the same of the matches that lie off the best plane.
        extent: share of what both photos show that lies among the matches of the best plane, 0 to 1 (`surface.extent`).
        sameness: how much that part looks the same, −1 to 1; None where there is none (`surface.sameness`).
        alike: by how much the strongest keypoints' matches turn and scale alike more often than by chance (`turning.window`).
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
    agreement: float | None = None
    parallax: float | None = None
    extent: float | None = None
    sameness: float | None = None
    alike: float | None = None
    mirrored: bool = False


NO_EVIDENCE = Comparison(0, 0, "none", 0.0, 0.0, None, None, None)
"""What is known of two photos whose comparison OpenCV cannot compute."""


def compare(
    a: Features,
    b: Features,
    unit_a: NDArray[np.float32],
    unit_b: NDArray[np.float32],
    close: bool = False,
    wide: bool = False,
) -> Comparison:
    """Compare two photos by their strongest keypoints, and by all keypoints where the result is uncertain.

    The first look takes the `SHORT` strongest keypoints. The second takes all of them, which include finer detail.

    Args:
        a: features of the first photo.
        b: features of the second photo.
        unit_a: strongest descriptors of the first photo (`Features.unit(WIDE)`).
        unit_b: strongest descriptors of the second photo.
        close: look closely: take the second look at fewer matches, and try the first photo mirrored as well. Used where
            another signal (time, place, a name) supports the pair.
        wide: decide by more keypoints whether the agreement of all keypoints is computed.

    A pair for which OpenCV raises an error has no evidence from the pictures (`NO_EVIDENCE`); other pairs are not affected.
    """
    import cv2

    try:
        return _compared(a, b, unit_a, unit_b, close, wide)
    except cv2.error:
        return NO_EVIDENCE


def _compared(
    a: Features, b: Features, unit_a: NDArray[np.float32], unit_b: NDArray[np.float32], close: bool, wide: bool
) -> Comparison:
    count = WIDE if wide else SHORT
    similarity = unit_a[:count] @ unit_b[:count].T
    found, alike = _agreement(a, b, similarity, count)
    # Significant agreement is worth a second look: the pictures of look-alikes can then be laid over each other.
    promising = 0 if found.significance >= SIGNIFICANT else _PROMISING_CLOSE if close else _PROMISING
    view = _one_or_two_looks(a, b, similarity, promising)
    first, mirrored = a, False
    if close and view[1].inliers < CLEAR:
        other_way = a.mirrored()
        there = other_way.unit(count) @ unit_b[:count].T
        seen = _one_or_two_looks(other_way, b, there, _PROMISING)
        if seen[1].inliers >= CLEAR and seen[1].inliers > 2 * view[1].inliers:
            view, first, mirrored = seen, other_way, True
            found, alike = _agreement(other_way, b, there, count)
    matches, geometry = view
    return Comparison(
        matches=matches,
        inliers=geometry.inliers,
        model=geometry.model,
        overlap=geometry.overlap,
        coverage=geometry.coverage,
        scale_ratio=geometry.scale_ratio,
        rotation_deg=geometry.rotation_deg,
        alignment=alignment(first.thumb, b.thumb, geometry, max(a.width, a.height), max(b.width, b.height)),
        agreement=found.significance,
        parallax=found.parallax,
        extent=extent(found.plane, first, b) if found.plane else 0.0,
        sameness=sameness(found.plane, first, b) if found.plane else None,
        alike=alike,
        mirrored=mirrored,
    )


def _agreement(a: Features, b: Features, similarity: NDArray[np.float32], count: int) -> tuple[Agreement, float]:
    """Return the agreement of the strongest keypoints, or of all where these leave it open, and `alike`."""
    pairs, _ = matches_of(similarity, RATIO)
    seen = window(a, b, pairs)
    # The edges of the bins lie elsewhere when the photos change places. A pair far below the gate passes in neither order.
    if GATE[count] / 2 <= seen[2] < GATE[count]:
        seen = max(seen, window(b, a, pairs[:, ::-1]), key=lambda found: found[2])
    alike = seen[2]
    if alike < GATE[count]:
        return Agreement(NOTHING, np.zeros(len(pairs), np.bool_)), alike
    found = agreement(a, b, pairs, seen)
    open_depth = found.parallax < CERTAIN_PARALLAX if count == WIDE else 0 < found.parallax < CERTAIN_PARALLAX
    certain = found.significance >= CERTAIN and not open_depth
    if not certain and (len(a.points), len(b.points)) != similarity.shape:
        pairs, _ = mutual_matches(a.unit(), b.unit(), RATIO)
        found = most(found, agreement(a, b, pairs))
    return found, alike


def _one_or_two_looks(
    a: Features, b: Features, similarity: NDArray[np.float32], promising: int
) -> tuple[int, Geometry]:
    """Return the number of matches and the view, of the strongest keypoints, or of all where these leave it open."""
    pairs, _ = matches_of(similarity[:SHORT, :SHORT])
    geometry = _view(a, b, pairs)
    if len(pairs) >= promising and geometry.inliers < CLEAR and max(len(a.points), len(b.points)) > SHORT:
        more, _ = mutual_matches(a.unit(), b.unit())
        second = _view(a, b, more)
        if second.inliers > geometry.inliers:
            return len(more), second
    return len(pairs), geometry


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
    """Return the points on which two photos agree, found with all keypoints; none where a photo has no features.

    Where few matches agree on a plane, those of the most significant view are returned (`agreement`).
    """
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
        pairs, _ = mutual_matches(first.unit(), two.unit())
        geometry = _view(first, two, pairs)
        if best is None or (geometry.inliers >= CLEAR and geometry.inliers > 2 * best[0].inliers):
            best = geometry, pairs, mirrored
    assert best is not None
    geometry, pairs, mirrored = best
    kept = pairs[geometry.mask]
    if geometry.inliers < CLEAR:
        more, _ = mutual_matches(one.unit(), two.unit(), RATIO)
        found_there = agreement(one, two, more)
        if found_there.significance > 0:
            kept, mirrored = more[found_there.mask], False
    return Matches(one.points[kept[:, 0]], two.points[kept[:, 1]], geometry, mirrored)


def _view(a: Features, b: Features, pairs: NDArray[np.intp]) -> Geometry:
    return verify(a.points[pairs[:, 0]], b.points[pairs[:, 1]], (a.width, a.height), (b.width, b.height))
