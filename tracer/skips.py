"""What was not measured, in words: entries {what, why} by their reason, so that a reason is read once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

_EMBEDDING: Final = re.compile(r" \([^()]*\)$")
"""What an entry says last of the encoder and the mask that it is about."""
_NAMED: Final = 8


def in_groups(skipped: Iterable[Mapping[str, str]]) -> list[tuple[str, str]]:
    """For each reason what it keeps from being measured, and the reason.

    Encoders and masks are not told apart, nor reasons that differ in nothing but the label that they name.
    """
    by_reason: dict[str, dict[str, None]] = {}
    for entry in skipped:
        what = _EMBEDDING.sub("", entry["what"])
        label = what.partition(" of ")[2]
        why = entry["why"].replace(f" of {label} ", " ", 1) if label else entry["why"]
        by_reason.setdefault(why, {})[what] = None
    return [(_listed(list(what)), why) for why, what in by_reason.items()]


def as_cause(skipped: Iterable[Mapping[str, str]]) -> str:
    """The groups one below the other, for the cause of an error."""
    return ";\n  ".join(f"{what}: {why}" for what, why in in_groups(skipped))


def _listed(names: list[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names) if more <= 0 else f"{', '.join(names[:_NAMED])} and {more} more"
