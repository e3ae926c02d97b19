"""Similarity by class and label as an experiment."""

from __future__ import annotations

from functools import partial
from typing import Final

from tracer.base.progress import Work
from tracer.experiments.experiment import Context, Experiment, Measurement, Planned, source_of
from tracer.experiments.labels import SEMANTIC, LabelledSet
from tracer.experiments.outcome import Outcome
from tracer.experiments.settings import Settings
from tracer.experiments.shared.traces import trace_labels
from tracer.results.skips import Skip

NAME: Final = "similarity"


def _plan(labelled: LabelledSet, _settings: Settings) -> Planned:
    if why := labelled.one_class():
        return Planned((), (Skip("similarity by class and label", why, (NAME,)),))
    traces, lacking = trace_labels(labelled)
    return Planned(
        tuple(Measurement(NAME, f"similarity by {name}", partial(_measure, attribute=name), name) for name in traces),
        tuple(lacking),
    )


def _measure(context: Context, encoder: str, *, attribute: str) -> Work[Outcome]:
    from tracer.experiments.similarity.similarity import similarity

    found, labelled = context.embeddings(encoder), context.labelled
    return (
        yield from context.cached(
            NAME,
            similarity,
            source_of(context, encoder),
            found.vectors,
            labelled.labels[SEMANTIC][found.rows],
            labelled.labels[attribute][found.rows],
            labelled.clusters[found.rows],
            attribute,
            context.settings.seed,
        )
    )


SIMILARITY: Final = Experiment(NAME, "similarity", _plan, page_in="tracer.experiments.similarity.page")
