"""Sets without scenes: photos that have a near-copy are counted, and named beside the figures that they raise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.helpers.report_runs import before_and_after, knn_rows
from tests.helpers.small_sets import change, write_set
from tracer.base.progress import finish
from tracer.evaluation import near_copies as module
from tracer.evaluation.evaluate import evaluate
from tracer.evaluation.near_copies import in_words, near_copies
from tracer.evaluation.options import Options
from tracer.experiments.settings import Protocol
from tracer.report.answers import answers
from tracer.results.runs import load_run
from tracer.results.verdicts import Verdict


@pytest.mark.parametrize("block", [7, 1000])
def test_bursts_are_counted(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three shots of each of twenty scenes, and twenty photos alone; blocks of rows change nothing."""
    monkeypatch.setattr(module, "_BLOCK", block)
    rng = np.random.default_rng(0)
    scenes = rng.normal(size=(40, 64))
    shots = np.repeat(scenes[:20], 3, axis=0)
    vectors = np.vstack([shots + rng.normal(scale=0.02, size=shots.shape), scenes[20:]])
    assert near_copies(vectors) == (60, 80)
    assert near_copies(scenes) == (0, 40) and near_copies(scenes[:1]) == (0, 1)


def test_copies_that_are_kept_together_and_those_of_one_camera() -> None:
    """One of two near-copies has to be a photo of which no scene is known; two of one camera model can be left out."""
    rng = np.random.default_rng(0)
    scenes = rng.normal(size=(40, 64))
    vectors = np.vstack([scenes, scenes + rng.normal(scale=0.02, size=scenes.shape)])
    alone = np.r_[np.zeros(40, dtype=bool), np.arange(40) < 10]
    assert near_copies(vectors, alone=alone) == (20, 80) and near_copies(vectors, alone=~alone) == (80, 80)
    assert near_copies(vectors, alone=np.zeros(80, dtype=bool)) == (0, 80)
    models = np.array(["A", None] * 10 + ["A", "B"] * 30, dtype=object)
    assert near_copies(vectors, models=models) == (20, 80)


def test_photos_that_are_all_alike_are_no_near_copies() -> None:
    """An encoder whose embeddings all point one way: what is alike by its cosine is not so among such photos."""
    rng = np.random.default_rng(0)
    vectors = 10 + rng.normal(size=(100, 64))
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    assert (unit @ unit.T).min() > 0.98 and near_copies(vectors) == (0, 100)
    assert in_words(0, 100, "e") == ""


def test_a_few_numbers_are_near_by_chance() -> None:
    """Picture statistics of different scenes, with eight numbers that vary: one of 200 photos is always rather near."""
    rng = np.random.default_rng(1)
    vectors = np.hstack([rng.normal(size=(200, 8)), np.full((200, 1), 10.0)])
    assert near_copies(vectors)[0] > 100
    assert near_copies(vectors, of_typical=module.OF_TYPICAL_STATISTICS)[0] < 20
    assert near_copies(np.vstack([vectors, vectors]), of_typical=module.OF_TYPICAL_STATISTICS) == (400, 400)


def test_a_set_of_bursts_says_so_beside_its_figures(tmp_path: Path) -> None:
    """Without scenes the photos of one scene lie in training and in test; with scenes nothing is said."""
    said = {}
    for name, columns in (("bursts", {"scene_idx": None, "subject_idx": None}), ("scenes", {})):
        data = change(write_set(tmp_path / name, scenes=12), **columns)
        options = Options(
            encoders=("baseline/thumbnail",), experiments=("probe",), masks=(0.0,), protocol=Protocol.FAST
        )
        found = finish(evaluate(data, tmp_path / f"run-{name}", options, with_report=False))
        run = load_run(tmp_path / f"run-{name}")
        said[name] = " ".join(found.warnings), answers(run.rows, run.details)[0].comment
    warned, comment = said["bursts"]
    assert "have a near-copy among the others (by the embeddings of baseline/thumbnail" in warned
    assert "may be far too high, not only their intervals" in warned
    assert "figures on cameras that were trained on may be far too high" in comment
    assert not any("near-copy" in text for text in said["scenes"])


def test_scenes_of_some_photos_do_not_hide_the_near_copies_of_the_others(tmp_path: Path) -> None:
    """A scene that is known of two photos says nothing of the 46 others."""
    data = write_set(tmp_path / "set", scenes=12)
    count = len(pd.read_parquet(data / "metadata.parquet"))
    change(data, subject_idx=None, scene_idx=pd.array([0, 0] + [None] * (count - 2), dtype="Int64"))
    options = Options(encoders=("baseline/thumbnail",), experiments=("probe",), masks=(0.0,), protocol=Protocol.FAST)
    warned = " ".join(finish(evaluate(data, tmp_path / "run", options, with_report=False)).warnings)
    assert (
        f"No scene or owner is known of {count - 2} of {count} photos: each of these is taken as independent" in warned
    )
    assert "have a near-copy among the others" in warned
    run = load_run(tmp_path / "run")
    assert "figures on cameras that were trained on may be far too high" in answers(run.rows, run.details)[0].comment


@pytest.mark.parametrize(("copies", "told"), [(200, False), (30, False), (4, True)])
def test_neighbours_that_near_copies_can_explain_cannot_be_told(copies: int, told: bool) -> None:
    """A vote that changes for 9 to 19 % of the photos: near-copies of 2 % do not make that, those of 15 % can."""
    rows = knn_rows(("e",))
    entries = [
        {
            name: getattr(row, name)
            for name in ("experiment", "encoder", "attribute", "processing", "mask_ratio", "setting")
        }
        | {"near_copies": copies, "near_copies_of_other_models": 0, "near_copies_of": 200}
        for row in rows
    ]
    plain, beside = answers(rows)[0], answers(rows, entries)[0]
    assert plain.verdict is Verdict.ABOVE
    assert beside.verdict is (Verdict.ABOVE if told else Verdict.UNTOLD)
    assert ("these alone can make such a difference" in beside.comment) is not told
    assert ("draws the vote" in beside.comment) is told


def test_a_map_of_a_set_without_scenes_was_fitted_on_other_photos() -> None:
    """Scenes are spoken of only where they are known."""
    rows = before_and_after()
    entry = {"experiment": "mitigation", "attribute": rows[0].attribute, "encoder": "e", "setting": ""}
    assert "that was fitted on other scenes" in answers(rows, [entry])[0].sentence
    assert "that was fitted on other photos" in answers(rows, [{**entry, "units_known": False}])[0].sentence


def test_few_scenes_are_named_beside_the_p_value_of_a_map() -> None:
    """What is warned of stands where the p-value is."""
    rows = before_and_after()
    entry = {"experiment": "mitigation", "attribute": rows[0].attribute, "encoder": "e", "setting": ""}
    told = answers(rows, [{**entry, "few_units": "30 scenes or owners"}])[0].comment
    assert "With halves of 30 scenes or owners" in told and "the p-value of the change too small" in told
    assert "too small" not in answers(rows, [{**entry, "few_units": ""}])[0].comment
