"""The offset between the clocks of two cameras, as it is known, stored and shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

DAY = 86_400.0
"""Seconds."""

Source = Literal["content", "gps", "chain", "person"]
"""How an offset is known: from matched photos, from GPS times of both cameras, through other cameras, or from a person."""


@dataclass(frozen=True, slots=True)
class ClockOffset:
    """How two clocks differ.

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
        at: reading of clock a at which the offset is `seconds`, where the clocks drift.

    >>> offset = ClockOffset("Apple|iPhone 13", "Canon|EOS R6", 3600.0, 10.0, 12, drift=2.0, at=0.0)
    >>> offset.seconds_at(0.0), offset.seconds_at(5 * 86_400.0)
    (3600.0, 3610.0)
    """

    camera_a: str
    camera_b: str
    seconds: float
    spread: float
    support: int
    margin: float = 0.0
    source: Source = "content"
    since: float | None = None
    until: float | None = None
    drift: float = 0.0
    at: float | None = None

    def holds(self, reading: float) -> bool:
        """Whether the offset is valid at a reading of clock a, seconds since 1970."""
        return (self.since is None or reading >= self.since) and (self.until is None or reading < self.until)

    def seconds_at(self, reading: float) -> float:
        """Return the offset in seconds at a reading of clock a, drift included."""
        return self.seconds + (0.0 if self.at is None else self.drift * (reading - self.at) / DAY)

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
            "drift_at": local_time(self.at),
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
