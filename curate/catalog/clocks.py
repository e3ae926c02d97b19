"""How far the clocks of two cameras differ, as the catalogue keeps it: from the photos, or as a person stated it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from typing import Literal

from curate.catalog.store import Catalog

OffsetSource = Literal["content", "gps", "chain", "person"]


@dataclass(frozen=True, slots=True)
class ClockRow:
    """An offset between two clocks.

    Attributes:
        camera_a, camera_b: `make|model`.
        number: counts the offsets between these two clocks from 0, the best supported first.
        seconds: what the clock of b reads minus what the clock of a reads.
        spread: of single pairs around it, in seconds.
        support: moments behind it.
        margin: half the width of its 95 % interval, in seconds.
        origin: whether photos or a person said so.
        source: how it is known.
        since, until: readings of the clock of a between which it holds, seconds since 1970; None: without end.
        drift: seconds that b gains on a in a day.
        drift_at: the reading of a at which `seconds` is meant, where it drifts.
    """

    camera_a: str
    camera_b: str
    number: int = 0
    seconds: float = 0.0
    spread: float | None = None
    support: int = 0
    margin: float | None = None
    origin: Literal["photos", "person"] = "photos"
    source: OffsetSource = "content"
    since: float | None = None
    until: float | None = None
    drift: float = 0.0
    drift_at: float | None = None


_COLUMNS = ", ".join(item.name for item in fields(ClockRow))


def clock_rows(catalog: Catalog) -> list[ClockRow]:
    """Return all offsets, by cameras and number."""
    rows = catalog.connection.execute(f"SELECT {_COLUMNS} FROM clock_offset ORDER BY camera_a, camera_b, number")
    return [ClockRow(*row) for row in rows]


def rows_between(catalog: Catalog, camera_a: str, camera_b: str) -> list[ClockRow]:
    """Return the offsets between two clocks, whichever is named first."""
    rows = catalog.connection.execute(
        f"SELECT {_COLUMNS} FROM clock_offset "
        "WHERE (camera_a = ?1 AND camera_b = ?2) OR (camera_a = ?2 AND camera_b = ?1) ORDER BY number",
        (camera_a, camera_b),
    )
    return [ClockRow(*row) for row in rows]


def put_between(catalog: Catalog, camera_a: str, camera_b: str, rows: Iterable[ClockRow]) -> None:
    """Put offsets between two clocks in the place of those that are kept."""
    for row in rows_between(catalog, camera_a, camera_b):
        catalog.connection.execute(
            "DELETE FROM clock_offset WHERE camera_a = ? AND camera_b = ? AND number = ?",
            (row.camera_a, row.camera_b, row.number),
        )
    _add(catalog, rows)


def put_estimated(catalog: Catalog, rows: Iterable[ClockRow]) -> None:
    """Put what the photos say of all clocks in the place of what they said before; what a person stated stays."""
    catalog.connection.execute("DELETE FROM clock_offset WHERE origin = 'photos'")
    _add(catalog, rows)


def _add(catalog: Catalog, rows: Iterable[ClockRow]) -> None:
    catalog.connection.executemany(
        f"INSERT INTO clock_offset ({_COLUMNS}) VALUES ({', '.join('?' * len(fields(ClockRow)))})", map(astuple, rows)
    )
