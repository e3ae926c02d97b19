"""The catalogue's photos: taken in, looked up, labelled."""

from __future__ import annotations

import contextlib
import difflib
import getpass
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from curate.cameras.names import CameraKey, camera_key
from curate.cameras.resolve import resolve
from curate.cameras.types import Camera, CameraType
from curate.cameras.version import rules_version
from curate.catalog.database import connect, connect_read_only, damage_told, is_current, transaction
from curate.catalog.expressions import label_reader
from curate.catalog.labelling import label_photo
from curate.catalog.labels import ATTRIBUTES, LABEL_COLUMNS, LabelRow
from curate.errors import WorkspaceError
from curate.photos.facts import READER, Exif, PhotoFacts, Status, TakenPrecision
from curate.workspace import Workspace
from curate.workspace.settings import SETTINGS
from tracer.base.text import printable_path

Origin = Literal["person", "sidecar", "folder"]
_STRENGTH: dict[Origin, int] = {"folder": 0, "sidecar": 1, "person": 2}

_ROW_COLUMNS = (*LABEL_COLUMNS, "path", "status", "error")
_BOOLEANS = tuple(name for name, kind in LABEL_COLUMNS.items() if kind == "bool")
_SELECT = ", ".join(f'"{name}"' for name in _ROW_COLUMNS)
_NEW_ID = "SELECT 1 + max(coalesce((SELECT max(id) FROM photo), 0), coalesce((SELECT max(photo) FROM forgotten), 0))"
"""A number that no photo ever had: the decision log names labelled photos by it."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the catalogue remembers of a file: enough to tell whether it changed, and which reader read it last.

    Attributes:
        pictured: the sha256 of a file that was decoded, so that it has a preview.
    """

    id: int
    size: int | None
    mtime_ns: int | None
    status: Status
    reader: int
    pictured: str | None

    def changed(self, size: int, mtime_ns: int) -> bool:
        """Whether a file of that size and time is another one."""
        return self.size != size or self.mtime_ns != mtime_ns


