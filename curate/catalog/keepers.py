"""Which of several copies a person chose to keep. Choices are numbered, so that the latest in a group of copies wins."""

from __future__ import annotations

from curate.catalog import decisions
from curate.catalog.labelling import KEEPER
from curate.catalog.store import Catalog


def keep(catalog: Catalog, photo: int) -> None:
    """Choose, as a person, this photo among its copies. The choice is logged and can be undone like a label."""
    with catalog.transaction():
        row = catalog.connection.execute(
            "SELECT coalesce(max(CAST(value AS INTEGER)), 0) FROM assertion WHERE key = ?", (KEEPER,)
        ).fetchone()
        decisions.label(catalog, [photo], KEEPER, str(row[0] + 1))


def chosen_groups(catalog: Catalog) -> int:
    """Return the number of groups of photos whose files are the same, and of which a person chose the one to keep."""
    row = catalog.connection.execute(
        "SELECT count(DISTINCT photo.sha256) FROM assertion JOIN photo ON photo.id = assertion.photo "
        "WHERE key = ? AND value IS NOT NULL "
        "AND EXISTS (SELECT 1 FROM photo AS copy WHERE copy.sha256 = photo.sha256 AND copy.id != photo.id)",
        (KEEPER,),
    ).fetchone()
    return int(row[0])


def kept(catalog: Catalog) -> dict[bytes, int]:
    """Return path (bytes) -> number of the choice, for the photos that were chosen."""
    rows = catalog.connection.execute(
        "SELECT resolved(path_bytes), CAST(value AS INTEGER) FROM assertion JOIN photo ON photo.id = assertion.photo "
        "WHERE key = ? AND value IS NOT NULL",
        (KEEPER,),
    )
    return dict(tuple(row) for row in rows)
