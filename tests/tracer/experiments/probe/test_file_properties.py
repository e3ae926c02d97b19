"""What file properties alone tell, photos that are matched in them, and what the page's answer says of both."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.helpers.small_sets import change, write_set
from tracer.base.progress import finish
from tracer.dataset.file_properties import COARSE, file_properties
from tracer.evaluation.evaluate import evaluate
from tracer.evaluation.options import Options
from tracer.experiments.probe.properties import matched, one_hot
from tracer.experiments.settings import Protocol
from tracer.report.answers import answers, headline
from tracer.report.page import render
from tracer.results import photo_scores
from tracer.results.runs import Run, load_run
from tracer.results.verdicts import Verdict
from tracer.results.words import FILES_ALONE


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xyz"), st.sampled_from([None, "p", "q"])), max_size=60)
)
def test_matched_photos_have_every_label_equally_often_in_every_cell(drawn: list[tuple[str, str, str | None]]) -> None:
    """And no photo is left out that could stay: each cell keeps as many of each label as the rarest has."""
    properties = {name: np.array([one[0] for one in drawn], dtype=object) for name in COARSE}
    properties["aspect"] = np.array([one[1] for one in drawn], dtype=object)
    labels = np.array([one[2] for one in drawn], dtype=object)
    rows = matched(properties, labels, 0)
    kinds = {label for label in labels if label is not None}
    for cell in {(one[0], one[1]) for one in drawn}:
        inside = [at for at, one in enumerate(drawn) if one[:2] == cell]
        had = [sum(labels[at] == kind for at in inside) for kind in sorted(kinds)]
        held = [sum(labels[at] == kind for at in set(inside) & set(rows.tolist())) for kind in sorted(kinds)]
        assert held == [min(had, default=0)] * len(kinds)


def test_properties_come_from_columns_or_from_headers(tmp_path: Path) -> None:
    """The header says what the columns would, orientation applied; a file that cannot be read is of no known property."""
    noise = np.random.default_rng(0).integers(0, 255, (48, 64, 3), dtype=np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6
    for name, quality, sampling in (("a.jpg", 75, 2), ("b.jpg", 95, 0)):
        Image.fromarray(noise).save(tmp_path / name, quality=quality, subsampling=sampling, exif=exif)
    (tmp_path / "c.jpg").write_bytes(b"no picture")
    paths = pd.DataFrame({"path": [str(tmp_path / f"{name}.jpg") for name in "abc"]})
    read = file_properties(paths)
    columns = pd.DataFrame(
        {"width": [64, 64, None], "height": [48, 48, None], "orientation": [6, 6, None], "format": ["JPEG", "JPEG", None],
         "jpeg_quality": [75, 95, None], "jpeg_subsampling": ["4:2:0", "4:4:4", None]}
    ).convert_dtypes()  # fmt: skip
    stored = file_properties(columns)
    assert {name: values.tolist() for name, values in read.items()} == {n: v.tolist() for n, v in stored.items()}
    assert read["orientation"].tolist() == ["portrait", "portrait", "unknown"]
    assert read["aspect"].tolist() == ["4:3", "4:3", "unknown"] and read["size"][0] == "64x48"
    assert one_hot(read).shape[0] == 3
    turned = pd.DataFrame({"width": [48, 48], "height": [64, 64], "orientation": [6, 6], "format": ["HEIF", "AVIF"]})
    assert file_properties(turned)["orientation"].tolist() == [
        "portrait",
        "portrait",
    ]  # such sizes are those of the upright


def _evaluated(data: Path) -> Run:
    run = data.with_name("run")
    options = Options(encoders=("baseline/thumbnail",), experiments=("probe",), masks=(0.0,), protocol=Protocol.FAST)
    finish(evaluate(data, run, options, with_report=False))
    return load_run(run)


@pytest.mark.parametrize("told", [True, False])
def test_the_answer_is_worded_by_the_weaker_of_the_two(tmp_path: Path, told: bool) -> None:
    """File properties that tell the label stand in its answer; what is shown is then not said to be the camera's alone."""
    data = write_set(tmp_path / "set")
    phone = pd.read_parquet(data / "metadata.parquet")["Is Smartphone"].to_numpy(dtype=bool)
    tall = np.where(np.arange(len(phone)) // 4 % 2, 2000, 2100)  # so that photos differ in what tells nothing
    width = np.where(phone & told, 4000, 3000)
    run = _evaluated(change(data, width=width, height=tall, Make=None, Model=None))
    (alone,) = [row for row in run.rows if row.encoder == FILES_ALONE and row.metric == "balanced_accuracy"]
    assert (alone.value > 0.95) is told and FILES_ALONE not in run.encoders
    first = answers(run.rows, run.details)[0]
    assert "File properties alone" in first.comment
    kept = photo_scores.read(data.with_name("run"))
    (same,) = [found for key, found in kept.items() if key[1] == FILES_ALONE and key[-1] == "balanced_accuracy"]
    assert same.values.mean() == pytest.approx(alone.value, abs=1e-4) and len(same.ids) == 80
    ids = pd.read_parquet(data / "metadata.parquet")["photo_id"]
    assert set(same.ids) <= set(ids)
    assert any("matched" in key[5] for key in kept) is not told
    if told:
        assert "only 0 of 80 photos can be matched" in first.comment and first.verdict is Verdict.CONFOUNDED
        assert "as file properties alone do" in headline(run.rows, run.details)
    else:
        assert "Among the 80 of 80 photos that are matched in them" in first.comment
        assert first.verdict is Verdict.ABOVE


def test_labels_that_are_one_are_shown_once(tmp_path: Path) -> None:
    """With one model of each kind the page speaks of one label, and the results keep the figures of both."""
    data = write_set(tmp_path / "set", scenes=40)
    table = pd.read_parquet(data / "metadata.parquet")
    table[table["Make"] == "Acme"].to_parquet(data / "metadata.parquet")
    for photo in (data / "images").iterdir():
        if photo.name[-5] in "23":
            photo.unlink()
    run = _evaluated(data)
    assert run.meta["dataset"]["same_labels"] == {"Model": "Is Smartphone", "ISO Speed": "Is Smartphone"}
    assert {row.attribute for row in run.rows} >= {"Model", "Is Smartphone"}
    page = render(run)
    assert "Phone or camera is the same label as Camera model" in page
    assert "names the camera model" not in page
