"""Files that have moved: a folder that a person names, as a step that can be undone, and files that an ingest finds renamed."""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from curate.catalog import decisions
from curate.catalog.folders import remember_device
from curate.catalog.forgetting import place_of
from curate.catalog.listing import is_listed_path
from curate.catalog.naming import photos_below
from curate.catalog.photos import Known, Photo, photos_like, photos_where
from curate.catalog.places import as_text, move
from curate.catalog.store import Catalog
from curate.errors import SourceError, UsageError, command
from curate.photos.facts import Status
from tracer.base.progress import Progress, Work
from tracer.base.reading import open_regular
from tracer.base.text import printable_path, quoted_path


@dataclass(frozen=True, slots=True)
class Relocated:
    """What became of the photos of a folder.

    Attributes:
        relocated: the number of photos whose files were found in the new place.
        missing: the number of those that were not; they keep their paths.
    """

    relocated: int
    missing: int


def relocate(catalog: Catalog, old: str | os.PathLike[str], new: Path) -> Work[Relocated]:
    """Give the photos at or below a path the places of their files at or below another one; one step of the log.

    A photo's file is the one at the same place below `new` if its content is the same, or else any file there with this content.

    Args:
        catalog: open for writing; the caller holds the workspace's lock.
        old: the folder or file as the catalogue knows it; it does not have to exist any more.
        new: the folder or file where it is now.

    Raises:
        UsageError: the catalogue has no photo at `old`.
        SourceError: there is nothing at `new`.
    """
    before, after = place_of(catalog, old), os.fsencode(os.path.abspath(new))
    if before is None:
        raise UsageError(
            "no photo of the workspace is there",
            printable_path(old),
            f"Its folders are listed by: {command('status', workspace=catalog.workspace.root)}",
        )
    if not os.path.exists(after):
        raise SourceError(
            f"there is no {quoted_path(new)}",
            "",
            "Name the folder where the photos are now; its disk must be connected.",
        )
    photos = [next(photos_where(catalog, "id = ?", photo)) for photo in photos_below(catalog, before)]
    photos = [photo for photo in photos if not is_listed_path(photo.path)]
    found, files = dict[int, bytes](), _Files(after)
    for number, photo in enumerate(photos):
        yield Progress("looking for the photos", number, len(photos))
        place = after + photo.path_bytes[len(before.rstrip(b"/")) :]
        if files.take(place, photo):
            found[photo.id] = place
    for photo in photos:
        if photo.id not in found and (place_of_content := files.like(photo)) is not None:
            found[photo.id] = place_of_content
    moved = [photo for photo in photos if found.get(photo.id, photo.path_bytes) != photo.path_bytes]
    if moved:
        with catalog.transaction():
            _log(catalog, (before, after), moved, found)
    return Relocated(len(moved), len(photos) - len(found))


def left_behind(catalog: Catalog, old: str | os.PathLike[str]) -> str:
    """Return the command that lists the photos that are still at or below a path."""
    place = printable_path(os.path.abspath(old)).replace("'", "''")
    return command("photos", "--where", f"instr(path, '{place}') = 1", workspace=catalog.workspace.root)


def _log(catalog: Catalog, folders: tuple[bytes, bytes], moved: list[Photo], found: dict[int, bytes]) -> None:
    """Log the step, and do it. Photos that were ingested there meanwhile give their labels to those that move there."""
    stored, (before, after) = catalog.places.stored, folders
    moves = {stored(photo.path_bytes): stored(found[photo.id]) for photo in moved}
    aside = {}
    for photo in moved:
        new = next(photos_where(catalog, "path_bytes = ?", moves[stored(photo.path_bytes)]), None)
        if new is not None and stored(new.path_bytes) not in moves:
            aside[new.id] = photo.id
    lost = [photo.id for photo in moved if photo.status is Status.MISSING]
    batch = {"batch": decisions.batch_name(catalog, "relocate")} if aside else {}
    labels = [(own, *label) for there, own in aside.items() for label in _labels(catalog, there)]
    payload = {
        "from": as_text(stored(before)),
        "to": as_text(stored(after)),
        "photos": len(moved),
        "paths": [(as_text(one), as_text(two)) for one, two in moves.items()],
        "forgotten": [(as_text(one), as_text(two)) for one, two in _of_forgotten(catalog, before, after)],
        "found": lost,
        "aside": list(aside),
        "news": bool(lost or aside),
    }
    decisions.append(catalog, "relocate", payload | batch)
    for own, key, value in labels:
        decisions.label(catalog, [own], key, value, batch)
    if os.path.isdir(after):
        remember_device(catalog, after, os.stat(after).st_dev)


