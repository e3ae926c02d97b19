"""The decision log: append-only, with undo and redo, and the verdicts on pairs that follow from it.

Undo and redo are entries of the log too, so they survive a restart. Entries name photos by the sha256 of their files, so that
a decision stays valid when a file is moved.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from curate.cameras.keys import camera_key
from curate.cameras.types import CameraType
from curate.catalog.assigning import refuse_label
from curate.catalog.effects import apply, take_back
from curate.catalog.forgotten import name_paths
from curate.catalog.store import Catalog, now
from curate.errors import UsageError
from tracer.base.text import printable_path

Action = Literal["accept", "reject", "label", "camera", "clock", "forget", "flag", "note", "relocate"]
NO_NOTE: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Decision:
    """One entry of the log.

    Attributes:
        seq: its number.
        at: time, ISO 8601 in UTC.
        who: the annotator.
        action: the kind of decision, or `undo` or `redo`.
        payload: what was decided, and what is needed to undo it. Of `undo` and `redo`: the `seq` of the entry.
    """

    seq: int
    at: str
    who: str
    action: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Tally:
    """The number of decided pairs; pairs whose photos are gone are not counted.

    Attributes:
        accepted: number of accepted pairs.
        rejected: number of rejected pairs.
    """

    accepted: int = 0
    rejected: int = 0


@dataclass(frozen=True, slots=True)
class DecidedPair:
    """A decided pair.

    Attributes:
        phone: sha256 of the phone photo.
        other: sha256 of the other photo.
        accepted: whether it was accepted.
        by_person: whether a person decided it; False where a threshold decided, or a file was replaced.
    """

    phone: str
    other: str
    accepted: bool
    by_person: bool


def entries(catalog: Catalog) -> Iterator[Decision]:
    """Yield the log, oldest first."""
    yield from map(_decision, catalog.connection.execute("SELECT * FROM decision ORDER BY seq"))


def decide(
    catalog: Catalog,
    action: Literal["accept", "reject"],
    phone: str,
    other: str,
    *,
    checked: bool = True,
    note: Mapping[str, Any] = NO_NOTE,
) -> Decision:
    """Accept or reject a pair.

    Args:
        catalog: open for writing.
        action: what to do.
        phone: sha256 of the phone photo.
        other: sha256 of the other photo.
        checked: whether a second partner of a photo is refused.
        note: how the decision came about; stored in the payload. `auto`: a threshold decided. `by`: who else decided it, and
            when. `batch`: name of the decisions undone together. `gone`: rejected since a photo's file has other content.

    Raises:
        UsageError: one of the photos is already in another accepted pair.
    """
    with catalog.transaction():
        if verdict_of(catalog, phone, other) is None and verdict_of(catalog, other, phone) is not None:
            phone, other = other, phone  # the pair was decided in the other order, before a camera's type changed
        if action == "accept":
            note = _reject_gone_pairs(catalog, phone, other, note)
            if checked:
                _refuse_second_partner(catalog, phone, other)
            before = verdict_of(catalog, phone, other)
            subject = before[1] if before and before[1] is not None else _next_subject(catalog)
            return append(
                catalog, "accept", {"phone": phone, "other": other, "subject_idx": subject, "before": before, **note}
            )
        before = verdict_of(catalog, phone, other)
        return append(catalog, "reject", {"phone": phone, "other": other, "before": before, **note})


def label(catalog: Catalog, photos: list[int], key: str, value: str | None, note: Mapping[str, Any] = NO_NOTE) -> int:
    """Set a label of photos, as a person; returns how many labels changed.

    Args:
        catalog: open for writing.
        photos: row IDs.
        key: one of `SAID_KEYS`, or `KEEPER`.
        value: the new value; None for an empty label.
        note: as in `decide`.

    Raises:
        UsageError: the label cannot be set by a person, or the value of `taken_at` is not a time.
    """
    refuse_label(key, value)
    with catalog.transaction():
        changed = []
        for photo in photos:
            row = catalog.connection.execute(
                "SELECT value, imported FROM assertion WHERE photo = ? AND key = ? AND origin = 'person'", (photo, key)
            ).fetchone()
            if row is None or row["value"] != value or (row["imported"] and "by" not in note):
                sha256 = catalog.connection.execute("SELECT sha256 FROM photo WHERE id = ?", (photo,)).fetchone()
                changed.append(
                    {
                        "photo": photo,
                        "sha256": sha256[0] if sha256 else None,
                        "said": row is not None,
                        "before": row["value"] if row else None,
                        "imported": bool(row and row["imported"]),
                    }
                )
        if changed:
            append(catalog, "label", {"key": key, "value": value, "photos": changed, **note})
        return len(changed)


def set_camera_type(
    catalog: Catalog, make: str, model: str, camera_type: CameraType, note: Mapping[str, Any] = NO_NOTE
) -> None:
    """State the type of a camera model; it applies to all its photos, present and future. `note`: as in `decide`."""
    with catalog.transaction():
        row = catalog.connection.execute(
            "SELECT type FROM camera_override WHERE make = ? AND model = ?", camera_key(make, model)
        ).fetchone()
        append(
            catalog,
            "camera",
            {"make": make, "model": model, "type": camera_type.value, "before": row["type"] if row else None, **note},
        )


def forget_photos(
    catalog: Catalog, photos: Sequence[int], paths: Sequence[bytes], note: Mapping[str, Any] = NO_NOTE
) -> None:
    """Remove photos from the catalogue.

    Args:
        catalog: open for writing.
        photos: row IDs.
        paths: the paths that a person named; an ingest skips them from now on.
        note: as in `decide`.
    """
    with catalog.transaction():
        rows = (catalog.connection.execute("SELECT sha256 FROM photo WHERE id = ?", (photo,)) for photo in photos)
        named = [{"photo": photo, "sha256": row.fetchone()["sha256"]} for photo, row in zip(photos, rows, strict=True)]
        said = {"photos": named, "paths": [printable_path(path) for path in paths]}
        decision = _write(catalog, "forget", {**said, **note})
        name_paths(catalog, decision.seq, paths)
        apply(catalog, decision.action, decision.payload, decision.seq)


def batch_name(catalog: Catalog, what: str) -> str:
    """Return a unique name of a batch. Decisions with one `batch` in their `note` are undone and redone as one step."""
    row = catalog.connection.execute("SELECT coalesce(max(seq), 0) + 1 FROM decision").fetchone()
    return f"{what} at {row[0]}"


def step_of(catalog: Catalog, member: Decision) -> list[Decision]:
    """Return the decisions of one batch, oldest first; a decision outside a batch is returned alone."""
    if "batch" not in member.payload:
        return [member]
    rows = catalog.connection.execute(
        "SELECT * FROM decision WHERE action NOT IN ('undo', 'redo') AND json_extract(payload, '$.batch') = ? "
        "ORDER BY seq",
        (member.payload["batch"],),
    )
    return [_decision(row) for row in rows]


def undo(catalog: Catalog) -> Decision | None:
    """Undo the last decision that still stands, with all of its batch; returns it, or None where there is none."""
    with catalog.transaction():
        last = _last_standing(catalog)
        if last is None:
            return None
        for entry in reversed(step_of(catalog, last)):
            _write(catalog, "undo", {"seq": entry.seq}, entry)
            take_back(catalog, entry.action, entry.payload, entry.seq)
        return last


def redo(catalog: Catalog) -> Decision | None:
    """Redo the decision that was last undone; returns it, or None where there is none or something was decided since."""
    with catalog.transaction():
        last = _last_taken_back(catalog)
        if last is None:
            return None
        for entry in step_of(catalog, last):
            _write(catalog, "redo", {"seq": entry.seq}, entry)
            apply(catalog, entry.action, entry.payload, entry.seq)
        return last


def verdict_of(catalog: Catalog, phone: str, other: str) -> list[Any] | None:
    """Return [status, subject_idx, seq] of a decided pair; None for an open one."""
    row = catalog.connection.execute(
        "SELECT status, subject_idx, seq FROM verdict WHERE phone = ? AND other = ?", (phone, other)
    ).fetchone()
    return list(row) if row else None


def partner_of(catalog: Catalog, sha256: str) -> str | None:
    """Return the sha256 of a photo's accepted partner; None where it has none."""
    row = catalog.connection.execute(
        "SELECT other FROM verdict WHERE phone = ?1 AND status = 'accepted' AND NOT gone "
        "UNION ALL SELECT phone FROM verdict WHERE other = ?1 AND status = 'accepted' AND NOT gone LIMIT 1",
        (sha256,),
    ).fetchone()
    return str(row[0]) if row else None


