"""Probes as experiments: splits, cross-validation by cluster, processing labels, and their intervals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracer import stats
from tracer.base.progress import Work, finish
from tracer.dataset.splits import SplitFile
from tracer.errors import EmbeddingsError, TooFew
from tracer.experiments.outcome import Source
from tracer.experiments.photos import LabelledPhotos
from tracer.experiments.probe import processing as processing_probe
from tracer.experiments.probe.folds import cross_validate, group_folds, usable_classes
from tracer.experiments.probe.probe import (
    _shared_out,
    accuracy_interval,
    balanced_interval,
    probe_cross_validated,
    probe_split,
)
from tracer.experiments.probe.processing import probe_processing, probe_processing_folds
from tracer.experiments.probe.protocols import Fitting, ProbeFit, fit_probe
from tracer.experiments.settings import Protocol
from tracer.experiments.shared.parts import stratified
from tracer.stats.ends import CORRELATION

SOURCE = Source("set", "enc", mask_ratio=0.95)
FAST = Fitting(Protocol.FAST)


def _split(seed: int = 0, strength: float = 0.5) -> tuple[np.ndarray, np.ndarray, SplitFile]:
    """Embeddings in shuffled order, more of them than the split names, and a balanced split of three classes."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((3, 32)) * strength
    ids, labels, vectors = {}, {}, []
    at = 10**10
    for part, count in (("train", 30), ("val", 10), ("test", 40)):
        labels[part] = np.repeat(np.arange(3), count)
        ids[part] = np.arange(at, at + 3 * count)
        at += 3 * count
        vectors.append(rng.standard_normal((3 * count, 32)) + centres[labels[part]])
    X = np.vstack([*vectors, rng.standard_normal((5, 32))]).astype(np.float32)
    every = np.concatenate([*ids.values(), np.arange(5)])
    order = rng.permutation(len(every))
    return every[order], X[order], SplitFile("Make", ("a", "b", "c"), ids, labels, Path("x.json"))


def test_split_probe_rows() -> None:
    """Accuracy has Wilson's interval and the majority share as chance; balanced accuracy the uniform chance."""
    ids, X, split = _split()
    outcome = finish(probe_split(SOURCE, ids, X, split, FAST))
    accuracy, balanced = outcome.rows
    assert (accuracy.metric, balanced.metric) == ("accuracy", "balanced_accuracy")
    assert accuracy.n == 120
    assert accuracy.mask_ratio == 0.95
    assert accuracy.chance == balanced.chance == pytest.approx(1 / 3)
    assert accuracy.value > 0.6
    assert (accuracy.ci_low, accuracy.ci_high) == pytest.approx(stats.wilson(round(accuracy.value * 120), 120))
    assert balanced.value == pytest.approx(accuracy.value)  # the test part is balanced
    detail = outcome.details[0]
    assert np.sum(detail["confusion"]) == 120
    assert np.trace(detail["confusion"]) / 120 == pytest.approx(accuracy.value)
    assert np.mean(detail["recalls"]) == pytest.approx(balanced.value)


def test_split_probe_does_not_depend_on_the_order_of_the_file() -> None:
    """Photos are found by id, so shuffled rows of the file give the same rows of results."""
    ids, X, split = _split()
    order = np.random.default_rng(5).permutation(len(ids))
    assert (
        finish(probe_split(SOURCE, ids, X, split, FAST)).rows
        == finish(probe_split(SOURCE, ids[order], X[order], split, FAST)).rows
    )


def test_missing_and_double_ids_are_named() -> None:
    """Ids of the split without embedding are counted and the first ones named; an id that is there twice is refused."""
    ids, X, split = _split()
    gone = split.ids["test"][:2]
    keep = ~np.isin(ids, gone)
    with pytest.raises(EmbeddingsError, match=rf"2 of the 120 test photos of Make.*{gone[0]}, {gone[1]}"):
        finish(probe_split(SOURCE, ids[keep], X[keep], split, FAST))
    with pytest.raises(EmbeddingsError, match="more than once"):
        finish(probe_split(SOURCE, np.r_[ids, ids[:1]], np.vstack([X, X[:1]]), split, FAST))


