"""Figures of cameras that a probe never saw: their interval, and the relabellings of a test.

The unit is the camera model. Photos of one model share its trace, so a thousand photos of six models tell of six models.
Functions take a code for each model, and weigh every model of a class alike.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from tracer.stats.ends import share_at_least
from tracer.stats.intervals import NO_SPREAD, Interval, wilson

FEW_MODELS = 6
"""With fewer models in a class the interval is not known to hold; callers warn about it."""
OF_MODELS = 1.25
"""Times the variance between models that the interval takes: once for the tested models, the rest for training on other ones."""
OF_MODELS_PAIRED = 2.0
"""The same for a difference of two probes on the same photos: both are trained on the same draw of models, but what it does to
each of them differs (`python -m benchmarks.compared`)."""
OF_SCENES = 2.0
"""Times the variance between scenes that several models share."""
POOLED_BELOW = 3
"""With fewer models in a class their variance is chance; that of the models of all classes takes its place."""
LEVEL = 0.05
EXACT_UP_TO = 5000
"""Relabellings that are all gone through; of more, `SAMPLED` are drawn."""
SAMPLED = 1999


def of_models(right: NDArray[np.float64], model: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return each model's own figure, the mean of its photos: (models,).

    Args:
        right: (n,) share of the probes that named the photo right.
        model: (n,) codes from 0, each with at least one photo.
    """
    return np.asarray(np.bincount(model, weights=right) / np.bincount(model))


def mean_of_classes(figures: NDArray[np.float64], classes: NDArray[np.int64]) -> float:
    """Return the mean over classes of the mean over their models.

    Args:
        figures: (models,) each model's own.
        classes: (models,) codes from 0.
    """
    return float((np.bincount(classes, weights=figures) / np.bincount(classes)).mean())


def unseen_interval(
    right: NDArray[np.float64],
    model: NDArray[np.int64],
    classes: NDArray[np.int64],
    scene: NDArray[np.int64],
    confidence: float = 0.95,
) -> Interval:
    """Return the interval of balanced accuracy on models that were not trained on, over models and scenes.

    It is a t interval over the models' own figures, by class and then over classes, with the degrees of freedom of Welch (1947)
    and Satterthwaite (1946). Where a class has fewer than `POOLED_BELOW` models, the variance between models is one for all
    classes, with the degrees of freedom of all. A second term holds the scenes that several models share: the variance of their
    sums, after each model's own figure is taken off (two-way clustering as in Cameron, Gelbach and Miller 2011, without
    subtracting the intersection). Both terms are multiplied (`OF_MODELS`, `OF_SCENES`), since the probe would be another one
    after training on other models and scenes. The factors come from simulations (`python -m benchmarks.unseen_cameras`). The
    interval is computed for the logit, which keeps it inside (0, 1) and fits the skew near 1. Where (nearly) all photos are
    named alike, it is `share_at_least` so wide. Where no two figures differ otherwise, Wilson's interval for that many
    independent models takes its place.

    Args:
        right: (n,) share of the probes that named the photo right.
        model: (n,) codes from 0.
        classes: (models,) the class of each model, codes from 0; each class has two models or more.
        scene: (n,) scene or owner.
        confidence: of the interval.
    """
    from scipy.stats import t

    figures, counts = of_models(right, model), np.bincount(classes)
    value, kinds = mean_of_classes(figures, classes), len(counts)
    weight = 1.0 / (kinds * counts[classes[model]] * np.bincount(model)[model])
    own = np.bincount(classes, weights=figures) / counts
    apart = weight * (right - own[classes[model]])
    variance, freedom = crossed_by_class(apart, np.full(kinds, 1.0 / kinds), model, classes, scene)
    if not 0 < value < 1:
        found = Interval(value, value)
    elif variance < NO_SPREAD:
        return wilson(value * len(classes), len(classes), confidence)
    else:
        half = float(t.ppf(0.5 + confidence / 2, freedom)) * math.sqrt(variance) / (value * (1 - value))
        logit = math.log(value / (1 - value))
        found = Interval(_share(logit - half), _share(logit + half))
    return share_at_least(found, right, model, scene, weights=weight)


