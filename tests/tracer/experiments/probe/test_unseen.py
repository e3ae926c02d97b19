"""The probe on camera models that it never saw: its folds, its figure, its test, and what it says where it cannot tell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracer import stats
from tracer.base.progress import finish
from tracer.errors import TooFew
from tracer.experiments.outcome import Outcome, Source
from tracer.experiments.photos import LabelledPhotos
from tracer.experiments.probe.protocols import Fitting
from tracer.experiments.probe.relabelling import relabelling_test
from tracer.experiments.probe.unseen import probe_unseen_cameras
from tracer.experiments.probe.unseen_folds import camera_folds, camera_photos, scene_parts
from tracer.experiments.settings import Protocol

SOURCE = Source("set", "enc", mask_ratio=0.95)
FAST = Fitting(Protocol.FAST)


@dataclass(frozen=True)
class Made:
    """Photos of simulated cameras; phones share a trace of strength `shared`, every model has one of its own."""

    photos: LabelledPhotos
    cameras: np.ndarray


def made(
    counts: tuple[int, ...] = (4, 4), scenes: int = 12, shared: float = 2.0, own: float = 0.4, seed: int = 0,
    owners: bool = False,
) -> Made:  # fmt: skip
    rng = np.random.default_rng(seed)
    kind = np.repeat(np.arange(len(counts)), counts)
    models, width = len(kind), 8
    traces = own * rng.normal(size=(models, width)) + shared * np.eye(width)[kind]
    if owners:
        scene = np.repeat(np.arange(models * scenes), 2)
        model = scene // scenes
    else:
        scene, model = np.repeat(np.arange(scenes), models), np.tile(np.arange(models), scenes)
    X = (
        traces[model]
        + rng.normal(size=(int(scene.max()) + 1, width))[scene]
        + 0.4 * rng.normal(size=(len(model), width))
    )
    labels = np.array([f"class {code}" for code in kind[model]], dtype=object)
    cameras = np.array([f"model {code:02d}" for code in model], dtype=object)
    return Made(LabelledPhotos(X.astype(np.float32), labels, scene, "Is Smartphone"), cameras)


def probed(given: Made) -> Outcome:
    return finish(probe_unseen_cameras(SOURCE, given.photos, given.cameras, FAST))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.lists(st.integers(2, 9), min_size=2, max_size=3), st.booleans())
def test_no_fold_trains_on_the_models_or_scenes_that_it_tests(seed: int, counts: list[int], owners: bool) -> None:
    """Nor chooses its settings on them; and every fold tests every class with at least one model."""
    given = made(tuple(counts), scenes=6, seed=seed, owners=owners)
    found = camera_photos(given.photos, given.cameras, seed)
    folds = camera_folds(found, scene_parts(found, seed), seed)
    assert len(np.unique(np.concatenate([fold.test for fold in folds]))) == len(found.rows)
    for fold in folds:
        learned = np.union1d(fold.train, fold.val)
        assert not np.intersect1d(found.model[learned], found.model[fold.test]).size
        assert not np.intersect1d(found.scene[learned], found.scene[fold.test]).size
        assert len(np.unique(found.labels[fold.test])) == len(np.unique(found.labels[fold.train])) == len(counts)
        if fold.by_models:
            assert not np.intersect1d(found.model[fold.train], found.model[fold.val]).size
        else:
            assert not np.intersect1d(found.scene[fold.train], found.scene[fold.val]).size


def test_a_shared_trace_is_found_on_unseen_models() -> None:
    """The row and its details: guessing, photos, models, their own figures, and how the settings were chosen."""
    outcome = probed(made((6, 6)))
    [row], [detail] = outcome.rows, outcome.details
    assert (row.setting, row.metric, row.chance, row.n) == ("unseen-cameras", "balanced_accuracy", 0.5, 144)
    assert row.ci_low is not None and row.ci_high is not None
    assert row.ci_low < row.value < row.ci_high and row.value > 0.8
    assert detail["models"] == {"class 0": 6, "class 1": 6}
    assert [one["photos"] for one in detail["model_figures"]] == [12] * 12
    assert np.mean([one["value"] for one in detail["model_figures"]]) == pytest.approx(row.value)
    assert detail["settings_chosen_on"] == "unseen camera models"
    assert detail["told"] and detail["chance_test"]["exact"] and detail["chance_test"]["permutations"] == 462
    assert detail["chance_test"]["p_value"] < 0.05
    assert not outcome.warnings


def test_cameras_that_share_nothing_are_not_told_apart() -> None:
    """Every model has a strong trace of its own, which a probe of known cameras reads; that says nothing of others."""
    found = [probed(made((4, 4), shared=0.0, own=3.0, seed=seed)) for seed in range(8)]
    assert np.mean([one.rows[0].value for one in found]) == pytest.approx(0.5, abs=0.15)
    assert sum(one.details[0]["chance_test"]["p_value"] < 0.05 for one in found) <= 2


def test_every_model_of_a_class_weighs_the_same() -> None:
    """A model of a thousand photos says as much as one of twenty."""
    given = made((4, 4), owners=True)
    times = np.where(given.cameras == "model 00", 10, 1)
    more = LabelledPhotos(
        np.repeat(given.photos.vectors, times, axis=0), np.repeat(given.photos.labels, times),
        np.repeat(given.photos.clusters, times), "Is Smartphone",
    )  # fmt: skip
    outcome = probed(Made(more, np.repeat(given.cameras, times)))
    of_class = {
        kind: np.mean([one["value"] for one in outcome.details[0]["model_figures"] if one["class"] == kind])
        for kind in ("class 0", "class 1")
    }
    assert outcome.rows[0].value == pytest.approx(np.mean(list(of_class.values())))
    assert outcome.rows[0].n == len(more.labels)


def test_too_few_models_for_the_test_are_said_with_what_is_needed() -> None:
    """Three and three models: the figure stands, no verdict does."""
    outcome = probed(made((3, 3)))
    assert len(outcome.rows) == 1 and outcome.details[0]["told"] is False
    assert outcome.details[0]["relabellings"] == 10
    assert "4 camera models or more of each class" in outcome.details[0]["needed"]
    assert any("cannot be told from this set" in line for line in outcome.warnings)
    assert any("not known to hold" in line for line in probed(made((4, 4))).warnings)


def test_one_model_of_a_class_gives_no_figure() -> None:
    """Its trace and the class's cannot be told apart; of three classes the other two are measured."""
    outcome = probed(made((1, 6), scenes=20))
    assert not outcome.rows and outcome.details[0]["told"] is False
    assert outcome.details[0]["models"] == {"class 0": 1, "class 1": 6}
    three = probed(made((1, 5, 5)))
    assert three.details[0]["models"] == {"class 1": 5, "class 2": 5}
    assert three.details[0]["left_out"] == {"class 0: of 1 camera model, and it takes two": 12}
    assert three.rows[0].chance == 0.5


