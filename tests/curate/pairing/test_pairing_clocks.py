"""Clocks: offsets from votes and GPS, set clocks, drift, and what is near in corrected time."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pairing_photos import photo, stamp

from curate.catalog.clocks import jump, local_time
from curate.catalog.sides import PairingPhoto
from curate.pairing import candidates
from curate.pairing.clocks import offsets as clocks
from curate.pairing.clocks.stretches import moments, offset_at, stretches
from curate.photos.facts import TakenPrecision


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 100_000), st.floats(-43_200, 43_200), st.integers(20, 120), st.floats(0.4, 1.0))
def test_offset_among_wrong_votes(seed: int, offset: float, count: int, precision: float) -> None:
    """With two fifths or more of the votes right and the rest scattered over days, the offset is found within the
    lag."""
    rng = np.random.default_rng(seed)
    right = rng.random(count) < precision
    differences = np.where(right, offset + rng.uniform(-30, 30, count), rng.uniform(-200_000, 200_000, count))
    a = np.sort(rng.uniform(0, 200_000, count))
    found = stretches(np.column_stack([a, a + differences]), a, a + offset)
    if right.sum() >= 12:
        assert len(found) == 1 and found[0].seconds == pytest.approx(offset, abs=30)
        assert found[0].support <= count and found[0].margin < 40


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 100_000), st.integers(0, 60))
def test_scattered_votes_give_no_offset(seed: int, count: int) -> None:
    """Votes at random over days are not taken for an offset."""
    votes = np.random.default_rng(seed).uniform(0, 400_000, (count, 2))
    assert stretches(votes, votes[:, 0], votes[:, 1]) == []


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 100_000), st.floats(-43_200, 43_200), st.floats(-3, 3), st.integers(10, 40))
def test_drift_is_followed(seed: int, offset: float, drift: float, days: int) -> None:
    """A clock that drifts by seconds a day is known to within a few seconds all along, not only on average."""
    rng = np.random.default_rng(seed)
    a = np.sort(rng.uniform(0, days * 86_400, 150))
    true = offset + drift * a / 86_400
    lag = np.where(rng.random(150) < 0.8, rng.uniform(-20, 20, 150), rng.uniform(-200_000, 200_000, 150))
    (found,) = stretches(np.column_stack([a, a + true + lag]), a, a + true)
    for moment in (0.0, days * 43_200.0, days * 86_400.0):
        assert offset_at(found, moment) == pytest.approx(offset + drift * moment / 86_400, abs=12)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 100_000), st.floats(-43_200, 43_200), st.floats(600, 43_200), st.booleans(), st.booleans())
@example(129, 0.0, 600.0, False, False)  # over a day without a photo where the clock was set
def test_a_set_clock_makes_two_stretches(seed: int, first: float, step: float, back: bool, of_a: bool) -> None:
    """Whichever clock was set, forth or back, each moment well before and after is corrected by the right offset."""
    rng = np.random.default_rng(seed)
    true = np.sort(rng.uniform(0, 20 * 86_400, 80))
    late = true >= 10 * 86_400
    change = np.where(late, -step if back else step, 0.0)
    a, b = true + (change if of_a else 0), true + first + (0 if of_a else change) + rng.uniform(-20, 20, 80)
    found = stretches(np.column_stack([a, b]), a, b)
    assert len(found) == 2
    unsure = step + 45  # seconds around the last photo before and the first one after, between which it was set
    for k in range(80):
        holding = [s for s in found if (s.since or -1e18) <= a[k] < (s.until or 1e18)]
        assert min(abs(b[k] - a[k] - s.seconds) for s in holding) < 45
        assert len(holding) == 1 or true[~late].max() - unsure <= true[k] <= true[late].min() + unsure


def test_a_burst_is_one_moment() -> None:
    """Many photos of one minute that match one other burst are no evidence for an offset: they count once."""
    burst = np.column_stack([np.arange(20) * 2.0, 500_000 + np.arange(20) * 2.0])
    assert len(moments(burst)) == 1
    assert stretches(burst, np.linspace(0, 1e6, 200), np.linspace(0, 1e6, 200)) == []


def two_cameras(offset: float, count: int, precision: TakenPrecision = TakenPrecision.SECOND) -> list[PairingPhoto]:
    """Simultaneous photos of `count` scenes half an hour apart, the second clock `offset` seconds ahead."""
    phones = [photo(k, "phone", "A|a", stamp(1800 * k)) for k in range(count)]
    others = [photo(100 + k, "other", "B|b", stamp(1800 * k + offset), taken_precision=precision) for k in range(count)]
    return [*phones, *others]


def test_simultaneous_shots_give_the_offset_exactly() -> None:
    """With shots at the same instant the offset is right to the second, and swapping sides changes its sign."""
    scored = [(k, 100 + k, 0.99) for k in range(8)]
    (found,) = clocks.estimate_clocks(two_cameras(-3723.0, 8), scored)
    assert (found.camera_a, found.camera_b, found.seconds) == ("A|a", "B|b", -3723.0)
    assert found.support == 8 and found.source == "content"


def test_coarse_dates_are_no_clock() -> None:
    """Dates known to the day only never vote, however many match."""
    scored = [(k, 100 + k, 0.99) for k in range(8)]
    assert clocks.estimate_clocks(two_cameras(0.0, 8, TakenPrecision.DAY), scored) == []


def test_a_person_wins_over_the_photos() -> None:
    """A stated offset is used as stated, in whichever direction it was given."""
    scored = [(k, 100 + k, 0.99) for k in range(8)]
    for known in ({("A|a", "B|b"): 55.0}, {("B|b", "A|a"): -55.0}):
        (found,) = clocks.estimate_clocks(two_cameras(-3723.0, 8), scored, known)
        assert (found.camera_a, found.seconds, found.source) == ("A|a", 55.0, "person")


def test_gps_ties_clocks_without_a_common_scene() -> None:
    """Two clocks that GPS ties to UTC are compared although no photo of one matches the other; stale fixes are
    outvoted."""
    photos = []
    for k in range(6):
        utc = stamp(5000 * k)
        stale = -900 if k == 0 else 0
        photos.append(photo(k, "phone", "A|a", stamp(5000 * k + 7200), gps_utc=stamp(5000 * k + stale)))
        photos.append(photo(50 + k, "other", "B|b", stamp(5000 * k + 7200 - 95), gps_utc=utc))
    (found,) = clocks.estimate_clocks(photos, [])
    assert found.seconds == pytest.approx(-95, abs=1) and found.source == "gps"
    assert clocks.estimate_clocks(photos, [], use_gps=False) == []


def test_clocks_chain_through_other_cameras() -> None:
    """A camera that shares scenes only with one phone is tied to the other phone through a camera that knows both."""
    photos, scored = [], []
    clock = {"A|a": 0.0, "A|z": 40.0, "B|b": 3600.0, "B|y": -500.0}
    for number, (one, two) in enumerate([("A|a", "B|b"), ("A|z", "B|b"), ("A|z", "B|y")]):
        for k in range(5):
            moment = 40_000 * number + 2000 * k
            a, b = 1000 * number + k, 1000 * number + 500 + k
            photos.append(photo(a, "phone", one, stamp(moment + clock[one])))
            photos.append(photo(b, "other", two, stamp(moment + clock[two])))
            scored.append((a, b, 0.95))
    found = {(offset.camera_a, offset.camera_b): offset for offset in clocks.estimate_clocks(photos, scored)}
    assert found["A|a", "B|y"].source == "chain"
    assert found["A|a", "B|y"].seconds == pytest.approx(-500.0, abs=1)
    assert all(offset.seconds == pytest.approx(clock[b] - clock[a], abs=1) for (a, b), offset in found.items())


def test_a_clock_that_was_set_in_between() -> None:
    """A reset clock gives two offsets, the better supported first, and each photo is corrected by the one that fits."""
    before = two_cameras(-3723.0, 9)
    after = [
        replace(
            p, id=p.id + 1000, taken_at=stamp(200_000 + 1800 * (p.id % 100) + (7000.0 if p.side == "other" else 0.0))
        )
        for p in two_cameras(0.0, 6)
    ]
    scored = [(k, 100 + k, 0.99) for k in range(9)] + [(1000 + k, 1100 + k, 0.99) for k in range(6)]
    found = clocks.estimate_clocks([*before, *after], scored)
    assert [(offset.seconds, offset.support) for offset in found] == [(-3723.0, 9), (7000.0, 6)]
    assert found[0].since is None and found[1].until is None
    assert found[0].until is not None and found[1].since is not None and found[1].since <= found[0].until
    by_id = {p.id: p for p in [*before, *after]}
    for a, b, _ in scored:
        assert candidates.corrected_gap(by_id[a], by_id[b], {("A|a", "B|b"): found}) == pytest.approx((0.0, 0.5))


def test_gps_that_tells_local_time_is_not_believed() -> None:
    """A camera that writes its local time where GPS time belongs is an hour off; ten photos that match say otherwise."""
    photos = [replace(p, gps_utc=stamp(1800 * (p.id % 100))) for p in two_cameras(600.0, 10)]
    photos = [replace(p, gps_utc=stamp(1800 * (p.id % 100) + 3600)) if p.side == "other" else p for p in photos]
    (found,) = clocks.estimate_clocks(photos, [(k, 100 + k, 0.99) for k in range(10)])
    assert (found.seconds, found.source) == (600.0, "content")


def test_gps_takes_the_usual_lag_out() -> None:
    """Where the phone always comes half a minute first, photos alone give the lag too, and GPS time the clocks alone."""
    photos = [replace(p, gps_utc=stamp(1800 * (p.id % 100) + 30 * (p.side == "other"))) for p in two_cameras(630.0, 10)]
    scored = [(k, 100 + k, 0.99) for k in range(10)]
    (bare,) = clocks.estimate_clocks(photos, scored, use_gps=False)
    (tied,) = clocks.estimate_clocks(photos, scored)
    assert (bare.seconds, tied.seconds, tied.source) == (630.0, 600.0, "gps")


def test_a_phone_that_changes_zone() -> None:
    """A phone that says its zone and jumps by an hour has one offset, in the zone that it was mostly in."""
    photos = two_cameras(100.0, 12)
    moved = [
        replace(p, taken_at=stamp(1800 * p.id + 3600 * (p.id >= 8)), utc_offset="+02:00" if p.id >= 8 else "+01:00")
        for p in photos[:12]
    ]
    usual = clocks.in_usual_zone([*moved, *photos[12:]])
    (found,) = clocks.estimate_clocks(usual, [(k, 100 + k, 0.99) for k in range(12)])
    assert (found.seconds, found.support) == (100.0, 12)
    assert [p.taken_at for p in usual[:12]] == [p.taken_at for p in photos[:12]]


def test_a_clock_at_an_end_of_the_calendar_stops_nobody() -> None:
    """A photo of year 1 or 9999 in another zone keeps its time, as no calendar goes further; the others' offset is found."""
    photos = [replace(p, utc_offset="+02:00") if p.side == "phone" else p for p in two_cameras(100.0, 12)]
    odd = [
        photo(50, "phone", photos[0].camera, "0001-01-01T00:00:00", utc_offset="+09:00"),
        photo(51, "phone", photos[0].camera, "9999-12-31T23:59:59.500", utc_offset="-08:00"),
    ]
    usual = clocks.in_usual_zone([*photos, *odd])
    assert [p.taken_at for p in usual[-2:]] == [p.taken_at for p in odd]
    scored = [(k, 100 + k, 0.99) for k in range(12)] + [(50, 101, 0.9), (51, 102, 0.9)]
    (found,) = clocks.estimate_clocks(usual, scored)
    assert (found.seconds, found.support) == (100.0, 12)
    first = datetime(1, 1, 1, tzinfo=UTC).timestamp()
    assert local_time(first) == "0001-01-01T00:00:00"
    assert local_time(first - 3600) is local_time(1e20) is None


