"""Significance tests with exact or sampled p-values."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tracer.stats.intervals import Interval
from tracer.stats.shuffles import share_above


def mcnemar_exact(a: ArrayLike, b: ArrayLike) -> float:
    """Return the p-value of the two-sided exact McNemar test of two methods on the same items.

    The test uses only the items on which exactly one method is right. Under the null hypothesis each method is right on half of
    them.

    Args:
        a: (n,) booleans: whether the first method is right.
        b: (n,) booleans: whether the second method is right.

    Returns:
        The p-value; 1.0 where the methods never differ.

    Raises:
        ValueError: `a` and `b` differ in length.

    >>> round(mcnemar_exact([1, 1, 1, 1, 1, 1, 0], [0, 0, 0, 0, 0, 0, 0]), 5)
    0.03125
    """
    from scipy.stats import binomtest

    first, second = np.asarray(a, dtype=bool), np.asarray(b, dtype=bool)
    if first.shape != second.shape:
        raise ValueError("both need the same items")
    only_a, only_b = int(np.sum(first & ~second)), int(np.sum(second & ~first))
    return float(binomtest(only_a, only_a + only_b).pvalue) if only_a + only_b else 1.0


def permutation_test(
    labels: ArrayLike,
    predictions: ArrayLike,
    *,
    within: ArrayLike | None = None,
    draws: int = 2000,
    seed: int = 0,
    statistic: Callable[[NDArray[Any], NDArray[Any]], float] | None = None,
) -> float:
    """Return the one-sided p-value of a permutation test that predictions agree with the labels more than by chance.

    The labels are shuffled; the predictions stay.

    Args:
        labels: (n,).
        predictions: (n,).
        within: (n,) groups (a scene shot by several cameras); labels are shuffled only inside each group.
        draws: number of shuffles.
        seed: of the shuffles.
        statistic: a function of (labels, predictions), larger = better agreement; by default the share of agreements.

    Returns:
        (1 + shuffles that agree at least as well) / (1 + shuffles); never 0.

    Raises:
        ValueError: `labels` and `predictions` differ in length or are empty.

    >>> permutation_test(["a"] * 20 + ["b"] * 20, ["a"] * 20 + ["b"] * 20, draws=999)
    0.001
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
    # lexsort by (group, noise) permutes inside all groups at once. The tolerance treats sums that differ by rounding as equal.
    better = sum(
        agree(truth[np.lexsort((rng.random(truth.size), group))], guess) >= observed - 1e-12 for _ in range(draws)
    )
    return (1 + better) / (1 + draws)


LEVEL: Final = 0.05
"""Of all tests and, as 1 − level, of all intervals."""


class Calibrated(NamedTuple):
    """A test by shuffles, and the interval that says the same."""

    p_value: float
    interval: Interval


def calibrated(
    value: float,
    spread: float,
    shuffled: ArrayLike,
    spreads: ArrayLike,
    n_clusters: int,
    *,
    centre: float | None = None,
    observed: tuple[float, float] | None = None,
) -> Calibrated:
    """Return the two-sided p-value of a studentized permutation test, and the interval of the effect that goes with it.

    A standard error that misses a source of chance (candidates that many queries share) is too small by about the same factor
    in shuffled data, where the true effect is known. So the figure's distance from no effect in standard errors is compared with
    those of the shuffles, and the interval is as many standard errors long as leave out no effect in 5 % of the shuffles, but at
    least as many as Student's t says for so many clusters. The bound towards no effect leaves it out where the test rejects.
    Janssen 1997, "Studentized permutation tests"; Chung and Romano 2013, "Exact and asymptotically robust permutation tests".

    Args:
        value: the figure.
        spread: its standard error.
        shuffled: (p,) the figure of each shuffle. spreads: (p,) their standard errors.
        n_clusters: scenes, owners or pairs.
        centre: the figure where there is no effect; by default the mean of the shuffles and the observed labels.
        observed: figure and standard error of the observed labels as those of the shuffles were computed, where they were not
            computed from all photos as `value` and `spread` were. The p-value is theirs.

    Returns:
        The p-value, and the interval of value − centre. It holds 0 exactly where the p-value is not below `LEVEL`.

    >>> rng = np.random.default_rng(0)
    >>> found = calibrated(0.5, 0.1, 0.2 * rng.normal(size=999), np.full(999, 0.1), 60, centre=0.0)
    >>> found.p_value < 0.05, round(found.interval.high - 0.5, 1)
    (True, 0.4)
    """
    given, error_given = observed or (value, spread)
    others, errors = np.asarray(shuffled, dtype=np.float64), np.asarray(spreads, dtype=np.float64)
    zero = float(np.append(others, given).mean()) if centre is None and len(others) else centre or 0.0
    # A standard error can be 0 by luck; none is taken as less than a tenth of what is common.
    least = max(0.1 * math.sqrt(float(np.mean(np.append(errors, error_given) ** 2))), _LEAST)
    away = np.abs(others - zero) / np.maximum(errors, least)
    p = share_above(abs(given - zero) / max(error_given, least), away)
    allowed = (
        math.ceil(LEVEL * (1 + len(away)) - 1e-9) - 2
    )  # shuffles that may reach a figure whose p is below the level
    if allowed < 0:
        return Calibrated(p, Interval(-math.inf, math.inf))
    effect, error = value - zero, max(spread, least)
    times = max(float(np.sort(away)[::-1][allowed]), student_quantile(n_clusters))
    low, high = effect - times * error, effect + times * error
    if p >= LEVEL:
        return Calibrated(p, Interval(min(low, 0.0), max(high, 0.0)))
    near = effect / 1000
    return Calibrated(p, Interval(max(low, near), high) if effect > 0 else Interval(low, min(high, near)))


