"""`tracer plan`: from a set, from a run, from nothing; what is stated; what is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.helpers.planned_runs import LAYOUT, evaluated
from tests.helpers.report_runs import write_run
from tests.helpers.small_sets import change, write_set
from tracer import stats
from tracer.report.main_figures import main_figures
from tracer.results.runs import load_run

Run = Callable[..., tuple[int, str, str]]
COLUMNS = {
    "question", "encoder", "goal", "target", "level", "power", "quantity", "now", "needed", "reached", "photos", "variance",
    "note",
}  # fmt: skip


def rows_of(run: Run, *words: str) -> list[dict[str, Any]]:
    code, out, err = run("plan", *words, "--json")
    assert code == 0, err
    content = json.loads(out)
    assert set(content) == {"rows"} and all(set(row) == COLUMNS for row in content["rows"])
    return list(content["rows"])


def test_a_set_with_its_numbers(run: Run, tmp_path: Path) -> None:
    """Models, scenes and pairs are those of the set; variances are the default, and said to be."""
    rows = rows_of(run, str(write_set(tmp_path / "set")), "--width", "0.1", "--effect", "0.2")
    cameras = [
        row for row in rows if row["question"] == "Phone or camera, unseen cameras" and row["goal"] == "interval"
    ]
    now = {row["quantity"]: row["now"] for row in cameras}
    assert now == {
        "camera models a class": 2,
        "scenes or owners of each camera model": 20,
        "photos of a model in each of them": 1,
    }
    assert {row["variance"] for row in rows if row["goal"] != "test"} == {"default"}
    pairs = [row for row in rows if row["question"] == "Pairs"]
    assert {row["now"] for row in pairs} == {20} and {row["goal"] for row in pairs} == {"interval", "effect"}
    bounds = [row for row in rows if row["goal"] == "test"]
    assert bounds[0]["needed"] == 4 and bounds[0]["reached"] == pytest.approx(1 / 3)
    assert bounds[1]["level"] < 0.05 and bounds[1]["needed"] > 4


def test_a_label_that_varies_within_cameras_has_known_cameras_alone(run: Run, tmp_path: Path) -> None:
    """Whether it is known of unseen cameras is not asked; scenes and photos are what is planned."""
    place = change(write_set(tmp_path / "set"), Make=None, Model=None)
    questions = {row["question"] for row in rows_of(run, str(place))}
    assert "Phone or camera, known cameras" in questions and "Phone or camera, unseen cameras" not in questions


def test_numbers_do_what_they_are_asked_for(run: Run, tmp_path: Path) -> None:
    """The needed number meets the goal, one less does not."""
    place = evaluated(tmp_path / "run")
    rows = rows_of(run, str(place), "--width", "0.03", "--effect", "0.15", "--questions", "1")
    measured = main_figures(load_run(place))[0].design
    assert isinstance(measured, stats.CameraDesign)
    for row in rows:
        if (
            row["question"] == "Phone or camera, unseen cameras"
            and row["quantity"] == "camera models a class"
            and row["needed"]
        ):
            made = [replace(measured, layout=LAYOUT.of(models=row["needed"] - less)) for less in (0, 1)]
            if row["goal"] == "interval":
                assert made[0].half_width() <= 0.03 < made[1].half_width()
            if row["goal"] == "effect":
                assert made[0].power(0.15) >= 0.8 > made[1].power(0.15)
                assert row["photos"] == 2 * row["needed"] * 20


def test_a_run_with_what_it_measured(run: Run, tmp_path: Path) -> None:
    """Each question of the page, and similarity; the variance is this run's."""
    rows = rows_of(run, str(evaluated(tmp_path / "run")))
    assert {row["question"] for row in rows} == {
        "Phone or camera, unseen cameras", "Pairs", "Similarity, by Phone or camera",
    }  # fmt: skip
    assert {row["variance"] for row in rows if row["goal"] != "test"} == {"this run"}
    pairs = next(row for row in rows if row["question"] == "Pairs" and row["goal"] == "interval")
    assert pairs["reached"] == pytest.approx(0.08) and pairs["now"] == 80
    levels = {row["question"]: row["level"] for row in rows if row["goal"] == "effect"}
    assert sorted(levels.values()) == [0.025, 0.025, 0.05] and levels["Similarity, by Phone or camera"] == 0.05


def test_numbers_and_values_are_written_for_people(run: Run, tmp_path: Path) -> None:
    """Values of phone or camera have their words, and a mean of 5.8 models is not 5.800."""
    place = write_set(tmp_path / "set")
    table = pd.read_parquet(place / "metadata.parquet")
    one = table.loc[table["Is Smartphone"], ["Make", "Model"]].iloc[0]
    model = table["Model"].where(~((table["Make"] == one["Make"]) & (table["Model"] == one["Model"])), "new")
    model.iloc[table.index[table["Is Smartphone"]][0]] = "another"
    said = run("plan", change(place, Model=model.to_numpy()))[1]
    assert "False:" not in said and ".800" not in said
    assert re.search(r"now camera: \d+, phone: \d+", said)


