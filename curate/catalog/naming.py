"""Find the photo that a person names: by any path that a command prints, or by a shorter one."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from curate.catalog.listing import is_listed_path
from curate.catalog.photos import Photo, photo_at, photos_where
from curate.catalog.store import Catalog
from curate.errors import UsageError
from tracer.base.text import printable_path, shell_word, shortened_path

_LISTED = 5
AT_OR_BELOW = "(path_bytes = ? OR path_bytes >= ? AND path_bytes < ? OR path_bytes >= ? AND path_bytes < ?)"
"""The condition that a stored path is, or lies below, the one that `bounds` was given."""


def photo_named(catalog: Catalog, name: str | os.PathLike[str], base: str | os.PathLike[str] | None = None) -> Photo:
    """Return the photo that a person names.

    An absolute path, or one relative to `base` or the current folder, is tried first. Otherwise the name is read as a path
    relative to a source folder, or as the end of a path, as tables show it; then it must name exactly one photo.

    Args:
        catalog: the workspace's catalogue.
        name: the path, as a person wrote it.
        base: folder that it may be relative to, before the current one.

    Raises:
        UsageError: it names no photo, or several; the message lists them.
    """
    found = named(catalog, name, base)
    if len(found) == 1:
        return found[0]
    shown, listing = printable_path(name), f"curate photos -w {shell_word(str(catalog.workspace.root))} --format jsonl"
    if found:
        raise UsageError(
            f"{shown} names {len(found)} photos", _listed(found), "Give the full path of one of them, or more of it."
        )
    alike = _ending_in(catalog, os.path.basename(shown.rstrip("/")))
    why = f"{shown}; photos of that file name are {_listed(alike)}" if alike else shown
    raise UsageError("that is not a photo of the workspace", why, f"All paths are printed by: {listing}")


def named(catalog: Catalog, name: str | os.PathLike[str], base: str | os.PathLike[str] | None = None) -> list[Photo]:
    """Return the photos that a path may name (`photo_named`), in the order of their paths."""
    if is_listed_path(os.fspath(name)) and (published := photo_at(catalog, name)) is not None:
        return [published]
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
    """Yield the ingested folders that still have photos in the catalogue."""
    for row in catalog.connection.execute("SELECT path_bytes FROM root ORDER BY path_bytes").fetchall():
        folder = catalog.places.resolved(row["path_bytes"])
        if next(photos_below(catalog, folder), None) is not None:
            yield Path(os.fsdecode(folder))


def absent_folders(catalog: Catalog) -> list[tuple[Path, int]]:
    """Return the ingested folders that are not there, each with the number of its photos that are not known to be missing."""
    absent: list[tuple[Path, int]] = []
    for folder in source_folders(catalog):
        if not any(folder.is_relative_to(above) for above, _ in absent) and not os.path.exists(folder):
            condition = f"SELECT count(*) FROM photo WHERE {AT_OR_BELOW} AND status != 'missing'"
            photos = catalog.connection.execute(condition, bounds(catalog, os.fsencode(folder))).fetchone()[0]
            if photos:
                absent.append((folder, int(photos)))
    return absent


def photos_below(catalog: Catalog, path: bytes) -> Iterator[int]:
    """Yield the row IDs of the photos at or below a path, whether their files still exist or not."""
    for row in catalog.connection.execute(
        f"SELECT id FROM photo WHERE {AT_OR_BELOW} ORDER BY path_bytes", bounds(catalog, path)
    ):
        yield int(row["id"])


def count_below(catalog: Catalog, path: bytes) -> int:
    """Return the number of photos at or below a path."""
    return int(
        catalog.connection.execute(f"SELECT COUNT(*) FROM photo WHERE {AT_OR_BELOW}", bounds(catalog, path)).fetchone()[
            0
        ]
    )


def bounds(catalog: Catalog, path: bytes) -> tuple[bytes, ...]:
    """Return what the question marks of `AT_OR_BELOW` stand for. Below folders above the workspace lie its own files, too."""
    here, real = catalog.places.stored(path).rstrip(b"/"), os.path.realpath(path).rstrip(b"/")
    above = os.fsencode(os.path.realpath(catalog.workspace.root) + "/").startswith(real + b"/")
    own = (b"./", b".0") if above else (b"", b"")
    return here, here + b"/", here + b"0", *own  # "0" is the character after "/"


def _printed(catalog: Catalog, path: str) -> Photo | None:
    """Return the photo whose path is shown like this (a name that is not UTF-8 is shown escaped); None where several are."""
    found = list(photos_where(catalog, "path = ? LIMIT 2", catalog.places.stored_text(printable_path(path))))
    return found[0] if len(found) == 1 else None


def _ending_in(catalog: Catalog, name: str) -> list[Photo]:
    """Return the photos whose path ends in `name`. A name that ends in `…` is the beginning of a path that a table shortened."""
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
