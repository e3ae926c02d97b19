"""What pair retrieval owes to the draw of pairs and camera models: kinds dealt out anew, and photos that many queries meet.

One photo that resembles many others comes first in many searches. An interval that draws queries alone does not see that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracer import stats
from tracer.experiments.photos import Pairs
from tracer.experiments.shared.cameras import dealt, error
from tracer.experiments.shared.thinning import thinned

SHUFFLES = 199
PHOTOS = 1500
"""Larger sets are thinned out."""


@dataclass(frozen=True, slots=True, eq=False)
class Exchanged:
    """Recall@1 among negatives of the own kind minus recall@1 among those of the other, with kinds dealt out anew.

    Attributes:
        differences: kind of camera of the query (0, 1) → (shuffles,).
        errors: their standard errors over pairs, and over camera models where those were dealt out.
        observed: difference and standard error of the kinds as they are, computed as those of the shuffles.
        unit: what was dealt out.
        exact: whether those are all ways.
    """

    differences: dict[int, NDArray[np.float64]]
    errors: dict[int, NDArray[np.float64]]
    observed: dict[int, tuple[float, float]]
    unit: str
    exact: bool

    def calibrated(self, code: int, value: float, spread: float, units: int) -> stats.Calibrated:
        """The test and the interval of the figure of queries of one kind, with its standard error over so many units."""
        return stats.calibrated(
            value, spread, self.differences[code], self.errors[code], units, observed=self.observed.get(code)
        )


def exchanged(
    vectors: NDArray[np.floating[Any]], pairs: Pairs, seed: int, models: NDArray[np.int64] | None = None
) -> Exchanged:
    """Search again with other kinds of camera, dealt out anew each time.

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
    of_models = None if models is None else models[rows]
    search = _Search.among(X @ X.T, of, of_models)
    if of_models is None:
        rng = np.random.default_rng(seed)
        ways = ((kind ^ (rng.random(int(of.max()) + 1) < 0.5)[of]) for _ in range(SHUFFLES))
        observed, unit, exact = kind, "kinds of camera inside pairs", False
    else:
        given = dealt(kind, of, of_models, seed, SHUFFLES)
        ways, observed, unit, exact = (way for way in given.others), given.observed, str(given.unit), given.exact
    found: dict[int, list[tuple[float, float]]] = {0: [], 1: []}
    for way in ways:
        for code, one in search.differences(way).items():
            found[code].append(one)
    table = {code: np.array(listed, dtype=np.float64).reshape(-1, 2) for code, listed in found.items()}
    differences, errors = ({code: columns[:, at] for code, columns in table.items()} for at in (0, 1))
    return Exchanged(differences, errors, search.differences(observed), unit, exact)


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    """Photos that search for each other.

    Attributes:
        S: (n, n) float32 similarities.
        negative: (n, n) 1 where a photo (column) may be a negative of a query (row), else 0.
        first, second: (m,) photos of the same subject, every ordered pair.
        subject: (n,) codes.
        models: (n,) codes of camera models, where they are what was sampled.
    """

    S: NDArray[np.float32]
    negative: NDArray[np.float32]
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    subject: NDArray[np.int64]
    models: NDArray[np.int64] | None

    @classmethod
    def among(cls, S: NDArray[np.float32], subject: NDArray[np.int64], models: NDArray[np.int64] | None) -> _Search:
        same = subject[:, None] == subject
        negative = ~same if models is None else ~same & (models[:, None] != models)
        first, second = np.nonzero(same)
        return cls(S, negative.astype(np.float32), first, second, subject, models)

    def differences(self, kind: NDArray[np.int64]) -> dict[int, tuple[float, float]]:
        """The difference and its standard error for queries of each kind that has any, with kinds (n,) of 0 and 1."""
        rows, positive = np.arange(len(kind)), np.full(len(kind), -np.inf, dtype=np.float32)
        partner = kind[self.first] != kind[self.second]
        np.maximum.at(positive, self.first[partner], self.S[self.first[partner], self.second[partner]])
        member = np.stack([kind == 0, kind == 1], axis=1).astype(np.float32)
        ahead = (self.negative * (positive[:, None] <= self.S)) @ member
        there = self.negative @ member
        gained = first_of_equal_pools(
            *(part[rows, side].round().astype(np.int64) for side in (kind, 1 - kind) for part in (ahead, there))
        )
        made = {}
        for code in (0, 1):
            chosen = np.isfinite(positive) & (kind == code) & np.isfinite(gained)
            if chosen.any():
                of = None if self.models is None else self.models[chosen]
                made[code] = (float(gained[chosen].mean()), error(gained[chosen], self.subject[chosen], of))
        return made


def first_of_equal_pools(
    ahead_own: NDArray[np.int64],
    own: NDArray[np.int64],
    ahead_other: NDArray[np.int64],
    other: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Return how much likelier (q,) a query's partner is first among negatives of its own kind than of the other, in equal pools.

    Of the larger pool as many negatives are drawn at random as the smaller one has; the share of draws in which the partner stays
    first is computed, not drawn. NaN where a pool is empty.

    Args:
        ahead_own: (q,) negatives of the own kind that are at least as similar as the partner.
        own: (q,) negatives of the own kind.
        ahead_other: (q,) those of the other kind that are at least as similar.
        other: (q,) negatives of the other kind.
    """
    size = np.minimum(own, other)
    gained = first_in_pool(ahead_own, own, size) - first_in_pool(ahead_other, other, size)
    return np.where(size > 0, gained, np.nan)


def first_in_pool(ahead: NDArray[np.int64], pool: NDArray[np.int64], size: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the share (q,) of draws of `size` negatives, of `pool`, that hold none of those `ahead` (hypergeometric)."""
    from scipy.special import gammaln

    left = pool - ahead - size
    some = np.maximum(left, 0)
    logs = gammaln(pool - ahead + 1) - gammaln(some + 1) - gammaln(pool + 1) + gammaln(pool - size + 1)
    return np.where(left < 0, 0.0, np.where(ahead == 0, 1.0, np.exp(logs)))


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
