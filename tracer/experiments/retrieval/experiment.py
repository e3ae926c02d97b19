"""Pair retrieval as an experiment, with a sheet of its pictures."""

from __future__ import annotations

from functools import partial
from typing import Final

from tracer.base.progress import Work
from tracer.experiments.experiment import Context, Encoders, Experiment, Measurement, Planned, source_of
from tracer.experiments.labels import PHONE, LabelledSet
from tracer.experiments.outcome import Outcome
from tracer.experiments.photos import Pairs
from tracer.experiments.settings import Settings
from tracer.results.skips import Skip

NAME: Final = "retrieval"
WORDS: Final = "pair retrieval"


def _plan(labelled: LabelledSet, _: Settings) -> Planned:
    if not len(labelled.pairs.whole()):
        why = (
            "the set has no subject_idx, so no pairs"
            if "subject_idx" not in labelled.photos.table
            else "no subject has both a phone's photo and another camera's"
        )
        return Planned((), (Skip(WORDS, why, (NAME,)),))
    unseen = (
        [Measurement(NAME, f"{WORDS} on unseen cameras", _retrieve_unseen)] if labelled.goes_with_camera(PHONE) else []
    )
    return Planned(
        (
            Measurement(NAME, WORDS, _retrieve),
            *unseen,
            Measurement(NAME, "retrieval sheet", _sheet, PHONE, encoders=Encoders.ONE),
        )
    )


def _retrieve(context: Context, encoder: str) -> Work[Outcome]:
    from tracer.experiments.retrieval.retrieval import retrieve

    found, pairs = context.embeddings(encoder), context.labelled.pairs
    outcome = yield from context.cached(
        NAME,
        partial(retrieve, device=context.device),
        source_of(context, encoder),
        found.vectors,
        pairs.subject[found.rows],
        pairs.model[found.rows],
        context.settings.seed,
    )
    return context.name_photos(outcome, found.ids)


def _retrieve_unseen(context: Context, encoder: str) -> Work[Outcome]:
    from tracer.experiments.retrieval.unseen import retrieve_unseen

    found, labelled = context.embeddings(encoder), context.labelled
    pairs = Pairs(labelled.pairs.subject[found.rows], labelled.pairs.model[found.rows])
    outcome = yield from context.cached(
        "retrieval on unseen cameras",
        partial(retrieve_unseen, device=context.device),
        source_of(context, encoder),
        found.vectors,
        pairs,
        labelled.cameras[found.rows],
        context.settings.seed,
    )
    return context.name_photos(outcome, found.ids)


def _sheet(context: Context, encoder: str) -> Work[Outcome]:
    from tracer.experiments.sheets.sheet import pairs_shown

    return (yield from pairs_shown(context, encoder))


RETRIEVAL: Final = Experiment(NAME, WORDS, _plan, page_in="tracer.experiments.retrieval.page")
