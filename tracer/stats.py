"""Chance levels, intervals and tests for the experiments. Only numpy, so that curate may use it too.

Photos of one scene, or of one owner, resemble each other; an interval that counts them as independent is too short. So each
function that resamples takes `clusters` and draws whole clusters with replacement. The building block is `bootstrap_sums`:
means, ratios and their differences come from the same draws, so that a difference is always a paired one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

FEW_CLUSTERS = 20
"""Under this many clusters a bootstrap interval is too short to be trusted; callers say so."""

_CHUNK = 4_000_000  # counts of drawn clusters held at once: 32 MB
_BY_NUMBER = 50_000
"""From so many clusters on, their numbers are drawn one by one, which is ten times as fast as a multinomial draw."""


class Interval(NamedTuple):
    """A confidence interval."""

    low: float
    high: float


class Difference(NamedTuple):
    """A difference of two paired means with its interval."""

    value: float
    low: float
    high: float


# --- chance


def uniform_chance(n_classes: int) -> float:
    """Expected balanced accuracy of any guess that does not look at the photo: 1 / classes."""
    if n_classes < 1:
        raise ValueError("at least one class is needed")
    return 1.0 / n_classes


def majority_share(labels: ArrayLike) -> float:
    """Share of the commonest label: the accuracy of always answering it, and so the level that an accuracy has to beat."""
    values = np.asarray(labels)
    if values.size == 0:
        raise ValueError("at least one label is needed")
    return float(np.unique(values, return_counts=True)[1].max() / values.size)


def recall_chance(k: int, positives: int, negatives: int) -> float:
    """Probability that a random order has one of `positives` among its first `k` of all candidates."""
    total = positives + negatives
    if positives < 1 or negatives < 0:
        raise ValueError("at least one positive is needed, and no negative number of negatives")
    miss = 1.0
    for drawn in range(min(k, total)):
        miss *= max(negatives - drawn, 0) / (total - drawn)
    return 1.0 - miss


def reciprocal_rank_chance(candidates: int) -> float:
    """Expected average precision of a random order with one positive among `candidates`: the harmonic mean rank, H(n) / n."""
    if candidates < 1:
        raise ValueError("at least one candidate is needed")
    return float(np.sum(1.0 / np.arange(1, candidates + 1)) / candidates)


# --- intervals


def normal_quantile(confidence: float) -> float:
    """z such that a standard normal lies within ±z with this probability (1.96 for 0.95)."""
    return NormalDist().inv_cdf(0.5 + confidence / 2)


def wilson(successes: float, n: int, confidence: float = 0.95) -> Interval:
    """Wilson's score interval of a proportion of independent trials (Wilson 1927).

    Unlike the normal interval it stays inside [0, 1] and has a width at 0 and 1 successes.
    """
    if n < 1:
        raise ValueError("at least one trial is needed")
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} successes do not fit {n} trials")
    z = normal_quantile(confidence)
    share = successes / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # At the ends the bound is the share itself; rounding must not move it past.
    return Interval(min(max(0.0, centre - half), share), max(min(1.0, centre + half), share))


def bootstrap_sums(values: ArrayLike, clusters: ArrayLike, draws: int = 2000, seed: int = 0) -> NDArray[np.float64]:
    """Column sums of `values` over `draws` resamplings of whole clusters with replacement.

    Args:
        values: (n,) or (n, m).
        clusters: (n,) any labels; equal labels stay together.

    Returns:
        (draws, m) float64. Order of the rows of `values` does not matter beyond rounding.
    """
    table = np.asarray(values, dtype=np.float64)
    table = table[:, None] if table.ndim == 1 else table
    ids = np.asarray(clusters)
    if len(table) == 0 or len(ids) != len(table):
        raise ValueError(f"{len(table)} values and {len(ids)} clusters do not fit")
    _, code = np.unique(ids, return_inverse=True)
    n_clusters = int(code.max()) + 1
    sums = np.stack([np.bincount(code, weights=column, minlength=n_clusters) for column in table.T], axis=1)
    return np.concatenate([times @ sums for times in _drawn_clusters(n_clusters, draws, seed)])


def _drawn_clusters(n_clusters: int, draws: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """How often each cluster is drawn: blocks (some draws, n_clusters), `draws` rows in all, each of which sums to n_clusters."""
    rng = np.random.default_rng(seed)
    step = max(1, _CHUNK // n_clusters)
    for start in range(0, draws, step):
        size = min(step, draws - start)
        if n_clusters < _BY_NUMBER:
            yield rng.multinomial(n_clusters, np.full(n_clusters, 1.0 / n_clusters), size=size)
        else:
            numbers = (rng.integers(n_clusters, size=n_clusters) for _ in range(size))
            yield np.stack([np.bincount(drawn, minlength=n_clusters) for drawn in numbers])


def bootstrap_cells(
    cells: ArrayLike, values: ArrayLike, clusters: ArrayLike, draws: int = 2000, seed: int = 0
) -> Iterator[NDArray[np.float64]]:
    """Sums of `values` by cell, of one resampling of whole clusters after the other.

    The draws are those of `bootstrap_sums` with a column for each cell. Values are added up once by cluster and cell, and a draw
    weighs these sums, so time and memory grow with the items alone; a table of items × cells would not fit into memory.

    Args:
        cells: (n,) codes from 0 on. values: (n,). clusters: (n,) any labels; equal labels stay together.

    Yields:
        `draws` times (m,) float64, m the largest code + 1.
    """
    cell, table = np.asarray(cells, dtype=np.int64), np.asarray(values, dtype=np.float64)
    _, code = np.unique(clusters, return_inverse=True)
    m = int(cell.max()) + 1
    together, place = np.unique(code * m + cell, return_inverse=True)
    sums = np.bincount(place, weights=table)
    cluster, cell = np.divmod(together, m)
    weighed = np.empty(len(sums))  # made once: new memory for each draw would take longer than the sum
    for block in _drawn_clusters(int(code.max()) + 1, draws, seed):
        for times in block.astype(np.float64):
            np.take(times, cluster, out=weighed, mode="clip")
            np.multiply(weighed, sums, out=weighed)
            yield np.asarray(np.bincount(cell, weights=weighed, minlength=m), dtype=np.float64)


def percentile_interval(draws: ArrayLike, confidence: float = 0.95) -> Interval:
    """The central share `confidence` of bootstrap draws (NaN draws, of an empty class, say nothing and are left out)."""
    tail = (1 - confidence) / 2
    low, high = np.nanquantile(np.asarray(draws, dtype=np.float64), [tail, 1 - tail])
    return Interval(float(low), float(high))


def share_interval(value: float, draws: ArrayLike, n_clusters: int, confidence: float = 0.95) -> Interval:
    """The percentile interval of a share from its bootstrap draws.

    Where all clusters are alike (everything is right) a bootstrap sees no spread, and its interval would be certainty.
    Wilson's for that many independent clusters takes its place.
    """
    if _has_spread(draws):
        return percentile_interval(draws, confidence)
    return wilson(min(max(value, 0.0), 1.0) * n_clusters, n_clusters, confidence)


def difference_interval(value: float, draws: ArrayLike, n_clusters: int, confidence: float = 0.95) -> Interval:
    """The percentile interval of a difference of two paired shares, from −1 to 1, from its bootstrap draws.

    Two methods that never differ in n clusters may still differ in others, either way: then Wilson's interval of nothing
    in n stands on both sides of 0.
    """
    if _has_spread(draws):
        return percentile_interval(draws, confidence)
    low, high = wilson(min(abs(value), 1.0) * n_clusters, n_clusters, confidence)
    if value == 0:
        return Interval(-high, high)
    return Interval(low, high) if value > 0 else Interval(-high, -low)


def _has_spread(draws: ArrayLike) -> bool:
    values = np.asarray(draws, dtype=np.float64)
    return bool(np.nanmax(values) - np.nanmin(values) > 1e-12)


def bootstrap_means(values: ArrayLike, clusters: ArrayLike, draws: int = 2000, seed: int = 0) -> NDArray[np.float64]:
    """Means of each column of `values` (n,) or (n, m) over resampled clusters: (draws, m) float64."""
    table = np.asarray(values, dtype=np.float64)
    table = table[:, None] if table.ndim == 1 else table
    sums = bootstrap_sums(np.column_stack([table, np.ones(len(table))]), clusters, draws, seed)
    return np.asarray(sums[:, :-1] / sums[:, -1:])


def cluster_bootstrap(
    values: ArrayLike, clusters: ArrayLike, draws: int = 2000, seed: int = 0, confidence: float = 0.95
) -> Interval:
    """Percentile interval of the mean of `values` (n,), drawing whole clusters."""
    return percentile_interval(bootstrap_means(values, clusters, draws, seed)[:, 0], confidence)


def paired_bootstrap(
    a: ArrayLike,
    b: ArrayLike,
    clusters: ArrayLike | None = None,
    draws: int = 2000,
    seed: int = 0,
    confidence: float = 0.95,
) -> Difference:
    """mean(a) − mean(b) of shares (n,) measured on the same photos, with its interval over resampled clusters.

    Pairs that never differ get the interval of `difference_interval`.
    """
    delta = np.asarray(a, dtype=np.float64) - np.asarray(b, dtype=np.float64)
    ids = np.arange(len(delta)) if clusters is None else clusters
    value = float(delta.mean())
    resampled = bootstrap_means(delta, ids, draws, seed)[:, 0]
    interval = difference_interval(value, resampled, len(np.unique(ids)), confidence)
    return Difference(value, interval.low, interval.high)


def absolute(interval: Interval) -> Interval:
    """The interval of |x| where x lies in `interval`: it starts at 0 where the sign of x is not known."""
    low, high = abs(interval.low), abs(interval.high)
    crosses = interval.low <= 0 <= interval.high
    return Interval(0.0 if crosses else min(low, high), max(low, high))


def difference_of_independent(value_a: float, a: Interval, value_b: float, b: Interval) -> Difference:
    """value_a − value_b of two independent estimates from their intervals (method of variance estimates recovery).

    Newcombe 1998, Statistics in Medicine 17; Zou and Donner 2008. The two need not be symmetric.
    """
    value = value_a - value_b
    low = value - math.hypot(value_a - a.low, b.high - value_b)
    high = value + math.hypot(a.high - value_a, value_b - b.low)
    return Difference(value, low, high)


# --- tests


def mcnemar_exact(a: ArrayLike, b: ArrayLike) -> float:
    """Two-sided exact McNemar test of two methods that were right or wrong on the same items.

    Only the items on which they differ count; under the null each of the two is right on half of them.

    Args:
        a, b: (n,) booleans.

    Returns:
        The p-value; 1.0 where they never differ.
    """
    first, second = np.asarray(a, dtype=bool), np.asarray(b, dtype=bool)
    if first.shape != second.shape:
        raise ValueError("both need the same items")
    only_a, only_b = int(np.sum(first & ~second)), int(np.sum(second & ~first))
    n, k = only_a + only_b, min(only_a, only_b)
    if n == 0:
        return 1.0
    log_half = n * math.log(2)
    terms = [math.lgamma(n + 1) - math.lgamma(i + 1) - math.lgamma(n - i + 1) - log_half for i in range(k + 1)]
    return min(1.0, 2 * math.fsum(math.exp(term) for term in terms))


def permutation_test(
    labels: ArrayLike,
    predictions: ArrayLike,
    *,
    within: ArrayLike | None = None,
    draws: int = 2000,
    seed: int = 0,
    statistic: Callable[[NDArray[Any], NDArray[Any]], float] | None = None,
) -> float:
    """One-sided p-value that predictions agree with the labels by more than chance.

    Labels are shuffled against the fixed predictions, by default counting agreements.

    Args:
        labels, predictions: (n,).
        within: (n,) shuffle inside these groups only (a scene shot by several cameras), which keeps what the group shares.
        statistic: of (labels, predictions), larger = better agreement.

    Returns:
        (1 + shuffles at least as good) / (1 + shuffles); never 0.
    """
    truth, guess = np.asarray(labels), np.asarray(predictions)
    if truth.shape != guess.shape or truth.size == 0:
        raise ValueError("labels and predictions must be equally many, and at least one")
    agree = statistic or (lambda t, g: float(np.mean(t == g)))
    group = np.zeros(truth.size, dtype=np.int64) if within is None else np.unique(within, return_inverse=True)[1]
    home = np.argsort(group, kind="stable")
    truth, guess, group = truth[home], guess[home], group[home]
    rng = np.random.default_rng(seed)
    observed = agree(truth, guess)
    # lexsort by (group, noise) permutes inside each group at once; the small slack lets equal sums of floats count as equal.
    better = sum(
        agree(truth[np.lexsort((rng.random(truth.size), group))], guess) >= observed - 1e-12 for _ in range(draws)
    )
    return (1 + better) / (1 + draws)


# --- association


def contingency(a: ArrayLike, b: ArrayLike) -> NDArray[np.int64]:
    """Counts (values of a, values of b) of two parallel label lists."""
    first, second = np.unique(a, return_inverse=True)[1], np.unique(b, return_inverse=True)[1]
    if first.shape != second.shape or first.size == 0:
        raise ValueError("both label lists must be equally long, and not empty")
    rows, columns = int(first.max()) + 1, int(second.max()) + 1
    return np.bincount(first * columns + second, minlength=rows * columns).reshape(rows, columns)


@dataclass(frozen=True, slots=True)
class _Cells:
    """The cells of a table that hold anything: m of r × c, which are few where labels have many values.

    Attributes:
        row, column: (m,) codes. of: (n,) each item's cell, from 0 to m − 1.
    """

    row: NDArray[np.int64]
    column: NDArray[np.int64]
    of: NDArray[np.int64]

    @classmethod
    def between(cls, a: ArrayLike, b: ArrayLike) -> _Cells:
        first, second = np.unique(a, return_inverse=True)[1], np.unique(b, return_inverse=True)[1]
        if first.shape != second.shape or first.size == 0:
            raise ValueError("both label lists must be equally long, and not empty")
        columns = int(second.max()) + 1
        cells, of = np.unique(first * columns + second, return_inverse=True)
        return cls(*np.divmod(cells, columns), of)

    def phi_squared(self, counts: NDArray[np.floating[Any]]) -> tuple[float, float]:
        """Bias-corrected φ² (before the floor at 0) and its largest possible value, of counts (m,). Bergsma 2013."""
        row, column = np.bincount(self.row, weights=counts), np.bincount(self.column, weights=counts)
        n, r, c = counts.sum(), np.count_nonzero(row), np.count_nonzero(column)  # values that a draw lost do not count
        held = counts > 0
        phi2 = np.sum(counts[held] / row[self.row[held]] * counts[held] / column[self.column[held]]) - 1  # = χ² / n
        limit = min(r - (r - 1) ** 2 / (n - 1), c - (c - 1) ** 2 / (n - 1)) - 1
        return float(phi2 - (r - 1) * (c - 1) / (n - 1)), float(limit)


def cramers_v(a: ArrayLike, b: ArrayLike) -> float:
    """Bias-corrected Cramér's V of two label lists: 0 = independent, 1 = one tells the other.

    Bergsma 2013, "A bias-correction for Cramér's V and Tschuprow's T". Without the correction, two independent labels with
    many values look associated in a small set.

    Raises:
        ValueError: a label has fewer than two values, or there are fewer than two items.
    """
    cells = _Cells.between(a, b)
    if min(cells.row.max(), cells.column.max()) < 1:
        raise ValueError("each label needs at least two values")
    phi2, limit = cells.phi_squared(np.bincount(cells.of).astype(np.float64))
    return float(np.sqrt(max(phi2, 0.0) / limit)) if limit > 0 else 0.0


def cramers_v_interval(
    a: ArrayLike, b: ArrayLike, clusters: ArrayLike, draws: int = 1000, seed: int = 0, confidence: float = 0.95
) -> Interval:
    """Bootstrap interval of `cramers_v` over resampled clusters.

    A resampled table is noisier than the table it comes from: its φ² is too large on average, by b. That is also how much the
    table's own φ² is too large, with as many photos as the clusters are worth, so the draws are shifted to φ² − b. They vary
    more, too: n φ² is about non-central χ², whose variance is (3 b + 2 e) / (b + 2 e) times as large around a noisy table as
    around the truth e. Drawn together by the root of that, the draws forget that e is an estimate; half way is what covers
    92 to 97 % in simulations (benchmarks/coverage.py).
    """
    cells = _Cells.between(a, b)
    resampled = bootstrap_cells(cells.of, np.ones(len(cells.of)), clusters, draws, seed)
    phi2 = np.array([cells.phi_squared(counts)[0] for counts in resampled])
    estimate, scale = cells.phi_squared(np.bincount(cells.of).astype(np.float64))
    correction = cells.row.max() * cells.column.max() / (len(cells.of) - 1)  # Bergsma's: every photo is independent
    centre, plain = float(np.mean(phi2)), estimate + correction
    excess = max(centre + correction - plain, 0.0)
    unbiased = max(plain - excess, 0.0)
    together = math.sqrt((excess + 2 * unbiased) / (3 * excess + 2 * unbiased)) if excess > 0 else 1.0
    shifted = unbiased + (1 + together) / 2 * (phi2 - centre)
    # The estimate's own scale, not each draw's, keeps the draws comparable.
    low, high = percentile_interval(np.sqrt(np.clip(shifted, 0.0, None) / max(scale, 1e-12)), confidence)
    return Interval(min(low, 1.0), min(high, 1.0))