def test_offsets_are_told_in_full() -> None:
    """The fixed names are there, the interval and the times between which an offset holds stand beside them."""
    offset = clocks.ClockOffset("A|a", "B|b", 3601.0, 2.0, 9, 1.5, "content", since=0.0, until=86_400.0)
    told = json.loads(json.dumps(offset.to_dict()))
    assert {"camera_a", "camera_b", "seconds", "spread", "support"} <= set(told)
    assert (told["margin"], told["since"], told["until"]) == (1.5, "1970-01-01T00:00:00", "1970-01-02T00:00:00")
    assert told["jump"].startswith("about +1 h") and jump(700.0) is None
    assert offset.holds(0.0) and not offset.holds(86_400.0) and not offset.holds(-1.0)


def test_near_in_corrected_time() -> None:
    """Candidates by time follow the corrected clocks, not the written ones."""
    photos = two_cameras(-3723.0, 4)
    offset = clocks.ClockOffset("A|a", "B|b", -3723.0, 1.0, 4)
    phones, others = photos[:4], photos[4:]
    assert candidates.by_time(phones, others, [offset]) == {(k, 100 + k) for k in range(4)}
    gap = candidates.corrected_gap(phones[1], others[2], {("A|a", "B|b"): [offset]})
    assert gap == pytest.approx((1800, 1.0))
    assert candidates.corrected_gap(phones[1], others[2], {}) is None
