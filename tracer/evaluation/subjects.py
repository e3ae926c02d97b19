"""The questions that `tracer plan` plans for: those of a run's page, those that a set's columns allow, or the usual ones."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracer import stats
from tracer.dataset import open_set
from tracer.dataset.folders import is_run
from tracer.dataset.metadata import find_metadata
from tracer.errors import TooFew
from tracer.evaluation.needed import (
    BETWEEN_MODELS,
    BETWEEN_SCENES,
    DEFAULT,
    DIFFER,
    FIGURE,
    OF_TRAINING,
    RUN,
    SIMILARITY,
    Asked,
    Subject,
    stated_instead,
)
from tracer.experiments.labels import MAIN_LABELS, LabelledSet, labelled_set
from tracer.experiments.shared.cameras import UNSEEN
from tracer.report.answers import questions
from tracer.report.main_figures import MainFigure, main_figure, main_figures, scores_of, widest
from tracer.results import words
from tracer.results.runs import Run, load_run

_USUAL: Final = stats.Layout(kinds=2, models=6, scenes=10, photos=1, together=2, own=1, uneven=1, shared=1)
"""Without a set: each scene is photographed by one camera of each class, once."""
_SCENES: Final = 60
_MOST: Final = 10**6
_KNOWN: Final = ", known cameras"
_ALL_ONE: Final = "every photo is named alike in this run, so it has no variance to take"
_ONE_ANSWER: Final = "the probe of this run gives almost every photo one answer, so its variances say nothing"


def subjects(place: Path | None, asked: Asked) -> list[Subject]:
    """Return the questions with their designs as they are now, with what is stated in place of their own.

    Args:
        place: a data set folder or a run folder; None where there is neither yet.
        asked: what is stated.

    Raises:
        NoFolder, DataSetError: it is neither.
        TooFew: it holds nothing that could be planned.
    """
    if place is None:
        found = _usual()
    elif _is_run(folder := place.expanduser().resolve()):
        found = of_run(load_run(folder))
    else:
        found = of_set(labelled_set(open_set(place)))
    return [stated_instead(subject, asked) for subject in found]


def questions_of_page(place: Path | None) -> int | None:
    """Return how many answers of a run's page are corrected together; None for another place, and where there is no answer."""
    if place is None or not _is_run(folder := place.expanduser().resolve()):
        return None
    run = load_run(folder)
    return questions(run.rows, run.details) or None


def _is_run(folder: Path) -> bool:
    """Whether a folder is a run, of this version or of another one."""
    return is_run(folder) or ((folder / "results.json").is_file() and not find_metadata(folder))


def of_run(run: Run) -> list[Subject]:
    """Return the questions of a run's page, and similarity, each with the variances that the run measured."""
    of_page = main_figures(run)
    figures = list(of_page)
    plain = [r for r in run.rows if r.processing == "IDENTITY" and not r.mask_ratio]
    rows = [r for r in plain if r.experiment == "similarity" and r.setting == "class=same"]
    label = next(iter(words.camera_labels({r.attribute for r in rows})), None)
    encoders = [r for r in rows if r.attribute == label and not words.is_baseline(r.encoder)]
    if encoders:
        similar = main_figure(f"Similarity, by {words.title(str(label))}", widest(encoders), run.details, {})
        figures += [similar] if similar is not None else []
    known = [_known_beside(one, run) for one in figures if isinstance(one.design, stats.CameraDesign)]
    untold = _untold(run, {one.about for one in of_page})
    if not figures and not untold:
        raise TooFew(
            "This run kept nothing to plan by",
            "its main figures have no intervals, or it was made by an earlier version",
            "Evaluate the set again with `tracer evaluate SET -o RUN`, or plan from the set: `tracer plan SET`.",
        )
    main = {id(one) for one in of_page}
    beside = [replace(_of_figure(one), main=False) for one in known if one is not None]
    return [*untold, *(replace(_of_figure(one), main=id(one) in main) for one in figures), *beside]


