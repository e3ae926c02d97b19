"""Association of a set's labels with what its photos show, as an experiment; it needs no embeddings."""

from __future__ import annotations

from functools import partial
from typing import Final

from tracer.base.progress import Work
from tracer.experiments.experiment import Context, Encoders, Experiment, Measurement, Planned
from tracer.experiments.labels import SEMANTIC, LabelledSet
from tracer.experiments.outcome import Outcome
from tracer.experiments.settings import Settings
from tracer.results.skips import Skip

NAME: Final = "association"


def _plan(labelled: LabelledSet, _settings: Settings) -> Planned:
    names = tuple(name for name in labelled.labels if name != SEMANTIC and labelled.parts(name))
    why = labelled.one_class() or ("" if names else "the set has no other label of two values")
    if why:
        return Planned((), (Skip("association with the semantic label", why, (NAME,)),))
    return Planned((Measurement(NAME, NAME, partial(_measure, names=names), views=(), encoders=Encoders.NONE),))


def _measure(context: Context, _encoder: str, *, names: tuple[str, ...]) -> Work[Outcome]:
    from tracer.experiments.association.association import associate

    labelled = context.labelled
    labels = {name: labelled.labels[name] for name in names}
    return (
        yield from context.cached(
            NAME, associate, labelled.name, labels, labelled.labels[SEMANTIC], labelled.clusters, context.settings.seed
        )
    )


ASSOCIATION: Final = Experiment(NAME, "association", _plan, page_in="tracer.experiments.association.page")
