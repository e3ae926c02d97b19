"""Tests that are calibrated by shuffles, and several questions at once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer import stats


@given(st.floats(-3, 3), st.floats(0.01, 2), st.integers(0, 1000))
def test_interval_and_test_say_the_same(value: float, spread: float, seed: int) -> None:
    """No effect is inside the interval exactly where the p-value is not below 5 %, and the effect is always inside."""
    rng = np.random.default_rng(seed)
    shuffled = rng.normal(size=199) * 0.5 + 0.2
    found = stats.calibrated(value, spread, shuffled, np.full(199, 0.3), 30)
    low, high = found.interval
    assert (low <= 0 <= high) == (found.p_value >= stats.LEVEL)
    assert low <= value - shuffled.mean() <= high


def test_a_standard_error_that_is_too_small_is_made_up_for() -> None:
    """Figures spread twice as far as their standard errors say: one in twenty is shown, where 1.96 errors would show a third."""
    rng, shown = np.random.default_rng(0), 0
    for _ in range(400):
        shuffled = 0.2 * rng.normal(size=199)
        found = stats.calibrated(0.2 * rng.normal(), 0.1, shuffled, np.full(199, 0.1), 60, centre=0.0)
        shown += not found.interval.low <= 0 <= found.interval.high
    assert 6 <= shown <= 36


def test_too_few_shuffles_show_nothing() -> None:
    """With nine shuffles no p can be 5 %."""
    found = stats.calibrated(5.0, 0.1, np.zeros(9), np.full(9, 0.1), 60, centre=0.0)
    assert found.p_value == pytest.approx(0.1)
    assert found.interval == (-np.inf, np.inf)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_lies_between_nothing_and_bonferroni(p_values: list[float]) -> None:
    """Never below the given p, never above that of Bonferroni, and in the same order."""
    found = stats.holm(p_values)
    for p, corrected in zip(p_values, found, strict=True):
        assert p <= corrected <= min(1.0, p * len(p_values)) + 1e-12
    order = np.argsort(p_values, kind="stable")
    assert (np.diff(np.array(found)[order]) >= 0).all()


def test_cluster_error_is_that_of_the_cluster_means() -> None:
    """With clusters of equal size it is the standard error of their means."""
    rng = np.random.default_rng(0)
    values, ids = rng.normal(size=120), np.repeat(np.arange(30), 4)
    means = values.reshape(30, 4).mean(axis=1)
    assert stats.cluster_error(values, ids) == pytest.approx(means.std(ddof=1) / np.sqrt(30))