def test_leaking_split_is_said() -> None:
    """A split with a photo in train and test still gives its figures, with a warning that they are too high."""
    ids, X, split = _split()
    split.ids["test"][0] = split.ids["train"][0]
    outcome = finish(probe_split(SOURCE, ids, X, split, FAST))
    assert any("1 photo in both train and test" in line for line in outcome.warnings)


def test_split_probe_keeps_owners_together() -> None:
    """Owners with one camera each, whose photos are all alike: what counts is how many owners are named right, not photos."""
    rng = np.random.default_rng(2)
    owners, each = 60, 20
    owner = np.repeat(np.arange(owners), each)
    make = owner % 2
    X = (rng.standard_normal((owners, 16))[owner] + 0.01 * rng.standard_normal((len(owner), 16))).astype(np.float32)
    rows = {"train": np.flatnonzero(owner < 36), "val": np.flatnonzero((owner >= 36) & (owner < 40))}
    rows["test"] = np.flatnonzero(owner >= 40)
    split = SplitFile("Make", ("a", "b"), rows, {part: make[at] for part, at in rows.items()}, Path("x.json"))
    ids = np.arange(len(owner))
    apart = finish(probe_split(SOURCE, ids, X, split, FAST))
    kept = finish(probe_split(SOURCE, ids[::-1], X[::-1], split, FAST, clusters=owner[::-1]))
    assert [row.value for row in kept.rows] == [row.value for row in apart.rows]
    for row, narrow in zip(kept.rows, apart.rows, strict=True):
        assert (row.ci_high or 0) - (row.ci_low or 0) > 2 * ((narrow.ci_high or 0) - (narrow.ci_low or 0))
        assert (row.ci_low or 0) <= row.value <= (row.ci_high or 0)
    assert kept.details[0]["chance_test"]["shuffled"] == "whole scenes or owners"
    assert kept.details[0]["chance_test"]["p_value"] > 0.05
    assert kept.details[0]["clusters"] == len(set(kept.per_photo[0].clusters)) == 20
    assert "over scenes and owners" in kept.details[0]["intervals"]
    assert not kept.warnings
    assert "photos taken as independent" in apart.details[0]["intervals"]
    assert any("Photos taken as independent" in line for line in apart.warnings)


def test_split_probe_of_independent_photos() -> None:
    """Where every photo is its own scene the interval is Wilson's, and there is nothing to warn of; few owners are said."""
    ids, X, split = _split()
    outcome = finish(probe_split(SOURCE, ids, X, split, FAST, clusters=ids))
    assert outcome.rows == finish(probe_split(SOURCE, ids, X, split, FAST)).rows
    assert not outcome.warnings
    few = finish(probe_split(SOURCE, ids, X, split, FAST, clusters=ids % 12))
    assert any("12 scenes or owners" in line for line in few.warnings)
    number = len(split.labels["test"])
    assert any(f"{number} of {number} test photos of the split" in line for line in few.warnings)


def _scenes(
    strength: float, scenes: int = 30, cameras: int = 4, seed: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Photos of scenes by cameras; each scene has an effect that is far larger than a camera's."""
    rng = np.random.default_rng(seed)
    scene, camera = np.repeat(np.arange(scenes), cameras), np.tile(np.arange(cameras), scenes)
    X = (
        rng.standard_normal((len(scene), 40))
        + 3 * rng.standard_normal((scenes, 40))[scene]
        + strength * rng.standard_normal((cameras, 40))[camera]
    )
    return X.astype(np.float32), np.array([f"cam {c}" for c in camera], dtype=object), scene


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), n=st.integers(40, 90))
def test_folds_keep_clusters_whole(seed: int, n: int) -> None:
    """Every photo is tested once, and no cluster is on both sides."""
    rng = np.random.default_rng(seed)
    clusters, labels = rng.integers(12, size=n), rng.integers(2, size=n)
    if np.unique(labels, return_counts=True)[1].min() < 5 or len(np.unique(labels)) < 2:
        return
    masks = group_folds(labels, clusters, 5, seed)
    assert (np.sum(masks, axis=0) == 1).all()
    for mask in masks:
        assert not set(clusters[mask]) & set(clusters[~mask])


