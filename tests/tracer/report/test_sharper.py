"""What would halve the main intervals, on the page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.helpers.planned_runs import LAYOUT, PARTS, evaluated
from tests.helpers.report_runs import measured, meta, write_run
from tracer import stats
from tracer.evaluation.needed import Asked, needed_for
from tracer.evaluation.subjects import subjects
from tracer.report.main_figures import MainFigure, main_figure, main_figures, scores_of
from tracer.report.page import render
from tracer.report.sharper import in_words, sharper
from tracer.results.runs import load_run

HEADING = "What would make the answers sharper"


def test_each_main_answer_has_a_sentence(tmp_path: Path) -> None:
    """In the words of its design; similarity, which is exploratory, has none."""
    run = load_run(evaluated(tmp_path / "run"))
    said = dict(sharper(run))
    assert set(said) == {"Phone or camera", "Pairs"}
    assert said["Pairs"].startswith("To halve this interval (± 8.0 points): about 320 pairs instead of 80")
    assert "camera models a class instead of six" in said["Phone or camera"]
    page = render(run)
    assert HEADING in page and said["Pairs"] in page


def test_the_widest_of_several_is_named(tmp_path: Path) -> None:
    """Where several encoders answer, the sentence is on the widest interval, and names its encoder."""
    run = load_run(evaluated(tmp_path / "run"))
    narrow = [
        replace(row, encoder="other", ci_low=row.value - 0.01, ci_high=row.value + 0.01)
        for row in run.rows
        if row.setting == "unseen-cameras"
    ]
    said = dict(sharper(replace(run, rows=(*narrow, *run.rows))))["Phone or camera"]
    assert said.startswith("To halve the widest of these intervals (offline/efficientnet-lite0, ± ")


def test_the_number_halves_the_interval(tmp_path: Path) -> None:
    """The number of the sentence is one that the design says is enough, rounded up to two digits."""
    (cameras, _) = main_figures(load_run(evaluated(tmp_path / "run")))
    number = int(in_words(cameras).split("about ")[1].split()[0])
    assert isinstance(cameras.design, stats.CameraDesign)
    then = stats.CameraDesign(LAYOUT.of(models=number), PARTS, cameras.row.value, cameras.design.times)
    assert then.half_width() <= cameras.design.half_width() / 2


def test_page_and_plan_halve_the_interval_of_the_run(tmp_path: Path) -> None:
    """The half-width of the sentence is that of the row, and what the plan says is reached now."""
    folder = evaluated(tmp_path / "run")
    (cameras, _) = main_figures(load_run(folder))
    row = cameras.row
    assert row.ci_low is not None and row.ci_high is not None
    half = (row.ci_high - row.ci_low) / 2
    assert in_words(cameras).startswith(f"To halve this interval (± {100 * half:.1f} points)")
    for asked in (Asked(width=0.05), Asked(width=0.05, models=6)):
        needs = needed_for(subjects(folder, asked), asked)
        now = [one for one in needs if one.question.startswith("Phone or camera") and one.goal == "interval"]
        assert [one.reached for one in now] == pytest.approx([half] * 3)


def test_stated_variances_are_not_scaled_by_the_interval_of_the_run(tmp_path: Path) -> None:
    """That interval had other variances."""
    asked = Asked(width=0.05, between_models=0.3)
    found = subjects(evaluated(tmp_path / "run"), asked)[0].design
    assert isinstance(found, stats.CameraDesign) and found.times == 1


def test_runs_without_the_details_have_none(tmp_path: Path) -> None:
    """A page of another version has no such heading."""
    run = load_run(write_run(tmp_path / "run", measured(), meta()))
    assert sharper(run) == [] and HEADING not in render(run)


@pytest.mark.parametrize(
    "layout",
    [
        {}, {"kinds": 2}, "text",
        {"kinds": 0, "models": 6, "scenes": 1, "photos": 1, "together": 1, "own": 0, "uneven": 1, "shared": 1},
        {"kinds": 2, "models": 1e300, "scenes": 1, "photos": 1, "together": 1, "own": 0, "uneven": 1, "shared": 1},
        {"kinds": 2, "models": None, "scenes": 1, "photos": 1, "together": 1, "own": 0, "uneven": 1, "shared": 1},
    ],
)  # fmt: skip
def test_damaged_details_are_left_out(tmp_path: Path, layout: object) -> None:
    """Foreign details that are no layout give no sentence and no failure."""
    run = load_run(evaluated(tmp_path / "run"))
    entries = [entry | ({"layout": layout} if "layout" in entry else {}) for entry in map(dict, run.details)]
    changed = replace(run, meta={**run.meta, "details": entries})
    assert "Phone or camera" not in dict(sharper(changed))
    assert render(changed)


def test_a_figure_without_spread_has_no_sentence(tmp_path: Path) -> None:
    """Where every photo is right there is no variance to plan by."""
    (cameras, _) = main_figures(load_run(evaluated(tmp_path / "run")))
    flat = stats.CameraDesign(LAYOUT, replace(PARTS, models=0.0, scenes=0.0, photos=0.0), 1.0)
    assert in_words(replace(cameras, design=flat)) == ""


def test_scenes_that_do_it_alone(tmp_path: Path) -> None:
    """Where models hardly differ, scenes are named, and that more models alone do not do it."""
    found: MainFigure = main_figures(load_run(evaluated(tmp_path / "run")))[0]
    alike = stats.CameraDesign(LAYOUT, stats.Crossed(0.0, 0.06, 0.05, 0.02), 0.7)
    said = in_words(replace(found, design=alike))
    assert "scenes or owners a model instead of 20; more camera models alone do not do it." in said


def test_pairs_among_unseen_cameras_are_not_planned_as_if_pairs_were_drawn(tmp_path: Path) -> None:
    """Their interval rests on whole camera models, so that no number of pairs is named."""
    run = load_run(evaluated(tmp_path / "run"))
    row = next(row for row in run.rows if row.experiment == "retrieval" and row.metric == "spd_a")
    scores = scores_of(run, [row])
    assert main_figure("Pairs", row, run.details, scores) is not None
    unseen = replace(row, setting=f"{row.setting},unseen-cameras")
    moved = {(*key[:5], unseen.setting, *key[6:]): values for key, values in scores.items()}
    assert main_figure("Pairs", unseen, [], moved) is None


def test_unequal_numbers_of_models_are_named_each(tmp_path: Path) -> None:
    """Not their harmonic mean, which nobody counted."""
    (cameras, _) = main_figures(load_run(evaluated(tmp_path / "run")))
    assert "camera models a class instead of 8 and 3" in in_words(replace(cameras, models={"False": 8, "True": 3}))


def test_photos_are_named_where_neither_scenes_nor_owners_are_known(tmp_path: Path) -> None:
    """Nobody can take more scenes of a set that knows none."""
    run = load_run(evaluated(tmp_path / "run"))
    unknown = {**run.meta, "dataset": {"counts": {"photos": 480, "scenes_or_owners": None}}}
    said = dict(sharper(replace(run, meta=unknown)))["Phone or camera"]
    assert "scenes or owners" not in said and "photos" in said
