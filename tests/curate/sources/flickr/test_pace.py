"""The pace of calls: no hour holds more than are allowed, whatever happens, and no wait is longer than it must be."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from time import monotonic

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.errors import UsageError
from curate.sources.flickr.pace import (
    HOUR,
    LONGEST_PAUSE,
    NAP,
    UNSAID,
    VARIABLE,
    Limit,
    Pace,
    eta,
    limit_from,
    moment,
    rest,
)
from tests.helpers.simulated_time import Simulated
from tracer.base.progress import SILENT, finish

LEAST = 1e-6
LONGEST = 60.0
"""Seconds that a call can take."""


@dataclass
class Book:
    """Calls as a catalogue keeps them, in memory."""

    rows: dict[int, float] = field(default_factory=dict)
    paused: float = 0.0

    def times(self) -> list[float]:
        """As `Calls.times`."""
        return sorted(self.rows.values())

    def begin(self, until: float) -> int:
        """As `Calls.begin`."""
        self.rows[len(self.rows)] = until
        return len(self.rows) - 1

    def end(self, number: int, at: float) -> None:
        """As `Calls.end`."""
        self.rows[number] = at

    def paused_until(self) -> float:
        """As `Calls.paused_until`."""
        return self.paused

    def pause(self, until: float) -> None:
        """As `Calls.pause`."""
        self.paused = until


@dataclass
class Run:
    """A program that makes calls, is killed and started again, in simulated time; and what the server saw."""

    limit: Limit
    time: Simulated = field(default_factory=Simulated)
    book: Book = field(default_factory=Book)
    sent: list[float] = field(default_factory=list)
    arrived: list[float] = field(default_factory=list)
    ended: list[float] = field(default_factory=list)
    quiet: float = 0.0

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Start the program."""
        self.pace = Pace(self.book, self.limit, self.time.clock, self.time.sleep, nap=HOUR)

    def call(self, there: float, back: float, killed: bool = False) -> None:
        """Make a call that takes some seconds to the server and back; `killed`: the program ends before the answer comes."""
        finish(self.pace.wait())
        self.pace.begin(LONGEST)
        self.sent.append(self.time.now)
        self.time.now += there
        self.arrived.append(self.time.now)
        self.time.now += back
        self.ended.append(self.time.now)
        if killed:
            self.start()
        else:
            self.pace.end()

    def earliest(self) -> float:
        """The first moment at which the next call may be sent."""
        last = max(self.sent[-1], self.last_end) if self.sent else -1e12
        full = self.ended[-self.limit.calls] + HOUR if len(self.ended) >= self.limit.calls else -1e12
        return max(last + self.limit.interval * bool(self.sent), full, self.quiet)

    last_end: float = -1e12
    """The end of the last call of an earlier process: what it began is not known any more."""


DURATIONS = st.floats(0, 29)
EVENTS = st.one_of(
    st.tuples(st.just("call"), DURATIONS, DURATIONS),
    st.tuples(st.just("calls"), st.integers(1, 12), st.floats(0, 1)),
    st.tuples(st.just("killed"), DURATIONS, DURATIONS),
    st.tuples(st.just("restart"), st.floats(0, 4000), st.none()),
    st.tuples(st.just("pause"), st.floats(0, 5000), st.none()),
    st.tuples(st.just("idle"), st.floats(0, 4000), st.none()),
)
LIMITS = st.builds(Limit, st.integers(1, 9), st.sampled_from([0.0, 1.0, 60.0, 400.0, 900.0]))


@settings(max_examples=150)
@given(LIMITS, st.lists(EVENTS, max_size=25))
def test_no_hour_holds_more_than_are_allowed(limit: Limit, events: list[tuple[str, float, float]]) -> None:
    """By the server's clock; and each call is sent as soon as it may be, and not before."""
    run, slack = Run(limit), 0.0
    for kind, one, two in events:
        if kind in ("call", "killed", "calls"):
            for _ in range(int(one) if kind == "calls" else 1):
                wanted = max(run.time.now, run.earliest())
                run.call(*((two, 0.0) if kind == "calls" else (one, two)), killed=kind == "killed")
                assert wanted - LEAST <= run.sent[-1] <= wanted + slack + LEAST
            if kind == "killed":
                run.last_end = run.ended[-1]
                slack = LONGEST  # when such a call ended is not known
        elif kind == "restart":
            run.time.now += one
            run.start()
            run.last_end = max(run.ended, default=-1e12)
        elif kind == "pause":
            run.pace.pause(one)
            run.quiet = max(run.quiet, run.time.now + one)
        else:
            run.time.now += one
    for early, late in zip(run.arrived, run.arrived[limit.calls :], strict=False):
        assert late - early >= HOUR - LEAST
    assert all(two - one >= limit.interval - LEAST for one, two in pairwise(run.sent))