def test_camera_is_found_across_scenes_and_absent_cameras_are_not() -> None:
    """A camera's trace is read from scenes that were never seen; without one the interval holds chance."""
    found = finish(probe_cross_validated(SOURCE, LabelledPhotos(*_scenes(2.0), "Model"), FAST, repeats=2)).rows[0]
    assert (found.ci_low or 0) > 0.5
    assert found.n == 120
    none = finish(probe_cross_validated(SOURCE, LabelledPhotos(*_scenes(0.0), "Model"), FAST, repeats=2)).rows[0]
    assert (none.ci_low or 0) <= 0.25 <= (none.ci_high or 1)


def test_without_clusters_content_would_leak() -> None:
    """With one camera a scene, folds that ignore scenes read the camera from the scene; folds by scene do not."""
    rng = np.random.default_rng(0)
    scene = np.repeat(np.arange(30), 6)
    X = (rng.standard_normal((180, 40)) + 3 * rng.standard_normal((30, 40))[scene]).astype(np.float32)
    make = np.array([f"m{s % 3}" for s in scene], dtype=object)
    kept = finish(probe_cross_validated(SOURCE, LabelledPhotos(X, make, scene, "Make"), FAST, repeats=1)).rows[0].value
    mixed = (
        finish(probe_cross_validated(SOURCE, LabelledPhotos(X, make, np.arange(180), "Make"), FAST, repeats=1))
        .rows[0]
        .value
    )
    assert mixed > 0.9
    assert kept < 0.55


@pytest.mark.parametrize("protocol", ["fast", "batched"])
def test_cross_validation_does_not_depend_on_workers(protocol: str) -> None:
    """One worker or two give the same predictions."""
    X, labels, scenes = _scenes(1.0, scenes=15)
    one, two = (
        finish(
            cross_validate(
                LabelledPhotos(X, labels, scenes, "Model"), Fitting(Protocol(protocol), workers=w), repeats=1
            )
        ).predictions
        for w in (1, 2)
    )
    assert np.array_equal(one, two)


def test_small_classes_and_unlabelled_photos_are_left_out_and_counted() -> None:
    """A class in two scenes and photos without a label take no part, and the outcome says how many."""
    X, labels, scenes = _scenes(1.0)
    labels[:8] = "rare"
    labels[8:11] = None
    rows, left = usable_classes(labels, scenes, 5)
    assert len(rows) == 109
    assert left == {"no label": 3, "rare: in 2 scenes or owners, and it takes 5": 8}
    outcome = finish(probe_cross_validated(SOURCE, LabelledPhotos(X, labels, scenes, "Model"), FAST, repeats=1))
    assert outcome.rows[0].n == 109
    assert outcome.details[0]["left_out"] == left
    assert any("8 photos" in line for line in outcome.warnings)


def test_too_little_is_a_message() -> None:
    """One class, ten photos and few scenes each say what is missing."""
    X, labels, scenes = _scenes(1.0)
    with pytest.raises(TooFew, match="two classes or more"):
        finish(cross_validate(LabelledPhotos(X, np.full(120, "one", dtype=object), scenes, "Make")))
    with pytest.raises(TooFew, match="30 photos"):
        finish(cross_validate(LabelledPhotos(X[:10], np.array(["a", "b"] * 5, dtype=object), np.arange(10), "Make")))
    with pytest.raises(TooFew, match="10 scenes"):
        finish(cross_validate(LabelledPhotos(X[:36], labels[:36], scenes[:36], "Make")))


def test_few_clusters_are_warned_of() -> None:
    """Below 20 scenes the outcome warns that its intervals are too short."""
    outcome = finish(probe_cross_validated(SOURCE, LabelledPhotos(*_scenes(1.0, scenes=15), "Model"), FAST, repeats=1))
    assert any("15 scenes or owners" in line for line in outcome.warnings)


