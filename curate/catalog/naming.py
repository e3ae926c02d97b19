"""Which photo a person means: every path that a command prints names its photo, and so do the usual shorter ones."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from curate.catalog.store import Catalog
from curate.errors import UsageError
from tracer.base.text import printable_path, shell_word, shortened_path

_LISTED = 5
_BELOW = "path_bytes >= ? AND path_bytes < ?"


def photo_named(
    catalog: Catalog, name: str | os.PathLike[str], base: str | os.PathLike[str] | None = None
) -> sqlite3.Row:
    """Return the row of the photo that a person names.

    A path that is absolute or leads there from a folder (`base`, then the current one) is taken first. Otherwise it is
    relative to a source folder, or the end of a path, such as a table shows it; it must then name exactly one photo.

    Raises:
        UsageError: it names no photo, or several; the message lists them.
    """
    found = named(catalog, name, base)
    if len(found) == 1:
        return found[0]
    shown, listing = printable_path(name), f"curate photos -w {shell_word(str(catalog.workspace.root))} --format jsonl"
    if found:
        raise UsageError(
            f"{shown} names {len(found)} photos", _listed(found), "Write one of these paths in full, or more of it."
        )
    alike = _ending_in(catalog, os.path.basename(shown.rstrip("/")))
    why = f"{shown}; photos of that file name are {_listed(alike)}" if alike else shown
    raise UsageError("that is no photo of the workspace", why, f"All paths are printed by: {listing}")


def named(
    catalog: Catalog, name: str | os.PathLike[str], base: str | os.PathLike[str] | None = None
) -> list[sqlite3.Row]:
    """Return the photos that a path may name, in the order of their paths: see `photo_named`."""
    for folder in ("",) if base is None else (base, ""):
        path = os.path.abspath(os.path.join(folder, name))
        row = catalog.photo_at(path) or _printed(catalog, path)
        if row is not None:
            return [row]
    found = {row["id"]: row for row in _ending_in(catalog, printable_path(name))}
    for folder in source_folders(catalog):
        row = catalog.photo_at(os.path.join(folder, name))
        if row is not None:
            found[row["id"]] = row
    return sorted(found.values(), key=lambda row: str(row["path"]))


def source_folders(catalog: Catalog) -> Iterator[Path]:
    """Yield the folders that were taken in and still hold photos of the catalogue."""
    for row in catalog.connection.execute("SELECT path_bytes FROM root ORDER BY path_bytes").fetchall():
        if next(photos_below(catalog, row["path_bytes"]), None) is not None:
            yield Path(os.fsdecode(row["path_bytes"]))


def photos_below(catalog: Catalog, path: bytes) -> Iterator[sqlite3.Row]:
    """Yield (id, sha256, path) of the photos at or below a path, whether they are still on the disk or not."""
    below = path.rstrip(b"/") + b"/"
    yield from catalog.connection.execute(
        f"SELECT id, sha256, path FROM photo WHERE path_bytes = ? OR ({_BELOW}) ORDER BY path_bytes",
        (path, below, below[:-1] + b"0"),  # "0" is the character after "/"
    )


def _printed(catalog: Catalog, path: str) -> sqlite3.Row | None:
    """The one photo whose path is shown like this: a name that is not UTF-8 is shown with its bytes written out."""
    rows = catalog.connection.execute("SELECT * FROM photo WHERE path = ? LIMIT 2", (printable_path(path),)).fetchall()
    return rows[0] if len(rows) == 1 else None


def _ending_in(catalog: Catalog, name: str) -> list[sqlite3.Row]:
    """The photos whose path ends in some names; one that a table cut off (`…`) is the beginning of a shortened path."""
    name = os.path.normpath(name) if name else ""
    if name in ("", ".") or name.startswith(("/", "../")):
        return []
    if name.endswith("…"):
        start = name[:-1]
        rows = catalog.connection.execute("SELECT * FROM photo WHERE instr(path, ?) ORDER BY path", (start,))
        return [row for row in rows if shortened_path(row["path"]).startswith(start)]
    end = f"/{name}"
    return catalog.connection.execute(
        "SELECT * FROM photo WHERE substr(path, -length(?1)) = ?1 ORDER BY path", (end,)
    ).fetchall()


def _listed(rows: Sequence[sqlite3.Row]) -> str:
    more = f" and {len(rows) - _LISTED} more" if len(rows) > _LISTED else ""
    return ", ".join(row["path"] for row in rows[:_LISTED]) + more
