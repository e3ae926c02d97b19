"""Why nothing can be measured, in the words of an error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tracer.errors import EncoderError, TooFew
from tracer.evaluation.encoders import WithText
from tracer.evaluation.plan import Plan
from tracer.evaluation.running import Refusal
from tracer.evaluation.unlabelled import camera_advice
from tracer.experiments.labels import NO_LABEL, NO_SEMANTIC
from tracer.results.skips import Skip, as_cause, listed, without_label

_SAY_WHAT: Final = (
    "Give the photos semantic labels, and export the set again: curate label semantic_label=cat --where \"path LIKE '%/cats/%'\" "
    "-w DIR, or, where folders are named so: curate ingest PHOTOS --label-from folder -w DIR"
)
_IN_FULL: Final = 2
"""Reasons that are all given; of more, the first."""


def refuse_empty(plan: Plan) -> None:
    """Refuse a set on which nothing can be measured before hours go into its embeddings.

    Raises:
        TooFew: says of each experiment why not.
    """
    if plan.measurements:
        return
    wanted = [skip for skip in plan.skipped if not skip.on_request]
    wanted.sort(key=lambda skip: skip.reason == NO_LABEL)  # what the set has comes first
    raise TooFew(
        f"Nothing can be measured on {plan.labelled.name}",
        as_cause(wanted),
        camera_advice(plan.labelled)
        or (_SAY_WHAT if all(skip.reason == NO_SEMANTIC for skip in wanted) else "")
        or "Give its photos labels of two values or more, or pairs.",
    )


def refuse_without_text(plan: Plan, text: WithText) -> None:
    """Refuse encoders without a text side before anything is embedded for them, where all that is asked for takes one.

    Raises:
        EncoderError: none of them has one.
    """
    if text.sides or not all(one.needs_text for one in plan.measurements):
        return
    words = {one.name: one.words for one in plan.experiments}
    asked = dict.fromkeys(words[one.experiment] for one in plan.measurements if one.needs_text)
    raise EncoderError(
        f"No encoder that was named can be used for {listed(list(asked))}",
        next(iter(text.lacking.values())),
        "Name one that can, as in --encoders clip/ViT-B-32.",
    )


def nothing_measured(plan: Plan, refusals: Sequence[Refusal], skipped: Sequence[Skip]) -> TooFew:
    """The error of an evaluation that gave no figure."""
    lead = _lead(plan, refusals)
    advice = (lead.error.way_out if lead else "") or "Add photos, labels or pairs."
    return TooFew(
        f"Nothing can be measured on {plan.labelled.name}",
        _cause(plan, lead, refusals) if lead else as_cause(skipped),
        "\n".join(filter(None, (advice, camera_advice(plan.labelled)))),
    )


def _lead(plan: Plan, refusals: Sequence[Refusal]) -> Refusal | None:
    """The refusal that says most: of an encoder, and of the first experiment on the page. A probe's counts classes and photos."""
    order = list(plan.planned)
    return min(refusals, key=lambda one: (not one.skip.encoder, order.index(one.skip.experiments[0])), default=None)


def _cause(plan: Plan, lead: Refusal, refusals: Sequence[Refusal]) -> str:
    """Each reason, where they are few or all of one experiment; else the leading one, and the other experiments by name."""
    reasons = {without_label(one.skip): one.skip.reason for one in reversed(refusals)}
    words = {one.name: one.words for one in plan.experiments}
    refused = dict.fromkeys(name for one in refusals for name in one.skip.experiments)
    others = [words[name] for name in refused if name not in lead.skip.experiments]
    if len(reasons) <= _IN_FULL or not others:
        return "; ".join(map(_lowered, reversed(reasons.values())))
    return f"{_lowered(str(lead.error))}; too few photos also for: {listed(others)}"


def _lowered(sentence: str) -> str:
    """A sentence as it follows a colon."""
    return sentence[:1].lower() + sentence[1:]
