"""Opening the catalogue: connection settings, migrations, backups, read-only queries by users."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from curate.errors import NewerSchema, StorageError, UsageError, WorkspaceError
from tracer.base.text import quoted_path, shell_word

QUERY_SECONDS = 10.0
"""How long a user's own expression may run."""

_ROWS_AT_ONCE = 256
_READ_ACTIONS = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_FUNCTION}


def migrations() -> list[str]:
    """Return the SQL of each schema version, first to last; version n is the first n of them."""
    folder = resources.files("curate.catalog") / "migrations"
    return [
        entry.read_text(encoding="utf-8")
        for entry in sorted(folder.iterdir(), key=lambda e: e.name)
        if entry.name.endswith(".sql")
    ]


def connect(path: Path) -> sqlite3.Connection:
    """Open the catalogue for reading and writing, making or upgrading it where needed.

    Write-ahead log: readers and the one writer do not wait for each other. `synchronous=FULL`: a decision that was
    answered survives a power cut. Before an upgrade the file is copied to `catalog-v<old>.sqlite` beside it.

    Raises:
        NewerSchema: a newer lenstrace made it. WorkspaceError: it is damaged. StorageError: the disk refuses.
    """
    try:
        connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA temp_store = MEMORY")
        _upgrade(connection, path)
    except sqlite3.Error as error:
        raise translated(error, path) from error
    return connection


def connect_read_only(path: Path) -> sqlite3.Connection:
    """Open the catalogue so that nothing can be written through this connection.

    An older one is opened as it is; `is_current` tells. In a folder that cannot be written to, SQLite cannot make the files
    by which readers and the writer know of each other: a catalogue that nobody writes to is then read as a file that stays
    as it is (`immutable`).
    """
    log = path.with_name(f"{path.name}-wal")  # what was written and is not in the file yet
    at_rest = not os.access(path.parent, os.W_OK) and not (log.exists() and log.stat().st_size)
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' * at_rest}",
            uri=True,
            timeout=30,
            check_same_thread=False,
        )
        connection.row_factory = sqlite3.Row
        _refuse_newer(connection, path)
    except sqlite3.Error as error:
        raise translated(error, path) from error
    return connection


def is_current(path: Path) -> bool:
    """Return whether the catalogue is there and has this program's schema, so that `connect` would change nothing.

    Raises: as `connect` does.
    """
    if not path.exists():
        return False
    with contextlib.closing(connect_read_only(path)) as connection:
        return _refuse_newer(connection, path) == len(migrations())


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection, path: Path | str = "catalog.sqlite") -> Iterator[sqlite3.Connection]:
    """All or nothing; nested uses join the outer transaction."""
    if connection.in_transaction:
        yield connection
        return
    try:
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.rollback()
            raise
        connection.commit()
    except sqlite3.Error as error:
        raise translated(error, path) from error


class LabelReader:
    """Runs statements that hold a user's own expression: they see the `label` view and nothing else, for a limited time.

    Only the time inside SQLite counts, not what the caller does with the rows in between.
    """

    def __init__(self, connection: sqlite3.Connection, seconds: float | None = None) -> None:
        self._connection = connection
        self._seconds = QUERY_SECONDS if seconds is None else seconds
        self._spent, self._since = 0.0, 0.0

    def rows(self, statement: str) -> Iterator[sqlite3.Row]:
        """Yield a statement's rows as they are found.

        Raises:
            UsageError: the expression cannot be used, asks for more than labels, or takes too long.
        """
        with self._limited():
            cursor = self._connection.execute(statement)
        while True:
            with self._limited():
                part = cursor.fetchmany(_ROWS_AT_ONCE)
            yield from part
            if not part:
                return

    @contextlib.contextmanager
    def _limited(self) -> Iterator[None]:
        self._since = time.monotonic()
        self._connection.set_authorizer(_allow)
        self._connection.set_progress_handler(self._over, 10_000)
        try:
            yield
        except sqlite3.OperationalError as error:
            if "interrupted" in str(error):
                why = f"it ran longer than {self._seconds:g} s"
                raise UsageError("the query was stopped", why, "Ask for less.") from error
            raise UsageError("the expression cannot be used", _why(error), _WHERE_HELP) from error
        except (sqlite3.Error, sqlite3.Warning, UnicodeEncodeError) as error:
            # Warning: Python 3.11's word for more than one statement; UnicodeEncodeError: bytes that are no UTF-8 were typed
            raise UsageError("the expression cannot be used", _why(error), _WHERE_HELP) from error
        finally:
            self._connection.set_progress_handler(None, 0)
            self._connection.set_authorizer(None)
            self._spent += time.monotonic() - self._since

    def _over(self) -> int:
        return int(self._spent + time.monotonic() - self._since > self._seconds)


