"""Rests that can be cancelled, and how much is left in words."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from curate.sources.flickr.images import ImagePace
from curate.sources.flickr.pace import UNSAID, Limit, eta, moment, rest
from tracer.base.progress import SILENT


class Clock:
    """A clock that goes on while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        """Sleep."""
        self.slept.append(seconds)
        self.now += seconds


@given(st.floats(0, 100))
def test_a_rest_can_be_cancelled_every_half_second(seconds: float) -> None:
    """It lasts as long as it should, and before each short sleep it can be cancelled; only a long one says something."""
    clock = Clock()
    steps = list(rest(seconds, clock, clock.sleep))
    assert abs(clock.now - 1_000_000 - seconds) < 1e-6
    assert len(steps) == len(clock.slept) and all(slept <= 0.25 for slept in clock.slept)
    assert all((step is SILENT) is (seconds <= UNSAID) for step in steps)
    if steps and seconds > UNSAID:
        assert steps[0].what == f"waiting until {datetime.fromtimestamp(1_000_000 + seconds):%H:%M:%S}"


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)), st.floats(0, 5000))
def test_a_moment_is_told_in_few_words(now: datetime, hours: float) -> None:
    """The hour today, the weekday within a week, else the day; it never takes more than 17 characters."""
    at = now + timedelta(hours=hours)
    words = moment(at, now)
    assert len(words) <= 17
    assert (words == f"{at:%H:%M}") is (at.date() == now.date())
    assert (f"{at:%A}" in words) is (0 < (at.date() - now.date()).days < 7)


def test_what_is_left_fits_a_line() -> None:
    """No pace before there is one; no faster in the long run than the limit allows."""
    import time

    started = time.monotonic()
    assert eta(0, 3000, started) == "3,000 left"
    words = eta(100, 3000, started - 100, Limit(3500, 1.0).per_hour / 3600)
    assert words.startswith("2,900 left at 0.97 a second, until ")
    assert eta(100_000, 356_459, started - 50).startswith("256,459 left at 2,0")


def test_an_image_host_s_turn_can_be_asked_for() -> None:
    """It tells how long `wait` would wait, with the pace and without it, and after a pause."""
    clock = Clock()
    pace = ImagePace(2.0, clock=clock, sleep=clock.sleep)
    assert pace.due_in() == 0
    pace.wait()
    assert pace.due_in() == 2 and pace.due_in(paced=False) == 0
    pace.pause(10)
    assert pace.due_in() == pace.due_in(paced=False) == 10
    pace.wait()
    assert clock.slept == [10]
