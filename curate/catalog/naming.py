"""Which photo a person means: every path that a command prints names its photo, and so do the usual shorter ones."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from curate.catalog.photos import Photo, photo_at, photos_where
from curate.catalog.store import Catalog
from curate.errors import UsageError
from tracer.base.text import printable_path, shell_word, shortened_path

_LISTED = 5
_BELOW = "path_bytes >= ? AND path_bytes < ?"


def photo_named(catalog: Catalog, name: str | os.PathLike[str], base: str | os.PathLike[str] | None = None) -> Photo:
    """Return the photo that a person names.

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


def named(catalog: Catalog, name: str | os.PathLike[str], base: str | os.PathLike[str] | None = None) -> list[Photo]:
    """Return the photos that a path may name, in the order of their paths: see `photo_named`."""
    for folder in ("",) if base is None else (base, ""):
        path = os.path.abspath(os.path.join(folder, name))
        photo = photo_at(catalog, path) or _printed(catalog, path)
        if photo is not None:
            return [photo]
    found = {photo.id: photo for photo in _ending_in(catalog, printable_path(name))}
    for folder in source_folders(catalog):
        photo = photo_at(catalog, os.path.join(folder, name))
        if photo is not None:
            found[photo.id] = photo
    return sorted(found.values(), key=lambda photo: photo.path)


def source_folders(catalog: Catalog) -> Iterator[Path]:
    """Yield the folders that were taken in and still hold photos of the catalogue."""
    for row in catalog.connection.execute("SELECT path_bytes FROM root ORDER BY path_bytes").fetchall():
        if next(photos_below(catalog, row["path_bytes"]), None) is not None:
            yield Path(os.fsdecode(row["path_bytes"]))


def photos_below(catalog: Catalog, path: bytes) -> Iterator[int]:
    """Yield the row IDs of the photos at or below a path, whether they are still on the disk or not."""
    below = path.rstrip(b"/") + b"/"
    for row in catalog.connection.execute(
        f"SELECT id FROM photo WHERE path_bytes = ? OR ({_BELOW}) ORDER BY path_bytes",
        (path, below, below[:-1] + b"0"),  # "0" is the character after "/"
    ):
        yield int(row["id"])


def _printed(catalog: Catalog, path: str) -> Photo | None:
    """The one photo whose path is shown like this: a name that is not UTF-8 is shown with its bytes written out."""
    found = list(photos_where(catalog, "path = ? LIMIT 2", printable_path(path)))
    return found[0] if len(found) == 1 else None


def _ending_in(catalog: Catalog, name: str) -> list[Photo]:
    """The photos whose path ends in some names; one that a table cut off (`…`) is the beginning of a shortened path."""
    name = os.path.normpath(name) if name else ""
    if name in ("", ".") or name.startswith(("/", "../")):
        return []
    if name.endswith("…"):
        start = name[:-1]
        found = photos_where(catalog, "instr(path, ?) ORDER BY path", start)
        return [photo for photo in found if shortened_path(photo.path).startswith(start)]
    return list(photos_where(catalog, "substr(path, -length(?1)) = ?1 ORDER BY path", f"/{name}"))


def _listed(photos: Sequence[Photo]) -> str:
    more = f" and {len(photos) - _LISTED} more" if len(photos) > _LISTED else ""
    return ", ".join(photo.path for photo in photos[:_LISTED]) + more
