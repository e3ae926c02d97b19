"""What was not measured, and why; for a reader by reason, so that a reason is read once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

_NAMED: Final = 8
"""Things that a list names before it counts the others."""


class Scope(StrEnum):
    """What a skip is about."""

    MEASUREMENT = "measurement"
    ENCODER = "encoder"
    FILES = "files"


@dataclass(frozen=True, slots=True)
class Skip:
    """Something that was not measured.

    Attributes:
        subject: what it is, in words: `probe of Make`.
        reason: why, in words.
        experiments: names of those that lack it.
        attribute: the label or the processings that it is about, if any.
        encoder: whose embeddings it is about, if any. mask_ratio: share of the photos' area that they do not see.
        scope: a measurement; an encoder that cannot be had; files of the set that cannot be read.
        on_request: it can be measured, and nobody asked for it.
    """

    subject: str
    reason: str
    experiments: tuple[str, ...] = ()
    attribute: str = ""
    encoder: str = ""
    mask_ratio: float = 0.0
    scope: Scope = Scope.MEASUREMENT
    on_request: bool = False

    @property
    def what(self) -> str:
        """What was not measured, with the embeddings that it is about."""
        if self.scope is not Scope.MEASUREMENT or not self.encoder:
            return self.subject
        masked = f", {100 * self.mask_ratio:.6g} % masked" if self.mask_ratio else ""
        return f"{self.subject} ({self.encoder}{masked})"

    def said(self) -> dict[str, Any]:
        """The entry that commands print."""
        return {"what": self.what, "why": self.reason, "on_request": self.on_request}

    def entry(self) -> dict[str, Any]:
        """The entry of `skipped` in results.json."""
        return {
            **self.said(),
            "scope": str(self.scope),
            "experiments": list(self.experiments),
            "subject": self.subject,
            "attribute": self.attribute,
            "encoder": self.encoder,
            "mask_ratio": self.mask_ratio,
        }

    @classmethod
    def read(cls, entry: object) -> Skip:
        """A skip from its entry in results.json. Fields that are missing, or hold something else, are taken as empty."""
        if not isinstance(entry, Mapping):
            return cls(str(entry), "no reason given")
        experiments, ratio, scope = (entry.get(name) for name in ("experiments", "mask_ratio", "scope"))
        return cls(
            str(entry.get("subject") or entry.get("what") or "?"),
            str(entry.get("why") or "no reason given"),
            tuple(map(str, experiments)) if isinstance(experiments, list) else (),
            str(entry.get("attribute") or ""),
            str(entry.get("encoder") or ""),
            float(ratio) if isinstance(ratio, int | float) and abs(ratio) <= 1 else 0.0,
            Scope(scope) if isinstance(scope, str) and scope in set(Scope) else Scope.MEASUREMENT,
            entry.get("on_request") is True,
        )


def in_groups(skips: Iterable[Skip]) -> list[tuple[str, str]]:
    """For each reason what it keeps from being measured, and the reason.

    Encoders and masks are not told apart, nor reasons that differ in nothing but the label that they name.
    """
    by_reason: dict[str, dict[str, None]] = {}
    for skip in skips:
        by_reason.setdefault(without_label(skip), {})[skip.subject] = None
    return [(listed(list(subjects)), reason) for reason, subjects in by_reason.items()]


def as_cause(skips: Iterable[Skip]) -> str:
    """The groups one after the other, for the cause of an error."""
    return "; ".join(f"{subjects}: {reason}" for subjects, reason in in_groups(skips))


def without_label(skip: Skip) -> str:
    """The reason without the label that it is about, so that equal reasons of several labels are equal words."""
    if not skip.attribute:
        return skip.reason
    return re.sub(rf" (?:of|by) {re.escape(skip.attribute)} ", " ", skip.reason, count=1)


def listed(names: list[str]) -> str:
    """The first names, and the number of the others."""
    more = len(names) - _NAMED
    return ", ".join(names) if more <= 0 else f"{', '.join(names[:_NAMED])} and {more} more"
