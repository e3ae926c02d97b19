"""Bursts found by the last pairing run, stored as links between photos, by sha256."""

from __future__ import annotations

from collections.abc import Sequence

from curate.catalog.store import Catalog


def keep_bursts(catalog: Catalog, links: Sequence[tuple[str, str]]) -> None:
    """Replace the stored links by those of a new run, as pairs of sha256."""
    with catalog.transaction():
        catalog.connection.execute("DELETE FROM burst")
        catalog.connection.executemany("INSERT OR IGNORE INTO burst (one, two) VALUES (?, ?)", links)


def kept_bursts(catalog: Catalog) -> list[tuple[str, str]]:
    """Return the links of the last run."""
    rows = catalog.connection.execute("SELECT one, two FROM burst ORDER BY one, two")
    return [(row["one"], row["two"]) for row in rows]
