"""Open the catalogue's SQLite file: connection settings, migrations, backups, errors in plain words."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from curate.catalog.places import prepare_upgrade, resolve_paths
from curate.errors import NewerSchema, StorageError, WorkspaceError, command
from tracer.base.files import replace_with
from tracer.base.text import command_line, quoted_path, shell_word

_LAST_UNRECORDED = 9
"""The last schema version of the unreleased versions, which did not record their migrations; it equals that of `0001_first`."""

_BEGIN_AGAIN = "make an empty one, ingest the folders again and import the exported decisions"

_SQLITE_ERRORS = (sqlite3.Error, UnicodeDecodeError)
"""Errors of a statement on a damaged file. SQLite's messages quote the file's content, which may not be UTF-8."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema.

    Attributes:
        name: name of its file without the extension, such as `0001_first`; the catalogue records it.
        script: its SQL.
    """

    name: str
    script: str


def migrations() -> list[Migration]:
    """Return the migrations in order; schema version n is the result of the first n."""
    folder = resources.files("curate.catalog") / "migrations"
    files = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".sql")), key=lambda entry: entry.name)
    return [Migration(file.name.removesuffix(".sql"), file.read_text(encoding="utf-8")) for file in files]


def connect(path: Path) -> sqlite3.Connection:
    """Open the catalogue for reading and writing. It is created or upgraded where needed.

    With a write-ahead log, readers and the one writer do not wait for each other. With `synchronous=FULL`, a committed
    decision survives a power cut. Before an upgrade the file is copied to `backups/catalog-v<old>.sqlite`.

    Raises:
        NewerSchema: a newer lenstrace made the catalogue.
        WorkspaceError: the catalogue is damaged.
        StorageError: the disk is full, or the file cannot be read or written.
    """
    with _closed_on_failure(path) as closing:
        connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        closing.callback(connection.close)
        connection.row_factory = sqlite3.Row
        _version(connection, path)  # before anything is written: raises for a file that is not a catalogue
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA temp_store = MEMORY")
        _upgrade(connection, path)
        resolve_paths(connection, path.parent)
        connection.execute("PRAGMA foreign_keys = ON")  # after it: an upgrade may replace a table that others refer to
    return connection


def connect_read_only(path: Path) -> sqlite3.Connection:
    """Open the catalogue read-only.

    An older schema is not upgraded (`is_current`). In a read-only folder SQLite cannot create the files by which readers and
    writer coordinate. There the catalogue is opened as `immutable`, unless its write-ahead log has content.

    Raises:
        As `connect`.
    """
    log = path.with_name(f"{path.name}-wal")
    immutable = not os.access(path.parent, os.W_OK) and not (log.exists() and log.stat().st_size)
    with _closed_on_failure(path) as closing:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' * immutable}",
            uri=True,
            timeout=30,
            check_same_thread=False,
        )
        closing.callback(connection.close)
        connection.row_factory = sqlite3.Row
        _version(connection, path)
        resolve_paths(connection, path.parent)
    return connection


@contextlib.contextmanager
def _closed_on_failure(path: Path) -> Iterator[contextlib.ExitStack]:
    """Translate SQLite's errors, and call what closes the connection where one is raised."""
    with contextlib.ExitStack() as closing:
        try:
            yield closing
        except _SQLITE_ERRORS as error:
            raise translated(error, path) from error
        closing.pop_all()


@contextlib.contextmanager
def scratch_copy(connection: sqlite3.Connection, root: Path) -> Iterator[sqlite3.Connection]:
    """Copy a catalogue into a temporary one, in which changes can be tried.

    Args:
        connection: the catalogue.
        root: the workspace's folder.
    """
    with contextlib.closing(sqlite3.connect("", isolation_level=None, check_same_thread=False)) as copy:
        connection.backup(copy)
        copy.row_factory = sqlite3.Row
        copy.execute("PRAGMA foreign_keys = ON")
        resolve_paths(copy, root)
        yield copy


