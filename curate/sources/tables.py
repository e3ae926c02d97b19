"""Takes photos without files into the catalogue, from tables that list them; each batch is committed."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from curate.catalog.flickr_photos import ListedCounts, forgotten_ids, put_listings
from curate.catalog.folders import begin_skipped, skip
from curate.catalog.listing import Listing
from curate.catalog.store import Catalog
from curate.errors import SourceError
from curate.photos.facts import Exif
from curate.sources.counts import IngestCounts
from tracer.base.progress import Progress, Work
from tracer.base.text import quoted_path

FORGOTTEN = "it was forgotten; `curate undo` takes that back"
BATCH = 5000
"""Rows that are committed together."""


@dataclass
class Batch:
    """A part of a table.

    Attributes:
        entries: its photos, each with the camera metadata that the table gives; None where it gives none.
        skipped: (place, reason) of the rows that are not taken in; a place is the path of the table and the row or line.
        done: how far the reading is, in the unit of `total`.
        total: the size of all tables, in rows or bytes; None where it is not known.
    """

    entries: list[tuple[Listing, Exif | None]] = field(default_factory=list)
    skipped: list[tuple[bytes, str]] = field(default_factory=list)
    done: int = 0
    total: int | None = None


def take_in_batches(catalog: Catalog, batches: Iterator[Batch], what: str, remarks: list[str]) -> Work[IngestCounts]:
    """Take photos without files into the catalogue.

    Args:
        catalog: open for writing.
        batches: the parts of the tables, read as they are needed.
        what: the words for the progress.
        remarks: the sentences for the user that reading the batches adds.
    """
    started, counts = time.monotonic(), IngestCounts(remarks=remarks)
    begin_skipped(catalog)
    yield Progress(what, 0)
    for batch in batches:
        with catalog.transaction():
            put_batch(catalog, batch.entries, counts)
            for place, reason in batch.skipped:
                skip(catalog, place, reason)
            counts.skipped += len(batch.skipped)
        yield Progress(what, batch.done, batch.total)
    if counts.added or counts.updated:
        with catalog.transaction():
            catalog.touch()
    counts.seconds = time.monotonic() - started
    return counts


def put_batch(catalog: Catalog, entries: Sequence[tuple[Listing, Exif | None]], counts: IngestCounts) -> ListedCounts:
    """Add or update photos, count them, and list those that a person has forgotten as skipped."""
    found = put_listings(catalog, entries)
    counts.added += found.added
    counts.updated += found.updated
    counts.unchanged += found.unchanged
    if found.forgotten:
        for flickr_id in forgotten_ids(catalog, [listing.flickr_id for listing, _ in entries]):
            counts.skipped += 1
            skip(catalog, f"flickr:{flickr_id}".encode(), FORGOTTEN)
    return found


def files_below(paths: Sequence[Path], failure: str) -> Iterator[tuple[Path, bool]]:
    """Yield the files that are given or lie in given folders, sorted, each with whether it was itself given.

    Links to folders are not followed. A file in a folder need not be a regular one.

    Args:
        paths: files and folders.
        failure: the first part of the error message.

    Raises:
        SourceError: a given path does not exist or cannot be read.
    """
    seen: set[Path] = set()
    for path in paths:
        place = Path(os.path.abspath(path))
        if not place.is_dir() and not place.is_file():
            what = "it is not a regular file" if os.path.lexists(place) else "there is no such file or folder"
            raise SourceError(failure, f"{quoted_path(place)}: {what}", "Check the spelling.")
        for file in [place] if place.is_file() else _files_in(place):
            if file not in seen:
                seen.add(file)
                yield file, file == place


def _files_in(folder: Path) -> Iterator[Path]:
    for here, below, names in os.walk(folder):
        below.sort()
        yield from (Path(here, name) for name in sorted(names))


def row_place(path: Path, number: int) -> bytes:
    """Return what `curate skipped` shows for a row or line of a file, such as `/data/photos.tsv:7`."""
    return os.fsencode(path) + f":{number}".encode()
