"""Intervals of shares of (nearly) 0 or 1, and of differences of (nearly) 0, where hardly a photo differs from the others.

There the variance that photos show says nothing of the variance that there is: of none wrong it is 0, of one wrong it is tiny.
An interval made of it is too narrow, and narrower with one error than with none. So an interval is at least as wide as that of
Wilson for as many independent trials as photos amount to if those of one scene (or of one camera model) have a correlation of
`CORRELATION`. The more photos differ, the more their variance says, and the more trials are allowed. At `ENOUGH` the rule ends.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tracer.stats.intervals import NO_SPREAD, Interval, difference_of_independent, percentile_interval, wilson
from tracer.stats.significance import LEVEL, Calibrated

CORRELATION: Final = 0.25
"""Of photos of one scene, owner or camera model, as long as the photos do not show it."""
ENOUGH: Final = 10.0
"""Where so many of the independent trials differ from the others, the variance that the photos show is trusted."""


def trials(weights: NDArray[np.float64], *units: NDArray[Any]) -> float:
    """Return how many independent trials photos amount to.

    Args:
        weights: (n,) of the photos in a mean; their sum is 1.
        units: (n,) each: the scene or owner of each photo, its camera model.

    >>> round(trials(np.full(140, 1 / 140), np.repeat(np.arange(14), 10)), 1)
    43.1
    """
    alone = float(weights @ weights)
    together = 0.0
    for unit in units:
        sums = np.bincount(np.unique(unit, return_inverse=True)[1], weights=weights)
        together += float(sums @ sums) - alone
    return max(1.0 / (alone + CORRELATION * together), 1.0)


def share_at_least(
    interval: Interval, values: ArrayLike, *units: NDArray[Any], weights: NDArray[np.float64] | None = None
) -> Interval:
    """Return the interval of a share, widened where (nearly) all photos are right, or wrong. It grows with each error.

    Args:
        interval: from the variance of the photos.
        values: (n,) from 0 to 1.
        units: (n,) each: scene or owner, camera model.
        weights: (n,) of the photos in the share; their sum is 1. All alike if None.

    >>> [round(bound, 3) for bound in share_at_least(Interval(1.0, 1.0), np.ones(140), np.repeat(np.arange(14), 10))]
    [0.918, 1.0]
    """
    right = np.asarray(values, dtype=np.float64)
    part = np.full(len(right), 1.0 / len(right)) if weights is None else weights
    share = round(min(max(float(part @ right), 0.0), 1.0), _DIGITS)
    many = _allowed(trials(part, *units), float(part @ (np.abs(right - round(share)) > _ROUNDING)))
    if many is None:
        return interval
    least = wilson(share * many, many)
    return Interval(min(interval.low, least.low), max(interval.high, least.high))


def difference_at_least(interval: Interval, values: ArrayLike, *units: NDArray[Any]) -> Interval:
    """Return the interval of a mean difference, widened where hardly a photo has one.

    It is that of two shares, of the photos that gain and of those that lose (Newcombe 1998).

    Args:
        interval: from the variance of the photos.
        values: (n,) from −1 to 1.
        units: (n,) each: scene or owner, camera model.
    """
    gained = np.asarray(values, dtype=np.float64)
    part = np.full(len(gained), 1.0 / len(gained))
    many = _allowed(trials(part, *units), float(part @ (np.abs(gained) > _ROUNDING)))
    if many is None:
        return interval
    up, down = (round(min(float(part @ np.maximum(side * gained, 0.0)), 1.0), _DIGITS) for side in (1, -1))
    _, low, high = difference_of_independent(up, wilson(up * many, many), down, wilson(down * many, many))
    return Interval(min(interval.low, low), max(interval.high, high))


def resampled_share(values: ArrayLike, draws: ArrayLike, clusters: NDArray[Any]) -> Interval:
    """Return the percentile interval of a share from its bootstrap draws, `share_at_least` so wide.

    Args:
        values: (n,) from 0 to 1.
        draws: (d,) bootstrap means of them.
        clusters: (n,) scene or owner.
    """
    right = np.asarray(values, dtype=np.float64)
    value, many = float(right.mean()), len(np.unique(clusters))
    if float(np.nanvar(np.asarray(draws, dtype=np.float64))) >= NO_SPREAD:
        found = percentile_interval(draws)
    else:
        found = wilson(value * many, many) if 0 < value < 1 else Interval(value, value)
    return share_at_least(found, right, clusters)


def tested_at_least(test: Calibrated, values: ArrayLike, *units: NDArray[Any]) -> Interval:
    """Return the interval of a tested difference, `difference_at_least` so wide; one that leaves out 0 still does.

    Args:
        test: with its interval.
        values: (n,) from −1 to 1. units: (n,) each: scene or owner, camera model.
    """
    low, high = difference_at_least(test.interval, values, *units)
    if test.p_value >= LEVEL:
        return Interval(low, high)
    return Interval(
        test.interval.low if test.interval.low > 0 else low, test.interval.high if test.interval.high < 0 else high
    )


_ROUNDING: Final = 1e-9
_DIGITS: Final = 10  # so that the order of the photos does not matter


def _allowed(many: float, differ: float) -> float | None:
    """The trials that are allowed of so many, if this share of the photos differs; None where the rule ends."""
    left = 1.0 - many * differ / ENOUGH
    return round(many / left, _DIGITS) if left > _ROUNDING else None