def test_a_day_at_the_default_pace() -> None:
    """3,500 calls in the first hour, one a second, and as many in each that follows."""
    run = Run(Limit())
    begun = run.time.now
    for _ in range(3 * 3500):
        run.call(0.2, 0.1)
    hours = [sum(begun + HOUR * hour <= at < begun + HOUR * (hour + 1) for at in run.arrived) for hour in range(3)]
    assert hours[0] == 3500 and all(3480 <= number <= 3500 for number in hours)


@pytest.mark.parametrize("jump", [-HOUR * 24 * 365, -HOUR, -1.0])
def test_a_clock_that_is_set_back_blocks_nothing(jump: float) -> None:
    """Neither while the program runs nor when it starts again: an hour is waited for at most."""
    run = Run(Limit(5, 1.0))
    for _ in range(3):
        run.call(0.1, 0.1)
    run.time.now += jump
    before = run.time.now
    run.call(0.1, 0.1)
    assert run.sent[-1] - before <= 1.0
    run.time.now += jump
    run.start()
    for _ in range(6):
        before = run.time.now
        run.call(0.1, 0.1)
        assert run.sent[-1] - before <= HOUR + 1


def test_a_clock_that_is_set_back_during_a_rest() -> None:
    """The rest lasts as long as it should."""
    time, slept = Simulated(), 0.0

    def sleep(seconds: float) -> None:
        nonlocal slept
        slept += seconds
        time.now += seconds if slept < 50 else -1000.0

    finish(Pace(Book(), Limit(), time.clock, sleep).rest(60))
    assert slept == 60


def test_a_pause_is_remembered_and_is_a_day_at_most() -> None:
    """Also one that was noted by a clock that was wrong."""
    time, book = Simulated(), Book()
    Pace(book, Limit(), time.clock, time.sleep).pause(10**9)
    assert book.paused == time.now + LONGEST_PAUSE
    book.paused = time.now + 10**9
    begun = time.now
    finish(Pace(book, Limit(), time.clock, time.sleep, nap=HOUR).wait())
    assert time.now - begun == pytest.approx(LONGEST_PAUSE)


def test_the_limit_of_the_environment_counts_for_other_endpoints_alone() -> None:
    """It is the window, and divided by 3,600 the pace."""
    assert limit_from({VARIABLE: "7200"}, True) == Limit(7200, 0.5)
    assert limit_from({VARIABLE: "7200"}, False) == Limit() == limit_from({}, True) == limit_from({VARIABLE: " "}, True)
    assert Limit() == Limit(3500, 1.0)
    for wrong in ("0", "-5", "many", "1e3", "٣", "1" * 20):
        with pytest.raises(UsageError, match="number of calls"):
            limit_from({VARIABLE: wrong}, True)


@given(st.floats(0, 300))
def test_a_rest_can_be_cancelled_every_half_second(seconds: float) -> None:
    """It lasts as long as it should, and before each short sleep it can be cancelled; only a long one says something."""
    time, begun = Simulated(), 1_000_000.0
    time.now = begun
    steps = list(rest(seconds, time.clock, time.sleep))
    assert abs(time.now - begun - seconds) < 1e-5 and len(steps) + 1 > seconds / NAP
    assert all((step is SILENT) is (seconds <= UNSAID) for step in steps)
    if steps and seconds > UNSAID:
        assert steps[0].what == f"waiting until {datetime.fromtimestamp(begun + seconds):%H:%M:%S}"


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
    started = monotonic()
    assert eta(0, 3000, started) == "3,000 left"
    words = eta(100, 3000, started - 100, Limit(3500, 1.0).per_hour / 3600)
    assert words.startswith("2,900 left at 0.97 a second, until ")
    assert eta(100_000, 356_459, started - 50).startswith("256,459 left at 2,0")