@contextlib.contextmanager
def label_reader(path: Path) -> Iterator[LabelReader]:
    """Open the catalogue for a user's own expression, on a connection of its own."""
    with contextlib.closing(connect_read_only(path)) as connection:
        yield LabelReader(connection)


def _why(error: Exception) -> str:
    """Return what SQLite says of an expression, and that it is not whole where SQLite names the statement around it."""
    said = str(error)
    around = said in ('near ")": syntax error', 'near "ORDER": syntax error', "incomplete input") or "\n)" in said
    return "it is not whole: a value, a quote or a bracket is missing, or a bracket is too many" if around else said


def _allow(action: int, table: str | None, column: str | None, _database: str | None, view: str | None) -> int:
    """SQLite's authorizer: reading the view, and calling functions."""
    if action == sqlite3.SQLITE_READ:
        # no column: SQLite joins a table of the view without taking a value from it, and does not say for which view
        joined = column == "" and table in ("photo", "camera", "verdict")
        return sqlite3.SQLITE_OK if joined or "label" in (table, view) else sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK if action in _READ_ACTIONS else sqlite3.SQLITE_DENY


_WHERE_HELP = (
    "Write one SQL expression over the label columns, names with spaces in double quotes: "
    "camera_type = 'dslr' AND \"Is Smartphone\" = 0"
)


def translated(error: sqlite3.Error, path: Path | str) -> WorkspaceError | StorageError:
    """Return the error that says in a person's words what SQLite says in its own."""
    text = str(error)
    if "full" in text or "disk I/O" in text:
        return StorageError(
            "the catalogue could not be written",
            f"{quoted_path(path)}: {text}",
            "Free some room on the disk and run the command again; what was done before is kept.",
        )
    if "readonly" in text or "unable to open" in text:
        folder = shell_word(str(Path(path).parent))
        return StorageError(
            "the catalogue cannot be opened",
            f"{quoted_path(path)}: {text}",
            f"Check that the folder exists and may be written to, or work on a copy of it: cp -R {folder} COPY",
        )
    if "locked" in text:
        return WorkspaceError(
            "the catalogue is locked",
            f"{quoted_path(path)}: {text}",
            "Wait for the other program to end, then run the command again.",
        )
    if "malformed" in text or "not a database" in text:
        return WorkspaceError(
            "the catalogue is damaged",
            f"{quoted_path(path)}: {text}",
            "Put a copy of it back, or move it away and ingest the folders again.",
        )
    return WorkspaceError(
        "the catalogue refused", f"{quoted_path(path)}: {text}", "If this repeats, it is a bug: please report it."
    )


def _refuse_newer(connection: sqlite3.Connection, path: Path) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    known = len(migrations())
    if version > known:
        raise NewerSchema(
            "this workspace was made by a newer lenstrace",
            f"{quoted_path(path)} has schema {version}, this program knows up to {known}",
            "Upgrade lenstrace; nothing was changed.",
        )
    return version


def _upgrade(connection: sqlite3.Connection, path: Path) -> None:
    version = _refuse_newer(connection, path)
    scripts = migrations()
    if version == len(scripts):
        return
    if version:
        backup = path.with_name(f"{path.stem}-v{version}{path.suffix}")
        with contextlib.closing(sqlite3.connect(backup)) as copy:
            connection.backup(copy)
    for number, script in enumerate(scripts[version:], start=version + 1):
        connection.executescript(f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;")
