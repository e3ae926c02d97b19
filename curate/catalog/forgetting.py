"""Taking photos out of the catalogue again: one step of the log, which an undo takes back. Files are never touched."""

from __future__ import annotations

import os
from collections.abc import Sequence

from curate.catalog import decisions
from curate.catalog.naming import named, photos_below, source_folders
from curate.catalog.store import Catalog
from curate.errors import UsageError, command
from tracer.base.text import printable_path


def forget(catalog: Catalog, paths: Sequence[str | os.PathLike[str]]) -> int:
    """Take photos, and all photos below folders, out of the catalogue; returns how many.

    Args:
        catalog: open for writing; the caller holds the workspace's lock.
        paths: photos as `naming.photo_named` takes them; folders absolute, or relative to the current or a source folder.
            Whether anything is still there on the disk does not matter.

    Raises:
        UsageError: a path names nothing that was taken in, or several things; nothing is forgotten then.
    """
    photos: dict[int, None] = {}
    places: dict[bytes, None] = {}
    unknown = []
    for path in paths:
        place = _place(catalog, path)
        if place is None:
            unknown.append(printable_path(path))
            continue
        places[place] = None
        photos |= dict.fromkeys(photos_below(catalog, place))
    if unknown:
        raise UsageError(
            "nothing was taken in from there",
            ", ".join(unknown),
            f"All paths are printed by: {command('photos', '--format', 'jsonl', workspace=catalog.workspace.root)}",
        )
    decisions.forget_photos(catalog, list(photos), list(places))
    return len(photos)


def _place(catalog: Catalog, path: str | os.PathLike[str]) -> bytes | None:
    """The photo or folder that is meant; None where nothing of the catalogue lies there."""
    here = os.fsencode(os.path.abspath(path))
    if _holds_photos(catalog, here):
        return here
    places = {os.fsencode(os.path.abspath(folder / path)) for folder in source_folders(catalog)}
    places = {place for place in places if _holds_photos(catalog, place)}
    places |= {photo.path_bytes for photo in named(catalog, path)}
    if len(places) > 1:
        raise UsageError(
            f"{printable_path(path)} names {len(places)} places",
            ", ".join(map(printable_path, sorted(places)[:5])),
            "Write one of these paths in full.",
        )
    return next(iter(places), None)


def _holds_photos(catalog: Catalog, place: bytes) -> bool:
    return next(photos_below(catalog, place), None) is not None