def test_interval_holds_the_training_draw() -> None:
    """Over data sets drawn anew, the interval holds the expected accuracy about as often as it says, a plain bootstrap less."""
    rng = np.random.default_rng(1)
    centres = rng.standard_normal((3, 60)) * 0.3
    scenes, cameras, runs = 40, 3, 120
    scene, camera = np.repeat(np.arange(scenes), cameras), np.tile(np.arange(cameras), scenes)
    found = []
    for _ in range(runs):
        X = rng.standard_normal((120, 60)) + rng.standard_normal((scenes, 60))[scene] + centres[camera]
        right = np.zeros((2, 120), dtype=bool)
        for repeat in range(2):
            fold = rng.permutation(scenes) % 5
            for k in range(5):
                test = fold[scene] == k
                A, Y = X[~test], np.eye(3)[camera[~test]]  # ridge stands in for the probe: the interval does not care
                guess = (X[test] @ A.T @ np.linalg.solve(A @ A.T + 20 * np.eye(len(A)), Y - Y.mean(0))).argmax(axis=1)
                right[repeat, test] = guess == camera[test]
        value, interval = accuracy_interval(right, scene, 0, draws=300)
        plain = stats.cluster_bootstrap(right.mean(axis=0), scene, draws=300)
        found.append((value, interval, plain))
    truth = np.mean([value for value, _, _ in found])
    covered = np.mean([i.low <= truth <= i.high for _, i, _ in found])
    plainly = np.mean([p.low <= truth <= p.high for _, _, p in found])
    assert covered >= 0.90
    assert plainly < covered


def test_interval_where_everything_is_right() -> None:
    """All photos right is no certainty: the interval is Wilson's for 40 photos of which four belong together."""
    clusters, right = np.repeat(np.arange(10), 4), np.ones((3, 40), dtype=bool)
    many = 40 / (1 + 3 * CORRELATION)
    for found in (
        accuracy_interval(right, clusters, 0),
        balanced_interval(right, np.arange(40) % 2, clusters, 0, True),
    ):
        assert found[0] == 1.0
        assert found[1] == pytest.approx(stats.wilson(many, many))
    right[:, 0] = False
    assert accuracy_interval(right, clusters, 0)[1].low < stats.wilson(many, many).low


@given(st.lists(st.integers(0, 9), min_size=1, max_size=6), st.integers(1, 4))
def test_counts_are_shared_out_whole(parts: list[int], repeats: int) -> None:
    """Counts over repeats become whole photos that add up to one repeat's."""
    line = np.array(parts, dtype=np.int64)
    line[0] += -line.sum() % repeats
    shared = _shared_out(line.copy(), repeats)
    assert sum(shared) == line.sum() // repeats
    assert all(abs(s - x / repeats) < 1 for s, x in zip(shared, line, strict=True))


