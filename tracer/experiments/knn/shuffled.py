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
    found = [votes.difference(labels) for labels in ways.others]
    known = np.array([one for one in found if np.isfinite(one[0])], dtype=np.float64).reshape(-1, 2)
    return Shuffled(known[:, 0], known[:, 1], ways.unit, votes.difference(ways.observed), ways.exact)


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

    def counted_same(self, labels: NDArray[np.int64]) -> NDArray[np.int32]:
        """As `counted` (2, n, n), of the photos with the query's label."""
        same = labels[:, None] == labels[self.order]
        return np.cumsum(self.pool * same, axis=2, dtype=np.int32)


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

    def difference(self, labels: NDArray[np.int64]) -> tuple[float, float]:
        """pos-same minus neg-same for labels (n,), and its standard error; NaN where no photo qualifies.

        Of each kind exactly as many photos stay as in the vote itself (`acquisition`): a share of them would leave some pools
        without any photo of the query's class, and others with several.
        """
        total, asked = np.zeros(len(labels)), np.empty(0, dtype=np.int64)
        for order in self.orders:
            same = order.counted_same(labels)
            few = np.minimum(same[:, :, -1], order.counted[:, :, -1] - same[:, :, -1])
            asked = np.flatnonzero((few > 0).all(axis=0))
            left = asked
            for many in (SHORT, NEAREST):
                left = left[~self._voted(left, many, labels, few, (order, same), total)]
        if not len(asked):
            return float("nan"), 0.0
        given = total[asked] / len(self.orders)
        of = None if self.models is None else self.models[asked]
        return float(given.mean()), error(given, self.g[asked], of)

    def _voted(
        self,
        rows: NDArray[np.int64],
        many: int,
        labels: NDArray[np.int64],
        few: NDArray[np.int32],
        counts: tuple[_Order, NDArray[np.int32]],
        total: NDArray[np.float64],
    ) -> NDArray[np.bool_]:
        """Add what queries gain to the total (n,), and return which of them (q,) so many of their nearest decide.

        Args:
            rows: (q,) the queries.
            many: how many of the nearest are looked at; with `NEAREST` all queries are decided.
            labels: (n,).
            few: (2, n) how many photos stay with the query's label, and as many with another: of its class, and of others.
            counts: the order by which they stay, and its `counted_same`.
            total: to add to.
        """
        order, counted_same = counts
        near, query = self.nearest[rows, :many], rows[:, None]
        other, same = (self.y[near] != self.y[query]).astype(np.int64), labels[near] == labels[query]
        at = other, query, order.place[near]
        rank = np.where(same, counted_same[at], order.counted[at] - counted_same[at])
        stays = (rank <= few[other, query]) & self.there[rows, :many]
        pools = stays & (same != other), stays & (same == other)
        done = np.minimum(*(pool.sum(axis=1) for pool in pools)) >= (self.k if many < NEAREST else 0)
        right = [self._right(pool[done], near[done], self.y[rows[done]]) for pool in pools]
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