def student_quantile(n_clusters: int) -> float:
    """Return the quantile of Student's t that belongs to 95 % intervals from so many clusters.

    >>> round(student_quantile(20), 2)
    2.09
    """
    from scipy.special import stdtrit  # importing scipy.stats, which wraps it, takes two seconds

    return float(stdtrit(max(n_clusters - 1, 1), 1 - LEVEL / 2))


def student_p(times: float, n_clusters: int) -> float:
    """Return the two-sided p-value of a figure so many standard errors from no effect, by Student's t.

    >>> round(student_p(student_quantile(20), 20), 3)
    0.05
    """
    from scipy.special import stdtr

    return float(2 * stdtr(max(n_clusters - 1, 1), -abs(times)))


_LEAST: Final = 1e-9
"""Standard errors below this are rounding."""


def cluster_error(values: ArrayLike, clusters: ArrayLike) -> float:
    """Return the standard error of the mean of `values` (n,), where those of one cluster belong together.

    >>> round(cluster_error([0.0, 0.0, 1.0, 1.0], [1, 1, 2, 2]), 3)
    0.5
    """
    figures = np.asarray(values, dtype=np.float64)
    code = np.unique(clusters, return_inverse=True)[1]
    sums = np.bincount(code, weights=figures - figures.mean())
    count = len(sums)
    return float(np.sqrt(np.sum(sums**2) * count / max(count - 1, 1)) / len(figures))


def crossed_error(values: ArrayLike, clusters: ArrayLike, models: ArrayLike) -> float:
    """Return the standard error of the mean of `values` (n,), where those of one cluster and those of one model belong together.

    The variances over clusters and over models are added and that over their intersections is taken off. The result is never
    smaller than the larger of the two. Cameron, Gelbach and Miller 2011, "Robust inference with multiway clustering".

    Args:
        values: (n,).
        clusters: (n,) scene or owner.
        models: (n,) camera model.

    >>> round(crossed_error([0.0, 0.0, 1.0, 1.0], [1, 2, 1, 2], ["A", "A", "B", "B"]), 3)
    0.5
    """
    cluster, model = (np.unique(part, return_inverse=True)[1] for part in (clusters, models))
    both = cluster * (int(model.max(initial=0)) + 1) + model
    of_cluster, of_model, of_both = (cluster_error(values, code) ** 2 for code in (cluster, model, both))
    return math.sqrt(max(of_cluster + of_model - of_both, of_cluster, of_model))


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values corrected for being the answers to several questions at once. Holm 1979.

    The probability that any of the questions without an effect gets a corrected p of 5 % or less is at most 5 %, however they
    depend on each other.

    >>> [round(p, 3) for p in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(p_values)), key=lambda at: p_values[at])
    corrected, highest = [0.0] * len(p_values), 0.0
    for rank, at in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[at]))
        corrected[at] = highest
    return corrected
