"""Designs say how wide intervals will be and how likely effects are shown."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracer import stats

PARTS = stats.Crossed(0.03, 0.02, 0.005, 0.10)
ALL = stats.Layout(kinds=2, models=6, scenes=12, photos=1, together=12, own=0, uneven=1, shared=1)
PAIRS = replace(ALL, together=2, own=1)
OWN = replace(ALL, together=1, own=1, shared=0)


def test_layout_of_sets() -> None:
    """Scenes of all models, of a pair of models, and of one model each."""
    classes = np.repeat([0, 1], 6)
    crossed = stats.layout_of(np.tile(np.arange(12), 12), classes, np.repeat(np.arange(12), 12))
    assert crossed.crossed
    assert (crossed.models, crossed.scenes, crossed.photos, crossed.together) == (6, 12, 1, 12)
    assert crossed.own == pytest.approx(0, abs=1e-9) and crossed.shared == 1 and crossed.all_scenes == 12
    alone = stats.layout_of(np.repeat(np.arange(12), 12), classes, np.arange(144))
    assert alone.own == pytest.approx(1) and alone.shared == 0 and alone.all_scenes == 144
    pairs = np.stack([np.repeat(np.arange(6), 12), np.repeat(np.arange(6, 12), 12)], axis=1).ravel()
    paired = stats.layout_of(pairs, classes, np.repeat(np.arange(72), 2))
    assert paired.together == 2 and paired.all_scenes == 72 and paired.own == pytest.approx(1)


@pytest.mark.parametrize("layout", [ALL, PAIRS, OWN])
def test_half_width_is_that_of_the_interval(layout: stats.Layout) -> None:
    """The mean half-width of `unseen_interval` over sets like it, within 5 %."""
    halves, classes = [], np.repeat([0, 1], 6)
    for seed in range(150):
        rng = np.random.default_rng(seed)
        if layout is ALL:
            model, scene = np.tile(np.arange(12), 12), np.repeat(np.arange(12), 12)
        elif layout is OWN:
            model, scene = np.repeat(np.arange(12), 12), np.arange(144)
        else:
            sides = [rng.permutation(np.repeat(np.arange(6), 12)) + side for side in (0, 6)]
            model, scene = np.stack(sides, axis=1).ravel(), np.repeat(np.arange(72), 2)
        both = [[PARTS.scenes, PARTS.classes], [PARTS.classes, PARTS.scenes]]
        of_scene = rng.multivariate_normal([0, 0], both, size=int(scene.max()) + 1)
        right = 0.7 + (rng.normal(size=12) * PARTS.models**0.5)[model] + of_scene[scene, classes[model]]
        right = right + rng.normal(size=len(model)) * PARTS.photos**0.5
        low, high = stats.unseen_interval(right, model, classes, scene)
        halves.append((high - low) / 2)
    assert stats.CameraDesign(layout, PARTS, 0.7).half_width() == pytest.approx(np.mean(halves), rel=0.05)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([ALL, PAIRS, OWN]),
    st.sampled_from(["models", "scenes", "photos"]),
    st.integers(2, 60),
    st.floats(0.05, 0.3),
)
def test_more_never_harms(layout: stats.Layout, quantity: str, many: int, effect: float) -> None:
    """With more of anything, the interval is no wider and a power above one half no smaller; power grows with the effect."""
    design = stats.CameraDesign(layout, PARTS, 0.7)
    few, more = (replace(design, layout=layout.of(**{quantity: float(number)})) for number in (many, 2 * many))
    assert more.half_width() <= few.half_width() + 1e-12
    assert few.power(effect) < 0.5 or more.power(effect) >= few.power(effect) - 1e-6
    assert few.power(effect + 0.05) >= few.power(effect) - 1e-6


def test_more_models_bring_scenes_only_where_scenes_are_theirs() -> None:
    """Where all photograph the same scenes, scenes stay; pairs bring scenes of their own."""
    assert ALL.of(models=12).all_scenes == 12 and ALL.of(models=12).all_photos == 288
    assert PAIRS.of(models=12).all_scenes == 2 * PAIRS.all_scenes


def test_flat_designs_say_so() -> None:
    """Where every photo is right there is nothing to plan by."""
    assert stats.CameraDesign(ALL, replace(PARTS, models=0, scenes=0, photos=0), 0.9).flat
    assert stats.CameraDesign(ALL, PARTS, 1.0).flat and not stats.CameraDesign(ALL, PARTS, 0.9).flat


def test_interval_of_scenes_shrinks_with_the_root() -> None:
    """Four times as many scenes halve it; more photos a scene help only as far as scenes are alike."""
    design = stats.SceneDesign(half=0.06, between=0.03, within=0.15, scenes=100, photos=3)
    assert design.of(scenes=400).half_width() == pytest.approx(0.03, rel=0.02)
    assert design.of(photos=10**6).half_width() == pytest.approx(0.06 * (0.03 / 0.08) ** 0.5, rel=0.001)
    assert design.of() == design


def test_power_of_scenes_is_half_at_the_bound() -> None:
    """An effect as large as the half-width is shown in every other set; one and a half times as large in about 80 %."""
    design = stats.SceneDesign(half=0.05, between=0.03, within=0.0, scenes=200, photos=1)
    assert design.power(0.05) == pytest.approx(0.5, abs=0.001)
    assert design.power(0.05 * (1 + 0.8416 / 1.972)) == pytest.approx(0.8, abs=0.002)
    assert design.power(0.05, level=0.01) < 0.3


def test_least_number() -> None:
    """The smallest that is enough; None where none is."""
    assert [stats.least(lambda many, at=at: many >= at, 2) for at in (1, 2, 3, 17, 99_999)] == [2, 2, 3, 17, 99_999]
    assert stats.least(lambda many: False, 2) is None
