"""Does the camera change the name? Worlds with a planted answer, and what a set cannot tell."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.helpers.fake_text import words
from tracer.base.progress import finish
from tracer.errors import TooFew
from tracer.experiments.outcome import Outcome, Source
from tracer.experiments.photos import LabelledPhotos
from tracer.experiments.zeroshot.traces import UNSEEN, compare_label
from tracer.results import Row

SOURCE = Source("made", "test/encoder")
NAMES = ["bird", "boat", "tree", "wall"]
CENTRES = {name: np.eye(4)[at] for at, name in enumerate(NAMES)}


def _world(
    right: np.ndarray, classes: np.ndarray, label: np.ndarray, scene: np.ndarray, seed: int = 0
) -> LabelledPhotos:
    """Photos that are called right with the given probabilities, and else by the next class."""
    hit = np.random.default_rng(seed).random(len(right)) < right
    X = np.eye(4)[np.where(hit, classes, (classes + 1) % 4)]
    return LabelledPhotos(X, label, scene, "Is Smartphone", np.array(NAMES, dtype=object)[classes])


def _models(each: int, kinds: int, effect: float, seed: int, scenes: int = 40, spread: float = 0.05) -> tuple[Any, Any]:
    """Each scene by every model of every kind; kinds differ by `effect`, models by a random trace of their own."""
    rng = np.random.default_rng(seed)
    count = each * kinds
    model, scene = np.tile(np.arange(count), scenes), np.repeat(np.arange(scenes), count)
    kind = model % kinds
    right = 0.6 + rng.normal(0, spread, size=count)[model] + effect * kind
    label = np.array([["False", "True", "x", "y"][code] for code in kind], dtype=object)
    photos = _world(right, (np.arange(scenes) % 4)[scene], label, scene, seed)
    return photos, np.array([f"M{code}" for code in model], dtype=object)


def _compared(photos: LabelledPhotos, cameras: Any = None, seed: int = 1) -> Outcome:
    return finish(compare_label(SOURCE, photos, cameras, words(CENTRES), seed))


def _row(outcome: Outcome, setting: str) -> Row:
    return next(row for row in outcome.rows if row.setting == setting)


def _detail(outcome: Outcome, setting: str) -> dict[str, Any]:
    return next(entry for entry in outcome.details if entry["setting"] == setting)


def test_a_camera_that_changes_the_name_is_found() -> None:
    """The planted difference of 25 points lies in both intervals, and both tests reject."""
    outcome = _compared(*_models(6, 2, 0.25, seed=3))
    for setting in ("", UNSEEN):
        row, detail = _row(outcome, setting), _detail(outcome, setting)
        assert row.metric == "spd_a"
        assert detail["p_value"] < 0.05
        low, high = detail["difference_ci"]
        assert 0 < low <= 0.25 <= high
        assert row.value == pytest.approx(detail["difference"])
        rates = {one["value"]: one["rate"] for one in detail["rates"]}
        assert rates["True"] - rates["False"] == pytest.approx(detail["difference"])
    assert _detail(outcome, UNSEEN)["models"] == {"False": 6, "True": 6}
    assert _detail(outcome, UNSEEN)["told"] is True
    figures = _detail(outcome, UNSEEN)["model_figures"]
    assert len(figures) == 12
    shown = {kind: np.mean([one["rate"] for one in figures if one["value"] == kind]) for kind in ("False", "True")}
    assert shown["True"] - shown["False"] == pytest.approx(_detail(outcome, UNSEEN)["difference"])


def test_a_camera_that_misleads_has_the_other_sign() -> None:
    """The size is the same, the sign says which way."""
    outcome = _compared(*_models(6, 2, -0.25, seed=3))
    assert _row(outcome, "").value > 0.1
    assert _detail(outcome, "")["difference"] < -0.1


def test_harder_content_is_not_taken_for_the_camera() -> None:
    """Phones photograph the hard classes: right names differ by 40 points in all, and by nothing at equal content."""
    rng = np.random.default_rng(0)
    classes = np.repeat(np.arange(4), 300)
    phone = rng.random(1200) < np.array([0.1, 0.3, 0.7, 0.9])[classes]
    right = np.array([0.95, 0.7, 0.4, 0.1])[classes]
    label = np.where(phone, "True", "False").astype(object)
    photos = _world(right, classes, label, np.arange(1200) // 2, seed=9)
    outcome = _compared(photos)
    hits = photos.vectors.argmax(axis=1) == classes
    assert hits[~phone].mean() - hits[phone].mean() > 0.35
    assert _row(outcome, "").value < 0.05
    assert _detail(outcome, "")["p_value"] > 0.05
    assert _row(outcome, "").ci_low == 0.0


@pytest.mark.slow
def test_these_cameras_differ_and_their_kinds_do_not() -> None:
    """Models with strong traces of their own: relabelled models do as well, however sure the difference of these cameras is."""
    shown = {"": 0, UNSEEN: 0}
    for seed in range(40):
        outcome = _compared(*_models(4, 2, 0.0, seed, scenes=60, spread=0.2))
        for setting in shown:
            shown[setting] += _detail(outcome, setting)["p_value"] < 0.05
    assert shown[""] > 20
    assert shown[UNSEEN] <= 6


def test_exchanged_names_of_values_change_the_sign_alone() -> None:
    """Which value is called True plays no part for size, interval and test."""
    photos, cameras = _models(6, 2, 0.1, seed=5)
    other = {"True": "False", "False": "True"}
    turned = LabelledPhotos(
        photos.vectors, np.array([other[one] for one in photos.labels], dtype=object), photos.clusters,
        photos.attribute, photos.classes,
    )  # fmt: skip
    a, b = _detail(_compared(photos, cameras), UNSEEN), _detail(_compared(turned, cameras), UNSEEN)
    assert a["p_value"] == b["p_value"]
    assert a["difference"] == pytest.approx(-b["difference"])
    assert a["difference_ci"] == pytest.approx([-bound for bound in reversed(b["difference_ci"])])


@pytest.mark.parametrize(("each", "row"), [(1, False), (2, True), (3, True)])
def test_too_few_models_cannot_tell(each: int, row: bool) -> None:
    """With one model of a kind there is no second row; with two or three no relabelling reaches p < .05."""
    outcome = _compared(*_models(each, 2, 0.3, seed=1))
    detail = _detail(outcome, UNSEEN)
    assert detail["told"] is False
    assert detail["needed"].startswith("4 camera models or more of each value")
    assert any(found.setting == UNSEEN for found in outcome.rows) == row
    assert any("cannot be told" in line for line in outcome.warnings)
    assert _detail(outcome, "")["p_value"] < 0.05  # of these cameras alone it can be
    if row:
        assert _row(outcome, UNSEEN).ci_low == 0.0


def test_four_models_of_a_kind_can_tell_with_a_warning() -> None:
    """The test can reject; the interval is not known to hold."""
    outcome = _compared(*_models(4, 2, 0.35, seed=2))
    assert _detail(outcome, UNSEEN)["told"] is True
    assert _detail(outcome, UNSEEN)["p_value"] < 0.05
    assert any("below 6 it is not known to hold" in line for line in outcome.warnings)


def test_several_values_have_the_root_of_the_mean_square() -> None:
    """Three kinds that differ by 25 points each are found; what shuffled labels give is taken off."""
    found = _compared(*_models(4, 3, 0.2, seed=1))
    expected = 0.2 * np.sqrt((1 + 1 + 4) / 3)
    for setting in ("", UNSEEN):
        row, detail = _row(found, setting), _detail(found, setting)
        assert detail["p_value"] < 0.05
        assert "difference" not in detail
        assert 0 < (row.ci_low or 0) < expected < (row.ci_high or 1)
    nothing = _compared(*_models(4, 3, 0.0, seed=2))
    for setting in ("", UNSEEN):
        assert _detail(nothing, setting)["p_value"] > 0.05
        assert _row(nothing, setting).value < 0.1
        assert _row(nothing, setting).ci_low == 0.0


def test_where_every_name_is_right_the_interval_has_a_width() -> None:
    """That no photo was called wrong does not show that none would be."""
    photos, cameras = _models(6, 2, 0.0, seed=1)
    right = LabelledPhotos(
        np.stack([CENTRES[name] for name in photos.classes if photos.classes is not None]), photos.labels,
        photos.clusters, photos.attribute, photos.classes,
    )  # fmt: skip
    outcome = _compared(right, cameras)
    for row in outcome.rows:
        assert (row.value, row.ci_low) == (0.0, 0.0)
        assert row.ci_high is not None and row.ci_high > 0.05


def test_photos_parts_make_the_difference() -> None:
    """The single photos' scores have it as their mean, so that two runs can be compared photo by photo."""
    outcome = _compared(*_models(6, 2, 0.2, seed=4))
    (scores,) = outcome.per_photo
    assert np.mean(scores.values) == pytest.approx(_detail(outcome, "")["difference"], abs=1e-5)
    assert len(scores.rows) == _row(outcome, "").n


