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
from tracer.experiments.shared.few import as_many
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
    photos: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    k: int,
    seed: int,
    *,
    models: NDArray[np.int64] | None = None,
    scenes: NDArray[np.int64] | None = None,
) -> Shuffled:
    """Vote with shuffled labels.

    Args:
        vectors: (n, D) unit rows.
        photos: their classes, labels and clusters: (n,) codes each.
        k: neighbours that vote.
        seed: of the shuffles.
        models: (n,) codes of camera models, which change labels as a whole and whose own photos are no neighbours; None where
            scenes, owners or photos change labels.
        scenes: (n,) scenes inside owners, as `stats.shuffle_of` takes them.
    """
    classes, labels, clusters = photos
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
    ways = dealt(a, g, of, seed, SHUFFLES, None if scenes is None else scenes[at])
    found = []
    for labels in ways.others:
        keep, by_class = as_many(labels, ways.observed, y, rng)
        difference, error_of = votes.difference(labels, keep)
        # Photos were left out for the pools' sake: the error is that of as many queries as the observed labels have.
        found.append((difference, error_of * (float(np.sqrt(keep.mean())) if keep is not None and by_class else 1.0)))
    known = np.array([one for one in found if np.isfinite(one[0])], dtype=np.float64).reshape(-1, 2)
    return Shuffled(known[:, 0], known[:, 1], ways.unit, votes.difference(ways.observed), ways.exact)


@dataclass(frozen=True, slots=True, eq=False)
class _Order:
    """An order of the photos by class, by which the first ones of each class stay in a pool.

    Attributes:
        order: (n,) the photos, those of a class together. place: (n,) where in it each photo is.
        starts: (classes + 1,) where each class begins, and the end.
        pool: (n, n) in this order, 1 for the photos of a query's pool; else 0.
        counted: (n, n + 1) how many of them stand before each place.
    """

    order: NDArray[np.int64]
    place: NDArray[np.int64]
    starts: NDArray[np.int64]
    pool: NDArray[np.int32]
    counted: NDArray[np.int32]

    @classmethod
    def of(cls, drawn: NDArray[np.int64], apart: NDArray[np.bool_], y: NDArray[np.int64]) -> _Order:
        """Prepare what all shuffles share; `drawn` (n,) are the photos in the order in which those of a class stand."""
        order = drawn[np.argsort(y[drawn], kind="stable")]
        starts = np.searchsorted(y[order], np.arange(int(y.max()) + 2))
        pool = apart[:, order].astype(np.int32)
        return cls(order, np.argsort(order), starts, pool, _before(pool))

    def counts(self, labels: NDArray[np.int64], keep: NDArray[np.bool_] | None) -> _Counts:
        """What stands before each place, of the photos that are kept (n,), or all: those with the query's label, and all."""
        pool = self.pool if keep is None else self.pool * keep[self.order]
        same = _before(pool * (labels[:, None] == labels[self.order]))
        every = self.counted if keep is None else _before(pool)
        of_same, of_every = (np.diff(part[:, self.starts], axis=1) for part in (same, every))
        return _Counts(self, same, every, np.minimum(of_same, of_every - of_same))


@dataclass(frozen=True, slots=True, eq=False)
class _Counts:
    """An order with the photos of some labels.

    Attributes:
        order: the order.
        same, every: (n, n + 1) how many photos of a query's pool stand before each place: those with its label, and all.
        few: (n, classes) how many of each class stay with the query's label, and as many with another.
    """

    order: _Order
    same: NDArray[np.int32]
    every: NDArray[np.int32]
    few: NDArray[np.int32]

    def stays(
        self, rows: NDArray[np.int64], near: NDArray[np.int64], classes: NDArray[np.int64], same: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        """Return which of the photos near (q, m) some queries (q,) stay, given their classes and whether they share the label."""
        query, place, begin = rows[:, None], self.order.place[near], self.order.starts[classes]
        alike = self.same[query, place] - self.same[query, begin]
        every = self.every[query, place] - self.every[query, begin]
        return np.asarray(np.where(same, alike, every - alike) < self.few[query, classes])


def _before(pool: NDArray[np.int32]) -> NDArray[np.int32]:
    """Sums of what stands before each place of rows (n, m), and in all: (n, m + 1)."""
    found = np.zeros((len(pool), pool.shape[1] + 1), dtype=np.int32)
    np.cumsum(pool, axis=1, out=found[:, 1:])
    return found


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

        Of each class exactly as many photos stay as in the vote itself (`acquisition`): a share of them would leave some pools
        without any photo of the query's class, and others with several.
        """
        total, asked = np.zeros(len(labels)), np.empty(0, dtype=np.int64)
        used = np.ones(len(labels), dtype=bool) if keep is None else keep
        for order in self.orders:
            counts = order.counts(labels, keep)
            own = counts.few[np.arange(len(labels)), self.y]
            asked = np.flatnonzero((own > 0) & (counts.few.sum(axis=1) > own) & used)
            left = asked
            for many in (SHORT, NEAREST):
                pools = self._pools(left, many, labels, counts)
                pools = pools & used[self.nearest[left, :many]]
                left = left[~self._voted(left, pools, total)]
        if not len(asked):
            return float("nan"), 0.0
        given = total[asked] / len(self.orders)
        of = None if self.models is None else self.models[asked]
        return float(given.mean()), error(given, self.g[asked], of)

    def _pools(
        self, rows: NDArray[np.int64], many: int, labels: NDArray[np.int64], counts: _Counts
    ) -> NDArray[np.bool_]:
        """Return which of the nearest of queries are in both thinned pools: (2, q, many).

        Args:
            rows: (q,) the queries.
            many: how many of the nearest are looked at.
            labels: (n,).
            counts: of these labels.
        """
        near, query = self.nearest[rows, :many], rows[:, None]
        own, same = self.y[near] == self.y[query], labels[near] == labels[query]
        stays = counts.stays(rows, near, self.y[near], same) & self.there[rows, :many]
        return np.stack([stays & (same == own), stays & (same != own)])

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
