"""A set of one phone and one camera: what differs between the two devices is not what differs between phones and cameras."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.helpers.small_sets import write_set
from tracer.base.progress import finish
from tracer.evaluation.evaluate import evaluate
from tracer.evaluation.options import Options
from tracer.report.answers import answers
from tracer.results.runs import load_run
from tracer.results.verdicts import Verdict


@pytest.mark.parametrize(
    ("named", "verdict", "said"),
    [
        (
            True,
            Verdict.UNTOLD,
            "What photos of other camera models do could not be measured, and that photos of one model",
        ),
        (False, Verdict.ABOVE, "Camera models are not known: that photos of one model share its trace is enough"),
    ],
)
def test_one_phone_and_one_camera_tell_nothing_of_kinds(
    named: bool, verdict: Verdict, said: str, tmp_path: Path
) -> None:
    """The two have colours of their own: neighbours and searches follow the device, which says nothing of phones."""
    data = write_set(tmp_path / "set", scenes=30)
    table = pd.read_parquet(data / "metadata.parquet")
    two = table[table["Model"].isin(["P1", "D1"])]
    (two if named else two.drop(columns=["Make", "Model"])).to_parquet(data / "metadata.parquet")
    options = Options(encoders=("baseline/colour",), experiments=("knn", "retrieval"), attributes=("Is Smartphone",))
    finish(evaluate(data, tmp_path / "run", options, with_report=False))
    run = load_run(tmp_path / "run")
    found = {one.about: one for one in answers(run.rows, run.details)}
    assert found["Neighbours, by Phone or camera"].verdict is verdict
    assert all(said in one.comment for one in found.values()) and len(found) == 2
    assert (found["Pairs"].verdict is Verdict.UNTOLD) is named
