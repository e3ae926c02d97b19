"""What was not measured, in words: entries {what, why} by their reason, so that a reason is read once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from tracer.errors import TooFew

_EMBEDDING: Final = re.compile(r" \([^()]*\)$")
"""What an entry says last of the encoder and the mask that it is about."""
_LABEL: Final = re.compile(r" (?:of|by) ")
_EXPERIMENT: Final = re.compile(r" (?:of|by|\()")
"""What parts the name of a step: the experiment, then its label, processings and encoder."""
_NAMED: Final = 8
_IN_FULL: Final = 2


def in_groups(skipped: Iterable[Mapping[str, str]]) -> list[tuple[str, str]]:
    """For each reason what it keeps from being measured, and the reason.

    Encoders and masks are not told apart, nor reasons that differ in nothing but the label that they name.
    """
    by_reason: dict[str, dict[str, None]] = {}
    for entry in skipped:
        by_reason.setdefault(_reason(entry["what"], entry["why"]), {})[_EMBEDDING.sub("", entry["what"])] = None
    return [(_listed(list(what)), why) for why, what in by_reason.items()]


def as_cause(skipped: Iterable[Mapping[str, str]]) -> str:
    """The groups one after the other, for the cause of an error."""
    return "; ".join(f"{what}: {why}" for what, why in in_groups(skipped))


def too_few_as_cause(refused: Mapping[str, TooFew]) -> str:
    """Why nothing could be measured, of steps by name that were refused.

    Each reason, where they are few or all of one experiment; else that of the leading step, and the other experiments by name.
    """
    reasons: dict[str, str] = {}
    for what, error in refused.items():
        reasons.setdefault(_reason(what, str(error)), str(error))
    first = lead(refused)
    others = dict.fromkeys(kind for what in refused if (kind := _EXPERIMENT.split(what)[0]) not in first)
    if len(reasons) <= _IN_FULL or not others:
        return "; ".join(map(_lowered, reasons.values()))
    return f"{_lowered(str(refused[first]))}; too few photos also for: {_listed(list(others))}"


def lead(refused: Mapping[str, TooFew]) -> str:
    """The step whose refusal says most: a probe's, which counts classes and photos, or else the first."""
    return next((what for what in refused if what.startswith("probe")), next(iter(refused)))


def _reason(what: str, why: str) -> str:
    """The reason without the label that the step is about."""
    label = _LABEL.split(_EMBEDDING.sub("", what), maxsplit=1)[-1]
    return re.sub(rf" (?:of|by) {re.escape(label)} ", " ", why, count=1)


def _lowered(sentence: str) -> str:
    """A sentence as it follows a colon."""
    return sentence[:1].lower() + sentence[1:]


def _listed(names: list[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names) if more <= 0 else f"{', '.join(names[:_NAMED])} and {more} more"
