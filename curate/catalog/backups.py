"""Backups of the catalogue: made, kept by themselves, and restored; and what is said of a catalogue that was lost.

A backup is one SQLite file that holds the whole catalogue. Neither making nor restoring one changes what a set holds.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import sqlite3
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from curate.catalog.database import connect_read_only, copy_to, damaged, translated, version_of, why_broken
from curate.errors import NewerSchema, StorageError, UsageError, WorkspaceError, command
from curate.workspace import Workspace
from tracer.base.files import remove_abandoned
from tracer.base.text import quoted_path

KEPT_DAYS = 7
"""How many of the daily backups are kept."""

_DAILY = "catalog-????-??-??.sqlite"
_STATE = "SELECT (SELECT value FROM fact WHERE key = 'revision'), max(at) FROM decision"


@dataclass(frozen=True, slots=True)
class Copied:
    """A backup that was made or restored.

    Attributes:
        file: the backup.
        photos: the number of photos in it.
        decisions: the number of entries of its decision log.
        kept: the file that holds the catalogue which was replaced; None if there was none.
    """

    file: Path
    photos: int
    decisions: int
    kept: Path | None = None


def lost(workspace: Workspace) -> WorkspaceError:
    """Return the error for a workspace without a catalogue; it says how to get it back, or how to make an empty one."""
    path, remains, backups = workspace.catalog, workspace.remains(), sorted(_backups(workspace), key=_age)
    new = command("new", workspace.root)
    why = f"{quoted_path(path)} {'is empty' if path.exists() else 'does not exist'}"
    if not remains:
        return WorkspaceError("the workspace has no catalogue yet", why, f"Make one: {new}")
    again = f"make an empty one, ingest the folders again and import exported decisions: {new}"
    newest = command("restore", backups[-1], workspace=workspace.root) if backups else ""
    return WorkspaceError(
        "the workspace has lost its catalogue",
        f"{why}, but the folder holds {', '.join(remains)}; nothing was changed",
        "If another program moved the file, put it back.\n"
        + (f"Or restore the newest backup: {newest}\nOr {again}" if newest else f"If there is no copy of it, {again}"),
    )


def replaced(workspace: Workspace, paths: list[Path], connection: sqlite3.Connection | None = None) -> WorkspaceError:
    """Return the error of a writer whose files another program replaced; what a connection holds is kept in a file.

    Args:
        workspace: the workspace.
        paths: the files that are other ones, or are gone: the catalogue, its log, the lock.
        connection: the catalogue that was opened before; None if it was opened after that.
    """
    why = f"{', '.join(map(quoted_path, paths))}: not what was opened; nothing is written any more"
    way_out = "Open the workspace again."
    if (
        connection is not None and workspace.catalog in paths and workspace.root.is_dir()
    ):  # else it was moved as a whole
        kept = _beside(workspace)
        with contextlib.suppress(WorkspaceError, StorageError):
            copy_to(connection, kept)
            again = command("restore", kept, workspace=workspace.root)
            if (
                workspace.log not in paths
            ):  # it belongs to the former file, and would be read into the one that is there now
                _remove_log(workspace)
            way_out += f" What this program had open is kept; to go on with that instead: {again}"
    return WorkspaceError("another program replaced files of the workspace", why, way_out)


def backup(workspace: Workspace, place: Path | None = None) -> Copied:
    """Write the catalogue to a file that does not exist yet; no lock is needed.

    Args:
        workspace: the workspace.
        place: the file, or a folder to write it to; None for the workspace's folder of backups.

    Raises:
        UsageError: the file exists, or its folder does not.
        WorkspaceError: the catalogue is damaged.
        StorageError: the file cannot be written.
    """
    place = workspace.backups if place is None else Path(os.path.abspath(place))
    if place.is_dir() or place == workspace.backups:
        place = _free(place / f"catalog-{_now()}.sqlite")
    if os.path.lexists(place):
        raise UsageError(f"{quoted_path(place)} already exists", "", "Name another file; no backup is written over.")
    if place.parent != workspace.backups and not place.parent.is_dir():  # a disk that is not connected, or a wrong name
        raise UsageError(f"there is no folder {quoted_path(place.parent)}", "", "Connect its disk, or make the folder.")
    with contextlib.closing(connect_read_only(workspace.catalog)) as connection:
        with contextlib.suppress(OSError):
            remove_abandoned(place.parent, place.name)
        copy_to(connection, place)
    return _counted(place)


def keep_daily(workspace: Workspace) -> None:
    """Keep one backup a day, and delete the oldest of such backups.

    Nothing is written if the catalogue is empty, or is as it was at the last one. The caller holds the lock, and calls this
    before it changes anything.

    Raises:
        WorkspaceError: the catalogue is damaged.
        StorageError: the backup cannot be written.
    """
    folder = workspace.backups
    today = folder / f"catalog-{date.today()}.sqlite"
    if today.exists():
        return
    try:
        folder.mkdir(exist_ok=True)
        remove_abandoned(folder)
        daily = sorted(folder.glob(_DAILY))
        with contextlib.closing(connect_read_only(workspace.catalog)) as connection:
            state = _state(connection)
            if state[0] is None or (daily and state == _state_at(daily[-1])):
                return
            copy_to(connection, today)
        for old in sorted(folder.glob(_DAILY))[:-KEPT_DAYS]:
            old.unlink()
    except OSError as error:
        raise StorageError(
            "the daily backup was not made", f"{quoted_path(folder)}: {error.strerror or error}", "Check the disk."
        ) from error


def restore(workspace: Workspace, file: Path) -> Copied:
    """Put a backup in the catalogue's place in one step; a catalogue that is there stays beside it under another name.

    The caller holds the lock.

    Raises:
        UsageError: the file is not there, or is the catalogue itself.
        WorkspaceError: it is not a catalogue or is damaged, or another process has the workspace's catalogue open.
        NewerSchema: a newer lenstrace made it.
        StorageError: the disk is full or cannot be written.
    """
    file, path = Path(os.path.abspath(file)), workspace.catalog
    restored = _checked(file, path)
    kept = _beside(workspace)
    with contextlib.closing(connect_read_only(file)) as source, contextlib.ExitStack() as held:
        present = None
        try:
            if path.exists() and path.stat().st_size:
                present = held.enter_context(contextlib.closing(sqlite3.connect(path, timeout=5)))
                copy_to(present, kept)
        except (sqlite3.Error, WorkspaceError):  # it is damaged
            held.close()
            present = None

        def make_room() -> None:
            if present is not None:  # its write-ahead log must not be taken for one of the new file
                present.execute("PRAGMA journal_mode = DELETE")
            else:
                put_aside(workspace, kept)

        copy_to(source, path, make_room)
    return replace(restored, kept=kept if kept.exists() else None)


def put_aside(workspace: Workspace, place: Path | None = None) -> None:
    """Move a damaged catalogue, and the write-ahead log of a lost one, to another name, so that a new one can be made."""
    place = place or _beside(workspace)
    for path, name in ((workspace.catalog, place), (workspace.log, place.with_name(f"{place.name}-wal"))):
        if path.exists() and path.stat().st_size:
            path.rename(name)
    _remove_log(workspace)


def _remove_log(workspace: Workspace) -> None:
    for path in (workspace.log, workspace.catalog.with_name(f"{workspace.catalog.name}-shm")):
        path.unlink(missing_ok=True)


def _checked(file: Path, catalog: Path) -> Copied:
    """Return what a backup holds, once it is known to be whole."""
    if not file.is_file():
        raise UsageError("there is no such backup", quoted_path(file), "Name the file of a backup.")
    if catalog.exists() and file.samefile(catalog):
        raise UsageError("that is the catalogue itself", quoted_path(file), "Name the file of a backup.")
    try:
        if version_of(file) is None:
            raise damaged(file, "it is empty")
        with contextlib.closing(connect_read_only(file)) as connection:
            if (why := why_broken(connection)) is not None:
                raise damaged(file, why)
        return _counted(file)
    except NewerSchema:
        raise
    except WorkspaceError as error:
        raise WorkspaceError("the backup cannot be restored", error.why, "Name another backup.") from error


def _counted(file: Path) -> Copied:
    """Return what a catalogue holds."""
    with contextlib.closing(connect_read_only(file)) as connection:
        try:
            photos, entries = connection.execute(
                "SELECT (SELECT count(*) FROM photo), (SELECT count(*) FROM decision)"
            ).fetchone()
        except sqlite3.Error as error:
            raise translated(error, file) from error
    return Copied(file, photos, entries)


def _state(connection: sqlite3.Connection) -> tuple[object, ...]:
    """Return what differs after any change of a catalogue."""
    return tuple(connection.execute(_STATE).fetchone())


def _state_at(file: Path) -> tuple[object, ...] | None:
    with contextlib.suppress(WorkspaceError, StorageError), contextlib.closing(connect_read_only(file)) as connection:
        return _state(connection)
    return None


def _backups(workspace: Workspace) -> list[Path]:
    return [place for place in workspace.backups.glob("*.sqlite") if place.stat().st_size]


def _age(place: Path) -> int:
    return place.stat().st_mtime_ns


def _now() -> str:
    return f"{datetime.now():%Y-%m-%dT%H%M%S}"


def _beside(workspace: Workspace) -> Path:
    """Return a free name beside the catalogue."""
    return _free(workspace.catalog.with_name(f"catalog-replaced-{_now()}.sqlite"))


def _free(place: Path) -> Path:
    """Return a path, or one beside it with a number, that nothing has."""
    numbered = (place.with_name(f"{place.stem}-{number}{place.suffix}") for number in itertools.count(2))
    return next(one for one in itertools.chain([place], numbered) if not os.path.lexists(one))
