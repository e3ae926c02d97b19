"""SPD_a of shuffled labels: what the difference of pos-same and neg-same is where the label knows nothing.

Photos are queries and pool at once, and the same few photos are the nearest of many. An interval that draws queries alone is too
short for a label that goes with owners: it shows an effect in one of six sets without any. The vote is therefore repeated with
shuffled labels (`stats.calibrated`). For figures of unseen cameras whole camera models change labels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracer import stats
from tracer.experiments.shared.cameras import dealt, error
from tracer.experiments.shared.thinning import thinned

SHUFFLES = 199
PHOTOS = 1000
"""Larger sets are thinned out."""
SHORT, NEAREST = 25, 400
"""Neighbours of each photo among which its nearest of both pools are looked for: first among these, then among those."""
UNEQUAL = 1.25
"""Times the photos of the observed value from which on shuffled values are thinned out."""
DRAWS = 5
"""Orders by which pools are thinned out, the same under each shuffle."""


@dataclass(frozen=True, slots=True)
class Shuffled:
    """The differences of the shuffles.

    Attributes:
        differences: (shuffles,) pos-same minus neg-same.
        errors: (shuffles,) standard errors over clusters of queries, and over their camera models where those change labels.
        unit: what was shuffled.
        observed: difference and standard error of the labels as they are, computed as those of the shuffles.
        exact: whether the shuffles are all that there are.
    """

    differences: NDArray[np.float64]
    errors: NDArray[np.float64]
    unit: stats.Unit
    observed: tuple[float, float]
    exact: bool


def shuffled_differences(
    vectors: NDArray[np.floating[Any]],
    classes: NDArray[np.int64],
    labels: NDArray[np.int64],
    clusters: NDArray[np.int64],
    k: int,
    seed: int,
    models: NDArray[np.int64] | None = None,
) -> Shuffled:
    """Vote with shuffled labels.

    Args:
        vectors: (n, D) unit rows.
        classes, labels, clusters: (n,) codes.
        k: neighbours that vote.
        seed: of the shuffles.
        models: (n,) codes of camera models, which change labels as a whole and whose own photos are no neighbours; None where
            scenes, owners or photos change labels.
    """
    at = thinned(np.arange(len(labels)), clusters, PHOTOS, seed)
    X, y, a, g = np.asarray(vectors)[at], classes[at], labels[at], clusters[at]
    of = None if models is None else models[at]
    apart = g[:, None] != g if of is None else (g[:, None] != g) & (of[:, None] != of)
    S = np.where(apart, X @ X.T, -np.inf)
    nearest = np.argsort(-S, axis=1, kind="stable")[:, :NEAREST]
    there = np.take_along_axis(S, nearest, axis=1) > -np.inf
    rng = np.random.default_rng([seed, 2])
    orders = tuple(_Order.of(rng.permutation(len(y)), apart, y) for _ in range(DRAWS))
    votes = _Votes(nearest, there, y, g, k, of, orders)
    ways = dealt(a, g, of, seed, SHUFFLES)
    found = [votes.difference(labels, _as_many(labels, ways.observed, rng)) for labels in ways.others]
    known = np.array([one for one in found if np.isfinite(one[0])], dtype=np.float64).reshape(-1, 2)
    return Shuffled(known[:, 0], known[:, 1], ways.unit, votes.difference(ways.observed), ways.exact)


def _as_many(
    labels: NDArray[np.int64], observed: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.bool_] | None:
    """Return which photos (n,) to use so that values of shuffled labels have about as few as the observed ones; None for all.

    Camera models have unequal numbers of photos. A value that few photos have shares these among many queries, which makes the
    difference vary more than its standard error tells. So the rarest value has as few photos in the shuffles, and so on.
    """
    now = np.bincount(labels, minlength=int(observed.max()) + 1)
    limit = np.empty_like(now)
    limit[np.argsort(now)] = np.sort(np.bincount(observed))
    if (now <= UNEQUAL * limit).all():
        return None
    keep = np.zeros(len(labels), dtype=bool)
    for value, many in enumerate(limit.tolist()):
        keep[rng.permutation(np.flatnonzero(labels == value))[:many]] = True
    return keep


@dataclass(frozen=True, slots=True, eq=False)
class _Order:
    """An order of the photos, by which the first ones of each kind stay in a pool.

    Attributes:
        order: (n,) the photos. place: (n,) where in it each photo is.
        pool: (2, n, n) in this order, 1 for the photos of a query's pool that are of its class, and for those of others; else 0.
        counted: (2, n, n) how many of them stand up to each photo.
    """

    order: NDArray[np.int64]
    place: NDArray[np.int64]
    pool: NDArray[np.int32]
    counted: NDArray[np.int32]

    @classmethod
    def of(cls, order: NDArray[np.int64], apart: NDArray[np.bool_], y: NDArray[np.int64]) -> _Order:
        """Prepare what all shuffles share."""
        there, own = apart[:, order], y[:, None] == y[order]
        pool = np.stack([there & own, there & ~own]).astype(np.int32)
        return cls(order, np.argsort(order), pool, pool.cumsum(axis=2, dtype=np.int32))

    def counts(
        self, labels: NDArray[np.int64], keep: NDArray[np.bool_] | None
    ) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """As `counted` (2, n, n), of the photos that are kept (n,), or all: those with the query's label, and all."""
        same = labels[:, None] == labels[self.order]
        if keep is None:
            return np.cumsum(self.pool * same, axis=2, dtype=np.int32), self.counted
        kept = self.pool * keep[self.order]
        return np.cumsum(kept * same, axis=2, dtype=np.int32), np.cumsum(kept, axis=2, dtype=np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class _Votes:
    """Photos with the list of their nearest.

    Attributes:
        nearest: (n, m) the nearest first.
        there: (n, m) False where a photo that is not in the query's pool fills the list.
        y, g: (n,) classes and clusters.
        k: neighbours that vote.
        models: (n,) camera models, where they are what was sampled.
        orders: by which pools are thinned out.
    """

    nearest: NDArray[np.int64]
    there: NDArray[np.bool_]
    y: NDArray[np.int64]
    g: NDArray[np.int64]
    k: int
    models: NDArray[np.int64] | None
    orders: tuple[_Order, ...]

    def difference(self, labels: NDArray[np.int64], keep: NDArray[np.bool_] | None = None) -> tuple[float, float]:
        """pos-same minus neg-same for labels (n,) among the photos that are kept; its standard error; NaN where none qualifies.

        Of each kind exactly as many photos stay as in the vote itself (`acquisition`): a share of them would leave some pools
        without any photo of the query's class, and others with several.
        """
        total, asked = np.zeros(len(labels)), np.empty(0, dtype=np.int64)
        used = np.ones(len(labels), dtype=bool) if keep is None else keep
        for order in self.orders:
            same, every = order.counts(labels, keep)
            few = np.minimum(same[:, :, -1], every[:, :, -1] - same[:, :, -1])
            asked = np.flatnonzero((few > 0).all(axis=0) & used)
            left = asked
            for many in (SHORT, NEAREST):
                pools = self._pools(left, many, labels, few, (order.place, same, every))
                pools = pools & used[self.nearest[left, :many]]
                left = left[~self._voted(left, pools, total)]
        if not len(asked):
            return float("nan"), 0.0
        given = total[asked] / len(self.orders)
        of = None if self.models is None else self.models[asked]
        return float(given.mean()), error(given, self.g[asked], of)

    def _pools(
        self,
        rows: NDArray[np.int64],
        many: int,
        labels: NDArray[np.int64],
        few: NDArray[np.int32],
        counts: tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]],
    ) -> NDArray[np.bool_]:
        """Return which of the nearest of queries are in both thinned pools: (2, q, many).

        Args:
            rows: (q,) the queries.
            many: how many of the nearest are looked at.
            labels: (n,).
            few: (2, n) how many photos stay with the query's label, and as many with another: of its class, and of others.
            counts: place in the order (n,) and its `counts`.
        """
        place, counted_same, counted = counts
        near, query = self.nearest[rows, :many], rows[:, None]
        other, same = (self.y[near] != self.y[query]).astype(np.int64), labels[near] == labels[query]
        at = other, query, place[near]
        rank = np.where(same, counted_same[at], counted[at] - counted_same[at])
        stays = (rank <= few[other, query]) & self.there[rows, :many]
        return np.stack([stays & (same != other), stays & (same == other)])

    def _voted(
        self, rows: NDArray[np.int64], pools: NDArray[np.bool_], total: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        """Add what queries (q,) gain to the total (n,), and return which of them so many of their nearest decide."""
        many = pools.shape[2]
        done = pools.sum(axis=2).min(axis=0) >= (self.k if many < self.nearest.shape[1] else 0)
        near = self.nearest[rows[done], :many]
        right = [self._right(pool[done], near, self.y[rows[done]]) for pool in pools]
        total[rows[done]] += right[0].astype(float) - right[1]
        return np.asarray(done)

    def _right(self, pool: NDArray[np.bool_], near: NDArray[np.int64], y: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether the k nearest of pools (q, m) name the class (q,); among classes with equally many votes the nearest wins."""
        place = np.argsort(~pool, axis=1, kind="stable")[:, : self.k] if self.k > 1 else pool.argmax(axis=1)[:, None]
        voters = np.take_along_axis(near, place, axis=1)
        real = np.take_along_axis(pool, place, axis=1)
        said = np.where(real, self.y[voters], -1)
        count = ((said[:, :, None] == said[:, None, :]) & real[:, None, :]).sum(axis=2)
        winner = np.where(real, count, -1).argmax(axis=1)
        return np.asarray(said[np.arange(len(pool)), winner] == y)
