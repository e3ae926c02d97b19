"""The row IDs that a query finds, in its order, collected inside SQLite.

SQLite lets Python's other threads run while it works, but takes Python's lock for each row that it hands over, and waits up to
5 ms for it while the app draws. So the IDs are collected in a temporary table first, and handed over thousands at a time.
"""

from __future__ import annotations

import sqlite3
from array import array

TABLE = "found"
"""The temporary table."""

_AT_ONCE = 5000
"""IDs that are handed over together; those of the largest tables, of 19 digits, are still no longer than a label may be."""


def begin(connection: sqlite3.Connection) -> None:
    """Make the temporary table, in memory. It may not be there yet."""
    connection.isolation_level = None  # or Python begins a transaction, which an authorizer would have to allow
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute(f"CREATE TEMP TABLE {TABLE} (place INTEGER PRIMARY KEY, photo INTEGER NOT NULL)")


def collect(connection: sqlite3.Connection, select: str) -> None:
    """Collect the IDs that a SELECT of one column finds."""
    connection.execute(f"INSERT INTO temp.{TABLE} (photo) {select}")


def collected(connection: sqlite3.Connection) -> array[int]:
    """Return the IDs in the order in which they were found."""
    ids = array("q")
    last = connection.execute(f"SELECT coalesce(max(place), 0) FROM temp.{TABLE}").fetchone()[0]
    for start in range(0, last, _AT_ONCE):
        part = connection.execute(
            f"SELECT group_concat(photo) FROM (SELECT photo FROM temp.{TABLE} WHERE place > ? AND place <= ? ORDER BY place)",
            (start, start + _AT_ONCE),
        ).fetchone()[0]
        ids.extend(map(int, part.split(",")))
    return ids
