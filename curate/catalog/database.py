"""Opening the catalogue: connection settings, migrations, backups."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from curate.errors import NewerSchema, StorageError, WorkspaceError
from tracer.base.text import quoted_path, shell_word


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
