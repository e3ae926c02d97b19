"""Intervals where hardly a photo differs from the others."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracer import stats
from tracer.experiments.shared.cameras import mean_interval
from tracer.stats.ends import CORRELATION, trials


@settings(max_examples=60, deadline=None)
@given(st.integers(20, 400), st.integers(5, 60), st.booleans())
def test_more_errors_never_raise_the_lower_bound(n: int, units: int, by_scene: bool) -> None:
    """Nor lower the upper one where nearly all are wrong: one photo after the other is exchanged, in units that take turns."""
    unit = np.arange(n) % units if by_scene else np.arange(n) * min(units, n) // n
    low, high = [], []
    for errors in range(n // 10):
        right = np.ones(n)
        right[:errors] = 0
        low.append(mean_interval(right, np.arange(n), unit).low)
        high.append(mean_interval(1 - right, np.arange(n), unit).high)
    assert np.all(np.diff(low) <= 0.01)
    assert np.allclose(np.array(high), 1 - np.array(low))


def test_a_hundred_percent_and_nearly_so_agree() -> None:
    """140 photos of twelve models: the interval with one error contains that without one, and starts about as low."""
    model, scene = np.arange(140) % 12, np.arange(140) // 2
    right = np.ones(140)
    every = mean_interval(right, scene, model)
    right[0] = 0
    but_one = mean_interval(right, scene, model)
    assert every.high == 1 and but_one.high > 0.999
    assert but_one.low < every.low < but_one.low + 0.02
    assert 0.88 < every.low < 0.92


def test_trials_of_correlated_photos_by_hand() -> None:
    """Ten photos of each of 14 owners: the design effect is 1 + 9 × the correlation."""
    owner = np.repeat(np.arange(14), 10)
    assert trials(np.full(140, 1 / 140), owner) == pytest.approx(140 / (1 + 9 * CORRELATION))
    assert trials(np.full(140, 1 / 140), np.arange(140)) == pytest.approx(140)


def test_no_difference_is_as_wide_as_so_many_trials_allow() -> None:
    """No photo that differs, one, and two that cancel out: intervals that widen, around their value."""
    owner, gained = np.arange(100) // 2, np.zeros(100)
    many = trials(np.full(100, 0.01), owner)
    none = stats.difference_at_least(stats.Interval(0.0, 0.0), gained, owner)
    assert none == pytest.approx((-stats.wilson(0, many).high, stats.wilson(0, many).high))
    gained[0] = 1
    one = stats.difference_at_least(stats.Interval(0.01, 0.01), gained, owner)
    assert one.low < 0.01 < one.high and one.high > none.high
    gained[5] = -1
    two = stats.difference_at_least(stats.Interval(0.0, 0.0), gained, owner)
    assert two.low < none.low and two.high > none.high


def test_photos_that_differ_leave_the_interval_to_their_variance() -> None:
    """Where every photo has a difference, or a third are wrong, nothing is widened."""
    owner, given_one = np.arange(100) // 2, stats.Interval(0.01, 0.03)
    assert stats.difference_at_least(given_one, np.full(100, 0.02), owner) == given_one
    assert stats.share_at_least(stats.Interval(0.66, 0.68), np.arange(100) % 3 > 0, owner) == (0.66, 0.68)


def test_a_test_that_rejects_keeps_its_bound() -> None:
    """The bound towards no difference stays where the test set it."""
    gained = np.r_[np.ones(7), np.zeros(93)]
    rejected = stats.Calibrated(0.01, stats.Interval(0.001, 0.1))
    low, high = stats.tested_at_least(rejected, gained, np.arange(100))
    assert low == 0.001 and high > 0.1
    assert stats.tested_at_least(rejected._replace(p_value=0.2), gained[::-1] * 0, np.arange(100)).low < 0


@pytest.mark.parametrize("errors", [0, 1])
def test_known_cameras_that_are_all_right(errors: int) -> None:
    """The bootstrap of scenes does not narrow the interval by an error."""
    scene, right = np.arange(60) // 3, np.r_[np.zeros(errors), np.ones(60 - errors)]
    draws = stats.bootstrap_means(right, scene, seed=1)[:, 0]
    low, high = stats.resampled_share(right, draws, scene)
    assert high >= 1 - 1 / 60 and (0.85 if errors else 0.9) < low + 0.02
    assert low <= stats.resampled_share(np.ones(60), np.ones(10), scene).low
