"""Mitigation as an experiment: labels and processings are taken out of embeddings, and what is left is measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

import numpy as np

from tracer.base.progress import Work
from tracer.errors import TooFew
from tracer.experiments.experiment import (
    Context,
    Encoders,
    Experiment,
    Measurement,
    Planned,
    labelled_photos,
    source_of,
)
from tracer.experiments.labels import FILE_LABELS, FURTHER_LABELS, MAIN_LABELS, PHONE, SEMANTIC, LabelledSet
from tracer.experiments.outcome import Outcome
from tracer.experiments.photos import LabelledPhotos, Pairs
from tracer.experiments.settings import Method, Settings
from tracer.experiments.shared.processings import classed_views, group_name, processing_groups
from tracer.experiments.shared.traces import TRACES
from tracer.results.skips import Skip

NAME: Final = "mitigation"


def _plan(labelled: LabelledSet, settings: Settings) -> Planned:
    """Nobody would clean a baseline, and further labels take long: an evaluation leaves both to `tracer mitigate`."""
    attributes, skipped = _attributes(labelled, settings.attributes)
    if not settings.alone and attributes and Method.LAYER not in settings.methods:
        why = "it has to be trained; `tracer mitigate SET -o RUN --method layer` does it"
        skipped.append(Skip("mitigation by the adversarial layer", why, (NAME,)))
    encoders = Encoders.EVERY if settings.alone else Encoders.TRAINED
    of_labels = [
        Measurement(NAME, f"mitigation of {name}", partial(_of_label, attribute=name), name, encoders=encoders)
        for name in attributes
        if settings.alone or name in TRACES
    ]
    of_processings = [
        Measurement(
            NAME, f"mitigation of {words}", partial(_of_processings, group=group), words, group, encoders=encoders
        )
        for group in (() if labelled.one_class() else processing_groups(settings.processings))
        for words in [" and ".join(group)]
    ]
    return Planned((*of_labels, *of_processings), tuple(skipped))


def _attributes(labelled: LabelledSet, asked: Sequence[str]) -> tuple[list[str], list[Skip]]:
    """The labels to take out, in the order of the probes: traces and what was asked for; those that cannot be."""
    further = [name for name in labelled.labels if name not in FILE_LABELS and (name in asked or "all" in asked)]
    wanted = [name for name in dict.fromkeys((*TRACES, *further)) if name != SEMANTIC]
    chosen: list[str] = [name for name in (*MAIN_LABELS, *FURTHER_LABELS) if name in wanted and labelled.parts(name)]
    skipped = [
        Skip(f"mitigation of {name}", labelled.one_value(name), (NAME,), name) for name in wanted if name not in chosen
    ]
    if SEMANTIC in asked:
        skipped.append(Skip(f"mitigation of {SEMANTIC}", "it is what a mitigation keeps", (NAME,), SEMANTIC))
    return chosen, skipped


def _of_label(context: Context, encoder: str, *, attribute: str) -> Work[Outcome]:
    from tracer.experiments.mitigation.halves import MitigationSettings
    from tracer.experiments.mitigation.mitigation import mitigate

    found, settings, pairs = context.embeddings(encoder), context.settings, context.labelled.pairs
    photos = labelled_photos(context, found, attribute, classes=True)
    how = MitigationSettings(
        _methods(settings),
        settings.protocol,
        settings.k or context.labelled.k,
        settings.draws,
        seed=settings.seed,
        device=context.device,
    )
    paired = attribute == PHONE and bool(len(pairs.whole()))
    asked = Pairs(pairs.subject[found.rows], pairs.model[found.rows]) if paired else None
    outcome = yield from context.cached(NAME, mitigate, source_of(context, encoder), photos, how, pairs=asked)
    if settings.save_maps:
        outcome.skipped += _save_maps(context, encoder, photos, found.ids)
    return outcome


def _save_maps(context: Context, encoder: str, photos: LabelledPhotos, ids: np.ndarray[Any, Any]) -> list[Skip]:
    """Fit each map once more for use elsewhere: on all photos of the classes that are measured but those that the set's own
    split tests on. Returns the maps that cannot be fitted, and why: what was measured does not depend on them.
    """
    from tracer.experiments.mitigation.erasure import fit_map, save_map
    from tracer.experiments.probe.folds import FOLDS, usable_classes

    labelled, settings, attribute = context.labelled, context.settings, photos.attribute
    split = labelled.splits.get(attribute)
    held = np.isin(ids, split.ids["test"]) if split is not None else np.zeros(len(ids), dtype=bool)
    measured, left_out = usable_classes(photos.labels, photos.clusters, 2 * FOLDS)  # as `mitigate` does
    use = np.setdiff1d(measured, np.flatnonzero(held))
    skipped = []
    names, y = np.unique(photos.labels[use].astype(str), return_inverse=True)
    for method in _methods(settings):
        name = f"{context.file_stem(encoder)}_attribute={attribute}_method={method}.safetensors"
        path = context.run / "maps" / labelled.name / name
        try:
            fitted = fit_map(photos.vectors[use], y.astype(np.int64), method, settings.seed, context.device)
        except TooFew as error:
            what = f"mitigation of {attribute}: map by {method}"
            skipped.append(Skip(what, str(error), (NAME,), attribute, encoder))
            continue
        header = {
            "dataset": labelled.name, "encoder": encoder, "attribute": attribute, "classes": names.tolist(),
            "method": str(method), "photos": len(use), "held_out": int(held.sum()), "left_out": left_out,
            "seed": settings.seed,
        }  # fmt: skip
        save_map(path, fitted, header)
        context.maps.append(path)
    return skipped


def _of_processings(context: Context, encoder: str, *, group: Sequence[str]) -> Work[Outcome]:
    from tracer.experiments.mitigation.halves import MitigationSettings
    from tracer.experiments.mitigation.mitigation import mitigate_processing

    found, settings, labelled = classed_views(context, encoder, group), context.settings, context.labelled
    k = settings.k or labelled.k
    how = MitigationSettings(
        _methods(settings), settings.protocol, k, draws=1, seed=settings.seed, device=context.device
    )
    return (
        yield from context.cached(
            "mitigation by processing",
            mitigate_processing,
            source_of(context, encoder, group),
            found.views,
            labelled.labels[SEMANTIC][found.rows],
            labelled.clusters[found.rows],
            group_name(group),
            how,
        )
    )


def _methods(settings: Settings) -> tuple[Method, ...]:
    return tuple(Method(method) for method in settings.methods)


def _protocol(_labelled: LabelledSet, _settings: Settings, _details: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    return {
        NAME: "maps fitted on one half of the scenes and owners, scored on the other by fresh probes, neighbours "
        "and pairs, then the halves changed",
    }


MITIGATION: Final = Experiment(NAME, "mitigation", _plan, _protocol, page_in="tracer.experiments.mitigation.page")
