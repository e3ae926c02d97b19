"""Which of several copies a person wants to keep: said of the photo, numbered, so that the latest choice of a group wins."""

from __future__ import annotations

from curate.catalog import decisions
from curate.catalog.labelling import KEEPER
from curate.catalog.store import Catalog


def keep(catalog: Catalog, photo: int) -> None:
    """Say, as a person, that of this photo and its copies this one is kept. It is logged, and undone like any label."""
    with catalog.transaction():
        row = catalog.connection.execute(
            "SELECT coalesce(max(CAST(value AS INTEGER)), 0) FROM assertion WHERE key = ?", (KEEPER,)
        ).fetchone()
        decisions.label(catalog, [photo], KEEPER, str(row[0] + 1))


def kept(catalog: Catalog) -> dict[bytes, int]:
    """Return the number of the choice by the path's own bytes, for the photos that were chosen."""
    rows = catalog.connection.execute(
        "SELECT path_bytes, CAST(value AS INTEGER) FROM assertion JOIN photo ON photo.id = assertion.photo "
        "WHERE key = ? AND value IS NOT NULL",
        (KEEPER,),
    )
    return dict(tuple(row) for row in rows)
