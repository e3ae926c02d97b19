"""A workspace's catalogue, opened: transactions, when it changed, and the label rows of its photos."""

from __future__ import annotations

import contextlib
import difflib
import getpass
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from curate.catalog.cameras import Cameras
from curate.catalog.database import connect, connect_read_only, damage_told, is_current, transaction
from curate.catalog.expressions import label_reader
from curate.catalog.facts import CANDIDATES, CHANGED, REVISION, count_up
from curate.catalog.labels import ATTRIBUTES, LABEL_COLUMNS, LabelRow
from curate.errors import WorkspaceError
from curate.workspace import Workspace
from curate.workspace.settings import SETTINGS

_ROW_COLUMNS = (*LABEL_COLUMNS, "path", "status", "error")
_BOOLEANS = tuple(name for name, kind in LABEL_COLUMNS.items() if kind == "bool")
_SELECT = ", ".join(f'"{name}"' for name in _ROW_COLUMNS)


@dataclass
class Catalog:
    """The one writer (or a reader) of a workspace's catalogue."""

    workspace: Workspace
    connection: sqlite3.Connection
    cameras: Cameras = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.cameras = Cameras(self.workspace, self.connection)

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
                catalog._follow_camera_rules()
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
        CHANGED.keep(self.connection, now())
        count_up(self.connection, REVISION)

    def changed(self) -> str:
        """Return when the catalogue was last changed, ISO 8601 in UTC."""
        return CHANGED.read(self.connection) or "1970-01-01T00:00:00+00:00"

    def revision(self) -> int:
        """Return how often the catalogue was changed: tells apart two changes within a second."""
        return REVISION.read(self.connection) or 0

    def candidates_changed(self) -> None:
        """Remember that candidates came or went, so that scores and proposals are made again."""
        count_up(self.connection, CANDIDATES)

    def candidates_revision(self) -> int:
        """Return how often candidates came or went."""
        return CANDIDATES.read(self.connection) or 0

    def _follow_camera_rules(self) -> None:
        if self.cameras.rules_changed():
            with self.transaction():
                if self.cameras.follow_rules():
                    self.touch()

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


def now() -> str:
    """Return the time, ISO 8601 in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


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