def _labels(catalog: Catalog, photo: int) -> list[tuple[str, str | None]]:
    rows = catalog.connection.execute(
        "SELECT key, value FROM assertion WHERE photo = ? AND origin = 'person'", (photo,)
    )
    return [(row["key"], row["value"]) for row in rows]


def follow_content(catalog: Catalog, path: bytes, sha256: str | None, roots: Sequence[bytes]) -> bool:
    """Give a path the photo with a content, if that photo's own file is gone or replaced; returns whether there is one.

    If the path is already that of a photo, the two exchange their paths. Photos on a disk that may only be away keep theirs.

    Args:
        catalog: open for writing.
        path: the path of a file with this content.
        sha256: the content; None for a file that could not be read.
        roots: stored paths of the files and folders that are being ingested.
    """
    stored = catalog.places.stored(path)
    for place, known in photos_like(catalog, sha256):
        own = catalog.places.stored(place)
        looked = any(own == root or own.startswith(root.rstrip(b"/") + b"/") for root in roots)
        if own != stored and (known.status is Status.MISSING or (looked and _is_elsewhere(place, known))):
            move(catalog.connection, [(own, stored), (stored, own)])
            return True
    return False


def _is_elsewhere(path: bytes, known: Known) -> bool:
    """Whether no file is at a path any more, or another one than was read."""
    try:
        there = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return known.changed(there.st_size, there.st_mtime_ns)


def _of_forgotten(catalog: Catalog, before: bytes, after: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield (stored path before, after) of the forgotten files and folders that moved along, so that they stay forgotten."""
    rows = catalog.connection.execute("SELECT path_bytes FROM forgotten UNION SELECT path_bytes FROM forgotten_path")
    for row in rows:
        path = catalog.places.resolved(bytes(row[0]))
        if path == before or path.startswith(before.rstrip(b"/") + b"/"):
            place = after + path[len(before.rstrip(b"/")) :]
            if os.path.lexists(place):
                yield bytes(row[0]), catalog.places.stored(place)


@dataclass
class _Files:
    """The files of the new place. Each is one photo's.

    Attributes:
        place: the new place.
    """

    place: bytes
    _taken: set[bytes] = field(default_factory=set)
    _by_size: dict[int, list[bytes]] | None = None
    _hashes: dict[bytes, str | None] = field(default_factory=dict)

    def take(self, path: bytes, photo: Photo) -> bool:
        """Take a file for a photo; returns whether it is there and is that photo's."""
        if path in self._taken or not os.path.isfile(path):
            return False
        if photo.sha256 is not None and self._hash(path) != photo.sha256:
            return False
        self._taken.add(path)
        return True

    def like(self, photo: Photo) -> bytes | None:
        """Take any file with the content of a photo, and return its path; None if there is none."""
        if photo.sha256 is None or photo.size is None:
            return None
        if self._by_size is None:
            self._by_size = defaultdict(list)
            for folder, _, names in os.walk(self.place):
                for name in sorted(names):
                    path = os.path.join(folder, name)
                    if os.path.isfile(path):
                        self._by_size[os.path.getsize(path)].append(path)
        return next((path for path in self._by_size.get(photo.size, ()) if self.take(path, photo)), None)

    def _hash(self, path: bytes) -> str | None:
        if path not in self._hashes:
            try:
                with open_regular(os.fsdecode(path)) as file:
                    self._hashes[path] = hashlib.file_digest(file, "sha256").hexdigest()
            except OSError:
                self._hashes[path] = None
        return self._hashes[path]
