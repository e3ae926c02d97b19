"""Variance components: unbiased on simulated sets of any layout, never below 0 without a word."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracer import stats

MODELS, SCENES = 6, 10
CLASSES = np.repeat([0, 1], MODELS)
TRUTH = stats.Crossed(0.04, 0.03, -0.01, 0.10)


def _places(layout: str, rng: np.random.Generator, photos: int) -> tuple[np.ndarray, np.ndarray]:
    """The model and the scene of each photo."""
    both = 2 * MODELS
    if layout == "own":
        scene = np.arange(both * SCENES)
        model = scene // SCENES
    elif layout == "pairs":
        sides = [rng.permutation(np.repeat(np.arange(MODELS), SCENES)) + side for side in (0, MODELS)]
        model, scene = np.stack(sides, axis=1).ravel(), np.repeat(np.arange(MODELS * SCENES), 2)
    else:
        model, scene = np.tile(np.arange(both), SCENES), np.repeat(np.arange(SCENES), both)
    model, scene = np.repeat(model, photos), np.repeat(scene, photos)
    if layout == "uneven":
        kept = rng.random(len(model)) < np.linspace(0.4, 0.95, both)[model]
        model, scene = model[kept], scene[kept]
    return model, scene


def _right(rng: np.random.Generator, model: np.ndarray, scene: np.ndarray) -> np.ndarray:
    covariance = [[TRUTH.scenes, TRUTH.classes], [TRUTH.classes, TRUTH.scenes]]
    of_scene = rng.multivariate_normal([0, 0], covariance, size=int(scene.max()) + 1)
    of_model = rng.normal(size=2 * MODELS) * TRUTH.models**0.5
    noise = rng.normal(size=len(model)) * TRUTH.photos**0.5
    return 0.6 + 0.2 * CLASSES[model] + of_model[model] + of_scene[scene, CLASSES[model]] + noise


@pytest.mark.parametrize("layout", ["all", "pairs", "own", "uneven"])
def test_components_are_unbiased(layout: str) -> None:
    """On average over sets they are those that the sets were drawn from, within three standard errors and what clipping adds."""
    found = []
    for seed in range(250):
        rng = np.random.default_rng([seed, len(layout)])
        model, scene = _places(layout, rng, 2)
        parts = stats.crossed_components(_right(rng, model, scene), model, CLASSES, scene)
        assert parts.apart
        found.append((parts.models, parts.scenes, parts.classes, parts.photos))
    table = np.array(found)
    truth = np.array([TRUTH.models, TRUTH.scenes, 0.0 if layout == "own" else TRUTH.classes, TRUTH.photos])
    slack = 3 * table.std(axis=0) / np.sqrt(len(table)) + 0.001
    assert np.all(np.abs(table.mean(axis=0) - truth) < slack), table.mean(axis=0)


def test_scenes_of_one_photo_count_with_the_photos() -> None:
    """Where a scene holds one photo of a class, its variance cannot be told from the photo's, and that is said."""
    rng = np.random.default_rng(5)
    found = []
    for _ in range(100):
        model, scene = _places("pairs", rng, 1)
        parts = stats.crossed_components(_right(rng, model, scene), model, CLASSES, scene)
        assert not parts.apart and parts.scenes == 0
        found.append(parts.photos)
    assert np.mean(found) == pytest.approx(TRUTH.scenes + TRUTH.photos, abs=0.01)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["all", "pairs", "own", "uneven"]), st.integers(1, 3))
def test_no_variance_is_below_0_in_silence(seed: int, layout: str, photos: int) -> None:
    """Of photos that differ by chance alone, whatever the layout: what is clipped is named, and nothing is below 0."""
    rng = np.random.default_rng(seed)
    model, scene = _places(layout, rng, photos)
    parts = stats.crossed_components((rng.random(len(model)) < 0.7).astype(float), model, CLASSES, scene)
    assert min(parts.models, parts.scenes, parts.photos) >= 0
    assert all(getattr(parts, name) == 0 for name in parts.clipped)


def test_alike_models_are_sometimes_clipped() -> None:
    """Where models do not differ, the estimate is below 0 in about half of the sets, and then named."""
    rng = np.random.default_rng(1)
    model, scene = _places("all", rng, 1)
    clipped = [
        "models" in stats.crossed_components(rng.normal(size=len(model)), model, CLASSES, scene).clipped
        for _ in range(100)
    ]
    assert 25 < sum(clipped) < 80


@pytest.mark.parametrize("sizes", [[3] * 40, [1, 2, 3, 6] * 10])
def test_nested_components_are_unbiased(sizes: list[int]) -> None:
    """Scenes of equal and of unequal size."""
    code, found = np.repeat(np.arange(40), sizes), []
    for seed in range(300):
        rng = np.random.default_rng(seed)
        values = (rng.normal(size=40) * 0.2)[code] + 0.4 * rng.normal(size=len(code))
        parts = stats.nested_components(values, code)
        found.append((parts.between, parts.within))
    between, within = np.mean(found, axis=0)
    assert between == pytest.approx(0.04, abs=0.004) and within == pytest.approx(0.16, abs=0.005)


def test_single_photos_are_their_scenes() -> None:
    """Where no scene has two photos, all variance is between scenes."""
    parts = stats.nested_components([0.0, 1.0, 0.0, 1.0], [1, 2, 3, 4])
    assert parts.within == 0 and parts.photos == 1 and parts.between == pytest.approx(1 / 3)
