"""The stored offsets between the clocks of two cameras: estimated from photos, or stated by a person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from typing import Literal

from curate.catalog.store import Catalog

MAX_OFFSET_S = 100 * 365.25 * 86_400
"""The largest offset that is accepted, seconds. A clock that was never set starts some decades back."""

OffsetSource = Literal["content", "gps", "chain", "person"]


@dataclass(frozen=True, slots=True)
class ClockRow:
    """An offset between two clocks.

    Attributes:
        camera_a: `make|model` of the first camera.
        camera_b: `make|model` of the second camera.
        number: number of the offset among those of these two clocks, from 0, the best supported first.
        seconds: reading of clock b minus reading of clock a.
        spread: standard deviation of single pairs around `seconds`, in seconds.
        support: number of moments that it is estimated from.
        margin: half the width of its 95 % interval, in seconds.
        origin: whether it was estimated from photos or stated by a person.
        source: how it is known (`pairing.clocks.offsets.Source`).
        since: reading of clock a, seconds since 1970, from which it is valid; None where it has no start.
        until: reading of clock a up to which it is valid; None where it has no end.
        drift: seconds that clock b gains on clock a in a day.
        drift_at: reading of clock a at which the offset is `seconds`, where the clocks drift.
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
    """Return all offsets, ordered by cameras and number."""
    rows = catalog.connection.execute(f"SELECT {_COLUMNS} FROM clock_offset ORDER BY camera_a, camera_b, number")
    return [ClockRow(*row) for row in rows]


def stated_offsets(catalog: Catalog) -> list[tuple[str, str, float]]:
    """Return camera, camera and seconds of the offsets that a person stated."""
    return [(row.camera_a, row.camera_b, row.seconds) for row in clock_rows(catalog) if row.origin == "person"]


def rows_between(catalog: Catalog, camera_a: str, camera_b: str) -> list[ClockRow]:
    """Return the offsets between two clocks, whichever is named first."""
    rows = catalog.connection.execute(
        f"SELECT {_COLUMNS} FROM clock_offset "
        "WHERE (camera_a = ?1 AND camera_b = ?2) OR (camera_a = ?2 AND camera_b = ?1) ORDER BY number",
        (camera_a, camera_b),
    )
    return [ClockRow(*row) for row in rows]


def put_between(catalog: Catalog, camera_a: str, camera_b: str, rows: Iterable[ClockRow]) -> None:
    """Replace the offsets between two clocks."""
    for row in rows_between(catalog, camera_a, camera_b):
        catalog.connection.execute(
            "DELETE FROM clock_offset WHERE camera_a = ? AND camera_b = ? AND number = ?",
            (row.camera_a, row.camera_b, row.number),
        )
    _add(catalog, rows)


def put_estimated(catalog: Catalog, rows: Iterable[ClockRow]) -> None:
    """Replace all estimated offsets; stated ones are not changed."""
    catalog.connection.execute("DELETE FROM clock_offset WHERE origin = 'photos'")
    _add(catalog, rows)


def _add(catalog: Catalog, rows: Iterable[ClockRow]) -> None:
    catalog.connection.executemany(
        f"INSERT INTO clock_offset ({_COLUMNS}) VALUES ({', '.join('?' * len(fields(ClockRow)))})", map(astuple, rows)
    )


def canonical(a: str, b: str, a_is_phone: bool, b_is_phone: bool) -> tuple[str, str]:
    """Return two cameras in the order in which offsets name them: the phone first, two of one side by name.

    >>> canonical("Canon|EOS R6", "Apple|iPhone 13", False, True)
    ('Apple|iPhone 13', 'Canon|EOS R6')
    """
    return (a, b) if (not a_is_phone, a) <= (not b_is_phone, b) else (b, a)