def test_what_takes_no_part_is_counted() -> None:
    """Photos without a model, without a label, and of another value than their model's."""
    given = made((4, 4))
    given.cameras[:3] = None
    given.photos.labels[3] = None
    given.photos.labels[8] = "class 1"
    left = probed(given).details[0]["left_out"]
    assert left == {"no label": 1, "camera model unknown": 3, "another value than most photos of the model": 1}


def test_few_photos_are_refused() -> None:
    """As by the probe on known cameras."""
    with pytest.raises(TooFew, match="unseen cameras takes at least 30 photos of 10 scenes"):
        probed(made((2, 2), scenes=5))


def test_same_seed_gives_the_same_figures_on_any_number_of_cores() -> None:
    """Rows and details depend on photos and seed alone."""
    given = made((4, 5))
    one, two = (
        finish(probe_unseen_cameras(SOURCE, given.photos, given.cameras, Fitting(Protocol.FAST, workers=count)))
        for count in (1, 2)
    )
    assert (one.rows, one.details) == (two.rows, two.details)


def test_the_test_does_not_know_which_labelling_was_observed() -> None:
    """Exchanged classes, and photos in another order, give the same p-value."""
    given = made((4, 4), shared=0.8)
    found = camera_photos(given.photos, given.cameras, 0)
    parts = scene_parts(found, 0)
    X = given.photos.vectors[found.rows]
    p = relabelling_test(X, found.model, found.classes, parts, 0)["p_value"]
    order = np.random.default_rng(1).permutation(len(X))
    assert relabelling_test(X, found.model, 1 - found.classes, parts, 0)["p_value"] == p
    assert relabelling_test(X[order], found.model[order], found.classes, parts[order], 0)["p_value"] == p


def test_wide_embeddings_of_few_photos_are_classified_as_well() -> None:
    """More dimensions than photos: the inverse covariance by way of the photos is the same as directly."""
    given = made((4, 4), shared=3.0)
    found = camera_photos(given.photos, given.cameras, 0)
    X = given.photos.vectors[found.rows]
    wide = np.hstack([X, np.zeros((len(X), 400), dtype=np.float32)])
    result = relabelling_test(wide, found.model, found.classes, scene_parts(found, 0), 0)
    assert result["balanced_accuracy"] > 0.8 and result["p_value"] < 0.05


def test_classes_of_one_model_are_left_out_wherever_they_stand() -> None:
    """The first of the classes too; the others keep their names."""
    makers = ["alone", "by two", "by two", "one more", "several", "several", "several"]
    labels = np.repeat(np.array(makers, dtype=object), 6)
    cameras = np.repeat(np.array([f"model {number}" for number in range(len(makers))], dtype=object), 6)
    photos = LabelledPhotos(np.zeros((len(labels), 3)), labels, np.arange(len(labels)), "Make")
    found = camera_photos(photos, cameras, 0)
    assert found.kinds == ("by two", "several") and found.models == [2, 3]
    assert sum(found.left_out.values()) == 12 and all("it takes two" in why for why in found.left_out)


def test_details_hold_what_a_plan_takes() -> None:
    """The layout of the photos that were tested and the variance components, from which the interval's width follows."""
    outcome = probed(made((6, 6), scenes=15, shared=1.2, own=0.6))
    detail, row = outcome.details[0], outcome.rows[0]
    layout, parts = stats.Layout(**detail["layout"]), stats.Crossed(**detail["components"])
    assert (layout.models, layout.scenes, layout.photos, layout.together) == (6, 15, 1, 12)
    assert row.ci_low is not None and row.ci_high is not None
    planned = stats.CameraDesign(layout, parts, row.value).half_width()
    assert planned == pytest.approx((row.ci_high - row.ci_low) / 2, rel=0.25)
