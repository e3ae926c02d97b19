"""Confidence intervals: Wilson's for independent trials, and those of bootstrap draws."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray


class Interval(NamedTuple):
    """A confidence interval."""

    low: float
    high: float


class Difference(NamedTuple):
    """A difference of two means with its confidence interval."""

    value: float
    low: float
    high: float


def normal_quantile(confidence: float) -> float:
    """Return z such that a standard normal variable lies within ±z with this probability.

    >>> round(normal_quantile(0.95), 2)
    1.96
    """
    return NormalDist().inv_cdf(0.5 + confidence / 2)


def wilson(successes: float, n: float, confidence: float = 0.95) -> Interval:
    """Return Wilson's score interval of a proportion of independent trials (Wilson 1927).

    Unlike the normal interval it stays inside [0, 1], and it is not empty where all or none of the trials succeed.

    Raises:
        ValueError: there is no trial, or `successes` is not from 0 to n.

    >>> [round(bound, 3) for bound in wilson(80, 100)]
    [0.711, 0.867]
    """
    if n < 1:
        raise ValueError("at least one trial is needed")
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} successes do not fit {n} trials")
    z = normal_quantile(confidence)
    share = successes / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # At 0 and 1 the bound equals the share; rounding must not move it beyond.
    return Interval(min(max(0.0, centre - half), share), max(min(1.0, centre + half), share))


def percentile_interval(draws: ArrayLike, confidence: float = 0.95) -> Interval:
    """Return the interval that holds the central share `confidence` of bootstrap draws.

    NaN draws (of a class that a resampling lacks) are ignored.

    >>> [round(bound, 2) for bound in percentile_interval(np.arange(101) / 100)]
    [0.03, 0.97]
    """
    tail = (1 - confidence) / 2
    low, high = np.nanquantile(np.asarray(draws, dtype=np.float64), [tail, 1 - tail])
    return Interval(float(low), float(high))


def share_interval(value: float, draws: ArrayLike, n_clusters: int, confidence: float = 0.95) -> Interval:
    """Return the percentile interval of a share from its bootstrap draws.

    Where all draws are equal (every prediction is right), that interval would have no width. Wilson's interval for `n_clusters`
    independent trials is returned instead.

    >>> [round(bound, 3) for bound in share_interval(1.0, np.ones(1000), n_clusters=50)]
    [0.929, 1.0]
    """
    if _has_spread(draws):
        return percentile_interval(draws, confidence)
    return wilson(min(max(value, 0.0), 1.0) * n_clusters, n_clusters, confidence)


def difference_interval(value: float, draws: ArrayLike, n_clusters: int, confidence: float = 0.95) -> Interval:
    """Return the percentile interval of a difference of two paired shares (−1 to 1) from its bootstrap draws.

    Where all draws are equal, Wilson's interval for `n_clusters` independent trials is returned instead; where the difference is
    0, with its upper bound on both sides of 0.

    >>> [round(bound, 3) for bound in difference_interval(0.0, np.zeros(1000), n_clusters=50)]
    [-0.071, 0.071]
    """
    if _has_spread(draws):
        return percentile_interval(draws, confidence)
    low, high = wilson(min(abs(value), 1.0) * n_clusters, n_clusters, confidence)
    if value == 0:
        return Interval(-high, high)
    return Interval(low, high) if value > 0 else Interval(-high, -low)


NO_SPREAD = 1e-12
"""Bootstrap variances below this are rounding: everything is equally right."""


def widened_draws(
    draws: ArrayLike, value: ArrayLike, per_repeat: ArrayLike, *, training: ArrayLike = 1.0
) -> NDArray[np.float64]:
    """Bootstrap draws of means over test photos, spread so that they also hold the draw of the training photos.

    A bootstrap over the clusters of the test photos holds the sampling of the test photos alone. What is tested was fitted on
    photos that are drawn from the same population. In simulations of linear probes on 30 to 200 scenes, with weak to strong
    traces, these added about as much variance again: 95 % intervals of the plain bootstrap covered 81 to 92 %, those of
    twice its variance 93 to 98 % (`python -m benchmarks.coverage`). So the draws are spread about the estimate to twice their
    variance, plus the variance between repeats divided by their number.

    Args:
        draws: (d,) or (d, m) bootstrap means of m figures. NaN draws say nothing.
        value: () or (m,) the estimates.
        per_repeat: (repeats,) or (m, repeats) the figure of each repeat. One repeat has no variance between repeats.
        training: () or (m,) variance of the training photos, times that of the test photos; 0 where one training part is given
            and the interval speaks of this fit alone.

    Returns:
        Draws of the same shape. Those without spread stay as they are.
    """
    resampled, estimate, repeats = (np.asarray(given, dtype=np.float64) for given in (draws, value, per_repeat))
    sampling = np.nanvar(resampled, axis=0)
    count = repeats.shape[-1]
    between = np.var(repeats, axis=-1, ddof=1) / count if count > 1 else 0.0
    with np.errstate(invalid="ignore", divide="ignore"):
        widen = np.sqrt(((1.0 + np.asarray(training)) * sampling + between) / sampling)
    return np.asarray(estimate + np.where(sampling > NO_SPREAD, widen, 1.0) * (resampled - estimate))


def repeated_interval(
    value: float, draws: ArrayLike, per_repeat: ArrayLike, n_clusters: int, *, training_drawn: bool = True
) -> Interval:
    """The 95 % interval of a share that was measured several times, inside [0, 1] and around `value`.

    The percentiles of `widened_draws`. Where every cluster is equally right, Wilson's interval for that many independent
    clusters takes the place of a bootstrap without width; where all photos are right, or wrong, it has no width
    (`share_at_least` gives it one).

    Args:
        value: the mean over the repeats.
        draws: (d,) bootstrap means of it. per_repeat: (repeats,).
        n_clusters: clusters of the test photos.
        training_drawn: False where one training part is given and the interval speaks of this fit alone.
    """
    if float(np.nanvar(np.asarray(draws, dtype=np.float64))) < NO_SPREAD:
        return wilson(value * n_clusters, n_clusters) if 0 < value < 1 else Interval(value, value)
    low, high = percentile_interval(widened_draws(draws, value, per_repeat, training=float(training_drawn)))
    return Interval(max(0.0, min(low, value)), min(1.0, max(high, value)))


def _has_spread(draws: ArrayLike) -> bool:
    values = np.asarray(draws, dtype=np.float64)
    return bool(np.nanmax(values) - np.nanmin(values) > 1e-12)


def absolute(interval: Interval) -> Interval:
    """Return the interval of |x| where x lies in `interval`. It starts at 0 where the interval includes 0.

    >>> absolute(Interval(-0.2, 0.1))
    Interval(low=0.0, high=0.2)
    """
    low, high = abs(interval.low), abs(interval.high)
    crosses = interval.low <= 0 <= interval.high
    return Interval(0.0 if crosses else min(low, high), max(low, high))


def difference_of_independent(value_a: float, a: Interval, value_b: float, b: Interval) -> Difference:
    """Return value_a − value_b of two independent estimates, with an interval made of theirs, which may be asymmetric.

    It is the method of variance estimates recovery: Newcombe 1998, Statistics in Medicine 17; Zou and Donner 2008.

    >>> difference = difference_of_independent(0.8, wilson(80, 100), 0.5, wilson(50, 100))
    >>> [round(number, 3) for number in difference]
    [0.3, 0.169, 0.417]
    """
    value = value_a - value_b
    low = value - math.hypot(value_a - a.low, b.high - value_b)
    high = value + math.hypot(a.high - value_a, value_b - b.low)
    return Difference(value, low, high)
