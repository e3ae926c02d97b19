"""The pace of calls: how many in any hour and how fast one after the other, remembered over restarts.

A call takes its place in the hour from the moment before it is sent until an hour after its answer came. So no hour by the
server's clock holds more calls than are allowed, however long they are under way.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from curate.catalog.harvests import Calls
from curate.errors import UsageError
from tracer.base.progress import SILENT, Progress, Work

CALLS_PER_HOUR = 3500
"""Calls in any hour by default. Flickr allows 3,600 for each key, by all programs together."""

VARIABLE = "CURATE_FLICKR_CALLS_PER_HOUR"
HOUR = 3600.0
LONGEST_PAUSE = 86_400.0
"""Seconds of a pause that are believed."""

NAP = 0.25
"""Longest sleep in seconds, after which the work can be cancelled."""

UNSAID = 5.0
"""Seconds of a rest up to which nothing is said about it."""


@dataclass(frozen=True, slots=True)
class Limit:
    """How many calls may be made.

    Attributes:
        calls: calls in any hour.
        interval: least seconds from one call to the next.
    """

    calls: int = CALLS_PER_HOUR
    interval: float = 1.0

    @property
    def per_hour(self) -> int:
        """Calls that may be made in an hour, one after the other."""
        return min(self.calls, int(HOUR / self.interval))


def rest(
    seconds: float, clock: Callable[[], float] = time.time, sleep: Callable[[float], None] = time.sleep
) -> Work[None]:
    """Sleep in short pieces, so that the work can be cancelled; a long rest says until when it lasts.

    Args:
        seconds: how long.
        clock: the Unix time in seconds.
        sleep: waits for some seconds.
    """
    until = clock() + seconds
    told = Progress(f"waiting until {datetime.fromtimestamp(until):%H:%M:%S}", 0) if seconds > UNSAID else SILENT
    while (left := until - clock()) > 0:
        yield told
        sleep(min(left, NAP))


def eta(done: int, total: int, started: float, per_second: float = math.inf) -> str:
    """Return how many items are left, how fast they come and when they will be done, in words.

    Args:
        done: items done since `started`.
        total: items to do since then.
        started: when work on them began, by `time.monotonic`.
        per_second: items that can be done in a second in the long run.
    """
    seconds, left = time.monotonic() - started, total - done
    if not done or seconds < 1:
        return f"{left:,} left"
    rate = min(done / seconds, per_second)
    said = f"{rate:.2f}" if rate < 10 else f"{rate:,.0f}"
    return f"{left:,} left at {said} a second, until {moment(datetime.now() + timedelta(seconds=left / rate))}"


def moment(at: datetime, now: datetime | None = None) -> str:
    """Return a moment to come in as few words as tell it.

    >>> thursday = datetime(2026, 11, 26, 17, 30)
    >>> moment(datetime(2026, 11, 26, 18, 5), thursday), moment(datetime(2026, 11, 27, 14, 3), thursday)
    ('18:05', 'Friday 14:03')
    >>> moment(datetime(2026, 12, 4), thursday), moment(datetime(2027, 12, 4), thursday)
    ('4 December', '4 December 2027')
    """
    days = (at.date() - (now or datetime.now()).date()).days
    if days < 7:
        return f"{at:%H:%M}" if days == 0 else f"{at:%A %H:%M}"
    return f"{at.day} {at:%B}" + (f" {at.year}" if days >= 300 else "")


def limit_from(environ: Mapping[str, str], other_endpoint: bool) -> Limit:
    """Return the limit; the environment's counts for another endpoint than Flickr's alone.

    Raises:
        UsageError: it is not a number of calls.
    """
    text = environ.get(VARIABLE, "").strip()
    if not other_endpoint or not text:
        return Limit()
    if not (text.isascii() and text.isdecimal() and 0 < int(text) <= 10**9):
        raise UsageError("that is not a number of calls", f"{VARIABLE} is {text[:40]!r}", f"Unset {VARIABLE}.")
    return Limit(int(text), HOUR / int(text))


class Pace:
    """Makes calls wait for their turn. One process makes calls, one at a time (the workspace's lock holds off others)."""

    def __init__(
        self,
        book: Calls,
        limit: Limit,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        nap: float = NAP,
    ) -> None:
        """Args:
        book: where calls are written down.
        limit: how many calls may be made.
        clock: the Unix time in seconds.
        sleep: waits for some seconds.
        nap: longest sleep in seconds, after which the work can be cancelled.
        """
        self._book, self.limit, self._clock, self._sleep, self._nap = book, limit, clock, sleep, nap
        self._latest = now = clock()
        # a call of a killed process is over; and a clock that was set back must not block calls for longer than an hour
        self._times = deque((min(at, now) for at in book.times()), maxlen=limit.calls)
        self._next = max(self._times, default=0.0) + limit.interval
        self._paused = min(book.paused_until(), now + LONGEST_PAUSE)
        self._number: int | None = None

    def _now(self) -> float:
        """Return the time. Where the clock was set back, what was noted by it moves back as far, so that nothing waits longer."""
        now = self._clock()
        if (back := self._latest - now) > 0:
            self._times = deque((at - back for at in self._times), maxlen=self.limit.calls)
            self._next, self._paused = self._next - back, self._paused - back
        self._latest = now
        return now

    def wait(self) -> Work[None]:
        """Wait until a call may be made."""
        while (seconds := self._seconds_left()) > 0:
            yield from self.rest(seconds)

    def _seconds_left(self) -> float:
        """Return how many seconds are left until the next call may be made."""
        now = self._now()
        full = len(self._times) == self.limit.calls
        return max(self._next, self._paused, self._times[0] + HOUR if full else 0.0) - now

    def rest(self, seconds: float, why: str = "") -> Work[None]:
        """Sleep as `rest` does. More than five calls' time, or than a minute, is long; a clock that is set back adds nothing.

        `why` is told with the time.
        """
        now, left = self._now(), seconds
        said = f"waiting until {datetime.fromtimestamp(now + seconds):%H:%M:%S}" + (f", since {why}" if why else "")
        while left > 0:
            yield Progress(said, 0) if seconds > max(min(5 * self.limit.interval, 60), self._nap) else SILENT
            slept = min(left, self._nap)
            self._sleep(slept)
            before, now = now, self._now()
            left -= max(slept, now - before)

    def begin(self, timeout: float) -> None:
        """Write down that a call is sent now, which ends within a time limit in seconds."""
        now = self._now()
        self._next = now + self.limit.interval
        self._number = self._book.begin(now + timeout)

    def end(self) -> None:
        """Write down that the call ended."""
        if self._number is not None:
            now = self._now()
            self._book.end(self._number, now)
            self._times.append(now)
            self._number = None

    def pause(self, seconds: float) -> None:
        """Let no call be made for some seconds, a day at most."""
        self._paused = max(self._paused, self._now() + min(seconds, LONGEST_PAUSE))
        self._book.pause(self._paused)
