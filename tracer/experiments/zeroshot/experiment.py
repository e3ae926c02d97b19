"""Zero-shot classification as an experiment, for encoders with a text side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

from tracer.base.progress import Work
from tracer.base.text import counted
from tracer.experiments.experiment import Context, Experiment, Measurement, Planned, labelled_photos, source_of
from tracer.experiments.labels import SEMANTIC, LabelledSet
from tracer.experiments.outcome import Outcome
from tracer.experiments.photos import Pairs
from tracer.experiments.settings import Settings
from tracer.experiments.shared.traces import trace_labels
from tracer.experiments.zeroshot.prompts import ClassPrompts
from tracer.results.skips import Skip, listed

NAME: Final = "zeroshot"
WORDS: Final = "zero-shot classification"


def _plan(labelled: LabelledSet, settings: Settings) -> Planned:
    if why := labelled.one_class():
        return Planned((), (Skip(WORDS, why, (NAME,)),))
    prompts = _prompts(labelled, settings)
    skipped = [_without_prompt(labelled, prompts)] if prompts.without else []
    if len(labelled.values(SEMANTIC)) - len(prompts.without) < 2:
        why = "it takes two classes that have prompts: name theirs in a file, as in --prompts prompts.toml"
        return Planned((), (*skipped, Skip(WORDS, why, (NAME,))))
    traces, lacking = trace_labels(labelled, settings.attributes)
    skipped += [Skip(f"names by {one.attribute}", one.reason, (NAME,), one.attribute) for one in lacking]
    of_labels = [
        Measurement(NAME, f"names by {name}", partial(_compare, attribute=name), name, needs_text=True)
        for name in traces
    ]
    return Planned((Measurement(NAME, WORDS, _name, SEMANTIC, needs_text=True), *of_labels), tuple(skipped))


def _prompts(labelled: LabelledSet, settings: Settings) -> ClassPrompts:
    return settings.prompts.of(labelled.values(SEMANTIC))


def _without_prompt(labelled: LabelledSet, prompts: ClassPrompts) -> Skip:
    photos = sum(label in prompts.without for label in labelled.labels[SEMANTIC])
    classes = counted(len(prompts.without), "class", "classes")
    return Skip(
        f"names of {counted(photos, 'photo')} of {classes}",
        f"their classes have no prompt ({listed(list(prompts.without))}): name theirs in a file, as in --prompts prompts.toml",
        (NAME,),
    )


def _name(context: Context, encoder: str) -> Work[Outcome]:
    from tracer.experiments.zeroshot.naming import Shown, Words, name_photos

    found, labelled = context.embeddings(encoder), context.labelled
    rows = found.rows
    outcome = yield from context.cached(
        "zero-shot names",
        name_photos,
        source_of(context, encoder),
        Shown(found.vectors, labelled.labels[SEMANTIC][rows], labelled.clusters[rows]),
        Pairs(labelled.pairs.subject[rows], labelled.pairs.model[rows]),
        Words(_prompts(labelled, context.settings), context.text_side(encoder), context.device),
        context.settings.seed,
    )
    return context.name_photos(outcome, found.ids)


def _compare(context: Context, encoder: str, *, attribute: str) -> Work[Outcome]:
    from tracer.experiments.zeroshot.naming import Words
    from tracer.experiments.zeroshot.traces import compare_label

    found, labelled = context.embeddings(encoder), context.labelled
    outcome = yield from context.cached(
        "zero-shot names by label",
        compare_label,
        source_of(context, encoder),
        labelled_photos(context, found, attribute, classes=True),
        labelled.cameras[found.rows] if labelled.goes_with_camera(attribute) else None,
        Words(_prompts(labelled, context.settings), context.text_side(encoder), context.device),
        context.settings.seed,
    )
    return context.name_photos(outcome, found.ids)


def _protocol(_labelled: LabelledSet, _settings: Settings, details: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The prompts are those of the call that measured, which may have been an earlier one."""
    asked = next((one for one in details if one.get("experiment") == NAME and "templates" in one), None)
    if asked is None:
        return {}
    own = asked.get("classes_with_own_prompts")
    more = f"; {counted(own, 'class', 'classes')} with prompts of their own" if own else ""
    templates = "; ".join(f"“{template}”" for template in asked["templates"]) or "none"
    return {
        "zero-shot": f"the class whose mean prompt has the highest cosine; templates: {templates}{more}; names by label: least "
        "squares on class and value; scenes and owners, or whole camera models, are shuffled"
    }


ZEROSHOT: Final = Experiment(NAME, WORDS, _plan, _protocol, page_in="tracer.experiments.zeroshot.page")