def _views(strength: float, n: int, seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    base = rng.standard_normal((n, 24))
    shifts = np.random.default_rng(1).standard_normal((3, 24)) * strength
    return {f"P{i}": (base + shift).astype(np.float32) for i, shift in enumerate(shifts)}


def test_processing_probe() -> None:
    """Processings that shift the embedding are named, equal ones are not; n counts pictures, not their views."""
    strong = finish(probe_processing(SOURCE, _views(1.5, 120, 0), _views(1.5, 60, 2), "JPEG", FAST, draws=3)).rows[0]
    assert (strong.ci_low or 0) > 0.6
    assert strong.n == 60
    assert strong.setting == "processing"
    none = finish(probe_processing(SOURCE, _views(0.0, 120, 0), _views(0.0, 60, 2), "JPEG", FAST, draws=3)).rows[0]
    assert none.value == pytest.approx(1 / 3)  # equal views get equal answers, and one of three is right
    with pytest.raises(TooFew, match="two"):
        finish(probe_processing(SOURCE, {"P": np.ones((50, 3))}, {"P": np.ones((5, 3))}, "JPEG"))
    with pytest.raises(EmbeddingsError, match="belong together"):
        uneven = {**_views(1.0, 120, 0), "P1": np.ones((119, 24))}
        finish(probe_processing(SOURCE, uneven, _views(1.0, 60, 2), "JPEG"))


def test_the_draws_of_a_processing_probe_are_rows() -> None:
    """One row a draw with its seed, their mean first, their deviation last; settings are chosen once, whatever the protocol."""
    train, test = _views(0.4, 120, 0), _views(0.4, 60, 2)
    found = finish(probe_processing(SOURCE, train, test, "JPEG", FAST, draws=4))
    mean, *draws, sd = found.rows
    assert [(row.setting, row.seed) for row in draws] == [(f"processing,draw={at}", at) for at in range(4)]
    values = [row.value for row in draws]
    assert (mean.setting, sd.setting) == ("processing", "processing,sd")
    assert mean.value == pytest.approx(np.mean(values))
    assert sd.value == pytest.approx(np.std(values)) == found.details[0]["sd"]
    assert {row.metric for row in found.rows} == {"accuracy"}
    assert len(set(values)) > 1
    paper = finish(probe_processing(SOURCE, train, test, "JPEG", Fitting(Protocol.PAPER), draws=4))
    assert paper.rows == found.rows
    assert len(found.per_photo[0].rows) == 60
    assert np.mean(found.per_photo[0].values) == pytest.approx(mean.value, abs=1e-5)


def test_settings_of_a_processing_probe_are_chosen_on_a_fifth_of_each_class() -> None:
    """Each label gives a fifth to choose on, at least one; no picture is in both parts."""
    labels = np.repeat([2, 0, 1], [50, 11, 3])
    learnt, chosen_on = stratified(labels, 22)
    assert sorted([*learnt, *chosen_on]) == list(range(64))
    assert np.bincount(labels[chosen_on]).tolist() == [2, 1, 10]
    assert (np.diff(labels[learnt]) >= 0).all()
    assert stratified(labels, 23)[1].tolist() != chosen_on.tolist()


def test_processing_probe_by_folds() -> None:
    """Without a split, every picture is tested once a draw by probes that saw nothing of its cluster."""
    clusters = np.arange(120) // 3
    strong = finish(probe_processing_folds(SOURCE, _views(1.5, 120, 0), clusters, "JPEG", FAST, draws=2))
    assert (strong.rows[0].ci_low or 0) > 0.6
    assert strong.rows[0].n == 120
    assert sum(map(sum, strong.details[0]["confusion"])) == 360
    none = finish(probe_processing_folds(SOURCE, _views(0.0, 120, 0), clusters, "JPEG", FAST, draws=2)).rows[0]
    assert none.value == pytest.approx(1 / 3)  # equal views get equal answers, and one of three is right
    again = finish(
        probe_processing_folds(
            SOURCE, _views(1.5, 120, 0), clusters, "JPEG", Fitting(Protocol.FAST, workers=1), draws=2
        )
    )
    assert again.rows == strong.rows
    with pytest.raises(TooFew, match="30 pictures of 10 scenes"):
        finish(probe_processing_folds(SOURCE, _views(1.0, 120, 0), np.arange(120) // 20, "JPEG"))


def test_a_fifth_of_what_a_processing_probe_learns_from_chooses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 40 clusters of three, 8 are tested, and of the other 32 a fifth chooses the settings, whole."""
    sizes = []

    def watched(*given: Any, **by_name: Any) -> Work[ProbeFit]:
        sizes.append((len(given[0]), len(given[2])))
        return fit_probe(*given, **by_name)

    monkeypatch.setattr(processing_probe, "fit_probe", watched)
    finish(probe_processing_folds(SOURCE, _views(1.0, 120, 0), np.arange(120) // 3, "JPEG", FAST, draws=1))
    assert sizes == [(3 * 26, 3 * 6)] * 5


def test_processing_probe_keeps_clusters_whole() -> None:
    """Copies of a picture in one cluster teach nothing of each other: noise stays at chance, apart it would be learnt."""
    rng = np.random.default_rng(3)
    base = rng.standard_normal((40, 24)).repeat(6, axis=0)
    views = {
        f"P{i}": base + rng.standard_normal((40, 24)).repeat(6, axis=0) * 2 for i in range(2)
    }  # of each picture alone
    kept = finish(probe_processing_folds(SOURCE, views, np.repeat(np.arange(40), 6), "JPEG", FAST, draws=2)).rows[0]
    apart = finish(probe_processing_folds(SOURCE, views, np.arange(240), "JPEG", FAST, draws=2)).rows[0]
    assert (kept.ci_low or 0) < 0.5 < (apart.ci_low or 0)
