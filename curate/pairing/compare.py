"""Compare two photos: the matches, the view that they agree on, the similarity of the aligned pictures, and how unlikely it is
that as many matches agree by chance.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from curate.pairing.agreement import NOTHING, RATIO, Agreement, agreement, most
from curate.pairing.evidence import Evidence
from curate.pairing.features import SHORT, WIDE, Features
from curate.pairing.geometry import Geometry, alignment, verify
from curate.pairing.matching import matches_of, mutual_matches, window
from curate.pairing.surface import extent, sameness

CLEAR = 15
"""From this number of inliers on, comparing all keypoints would not change the result."""

_PROMISING = 12
"""From this number of matches on, all keypoints are compared."""

_PROMISING_CLOSE = 6
"""The same for a close look."""

GATE = {WIDE: 6.0, SHORT: 8.0}
"""Number of the strongest keypoints -> by how much their matches must exceed chance in turn and scale (`matching.window`), so
that their agreement is computed. Of unrelated photos, one in eight exceeds it with `WIDE` keypoints."""

SIGNIFICANT = 1.0
"""Significance from which photos are taken to share something."""

CERTAIN = 12.0
"""Significance from which more keypoints would not change the score."""

CERTAIN_PARALLAX = 4.0
"""The same of parallax, twice as high as the value that counts in full."""


NO_EVIDENCE = Evidence(0, 0)
"""What is known of two photos whose comparison OpenCV cannot compute."""


def compare(
    a: Features,
    b: Features,
    unit_a: NDArray[np.float32],
    unit_b: NDArray[np.float32],
    close: bool = False,
    wide: bool = False,
) -> Evidence:
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
    try:
        return _compared(a, b, unit_a, unit_b, close, wide)
    except cv2.error:
        return NO_EVIDENCE


def _compared(
    a: Features, b: Features, unit_a: NDArray[np.float32], unit_b: NDArray[np.float32], close: bool, wide: bool
) -> Evidence:
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
    return Evidence(
        matches=matches,
        inliers=geometry.inliers,
        view=geometry.model,
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
    geometry = view_of(a, b, pairs)
    if len(pairs) >= promising and geometry.inliers < CLEAR and max(len(a.points), len(b.points)) > SHORT:
        more, _ = mutual_matches(a.unit(), b.unit())
        second = view_of(a, b, more)
        if second.inliers > geometry.inliers:
            return len(more), second
    return len(pairs), geometry


def view_of(a: Features, b: Features, pairs: NDArray[np.intp]) -> Geometry:
    """Return the view on which most matches agree; `pairs` are the indices of the matched keypoints, (k, 2)."""
    return verify(a.points[pairs[:, 0]], b.points[pairs[:, 1]], (a.width, a.height), (b.width, b.height))
