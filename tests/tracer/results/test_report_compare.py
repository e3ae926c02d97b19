"""Two runs side by side."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.report_runs import meta, probe_rows, rate, write_run
from tracer.errors import TracerError
from tracer.results import Row, photo_scores
from tracer.results.comparison import KEY, compare, measured_otherwise, paired_difference
from tracer.results.photo_scores import PhotoScores, Values, parts_of_mean


def row(value: float, **columns: object) -> Row:
    """A probe row."""
    said = {
        "experiment": "probe",
        "encoder": "e",
        "attribute": "Make",
        "setting": "acquisition",
        "metric": "accuracy",
        "chance": 0.25,
    }
    return rate(value, 400, **{**said, **columns})


def runs(tmp_path: Path, first: list[Row], second: list[Row]) -> tuple[Path, Path]:
    """Two run folders."""
    return write_run(tmp_path / "a", first, meta()), write_run(tmp_path / "b", second, meta())


def test_a_run_against_itself_differs_nowhere(tmp_path: Path) -> None:
    """Each figure meets itself: difference zero, inside an interval around it, intervals overlapping."""
    rows = probe_rows()
    found = compare(*runs(tmp_path, rows, list(reversed(rows))))
    assert [c.a for c in found] == rows and [c.b for c in found] == rows
    assert all(c.difference == 0 and c.overlap and c.low is not None and c.low < 0 < (c.high or 0) for c in found)


def test_a_clear_difference_is_outside_the_intervals(tmp_path: Path) -> None:
    """60 % against 40 % of 400: b − a is −20 points, its interval below zero, the two intervals apart."""
    (found,) = compare(*runs(tmp_path, [row(0.6)], [row(0.4)]))
    assert found.difference == pytest.approx(-0.2)
    assert found.high is not None and found.high < 0 and found.overlap is False
    # Newcombe's interval from the two Wilson intervals, by hand: [-0.2661, -0.1309].
    assert (found.low, found.high) == (pytest.approx(-0.2661, abs=2e-4), pytest.approx(-0.1309, abs=2e-4))


def test_what_one_run_lacks_is_listed(tmp_path: Path) -> None:
    """A figure of one run alone stands there with an empty partner; nothing is dropped."""
    found = compare(*runs(tmp_path, [row(0.6), row(0.5, attribute="Model")], [row(0.6), row(0.7, attribute="Flash")]))
    assert [(c.row.attribute, c.a is None, c.b is None) for c in found] == [
        ("Make", False, False), ("Model", False, True), ("Flash", True, False),
    ]  # fmt: skip
    assert found[1].record()["difference"] is None


def test_masks_and_settings_are_kept_apart(tmp_path: Path) -> None:
    """Figures that differ in any naming column do not meet."""
    first = [
        row(0.6),
        row(0.5, mask_ratio=0.95),
        row(0.3, processing="JPEG75_420"),
        row(0.4, metric="balanced_accuracy"),
    ]
    found = compare(*runs(tmp_path, first, first))
    assert len(found) == 4 and all(c.difference == 0 for c in found)


def test_seeds_join_repeated_figures_only(tmp_path: Path) -> None:
    """One figure a run meets whatever its seed; several meet by seed."""
    (alone,) = compare(*runs(tmp_path, [row(0.6, seed=1)], [row(0.5, seed=2)]))
    assert alone.difference == pytest.approx(-0.1)
    found = compare(*runs(tmp_path, [row(0.6, seed=1), row(0.5, seed=2)], [row(0.5, seed=2), row(0.6, seed=3)]))
    assert [(c.a.seed if c.a else None, c.b.seed if c.b else None) for c in found] == [(1, None), (2, 2), (None, 3)]


def test_two_sets_can_be_compared(tmp_path: Path) -> None:
    """Runs of one set each meet although the sets have different names; runs of several sets meet by name."""
    one, other = row(0.6, dataset="north"), row(0.5, dataset="south")
    assert len(compare(*runs(tmp_path, [one], [other]))) == 1
    assert len(compare(*runs(tmp_path / "several", [one, other], [other]))) == 2


def test_a_figure_without_interval_has_a_difference_without_one(tmp_path: Path) -> None:
    """A missing interval leaves the difference, and no verdict on overlap."""
    (found,) = compare(*runs(tmp_path, [replace(row(0.6), ci_low=None, ci_high=None)], [row(0.4)]))
    assert found.difference == pytest.approx(-0.2) and found.low is None and found.overlap is None


def test_records_hold_the_naming_columns_and_both_values(tmp_path: Path) -> None:
    """A flat record names the figure like a row of results, and holds both values and the difference."""
    (found,) = compare(*runs(tmp_path, [row(0.6)], [row(0.4)]))
    record = found.record()
    assert set(KEY) <= set(record)
    assert (record["a"], record["b"], record["a_n"]) == (0.6, 0.4, 400)


def test_single_draws_of_the_processings_are_left_out(tmp_path: Path) -> None:
    """The mean over draws is compared; a draw and the deviation, which is no accuracy, are not."""
    rows = [row(0.9, setting=setting) for setting in ("processing", "processing,draw=0", "processing,sd")]
    assert [one.row.setting for one in compare(*runs(tmp_path, rows, rows))] == ["processing"]


def test_a_folder_without_results_is_named(tmp_path: Path) -> None:
    """The message says which folder, and what to do."""
    first, _ = runs(tmp_path, [row(0.6)], [row(0.6)])
    with pytest.raises(TracerError, match="there is no results") as caught:
        compare(first, tmp_path / "nowhere")
    assert "nowhere" in caught.value.what and "tracer evaluate" in caught.value.way_out


def photo_values(run: Path, figure: Row, ids: list[int], values: list[float]) -> None:
    """Add what a figure is the mean of to a run."""
    names = {name: getattr(figure, name) for name in photo_scores.KEY}
    photo_scores.write(run, [PhotoScores(names, ids, [i // 2 for i in range(len(ids))], values)], set(), keep=True)


def test_runs_on_the_same_photos_are_paired(tmp_path: Path) -> None:
    """Where both are wrong on the same photos, the paired interval of their small difference is far narrower."""
    rng = np.random.default_rng(0)
    right = (rng.random(400) < 0.6).astype(float)
    better = right.copy()
    better[np.flatnonzero(right == 0)[:20]] = 1.0
    knn = {"experiment": "knn", "setting": "baseline"}
    rows = [row(float(values.mean()), **knn) for values in (right, better)]
    folders = runs(tmp_path, [rows[0]], [rows[1]])
    (unpaired,) = compare(*folders)
    photo_values(folders[0], rows[0], list(range(400)), right.tolist())
    photo_values(folders[1], rows[1], list(range(400))[::-1], better[::-1].tolist())
    (paired,) = compare(*folders)
    assert not unpaired.paired
    assert paired.paired
    assert paired.record()["paired"] is True
    assert paired.difference == pytest.approx(0.05)
    assert paired.low is not None
    assert paired.high is not None
    assert unpaired.low is not None
    assert unpaired.high is not None
    assert paired.low > 0 > unpaired.low
    assert paired.high - paired.low < 0.6 * (unpaired.high - unpaired.low)


def test_other_photos_and_other_values_are_not_paired(tmp_path: Path) -> None:
    """One id that differs, or values that do not make the figure: the interval is that of independent estimates."""
    values = [1.0, 0.0] * 200
    figure = row(0.5)
    folders = runs(tmp_path, [figure], [figure])
    photo_values(folders[0], figure, list(range(400)), values)
    photo_values(folders[1], figure, [*range(399), 999], values)
    assert not compare(*folders)[0].paired
    photo_values(folders[1], replace(figure, setting="x"), list(range(400)), values)
    assert not compare(*folders)[0].paired
    other = runs(tmp_path / "b", [figure], [figure])
    photo_values(other[0], figure, list(range(400)), values)
    photo_values(other[1], figure, list(range(400)), [1.0] * 400)
    assert not compare(*other)[0].paired


def test_the_size_of_a_difference_is_compared_by_its_sign(tmp_path: Path) -> None:
    """SPD rows hold sizes; the values behind them are signed, and opposite ones do not look alike."""
    spd = {"experiment": "retrieval", "setting": "query=phone", "metric": "spd_a"}
    values = [[-1.0] * 20 + [0.0] * 80, [1.0] * 10 + [0.0] * 90]
    rows = [replace(row(abs(sum(part)) / 100, **spd), ci_low=0.0, ci_high=0.4) for part in values]
    folders = runs(tmp_path, [rows[0]], [rows[1]])
    for folder, figure, part in zip(folders, rows, values, strict=True):
        photo_values(folder, figure, list(range(100)), part)
    (found,) = compare(*folders)
    assert found.paired
    assert found.difference == pytest.approx(-0.1)


def test_a_balanced_accuracy_of_which_hardly_a_photo_differs_is_no_surer_than_the_plain_one(tmp_path: Path) -> None:
    """One photo of 144 is right in one run alone; what photos add to a balanced accuracy then differs for all of a class."""
    right, classes = np.ones(144), np.repeat([0, 1], 72)
    right[::9] = 0
    better = right.copy()
    better[0] = 1
    parts = [parts_of_mean(values, np.full(144, 1 / 144), classes) for values in (right, better)]
    rows = [
        [replace(row(0.89, metric=metric), value=float(one.mean())) for metric in ("accuracy", "balanced_accuracy")]
        for one in (right, better)
    ]
    folders = runs(tmp_path, *rows)
    for folder, figures, values in zip(folders, rows, zip((right, better), parts, strict=True), strict=True):
        names = [{name: getattr(figure, name) for name in photo_scores.KEY} for figure in figures]
        scores = [
            PhotoScores(n, list(range(144)), list(range(144)), v.tolist()) for n, v in zip(names, values, strict=True)
        ]
        photo_scores.write(folder, scores, set(), keep=True)
    plain, balanced = compare(*folders)
    assert plain.paired and balanced.paired and plain.low is not None and balanced.low is not None
    assert balanced.low <= plain.low + 1e-3 < 0 and (balanced.high or 0) >= (plain.high or 0) - 1e-3 > 0.02


def test_runs_that_were_measured_otherwise(tmp_path: Path) -> None:
    """Named are the parts of the protocol that both runs have and that differ, without how intervals are made."""
    folders = runs(tmp_path, [row(0.5)], [row(0.5)])
    for folder, search in zip(folders, ("batched", "fast"), strict=True):
        file = folder / "results.json"
        said = json.loads(file.read_text())
        said["protocol"] = {"probe": search, "kNN": "k = 1", "probe intervals": search, search: "here alone"}
        file.write_text(json.dumps(said))
    assert measured_otherwise(*folders) == ["probe"] and measured_otherwise(folders[0], folders[0]) == []


def two_encoders(rng: np.random.Generator, models: int, scenes: int, of_model: float) -> tuple[Values, Values]:
    """Scores of the same photos, every model in each scene; the gain of the second encoder differs between models."""
    model, scene = np.tile(np.arange(models), scenes), np.repeat(np.arange(scenes), models)
    first = rng.normal(0.5, 0.1, len(model))
    gain = of_model * rng.normal(size=models)[model] + rng.normal(0.0, 0.1, len(model))
    ids = np.arange(len(model))
    classes = model % 2
    return Values(ids, scene, first, model, classes), Values(ids, scene, first + gain, model, classes)


def test_camera_models_are_drawn_where_they_were_sampled() -> None:
    """A gain that differs from model to model, and is 0 on average, is inside the interval; scenes alone would leave it out."""
    rng = np.random.default_rng(1)
    held, by_scenes = [], []
    for _ in range(200):
        a, b = two_encoders(rng, 10, 40, 0.1)
        for found, first in ((held, a), (by_scenes, replace(a, cameras=None))):
            _, (low, high) = paired_difference(first, b, is_size=False, trained=False, seed=0)
            found.append(low <= 0 <= high)
    assert np.mean(held) > 0.9 and np.mean(by_scenes) < 0.5


def test_equal_figures_of_the_same_cameras_have_an_interval() -> None:
    """Two runs of one encoder: no difference, and an interval that a few models allow."""
    a, _ = two_encoders(np.random.default_rng(2), 8, 5, 0.0)
    value, (low, high) = paired_difference(a, a, is_size=False, trained=True, seed=0)
    assert value == 0 and -0.6 < low < 0 < high < 0.6


def test_two_classes_of_unequal_numbers_hold_no_difference() -> None:
    """Two and eight models, every model in each scene: 0 is inside as often as promised."""
    held, model = [], np.tile(np.arange(10), 30)
    scene, classes = np.repeat(np.arange(30), 10), (np.arange(10) >= 2).astype(np.int64)
    weights = 1.0 / (2 * np.bincount(classes)[classes[model]] * 30)
    for seed in range(300):
        rng = np.random.default_rng(seed)
        scores = [rng.normal(0.7, 0.15, 10)[model] + rng.normal(0, 0.3, 300) for _ in range(2)]
        parts = [parts_of_mean(one, weights, classes[model]) for one in scores]
        a, b = (Values(np.arange(300), scene, one, model, classes[model]) for one in parts)
        value, (low, high) = paired_difference(a, b, is_size=False, trained=True, seed=0)
        assert value == pytest.approx(parts[1].mean() - parts[0].mean())
        held.append(low <= 0 <= high)
    assert np.mean(held) > 0.92


def test_scores_of_an_earlier_version_are_not_paired(tmp_path: Path) -> None:
    """Its file does not say whether camera models were drawn."""
    figure, ids = row(0.5), list(range(40))
    folders = runs(tmp_path, [figure], [figure])
    for folder in folders:
        photo_values(folder, figure, ids, [0.0, 1.0] * 20)
    assert compare(*folders)[0].paired
    for folder in folders:
        file = folder / photo_scores.NAME
        pd.read_parquet(file).drop(columns=["camera", "camera_class"]).to_parquet(file)
    assert not compare(*folders)[0].paired


@given(st.data())
def test_parts_of_a_mean_over_classes(data: st.DataObject) -> None:
    """Their mean is the mean over classes of the means over models, and leaving their clusters out shifts it alike."""
    groups = np.array(
        data.draw(st.lists(st.integers(0, 2), min_size=3, max_size=30).filter(lambda g: {0, 1, 2} <= set(g)))
    )
    values = np.array(data.draw(st.lists(st.floats(0, 1), min_size=len(groups), max_size=len(groups))))
    sizes = np.bincount(groups)
    parts = parts_of_mean(values, 1.0 / (3 * sizes[groups]), groups)
    of_class = [values[groups == code].mean() for code in range(3)]
    assert parts.mean() == pytest.approx(np.mean(of_class), abs=1e-9)
    error = np.sqrt(sum(values[groups == code].var() / sizes[code] for code in range(3))) / 3
    assert parts.std() / np.sqrt(len(parts)) == pytest.approx(error, abs=1e-9)


@pytest.mark.parametrize("other", ["scenes", "labels", "camera models", "none"])
def test_sets_that_are_numbered_alike_are_not_paired(other: str, tmp_path: Path) -> None:
    """Photos 1 to 400 of two sets: other scenes, other values of the label or other camera models tell them apart."""
    rng = np.random.default_rng(0)
    right = (rng.random(400) < 0.6).astype(float)
    rows = [row(float(right.mean()))] * 2
    folders = runs(tmp_path, [rows[0]], [rows[1]])
    for at, folder in enumerate(folders):
        names = {name: getattr(rows[at], name) for name in photo_scores.KEY}
        scenes = [(i + (at if other == "scenes" else 0)) // 2 for i in range(400)]
        photo_scores.write(folder, [PhotoScores(names, list(range(400)), scenes, right.tolist())], set(), keep=True)
        said = json.loads((folder / "results.json").read_text())
        prints = {"name": str(at), "photos": "p", "Make": "m", "camera models": "c", "Flash": str(at)}
        prints |= (
            {"Make": f"m{at}"} if other == "labels" else {"camera models": f"c{at}"} if other == "camera models" else {}
        )
        said["dataset"] = {**said["dataset"], "fingerprints": prints}
        (folder / "results.json").write_text(json.dumps(said))
    (found,) = compare(*folders)
    assert found.paired is (other == "none")
