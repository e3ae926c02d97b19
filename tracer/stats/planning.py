"""How wide an interval will be, and how likely an effect is shown, with other numbers of camera models, scenes and photos.

A design is what a set looks like, with the variance components of its figure. Its methods say what the functions that make
intervals and tests would give on average for a set like it. They are checked by simulation (`python -m benchmarks.plan`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from tracer.stats.components import Crossed
from tracer.stats.models import OF_MODELS, OF_SCENES, can_reach

MOST = 100_000
"""Larger numbers are not looked for: nobody photographs so many."""
IN_TEST = 1.6
"""Times the variances that give the power of the relabelling test, since its classifier is trained on other cameras each time.
From simulations (`python -m benchmarks.plan`)."""
_FEWEST = 1e-9
_MOST_LOGIT = 300.0


@dataclass(frozen=True, slots=True)
class Layout:
    """How camera models and scenes of a set meet.

    Attributes:
        kinds: classes.
        models: of a class (harmonic mean over the classes).
        scenes: that each model photographs.
        photos: of a model in each of its scenes.
        together: models that photograph the same scene, on average.
        own: how far models of one class have scenes of their own: 0 where all have all, 1 where no two share one (more where
            a model has most photos in few of its scenes).
        uneven: how far models differ in photos: mean photos times mean of their inverse, 1 where all have as many.
        shared: share of the photos in scenes that several models photograph.
    """

    kinds: int
    models: float
    scenes: float
    photos: float
    together: float
    own: float
    uneven: float
    shared: float

    @property
    def crossed(self) -> bool:
        """Whether most scenes are photographed by most models, so that more models do not mean more scenes."""
        return self.together >= self.kinds * self.models / 2

    @property
    def all_scenes(self) -> float:
        """Scenes of the whole set."""
        if self.crossed:
            return max(self.scenes, 1.0)
        return max(self.kinds * self.models * self.scenes / max(self.together, 1.0), 1.0)

    @property
    def all_photos(self) -> int:
        """Photos of the whole set."""
        return math.ceil(self.kinds * self.models * self.scenes * self.photos - _FEWEST)

    def of(self, models: float | None = None, scenes: float | None = None, photos: float | None = None) -> Layout:
        """The same with other numbers; what is None stays. Where all models share their scenes, new ones share them too."""
        many = self.models if models is None else models
        together = self.together * many / self.models if self.crossed else self.together
        return replace(
            self, models=many, together=together, scenes=self.scenes if scenes is None else scenes,
            photos=self.photos if photos is None else photos,
        )  # fmt: skip


def layout_of(model: NDArray[np.int64], classes: NDArray[np.int64], scene: NDArray[np.int64]) -> Layout:
    """Read the layout off the photos of a set.

    Args:
        model: (n,) codes from 0. classes: (models,) codes from 0. scene: (n,) scene or owner.
    """
    place = np.unique(scene, return_inverse=True)[1]
    models, width, counts = len(classes), int(place.max()) + 1, np.bincount(classes)
    cell, count = np.unique(model * width + place, return_counts=True)
    row, column = cell // width, cell % width
    share = count / np.bincount(model)[row]
    apart = []
    for kind, number in enumerate(counts):
        held = classes[row] == kind
        sums = np.bincount(column[held], weights=share[held], minlength=width)
        if number > 1:
            apart.append(float(number * (share[held] ** 2).sum() - (sums**2).sum()) / (number * (number - 1)))
    size = np.bincount(model)
    held_by = np.bincount(column, minlength=width)
    return Layout(
        kinds=len(counts),
        models=float(len(counts) / np.sum(1.0 / counts)),
        scenes=len(cell) / models,
        photos=len(model) / len(cell),
        together=len(cell) / width,
        own=max(float(np.mean(apart)), 0.0) * len(cell) / models if apart else 0.0,
        uneven=float(size.mean() * (1.0 / size).mean()),
        shared=float((held_by[place] > 1).mean()),
    )


@dataclass(frozen=True, slots=True)
class CameraDesign:
    """A figure on camera models that were not trained on.

    Attributes:
        layout: of the set.
        parts: variance components of the share of photos named right.
        figure: the balanced accuracy, between 0 and 1.
        times: how many times as wide the interval was that was measured with this design; 1 where none was.
    """

    layout: Layout
    parts: Crossed
    figure: float
    times: float = 1.0

    @property
    def flat(self) -> bool:
        """Whether there is nothing to plan by: no two photos are named differently, or all are named right or wrong."""
        parts = self.parts
        return not 0 < self.figure < 1 or parts.models + parts.scenes + parts.photos < _FEWEST

    def half_width(self, confidence: float = 0.95) -> float:
        """Half of the width of `unseen_interval`, in the mean of many such sets (to first order), times `times`."""
        from scipy.stats import t

        variance, freedom = self._variance()
        slope = self.figure * (1 - self.figure)
        half = min(float(t.ppf(0.5 + confidence / 2, freedom)) * math.sqrt(variance) / slope, _MOST_LOGIT)
        logit = math.log(self.figure / (1 - self.figure))
        low, high = (1 / (1 + math.exp(-(logit + side * half))) for side in (-1, 1))
        return self.times * (high - low) / 2

    def measured(self, half: float) -> CameraDesign:
        """The same, with half of the width of the interval that was measured with it."""
        expected = replace(self, times=1.0).half_width()
        return replace(self, times=half / expected) if expected > _FEWEST and half > 0 else self

    def power(self, effect: float, level: float = 0.05, training: float = IN_TEST) -> float:
        """The probability that relabelling whole models shows an effect (p below the level).

        It is that of a one-sided t-test over models, which relabelling comes close to: the figure is spread by models, scenes and
        photos, and held against the spread between models. Variances are scaled to the figure that the effect means, as
        those of shares are: by p (1 − p). It is 0 where no relabelling of so many models can reach the level,
        and where no figure can lie so far above guessing.

        Args:
            effect: balanced accuracy above 1 / classes.
            level: of the test.
            training: times the variances; 1 where nothing is trained.
        """
        from scipy.stats import nct, t

        it, figure = self.layout, 1 / self.layout.kinds + effect
        if figure >= 1 or not can_reach([round(it.models)] * it.kinds, level):
            return 0.0
        parts = scaled(self.parts, figure * (1 - figure) / (self.figure * (1 - self.figure)))
        noise = it.uneven * parts.photos / (it.scenes * it.photos)
        many, freedom = it.kinds * it.models, max(it.kinds * (it.models - 1), _FEWEST)
        spread = max(parts.models + it.own * parts.scenes / it.scenes + noise, _FEWEST) / many
        alone = parts.models + (1 - it.shared) * it.own * parts.scenes / it.scenes + noise
        drawn = max(alone / many + it.shared * self._of_scene(parts) / it.all_scenes, _FEWEST)
        times = math.sqrt(spread / drawn)
        away, needed = effect / math.sqrt(training * drawn), times * float(t.ppf(1 - level, freedom))
        found = float(nct.sf(needed, freedom, away))
        return found if math.isfinite(found) else NormalDist().cdf(away - needed)

    def _variance(self) -> tuple[float, float]:
        """The variance that `unseen_interval` has on average, and its degrees of freedom."""
        it, parts = self.layout, self.parts
        cell = it.scenes * it.photos
        noise = it.uneven * parts.photos / cell
        figures = parts.models + it.own * parts.scenes / it.scenes + noise
        between = OF_MODELS * figures / (it.models * it.kinds)
        of_scene = self._of_scene(parts)
        in_scenes = of_scene / it.all_scenes + noise / (it.kinds * it.models)
        among = OF_SCENES * it.shared * max(in_scenes, 0.0)
        variance = max(between + among, _FEWEST)
        own = max(it.kinds * (it.models - 1), _FEWEST)
        of_parts = between**2 / own + among**2 / max(it.all_scenes - 1, 1.0)
        return variance, variance**2 / max(of_parts, _FEWEST**2)

    def _of_scene(self, parts: Crossed) -> float:
        """The variance between shared scenes of the mean over the classes."""
        kinds = self.layout.kinds
        both = (parts.scenes + (kinds - 1) * parts.classes) / kinds
        return max(both, 0.0) if parts.apart else both  # otherwise the rest of it stands in `photos`


def scaled(parts: Crossed, times: float) -> Crossed:
    """Components times a factor."""
    return replace(
        parts, models=parts.models * times, scenes=parts.scenes * times, classes=parts.classes * times,
        photos=parts.photos * times,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class SceneDesign:
    """A figure that is a mean over photos (or queries) of scenes or owners, or a difference of two such means.

    Attributes:
        half: of the interval's width as it was measured with this design.
        between, within: variance between scenes, and of photos of one scene. The interval grows with their sum's root.
        scenes: number of scenes, owners or pairs. photos: of a scene.
        figure: the share that the interval belongs to; None for a difference. chance: what guessing reaches.
    """

    half: float
    between: float
    within: float
    scenes: float
    photos: float
    figure: float | None = None
    chance: float = 0.0

    def of(self, scenes: float | None = None, photos: float | None = None) -> SceneDesign:
        """The same with other numbers; what is None stays. The interval changes with them."""
        many, each = scenes or self.scenes, photos or self.photos
        here, there = (
            math.sqrt(max(self.between + self.within / of_scene, _FEWEST) / number) * _student(number)
            for number, of_scene in ((self.scenes, self.photos), (many, each))
        )
        return replace(self, half=self.half * there / here, scenes=many, photos=each)

    def with_variances(self, between: float, within: float) -> SceneDesign:
        """The same with other variances; the interval changes with them."""
        here, there = self.between + self.within / self.photos, between + within / self.photos
        times = math.sqrt(max(there, _FEWEST) / max(here, _FEWEST))
        return replace(self, half=self.half * times, between=between, within=within)

    def at(self, figure: float) -> SceneDesign:
        """The same at another figure: variances of shares are as p (1 − p). A difference stays as it is."""
        if self.figure is None:
            return self
        times = math.sqrt(figure * (1 - figure) / max(self.figure * (1 - self.figure), 0.01))
        return replace(self, half=self.half * times, figure=figure)

    def half_width(self) -> float:
        """Half of the interval's width."""
        return self.half

    def power(self, effect: float, level: float = 0.05) -> float:
        """The probability that an effect is shown: that it lies further from none than the interval (of 1 − level) reaches."""
        if self.figure is not None and self.chance + effect >= 1:
            return 0.0
        at_effect = self.at(self.chance + effect)
        error = max(at_effect.half / _student(self.scenes), _FEWEST)
        return NormalDist().cdf(effect / error - _student(self.scenes, level))


def _student(scenes: float, level: float = 0.05) -> float:
    from scipy.stats import t

    return float(t.ppf(1 - level / 2, max(scenes - 1, 1.0)))


def least(enough: Callable[[int], bool], start: int, most: int = MOST) -> int | None:
    """Return the smallest number from `start` on that is enough; None where `most` is not.

    Args:
        enough: whether a number is; where one is, larger ones are.

    >>> least(lambda number: number * number > 50, 1)
    8
    """
    if enough(start):
        return start
    low, high = start, start
    while not enough(high):
        if high >= most:
            return None
        low, high = high, min(2 * high, most)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