def unseen_difference(
    gained: NDArray[np.float64],
    model: NDArray[np.int64],
    classes: NDArray[np.int64],
    scene: NDArray[np.int64],
    *,
    trained: bool = False,
) -> Interval:
    """Return the 95 % interval of a mean difference on the same photos of unseen cameras, over models and scenes.

    The variance and its degrees of freedom are those of `unseen_interval`; its factors are those of paired probes, and 1 where
    nothing is trained.

    Args:
        gained: (n,) of the photos.
        model: (n,) codes from 0.
        classes: (models,) codes from 0. Where no class has two models, all count as one class.
        scene: (n,) scene or owner.
        trained: whether it is one of probes, in which classes weigh the same, whatever their photos
            (`photo_scores.parts_of_mean`).
    """
    from scipy.stats import t

    if np.bincount(classes).max() < 2:
        classes = np.zeros_like(classes)
    of, n = classes[model], len(gained)
    photos = np.bincount(of)
    share = np.full(len(photos), 1.0 / len(photos)) if trained else photos / n
    apart = (gained - (np.bincount(of, weights=gained) / photos)[of]) / n
    factors = (OF_MODELS_PAIRED, OF_SCENES) if trained else (1.0, 1.0)
    variance, freedom = crossed_by_class(apart, share, model, classes, scene, factors)
    half = float(t.ppf(0.975, freedom)) * math.sqrt(variance) if variance >= NO_SPREAD else 0.0
    value = float(gained.mean())
    return Interval(value - half, value + half)


def crossed_by_class(
    apart: NDArray[np.float64],
    share: NDArray[np.float64],
    model: NDArray[np.int64],
    classes: NDArray[np.int64],
    scene: NDArray[np.int64],
    factors: tuple[float, float] = (OF_MODELS, OF_SCENES),
) -> tuple[float, float]:
    """Return the variance of a figure over models, by class, and over scenes, and its degrees of freedom (`unseen_interval`).

    Args:
        apart: (n,) what each photo adds to the figure's distance from those of the classes; in each class their sum is 0.
            Photos of one model weigh the same.
        share: (classes,) of each class in the figure; their sum is 1.
        model: (n,) codes from 0. classes: (models,) codes from 0; one has two models or more. scene: (n,).
        factors: of both variances.
    """
    own, counts = np.bincount(model, weights=apart), np.bincount(classes)
    squares = np.bincount(classes, weights=own**2) * counts**2 / share**2
    terms, freedom = share**2 / counts, counts - 1
    if counts.min() < POOLED_BELOW:
        squares, terms = (part.sum(keepdims=True) for part in (squares, terms))
        freedom = freedom.sum(keepdims=True)
    spread = squares / freedom
    terms = factors[0] * terms * spread
    shared, scenes = _between_scenes(apart - (own / np.bincount(model))[model], model, scene)
    shared *= factors[1]
    variance = float(terms.sum()) + shared
    parts = float((terms**2 / freedom).sum()) + shared**2 / max(scenes - 1, 1)
    return variance, variance**2 / parts if parts > 0 else float(freedom.sum())


def _share(logit: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(min(logit, 700.0), -700.0)))


def _between_scenes(
    influence: NDArray[np.float64], model: NDArray[np.int64], scene: NDArray[np.int64]
) -> tuple[float, int]:
    """The variance of a sum over scenes that several models share, and how many such scenes there are."""
    code = np.unique(scene, return_inverse=True)[1]
    held = np.unique(code * (int(model.max()) + 1) + model) // (int(model.max()) + 1)
    shared = np.bincount(held) > 1
    sums, count = np.bincount(code, weights=influence)[shared], int(shared.sum())
    return (float(sums @ sums) * count / (count - 1) if count > 1 else 0.0), count


def relabellings(counts: list[int]) -> int:
    """Return in how many ways models can be dealt out to classes of these sizes so that no two ways mean the same.

    Exchanging the names of two classes of one size changes no statistic that treats classes alike.

    >>> relabellings([3, 3]), relabellings([4, 4]), relabellings([3, 4])
    (10, 35, 35)
    """
    ways, left = 1, sum(counts)
    for count in counts:
        ways, left = ways * math.comb(left, count), left - count
    for size in set(counts):
        ways //= math.factorial(counts.count(size))
    return ways


def can_reach(counts: list[int], level: float = LEVEL) -> bool:
    """Return whether a relabelling test of classes with so many models can give a p-value below the level.

    >>> can_reach([3, 3]), can_reach([4, 4]), can_reach([2, 5])
    (False, True, True)
    """
    return len(counts) > 1 and min(counts) > 1 and 1 / relabellings(counts) < level


