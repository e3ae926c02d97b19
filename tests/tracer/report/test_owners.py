"""Answers of sets whose owners tell the label too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.helpers.report_runs import meta, rate, write_run
from tests.helpers.small_sets import change, write_set
from tracer.base.progress import finish
from tracer.evaluation.evaluate import evaluate
from tracer.evaluation.options import Options
from tracer.experiments.settings import Protocol
from tracer.report.answers import answer_view, answers, headline
from tracer.report.owners import owned
from tracer.report.page import render
from tracer.results import Row
from tracer.results.runs import load_run
from tracer.results.verdicts import VERDICT_WORDS, Answer, Verdict

UNSEEN = "unseen-cameras"
ONE_OWNER = {
    "owners": 8, "of_class": {"False": 7, "True": 1}, "alone": 1.0, "kept_apart": False, "tells": "untold", "needed": 2,
}  # fmt: skip


def figure(setting: str = UNSEEN, experiment: str = "probe") -> Row:
    """A figure far above guessing."""
    return rate(
        0.94, 180, experiment=experiment, encoder="e", attribute="Is Smartphone", setting=setting, metric="balanced_accuracy",
        chance=0.5, mask_ratio=0.9,
    )  # fmt: skip


def entry(row: Row, **more: Any) -> dict[str, Any]:
    """The details of a figure whose test shows it."""
    names = ("experiment", "encoder", "attribute", "processing", "mask_ratio", "setting")
    key = {name: getattr(row, name) for name in names}
    told = {"told": True, "models": {"False": 6, "True": 6}, "chance_test": {"p_value": 0.002}}
    return {**key, **(told if row.setting == UNSEEN else {"p_value": 0.002}), **more}


@pytest.mark.parametrize("setting", [UNSEEN, "acquisition"])
def test_phones_of_one_owner_show_nothing(setting: str) -> None:
    """However high the figure, title and answer say that the set cannot tell, why, and what it takes."""
    row = figure(setting)
    details = [entry(row, owners=ONE_OWNER)]
    (found,) = answers([row], details)
    assert found.verdict is Verdict.OWNERS and VERDICT_WORDS[found.verdict].startswith("cannot be told")
    assert "All photos of the class “phone” are of one owner (owners: camera: 7, phone: 1)" in found.comment
    assert "It takes owners with photos of all classes, or 20 owners and more, 2 or more of each class" in found.comment
    title = headline([row], details)
    assert "This set cannot tell, because its owners tell" in title and "guessing" not in title
    assert answers([row], [entry(row)])[0].verdict is Verdict.ABOVE


@pytest.mark.parametrize("setting", [UNSEEN, "acquisition"])
def test_owners_that_are_not_kept_apart_tell_it_too(setting: str) -> None:
    """Several owners of each class, who are in training and test: shown, but the owner tells it too."""
    row = figure(setting)
    details = [entry(row, owners={**ONE_OWNER, "of_class": {"False": 7, "True": 5}, "tells": "too"})]
    (found,) = answers([row], details)
    assert found.verdict is Verdict.OWNED and "the owner alone tells the classes in 100" in found.comment
    assert headline([row], details).endswith(", and so would the owner alone")
    (mixed,) = answers([row], [entry(row, owners={**ONE_OWNER, "alone": 0.5, "tells": ""})])
    assert mixed.verdict is Verdict.ABOVE and "The 8 owners are not kept apart" in mixed.comment


@pytest.mark.parametrize("experiment", ["probe", "knn"])
@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"alone": 0.93, "p_value": 0.01, "on_models": True}, Verdict.OWNED),
        ({"alone": 0.93, "p_value": 0.2, "on_models": True}, Verdict.ABOVE),
        ({"alone": 0.45, "p_value": 0.01, "on_models": True}, Verdict.ABOVE),
    ],
)
def test_owners_with_photos_of_all_classes_can_tell_it_too(
    experiment: str, told: dict[str, Any], expected: Verdict
) -> None:
    """One owner took most of the phones' photos and another one most of the cameras': no rule of 95 % is met."""
    row = figure(experiment=experiment)
    details = [
        entry(
            row, owners={**ONE_OWNER, "of_class": {"False": 7, "True": 6}, "alone": 0.9, "tells": "", "on_others": told}
        )
    ]
    (found,) = owned([Answer("Phone or camera", "It is.", "", Verdict.ABOVE, (row,))], details)
    assert found.verdict is expected
    assert ("Who knows the owner alone is right in 93" in found.comment) is (expected is Verdict.OWNED)


def test_a_figure_above_what_the_owner_tells_is_shown() -> None:
    """The whole interval lies above it, so more than the owner is read."""
    row = figure()
    told = {"alone": 0.7, "p_value": 0.01, "on_models": True}
    (found,) = answers([row], [entry(row, owners={**ONE_OWNER, "alone": 0.7, "tells": "", "on_others": told})])
    assert found.verdict is Verdict.ABOVE and row.ci_low is not None and row.ci_low > 0.7


def test_an_answer_without_a_figure_names_the_owners_too() -> None:
    """Where owners are kept apart, phones of one owner cannot be trained on and tested: camera models are not what is missing."""
    row = figure()
    untold = entry(row, owners={**ONE_OWNER, "kept_apart": True}, told=False)
    (found,) = answers([figure("acquisition")], [untold])
    assert found.verdict is Verdict.OWNERS and "of one owner" in found.comment and "camera models" not in found.comment


def test_units_are_named_as_what_they_are(tmp_path: Path) -> None:
    """Photos that count as independent are no scenes or owners, neither beside the answer nor among the counts."""
    row = figure()
    details = [entry(row, owners=ONE_OWNER, scenes=180, units_known=False)]
    counts = {"photos": 180, "scenes_or_owners": None, "owners_not_kept_apart": 8, "camera_models": 12, "pairs": 0}
    page = render(load_run(write_run(tmp_path, [row], meta(details=details, dataset={"name": "A", "counts": counts}))))
    assert "8 owners (not kept apart: photos count as independent)" in page and "180 scenes or owners" not in page
    assert "The 8 owners of the photos are too few to be kept apart, and scenes are not known" in page
    assert "Scenes or owners</dt>" not in page and "owners of the tested photos" not in page
    view = answer_view(answers([row], details)[0], {}, [{**details[0], "owners": {**ONE_OWNER, "kept_apart": True}}])
    assert "not kept apart" not in view.plot.note


def test_a_set_whose_phones_are_of_one_owner(tmp_path: Path) -> None:
    """From the set to the title."""
    data = write_set(tmp_path / "set", scenes=24)
    people = ["anna" if row % 4 in (0, 2) else f"o{row % 7}" for row in range(4 * 24)]
    change(data, scene_idx=None, subject_idx=None, owner=people)
    options = Options(encoders=("baseline/thumbnail",), experiments=("probe",), masks=(0.0,), protocol=Protocol.FAST)
    finish(evaluate(data, tmp_path / "run", options, with_report=False))
    run = load_run(tmp_path / "run")
    assert answers(run.rows, run.details)[0].verdict is Verdict.OWNERS
    assert "This set cannot tell" in headline(run.rows, run.details)
