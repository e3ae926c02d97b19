"""What pair retrieval owes to the draw of the pairs: phone and camera exchanged inside pairs, and photos that many queries meet.

One photo that resembles many others comes first in many searches. An interval that draws queries alone does not see that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracer import stats
from tracer.experiments.shared.thinning import thinned

SHUFFLES = 199
PHOTOS = 1500
"""Larger sets are thinned out."""


@dataclass(frozen=True, slots=True, eq=False)
class Exchanged:
    """Recall@1 among negatives of the own kind minus recall@1 among those of the other, with kinds exchanged in random pairs.

    Attributes:
        differences: kind of camera of the query (0, 1) → (shuffles,). errors: their standard errors over pairs.
    """

    differences: dict[int, NDArray[np.float64]]
    errors: dict[int, NDArray[np.float64]]


def exchanged(
    vectors: NDArray[np.floating[Any]], subject: NDArray[np.int64], model: NDArray[np.int64], seed: int
) -> Exchanged:
    """Search again with the kinds of camera exchanged in half of the pairs, drawn anew each time.

    Args:
        vectors: (N, D). subject: (N,) −1 = in no pair. model: (N,) 0 or 1; other codes are ignored.
        seed: of the shuffles.
    """
    used = np.flatnonzero((subject >= 0) & np.isin(model, (0, 1)))
    rows = thinned(used, subject, PHOTOS, seed)
    X = np.asarray(vectors)[rows].astype(np.float32)
    X /= np.maximum(np.linalg.norm(X, axis=1, keepdims=True), 1e-12)
    of = np.unique(subject[rows], return_inverse=True)[1]
    side, count, n = model[rows].astype(np.int64), int(of.max()) + 1, len(rows)
    cell = of * 2 + side
    order = np.argsort(cell, kind="stable")
    held, first = np.unique(cell[order], return_index=True)
    best = np.full((n, 2 * count), -np.inf, dtype=np.float32)  # the most similar photo of each subject and kind
    best[:, held] = np.maximum.reduceat((X @ X.T)[:, order], first, axis=1)
    of_kind = best.reshape(n, count, 2)
    positive = of_kind[np.arange(n), of, 1 - side]
    of_kind[np.arange(n), of] = -np.inf
    asks = np.isfinite(positive)
    rng = np.random.default_rng(seed)
    differences: dict[int, list[float]] = {0: [], 1: []}
    errors: dict[int, list[float]] = {0: [], 1: []}
    for _ in range(SHUFFLES):
        swap = rng.random(count) < 0.5
        straight = np.where(swap, of_kind[:, :, 1], of_kind[:, :, 0]).max(axis=1)  # negatives that count as kind 0
        crossed = np.where(swap, of_kind[:, :, 0], of_kind[:, :, 1]).max(axis=1)
        kind = side ^ swap[of]
        for code in (0, 1):
            own, other = (straight, crossed) if code == 0 else (crossed, straight)
            chosen = asks & (kind == code)
            gained = (positive > own)[chosen].astype(float) - (positive > other)[chosen]
            if len(gained):
                differences[code].append(float(gained.mean()))
                errors[code].append(stats.cluster_error(gained, of[chosen]))
    return Exchanged(
        {code: np.array(found) for code, found in differences.items()},
        {code: np.array(found) for code, found in errors.items()},
    )


def dyadic_widening(
    scores: NDArray[np.float64], subject: NDArray[np.int64], rival: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return by how much (m,) standard errors over subjects have to grow where queries share their hardest negative.

    Scores of two queries depend on each other where they have a subject in common, be it their own or that of the most similar
    negative. The variance adds the products of all such pairs (Aronow, Samii and Assenova 2015, "Cluster-robust variance
    estimation for dyadic data"). It is never taken as smaller than that over subjects.

    Args:
        scores: (q, m). subject: (q,) of each query. rival: (q,) subject of its most similar negative, −1 where it has none.
    """
    centred = scores - scores.mean(axis=0)
    other = np.where(rival >= 0, rival, subject)
    units, code = np.unique(np.concatenate([subject, other]), return_inverse=True)
    mine, theirs = code[: len(subject)], code[len(subject) :]
    pair = np.minimum(mine, theirs) * len(units) + np.maximum(mine, theirs)
    pairs = np.unique(pair, return_inverse=True)[1]

    def squares(of: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.stack([np.sum(np.bincount(of, weights=column) ** 2) for column in values.T])

    apart = mine != theirs
    ends = np.concatenate([mine, theirs[apart]])
    both = squares(ends, np.concatenate([centred, centred[apart]])) - squares(pairs[apart], centred[apart])
    alone = squares(mine, centred)
    return np.sqrt(np.maximum(both, alone) / np.maximum(alone, 1e-12))