def version_of(path: Path) -> int | None:
    """Return how many migrations were applied to a catalogue; None if it does not exist or holds nothing.

    A file without a byte is not opened: SQLite would delete the write-ahead log beside it.

    Raises:
        As `connect`.
    """
    try:
        if not path.stat().st_size:
            return None
    except FileNotFoundError:
        return None
    with contextlib.closing(connect_read_only(path)) as connection:
        if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            return None
        return _version(connection, path)


def is_current(path: Path) -> bool:
    """Return whether the catalogue exists and has this program's schema, so that `connect` would not change it.

    Raises:
        As `connect`.
    """
    return version_of(path) == len(migrations())


def copy_to(connection: sqlite3.Connection, place: Path, ready: Callable[[], object] = lambda: None) -> None:
    """Copy a catalogue into one file by SQLite's backup: its state at one moment, also while another process writes to it.

    After an interruption the file is unchanged or whole.

    Args:
        connection: the catalogue.
        place: the file; one that is there is replaced.
        ready: is called once the copy is whole, before it takes its place.

    Raises:
        WorkspaceError: the catalogue is damaged.
        StorageError: the disk is full, or the file cannot be written.
    """

    def write(partial: Path) -> None:
        with contextlib.closing(sqlite3.connect(partial)) as copy:
            connection.backup(copy)
            if (why := why_broken(copy)) is not None:
                raise damaged(connection.execute("PRAGMA database_list").fetchone()[2], why)
            copy.execute("PRAGMA journal_mode = DELETE")  # with a write-ahead log it would be more than one file
        ready()

    try:
        replace_with(place, write)
    except sqlite3.Error as error:
        raise translated(error, place) from error
    except OSError as error:
        raise StorageError(
            "the catalogue could not be copied",
            f"{quoted_path(place)}: {error.strerror or error}",
            "Choose a place on a disk with free space that can be written to.",
        ) from error


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection, path: Path | str = "catalog.sqlite") -> Iterator[sqlite3.Connection]:
    """Run a block as one transaction, which is rolled back on an exception. A nested use joins the outer transaction."""
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


def translated(error: Exception, path: Path | str) -> WorkspaceError | StorageError:
    """Translate an error of SQLite into one that a user understands."""
    text = str(error)
    if isinstance(error, UnicodeDecodeError):
        return damaged(path, "it holds text that is not UTF-8")
    if "full" in text or "disk I/O" in text:
        return StorageError(
            "the catalogue could not be written",
            f"{quoted_path(path)}: {text}",
            "Free some space on the disk and run the command again; what was done before is kept.",
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
    if is_damage(text) or "no such table" in text or "no such column" in text:
        return damaged(path, text)
    return WorkspaceError(
        "the catalogue refused", f"{quoted_path(path)}: {text}", "If this repeats, it is a bug: please report it."
    )


def in_words(error: Exception, path: Path) -> WorkspaceError | StorageError | None:
    """Return the translated error of SQLite; None for other exceptions and for misuse of SQLite by the program."""
    if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.ProgrammingError):
        return translated(error, path)
    return None


def is_damage(said: str) -> bool:
    """Return whether a message of SQLite says that the file is damaged."""
    return any(word in said for word in ("malformed", "not a database", "Could not decode"))


def damaged(path: Path | str, why: str) -> WorkspaceError:
    """Return the error for a damaged catalogue."""
    folder = Path(path).parent
    return WorkspaceError(
        "the catalogue is damaged",
        f"{quoted_path(path)}: {why}",
        f"Restore a backup, such as one in {quoted_path(folder / 'backups')}: "
        f"{command('restore', 'BACKUP', workspace=folder)}\nWithout one, move it away, {_BEGIN_AGAIN}: "
        f"{command_line('mv', path, f'{path}.damaged')}; {command('new', folder)}",
    )


def why_broken(connection: sqlite3.Connection) -> str | None:
    """Check a database, whatever its schema; return what SQLite finds wrong with it, or None."""
    try:
        said = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except _SQLITE_ERRORS as error:
        return str(error)
    return None if said == "ok" else said.splitlines()[0]