def test_a_label_that_does_not_go_with_the_camera_has_one_row() -> None:
    """Scenes and owners are its unit."""
    outcome = _compared(_models(6, 2, 0.2, seed=4)[0])
    assert [row.setting for row in outcome.rows] == [""]


def test_values_without_common_classes_are_left_out_and_told() -> None:
    """A third value that shares no class with the others is no part of the figure."""
    photos, _ = _models(4, 2, 0.2, seed=4)
    label = photos.labels.copy()
    label[photos.classes == "wall"] = "x"
    given = LabelledPhotos(photos.vectors, label, photos.clusters, "Make", photos.classes)
    outcome = _compared(given)
    assert _row(outcome, "").n == int((photos.classes != "wall").sum())
    assert any("share no class with the others" in line for line in outcome.warnings)


def test_labels_that_part_the_classes_cannot_be_compared() -> None:
    """Where each class was photographed with one value alone, there is nothing at equal content."""
    photos, _ = _models(4, 2, 0.2, seed=4)
    label = np.where(photos.classes == "bird", "True", "False").astype(object)
    with pytest.raises(TooFew, match="there are 0"):
        _compared(LabelledPhotos(photos.vectors, label, photos.clusters, "Make", photos.classes))
    with pytest.raises(TooFew, match="there are 0"):
        _compared(LabelledPhotos(photos.vectors, photos.labels, photos.clusters, "Make", None))