@dataclass
class Catalog:
    """The one writer (or a reader) of a workspace's catalogue."""

    workspace: Workspace
    connection: sqlite3.Connection
    _cameras: dict[tuple[str | None, str | None, int | None], int] = field(default_factory=dict, repr=False)

    @classmethod
    @contextlib.contextmanager
    def open(cls, workspace: Workspace, *, read_only: bool = False) -> Iterator[Catalog]:
        """Open the catalogue; it is made or upgraded where needed. A writer also holds `workspace.writing`.

        Raises:
            NewerSchema: a newer lenstrace made it. WorkspaceError: it is damaged. StorageError: the disk refuses.
            WorkspaceBusy: a reader would have to upgrade it, and another process writes to it.
        """
        _check_settings(workspace)
        if read_only and not is_current(workspace.catalog):
            with workspace.writing("upgrade"), cls.open(workspace):
                pass  # opening it to write upgrades it
        connection = connect_read_only(workspace.catalog) if read_only else connect(workspace.catalog)
        with contextlib.closing(connection), damage_told(connection, workspace.catalog):
            catalog = cls(workspace, connection)
            if not read_only:
                catalog.apply_camera_rules()
            yield catalog

    def transaction(self) -> contextlib.AbstractContextManager[sqlite3.Connection]:
        """All or nothing."""
        return transaction(self.connection, self.workspace.catalog)

    @property
    def annotator(self) -> str:
        """The name that the decision log keeps."""
        return self.workspace.settings.review.annotator or getpass.getuser()

    def touch(self) -> None:
        """Remember that the catalogue changed now; exports take their dates from here."""
        self.connection.execute("INSERT OR REPLACE INTO fact VALUES ('changed', ?)", (now(),))
        self._count_up("revision")

    def changed(self) -> str:
        """Return when the catalogue was last changed, ISO 8601 in UTC."""
        row = self.connection.execute("SELECT value FROM fact WHERE key = 'changed'").fetchone()
        return str(row[0]) if row else "1970-01-01T00:00:00+00:00"

    def revision(self) -> int:
        """Return how often the catalogue was changed: tells apart two changes within a second."""
        return self._counted("revision")

    def candidates_changed(self) -> None:
        """Remember that candidates came or went: what was worked out for those before is not for these."""
        self._count_up("candidates")

    def candidates_revision(self) -> int:
        """Return how often candidates came or went."""
        return self._counted("candidates")

    def _count_up(self, key: str) -> None:
        self.connection.execute(
            "INSERT INTO fact VALUES (?, '1') ON CONFLICT DO UPDATE SET value = CAST(value AS INTEGER) + 1", (key,)
        )

    def _counted(self, key: str) -> int:
        row = self.connection.execute("SELECT value FROM fact WHERE key = ?", (key,)).fetchone()
        return int(row[0]) if row else 0

    # --- taking photos in

    def known(self, paths: Sequence[bytes]) -> dict[bytes, Known]:
        """Return what is remembered of these files; unknown ones are absent."""
        found: dict[bytes, Known] = {}
        for start in range(0, len(paths), 500):
            part = paths[start : start + 500]
            marks = ",".join("?" * len(part))
            for row in self.connection.execute(
                "SELECT id, path_bytes, size, mtime_ns, status, reader, iif(phash IS NULL, NULL, sha256) AS pictured "
                f"FROM photo WHERE path_bytes IN ({marks})",
                part,
            ):
                found[row["path_bytes"]] = Known(
                    row["id"], row["size"], row["mtime_ns"], Status(row["status"]), row["reader"], row["pictured"]
                )
        return found

    def put_photo(
        self, path: bytes, facts: PhotoFacts, mtime_ns: int | None, size: int | None = None, source: str = "local"
    ) -> int:
        """Add a photo or replace what is known of it; what somebody said of it stays. Returns its row ID.

        `size` and `mtime_ns` are the folder's, by which a change is noticed; the size is the facts' where left out.
        """
        before = self.connection.execute("SELECT id, sha256 FROM photo WHERE path_bytes = ?", (path,)).fetchone()
        if before and before["sha256"] != facts.sha256:  # what was compared is another picture now
            self.connection.execute("DELETE FROM candidate WHERE phone = ?1 OR other = ?1", (before["id"],))
            self.candidates_changed()
        row = self.connection.execute(
            f"INSERT INTO photo (id, path_bytes, path, source, status, mtime_ns, reader) VALUES (({_NEW_ID}), ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (path_bytes) DO UPDATE SET mtime_ns = excluded.mtime_ns, source = excluded.source, "
            "reader = excluded.reader RETURNING id",
            (path, printable_path(path), source, facts.status.value, mtime_ns, READER),
        ).fetchone()
        photo = int(row[0])
        self.connection.execute(
            "INSERT OR REPLACE INTO reading VALUES (?, ?)", (photo, json.dumps(facts.as_json(), ensure_ascii=False))
        )
        self.relabel(photo, facts)
        if size is not None and size != facts.size:
            self.connection.execute("UPDATE photo SET size = ? WHERE id = ?", (size, photo))
        return photo

    def set_status(self, photo: int, status: Status, error: str | None) -> None:
        """Say that a file is no longer as it was (missing, denied); its labels are kept."""
        self.connection.execute("UPDATE photo SET status = ?, error = ? WHERE id = ?", (status.value, error, photo))

    def say(self, photo: int, origin: Origin, values: Mapping[str, str | None]) -> bool:
        """Keep what somebody says of a photo; returns whether that is news. Call `relabel` afterwards."""
        before = {
            row["key"]: row["value"]
            for row in self.connection.execute(
                "SELECT key, value FROM assertion WHERE photo = ? AND origin = ?", (photo, origin)
            )
        }
        news = {key: value for key, value in values.items() if key not in before or before[key] != value}
        self.connection.executemany(
            "INSERT OR REPLACE INTO assertion (photo, key, origin, value) VALUES (?, ?, ?, ?)",
            [(photo, key, origin, value) for key, value in news.items()],
        )
        return bool(news)

    def unsay(self, photo: int, origin: Origin, key: str) -> bool:
        """Take back what somebody said; returns whether that is news. Call `relabel` afterwards."""
        cursor = self.connection.execute(
            "DELETE FROM assertion WHERE photo = ? AND key = ? AND origin = ?", (photo, key, origin)
        )
        return cursor.rowcount > 0

    def said(self, photo: int) -> dict[str, str | None]:
        """Return what is said of a photo, the strongest voice only."""
        rows = self.connection.execute("SELECT key, origin, value FROM assertion WHERE photo = ?", (photo,)).fetchall()
        return {row["key"]: row["value"] for row in sorted(rows, key=lambda row: _STRENGTH[row["origin"]])}

    def relabel(self, photo: int, facts: PhotoFacts | None = None) -> None:
        """Make a photo's labels again, from its facts and what is said of it.

        Without new facts the file is as it was last found: a missing one stays missing.
        """
        labels = label_photo(facts or self.facts(photo), self.said(photo))
        columns = dict(labels.columns, camera=self.camera_id(labels.make, labels.model, labels.file_source))
        if facts is None:
            for name in ("status", "error", "size"):
                del columns[name]
        assignments = ", ".join(f"{name} = ?" for name in columns)
        self.connection.execute(f"UPDATE photo SET {assignments} WHERE id = ?", (*columns.values(), photo))

    def facts(self, photo: int) -> PhotoFacts:
        """Return what reading the file told when it was last read."""
        row = self.connection.execute("SELECT facts FROM reading WHERE photo = ?", (photo,)).fetchone()
        return facts_from_json(row[0])

    def begin_skipped(self) -> None:
        """Begin the list of skipped files anew."""
        with self.transaction():
            self.connection.execute("DELETE FROM skipped")

    def local_photos_below(self, root: bytes) -> Iterator[tuple[int, bytes]]:
        """Yield (row ID, path) of the local photos at or below a path, except those known to be missing."""
        below = root.rstrip(b"/") + b"/"
        for row in self.connection.execute(
            "SELECT id, path_bytes FROM photo WHERE (path_bytes = ? OR path_bytes >= ? AND path_bytes < ?) "
            "AND source = 'local' AND status != 'missing'",
            (root, below, below[:-1] + b"0"),  # "0" is the character after "/"
        ):
            yield row["id"], row["path_bytes"]

    def device_of(self, root: bytes) -> int | None:
        """Return the disk that a folder lay on when it was last taken in (`st_dev`)."""
        row = self.connection.execute("SELECT device FROM root WHERE path_bytes = ?", (root,)).fetchone()
        return None if row is None else int(row[0])

    def remember_device(self, root: bytes, device: int) -> None:
        """Remember the disk that a folder lies on."""
        self.connection.execute("INSERT OR REPLACE INTO root VALUES (?, ?)", (root, device))

    def skip(self, path: bytes, reason: str) -> None:
        """Remember a file that is no photo, or could not be reached."""
        self.connection.execute("INSERT OR REPLACE INTO skipped VALUES (?, ?, ?)", (path, printable_path(path), reason))

    # --- cameras

    def camera_id(self, make: str | None, model: str | None, file_source: int | None) -> int | None:
        """Return the row of a camera, added where it is new; None for photos that name no camera."""
        if make is None and model is None and file_source not in (1, 2):
            return None
        key = (make, model, file_source if file_source in (1, 2) else None)
        if key not in self._cameras:
            row = self.connection.execute(
                "SELECT id FROM camera WHERE coalesce(make, '') = ? AND coalesce(model, '') = ? "
                "AND coalesce(file_source, -1) = ?",
                (make or "", model or "", -1 if key[2] is None else key[2]),
            ).fetchone()  # its type is right: whatever changes the rules or an override asks again for all cameras
            self._cameras[key] = int(row[0]) if row else self._add_camera(key)
        return self._cameras[key]

    def _add_camera(self, key: tuple[str | None, str | None, int | None]) -> int:
        camera = resolve(*key, overrides=self.overrides())
        row = self.connection.execute(
            "INSERT INTO camera (make, model, file_source, make_normalized, model_normalized, type, rule, also) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
            (
                *key,
                camera.make_normalized,
                camera.model_normalized,
                camera.type.value,
                camera.rule,
                json.dumps(camera.also),
            ),
        ).fetchone()
        return int(row[0])

    def overrides(self) -> dict[CameraKey, CameraType]:
        """Return the camera types that a person stated: in workspace.toml, and by command, which wins."""
        stated = {camera_key(c.make, c.model): c.type for c in self.workspace.settings.cameras}
        for row in self.connection.execute("SELECT make, model, type FROM camera_override"):
            stated[row["make"], row["model"]] = CameraType(row["type"])
        return stated

    def apply_camera_rules(self) -> None:
        """Ask again for the cameras that are here already, where the types in workspace.toml or the rules changed."""
        stated = json.dumps([(*camera_key(c.make, c.model), c.type.value) for c in self.workspace.settings.cameras])
        basis = {"camera_settings": stated, "camera_rules": rules_version()}
        kept = self.connection.execute("SELECT key, value FROM fact WHERE key IN ('camera_settings', 'camera_rules')")
        if basis == {row["key"]: row["value"] for row in kept}:
            return
        with self.transaction():
            self.connection.executemany("INSERT OR REPLACE INTO fact VALUES (?, ?)", basis.items())
            if self.retype_cameras():
                self.touch()

    def retype_cameras(self, only: CameraKey | None = None) -> int:
        """Ask the rules again for every camera (an override or the table changed), or for one; returns how many changed."""
        overrides, changed = self.overrides(), 0
        for row in self.connection.execute("SELECT * FROM camera").fetchall():
            if only is not None and camera_key(row["make"], row["model"]) != only:
                continue
            camera = resolve(row["make"], row["model"], row["file_source"], overrides=overrides)
            answer = (
                camera.make_normalized,
                camera.model_normalized,
                camera.type.value,
                camera.rule,
                json.dumps(camera.also),
            )
            if answer != tuple(row[name] for name in ("make_normalized", "model_normalized", "type", "rule", "also")):
                self.connection.execute(
                    "UPDATE camera SET make_normalized = ?, model_normalized = ?, type = ?, rule = ?, also = ? WHERE id = ?",
                    (*answer, row["id"]),
                )
                changed += 1
        self._cameras.clear()
        return changed

    def cameras(self) -> list[tuple[Camera, int]]:
        """Return the distinct cameras with the number of their photos: unknown ones first, then the most used."""
        rows = self.connection.execute(
            "SELECT camera.*, photos FROM camera JOIN photo_count ON kind = 'camera' AND value = camera.id "
            "WHERE photos > 0 ORDER BY camera.type != 'unknown', photos DESC, camera.make, camera.model"
        )
        return [
            (
                Camera(
                    row["make"], row["model"], row["make_normalized"], row["model_normalized"],
                    CameraType(row["type"]), row["rule"], tuple(json.loads(row["also"])),
                ),
                row["photos"],
            )
            for row in rows
        ]  # fmt: skip

    # --- labels

    def labels(self, where: str | None = None, limit: int | None = None) -> Iterator[LabelRow]:
        """Yield label rows in the order of their paths.

        Args:
            where: one SQL expression over the label columns, as a user typed it; None for all.
            limit: rows at most; None for all.

        Raises:
            UsageError: the expression cannot be used.
        """
        most = -1 if limit is None else int(limit)
        if where is None:
            rows = self.connection.execute(f"SELECT {_SELECT} FROM label ORDER BY path LIMIT {most}")
            yield from map(_label_row, rows)
            return
        with label_reader(self.workspace.catalog) as reader:
            yield from map(
                _label_row, reader.rows(f"SELECT {_SELECT} FROM label WHERE ({where}\n) ORDER BY path LIMIT {most}")
            )

    def count(self, where: str | None = None) -> int:
        """Return how many photos there are, or how many a user's expression picks.

        Raises:
            UsageError: the expression cannot be used.
        """
        if where is None:
            return sum(count for _, count in self.counts("status"))
        with label_reader(self.workspace.catalog) as reader:
            return int(next(reader.rows(f"SELECT count(*) FROM label WHERE ({where}\n)"))[0])

    def photo_ids_where(self, where: str) -> list[int]:
        """Return the row IDs of the photos that a user's expression picks."""
        with label_reader(self.workspace.catalog) as reader:
            return [row[0] for row in reader.rows(f"SELECT id FROM label WHERE ({where}\n) ORDER BY id")]

    def counts(
        self, column: Literal["camera_type", "make_normalized", "status", "format"]
    ) -> list[tuple[str | None, int]]:
        """Return how many photos have each value of a column, most first."""
        table = {"camera_type": "camera.type", "make_normalized": "camera.make_normalized"}
        if column in table:
            rows = self.connection.execute(
                f"SELECT {table[column]} AS value, sum(photos) AS photos FROM photo_count "
                "LEFT JOIN camera ON camera.id = photo_count.value WHERE kind = 'camera' AND photos > 0 "
                "GROUP BY 1 ORDER BY 2 DESC, 1"
            )
        else:
            rows = self.connection.execute(
                "SELECT nullif(value, '') AS value, photos FROM photo_count WHERE kind = ? AND photos > 0 "
                "ORDER BY photos DESC, value",
                (column,),
            )
        return [(row["value"], row["photos"]) for row in rows]

    def skipped(self) -> Iterator[tuple[str, str]]:
        """Yield the files that were skipped, with the reason."""
        yield from (
            (row["path"], row["reason"])
            for row in self.connection.execute("SELECT path, reason FROM skipped ORDER BY path")
        )

    def photo_at(self, path: str | os.PathLike[str]) -> sqlite3.Row | None:
        """Return the row of the photo at a path (absolute, or relative to the current folder)."""
        row: sqlite3.Row | None = self.connection.execute(
            "SELECT * FROM photo WHERE path_bytes = ?", (os.fsencode(os.path.abspath(path)),)
        ).fetchone()
        return row


