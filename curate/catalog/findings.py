"""The result of importing decisions: what was imported, how far both sides agree, and where they differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from curate.catalog.exchange import Refused
from tracer.base.text import counted

Prefer = Literal["mine", "theirs"]
Kind = Literal["pair", "partner", "label", "camera", "note", "clock", "forget"]

TAKEN = {
    "accepted": ("accepted", "accepted"), "rejected": ("rejected", "rejected"), "labels": ("label",), "cameras": ("camera",),
    "flags": ("flag",), "notes": ("note",), "clocks": ("clock offset",), "kept": ("kept copy", "kept copies"),
    "forgotten": ("forgotten photo",),
}  # fmt: skip
"""Kinds of imported decisions, in words."""

NAMED = 10
"""Refused lines that are named; of more, the number is known."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A decision of the file that would replace what holds in this workspace.

    Attributes:
        kind: `pair` (one side accepted it, the other rejected it), `partner` (the other side paired a photo with another
            one), `label`, `camera`, `note`, `clock`, or `forget` (a person here decided something about the photo).
        what: paths of the photos, or the camera.
        mine: what holds in this workspace, whether a person decided it or not.
        theirs: the decision in the file.
        who: annotator of their decision.
        at: time of their decision.
        kept: which of the two is in force now; None where no side was preferred, so that mine stays for now.
    """

    kind: Kind
    what: tuple[str, ...]
    mine: str | None
    theirs: str | None
    who: str
    at: str
    kept: Prefer | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two annotators agree on the pairs that both decided themselves.

    Attributes:
        pairs: number of these pairs.
        table: my verdict -> their verdict -> number of pairs.
        observed: share of pairs on which they agree.
        expected: share expected if each answered at random with their own rate of yes.
        kappa: Cohen's kappa, (observed − expected) / (1 − expected); None where it is undefined.
        undefined: why it is undefined, or None.
    """

    pairs: int
    table: dict[str, dict[str, int]]
    observed: float | None
    expected: float | None
    kappa: float | None
    undefined: str | None


@dataclass(slots=True)
class Imported:
    """The result of an import of decisions.

    Attributes:
        lines: number of valid lines.
        own_name: number of decisions made in this workspace that the file gives to this workspace's annotator.
        not_in_force: number of valid lines that were undone, or that are undo or redo entries.
        taken: kind -> number of decisions made in this workspace.
        unchanged: number of decisions that this workspace had already.
        agreement: agreement of both annotators; None before it is measured.
        conflicts: decisions on which the two sides differ.
        unknown: sha256 -> photo ID of photos that are not in this workspace.
        refused: the first lines that cannot be used.
        refused_lines: the number of lines that cannot be used.
        passed_over: reason -> number of decisions that are not imported for it.
    """

    lines: int = 0
    own_name: int = 0
    not_in_force: int = 0
    taken: Counter[str] = field(default_factory=Counter)
    unchanged: int = 0
    agreement: Agreement | None = None
    conflicts: list[Conflict] = field(default_factory=list)
    unknown: dict[str, int | None] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)
    refused_lines: int = 0
    passed_over: Counter[str] = field(default_factory=Counter)

    def refuse(self, line: Refused) -> None:
        """Count a line that cannot be used."""
        self.refused_lines += 1
        if len(self.refused) < NAMED:
            self.refused.append(line)

    @property
    def complete(self) -> bool:
        """Whether nothing needs a person's attention."""
        return not (self.refused_lines or self.unknown or any(conflict.kept is None for conflict in self.conflicts))

    def in_words(self) -> list[str]:
        """Return the result as lines of text."""
        taken = ", ".join(counted(self.taken[kind], *words) for kind, words in TAKEN.items() if self.taken[kind])
        lines = [f"imported: {taken or 'nothing'}; {self.unchanged} unchanged"]
        a = self.agreement
        if a is not None and a.observed is not None:
            kappa = (
                f"Cohen's kappa {a.kappa:.2f}" if a.kappa is not None else f"Cohen's kappa is undefined: {a.undefined}"
            )
            lines.append(f"both decided {counted(a.pairs, 'pair')} and agree on {a.observed:.0%} of them; {kappa}")
        elif a is not None:
            lines.append(f"no agreement can be measured: {a.undefined}")
        if self.conflicts:
            open_ = sum(conflict.kept is None for conflict in self.conflicts)
            lines.append(
                counted(len(self.conflicts), "conflict")
                + (
                    f", {open_} of them open: mine stays; resolve them with --prefer mine or --prefer theirs"
                    if open_
                    else ""
                )
            )
        if self.own_name:
            lines.append(
                f"{counted(self.own_name, 'imported decision')} under your own name: check that you made them elsewhere"
            )
        lines += [f"not imported: {count} ({reason})" for reason, count in sorted(self.passed_over.items())]
        if self.unknown:
            lines.append(
                f"not in this workspace: {counted(len(self.unknown), 'photo')}; decisions on them are not imported"
            )
        return lines

    def as_json(self) -> dict[str, Any]:
        """Return the result under the names that `curate decisions import --json` prints."""
        return {
            "lines": self.lines,
            "not_in_force": self.not_in_force,
            "imported": {kind: self.taken[kind] for kind in TAKEN},
            "own_name": self.own_name,
            "unchanged": self.unchanged,
            "agreement": None if self.agreement is None else asdict(self.agreement),
            "conflicts": [asdict(conflict) for conflict in self.conflicts],
            "unknown_photos": [
                {"sha256": sha256, "photo_id": number} for sha256, number in sorted(self.unknown.items())
            ],
            "refused": [{"line": r.line, "why": r.why} for r in self.refused],
            "refused_lines": self.refused_lines,
            "passed_over": dict(sorted(self.passed_over.items())),
        }


def agreement(mine: Mapping[tuple[str, ...], str], theirs: Mapping[tuple[str, ...], str]) -> Agreement:
    """Return how far two annotators agree on the pairs that both decided (Cohen 1960).

    Args:
        mine: pair -> `accepted` or `rejected`.
        theirs: the same for the other annotator.
    """
    both = sorted(mine.keys() & theirs.keys())
    names = ("accepted", "rejected")
    table = {a: dict.fromkeys(names, 0) for a in names}
    for pair in both:
        table[mine[pair]][theirs[pair]] += 1
    n = len(both)
    if n == 0:
        return Agreement(0, table, None, None, None, "there is no pair that both decided themselves")
    observed = sum(table[name][name] for name in names) / n
    expected = sum(sum(table[name].values()) * sum(row[name] for row in table.values()) for name in names) / n**2
    if expected == 1:
        why = "both gave the same answer to every pair, so that chance alone would agree as well"
        return Agreement(n, table, observed, expected, None, why)
    return Agreement(n, table, observed, expected, (observed - expected) / (1 - expected), None)
