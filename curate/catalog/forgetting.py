"""Remove photos from the catalogue, as one step of the log that can be undone. Files are never touched."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from curate.catalog import decisions
from curate.catalog.browsing import paths_of_photos
from curate.catalog.naming import named, photos_below, source_folders
from curate.catalog.store import Catalog
from curate.errors import UsageError, command
from tracer.base.text import printable_path


def forget(catalog: Catalog, paths: Sequence[str | os.PathLike[str]]) -> int:
    """Remove photos, and all photos below folders, from the catalogue; returns how many.

    Args:
        catalog: open for writing; the caller holds the workspace's lock.
        paths: photos as `naming.photo_named` reads them; folders absolute, or relative to the current folder or a source
            folder. The files do not have to exist any more.

    Raises:
        UsageError: a path names no photo of the catalogue, or several places; then nothing is removed.
    """
    photos: dict[int, None] = {}
    places: dict[bytes, None] = {}
    unknown = []
    for path in paths:
        place = place_of(catalog, path)
        if place is None:
            unknown.append(printable_path(path))
            continue
        places[place] = None
        photos |= dict.fromkeys(photos_below(catalog, place))
    if unknown:
        raise UsageError(
            "no photo of the workspace is there",
            ", ".join(unknown),
            f"All paths are printed by: {command('photos', '--format', 'jsonl', workspace=catalog.workspace.root)}",
        )
    decisions.forget_photos(catalog, list(photos), list(places))
    return len(photos)


def forget_these(catalog: Catalog, photos: Sequence[int], note: Mapping[str, Any] = decisions.NO_NOTE) -> int:
    """Remove the photos with some row IDs from the catalogue, as one step; returns how many. Those that are gone are passed over.

    Args:
        catalog: open for writing; the caller holds the workspace's lock.
        photos: row IDs.
        note: as in `decisions.decide`.
    """
    paths = paths_of_photos(catalog, photos)
    if paths:
        decisions.forget_photos(catalog, list(paths), list(paths.values()), note)
    return len(paths)


def place_of(catalog: Catalog, path: str | os.PathLike[str]) -> bytes | None:
    """Return the path of the photo or folder that is meant; None where the catalogue has no photo there."""
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
            "Give the full path of one of them.",
        )
    return next(iter(places), None)


def _holds_photos(catalog: Catalog, place: bytes) -> bool:
    return next(photos_below(catalog, place), None) is not None
