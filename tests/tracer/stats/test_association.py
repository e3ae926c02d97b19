"""Cramér's V of photos that belong to scenes or owners: nothing where there is nothing, and what is there is found."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tracer import stats
from tracer.stats import association

Labels = NDArray[np.int64]


@pytest.fixture(autouse=True)
def few_shuffles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enough for what is tested."""
    monkeypatch.setattr(association, "MOST_DRAWS", 199)


def scenes(rng: np.random.Generator, count: int, values: int, classes: int) -> tuple[Labels, Labels, Labels]:
    """Labels and classes that are drawn by the scene; six photos each."""
    ids = np.repeat(np.arange(count), 6)
    return rng.integers(values, size=count)[ids], rng.integers(classes, size=count)[ids], ids


@pytest.mark.parametrize("values", [6, 30])
def test_a_label_drawn_by_the_scene_is_no_association(values: int) -> None:
    """The plain V is far from 0; the value is close to it, and few intervals leave it out."""
    rng = np.random.default_rng(values)
    found = [stats.cramers_v_of_clusters(*scenes(rng, 60, values, 6), seed=run) for run in range(60)]
    assert np.mean([one.plain for one in found]) > 0.25
    assert np.mean([one.value for one in found]) < 0.05
    assert np.mean([one.interval.low > 0 for one in found]) < 0.12
    assert all(one.shuffled is stats.Unit.WHOLE for one in found)


def test_photos_of_owners_do_not_count_as_independent() -> None:
    """An owner's camera and an owner's favourite class, drawn apart: few rejections; photo by photo there would be many."""
    rng, apart, alone = np.random.default_rng(0), 0, 0
    for run in range(40):
        ids = np.repeat(np.arange(100), 10)
        b = np.where(rng.random(1000) < 0.6, rng.integers(5, size=100)[ids], rng.integers(5, size=1000))
        a = rng.integers(4, size=100)[ids]
        apart += stats.cramers_v_of_clusters(a, b, ids, seed=run).p_value < 0.05
        alone += stats.cramers_v_of_clusters(a, b, np.arange(1000), seed=run).p_value < 0.05
    assert apart <= 6
    assert alone >= 20


@pytest.mark.parametrize(("truth", "alike"), [(0.4, False), (0.5, True), (0.9, False)])
def test_an_association_is_found_with_its_size(truth: float, alike: bool) -> None:
    """With this probability one label equals the other: the value is near it, and most intervals hold it."""
    rng, held, values = np.random.default_rng(1), 0, []
    for run in range(40):
        n = 100 if alike else 400
        a = rng.integers(4, size=n)
        b = np.where(rng.random(n) < truth, a, rng.integers(4, size=n))
        ids = np.repeat(np.arange(100), 4)
        found = stats.cramers_v_of_clusters(*((a[ids], b[ids]) if alike else (a, b)), ids, seed=run)
        assert found.p_value < 0.05
        held += found.interval.low <= truth <= found.interval.high
        values.append(found.value)
    assert np.mean(values) == pytest.approx(truth, abs=0.05)
    assert held >= 34


def test_independent_photos_give_bergsmas_correction() -> None:
    """Where each photo is a cluster, the mean of the shuffles is the correction that Bergsma derived."""
    rng = np.random.default_rng(2)
    a, b = rng.integers(5, size=500), rng.integers(7, size=500)
    found = stats.cramers_v_of_clusters(a, b, np.arange(500))
    assert found.of_shuffles**2 * 4 == pytest.approx(4 * 6 / 499, rel=0.05)
    assert found.shuffled is stats.Unit.PHOTOS


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 6), st.integers(2, 6), st.integers(3, 40), st.booleans())
def test_an_interval_holds_its_value(seed: int, values: int, classes: int, clusters: int, alike: bool) -> None:
    """Whatever the table: 0 ≤ low ≤ value ≤ high ≤ 1, and 0 is left out exactly where the test rejects."""
    rng = np.random.default_rng(seed)
    ids = rng.integers(clusters, size=60)
    a = np.arange(60) % values
    b = rng.integers(classes, size=60) if not alike else (ids + rng.integers(2, size=60)) % classes
    if len(set(b.tolist())) < 2:
        return
    found = stats.cramers_v_of_clusters(a, b, ids, seed)
    low, high = found.interval
    assert 0 <= low <= found.value <= high <= 1
    assert (low > 0) == (found.value > 0)
    assert found.value == (found.corrected if found.p_value < association.LEVEL else 0.0)


def test_a_label_that_names_its_cluster_has_too_many_values() -> None:
    """A value in one scene only says nothing of others; two scenes each are the least."""
    ids = np.repeat(np.arange(30), 4)
    assert stats.too_many_values(ids, ids) == 1.0
    assert stats.too_many_values(ids // 2, ids) is None
    assert stats.too_many_values(np.tile(np.arange(4), 30), ids) is None
