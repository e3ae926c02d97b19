"""Similarity by class and label as an experiment."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from tracer.base.progress import Work
from tracer.experiments.experiment import Context, Experiment, Measurement, Planned, labelled_photos, source_of
from tracer.experiments.labels import SEMANTIC, LabelledSet
from tracer.experiments.outcome import Outcome
from tracer.experiments.settings import Settings
from tracer.experiments.shared.processings import (
    NOT_NAMED,
    common_views,
    group_name,
    processing_groups,
    without_partner,
)
from tracer.experiments.shared.traces import trace_labels
from tracer.results.skips import Skip

NAME: Final = "similarity"


def _plan(labelled: LabelledSet, settings: Settings) -> Planned:
    groups, skipped = processing_groups(settings.processings), without_partner(settings.processings)
    if why := labelled.one_class():
        return Planned((), (*skipped, Skip("similarity by class and label", why, (NAME,))))
    if not groups:
        skipped.append(Skip("similarity by processing", NOT_NAMED, (NAME,), on_request=True))
    traces, lacking = trace_labels(labelled, settings.attributes)
    of_labels = [Measurement(NAME, f"similarity by {name}", partial(_measure, attribute=name), name) for name in traces]
    of_labels += [
        Measurement(
            NAME, f"similarity by {name} on unseen cameras", partial(_measure, attribute=name, unseen=True), name
        )
        for name in traces
        if labelled.goes_with_camera(name)
    ]
    of_processings = [
        Measurement(NAME, f"similarity by {words}", partial(_by_processing, group=group), words, group)
        for group in groups
        for words in [" and ".join(group)]
    ]
    return Planned((*of_labels, *of_processings), (*skipped, *lacking))


def _measure(context: Context, encoder: str, *, attribute: str, unseen: bool = False) -> Work[Outcome]:
    from tracer.experiments.similarity.similarity import similarity

    found, source = context.embeddings(encoder), source_of(context, encoder)
    photos, seed = labelled_photos(context, found, attribute, classes=True), context.settings.seed
    outcome = yield from context.cached(NAME, similarity, source, photos, seed, unseen=unseen)
    return context.name_photos(outcome, found.ids)


def _by_processing(context: Context, encoder: str, *, group: Sequence[str]) -> Work[Outcome]:
    from tracer.experiments.similarity.processing import similarity_of_views

    found, labelled = common_views(context, encoder, group), context.labelled
    return (
        yield from context.cached(
            "similarity by processing",
            similarity_of_views,
            source_of(context, encoder, group),
            found.views,
            labelled.labels[SEMANTIC][found.rows],
            labelled.clusters[found.rows],
            group_name(group),
            context.settings.seed,
        )
    )


SIMILARITY: Final = Experiment(NAME, "similarity", _plan, page_in="tracer.experiments.similarity.page")