def why_damaged(connection: sqlite3.Connection) -> str | None:
    """Check the whole catalogue; return what SQLite finds wrong with it, or None."""
    if why := why_broken(connection):
        return why
    try:
        unreadable = connection.execute(
            "SELECT (SELECT count(*) FROM reading WHERE NOT json_valid(facts)) + (SELECT count(*) FROM flickr_photo "
            "WHERE NOT (json_valid(listing) AND json_valid(coalesce(exif, '1')) AND json_valid(coalesce(file, '1'))))"
        ).fetchone()[0]
    except _SQLITE_ERRORS as error:
        return str(error)
    return f"the facts of {unreadable} photos cannot be read" if unreadable else None


@contextlib.contextmanager
def damage_told(connection: Callable[[], sqlite3.Connection], path: Path) -> Iterator[None]:
    """Raise the error for a damaged catalogue where damage causes an unexpected exception; other exceptions pass.

    Args:
        connection: returns the open connection.
        path: the catalogue.
    """
    try:
        yield
    except (sqlite3.ProgrammingError, sqlite3.InterfaceError):  # mistakes in lenstrace
        raise
    except sqlite3.Error as error:
        raise translated(error, path) from error
    except (ValueError, TypeError, ArithmeticError, LookupError, AttributeError) as error:
        if why := why_damaged(connection()):
            raise damaged(path, why) from error
        raise


def _version(connection: sqlite3.Connection, path: Path) -> int:
    """Return how many migrations were applied to the catalogue: 0 for a new one.

    Raises:
        NewerSchema: a newer lenstrace made the catalogue.
        WorkspaceError: an unreleased lenstrace made it, or the database is not a catalogue.
    """
    version, tables = connection.execute(
        "SELECT user_version, (SELECT count(*) FROM sqlite_master) FROM pragma_user_version"
    ).fetchone()
    known = [step.name for step in migrations()]
    if version < 0 or (version == 0 and tables):
        raise damaged(path, "it is a database, but not one of lenstrace")
    if version and _is_unrecorded(connection) and version <= _LAST_UNRECORDED:
        if version < _LAST_UNRECORDED:
            raise _unreleased(path, f"it has schema {version} of those before 0.1.0")
        return 0
    if version > len(known):
        raise NewerSchema(
            "this workspace was made by a newer lenstrace",
            f"{quoted_path(path)} has schema {version}, this program knows up to {len(known)}",
            "Upgrade lenstrace; nothing was changed.",
        )
    recorded = [row[0] for row in connection.execute("SELECT name FROM migration ORDER BY number")] if version else []
    if recorded != known[:version]:
        raise _unreleased(path, f"its schema was made by {', '.join(recorded) or 'nothing that it records'}")
    return int(version)


def _is_unrecorded(connection: sqlite3.Connection) -> bool:
    return not connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'migration'").fetchone()[0]


def _unreleased(path: Path, why: str) -> WorkspaceError:
    return WorkspaceError(
        "the catalogue was made by an unreleased lenstrace",
        f"{quoted_path(path)}: {why}",
        f"Export its decisions with the lenstrace that made it (curate decisions export). Then move it away, {_BEGIN_AGAIN}: "
        f"{command_line('mv', path, f'{path}.unreleased')}; {command('new', path.parent)}",
    )


def _upgrade(connection: sqlite3.Connection, path: Path) -> None:
    version, steps = _version(connection, path), migrations()
    if version == len(steps):
        return
    if version == 0 and connection.execute("PRAGMA user_version").fetchone()[0] == _LAST_UNRECORDED:
        version = 1  # it has the first schema, but does not record it
        connection.executescript(f"BEGIN IMMEDIATE;\n{_RECORD}{_recorded(1, steps[0])}\nCOMMIT;")
    if version == len(steps):
        return
    if version:
        copy_to(connection, path.parent / "backups" / f"{path.stem}-v{version}{path.suffix}")
    prepare_upgrade(connection, path.parent)
    for number, step in enumerate(steps[version:], start=version + 1):
        record = "" if number > 1 else _RECORD
        connection.executescript(f"BEGIN IMMEDIATE;\n{record}{step.script}\n{_recorded(number, step)}\nCOMMIT;")


_RECORD = "CREATE TABLE migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;\n"


def _recorded(number: int, step: Migration) -> str:
    """Return the SQL that records a migration as applied."""
    return f"INSERT INTO migration VALUES ({number}, '{step.name}'); PRAGMA user_version = {number};"
