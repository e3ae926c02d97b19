"""The folders that were taken in: the disk that each lay on, the photos below, and the files that were skipped."""

from __future__ import annotations

from collections.abc import Iterator

from curate.catalog.store import Catalog
from tracer.base.text import printable_path


def local_photos_below(catalog: Catalog, root: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (row ID, path) of the local photos at or below a path, except those known to be missing."""
    below = root.rstrip(b"/") + b"/"
    for row in catalog.connection.execute(
        "SELECT id, path_bytes FROM photo WHERE (path_bytes = ? OR path_bytes >= ? AND path_bytes < ?) "
        "AND source = 'local' AND status != 'missing'",
        (root, below, below[:-1] + b"0"),  # "0" is the character after "/"
    ):
        yield row["id"], row["path_bytes"]


def device_of(catalog: Catalog, root: bytes) -> int | None:
    """Return the disk that a folder lay on when it was last taken in (`st_dev`)."""
    row = catalog.connection.execute("SELECT device FROM root WHERE path_bytes = ?", (root,)).fetchone()
    return None if row is None else int(row[0])


def remember_device(catalog: Catalog, root: bytes, device: int) -> None:
    """Remember the disk that a folder lies on."""
    catalog.connection.execute("INSERT OR REPLACE INTO root VALUES (?, ?)", (root, device))


def begin_skipped(catalog: Catalog) -> None:
    """Begin the list of skipped files anew."""
    with catalog.transaction():
        catalog.connection.execute("DELETE FROM skipped")


def skip(catalog: Catalog, path: bytes, reason: str) -> None:
    """Remember a file that is no photo, or could not be reached."""
    catalog.connection.execute("INSERT OR REPLACE INTO skipped VALUES (?, ?, ?)", (path, printable_path(path), reason))


def skipped(catalog: Catalog) -> Iterator[tuple[str, str]]:
    """Yield the files that were skipped, with the reason."""
    yield from (
        (row["path"], row["reason"])
        for row in catalog.connection.execute("SELECT path, reason FROM skipped ORDER BY path")
    )
