"""What the page says of a label that goes with the camera: its verdict rests on cameras that were never seen."""

from __future__ import annotations

from typing import Any

import pytest

from tests.helpers.report_runs import rate
from tracer.report.answers import answers, headline
from tracer.results import Row
from tracer.results.verdicts import VERDICT_WORDS, Answer, Verdict
from tracer.results.words import THIN


def _rows(unseen: float | None, known: float = 0.9, n: int = 200) -> list[Row]:
    columns: dict[str, Any] = {
        "experiment": "probe", "encoder": "e", "attribute": "Is Smartphone", "chance": 0.5, "mask_ratio": 0.95,
    }  # fmt: skip
    rows = [
        rate(known, n, setting="acquisition", metric=metric, **columns) for metric in ("accuracy", "balanced_accuracy")
    ]
    if unseen is not None:
        rows.append(rate(unseen, n, setting="unseen-cameras", metric="balanced_accuracy", **columns))
    return rows


def _detail(p: float, models: int = 6, told: bool = True) -> dict[str, Any]:
    return {
        "experiment": "probe", "encoder": "e", "attribute": "Is Smartphone", "setting": "unseen-cameras", "mask_ratio": 0.95,
        "processing": "IDENTITY", "models": {"False": models, "True": models}, "told": told,
        "needed": "" if told else "4 camera models or more of each class", "chance_test": {"p_value": p, "permutations": 924},
        "model_figures": [{"model": "Acme 1", "class": "True", "photos": 20, "value": 0.65}],
    }  # fmt: skip


def _answer(rows: list[Row], detail: dict[str, Any]) -> Answer:
    return answers(rows, [detail])[0]


def test_known_cameras_alone_show_nothing() -> None:
    """90 % on known cameras and a relabelling test that finds nothing: not shown, and worded as recognising these cameras."""
    rows, detail = _rows(0.55), _detail(0.3)
    found = _answer(rows, detail)
    assert found.verdict is Verdict.OPEN
    assert "on camera models that the probe never saw (camera: 6, phone: 6)" in found.sentence
    assert f"where recognising these cameras is enough: 90{THIN}%" in found.comment
    assert "which does not show that there is none" in found.comment
    assert "not shown to beat guessing on cameras never seen" in headline(rows, [detail])


def test_a_trace_that_new_cameras_share_is_shown() -> None:
    """The figure above guessing and p below .05."""
    rows, detail = _rows(0.75), _detail(0.004)
    found = _answer(rows, detail)
    assert found.verdict is Verdict.ABOVE
    assert "p = 0.004" in found.comment
    assert headline(rows, [detail]).endswith("the encoder beats guessing on cameras never seen")


def test_a_wide_interval_leaves_the_size_open() -> None:
    """The test finds it while the interval reaches guessing: both are said."""
    rows, detail = _rows(0.62, n=30), _detail(0.02)
    found = _answer(rows, detail)
    assert found.verdict is Verdict.ABOVE
    assert "how far is not" in found.comment


def test_unseen_cameras_alone_are_an_answer() -> None:
    """Results that hold nothing but the figure on unseen cameras have an answer and a title."""
    rows = [r for r in _rows(0.75) if r.setting == "unseen-cameras"]
    assert _answer(rows, _detail(0.004)).verdict is Verdict.ABOVE
    assert headline(rows, [_detail(0.004)]).endswith("the encoder beats guessing on cameras never seen")


@pytest.mark.parametrize("row", [0.8, None])
def test_too_few_models_cannot_be_told(row: float | None) -> None:
    """With or without a figure the answer says so, and what would do; the title claims nothing."""
    rows, detail = _rows(row), _detail(0.1, models=3 if row else 1, told=False)
    found = _answer(rows, detail)
    assert found.verdict is Verdict.UNTOLD
    assert VERDICT_WORDS[found.verdict] == "cannot be told from this set"
    assert "4 camera models or more of each class" in found.comment
    assert "these cameras" in found.comment
    assert "too few camera models" in headline(rows, [detail])


def test_few_models_are_warned_of_beside_the_figure() -> None:
    """Four models of a class: the interval is not known to hold."""
    assert "fewer than six camera models" in _answer(_rows(0.8), _detail(0.03, models=4)).comment


def test_details_of_another_version_do_no_harm() -> None:
    """Entries without a test or models give no verdict, and no error."""
    bare = {
        "experiment": "probe",
        "attribute": "Is Smartphone",
        "setting": "unseen-cameras",
        "model_figures": ["x", {}],
    }
    found = _answer(_rows(0.8), bare)
    assert found.verdict is Verdict.UNTOLD