def tally(catalog: Catalog) -> Tally:
    """Return how many pairs are accepted and rejected; `pairs.pairs` lists them."""
    rows = catalog.connection.execute("SELECT status, count(*) FROM verdict WHERE NOT gone GROUP BY status")
    return Tally(**{row[0]: row[1] for row in rows})


def gone(catalog: Catalog) -> int:
    """Return how many decided pairs no longer count, because a photo was forgotten or its file has other content now."""
    return int(catalog.connection.execute("SELECT count(*) FROM verdict WHERE gone").fetchone()[0])


def decided_pairs(catalog: Catalog) -> Iterator[DecidedPair]:
    """Yield the decided pairs whose photos are in the catalogue, in the order of the log."""
    for row in catalog.connection.execute(
        "SELECT verdict.phone, verdict.other, verdict.status, "
        "coalesce(json_extract(decision.payload, '$.auto'), json_extract(decision.payload, '$.gone')) IS NULL AS meant "
        "FROM verdict JOIN decision USING (seq) WHERE NOT gone ORDER BY seq"
    ):
        yield DecidedPair(row["phone"], row["other"], row["status"] == "accepted", bool(row["meant"]))


def _refuse_second_partner(catalog: Catalog, phone: str, other: str) -> None:
    for this, that in ((phone, other), (other, phone)):
        partner = partner_of(catalog, this)
        if partner is not None and partner != that:
            rows = catalog.connection.execute(
                "SELECT sha256, resolved(path) FROM photo WHERE sha256 IN (?, ?) ORDER BY path DESC", (this, partner)
            )
            names = dict(map(tuple, rows))  # of exact copies the first by path, which is the one that pairs name
            raise UsageError(
                "that photo already has a partner",
                f"{names.get(this, this)} is paired with {names.get(partner, partner)}",
                "Reject that pair first, or undo it.",
            )


