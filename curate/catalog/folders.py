"""The ingested folders: the disk that each was on, the photos below it, and the files that were skipped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from curate.catalog.naming import AT_OR_BELOW, bounds
from curate.catalog.store import Catalog
from tracer.base.text import printable_path


def local_photos_below(catalog: Catalog, root: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (row ID, path) of the local photos at or below a path, except those known to be missing."""
    for row in catalog.connection.execute(
        f"SELECT id, resolved(path_bytes) AS path FROM photo WHERE {AT_OR_BELOW} AND source = 'local' AND status != 'missing'",
        bounds(catalog, root),
    ):
        yield row["id"], row["path"]


def device_of(catalog: Catalog, root: bytes) -> int | None:
    """Return the device number (`st_dev`) of a folder's disk when it was last ingested."""
    row = catalog.connection.execute(
        "SELECT device FROM root WHERE path_bytes = ?", (catalog.places.stored(root),)
    ).fetchone()
    return None if row is None else int(row[0])


def remember_device(catalog: Catalog, root: bytes, device: int) -> None:
    """Store the device number of a folder's disk."""
    catalog.connection.execute("INSERT OR REPLACE INTO root VALUES (?, ?)", (catalog.places.stored(root), device))


def begin_skipped(catalog: Catalog) -> None:
    """Clear the list of skipped files."""
    with catalog.transaction():
        catalog.connection.execute("DELETE FROM skipped")


def skip(catalog: Catalog, path: bytes, reason: str) -> None:
    """Store a file that is not a photo or could not be read, with the reason."""
    path = catalog.places.stored(path)
    catalog.connection.execute("INSERT OR REPLACE INTO skipped VALUES (?, ?, ?)", (path, printable_path(path), reason))


def skipped(catalog: Catalog) -> Iterator[tuple[str, str]]:
    """Yield (path, reason) of the files that were skipped."""
    yield from (
        (catalog.places.resolved(row["path"]), row["reason"])
        for row in catalog.connection.execute("SELECT path, reason FROM skipped ORDER BY path")
    )


def last_folder(catalog: Catalog) -> str | None:
    """Return the path of the ingested folder that the newest local photo lies in, as shown; None where there is none."""
    row = catalog.connection.execute(
        "SELECT root.path_bytes AS path FROM (SELECT path_bytes FROM photo WHERE source = 'local' ORDER BY id DESC LIMIT 1) "
        "AS newest JOIN root ON newest.path_bytes = root.path_bytes OR substr(newest.path_bytes, 1, length(root.path_bytes) + 1)"
        " = CAST(root.path_bytes || x'2f' AS BLOB) ORDER BY length(root.path_bytes) DESC LIMIT 1"
    ).fetchone()
    return None if row is None else printable_path(catalog.places.resolved(bytes(row["path"])))


def skipped_count(catalog: Catalog, besides: Sequence[str] = ()) -> int:
    """Return the number of files that were skipped for other reasons than some."""
    marks = ", ".join("?" * len(besides))
    query = f"SELECT count(*) FROM skipped WHERE reason NOT IN ({marks})"
    return int(catalog.connection.execute(query, besides).fetchone()[0])
