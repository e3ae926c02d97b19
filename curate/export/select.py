"""Which photos go into a set, and why the others do not."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curate.advice import command
from curate.catalog.labels import LabelRow
from curate.duplicates import keeper_rank

NO_LICENSE = "its licence is not stated"
OTHER_LICENSE = "its licence was not selected"
NO_PAIR = "it is in no accepted pair"
_UNREADABLE = "it could not be read"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Photos that are not in the set, for one reason.

    Attributes:
        photos: their source files' paths, sorted; for the person who exports, never written into the set.
        ids: the photo IDs of those that have one, sorted.
    """

    reason: str
    photos: tuple[str, ...]
    ids: tuple[int, ...]


class Tally:
    """Collects what is left out."""

    def __init__(self) -> None:
        self._rows: dict[str, list[LabelRow]] = defaultdict(list)

    def add(self, reason: str, row: LabelRow) -> None:
        """Note that a photo is left out."""
        self._rows[reason].append(row)

    def result(self) -> tuple[LeftOut, ...]:
        """Return all that was noted, by reason."""
        return tuple(
            LeftOut(
                reason,
                tuple(sorted(str(row.get("path") or "") for row in rows)),
                tuple(sorted(row["photo_id"] for row in rows if row.get("photo_id") is not None)),
            )
            for reason, rows in sorted(self._rows.items())
        )


def select(rows: Iterable[LabelRow], pairs: bool, licenses: Collection[str], tally: Tally) -> list[LabelRow]:
    """Return the photos to export, one row each, by photo ID; the others go to the tally.

    Args:
        rows: label rows.
        pairs: only photos of accepted pairs.
        licenses: only these licences (SPDX ids in any case, or URLs); empty means all, and photos without one.
    """
    wanted = {name.casefold() for name in licenses}
    candidates: list[LabelRow] = []
    for row in rows:
        status = row.get("status") or "ok"
        if status != "ok" or row.get("photo_id") is None or not row.get("sha256"):
            tally.add(f"{_UNREADABLE} ({status})" if status != "ok" else "it has no photo ID", row)
        elif wanted and not row.get("license"):
            tally.add(NO_LICENSE, row)
        elif wanted and row["license"].casefold() not in wanted:
            tally.add(OTHER_LICENSE, row)
        elif pairs and row.get("subject_idx") is None:
            tally.add(NO_PAIR, row)
        else:
            candidates.append(row)

    candidates.sort(key=_best_copy_first)
    chosen: dict[int, LabelRow] = {}
    for row in candidates:
        kept = chosen.setdefault(row["photo_id"], row)
        if kept is not row:
            same = kept["sha256"] == row["sha256"]
            tally.add("an exact copy of it is in the set" if same else "another photo with its ID is in the set", row)
    return [chosen[photo_id] for photo_id in sorted(chosen)]


def way_out(reason: str, workspace: Path) -> str:
    """Return what a person can do about photos that are left out for a reason, as a sentence with a command."""
    if reason == NO_LICENSE:
        return f"State it, such as: {command('label', 'license=CC-BY-4.0', '--where', 'license IS NULL', workspace=workspace)}"
    if reason == OTHER_LICENSE:
        stated = command("photos", "--where", "license IS NOT NULL", "--format", "csv", workspace=workspace)
        return f"Stated licences are listed by: {stated}"
    if reason == NO_PAIR:
        return f"Pairs are decided in: {command('review', workspace=workspace)}"
    if reason.startswith("--match"):
        return "Name fewer properties after --match."
    failed = ("--where", "status != 'ok'") if reason.startswith(_UNREADABLE) else ()
    return f"Photos are listed by: {command('photos', *failed, workspace=workspace)}"


def unpaired(rows: Sequence[LabelRow]) -> list[LabelRow]:
    """Return the rows whose pair is not whole: no other row has their `subject_idx`."""
    members = Counter(row["subject_idx"] for row in rows if row.get("subject_idx") is not None)
    return [row for row in rows if row.get("subject_idx") is not None and members[row["subject_idx"]] < 2]


def _best_copy_first(row: LabelRow) -> tuple[bool, tuple[Any, ...]]:
    """Of copies, prefer the one that is in a pair, then the keeper."""
    return row.get("subject_idx") is None, keeper_rank(row)
