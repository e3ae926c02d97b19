"""Import the decisions of another annotator: add new ones, measure agreement, and list conflicts.

A new decision is logged with the name of the annotator who made it. One that would replace what holds in this workspace, by a
person's decision or not, is a conflict: it changes nothing unless the user prefers a side. A second import of the same file
changes nothing, and files that do not differ give the same state in any order.

An imported label obeys the rules of a typed one. The owner, licence and address that a photo's source states are never replaced
by an import: only a person of this workspace does that.

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
from curate.cameras.types import CameraType
from curate.catalog import decisions
from curate.catalog.assigning import refuse_label
from curate.catalog.clocks import canonical, offsets_between
from curate.catalog.database import scratch_copy
from curate.catalog.exchange import (
    CameraLine,
    ClockLine,
    FlagLine,
    ForgetLine,
    LabelLine,
    Line,
    NoteLine,
    PairLine,
    PhotoName,
    Refused,
    RelocateLine,
    StepLine,
    check_decisions,
    exported,
    parsed,
)
from curate.catalog.findings import Conflict, Imported, Kind, Prefer, agreement
from curate.catalog.forgetting import forget_these
from curate.catalog.forgotten import is_forgotten
from curate.catalog.keepers import choices_among, keep_imported
from curate.catalog.labelling import KEEPER, RIGHTS, parse_taken
from curate.catalog.labels import LOCAL_ID_BASE
from curate.catalog.marking import flag, state_clock, write_note
from curate.catalog.pairs import is_decided
from curate.catalog.photos import said_by_source
from curate.catalog.remarks import remark_of
from curate.catalog.store import Catalog
from curate.errors import UsageError

_STATUS = {"accept": "accepted", "reject": "rejected"}
_KINDS = {
    "camera": "camera", "label": "label", "clock": "clock", "reject": "pair", "accept": "pair", "flag": "flag", "note": "note",
    "forget": "forget",
}  # fmt: skip
"""Action -> what is decided, in the order in which decisions are imported: photos are forgotten last."""

Preference = Prefer | Callable[[Conflict], Prefer | None] | None
"""Whose decision counts where the two differ, for all conflicts or for each; None keeps mine and leaves the conflict open."""

Key = tuple[str, ...]


def import_decisions(catalog: Catalog, path: Path, prefer: Preference = None, *, dry_run: bool = False) -> Imported:
    """Import decisions that another workspace exported, in one transaction, which one undo takes back.

    Args:
        catalog: open for writing, or for reading if nothing is to change.
        path: JSON lines, as `exchange.exported` writes them.
        prefer: whose decision counts where the two differ; a function is asked for each conflict, without its `kept`.
        dry_run: report what an import would do, and change nothing.

    Raises:
        UsageError: the file cannot be read, or none of its lines can be used.
    """
    check_decisions(path)
    if dry_run:
        with scratch_copy(catalog.connection, catalog.workspace.root) as connection:
            return import_decisions(Catalog(catalog.workspace, connection), path, prefer)
    found = Imported()
    resolve = _Resolver(catalog, found)
    last = _Latest(found, resolve)
    for line in parsed(path):
        last.take_in(line)
    found.agreement = agreement(_own_pairs(catalog), last.theirs_own)
    with catalog.transaction():
        _Import(catalog, found, prefer, resolve).run(last, _batch_name(catalog, path))
    return found


class _Latest:
    """The last line that is in force for whatever is decided in a file.

    Attributes:
        lines: what is decided -> line, in the order of these lines in the file. What is decided is the kind of decision, and a
            pair of photos (sha256), a photo and a label, a camera (`camera_key`), two clocks, or a photo that is forgotten.
        theirs_own: pairs that the other annotators decided themselves -> `accepted` or `rejected`.
    """

    def __init__(self, found: Imported, resolve: _Resolver) -> None:
        self._found, self._resolve = found, resolve
        self.lines: dict[Key, Line] = {}
        self.theirs_own: dict[Key, str] = {}

    def take_in(self, line: Line | Refused) -> None:
        """Read the next line."""
        if isinstance(line, Refused):
            self._found.refuse(line)
            return
        self._found.lines += 1
        if not line.stands or isinstance(line, StepLine):
            self._found.not_in_force += 1
            return
        if isinstance(line, RelocateLine):
            self._found.passed_over["a folder that was relocated: each workspace has its own"] += 1
            return
        for key in self._keys(line):
            self.lines.pop(key, None)  # so that the order is that of the last lines
            self.lines[key] = line
            if isinstance(line, PairLine) and not line.imported and line.auto is None:
                self.theirs_own[key[1:]] = _STATUS[line.action]

    def in_order(self) -> list[tuple[Key, Line]]:
        """Return the lines in the order in which they are imported.

        A rejected pair frees its photos for an accepted one. Of the choices among copies, the last one is imported first, since
        the first one that is imported is the strongest.
        """
        kinds = list(_KINDS.values())
        lines = list(enumerate(self.lines.items()))
        lines.sort(
            key=lambda at: (
                kinds.index(at[1][0][0]),
                at[1][1].action == "accept",
                -at[0] if at[1][0][-1] == KEEPER else at[0],
            )
        )
        return [item for _, item in lines]

    def _keys(self, line: Line) -> list[Key]:
        kind = _KINDS[line.action]
        if isinstance(line, CameraLine):
            return [(kind, *camera_key(line.make, line.model))]
        if isinstance(line, ClockLine):
            return [(kind, *sorted((line.camera_a, line.camera_b)))]
        if isinstance(line, LabelLine):
            return [(kind, sha256, line.key) for photo in line.photos if (sha256 := self._resolve(photo)) is not None]
        if isinstance(line, ForgetLine):
            return [(kind, sha256) for photo in line.photos if (sha256 := self._resolve(photo)) is not None]
        assert isinstance(line, (PairLine, FlagLine, NoteLine))
        phone, other = self._resolve(line.phone), self._resolve(line.other)
        if phone is None or other is None:
            return []
        if phone == other:
            self._found.passed_over["a photo paired with itself"] += 1
            return []
        return [(kind, *sorted((phone, other)))]


class _Resolver:
    """Finds photos of another workspace in this one: by sha256, else by a Flickr ID that only one sha256 here has.

    Calling it with a photo returns the sha256 in this workspace, or None.
    """

    def __init__(self, catalog: Catalog, found: Imported) -> None:
        self._catalog, self._found = catalog, found
        self._known: dict[tuple[str, int | None], str | None] = {}

    def __call__(self, photo: PhotoName) -> str | None:
        name = photo.sha256, photo.photo_id
        if name not in self._known:
            self._known[name] = self._look_up(photo)
            if self._known[name] is None and is_forgotten(self._catalog, photo.sha256):
                self._found.passed_over["photos that were forgotten here"] += 1
            elif self._known[name] is None:
                self._found.unknown[photo.sha256] = photo.photo_id
        return self._known[name]

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

    def __init__(self, catalog: Catalog, found: Imported, prefer: Preference, resolve: _Resolver) -> None:
        self._catalog, self._found, self._prefer, self._resolve = catalog, found, prefer, resolve
        self._decided: set[str] = set()

    def run(self, last: _Latest, batch: str) -> None:
        """Make all decisions. Photos about which a person here decided something are not forgotten without a question."""
        self._batch = batch
        forgotten = [sha256 for kind, sha256, *_ in last.lines if kind == "forget"]
        self._decided = {sha256 for sha256 in forgotten if is_decided(self._catalog, sha256)}
        for key, line in last.in_order():
            if isinstance(line, PairLine):
                self.pair(line)
            elif isinstance(line, LabelLine):
                self.label(key[1], line)
            elif isinstance(line, CameraLine):
                self.camera(line)
            elif isinstance(line, ClockLine):
                self.clock(line)
            elif isinstance(line, ForgetLine):
                self.forget(key[1], line)
            elif isinstance(line, (FlagLine, NoteLine)):
                self.remark(key[1], key[2], line)

    def pair(self, line: PairLine) -> None:
        """Accept or reject a pair."""
        phone, other = self._resolve(line.phone), self._resolve(line.other)
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
        self._took(status, line)

    def label(self, sha256: str, line: LabelLine) -> None:
        """Set a label by the rules of typed labels; it replaces no value of this workspace, whoever gave it."""
        key, value = line.key, line.value or None
        if key == KEEPER:
            self._keep(sha256, line)
            return
        try:
            refuse_label(key, value)
        except UsageError as error:
            self._found.passed_over[f"{error.what}: {error.why}"] += 1
            return
        rows = self._catalog.connection.execute(
            f'SELECT id, "{key}" AS value, EXISTS (SELECT 1 FROM assertion WHERE photo = label.id AND key = ?1 '
            "AND origin = 'person') AS said FROM label WHERE sha256 = ?2",
            (key, sha256),
        ).fetchall()
        theirs = parse_taken(value)[0] if key == "taken_at" else value
        others = [row for row in rows if row["value"] != theirs]
        if not others:
            self._found.unchanged += 1
            return
        of_source = key in RIGHTS and any(said_by_source(self._catalog, row["id"]).get(key) for row in rows)
        replaced = [row["value"] for row in others if row["said"] or row["value"] is not None]
        if replaced and not self._settled("label", (*self._paths(sha256), key), replaced[0], value, line, of_source):
            return
        decisions.label(self._catalog, [row["id"] for row in others], key, value, note=self._note(line))
        self._took("labels", line)

    def _keep(self, sha256: str, line: LabelLine) -> None:
        """Choose a copy, unless another copy of the same content was chosen here."""
        copies = choices_among(self._catalog, sha256)
        name = next(photo for photo in line.photos if self._resolve(photo) == sha256)
        same = name.nth <= name.of == len(copies)
        meant = {copies[name.nth - 1]} if same else {*copies} if name.of == 1 else set()
        if any(is_chosen for _, is_chosen in meant):
            self._found.unchanged += 1
        elif not meant or not line.value or any(is_chosen for _, is_chosen in copies):
            self._found.passed_over["which copy is kept: the copies here are others, or another one was chosen"] += 1
        else:
            keep_imported(
                self._catalog, next(photo for photo, _ in copies if (photo, False) in meant), self._note(line)
            )
            self._took("kept", line)

    def camera(self, line: CameraLine) -> None:
        """State the type of a camera."""
        mine = self._catalog.cameras.types_of(line.make, line.model)
        if mine == {line.type}:
            self._found.unchanged += 1
            return
        differ = sorted(mine - {line.type, CameraType.UNKNOWN})
        if differ and not self._settled("camera", (line.make, line.model), differ[0], line.type.value, line):
            return
        decisions.set_camera_type(self._catalog, line.make, line.model, line.type, note=self._note(line))
        self._took("cameras", line)

    def clock(self, line: ClockLine) -> None:
        """State the offset between two clocks. A withdrawn one states nothing."""
        sides = self._catalog.cameras.clock_names()
        names = line.camera_a, line.camera_b
        if names[0] == names[1] or not sides.keys() >= {*names}:
            self._found.passed_over["a clock of a camera that no photo here is by"] += 1
            return
        cameras = canonical(*names, *(sides[name] for name in names))
        there = next(iter(offsets_between(self._catalog, *cameras)), None)
        mine = 0.0 if there is None else there.seconds if there.camera_a == cameras[0] else -there.seconds
        theirs = (line.seconds or 0.0) if cameras[0] == names[0] else -(line.seconds or 0.0)
        if line.seconds is None or (there is not None and there.source == "person" and mine == theirs):
            self._found.unchanged += 1
            return
        if there is not None and not self._settled("clock", cameras, f"{mine:,g} s", f"{theirs:,g} s", line):
            return
        state_clock(self._catalog, *cameras, theirs, note=self._note(line))
        self._took("clocks", line)

    def remark(self, one: str, two: str, line: FlagLine | NoteLine) -> None:
        """Flag a pair, or write a note on it. A missing flag or note states nothing."""
        mine = remark_of(self._catalog, one, two)
        if isinstance(line, FlagLine):
            if line.on and flag(self._catalog, one, two, True, self._note(line)):
                self._took("flags", line)
            else:
                self._found.unchanged += 1
        elif line.text in ("", mine.note):
            self._found.unchanged += 1
        elif not mine.note or self._settled("note", self._paths(one, two), mine.note, line.text, line):
            write_note(self._catalog, one, two, line.text, self._note(line))
            self._took("notes", line)

    def forget(self, sha256: str, line: ForgetLine) -> None:
        """Forget a photo, with its exact copies."""
        if sha256 in self._decided and not self._settled(
            "forget", self._paths(sha256), "in this workspace", "forgotten", line
        ):
            return
        photos = [photo for photo, _ in choices_among(self._catalog, sha256)]
        self._found.taken["forgotten"] += forget_these(self._catalog, photos, self._note(line)) - 1
        self._took("forgotten", line)

    def _settled(
        self,
        kind: Kind,
        what: tuple[str, ...],
        mine: str | None,
        theirs: str | None,
        line: Line,
        mine_only: bool = False,
    ) -> bool:
        """Record a conflict; returns whether theirs is preferred. With `mine_only`, an import cannot replace mine."""
        conflict = Conflict(kind, what, mine, theirs, line.who, line.at, None)
        kept = self._prefer(conflict) if callable(self._prefer) else self._prefer
        if mine_only and kept == "theirs":
            kept = "mine"
            self._found.passed_over[
                "what a photo's source states of its owner, licence or address; use `curate label`"
            ] += 1
        self._found.conflicts.append(replace(conflict, kept=kept))
        return kept == "theirs"

    def _took(self, kind: str, line: Line) -> None:
        self._found.taken[kind] += 1
        self._found.own_name += line.who == self._catalog.annotator

    def _note(self, line: Line) -> dict[str, Any]:
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


def _own_pairs(catalog: Catalog) -> dict[Key, str]:
    """Return the last standing decision on each pair that a person made in this workspace, without imported ones."""
    own: dict[Key, str] = {}
    for row in exported(catalog):
        if row["stands"] and row["action"] in _STATUS and not row.get("imported") and row.get("auto") is None:
            own[tuple(sorted(row[side]["sha256"] for side in ("phone", "other")))] = _STATUS[row["action"]]
    return own


def _batch_name(catalog: Catalog, path: Path) -> str:
    """Return a unique name of an import: a hash of the file's content, and its position in the log."""
    with path.open("rb") as file:
        content = hashlib.file_digest(file, "sha256").hexdigest()
    row = catalog.connection.execute("SELECT coalesce(max(seq), 0) + 1 FROM decision").fetchone()
    return f"import {content[:16]} at {row[0]}"
