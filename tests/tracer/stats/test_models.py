"""Statistics whose unit is the camera model: the interval, and the relabellings of a test."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t

from tracer import stats
from tracer.results.photo_scores import parts_of_mean
from tracer.stats.ends import CORRELATION
from tracer.stats.models import OF_MODELS, OF_MODELS_PAIRED, SAMPLED

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
def test_all_right_is_as_wide_as_so_many_trials_allow(value: float) -> None:
    """All right, or all wrong: Wilson's interval for the trials that correlated photos amount to, not one of no width."""
    many = 1 / (1 / 240 + CORRELATION * (1 / 12 + 1 / 20 - 2 / 240))
    assert stats.unseen_interval(np.full(240, value), MODEL, CLASSES, SCENE) == pytest.approx(
        stats.wilson(many * value, many)
    )


def test_one_error_does_not_narrow_the_interval() -> None:
    """The lower bound of one photo wrong is not above that of none."""
    none, one = np.ones(240), np.ones(240)
    one[0] = 0
    low = [stats.unseen_interval(right, MODEL, CLASSES, SCENE).low for right in (none, one)]
    assert low[1] < low[0] < 0.9


def test_two_models_a_class_share_their_variance() -> None:
    """With two models a class the width is not chance: classes of equal figures do not make it narrow."""
    model, classes = np.repeat(np.arange(10), 20), np.repeat(np.arange(5), 2)
    rng, widths, held = np.random.default_rng(0), [], []
    for _ in range(300):
        share = rng.beta(1, 3, 10)
        right = (rng.random(len(model)) < share[model]).astype(float)
        low, high = stats.unseen_interval(right, model, classes, np.arange(len(model)))
        widths.append(high - low)
        held.append(low <= 0.25 <= high)
    narrow, middle, wide = np.percentile(widths, [5, 50, 95])
    assert np.mean(held) > 0.93 and wide < 1.7 * middle
    assert middle < 0.45 and narrow > 0.15


def test_three_models_a_class_keep_their_own_variance() -> None:
    """The interval is Welch's by class, by hand."""
    model, classes = np.arange(7), np.array([0, 0, 0, 1, 1, 1, 1])
    right = np.array([0.5, 0.6, 0.7, 0.2, 0.5, 0.8, 0.9])
    terms = np.array([right[:3].var(ddof=1) / 3, right[3:].var(ddof=1) / 4]) * OF_MODELS / 4
    variance = terms.sum()
    value = (right[:3].mean() + right[3:].mean()) / 2
    half = t.ppf(0.975, variance**2 / (terms**2 / [2, 3]).sum()) * np.sqrt(variance) / (value * (1 - value))
    logit = np.log(value / (1 - value))
    low, high = stats.unseen_interval(right, model, classes, np.arange(7))
    assert (low, high) == pytest.approx(tuple(1 / (1 + np.exp(-(logit + side * half))) for side in (-1, 1)))


def test_a_class_of_one_model_takes_part_in_a_difference() -> None:
    """Its variance is that of the models of the other classes; where no class has two models, all count as one class."""
    model, gained = np.arange(9), np.array([0.1, 0.3, 0.2, 0.4, 0.0, 0.1, 0.2, 0.3, 0.5])
    for classes in (np.array([0, 1, 1, 1, 1, 2, 2, 2, 2]), np.arange(9)):
        low, high = stats.unseen_difference(gained, model, classes, model)
        assert low < gained.mean() < high and high - low < 0.4


def test_a_difference_of_unseen_cameras_has_the_variance_of_their_interval() -> None:
    """With classes that weigh the same, the same sums of squares by class: near one half they differ by their factors alone."""
    rng = np.random.default_rng(1)
    right = (rng.random(len(MODEL)) < np.repeat(rng.uniform(0.3, 0.7, 12), 20)).astype(float)
    parts = parts_of_mean(right, np.full(240, 1 / 240), CLASSES[MODEL])
    low, high = stats.unseen_difference(parts, MODEL, CLASSES, SCENE, trained=True)
    of_share = stats.unseen_interval(right, MODEL, CLASSES, SCENE)
    most = (OF_MODELS_PAIRED / OF_MODELS) ** 0.5
    assert 1.0 < (high - low) / (of_share.high - of_share.low) < 1.03 * most
    assert (low + high) / 2 == pytest.approx(right.mean())


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
    every = stats.relabellings(counts)
    assert exact and count == len(ways) == len(np.unique(ways, axis=0)) == every
    assert all(np.bincount(way, minlength=len(counts)).tolist() == counts for way in ways)
    values = ways @ np.arange(len(classes))
    assert p == np.mean(values >= classes @ np.arange(len(classes)))


def test_five_makers_of_two_models_are_all_gone_through() -> None:
    """Of 945 relabellings none is drawn at random, though 113,400 differ when classes of one size count by their names."""
    found = stats.relabelling_test(
        np.repeat(np.arange(5), 2), lambda ways: (ways[:, ::2] == ways[:, 1::2]).mean(axis=1), 0
    )
    assert (found.ways, found.exact, found.p_value) == (945, True, 1 / 945)


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
