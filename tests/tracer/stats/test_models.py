"""Statistics whose unit is the camera model: the interval, and the relabellings of a test."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracer import stats
from tracer.stats.models import SAMPLED

MODEL = np.repeat(np.arange(12), 20)
CLASSES = np.repeat([0, 1], 6)
SCENE = np.tile(np.arange(20), 12)


def _right(rng: np.random.Generator, spread: float) -> np.ndarray:
    """Whether photos are named right, with a share of its own for each of twelve models."""
    share = np.clip(0.7 + spread * rng.normal(size=12), 0.02, 0.98)
    return (rng.random(len(MODEL)) < share[MODEL]).astype(float)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.floats(0, 0.3))
def test_interval_lies_around_its_figure(seed: int, spread: float) -> None:
    """It is inside [0, 1] and holds the mean over classes of the models' own figures."""
    right = _right(np.random.default_rng(seed), spread)
    value = stats.mean_of_classes(stats.of_models(right, MODEL), CLASSES)
    low, high = stats.unseen_interval(right, MODEL, CLASSES, SCENE)
    assert 0 <= low < value < high <= 1


def test_more_photos_of_the_same_models_help_little() -> None:
    """Where models differ, a hundred times as many photos leave the interval nearly as wide: the models are the sample."""
    share = np.tile([0.4, 0.5, 0.6, 0.7, 0.8, 0.9], 2)
    widths = []
    for photos in (10, 1000):
        model = np.repeat(np.arange(12), photos)
        right = np.concatenate([np.arange(photos) < round(part * photos) for part in share]).astype(float)
        low, high = stats.unseen_interval(right, model, CLASSES, np.arange(len(model)))
        widths.append(high - low)
    assert widths[1] == pytest.approx(widths[0], rel=0.02)


def test_scenes_that_models_share_widen_it() -> None:
    """Photos of hard scenes are wrong for every model alike: with scenes known the interval is wider."""
    rng = np.random.default_rng(1)
    hard = rng.random(20) < 0.3
    right = (rng.random(len(MODEL)) < np.where(hard[SCENE], 0.2, 0.95)).astype(float)
    shared = stats.unseen_interval(right, MODEL, CLASSES, SCENE)
    alone = stats.unseen_interval(right, MODEL, CLASSES, np.arange(len(MODEL)))
    assert shared.high - shared.low > 1.3 * (alone.high - alone.low)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_models_that_do_not_differ_have_the_interval_of_so_many_trials(value: float) -> None:
    """All right, or all wrong: Wilson's interval for twelve trials, not one of no width."""
    assert stats.unseen_interval(np.full(240, value), MODEL, CLASSES, SCENE) == stats.wilson(12 * value, 12)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 3), min_size=2, max_size=3), st.integers(0, 100))
def test_exact_test_goes_through_every_way_once(counts: list[int], seed: int) -> None:
    """All distinct labellings are seen, the classes keep their sizes, and p is the observed one's rank among them."""
    classes = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    seen: list[np.ndarray] = []

    def statistic(ways: np.ndarray) -> np.ndarray:
        seen.append(ways)
        return (ways @ np.arange(ways.shape[1])).astype(float)

    found = stats.relabelling_test(classes, statistic, seed)
    p, count, exact, ways = found.p_value, found.ways, found.exact, seen[-1]
    every = math.factorial(len(classes)) // math.prod(math.factorial(one) for one in counts)
    assert exact and count == len(ways) == len(np.unique(ways, axis=0)) == every
    assert all(np.bincount(way, minlength=len(counts)).tolist() == counts for way in ways)
    values = ways @ np.arange(len(classes))
    assert p == np.mean(values >= classes @ np.arange(len(classes)))


def test_many_models_are_sampled() -> None:
    """Of 12 + 12 models there are 2.7 million relabellings: some are drawn, and the observed one counts among them."""
    classes = np.repeat([0, 1], 12)
    found = stats.relabelling_test(classes, lambda ways: (ways == classes).mean(axis=1), 0)
    assert (found.ways, found.exact, found.observed) == (SAMPLED + 1, False, 1.0)
    assert found.p_value == 1 / (SAMPLED + 1)


def test_smallest_p_value_of_classes_alike() -> None:
    """Exchanged names of two classes are one relabelling: 3 + 3 models cannot reach .05, 4 + 4 can."""
    assert [stats.can_reach([3, 3]), stats.can_reach([4, 4]), stats.can_reach([2, 4]), stats.can_reach([2, 5])] == [
        False, True, False, True,
    ]  # fmt: skip
    assert not stats.can_reach([1, 30])
    assert stats.models_needed([3, 3]) == stats.models_needed([1, 2]) == 4
    assert stats.models_needed([2, 2, 2]) == 3
