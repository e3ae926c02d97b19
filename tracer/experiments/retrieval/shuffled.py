"""What pair retrieval owes to the draw of pairs and camera models: kinds dealt out anew, and photos that many queries meet.

One photo that resembles many others comes first in many searches. An interval that draws queries alone does not see that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracer.experiments.photos import Pairs
from tracer.experiments.shared.cameras import error
from tracer.experiments.shared.thinning import thinned
from tracer.stats import shuffle_of_models

SHUFFLES = 199
PHOTOS = 1500
"""Larger sets are thinned out."""


@dataclass(frozen=True, slots=True, eq=False)
class Exchanged:
    """Recall@1 among negatives of the own kind minus recall@1 among those of the other, with kinds dealt out anew.

    Attributes:
        differences: kind of camera of the query (0, 1) → (shuffles,).
        errors: their standard errors over pairs, and over camera models where those were dealt out.
    """

    differences: dict[int, NDArray[np.float64]]
    errors: dict[int, NDArray[np.float64]]


def exchanged(
    vectors: NDArray[np.floating[Any]],
    pairs: Pairs,
    seed: int,
    models: NDArray[np.int64] | None = None,
) -> Exchanged:
    """Search again with other kinds of camera, drawn anew each time.

    Without `models` the kinds are exchanged in half of the pairs: what holds between these cameras. With `models` whole camera
    models change their kind; a scene whose photos are then of one kind has no pair, and its photos are negatives alone.

    Args:
        vectors: (N, D).
        pairs: (N,) of the photos; codes of the kind other than 0 and 1 are ignored.
        seed: of the shuffles.
        models: (N,) codes of camera models; photos of the query's own model are no negatives.
    """
    used = np.flatnonzero((pairs.subject >= 0) & np.isin(pairs.model, (0, 1)))
    rows = thinned(used, pairs.subject, PHOTOS, seed)
    X = np.asarray(vectors)[rows].astype(np.float32)
    X /= np.maximum(np.linalg.norm(X, axis=1, keepdims=True), 1e-12)
    of, kind = np.unique(pairs.subject[rows], return_inverse=True)[1], pairs.model[rows].astype(np.int64)
    S, of_models = X @ X.T, None if models is None else models[rows]
    if of_models is not None:
        S[of_models[:, None] == of_models] = -np.inf
    search = _Search(S, of, of_models)
    rng = np.random.default_rng(seed)
    found: dict[int, list[tuple[float, float]]] = {0: [], 1: []}
    drawn = None if search.models is None else shuffle_of_models(kind, search.models, seed=seed)
    for _ in range(SHUFFLES):
        dealt = kind ^ (rng.random(int(of.max()) + 1) < 0.5)[of] if drawn is None else kind[drawn.draw(rng)]
        for code, one in search.differences(dealt).items():
            found[code].append(one)
    table = {code: np.array(listed, dtype=np.float64).reshape(-1, 2) for code, listed in found.items()}
    return Exchanged(
        {code: columns[:, 0] for code, columns in table.items()},
        {code: columns[:, 1] for code, columns in table.items()},
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    """Photos that search for each other.

    Attributes:
        S: (n, n) float32 similarities, −∞ where two photos of one model are not compared.
        of: (n,) codes of subjects.
        models: (n,) codes of camera models, where they are what was sampled.
    """

    S: NDArray[np.float32]
    of: NDArray[np.int64]
    models: NDArray[np.int64] | None

    def differences(self, kind: NDArray[np.int64]) -> dict[int, tuple[float, float]]:
        """The difference and its standard error for queries of each kind that has any, with kinds (n,) of 0 and 1."""
        count, n = int(self.of.max()) + 1, len(self.of)
        cell = self.of * 2 + kind
        order = np.argsort(cell, kind="stable")
        held, first = np.unique(cell[order], return_index=True)
        best = np.full((n, 2 * count), -np.inf, dtype=np.float32)  # the most similar photo of each subject and kind
        best[:, held] = np.maximum.reduceat(self.S[:, order], first, axis=1)
        of_kind, rows = best.reshape(n, count, 2), np.arange(n)
        positive = of_kind[rows, self.of, 1 - kind]
        of_kind[rows, self.of] = -np.inf
        nearest = of_kind.max(axis=1)
        gained = (positive > nearest[rows, kind]).astype(float) - (positive > nearest[rows, 1 - kind])
        made = {}
        for code in (0, 1):
            chosen = np.isfinite(positive) & (kind == code)
            if chosen.any():
                of = None if self.models is None else self.models[chosen]
                made[code] = (float(gained[chosen].mean()), error(gained[chosen], self.of[chosen], of))
        return made


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
