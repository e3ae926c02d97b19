"""Confounds where several encoders, or votes and searches, are judged: title, verdict and comment say the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.helpers.report_runs import rate
from tracer.report.answers import answers, headline
from tracer.report.files import explained_by_files
from tracer.report.together import corrected
from tracer.results import Row
from tracer.results.verdicts import Answer, Verdict
from tracer.results.words import FILES_ALONE

UNSEEN = "unseen-cameras"
TOLD = {"told": True, "models": {"False": 6, "True": 6}}


def figure(value: float, encoder: str, mask: float = 0.9) -> Row:
    """What a probe tells of phones on unseen cameras."""
    return rate(
        value, 180, experiment="probe", encoder=encoder, attribute="Is Smartphone", setting=UNSEEN, metric="balanced_accuracy",
        chance=0.5, mask_ratio=mask,
    )  # fmt: skip


def entry(row: Row, p: float, **more: Any) -> dict[str, Any]:
    """The details of a figure with the p-value of its test."""
    names = ("experiment", "encoder", "attribute", "processing", "mask_ratio", "setting")
    return {**{name: getattr(row, name) for name in names}, **TOLD, "chance_test": {"p_value": p}, **more}


def test_a_title_speaks_of_some_encoders_where_not_all_are_shown() -> None:
    """File properties tell the label, one encoder is at guessing and the other far above it."""
    low, high, files = figure(0.45, "one"), figure(0.99, "two"), figure(1.0, FILES_ALONE, 0.0)
    rows, details = [low, high, files], [entry(low, 0.7), entry(high, 0.002), entry(files, 0.002)]
    (found,) = answers(rows, details)
    assert found.verdict is Verdict.CONFOUNDED and "for some of the encoders alone" in found.comment
    assert "some encoders beat guessing on cameras never seen, as file properties alone do" in headline(rows, details)
    both, of_both = [high, replace(high, encoder="three"), files], [entry(high, 0.002), entry(files, 0.002)]
    of_both.append(entry(both[1], 0.002))
    (found,) = answers(both, of_both)
    assert found.verdict is Verdict.CONFOUNDED and "for some of" not in found.comment
    assert "the encoders beat guessing on cameras never seen, as file properties alone do" in headline(both, of_both)


@pytest.mark.parametrize("experiment", ["knn", "retrieval"])
@pytest.mark.parametrize(("p", "verdict"), [(0.002, Verdict.CONFOUNDED), (0.4, Verdict.ABOVE)])
def test_votes_and_searches_say_that_file_properties_tell_the_label(
    experiment: str, p: float, verdict: Verdict
) -> None:
    """They are not repeated on matched photos, so what explains the probe explains them; the trace is then not the reason."""
    files = figure(1.0, FILES_ALONE, 0.0)
    row = rate(0.4, 180, experiment=experiment, encoder="e", attribute="Is Smartphone" if experiment == "knn" else "",
               setting=UNSEEN, metric="spd_a", chance=0.0)  # fmt: skip
    answer = Answer(
        "Neighbours", "They vote.", "", Verdict.ABOVE, (row,), difference=True, if_shown="The trace draws it."
    )
    details = [entry(files, p), {**entry(row, 0.002), "p_value": 0.002}]
    (found,) = corrected(explained_by_files([answer], [files, row], details), details)
    assert found.verdict is verdict
    assert ("file properties tell it too" in found.comment) is (verdict is Verdict.CONFOUNDED)
    assert ("The trace draws it." in found.comment) is (verdict is Verdict.ABOVE)
