"""Match the keypoints of two photos: mutual nearest neighbours that are clearly nearer than the second nearest.

Matches of one view turn and scale alike, whatever the standpoints: `window` returns those that do.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from curate.pairing.features import Features

RATIO = 0.85
"""Lowe's ratio: the distance of a match must be below this share of the second nearest distance, in both directions."""

LEAST = 8
"""Matches from which a window is sought, and matches in it from which models are fitted."""

LEAST_SHARE = 0.02
"""Least share of random pairings that is taken to lie in a window."""

_TURNS = 36
_SCALES = 64
_OCTAVES = 10.0
"""Bins of an octave."""
_WINDOW = 6, 14
"""Bins of a window: 60° and 1.4 octaves."""

WINDOWS = _TURNS * (_SCALES - _WINDOW[1] + 1)
"""Number of windows that are tried."""

Window: TypeAlias = tuple[float, NDArray[np.intp], float]
"""The share W of random pairings inside; the positions of the matches inside; by how much they exceed chance."""


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


def window(a: Features, b: Features, pairs: NDArray[np.intp]) -> Window:
    """Return the window of turn and scale that most exceeds chance.

    Returns:
        The share W of random pairings inside; the positions of the matches inside; and by how much they exceed chance: the
        exponent of the bound on the binomial tail (Hoeffding), in natural logarithms.
    """
    if len(pairs) < LEAST:
        return 1.0, np.empty(0, np.intp), 0.0
    turn = (b.angles[pairs[:, 1]] - a.angles[pairs[:, 0]]) % 360.0
    octaves = np.log2(b.sizes[pairs[:, 1]] / np.maximum(a.sizes[pairs[:, 0]], 1e-6))
    column = np.minimum((turn / 360.0 * _TURNS).astype(int), _TURNS - 1)
    row = np.floor(octaves * _OCTAVES).astype(int) + _SCALES // 2
    known = (row >= 0) & (row < _SCALES)
    counts = np.zeros((_SCALES, _TURNS))
    np.add.at(counts, (row[known], column[known]), 1.0)
    found = _boxes(counts)
    chance = np.maximum(_boxes(_pairings(a, b, pairs)), LEAST_SHARE)
    # The relative entropy of the two shares.
    share = found / len(pairs)
    with np.errstate(divide="ignore", invalid="ignore"):
        gain = share * np.log(share / chance) + (1 - share) * np.log((1 - share) / np.maximum(1 - chance, 1e-9))
    gain = np.where(share > chance, np.where(share >= 1, -np.log(chance), gain), -1.0)
    low, left = np.unravel_index(int(np.argmax(gain)), gain.shape)
    in_turn = (column - left) % _TURNS < _WINDOW[0]
    in_scale = (row >= low) & (row < low + _WINDOW[1])
    return float(chance[low, left]), np.flatnonzero(in_turn & in_scale), len(pairs) * float(gain[low, left])


def _pairings(a: Features, b: Features, pairs: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the share of all pairings of the matched keypoints in each bin of scale and turn, (64, 36)."""
    spectra = []
    for features, which in ((a, pairs[:, 0]), (b, pairs[:, 1])):
        sizes = np.log2(np.maximum(features.sizes[which], 1e-6)) * _OCTAVES
        row = np.clip(np.floor(sizes).astype(int) + 16, 0, 2 * _SCALES - 1)
        column = np.minimum((features.angles[which] % 360.0 / 360.0 * _TURNS).astype(int), _TURNS - 1)
        table = np.zeros((4 * _SCALES, _TURNS))
        np.add.at(table, (row, column), 1.0 / len(which))
        spectra.append(np.fft.rfft2(table))
    shares = np.fft.irfft2(np.conj(spectra[0]) * spectra[1], s=(4 * _SCALES, _TURNS))
    return np.asarray(np.roll(shares, _SCALES // 2, axis=0)[:_SCALES], np.float64)


def _boxes(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sums over all windows; turns are a circle, scales are not."""
    high, wide = _WINDOW
    wrapped = np.concatenate([counts, counts[:, : high - 1]], axis=1)
    total = np.pad(wrapped.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    return np.asarray(
        total[wide:, high:] - total[:-wide, high:] - total[wide:, :-high] + total[:-wide, :-high], np.float64
    )
