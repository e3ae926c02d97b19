"""The association of two labels: Cramér's V, and what is left of it where photos belong together."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tracer.stats.intervals import Interval
from tracer.stats.shuffles import Unit, share_above, shuffle_of, varying

MOST_DRAWS, FEWEST_DRAWS = 999, 99
WORK = 4e7
"""Labels that are moved in all shuffles together; larger sets get fewer shuffles."""
LEVEL = 0.05
"""Of the test. Its one-sided rejections are those of the interval."""
SPARE = 1.1
"""Intervals are made a tenth longer: those of 60 scenes held the truth in 90 to 93 % (`python -m benchmarks.coverage`)."""
FEWEST_CLUSTERS = 2
"""Clusters in which a value stands on average. With fewer a value is little more than the name of a cluster."""


def contingency(a: ArrayLike, b: ArrayLike) -> NDArray[np.int64]:
    """Return the contingency table of two parallel lists of labels: counts, int64 (values of a, values of b).

    Raises:
        ValueError: the lists differ in length or are empty.

    >>> contingency(["x", "x", "y"], ["cat", "dog", "dog"])
    array([[1, 1],
           [0, 1]])
    """
    first, second = _codes(a, b)
    rows, columns = int(first.max()) + 1, int(second.max()) + 1
    return np.bincount(first * columns + second, minlength=rows * columns).reshape(rows, columns)


def _codes(a: ArrayLike, b: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    first, second = np.unique(a, return_inverse=True)[1], np.unique(b, return_inverse=True)[1]
    if first.shape != second.shape or first.size == 0:
        raise ValueError("both label lists must be equally long, and not empty")
    return first.astype(np.int64), second.astype(np.int64)


@dataclass(frozen=True, slots=True)
class _Cells:
    """The m non-empty cells of a contingency table, which are few where labels have many values.

    Attributes:
        row, column: (m,) codes of each cell's values.
        count: (m,) float64 items in each.
        of: (n,) the cell of each item; empty where it was not asked for.
    """

    row: NDArray[np.int64]
    column: NDArray[np.int64]
    count: NDArray[np.float64]
    of: NDArray[np.int64]

    @classmethod
    def between(
        cls,
        a: NDArray[np.int64],
        b: NDArray[np.int64],
        shape: tuple[int, int],
        weights: NDArray[np.float64] | None = None,
        *,
        with_items: bool = False,
    ) -> _Cells:
        code = a * shape[1] + b
        if with_items or shape[0] * shape[1] > 4 * len(code):
            held, of = np.unique(code, return_inverse=True)
            count = np.bincount(of, weights=weights)
        else:
            table = np.bincount(code, weights=weights, minlength=shape[0] * shape[1])
            held, of = np.flatnonzero(table), code[:0]
            count = table[held]
        return cls(*np.divmod(held, shape[1]), count.astype(np.float64), of)

    def phi_squared(self) -> float:
        """φ² = χ² / n, without any correction."""
        row, column = np.bincount(self.row, weights=self.count), np.bincount(self.column, weights=self.count)
        return float(np.sum(self.count / row[self.row] * self.count / column[self.column]) - 1)

    def influence(self) -> NDArray[np.float64]:
        """(m,) what one more item of each cell changes of φ², times the number of items."""
        row, column = np.bincount(self.row, weights=self.count), np.bincount(self.column, weights=self.count)
        n = self.count.sum()
        share = self.count / row[self.row] / column[self.column]
        by_row = np.bincount(self.row, weights=share * self.count) / row
        by_column = np.bincount(self.column, weights=share * self.count) / column
        return np.asarray(n * (2 * share - by_row[self.row] - by_column[self.column]))


def cramers_v(a: ArrayLike, b: ArrayLike) -> float:
    """Return the bias-corrected Cramér's V of two lists of labels: 0 = independent, 1 = one determines the other.

    It takes items as independent. Without the correction, independent labels with many values seem associated in a small set.
    Bergsma 2013, "A bias-correction for Cramér's V and Tschuprow's T".

    Raises:
        ValueError: a label has fewer than two values, or there are fewer than two items.

    >>> round(cramers_v(["phone", "camera"] * 50, ["indoors", "outdoors"] * 50), 2)
    1.0
    """
    first, second = _codes(a, b)
    r, c, n = int(first.max()) + 1, int(second.max()) + 1, len(first)
    if min(r, c) < 2:
        raise ValueError("each label needs at least two values")
    phi2 = _Cells.between(first, second, (r, c)).phi_squared() - (r - 1) * (c - 1) / (n - 1)
    limit = min(r - (r - 1) ** 2 / (n - 1), c - (c - 1) ** 2 / (n - 1)) - 1
    return float(np.sqrt(max(phi2, 0.0) / limit)) if limit > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Association:
    """Cramér's V of two labels of photos that belong to clusters.

    Attributes:
        value: V with the mean of the shuffles taken off. It is 0 where the test does not reject: V cannot be negative, so it
            would be above 0 on average where the labels have nothing to do with each other.
        interval: of 95 %, which holds the value. It starts at 0 where the test does not reject.
        p_value: the share of shuffles that are associated at least as strongly.
        draws: number of shuffles.
        shuffled: what changed labels.
        plain: V without any correction.
        of_shuffles: the mean of the shuffles' φ², as a V.
        corrected: V with the mean of the shuffles taken off, whatever the test says.
    """

    value: float
    interval: Interval
    p_value: float
    draws: int
    shuffled: Unit
    plain: float
    of_shuffles: float
    corrected: float


def too_many_values(label: ArrayLike, clusters: ArrayLike) -> float | None:
    """Return in how many clusters a value stands on average, where that is below `FEWEST_CLUSTERS`; None where it is enough.

    >>> too_many_values(["a", "a", "b", "b"], [1, 1, 2, 2])
    1.0
    """
    value, cluster = np.unique(label, return_inverse=True)[1], np.unique(clusters, return_inverse=True)[1]
    values = int(value.max()) + 1
    held = len(np.unique(cluster * values + value)) / values
    return float(held) if held < FEWEST_CLUSTERS else None


def cramers_v_of_clusters(a: ArrayLike, b: ArrayLike, clusters: ArrayLike, seed: int = 0) -> Association:
    """Return Cramér's V of two labels with the association of whole shuffled clusters taken off.

    Labels that are dealt out by the scene are associated by chance as in a table of so many scenes, however many photos these
    hold. Whole clusters therefore change labels, many times (`shuffle_of`). With e the mean of the shuffles' φ² and k the smaller
    number of values, V² = (φ² − e) / (k − 1 − e): 0 on average where there is nothing, 1 where one label determines the other
    (the correction for chance of Hubert and Arabie 1985; for independent photos e is Bergsma's).

    The interval inverts the non-central χ² distribution (Smithson 2003) whose mean and variance without association are those of
    the shuffles. It is longer where the infinitesimal jackknife over clusters gives more variance than that distribution at φ².

    Args:
        a: (n,) labels. b: (n,) labels.
        clusters: (n,).
        seed: of the shuffles.

    Raises:
        ValueError: a label has fewer than two values.
    """
    first, second = _codes(a, b)
    code = np.unique(clusters, return_inverse=True)[1].astype(np.int64)
    shape = int(first.max()) + 1, int(second.max()) + 1
    if min(shape) < 2:
        raise ValueError("each label needs at least two values")
    cells = _Cells.between(first, second, shape, with_items=True)
    phi2 = cells.phi_squared()
    shuffled, unit = _shuffled(first, second, code, shape, seed)
    mean, variance, most = float(shuffled.mean()), float(shuffled.var()), min(shape) - 1
    p, scale = share_above(phi2, shuffled), max(most - mean, 1e-12)
    square = min(max(phi2 - mean, 0.0) / scale, 1.0)
    parts = np.bincount(code, weights=cells.influence()[cells.of]) / len(first)
    low, high = bounds_above_chance(phi2, mean, variance, float(np.sum(parts**2)))
    low, high = (math.sqrt(min(max(bound, 0.0) / scale, 1.0)) for bound in (low, high))
    corrected = math.sqrt(square)
    if p >= LEVEL:
        low = 0.0
    value = corrected if p < LEVEL else 0.0
    interval = Interval(min(low if low > 0 or p >= LEVEL else value / 1000, value), max(high, value))
    plain, of_shuffles = (math.sqrt(max(found, 0.0) / most) for found in (phi2, mean))
    return Association(value, interval, p, len(shuffled), unit, plain, of_shuffles, corrected)


def _shuffled(
    a: NDArray[np.int64], b: NDArray[np.int64], code: NDArray[np.int64], shape: tuple[int, int], seed: int
) -> tuple[NDArray[np.float64], Unit]:
    """The φ² of each shuffle, and what changed labels: the label that belongs to clusters, or else that which varies less."""
    of_a, of_b = varying(a, code), varying(b, code)
    if of_b[code].mean() < of_a[code].mean():
        a, b, shape, of_a = b, a, (shape[1], shape[0]), of_b
    shuffle, rng = shuffle_of(a, code, within=False, seed=seed), np.random.default_rng(seed)
    weights = None
    if not of_a.any() and shuffle.unit is Unit.WHOLE:  # photos of one cluster and one b are counted together
        label = np.empty(len(of_a), dtype=np.int64)
        label[code] = a
        held, count = np.unique(code * shape[1] + b, return_counts=True)
        (cluster, b), weights = np.divmod(held, shape[1]), count.astype(np.float64)
    draws = int(np.clip(WORK / len(b), FEWEST_DRAWS, MOST_DRAWS))
    found = np.empty(draws)
    for draw in range(draws):
        moved = a[shuffle.draw(rng)] if weights is None else label[shuffle.donors(rng)][cluster]
        found[draw] = _Cells.between(moved, b, shape, weights).phi_squared()
    return found, shuffle.unit


def bounds_above_chance(phi2: float, mean: float, variance: float, of_clusters: float) -> tuple[float, float]:
    """Return the 95 % bounds of a sum of squares, such as φ², without what chance adds to it.

    They invert the non-central χ² distribution that without any effect has the mean and variance of shuffles, and are wider
    where the infinitesimal jackknife gives more variance than that distribution.

    Args:
        phi2: the sum of squares.
        mean: of the shuffles. variance: of the shuffles.
        of_clusters: the jackknife's variance of `phi2` over clusters.
    """
    from scipy.optimize import brentq
    from scipy.stats import ncx2

    estimate = phi2 - mean
    if variance < 1e-18 or mean <= 0:
        return estimate, estimate
    photos, freedom = 2 * mean / variance, 2 * mean * mean / variance
    x = photos * phi2
    most = x + 12 * math.sqrt(2 * freedom + 4 * x) + 50

    def bound(tail: float) -> float:
        def over(away: float) -> float:
            return float(ncx2.cdf(x, freedom, away)) - tail

        if over(1e-9) <= 0:
            return 0.0
        return float(brentq(over, 1e-9, most, xtol=1e-6)) / photos if over(most) < 0 else most / photos

    wide = SPARE * math.sqrt(min(max(of_clusters * photos / (4 * max(phi2, 1e-12)), 1.0), 4.0))
    low, high = bound(0.975), bound(0.025)
    return estimate - wide * (estimate - low), estimate + wide * (high - estimate)
