"""How far the clocks of two cameras differ: the record of an offset, and the stored offsets, estimated or stated by a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from datetime import UTC, datetime
from typing import Any, Literal

from curate.catalog.store import Catalog

MAX_OFFSET_S = 100 * 365.25 * 86_400
"""The largest offset that is accepted, seconds. A clock that was never set starts some decades back."""

DAY = 86_400.0
"""Seconds."""

OffsetSource = Literal["content", "gps", "chain", "person"]
"""How an offset is known: from matched photos, from GPS times of both cameras, through other cameras, or from a person."""


@dataclass(frozen=True, slots=True)
class ClockOffset:
    """How two clocks differ, as it was estimated from photos or stated by a person.

    Attributes:
        camera_a: `make|model` of the first camera: the phone, or the first by name of two cameras of one side.
        camera_b: `make|model` of the second camera.
        seconds: reading of clock b minus reading of clock a at the same instant, as written in `taken_at`. Those are local
            times, so a difference of time zones is included.
        spread: robust standard deviation, in seconds, of the differences of single pairs around `seconds`.
        support: number of moments that it is estimated from; a burst counts once. Of GPS times and chains: that of the
            weakest link.
        margin: half the width of a 95 % interval of `seconds`; the interval is that of the offset including a usual lag.
        source: how the offset is known.
        since: reading of clock a, seconds since 1970, from which it is valid; None where it has no start.
        until: reading of clock a up to which it is valid; None where it has no end. Ends arise where a clock was set.
        drift: seconds that clock b gains on clock a in a day.
        drift_at: reading of clock a at which the offset is `seconds`; None where no drift is known.

    >>> offset = ClockOffset("Apple|iPhone 13", "Canon|EOS R6", 3600.0, 10.0, 12, drift=2.0, drift_at=0.0)
    >>> offset.seconds_at(0.0), offset.seconds_at(5 * 86_400.0)
    (3600.0, 3610.0)
    """

    camera_a: str
    camera_b: str
    seconds: float
    spread: float
    support: int
    margin: float = 0.0
    source: OffsetSource = "content"
    since: float | None = None
    until: float | None = None
    drift: float = 0.0
    drift_at: float | None = None

    def holds(self, reading: float) -> bool:
        """Whether the offset is valid at a reading of clock a, seconds since 1970."""
        return (self.since is None or reading >= self.since) and (self.until is None or reading < self.until)

    def seconds_at(self, reading: float) -> float:
        """Return the offset in seconds at a reading of clock a, drift included."""
        return self.seconds + (0.0 if self.drift_at is None else self.drift * (reading - self.drift_at) / DAY)

    def to_dict(self) -> dict[str, Any]:
        """Return the offset under the fixed names of `curate clocks --json`, with readings as local ISO times."""
        return {
            "camera_a": self.camera_a,
            "camera_b": self.camera_b,
            "seconds": self.seconds,
            "spread": self.spread,
            "support": self.support,
            "margin": self.margin,
            "source": self.source,
            "since": local_time(self.since),
            "until": local_time(self.until),
            "drift_s_per_day": self.drift,
            "drift_at": local_time(self.drift_at),
            "jump": jump(self.seconds),
        }


def local_time(reading: float | None) -> str | None:
    """Return a clock's reading as a local ISO time; None outside the years 1 to 9999.

    >>> local_time(1_700_000_000.0)
    '2023-11-14T22:13:20'
    """
    if reading is None:
        return None
    try:
        return datetime.fromtimestamp(round(reading), UTC).replace(tzinfo=None).isoformat()
    except (ValueError, OverflowError):
        return None


def jump(seconds: float) -> str | None:
    """Explain an offset within three minutes of a multiple of half an hour, up to 14 h: a zone or daylight saving.

    >>> jump(-3605.0)
    'about -1 h: another time zone or daylight saving'
    >>> jump(700.0) is None
    True
    """
    halves = round(seconds / 1800)
    if halves == 0 or abs(halves) > 28 or abs(seconds - 1800 * halves) > 180:
        return None
    return f"about {halves / 2:+g} h: another time zone or daylight saving"


_COLUMNS = [item.name for item in fields(ClockOffset)]
_READ = ", ".join(f"coalesce({name}, 0.0)" if name in ("spread", "margin") else name for name in _COLUMNS)


def clock_offsets(catalog: Catalog) -> list[ClockOffset]:
    """Return all offsets, ordered by cameras; several offsets of two cameras are ordered by their support."""
    rows = catalog.connection.execute(f"SELECT {_READ} FROM clock_offset ORDER BY camera_a, camera_b, number")
    return [ClockOffset(*row) for row in rows]


def stated_offsets(catalog: Catalog) -> list[tuple[str, str, float]]:
    """Return camera, camera and seconds of the offsets that a person stated."""
    return [(one.camera_a, one.camera_b, one.seconds) for one in clock_offsets(catalog) if one.source == "person"]


def offsets_between(catalog: Catalog, camera_a: str, camera_b: str) -> list[ClockOffset]:
    """Return the offsets between two clocks, whichever is named first."""
    cameras = {camera_a, camera_b}
    return [one for one in clock_offsets(catalog) if {one.camera_a, one.camera_b} == cameras]


def put_between(catalog: Catalog, camera_a: str, camera_b: str, offsets: Iterable[ClockOffset]) -> None:
    """Replace the offsets between two clocks."""
    for cameras in ((camera_a, camera_b), (camera_b, camera_a)):
        catalog.connection.execute("DELETE FROM clock_offset WHERE camera_a = ? AND camera_b = ?", cameras)
    _add(catalog, offsets)


def keep_clock_offsets(catalog: Catalog, offsets: Iterable[ClockOffset]) -> None:
    """Store the estimated offsets. Two cameras whose offset a person stated keep that offset and get no estimate."""
    stated = {frozenset(cameras) for *cameras, _ in stated_offsets(catalog)}
    catalog.connection.execute("DELETE FROM clock_offset WHERE origin = 'photos'")
    estimated = (one for one in offsets if one.source != "person")
    _add(catalog, (one for one in estimated if frozenset((one.camera_a, one.camera_b)) not in stated))


def _add(catalog: Catalog, offsets: Iterable[ClockOffset]) -> None:
    """Store offsets; those of the same two cameras are numbered from 0, in their order."""
    numbers: Counter[tuple[str, str]] = Counter()
    for offset in offsets:
        cameras = offset.camera_a, offset.camera_b
        origin = "person" if offset.source == "person" else "photos"
        catalog.connection.execute(
            f"INSERT INTO clock_offset (number, origin, {', '.join(_COLUMNS)}) VALUES (?, ?{', ?' * len(_COLUMNS)})",
            (numbers[cameras], origin, *astuple(offset)),
        )
        numbers[cameras] += 1


def canonical(a: str, b: str, a_is_phone: bool, b_is_phone: bool) -> tuple[str, str]:
    """Return two cameras in the order in which offsets name them: the phone first, two of one side by name.

    >>> canonical("Canon|EOS R6", "Apple|iPhone 13", False, True)
    ('Apple|iPhone 13', 'Canon|EOS R6')
    """
    return (a, b) if (not a_is_phone, a) <= (not b_is_phone, b) else (b, a)
