"""What an import of decisions found: what was taken in, how far both sides agree, and where they differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from curate.catalog.exchange import Refused
from tracer.base.text import counted

Prefer = Literal["mine", "theirs"]
Kind = Literal["pair", "partner", "label", "camera"]


@dataclass(frozen=True, slots=True)
class Conflict:
    """Something on which the two sides differ.

    Attributes:
        kind: `pair` (accepted here, rejected there, or the reverse), `partner` (there a photo is paired with another one),
            `label`, `camera`.
        what: the photos' paths, or the camera. mine, theirs: what either says. who, at: of theirs.
        kept: which of the two holds now; None where nobody was preferred, and mine stays for the time being.
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
    """How far two annotators agree on the pairs that both decided by themselves.

    Attributes:
        pairs: how many. table: (mine, theirs) -> pairs. observed: share on which they agree. expected: the share to be
            expected if each answered at random, as often yes as they did. kappa: Cohen's, (observed − expected) /
            (1 − expected); None where it is undefined, and `undefined` says why.
    """

    pairs: int
    table: dict[str, dict[str, int]]
    observed: float | None
    expected: float | None
    kappa: float | None
    undefined: str | None


@dataclass(slots=True)
class Imported:
    """What an import found and did.

    Attributes:
        lines: understood lines; not_in_force: those among them that were taken back, or are steps back and forth.
        taken: kind -> decisions made here. unchanged: already so. agreement: see `Agreement`.
        conflicts: see `Conflict`. unknown: photos that are not here. refused: lines that cannot be used.
        passed_over: reason -> decisions that have no meaning elsewhere.
    """

    lines: int = 0
    not_in_force: int = 0
    taken: Counter[str] = field(default_factory=Counter)
    unchanged: int = 0
    agreement: Agreement | None = None
    conflicts: list[Conflict] = field(default_factory=list)
    unknown: dict[str, int | None] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)
    passed_over: Counter[str] = field(default_factory=Counter)

    @property
    def complete(self) -> bool:
        """Whether nothing is left that a person might want to see to."""
        return not (self.refused or self.unknown or any(conflict.kept is None for conflict in self.conflicts))

    def in_words(self) -> list[str]:
        """The findings as lines for a person."""
        taken = self.taken
        lines = [
            f"taken in: {taken['accepted']} accepted, {taken['rejected']} rejected, {counted(taken['labels'], 'label')}, "
            f"{counted(taken['cameras'], 'camera')}; {self.unchanged} already so"
        ]
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
                    f", {open_} of them open: mine stays; settle them with --prefer mine or --prefer theirs"
                    if open_
                    else ""
                )
            )
        lines += [f"passed over: {count} ({reason})" for reason, count in sorted(self.passed_over.items())]
        if self.unknown:
            lines.append(f"not here: {counted(len(self.unknown), 'photo')}; decisions on them are left out")
        return lines

    def as_json(self) -> dict[str, Any]:
        """The findings under the names that `curate decisions import --json` prints."""
        return {
            "lines": self.lines,
            "not_in_force": self.not_in_force,
            "imported": {kind: self.taken[kind] for kind in ("accepted", "rejected", "labels", "cameras")},
            "unchanged": self.unchanged,
            "agreement": None if self.agreement is None else asdict(self.agreement),
            "conflicts": [asdict(conflict) for conflict in self.conflicts],
            "unknown_photos": [
                {"sha256": sha256, "photo_id": number} for sha256, number in sorted(self.unknown.items())
            ],
            "refused": [{"line": r.line, "why": r.why} for r in self.refused],
            "passed_over": dict(sorted(self.passed_over.items())),
        }


def agreement(mine: Mapping[tuple[str, str], str], theirs: Mapping[tuple[str, str], str]) -> Agreement:
    """Return how far two annotators agree on the pairs that both decided (Cohen 1960).

    Args:
        mine, theirs: pair -> `accepted` or `rejected`.
    """
    both = sorted(mine.keys() & theirs.keys())
    names = ("accepted", "rejected")
    table = {a: dict.fromkeys(names, 0) for a in names}
    for pair in both:
        table[mine[pair]][theirs[pair]] += 1
    n = len(both)
    if n == 0:
        return Agreement(0, table, None, None, None, "there is no pair that both decided by themselves")
    observed = sum(table[name][name] for name in names) / n
    expected = sum(sum(table[name].values()) * sum(row[name] for row in table.values()) for name in names) / n**2
    if expected == 1:
        why = "both gave one and the same answer to every pair: agreement by chance would be complete as well"
        return Agreement(n, table, observed, expected, None, why)
    return Agreement(n, table, observed, expected, (observed - expected) / (1 - expected), None)