def _untold(run: Run, planned: set[str]) -> list[Subject]:
    """The labels of which the set could not tell anything on unseen cameras, with their camera models."""
    found: dict[str, Subject] = {}
    for detail in run.details:
        label, models = str(detail.get("attribute") or ""), detail.get("models")
        about = words.title(label)
        if detail.get("setting") == UNSEEN and detail.get("told") is False and isinstance(models, Mapping):
            counts = {
                str(kind): count for kind, count in models.items() if isinstance(count, int) and 0 <= count < _MOST
            }
            if len(counts) > 1 and about not in planned:
                at_least = max(len(counts) / sum(1 / max(count, 1) for count in counts.values()), 1.0)
                layout = replace(_USUAL, kinds=len(counts), models=at_least, together=len(counts))
                note = "this set cannot tell: it has too few camera models; scenes and photos are usual numbers"
                found[label] = _cameras(f"{about}, unseen cameras", _in_words(label, counts), layout, (note,))
    return list(found.values())


def _known_beside(found: MainFigure, run: Run) -> MainFigure | None:
    """The figure on known cameras beside that on unseen ones."""
    same = [
        r for r in run.rows
        if (r.encoder, r.attribute, r.processing, r.mask_ratio, r.experiment, r.metric)
        == (found.row.encoder, found.row.attribute, found.row.processing, found.row.mask_ratio, "probe", found.row.metric)
        and r.setting == "acquisition"
    ]  # fmt: skip
    return main_figure(found.about + _KNOWN, same[0], run.details, scores_of(run, same)) if same else None


def _of_figure(found: MainFigure) -> Subject:
    notes = tuple(f"the variance between {name} came out below 0 and is taken as 0" for name in found.clipped)
    if found.row.mask_ratio:
        notes = (f"with {words.percent(found.row.mask_ratio)} of the picture hidden", *notes)
    unit = "pairs" if found.row.experiment == "retrieval" else "scenes or owners"
    if not isinstance(found.design, stats.CameraDesign):
        known = found.row.setting == "acquisition" and not found.about.endswith(_KNOWN)
        about, sources = found.about + (_KNOWN if known else ""), {"scenes": RUN, "photos": RUN}
        if found.one_answer:
            clusters = np.arange(round(found.design.scenes * found.design.photos)) % round(found.design.scenes)
            kinds = round(1 / found.row.chance) if found.row.chance else 2
            return replace(_known(about, clusters, kinds), encoder=found.row.encoder, notes=(*notes, _ONE_ANSWER))
        return Subject(about, found.row.encoder, found.design, unit, {}, found.single, sources, notes)
    question = f"{found.about}, unseen cameras"
    models = _in_words(found.row.attribute, found.models)
    if found.design.flat or found.one_answer:
        why = _ALL_ONE if found.design.flat else _ONE_ANSWER
        return _cameras(question, models, found.design.layout, (why,), found.row.encoder)
    sources = dict.fromkeys(("models", "scenes", "photos"), RUN)
    return Subject(question, found.row.encoder, found.design, unit, models, found.single, sources, notes)


def of_set(labelled: LabelledSet) -> list[Subject]:
    """Return the questions that a set's columns allow, with its numbers and default variances."""
    labels = words.camera_labels({name for name in MAIN_LABELS if labelled.parts(name)})
    found = []
    for label in labels:
        title = words.title(label)
        cameras = _cameras_of_set(labelled, label) if labelled.goes_with_camera(label) else None
        found += [cameras] if cameras is not None else []
        known = np.array([value is not None for value in labelled.labels[label]], dtype=bool)
        beside, kinds = cameras is not None, len(labelled.values(label))
        found.append(
            replace(
                _known(title + _KNOWN, labelled.clusters[known], kinds),
                main=not beside,
            )
        )
    if labels and not labelled.one_class():
        title = words.title(labels[0])
        known = np.array([value is not None for value in labelled.labels[labels[0]]], dtype=bool)
        found += [
            _differences(f"Neighbours, by {title}", labelled.clusters[known]),
            _similar(title, labelled.clusters[known]),
        ]
    if pairs := len(labelled.pairs.whole()):
        found.append(_pairs(pairs))
    if not found:
        raise TooFew(
            "There is nothing to plan for in this set",
            "no camera label of it has two values",
            "Make a labelled set with curate, or plan without one: `tracer plan --models 6 --scenes 60`.",
        )
    return found