def test_stated_variances_are_named(run: Run, tmp_path: Path) -> None:
    """What is stated takes the place of what was measured; a larger variance takes more models."""
    place = str(evaluated(tmp_path / "run"))
    needed = []
    for deviation in ("0.05", "0.3"):
        rows = rows_of(run, place, "--width", "0.1", "--between-models", deviation)
        row = next(row for row in rows if row["quantity"] == "camera models a class")
        assert row["variance"] == "models: stated; scenes, photos: this run"
        needed.append(row["needed"])
    assert needed[0] < needed[1]


def test_nothing_shot_yet(run: Run) -> None:
    """Without a set: usual numbers, or stated ones; more scenes make the interval narrower."""
    code, out, err = run("plan", "--width", "0.05", "--models", "8", "--scenes", "200", "--photos", "2")
    assert code == 0 and "camera models a class" in out and "docs/evaluation.md" in err
    reached = [
        next(row["reached"] for row in rows_of(run, "--width", "0.05", "--scenes", scenes)) for scenes in ("30", "300")
    ]
    assert reached[1] < reached[0]


def test_lines(run: Run) -> None:
    """`--format jsonl` prints the same rows."""
    code, out, _ = run("plan", "--effect", "0.1", "--format", "jsonl")
    assert code == 0 and [json.loads(line) for line in out.splitlines()] == rows_of(run, "--effect", "0.1")


def test_one_model_a_class(run: Run, tmp_path: Path) -> None:
    """A set that shows nothing of unseen cameras: an interval over the whole scale now, and what it takes."""
    place = write_set(tmp_path / "set")
    table = pd.read_parquet(place / "metadata.parquet")
    table[table["Model"].isin(["P1", "D1"])].to_parquet(place / "metadata.parquet")
    found = rows_of(run, str(place), "--width", "0.2", "--effect", "0.1")
    rows = [row for row in found if row["question"] == "Phone or camera, unseen cameras"]
    models = next(row for row in rows if row["quantity"] == "camera models a class")
    assert models["now"] == 1 and models["reached"] == pytest.approx(0.5) and models["needed"] > 2
    assert [row["reached"] for row in rows if row["goal"] == "effect"] == [0, 0, 0]
    assert {row["reached"] for row in rows if row["goal"] == "test"} == {1}


def test_a_run_that_could_not_tell(run: Run, tmp_path: Path) -> None:
    """Where there is no figure for want of camera models, it is said how many it takes."""
    detail = {
        "experiment": "probe", "encoder": "e", "attribute": "Is Smartphone", "processing": "IDENTITY", "mask_ratio": 0.0,
        "setting": "unseen-cameras", "told": False, "models": {"False": 3, "True": 1},
    }  # fmt: skip
    rows = rows_of(run, str(write_run(tmp_path / "run", [], {"details": [detail]})))
    assert {row["variance"] for row in rows if row["goal"] != "test"} == {"default"}
    assert next(row for row in rows if row["goal"] == "test")["needed"] == 4
    assert "cannot tell" in rows[0]["note"]


def test_an_effect_beyond_certainty(run: Run) -> None:
    """No figure lies 60 points above one half; that is said in place of a number."""
    rows = [row for row in rows_of(run, "--effect", "0.6") if "cameras" in row["question"] and row["goal"] == "effect"]
    assert {row["needed"] for row in rows} == {None} and {row["reached"] for row in rows} == {0}
    assert all("no figure lies" in row["note"] for row in rows)


@pytest.mark.parametrize("scenes", [None, 0])
def test_models_of_one_class(run: Run, tmp_path: Path, scenes: int | None) -> None:
    """Where only phones name their model, unseen cameras are not planned."""
    place = write_set(tmp_path / "set")
    table = pd.read_parquet(place / "metadata.parquet")
    table.loc[~table["Is Smartphone"], ["Make", "Model"]] = None
    (table if scenes is None else table.drop(columns="scene_idx")).to_parquet(place / "metadata.parquet")
    questions = {row["question"] for row in rows_of(run, str(place))}
    assert "Phone or camera, known cameras" in questions and "Phone or camera, unseen cameras" not in questions


def test_runs_without_the_details_say_what_to_do(run: Run, tmp_path: Path) -> None:
    """A run of another version keeps nothing to plan by for its probes; similarity is left."""
    assert {row["question"] for row in rows_of(run, str(evaluated(tmp_path / "a", components=False)))} == {
        "Similarity, by Phone or camera"
    }
    code, _, err = run("plan", str(write_run(tmp_path / "b", [], {})))
    assert code == 1 and "tracer evaluate SET -o RUN" in err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--width", "5"), "5 points are 0.05"),
        (("--effect", "0"), "--effect takes a share"),
        (("--power", "1"), "--power takes a share"),
        (("--power", "0.2"), "at least 0.5"),
        (("--between-models", "15"), "--between-models 0.15"),
        (("nowhere",), "not a folder"),
    ],
)
def test_refusals(run: Run, words: tuple[str, ...], says: str) -> None:
    """Exit code 2, with the way out."""
    code, out, err = run("plan", *words)
    assert (code, out) == (2, "") and says in err
