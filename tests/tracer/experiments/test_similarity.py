"""Similarity by processing, and by any label that is asked for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.helpers.small_sets import change, write_set
from tracer.base.progress import finish
from tracer.dataset import open_set
from tracer.errors import TooFew
from tracer.evaluation.evaluate import evaluate
from tracer.evaluation.options import Options
from tracer.experiments.labels import labelled_set
from tracer.experiments.outcome import Source
from tracer.experiments.photos import LabelledPhotos
from tracer.experiments.shared.traces import trace_labels
from tracer.experiments.similarity import processing
from tracer.experiments.similarity import similarity as module
from tracer.experiments.similarity.processing import similarity_of_views
from tracer.experiments.similarity.similarity import similarity
from tracer.report.page import render
from tracer.report.plots import write_plots
from tracer.results.runs import load_run

SOURCE = Source("made", "test/encoder", "JPEG75_420,JPEG95_444")
CLASSES = np.array(["a", "b"] * 30, dtype=object)
SCENES = np.arange(60) // 2


def views(trace: float, seed: int = 0) -> dict[str, np.ndarray]:
    """60 photos in two processings, which add `trace` along a direction of their own."""
    rng = np.random.default_rng(seed)
    photos = rng.normal(size=(60, 12))
    steps = {"JPEG75_420": np.eye(12)[0], "JPEG95_444": np.eye(12)[1]}
    return {name: (photos + trace * step).astype(np.float32) for name, step in steps.items()}


@pytest.mark.parametrize(("trace", "low", "high"), [(0.0, 0.4999, 0.5001), (6.0, 0.99, 1.0)])
def test_the_share_of_wins_is_that_of_the_processing(trace: float, low: float, high: float) -> None:
    """Half where the processing changes nothing, nearly all where it is all that counts; n counts photos, not views."""
    found = finish(similarity_of_views(SOURCE, views(trace), CLASSES, SCENES, "JPEG"))
    assert [row.setting for row in found.rows] == ["class=same", "class=other"]
    for row in found.rows:
        assert low <= row.value <= high
        assert (row.n, row.attribute, row.processing, row.chance) == (60, "JPEG", "JPEG75_420,JPEG95_444", 0.5)


def test_each_pair_of_photos_is_compared_by_hand() -> None:
    """The value is the mean over views of the share of pairs in which the one in the same processing is more similar."""
    made = views(1.0)
    found = finish(similarity_of_views(SOURCE, made, CLASSES, SCENES, "JPEG"))
    unit = {name: X / np.linalg.norm(X, axis=1, keepdims=True) for name, X in made.items()}
    wins = []
    for own, other in (("JPEG75_420", "JPEG95_444"), ("JPEG95_444", "JPEG75_420")):
        for i in range(60):
            among = (CLASSES[i] == CLASSES) & (SCENES[i] != SCENES)
            same, different = unit[own][among] @ unit[own][i], unit[other][among] @ unit[own][i]
            wins.append((same[:, None] > different).mean())
    assert found.rows[0].value == pytest.approx(np.mean(wins), abs=1e-3)


def test_unknown_content_and_many_photos(monkeypatch: pytest.MonkeyPatch) -> None:
    """Photos whose content is unknown are left out; a large set is thinned out with a warning; too few are refused."""
    some = CLASSES.copy()
    some[:10] = None
    assert finish(similarity_of_views(SOURCE, views(1), some, SCENES, "JPEG")).rows[0].n == 50
    monkeypatch.setattr(processing, "MAX_PHOTOS", 80)
    thinned = finish(similarity_of_views(SOURCE, views(1), CLASSES, SCENES, "JPEG"))
    assert thinned.rows[0].n <= 40 and "of 60 photos" in thinned.warnings[0]
    some[:45] = None
    with pytest.raises(TooFew, match="at least 20 photos"):
        finish(similarity_of_views(SOURCE, views(1), some, SCENES, "JPEG"))


def test_labels_that_are_asked_for(tmp_path: Path) -> None:
    """Those, or all that the set has, beside phone and maker; the semantic label is none of them."""
    root = write_set(tmp_path / "small", scenes=4)
    labelled = labelled_set(open_set(change(root, Flash="with flash")))
    assert trace_labels(labelled)[0] == ("Is Smartphone", "Make")
    assert trace_labels(labelled, ["ISO Speed", "semantic_label"])[0] == ("Is Smartphone", "Make", "ISO Speed")
    assert trace_labels(labelled, ["all"]) == (("Is Smartphone", "Make", "Model", "ISO Speed"), [])
    chosen, skipped = trace_labels(labelled, ["Flash"])
    assert chosen == ("Is Smartphone", "Make")
    assert [(skip.what, skip.reason) for skip in skipped] == [
        ("kNN and similarity by Flash", "all photos have Flash = with flash")
    ]


@pytest.mark.slow
def test_an_evaluation_measures_both(tmp_path: Path) -> None:
    """kNN and similarity by a label that was named, similarity by processing; on the page and as a file."""
    root = write_set(tmp_path / "set", scenes=14)
    options = Options(
        encoders=("baseline/colour",), experiments=("knn", "similarity"), attributes=("ISO Speed",), device="cpu",
        processings=("JPEG75_420", "JPEG95_444"), draws=2,
    )  # fmt: skip
    done = finish(evaluate(root, tmp_path / "run", options, with_report=False))
    found = {(row.experiment, row.attribute) for row in done.rows}
    assert found == {(e, a) for e in ("knn", "similarity") for a in ("Is Smartphone", "Make", "ISO Speed", "JPEG")}
    assert {row.metric for row in done.rows if row.attribute == "ISO Speed" and row.experiment == "knn"} >= {"spd_a"}
    run = load_run(tmp_path / "run")
    assert "JPEG75_420, JPEG95_444" in render(run)
    assert {"similarity.png", "similarity.svg"} <= {path.name for path in write_plots(run, tmp_path / "plots")}
    nothing = replace(options, processings=(), experiments=("similarity",))
    asked = [s.what for s in finish(evaluate(root, tmp_path / "other", nothing, with_report=False)).skipped]
    assert asked == ["similarity by processing"]


@pytest.mark.parametrize(("scenes", "warned"), [(4, True), (24, False)])
def test_few_scenes_are_warned_of(scenes: int, warned: bool) -> None:
    """Intervals that rest on four scenes are too short, as those of probes and neighbours are."""
    rng = np.random.default_rng(0)
    scene = np.repeat(np.arange(scenes), 6)
    labels, classes = (part.astype(str).astype(object) for part in (np.arange(len(scene)) % 2, scene % 2))
    found = finish(similarity(SOURCE, LabelledPhotos(rng.normal(size=(len(scene), 8)), labels, scene, "Make", classes)))
    said = f"The intervals of similarity by Make rest on {scenes} scenes or owners; below 20 they are too short."
    assert (said in found.warnings) is warned


def test_drawn_distributions_hold_each_pair_once_whatever_the_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """The weights of all pairs add up to k₁k₀ / (k₁ + k₀) for each label and pair of contents, and blocks change nothing."""
    rng = np.random.default_rng(0)
    vectors, y, labels = rng.normal(size=(70, 5)), rng.integers(3, size=70), rng.integers(2, size=70)
    S = (vectors @ vectors.T / 40).clip(-1, 1)
    away = (np.arange(70) // 2)[:, None] != np.arange(70) // 2
    whole = module._distributions(S, away, y, labels)
    monkeypatch.setattr(module, "BLOCK", 16)
    in_blocks = module._distributions(S, away, y, labels)
    for kind, counts in whole["histograms"].items():
        assert in_blocks["histograms"][kind] == pytest.approx(counts, abs=1e-3)
        assert in_blocks["means"][kind] == pytest.approx(whole["means"][kind])
    one, other = np.nonzero(np.triu(away & (y[:, None] == y), 1))
    alike = labels[one] == labels[other]
    pairs = [(int(alike[y[one] == kind].sum()), int((~alike[y[one] == kind]).sum())) for kind in range(3)]
    weight = sum(a * b / (a + b) for a, b in pairs)
    for kind in ("class=same,label=same", "class=same,label=other"):
        assert sum(whole["histograms"][kind]) == pytest.approx(weight, abs=1e-2)
