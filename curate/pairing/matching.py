"""Match the keypoints of two photos: mutual nearest neighbours that are clearly nearer than the second nearest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RATIO = 0.85
"""Lowe's ratio: the distance of a match must be below this share of the second nearest distance, in both directions."""


def mutual_matches(
    a: NDArray[np.float32], b: NDArray[np.float32], ratio: float = RATIO
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Return the mutual nearest neighbours that pass the ratio test in both directions; swapping a and b swaps the pairs.

    The second nearest are looked up only for mutual nearest neighbours.

    Args:
        a: (n, d) float32, rows of unit length.
        b: (m, d) float32, rows of unit length.
        ratio: Lowe's ratio; a larger one gives more matches, and more wrong ones.

    Returns:
        (k, 2) indices into a and b, ordered by the index in a; (k,) float32 similarity (dot product) of each match.

    >>> axes = np.eye(4, dtype=np.float32)
    >>> pairs, similarity = mutual_matches(axes[:3], axes[[2, 3, 0]])
    >>> pairs.tolist(), similarity.tolist()
    ([[0, 2], [2, 0]], [1.0, 1.0])
    """
    return matches_of(a @ b.T, ratio)


def matches_of(similarity: NDArray[np.float32], ratio: float = RATIO) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Return the same from the (n, m) float32 dot products, which are overwritten in places and then restored."""
    if min(similarity.shape) < 2:
        return np.empty((0, 2), np.intp), np.empty(0, np.float32)
    best = similarity.argmax(1)
    value = similarity[np.arange(len(best)), best]
    rows = np.flatnonzero(value == similarity.max(0)[best])
    rows = rows[
        np.bincount(best[rows], minlength=similarity.shape[1])[best[rows]] == 1
    ]  # equally near ones are no match
    columns, value = best[rows], value[rows]
    # Now each row and each column has at most one match. Without the matches, its best is the second nearest.
    similarity[rows, columns] = -2.0
    second = np.maximum(similarity.max(1)[rows], similarity.max(0)[columns])
    similarity[rows, columns] = value
    # Squared distance of unit vectors: 2 − 2 × similarity.
    kept = (1 - value) < ratio**2 * (1 - second)
    return np.column_stack([rows[kept], columns[kept]]), value[kept]