def _usual() -> list[Subject]:
    """The questions of a set that is only thought of."""
    return [
        _cameras("Phone or camera, unseen cameras", {"camera": 6, "phone": 6}, _USUAL),
        replace(_known("Phone or camera" + _KNOWN, np.repeat(np.arange(_SCENES), 2)), main=False),
        _differences("Neighbours, by Phone or camera", np.repeat(np.arange(_SCENES), 2)),
        _similar("Phone or camera", np.repeat(np.arange(_SCENES), 2)),
        _pairs(_SCENES),
    ]


def _cameras_of_set(labelled: LabelledSet, label: str) -> Subject | None:
    """Unseen cameras, with the models and scenes of the set; None where the models are of one class."""
    values = labelled.labels[label]
    rows = np.flatnonzero(
        [value is not None and camera is not None for value, camera in zip(values, labelled.cameras, strict=True)]
    )
    kinds, value = np.unique(values[rows].astype(str), return_inverse=True)
    model = np.unique(labelled.cameras[rows].astype(str), return_inverse=True)[1]
    table = np.zeros((int(model.max()) + 1, len(kinds)), dtype=np.int64)
    np.add.at(table, (model, value), 1)
    classes = table.argmax(axis=1)
    held = np.unique(classes, return_inverse=True)[1]
    if int(held.max()) < 1:
        return None
    counts = dict(zip((str(kinds[code]) for code in np.unique(classes)), np.bincount(held).tolist(), strict=True))
    layout = stats.layout_of(model, held, labelled.clusters[rows])
    return _cameras(f"{words.title(label)}, unseen cameras", _in_words(label, counts), layout)


def _in_words(label: str, models: Mapping[str, int]) -> dict[str, int]:
    """Camera models by the names of the label's values; those that share a name stay apart."""
    named = {words.class_name(label, kind): count for kind, count in models.items()}
    return named if len(named) == len(models) else dict(models)


def _cameras(
    question: str, counts: Mapping[str, int], layout: stats.Layout, notes: Sequence[str] = (), encoder: str = ""
) -> Subject:
    models, scenes = BETWEEN_MODELS**2, BETWEEN_SCENES**2
    parts = stats.Crossed(models, scenes, 0.0, FIGURE * (1 - FIGURE) - models - scenes)
    return Subject(
        question, encoder, stats.CameraDesign(layout, parts, FIGURE), "scenes or owners", counts, False,
        dict.fromkeys(("models", "scenes", "photos"), DEFAULT), tuple(notes),
    )  # fmt: skip


def _in_scenes(
    question: str, clusters: NDArray[np.int64], variance: float, between: float, factor: float = 1.0
) -> Subject:
    """A mean over photos of scenes, with a default variance of single photos in all, and between scenes."""
    shape = stats.nested_components(np.zeros(len(clusters)), clusters)
    within = max(variance - between, 0.0)
    error = math.sqrt(factor * (between + within / shape.photos) / max(shape.clusters, 1))
    half = error * stats.student_quantile(shape.clusters)
    design = stats.SceneDesign(half, between, within, shape.clusters, shape.photos)
    return Subject(question, "", design, sources={"scenes": DEFAULT, "photos": DEFAULT})


def _known(question: str, clusters: NDArray[np.int64], kinds: int = 2) -> Subject:
    made = _in_scenes(question, clusters, FIGURE * (1 - FIGURE), BETWEEN_SCENES**2, OF_TRAINING)
    design = made.design
    if isinstance(design, stats.SceneDesign):
        made = replace(made, design=replace(design, figure=FIGURE, chance=1 / kinds))
    return made


def _differences(question: str, clusters: NDArray[np.int64]) -> Subject:
    return _in_scenes(question, clusters, DIFFER, BETWEEN_SCENES**2)


def _pairs(number: int) -> Subject:
    return replace(_differences("Pairs", np.arange(number)), unit="pairs", single=True)


def _similar(title: str, clusters: NDArray[np.int64]) -> Subject:
    made = _in_scenes(f"Similarity, by {title}", clusters, SIMILARITY**2, SIMILARITY**2)
    return replace(made, single=True, main=False)
