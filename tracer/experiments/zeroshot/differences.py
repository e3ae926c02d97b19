"""Tests and intervals of the difference of rates: over scenes and owners, and over camera models.

Names are given photo by photo, by prompts that know nothing of the set. Two photos depend on each other only where they share a
scene, an owner or a camera.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracer import stats
from tracer.experiments.zeroshot.effects import Codes, Effects, Fit, Floats, effects, table

SHUFFLES: Final = 999
FEWEST: Final = 199
WORK: Final = 3e7
"""Labels that are moved in all shuffles together; larger sets get fewer shuffles."""
_AT_ONCE: Final = 1e7
"""Cells of tables that are held at once."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How far the rates of a label's values differ.

    Attributes:
        value: the size of the difference (see `of_scenes`). interval: of 95 %.
        signed: with two values the second's rate minus the first's; None with more.
        signed_interval: of it.
        p_value: of the test. permutations: labellings that it went through.
        shuffled: what changed labels, in words.
        of_shuffles: the size that shuffled labels give; None with two values.
    """

    value: float
    interval: stats.Interval
    signed: float | None
    signed_interval: stats.Interval | None
    p_value: float
    permutations: int
    shuffled: str
    of_shuffles: float | None = None


def of_scenes(
    right: Floats, label: Codes, classes: Codes, clusters: Codes, seed: int, scenes: Codes | None = None
) -> Difference:
    """Compare the photos of a set, where scenes and owners are what is drawn. It speaks of the cameras of the set.

    With two values: the difference of the effects, with a studentized permutation test and the interval that goes with it
    (`stats.calibrated`). With more: the root of the mean squared difference of two photos that differ in the label
    (`Effects.square`), after the mean of the shuffles is taken off the square; a permutation test; and an interval that inverts a
    non-central χ² with the mean and variance of the shuffles (`stats.bounds_above_chance`).

    Args:
        right: (n,) 0 or 1. label, classes, clusters: (n,) codes; the values are `linked`.
        seed: of the shuffles.
        scenes: (n,) scenes inside owners, as `stats.shuffle_of` takes them.
    """
    weight = np.ones(len(right))
    fit = Fit.of(right, label, classes, weight)
    shuffle, rng = stats.shuffle_of(label, clusters, seed=seed, scenes=scenes), np.random.default_rng(seed)
    draws = int(np.clip(WORK / len(right), FEWEST, SHUFFLES))
    if fit.size[0] > 2:
        found = np.array(
            [float(_of_labels(right, label[shuffle.draw(rng)], classes, fit.size).square) for _ in range(draws)]
        )
        p = stats.share_above(float(fit.effects.square), found)
        variance = _variance(fit.influence_on_square(), clusters)
        return _of_square(float(fit.effects.square), found, variance, p, draws, str(shuffle.unit))
    error = math.sqrt(_variance(fit.influence_on_difference(), clusters))
    pairs = np.empty((draws, 2))
    for draw in range(draws):
        moved = Fit.of(right, label[shuffle.draw(rng)], classes, weight)
        pairs[draw] = moved.difference, math.sqrt(_variance(moved.influence_on_difference(), clusters))
    groups = len(np.unique(clusters))
    test = stats.calibrated(fit.difference, error, pairs[:, 0], pairs[:, 1], groups, centre=0.0)
    interval = test.interval if error > _NO_ERROR else stats.difference_interval(fit.difference, np.zeros(2), groups)
    return _of_two(fit.difference, interval, test.p_value, draws, str(shuffle.unit))


def of_cameras(right: Floats, label: Codes, classes: Codes, model: Codes, clusters: Codes, seed: int) -> Difference:
    """Compare kinds of camera, where camera models are what is drawn. It speaks of models like those of the set.

    Each model counts the same: a photo weighs 1 / (photos of its model). The test deals the models out to the values anew
    (`stats.relabelling_test`); its statistic is the mean squared difference. With two values the interval is a t interval over
    models, by value, with the degrees of freedom of Welch and Satterthwaite; the variance of scenes that several models share is
    added (two-way clustering: Cameron, Gelbach and Miller 2011). With more values the interval is that of `of_scenes`, of
    relabelled models. Where the test does not reject, the interval includes no difference.

    Args:
        right: (n,) 0 or 1. label, classes, clusters: (n,) codes; the values are `linked`.
        model: (n,) codes from 0, each with one label; each label has two models or more.
        seed: of the relabellings, where not all are gone through.
    """
    weight = 1.0 / np.bincount(model)[model]
    fit = Fit.of(right, label, classes, weight)
    kinds = np.zeros(int(model.max()) + 1, dtype=np.int64)
    kinds[model] = label
    shape = (len(kinds), fit.size[1])
    of_model = table(weight, model, classes, shape), table(weight * right, model, classes, shape)
    seen: list[Floats] = []

    def statistic(ways: Codes) -> Floats:
        seen.append(_of_ways(ways, of_model, fit.size[0]))
        return seen[-1]

    test = stats.relabelling_test(kinds, statistic, seed)
    p, count, exact = test.p_value, test.ways, test.exact
    two = fit.size[0] == 2
    influence = fit.influence_on_difference() if two else fit.influence_on_square()
    own = np.bincount(model, weights=influence)
    shared, scenes = _between_scenes(influence - own[model] * weight, model, clusters)
    shuffled = "whole camera models" if exact else "whole camera models, drawn"
    if not two:
        variance = float(own @ own) * len(own) / (len(own) - 1) + shared
        return _of_square(float(fit.effects.square), seen[-1], variance, p, count, shuffled)
    number = np.bincount(kinds)
    terms = np.bincount(kinds, weights=own**2) * number / (number - 1)
    interval = _welch(fit.difference, terms, number - 1, (shared, scenes), len(own))
    if p >= stats.LEVEL:
        interval = stats.Interval(min(interval.low, 0.0), max(interval.high, 0.0))
    return _of_two(fit.difference, interval, p, count, shuffled)


_NO_ERROR: Final = 1e-9
"""Standard errors below this are rounding: everything is equally right."""


def _variance(influence: Floats, clusters: Codes) -> float:
    """The variance of a sum of influences, where those of a cluster belong together."""
    sums = np.bincount(clusters, weights=influence)
    count = len(sums)
    return float(sums @ sums) * count / max(count - 1, 1)


def _between_scenes(influence: Floats, model: Codes, scene: Codes) -> tuple[float, int]:
    """The variance of a sum over scenes that several models share, without that of single models in them; and their number."""
    models = int(model.max()) + 1
    cell, at = np.unique(scene * models + model, return_inverse=True)
    of = np.unique(cell // models, return_inverse=True)[1]
    sums = np.bincount(at, weights=influence)
    shared = np.bincount(of) > 1
    count = int(shared.sum())
    both = np.bincount(of, weights=sums)[shared]
    alone = sums[shared[of]]
    return (max(float(both @ both - alone @ alone), 0.0) * count / (count - 1) if count > 1 else 0.0), count


def _of_labels(right: Floats, label: Codes, classes: Codes, size: tuple[int, int]) -> Effects:
    return effects(table(np.ones(len(right)), label, classes, size), table(right, label, classes, size))


def _of_ways(ways: Codes, of_model: tuple[Floats, Floats], values: int) -> Floats:
    """The mean squared difference (b,) under each labelling (b, models)."""
    step = max(1, int(_AT_ONCE / (values * of_model[0].shape[1])))
    found = []
    for start in range(0, len(ways), step):
        member = (ways[start : start + step, None] == np.arange(values)[:, None]).astype(np.float64)
        found.append(effects(member @ of_model[0], member @ of_model[1]).square)
    return np.concatenate(found)


def _welch(
    value: float, terms: Floats, freedom: NDArray[np.int64], shared: tuple[float, int], models: int
) -> stats.Interval:
    """The t interval of a difference whose variance is the sum of `terms`, by value, and of that between shared scenes."""
    from scipy.stats import t

    variance = float(terms.sum()) + shared[0]
    if variance < _NO_ERROR**2:
        return stats.difference_interval(value, np.zeros(2), models)
    parts = float((terms**2 / freedom).sum()) + shared[0] ** 2 / max(shared[1] - 1, 1)
    half = float(t.ppf(1 - stats.LEVEL / 2, variance**2 / parts)) * math.sqrt(variance)
    return stats.Interval(value - half, value + half)


def _of_two(value: float, interval: stats.Interval, p: float, count: int, shuffled: str) -> Difference:
    low, high = (min(max(bound, -1.0), 1.0) for bound in interval)
    signed = stats.Interval(min(low, value), max(high, value))
    return Difference(abs(value), stats.absolute(signed), value, signed, p, count, shuffled)


def _of_square(square: float, shuffled: Floats, variance: float, p: float, count: int, unit: str) -> Difference:
    """The root of what is left of a mean squared difference when that of the shuffles is taken off."""
    mean = float(shuffled.mean())
    value = math.sqrt(max(square - mean, 0.0))
    low, high = stats.bounds_above_chance(square, mean, float(shuffled.var()), variance)
    low, high = (math.sqrt(min(max(bound, 0.0), 1.0)) for bound in (low, high))
    low = 0.0 if p >= stats.LEVEL else max(low, value / 1000)
    interval = stats.Interval(min(low, value), max(high, value))
    return Difference(value, interval, None, None, p, count, unit, math.sqrt(max(mean, 0.0)))
