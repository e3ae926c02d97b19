"""Comparisons by a label that goes with the camera: what was sampled is the camera model.

A thousand photos of six models tell of six models. Tests therefore exchange the labels of whole models, standard errors hold the
draw of the models beside that of scenes and owners, and each model's own figure is kept. Photos of one model are not compared:
otherwise each model's own trace would count as that of its kind.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tracer import stats
from tracer.base.text import counted
from tracer.results.photo_scores import SampledModels

UNSEEN: Final = "unseen-cameras"
"""The setting of figures in which no photo meets another one of its own camera model."""
EXACT_UP_TO: Final = 300
"""Ways of dealing camera models out that are all gone through: those of five and five."""


@dataclass(frozen=True, slots=True, eq=False)
class Cameras:
    """The camera models of some photos.

    Attributes:
        code: (n,) of each photo, from 0.
        names: (models,).
        values: (models,) the commonest label of the model's photos.
    """

    code: NDArray[np.int64]
    names: tuple[str, ...]
    values: tuple[str, ...]

    @property
    def sampled(self) -> SampledModels:
        """The models, and their values as classes."""
        return SampledModels(self.code, np.unique(self.values, return_inverse=True)[1].astype(np.int64))

    def facts(self, figures: NDArray[np.floating[Any]]) -> dict[str, Any]:
        """What the details say of the models: how many a value has, whether a test can tell, and each model's own figure.

        Args:
            figures: (n,) the photos' own, NaN where there is none.
        """
        models = {kind: self.values.count(kind) for kind in sorted(set(self.values))}
        told = stats.can_reach([count for count in models.values() if count > 1])
        measured = np.isfinite(figures)
        own = []
        for at in sorted(range(len(self.names)), key=lambda at: (self.values[at], self.names[at])):
            chosen = measured & (self.code == at)
            if chosen.any():
                value = float(figures[chosen].mean())
                own.append(
                    {"model": self.names[at], "class": self.values[at], "photos": int(chosen.sum()), "value": value}
                )
        needed = "" if told else models_needed(list(models.values()))
        return {"models": models, "told": told, "needed": needed, "model_figures": own}


def cameras_of(labels: NDArray[Any], cameras: NDArray[Any]) -> Cameras:
    """Return the camera models of photos.

    Args:
        labels: (n,) strings that go with the camera.
        cameras: (n,) strings.
    """
    names, code = np.unique(cameras.astype(str), return_inverse=True)
    kinds, value = np.unique(labels.astype(str), return_inverse=True)
    table = np.zeros((len(names), len(kinds)), dtype=np.int64)
    np.add.at(table, (code, value), 1)
    values = tuple(str(kinds[at]) for at in table.argmax(axis=1))
    return Cameras(code.astype(np.int64), tuple(map(str, names)), values)


def models_needed(counts: list[int], kind: tuple[str, str] = ("class", "classes")) -> str:
    """Return, in words, how many camera models would let a test of whole models tell.

    Args:
        counts: models of each class.
        kind: what the classes are called, one and several.
    """
    if len(counts) < 2:
        return f"camera models of two {kind[1]}"
    return (
        f"{counted(stats.models_needed([max(count, 1) for count in counts]), 'camera model')} or more of each {kind[0]}"
    )


@dataclass(frozen=True, slots=True, eq=False)
class Dealt:
    """Labels of photos dealt out anew, for a test.

    Attributes:
        unit: what changes labels.
        observed: (n,) codes of the labels as they are; of a camera model's photos the commonest of them.
        others: the labels (n,) of each other way.
        exact: whether those are all ways.
    """

    unit: stats.Unit
    observed: NDArray[np.int64]
    others: Iterator[NDArray[np.int64]]
    exact: bool


def dealt(
    labels: NDArray[np.int64],
    clusters: NDArray[np.int64],
    models: NDArray[np.int64] | None,
    seed: int,
    shuffles: int,
    scenes: NDArray[np.int64] | None = None,
) -> Dealt:
    """Deal labels out anew: to whole camera models where they are what was sampled, or else as `stats.shuffle_of` does.

    Camera models are dealt out in all ways where there are `EXACT_UP_TO` or fewer.

    Args:
        labels: (n,) codes from 0.
        clusters: (n,) scene or owner.
        models: (n,) camera models of a label that goes with them; None otherwise.
        seed: of the draws.
        shuffles: ways that are drawn.
        scenes: (n,) scenes inside owners, as `stats.shuffle_of` takes them.
    """
    if models is None:
        drawn, rng = stats.shuffle_of(labels, clusters, seed=seed, scenes=scenes), np.random.default_rng(seed)
        return Dealt(drawn.unit, labels, (labels[drawn.draw(rng)] for _ in range(shuffles)), False)
    code = np.unique(models, return_inverse=True)[1]
    table = np.zeros((int(code.max()) + 1, int(labels.max()) + 1), dtype=np.int64)
    np.add.at(table, (code, labels), 1)
    classes = table.argmax(axis=1)
    ways, exact = stats.other_ways(np.unique(classes, return_inverse=True)[1], seed, EXACT_UP_TO, shuffles)
    kinds = np.unique(classes)
    return Dealt(stats.Unit.MODELS, classes[code], (kinds[way][code] for way in ways), exact)


def error(values: ArrayLike, clusters: ArrayLike, models: ArrayLike | None) -> float:
    """Return the standard error of a mean over clusters; where the label goes with the camera, over clusters and models."""
    if models is not None:
        return stats.crossed_error(values, clusters, models)
    return stats.cluster_error(values, clusters)


def mean_interval(values: NDArray[np.floating[Any]], clusters: NDArray[Any], models: NDArray[Any]) -> stats.Interval:
    """Return the 95 % interval of a share of photos, over scenes or owners and camera models, by Student's t.

    Where (nearly) all photos are right, or wrong, it is `stats.share_at_least` so wide. Where every photo is equally right
    otherwise, Wilson's interval for as many trials as there are independent units takes its place.

    Args:
        values: (n,) from 0 to 1.
        clusters: (n,) scene or owner.
        models: (n,) camera model.
    """
    value, units = float(values.mean()), independent(clusters, models)
    half = stats.student_quantile(units) * error(values, clusters, models)
    if half == 0 and 0 < value < 1:
        return stats.wilson(value * units, units)
    return stats.share_at_least(
        stats.Interval(max(value - half, 0.0), min(value + half, 1.0)), values, clusters, models
    )


def independent(clusters: NDArray[Any], models: NDArray[Any] | None) -> int:
    """Return how many independent units an error rests on: the scenes or owners, or the camera models where they are fewer."""
    units = [clusters] if models is None else [clusters, models]
    return min(len(np.unique(unit)) for unit in units)
