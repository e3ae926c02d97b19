"""The decision log as a person reads it: steps, the newest first, each with who made it and whether it still stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from curate.catalog import decisions
from curate.catalog.decisions import Decision
from curate.catalog.facts import DrawnSplits
from curate.catalog.sets import split_log
from curate.catalog.store import Catalog
from curate.catalog.wording import step_in_words
from curate.errors import UsageError


@dataclass(frozen=True, slots=True)
class LogStep:
    """A step of the log: a decision, or all decisions of a batch, which are taken back together.

    Attributes:
        seq: the number of its last decision; None for splits, which are not taken back by an undo.
        at: when it was made, ISO 8601 in UTC.
        who: who made it; of imported decisions the annotator who made them first.
        words: what was decided.
        undone_by: who took it back; empty where it stands.
        undone_at: when it was taken back; empty where it stands.
    """

    seq: int | None
    at: str
    who: str
    words: str
    undone_by: str = ""
    undone_at: str = ""

    @property
    def stands(self) -> bool:
        """Whether it was not taken back."""
        return not self.undone_at


def steps(catalog: Catalog, most: int) -> list[LogStep]:
    """Return the last steps of the log and the draws of splits, the newest first.

    Args:
        catalog: the catalogue.
        most: how many steps are returned at most.
    """
    found = [_step(catalog, members, undone) for members, undone in _grouped(catalog, most)]
    for event in split_log(catalog):
        names = ", ".join(event.attributes) if isinstance(event, DrawnSplits) else ""
        words = f"drew splits by {names}" if names else "withdrew the drawn splits"
        found.append(LogStep(None, event.drawn, event.who, words))
    return sorted(found, key=lambda step: step.at, reverse=True)[:most]


def _grouped(catalog: Catalog, most: int) -> Iterator[tuple[list[Decision], Decision | None]]:
    """Yield the decisions of each step, oldest first, and the undo that took it back, if one did; the newest step first."""
    last_word: dict[int, Decision] = {}
    members: list[Decision] = []
    given = 0
    for entry in decisions.newest_first(catalog):
        if entry.action in ("undo", "redo"):
            last_word.setdefault(entry.payload["seq"], entry)
            continue
        batch = entry.payload.get("batch")
        if members and (batch is None or batch != members[-1].payload.get("batch")):
            yield members[::-1], _undo_of(members[0], last_word)
            members, given = [], given + 1
            if given >= most:
                return
        members.append(entry)
    if members:
        yield members[::-1], _undo_of(members[0], last_word)


def _undo_of(decision: Decision, last_word: dict[int, Decision]) -> Decision | None:
    entry = last_word.get(decision.seq)
    return entry if entry is not None and entry.action == "undo" else None


def _step(catalog: Catalog, members: list[Decision], undone: Decision | None) -> LogStep:
    last = members[-1]
    by, at = ("", "") if undone is None else (undone.who, undone.at)
    words, first = step_in_words(catalog, members), {(member.payload.get("by") or {}).get("who") for member in members}
    if first == {None}:
        return LogStep(last.seq, last.at, last.who, words, by, at)
    who = " and ".join(sorted(filter(None, first))) or "somebody without a name"
    return LogStep(last.seq, last.at, who, f"imported: {words}", by, at)


def undo_back_to(catalog: Catalog, seq: int) -> int:
    """Take back a step and all later ones that stand; returns how many steps were taken back.

    Args:
        catalog: open for writing.
        seq: the number of the step.

    Raises:
        UsageError: the step does not stand; nothing is taken back.
    """
    with catalog.transaction():
        taken = 0
        while (last := decisions.undo(catalog)) is not None and last.seq >= seq:
            taken += 1
            if last.seq == seq:
                return taken
        raise UsageError("that step does not stand", "it was taken back already", "Choose one that stands.")