def now() -> str:
    """Return the time, ISO 8601 in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def facts_from_json(text: str) -> PhotoFacts:
    """Return the facts that `put_photo` wrote."""
    known: dict[str, Any] = json.loads(text)
    exif = known.pop("exif")
    exif["taken_precision"] = TakenPrecision(exif["taken_precision"])
    for name in ("readers", "disagreements"):
        exif[name] = tuple(exif[name])
    return PhotoFacts(**{**known, "status": Status(known["status"]), "exif": Exif(**exif)})


def _check_settings(workspace: Workspace) -> None:
    """Refuse names in the settings that are not label columns, before anything is done with them."""
    for name in workspace.settings.export.attributes:
        if name not in ATTRIBUTES:
            near = difflib.get_close_matches(name, ATTRIBUTES, n=1)
            meant = f"; {near[0]} may be meant" if near else ""
            raise WorkspaceError(
                "a setting does not fit",
                f"{workspace.root / SETTINGS}: export.attributes: no split can be made by {name}{meant}",
                f"Mend the file. Attributes are {', '.join(ATTRIBUTES)}.",
            )


def _label_row(row: sqlite3.Row) -> LabelRow:
    labels = dict(zip(_ROW_COLUMNS, row, strict=False))  # by position: looking names up in a row takes twice as long
    for name in _BOOLEANS:
        if labels[name] is not None:
            labels[name] = bool(labels[name])
    return labels


def chunks(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Yield lists of at most `size` items."""
    part: list[Any] = []
    for item in items:
        part.append(item)
        if len(part) == size:
            yield part
            part = []
    if part:
        yield part
