"""Import the decisions of another annotator: add new ones, measure agreement, and list conflicts.

A new decision is logged with the name of the annotator who made it. A conflicting one changes nothing unless the user prefers
a side. A second import of the same file changes nothing.

Agreement is measured on the pairs that both annotators decided themselves. Imported decisions and those made by a threshold do
not count, so the result stays the same when a file is imported twice or returns from the other side.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from curate.cameras.keys import camera_key
from curate.catalog import decisions
from curate.catalog.exchange import (
    CameraLine,
    LabelLine,
    Line,
    LocalLine,
    PairLine,
    PhotoName,
    Refused,
    check_decisions,
    exported,
    parsed,
)
from curate.catalog.findings import Conflict, Imported, Kind, Prefer, agreement
from curate.catalog.labelling import KEEPER
from curate.catalog.labels import LOCAL_ID_BASE
from curate.catalog.store import Catalog
from curate.errors import UsageError

_STATUS = {"accept": "accepted", "reject": "rejected"}

Preference = Prefer | Callable[[Conflict], Prefer | None] | None
"""Whose decision counts where the two differ, for all conflicts or for each; None keeps mine and leaves the conflict open."""

_LOCAL = {
    "clock": "an offset between two clocks: it is valid for the cameras of its workspace only",
    "forget": "forgotten photos: each workspace decides which photos it holds",
    "relocate": "relocated folders: each workspace has its own",
    "flag": "flags: each workspace has its own",
    "note": "notes: each workspace has its own",
}


def import_decisions(catalog: Catalog, path: Path, prefer: Preference = None, *, dry_run: bool = False) -> Imported:
    """Import decisions that another workspace exported, in one transaction, which one undo takes back.

    Args:
        catalog: open for writing.
        path: JSON lines, as `exchange.exported` writes them.
        prefer: whose decision counts where the two differ; a function is asked for each conflict, without its `kept`.
        dry_run: report what an import would do, and change nothing.

    Raises:
        UsageError: the file cannot be read, or none of its lines can be used.
    """
    check_decisions(path)
    found = Imported()
    resolve = _Resolver(catalog, found)
    last = _Latest(found, resolve)
    for line in parsed(path):
        last.take_in(line)
    found.agreement = agreement(_own_pairs(catalog), last.theirs_own)
    try:
        with catalog.transaction():
            step = _Import(catalog, found, prefer, _batch_name(catalog, path))
            for _, camera_line in sorted(last.cameras.items()):
                step.camera(camera_line)
            for (sha256, column), label_line in last.labels.items():
                step.label(sha256, column, label_line)
            for action in ("reject", "accept"):  # a rejected pair frees its photos for an accepted one
                for pair_line in last.pairs.values():
                    if pair_line.action == action:
                        step.pair(pair_line, resolve)
            if dry_run:
                raise _DryRun
    except _DryRun:
        pass
    return found


class _Latest:
    """The last line that is in force for each pair, label and camera of a file.

    Attributes:
        pairs: (sha256, sha256) of both photos -> line, in the order of these lines in the file.
        labels: (sha256 of a photo, label) -> line.
        cameras: make and model, folded by `camera_key` -> line.
        theirs_own: pairs that the other annotators decided themselves -> `accepted` or `rejected`.
    """

    def __init__(self, found: Imported, resolve: _Resolver) -> None:
        self._found, self._resolve = found, resolve
        self.pairs: dict[tuple[str, str], PairLine] = {}
        self.labels: dict[tuple[str, str], LabelLine] = {}
        self.cameras: dict[tuple[str, str], CameraLine] = {}
        self.theirs_own: dict[tuple[str, str], str] = {}

    def take_in(self, line: Line | Refused) -> None:
        """Read the next line."""
        found = self._found
        if isinstance(line, Refused):
            found.refused.append(line)
            return
        found.lines += 1
        if isinstance(line, LocalLine):
            found.passed_over[_LOCAL[line.action]] += 1
        elif not line.stands or not isinstance(line, (PairLine, LabelLine, CameraLine)):
            found.not_in_force += 1
        elif isinstance(line, PairLine):
            self._pair(line)
        elif isinstance(line, CameraLine):
            self.cameras[camera_key(line.make, line.model)] = line
        elif line.key == KEEPER:
            found.passed_over["which copy is kept: the copies are other files there"] += 1
        else:
            known = [sha256 for photo in line.photos if (sha256 := self._resolve(photo)) is not None]
            self.labels.update(((sha256, line.key), line) for sha256 in known)

    def _pair(self, line: PairLine) -> None:
        phone, other = self._resolve(line.phone), self._resolve(line.other)
        if phone == other and phone is not None:
            self._found.passed_over["a photo paired with itself"] += 1
        elif phone is not None and other is not None:
            key = _pair(phone, other)
            self.pairs.pop(key, None)  # so that the order is that of the last lines
            self.pairs[key] = line
            if not line.imported and line.auto is None:
                self.theirs_own[key] = _STATUS[line.action]


class _DryRun(Exception):
    """Rolls the transaction back."""


class _Resolver:
    """Finds photos of another workspace in this one: by sha256, else by a Flickr ID that only one sha256 here has.

    Calling it with a photo returns the sha256 in this workspace, or None.
    """

    def __init__(self, catalog: Catalog, found: Imported) -> None:
        self._catalog, self._found = catalog, found
        self._known: dict[PhotoName, str | None] = {}

    def __call__(self, photo: PhotoName) -> str | None:
        if photo not in self._known:
            self._known[photo] = self._look_up(photo)
            if self._known[photo] is None:
                self._found.unknown[photo.sha256] = photo.photo_id
        return self._known[photo]

    def _look_up(self, photo: PhotoName) -> str | None:
        connection = self._catalog.connection
        if connection.execute("SELECT 1 FROM photo WHERE sha256 = ? LIMIT 1", (photo.sha256,)).fetchone():
            return photo.sha256
        if photo.photo_id is None or photo.photo_id >= LOCAL_ID_BASE:
            return None
        rows = connection.execute(
            "SELECT DISTINCT sha256 FROM photo WHERE photo_id = ? AND sha256 IS NOT NULL", (photo.photo_id,)
        ).fetchall()
        return str(rows[0][0]) if len(rows) == 1 else None


class _Import:
    """Makes the decisions of the file in this workspace, one after the other, each compared with the current state."""

    def __init__(self, catalog: Catalog, found: Imported, prefer: Preference, batch: str) -> None:
        self._catalog, self._found, self._prefer, self._batch = catalog, found, prefer, batch

    def pair(self, line: PairLine, resolve: _Resolver) -> None:
        phone, other = resolve(line.phone), resolve(line.other)
        assert phone is not None and other is not None
        verdict = decisions.verdict_of(self._catalog, phone, other) or decisions.verdict_of(self._catalog, other, phone)
        status = _STATUS[line.action]
        if verdict and verdict[0] == status:
            self._found.unchanged += 1
            return
        what = self._paths(phone, other)
        if verdict and not self._settled("pair", what, str(verdict[0]), status, line):
            return
        if line.action == "accept":
            for this, that in ((phone, other), (other, phone)):
                partner = decisions.partner_of(self._catalog, this)
                if partner is None or partner == that:
                    continue
                mine = f"paired with {self._paths(partner)[0]}"
                if not self._settled("partner", what, mine, status, line):
                    return
                decisions.decide(self._catalog, "reject", this, partner, note=self._note(line))
        decisions.decide(self._catalog, line.action, phone, other, note=self._note(line))
        self._found.taken[status] += 1

    def label(self, sha256: str, key: str, line: LabelLine) -> None:
        rows = self._catalog.connection.execute(
            "SELECT photo.id, assertion.value, assertion.photo IS NOT NULL AS said FROM photo LEFT JOIN assertion "
            "ON assertion.photo = photo.id AND assertion.key = ? AND assertion.origin = 'person' WHERE sha256 = ?",
            (key, sha256),
        ).fetchall()
        said = {row["value"] for row in rows if row["said"]}
        if said == {line.value} and all(row["said"] for row in rows):
            self._found.unchanged += 1
            return
        other = sorted(said - {line.value}, key=str)
        if other and not self._settled("label", (*self._paths(sha256), key), other[0], line.value, line):
            return
        try:
            decisions.label(self._catalog, [row["id"] for row in rows], key, line.value, note=self._note(line))
        except UsageError as error:
            self._found.passed_over[f"{error.what}: {error.why}"] += 1
            return
        self._found.taken["labels"] += 1

    def camera(self, line: CameraLine) -> None:
        row = self._catalog.connection.execute(
            "SELECT type FROM camera_override WHERE make = ? AND model = ?", camera_key(line.make, line.model)
        ).fetchone()
        if row and row["type"] == line.type.value:
            self._found.unchanged += 1
            return
        if row and not self._settled("camera", (line.make, line.model), row["type"], line.type.value, line):
            return
        decisions.set_camera_type(self._catalog, line.make, line.model, line.type, note=self._note(line))
        self._found.taken["cameras"] += 1

    def _settled(
        self,
        kind: Kind,
        what: tuple[str, ...],
        mine: str | None,
        theirs: str | None,
        line: PairLine | LabelLine | CameraLine,
    ) -> bool:
        """Record a conflict; returns whether theirs is preferred."""
        conflict = Conflict(kind, what, mine, theirs, line.who, line.at, None)
        kept = self._prefer(conflict) if callable(self._prefer) else self._prefer
        self._found.conflicts.append(replace(conflict, kept=kept))
        return kept == "theirs"

    def _note(self, line: PairLine | LabelLine | CameraLine) -> dict[str, Any]:
        auto = {} if line.auto is None else {"auto": line.auto}
        return {"by": {"who": line.who, "at": line.at}, "batch": self._batch, **auto}

    def _paths(self, *hashes: str) -> tuple[str, ...]:
        paths = []
        for sha256 in hashes:
            row = self._catalog.connection.execute(
                "SELECT resolved(path) FROM photo WHERE sha256 = ? ORDER BY path LIMIT 1", (sha256,)
            ).fetchone()
            paths.append(row[0] if row else sha256)
        return tuple(paths)


def _own_pairs(catalog: Catalog) -> dict[tuple[str, str], str]:
    """Return the last standing decision on each pair that a person made in this workspace, without imported ones."""
    own: dict[tuple[str, str], str] = {}
    for row in exported(catalog):
        if row["stands"] and row["action"] in _STATUS and not row.get("imported") and row.get("auto") is None:
            own[_pair(row["phone"]["sha256"], row["other"]["sha256"])] = _STATUS[row["action"]]
    return own


def _pair(a: str, b: str) -> tuple[str, str]:
    return (a, b) if a < b else (b, a)


def _batch_name(catalog: Catalog, path: Path) -> str:
    """Return a unique name of an import: a hash of the file's content, and its position in the log."""
    with path.open("rb") as file:
        content = hashlib.file_digest(file, "sha256").hexdigest()
    row = catalog.connection.execute("SELECT coalesce(max(seq), 0) + 1 FROM decision").fetchone()
    return f"import {content[:16]} at {row[0]}"
