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
NEAREST = 400
"""Neighbours of each photo among which its nearest of both pools are looked for."""
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
    orders = tuple(_Order.of(rng.permutation(len(y)), apart, y, nearest) for _ in range(DRAWS))
    votes = _Votes(nearest, there, apart.astype(np.float32), y, g, k, of, orders)
    ways = dealt(a, g, of, seed, SHUFFLES)
    found = [votes.difference(labels) for labels in ways.others]
    known = np.array([one for one in found if np.isfinite(one[0])], dtype=np.float64).reshape(-1, 2)
    return Shuffled(known[:, 0], known[:, 1], ways.unit, votes.difference(ways.observed), ways.exact)


@dataclass(frozen=True, slots=True, eq=False)
class _Order:
    """An order of the photos, by which the first ones of each kind stay in a pool.

    Attributes:
        order: (n,) the photos.
        own, other: (n, n) in this order, the photos of a query's pool that are of its class, and those of other classes.
        place: (n, m) where in the order the nearest of each query are.
        of_own, of_other: (n, m) how many of them stand up to there.
    """

    order: NDArray[np.int64]
    own: NDArray[np.bool_]
    other: NDArray[np.bool_]
    place: NDArray[np.int64]
    of_own: NDArray[np.int32]
    of_other: NDArray[np.int32]

    @classmethod
    def of(
        cls, order: NDArray[np.int64], apart: NDArray[np.bool_], y: NDArray[np.int64], nearest: NDArray[np.int64]
    ) -> _Order:
        """Prepare what all shuffles share."""
        there, same = apart[:, order], y[:, None] == y[order]
        own, other, place = there & same, there & ~same, np.argsort(order)[nearest]
        return cls(order, own, other, place, _counted(own, place), _counted(other, place))

    def ranks(self, labels: NDArray[np.int64], kind: NDArray[np.int64]) -> NDArray[np.int32]:
        """(n, m) the place of each of the nearest among the photos of its kind in the query's pool, from 1 on.

        Args:
            labels: (n,).
            kind: (n, m) of the nearest: own class and same label, own class, same label, neither.
        """
        same = labels[:, None] == labels[self.order]
        with_own, with_other = (_counted(part & same, self.place) for part in (self.own, self.other))
        return np.choose(kind, [with_own, self.of_own - with_own, with_other, self.of_other - with_other])


def _counted(mask: NDArray[np.bool_], place: NDArray[np.int64]) -> NDArray[np.int32]:
    """How many are set in each row up to some places of it."""
    return np.take_along_axis(mask.cumsum(axis=1, dtype=np.int32), place, axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class _Votes:
    """Photos with the list of their nearest.

    Attributes:
        nearest: (n, m) the nearest first.
        there: (n, m) False where a photo that is not in the query's pool fills the list.
        apart: (n, n) 1 where a photo (column) is in a query's pool (row), else 0.
        y, g: (n,) classes and clusters.
        k: neighbours that vote.
        models: (n,) camera models, where they are what was sampled.
        orders: by which pools are thinned out.
    """

    nearest: NDArray[np.int64]
    there: NDArray[np.bool_]
    apart: NDArray[np.float32]
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
        own = self.y[self.nearest] == self.y[:, None]
        same = labels[self.nearest] == labels[:, None]
        sizes = self._sizes(labels)
        few = np.stack([np.minimum(sizes[0], sizes[1])] * 2 + [np.minimum(sizes[2], sizes[3])] * 2)
        valid = (few[0] > 0) & (few[2] > 0)
        if not valid.any():
            return float("nan"), 0.0
        kind = np.where(own, np.where(same, 0, 1), np.where(same, 2, 3))
        number = np.take_along_axis(few.T, kind, axis=1)
        total = np.zeros(len(labels))
        for order in self.orders:
            stays = (order.ranks(labels, kind) <= number) & self.there
            right = [self._right(stays & chosen) for chosen in (own == same, own != same)]
            total += right[0].astype(float) - right[1]
        given = total[valid] / len(self.orders)
        of = None if self.models is None else self.models[valid]
        return float(given.mean()), error(given, self.g[valid], of)

    def _sizes(self, labels: NDArray[np.int64]) -> NDArray[np.int64]:
        """(4, n) photos in each query's pool: of its class with its label, with another; of other classes likewise."""
        rows = np.arange(len(labels))

        def held(codes: NDArray[np.int64]) -> NDArray[np.int64]:
            member = np.zeros((len(rows), int(codes.max()) + 1), dtype=np.float32)
            member[rows, codes] = 1.0
            return np.asarray((self.apart @ member)[rows, codes].round().astype(np.int64))

        both, of_class, of_label = held(self.y * (int(labels.max()) + 1) + labels), held(self.y), held(labels)
        everyone = self.apart.sum(axis=1).round().astype(np.int64)
        return np.stack([both, of_class - both, of_label - both, everyone - of_class - of_label + both])

    def _right(self, pool: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Whether the k nearest of a pool (n, m) name the class; among classes with equally many votes the nearest wins."""
        if self.k == 1:
            first = pool.argmax(axis=1)
            rows = np.arange(len(pool))
            return np.asarray(pool[rows, first] & (self.y[self.nearest[rows, first]] == self.y))
        place = np.argsort(~pool, axis=1, kind="stable")[:, : self.k]
        voters = np.take_along_axis(self.nearest, place, axis=1)
        real = np.take_along_axis(pool, place, axis=1)
        said = np.where(real, self.y[voters], -1)
        count = ((said[:, :, None] == said[:, None, :]) & real[:, None, :]).sum(axis=2)
        winner = np.where(real, count, -1).argmax(axis=1)
        return np.asarray(said[np.arange(len(pool)), winner] == self.y)
