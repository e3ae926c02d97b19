"""The map of the embeddings as an experiment: it has no figures, and shows one encoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracer.base.progress import Work
from tracer.experiments.experiment import Context, Encoders, Experiment, Measurement, Planned, source_of
from tracer.experiments.labels import PHONE, SEMANTIC, LabelledSet
from tracer.experiments.map.colouring import COLOURED, MIN_PHOTOS, NAME, Colouring
from tracer.experiments.outcome import Outcome
from tracer.experiments.settings import Settings
from tracer.results.skips import Skip

WORDS: Final = "map of the embeddings"
SCENE: Final = "scene"


def _plan(labelled: LabelledSet, _settings: Settings) -> Planned:
    if len(labelled) < MIN_PHOTOS:
        why = f"a map needs at least {MIN_PHOTOS} photos, and the set has {len(labelled)}"
        return Planned((), (Skip(WORDS, why, (NAME,)),))
    if not _labels(labelled):
        return Planned((), (Skip(WORDS, "the set has no label of two values to colour it by", (NAME,)),))
    return Planned((Measurement(NAME, WORDS, _measure, encoders=Encoders.ONE),))


def _labels(labelled: LabelledSet) -> list[str]:
    """The labels to colour by: the kind of camera, its model or (where they are many) its maker, and what the photos show."""
    camera = [name for name in ("Model", "Make") if labelled.parts(name)]
    camera.sort(key=lambda name: len(labelled.values(name)) > COLOURED)
    return [name for name in (PHONE, *camera[:1], SEMANTIC) if labelled.parts(name)]


def _measure(context: Context, encoder: str) -> Work[Outcome]:
    from tracer.experiments.map.projection import project

    found, labelled = context.embeddings(encoder), context.labelled
    return (
        yield from context.cached(
            NAME,
            project,
            source_of(context, encoder),
            found.vectors,
            labelled.clusters[found.rows],
            _colourings(labelled, found.rows),
            context.settings.seed,
        )
    )


def _colourings(labelled: LabelledSet, rows: NDArray[np.int64]) -> list[Colouring]:
    """One for each way in which the labels part the photos, and one by scene where scenes have several photos."""
    made: list[Colouring] = []
    for name in _labels(labelled):
        values = labelled.labels[name][rows]
        same = next((at for at, one in enumerate(made) if _parts_alike(one.values, values)), None)
        if same is None:
            made.append(Colouring(name, values))
        else:
            made[same] = Colouring(made[same].attribute, made[same].values, (*made[same].also, name))
    clusters = labelled.clusters[rows]
    if 1 < len(np.unique(clusters)) < len(clusters):
        made.append(Colouring(SCENE, clusters.astype(str).astype(object)))
    return made


def _parts_alike(first: Sequence[Any] | NDArray[Any], second: Sequence[Any] | NDArray[Any]) -> bool:
    """Whether two labels are the same but for the names of their values."""
    pairs = set(zip(first, second, strict=True))
    return len(pairs) == len(set(first)) == len(set(second))


MAP: Final = Experiment(NAME, WORDS, _plan, page_in="tracer.experiments.map.page")