def models_needed(counts: list[int], level: float = LEVEL) -> int:
    """Return the smallest number of models in each class, larger classes kept, at which the test can reach the level.

    >>> models_needed([1, 1]), models_needed([3, 9]), models_needed([2, 2, 2])
    (4, 2, 3)
    """
    least = 2
    while not can_reach([max(count, least) for count in counts], level):
        least += 1
    return least


@dataclass(frozen=True, slots=True)
class RelabellingTest:
    """A test of relabelled camera models.

    Attributes:
        p_value: one-sided.
        ways: labellings gone through, the observed one among them.
        exact: whether those were all.
        observed: the statistic of the observed labelling.
        mean: of the statistic over the labellings.
    """

    p_value: float
    ways: int
    exact: bool
    observed: float
    mean: float


def relabelling_test(
    classes: NDArray[np.int64], statistic: Callable[[NDArray[np.int64]], NDArray[np.float64]], seed: int
) -> RelabellingTest:
    """Return the one-sided test that deals the models out to the classes anew.

    Where the label has nothing to do with the models' traces, every way of dealing is as likely as the observed one. The
    statistic is computed for each way as it is for the observed one, training included, so that the test is exact
    (Fisher; Phipson and Smyth 2010 for sampled ways). Ways that differ in the names of classes of one size are one way.

    Args:
        classes: (models,) codes from 0.
        statistic: of (b, models) labellings; (b,), larger means better. It may not know the observed labelling, and treats
            classes alike.
        seed: of the draws.
    """
    observed = float(statistic(classes[None])[0])
    others, exact = other_ways(classes, seed, mirrors=False)
    found = statistic(np.concatenate([classes[None], others]) if exact else others)
    better, many = int((found >= observed - 1e-9).sum()), len(found)
    p, ways = (better / many, many) if exact else ((1 + better) / (1 + many), 1 + many)
    return RelabellingTest(p, ways, exact, observed, float(found.mean()))


def other_ways(
    classes: NDArray[np.int64], seed: int, up_to: int = EXACT_UP_TO, sampled: int = SAMPLED, *, mirrors: bool = True
) -> tuple[NDArray[np.int64], bool]:
    """Return the ways (b, models) of dealing models out to classes beside the observed one, and whether those are all.

    Args:
        classes: (models,) codes from 0, the observed way.
        seed: of the draws.
        up_to: ways that are all gone through.
        sampled: ways that are drawn where there are more.
        mirrors: whether ways that differ only in the names of classes of one size count as several.
    """
    counts = np.bincount(classes).tolist()
    if relabellings(counts) * (_mirrors(counts) if mirrors else 1) > up_to:
        return np.array(list(_drawn_ways(classes, seed, sampled))), False
    table = np.array(list(_all_ways(len(classes), counts, mirrors)))
    same = classes if mirrors else _in_order(classes)
    return table[(table != same).any(axis=1)], True


def _mirrors(counts: list[int]) -> int:
    return math.prod(math.factorial(counts.count(size)) for size in set(counts))


def _in_order(classes: NDArray[np.int64]) -> NDArray[np.int64]:
    """The same way, with the names of classes of one size in the order of their first models."""
    counts, first = np.bincount(classes), np.unique(classes, return_index=True)[1]
    name = np.arange(len(counts))
    for size in np.unique(counts):
        alike = np.flatnonzero(counts == size)
        name[alike[np.argsort(first[alike])]] = alike
    return np.asarray(name[classes])


def _all_ways(models: int, counts: list[int], mirrors: bool) -> Iterator[NDArray[np.int64]]:
    before = [max((at for at in range(code) if counts[at] == size), default=None) for code, size in enumerate(counts)]

    def deal(labels: NDArray[np.int64], code: int) -> Iterator[NDArray[np.int64]]:
        free = np.flatnonzero(labels < 0)
        alike = None if mirrors else before[code]
        if alike is not None and len(free) and free[0] < int(np.argmax(labels == alike)):
            if code == len(counts) - 1:
                return
            free = free[free > int(np.argmax(labels == alike))]
        if code == len(counts) - 1:
            yield np.where(labels < 0, code, labels)
            return
        for chosen in combinations(free.tolist(), counts[code]):
            dealt = labels.copy()
            dealt[list(chosen)] = code
            yield from deal(dealt, code + 1)

    yield from deal(np.full(models, -1, dtype=np.int64), 0)


def _drawn_ways(classes: NDArray[np.int64], seed: int, sampled: int) -> Iterator[NDArray[np.int64]]:
    rng = np.random.default_rng(seed)
    for _ in range(sampled):
        yield rng.permutation(classes)