def _reject_gone_pairs(catalog: Catalog, phone: str, other: str, note: Mapping[str, Any]) -> Mapping[str, Any]:
    """Reject earlier accepted pairs of these photos whose partner was forgotten or has other content now.

    A person could no longer name such pairs. The photo of a missing file stays in the catalogue, so pairs of photos that were
    moved or unplugged are not touched. Returns the note for the decision that makes this necessary, so that both are undone
    together.
    """
    rows = catalog.connection.execute(
        "SELECT phone, other FROM verdict WHERE status = 'accepted' AND gone AND (phone IN (?1, ?2) OR other IN (?1, ?2)) "
        "AND NOT (phone = ?1 AND other = ?2)",
        (phone, other),
    ).fetchall()
    if rows and "batch" not in note:
        note = {**note, "batch": batch_name(catalog, "accept")}
    for row in rows:
        decide(catalog, "reject", row["phone"], row["other"], note={**note, "gone": True})
    return note


def _next_subject(catalog: Catalog) -> int:
    """Return a subject number that no pair ever had."""
    row = catalog.connection.execute(
        "SELECT max(json_extract(payload, '$.subject_idx')) FROM decision WHERE action = 'accept'"
    ).fetchone()
    return 0 if row[0] is None else int(row[0]) + 1


def append(catalog: Catalog, action: Action, payload: dict[str, Any]) -> Decision:
    """Log a decision and apply it; to be called in a transaction."""
    decision = _write(catalog, action, payload)
    apply(catalog, action, payload, decision.seq)
    return decision


def _write(catalog: Catalog, action: str, payload: dict[str, Any], of: Decision | None = None) -> Decision:
    """Write an entry; `of` is the one that an undo or redo is about."""
    at, who = now(), catalog.annotator
    row = catalog.connection.execute(
        "INSERT INTO decision (at, who, action, payload) VALUES (?, ?, ?, ?) RETURNING seq",
        (at, who, action, json.dumps(payload, ensure_ascii=False)),
    ).fetchone()
    decision = Decision(int(row[0]), at, who, action, payload)
    said = of or decision
    if said.action != "relocate" or said.payload["news"]:  # files that were only moved change nothing of a set
        catalog.touch(logged=said.action != "relocate")
    return decision


def _last_standing(catalog: Catalog) -> Decision | None:
    """Return the decision that an undo takes back. The log is a stack, so it is read from its end."""
    taken_back = 0
    for entry in newest_first(catalog):
        if entry.action == "undo":
            taken_back += 1
        elif taken_back:
            taken_back -= 1  # a later undo took back this decision, or the one that this entry redid
        else:
            return _entry(catalog, entry.payload["seq"]) if entry.action == "redo" else entry
    return None


def _last_taken_back(catalog: Catalog) -> Decision | None:
    """Return the decision that a redo applies again: undone since the last new decision, and not redone since."""
    done_again = 0
    for entry in newest_first(catalog):
        if entry.action == "redo":
            done_again += 1
        elif entry.action != "undo":
            return None
        elif done_again:
            done_again -= 1
        else:
            return _entry(catalog, entry.payload["seq"])
    return None


def in_force(catalog: Catalog) -> set[int]:
    """Return the numbers of the decisions that stand."""
    stand: set[int] = set()
    for action, seq in catalog.connection.execute(
        "SELECT action, iif(action IN ('undo', 'redo'), json_extract(payload, '$.seq'), seq) FROM decision ORDER BY seq"
    ):
        (stand.discard if action == "undo" else stand.add)(seq)
    return stand


def newest_first(catalog: Catalog) -> Iterator[Decision]:
    """Yield the log, newest first."""
    yield from map(_decision, catalog.connection.execute("SELECT * FROM decision ORDER BY seq DESC"))


def _entry(catalog: Catalog, seq: int) -> Decision:
    return _decision(catalog.connection.execute("SELECT * FROM decision WHERE seq = ?", (seq,)).fetchone())


def _decision(row: sqlite3.Row) -> Decision:
    return Decision(row["seq"], row["at"], row["who"], row["action"], json.loads(row["payload"]))
