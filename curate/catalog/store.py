"""An open catalogue of a workspace: transactions, its revision, and the label rows of its photos."""

from __future__ import annotations

import contextlib
import difflib
import getpass
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from curate.catalog.backups import lost, put_aside, replaced
from curate.catalog.cameras import Cameras
from curate.catalog.database import connect, connect_read_only, damage_told, migrations, transaction, version_of
from curate.catalog.expressions import label_reader
from curate.catalog.facts import CANDIDATES, CHANGED, REVISION, UNLOGGED, count_up
from curate.catalog.labels import ATTRIBUTES, LABEL_COLUMNS, LabelRow
from curate.catalog.places import Places
from curate.errors import ReadOnly, WorkspaceError
from curate.workspace import Workspace
from curate.workspace.settings import SETTINGS
from tracer.base.text import shell_word

_ROW_COLUMNS = (*LABEL_COLUMNS, "path", "status", "error")
_BOOLEANS = tuple(name for name, kind in LABEL_COLUMNS.items() if kind == "bool")
_SELECT = ", ".join(f'"{name}"' for name in _ROW_COLUMNS)


@dataclass
class Catalog:
    """A connection to a workspace's catalogue; only one process at a time writes.

    Attributes:
        workspace: the workspace.
        connection: the connection.
        read_only: whether nothing can be changed through it.
        cameras: the cameras and their types.
        places: translates between paths and stored paths.
    """

    workspace: Workspace
    connection: sqlite3.Connection
    read_only: bool = False
    cameras: Cameras = field(init=False, repr=False)
    places: Places = field(init=False, repr=False)
    _replaced: WorkspaceError | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        self.cameras = Cameras(self.workspace, self.connection)
        self.places = Places(self.workspace.root)

    @classmethod
    @contextlib.contextmanager
    def open(cls, workspace: Workspace, *, read_only: bool = False, anew: bool = False) -> Iterator[Catalog]:
        """Open the catalogue. It is upgraded if needed. A writer must also hold `workspace.writing`.

        A writer makes the catalogue in a workspace that is new. A lost one is not replaced, or a set might be taken for
        out-of-date and its last copy of decisions be written over.

        Args:
            workspace: the workspace.
            read_only: whether nothing is to be changed.
            anew: whether an empty catalogue is to take the place of a lost one, because a person asked for it.

        Raises:
            NewerSchema: a newer lenstrace made the catalogue.
            WorkspaceError: the catalogue is lost or damaged, or a setting is not valid.
            StorageError: the disk is full, or the file cannot be read or written.
            WorkspaceBusy: a reader has to upgrade the catalogue, and another process is writing to it.
        """
        _check_settings(workspace)
        if not read_only and (paths := workspace.replaced()):
            # a new connection would write what the former file's write-ahead log holds into the file that is there now
            raise replaced(workspace, paths)
        version = version_of(workspace.catalog)
        if version is None:
            if read_only or (workspace.remains() and not anew):
                raise lost(workspace)
            put_aside(workspace)
        elif read_only and version < len(migrations()):
            with workspace.writing("upgrade"), cls.open(workspace):
                pass  # opening the catalogue for writing upgrades it
        connection = connect_read_only(workspace.catalog) if read_only else connect(workspace.catalog)
        catalog = cls(workspace, connection, read_only)
        with contextlib.closing(catalog), damage_told(lambda: catalog.connection, workspace.catalog):
            if not read_only:
                catalog._begin()
            yield catalog

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    def begin_writing(self) -> None:
        """Write from now on, through a new connection; the caller holds `workspace.writing`.

        Raises:
            As `open`.
        """
        if self.read_only:
            reading, self.connection = self.connection, connect(self.workspace.catalog)
            reading.close()
            self.cameras, self.read_only = Cameras(self.workspace, self.connection), False
            self._begin()

    def follow_settings(self) -> bool:
        """Take over what workspace.toml holds now, and return whether that is something else than before.

        Raises:
            WorkspaceError: it cannot be used; the settings stay as they were.
        """
        now = Workspace(self.workspace.root)
        _check_settings(now)
        if now.settings == self.workspace.settings:
            return False
        self.workspace.take_over(now.settings)
        if not self.read_only:
            self._follow_camera_rules()
        return True

    @property
    def refusal(self) -> ReadOnly:
        """The error of a change through a catalogue that was opened read-only."""
        root = self.workspace.root
        if not self.workspace.is_writable:
            return ReadOnly(
                "the workspace's folder cannot be written to; this window only reads",
                way_out=f"Check its permissions, or work on a copy of it: cp -R {shell_word(root)} COPY",
            )
        return ReadOnly(
            "another window writes; this one only reads", way_out="Close the other one, then press W in this one"
        )

    def transaction(self) -> contextlib.AbstractContextManager[sqlite3.Connection]:
        """Run a block as one transaction, which is rolled back on an exception; a nested use joins the outer one.

        Raises:
            ReadOnly: the catalogue was opened read-only.
            WorkspaceError: another program replaced the catalogue or the lock since this process opened them.
        """
        if self.read_only:
            raise self.refusal
        if not self.connection.in_transaction:
            self.refuse_replaced()
        return transaction(self.connection, self.workspace.catalog)

    @property
    def annotator(self) -> str:
        """The annotator's name in the decision log: from the settings, else the login name."""
        return self.workspace.settings.review.annotator or getpass.getuser()

    def touch(self, *, logged: bool = False) -> None:
        """Record a change of the catalogue. Exports take their dates from its time (`sets.last_change`).

        Args:
            logged: whether it is a decision, or follows from decisions alone, so that an undo brings the state before it back.
        """
        count_up(self.connection, REVISION)
        if not logged:
            CHANGED.keep(self.connection, now())
            count_up(self.connection, UNLOGGED)

    def revision(self) -> int:
        """Return the number of changes; it differs also for two changes within a second."""
        return REVISION.read(self.connection) or 0

    def written_elsewhere(self) -> int:
        """Return a number that differs after another process, or another connection of this one, wrote to the catalogue."""
        return int(self.connection.execute("PRAGMA data_version").fetchone()[0])

    def state(self) -> tuple[int, int]:
        """Return numbers that differ after any change of the catalogue, by this connection or by another."""
        return self.written_elsewhere(), self.connection.total_changes

    def candidates_changed(self) -> None:
        """Record that candidates were added or removed, so that scores and proposals are computed again."""
        count_up(self.connection, CANDIDATES)

    def candidates_revision(self) -> int:
        """Return the number of times that candidates were added or removed."""
        return CANDIDATES.read(self.connection) or 0

    def _begin(self) -> None:
        """Prepare for writing: remember which file was opened, and give cameras the types of the present rules."""
        self.workspace.hold()
        self.workspace.backups.mkdir(exist_ok=True)
        self._follow_camera_rules()

    def _follow_camera_rules(self) -> None:
        if self.cameras.rules_changed():
            with self.transaction():
                if self.cameras.follow_rules():
                    self.touch()

    def refuse_replaced(self) -> None:
        """Refuse to write if another program replaced the catalogue or the lock: what is written would be lost.

        Raises:
            WorkspaceError: it did; the message says where a copy of what this connection holds is.
        """
        if self._replaced is None and (paths := self.workspace.replaced()):
            self._replaced = replaced(self.workspace, paths, self.connection)
        if self._replaced is not None:
            raise self._replaced

    # --- labels

    def labels(self, where: str | None = None, limit: int | None = None) -> Iterator[LabelRow]:
        """Yield label rows in the order of their paths; those of files in the workspace come first.

        Args:
            where: SQL expression of a user over the label columns; None for all.
            limit: maximum number of rows; None for all.

        Raises:
            UsageError: the expression cannot be used.
        """
        most = -1 if limit is None else int(limit)
        if where is None:
            rows = self.connection.execute(f"SELECT {_SELECT} FROM label ORDER BY stored_path LIMIT {most}")
            yield from map(_label_row, rows)
            return
        with label_reader(self.workspace.catalog) as reader:
            yield from map(
                _label_row,
                reader.rows(f"SELECT {_SELECT} FROM label WHERE ({where}\n) ORDER BY stored_path LIMIT {most}"),
            )

    def count(self, where: str | None = None) -> int:
        """Return the number of photos, or of those for which a user's expression is true.

        Raises:
            UsageError: the expression cannot be used.
        """
        if where is None:
            return sum(count for _, count in self.counts("status"))
        with label_reader(self.workspace.catalog) as reader:
            return int(next(reader.rows(f"SELECT count(*) FROM label WHERE ({where}\n)"))[0])

    def photo_ids_where(self, where: str) -> list[int]:
        """Return the row IDs of the photos for which a user's expression is true.

        Raises:
            UsageError: the expression cannot be used.
        """
        with label_reader(self.workspace.catalog) as reader:
            return [row[0] for row in reader.rows(f"SELECT id FROM label WHERE ({where}\n) ORDER BY id")]

    def counts(
        self, column: Literal["camera_type", "make_normalized", "status", "format"]
    ) -> list[tuple[str | None, int]]:
        """Return (value, number of photos) for each value of a column, the most frequent first."""
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


def now() -> str:
    """Return the current time, ISO 8601 in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _check_settings(workspace: Workspace) -> None:
    """Refuse names in `export.attributes` of the settings that are not label columns."""
    for name in workspace.settings.export.attributes:
        if name not in ATTRIBUTES:
            near = difflib.get_close_matches(name, ATTRIBUTES, n=1)
            meant = f"; {near[0]} may be meant" if near else ""
            raise WorkspaceError(
                "a setting does not fit",
                f"{workspace.root / SETTINGS}: export.attributes: no split can be made by {name}{meant}",
                f"Correct the file. Attributes are {', '.join(ATTRIBUTES)}.",
            )


def _label_row(row: sqlite3.Row) -> LabelRow:
    labels = dict(
        zip(_ROW_COLUMNS, row, strict=False)
    )  # by position: looking up a row's values by name takes twice as long
    for name in _BOOLEANS:
        if labels[name] is not None:
            labels[name] = bool(labels[name])
    return labels
