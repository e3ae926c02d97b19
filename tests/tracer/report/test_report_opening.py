"""The page speaks of what was measured: no cameras, scenes or owners where the set does not tell of any."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.report_runs import confusion, knn_rows, measured, meta, pair_rows, probe_rows, write_run
from tests.helpers.small_sets import change, write_set
from tracer.base.progress import finish
from tracer.encoders.described import described
from tracer.evaluation.evaluate import Options, evaluate
from tracer.report.opening import of_camera
from tracer.report.page import render
from tracer.results import Row, words
from tracer.results.runs import load_run

CONTENT = [row for row in probe_rows() if row.attribute == "semantic_label"]
PROCESSED = [replace(row, attribute="JPEG", setting="processing") for row in CONTENT]
OF_THE_CAMERA = (
    "about the camera behind a photo", "this page answers it for", "Probes saw other photos of the same cameras",
    "masked figures for the camera", "on cameras that were trained on", "Control, what the picture shows", "cameras never seen",
    "control;",
)  # fmt: skip


def page_of(folder: Path, rows: list[Row], **more: Any) -> str:
    """The page of a run with such rows, with a confusion matrix of what the picture shows."""
    details = [{**confusion("e", "semantic_label", 0.0, 10, 0.5), "clusters": 60}]
    return render(load_run(write_run(folder, rows, meta(**{"details": details, **more}))))


def test_a_set_without_camera_labels_has_a_page_without_cameras(tmp_path: Path) -> None:
    """No sentence claims a figure of the camera; the opening says that there is none."""
    page = page_of(tmp_path, CONTENT)
    assert [said for said in OF_THE_CAMERA if said in page] == []
    assert "What the encoders tell of what a photo shows" in page
    assert "two visual encoders tell of what a photo shows, measured" in page
    assert "nothing on this page is about the camera" in page and "this page does not answer it" in page


def test_a_set_with_camera_labels_speaks_of_them(tmp_path: Path) -> None:
    """Where they were measured, each of these sentences stands there."""
    page = page_of(tmp_path, measured())
    assert "nothing on this page is about the camera" not in page and "does not answer it" not in page
    absent = [said for said in OF_THE_CAMERA if said not in page]
    assert absent == ["masked figures for the camera"]  # the control lies at guessing here


@pytest.mark.parametrize(
    ("rows", "camera"),
    [
        (CONTENT, False), (PROCESSED, False), (CONTENT + PROCESSED, False), ([], False), (pair_rows(), True), (knn_rows(), True),
        (probe_rows(), True), ([replace(CONTENT[0], experiment="association", attribute="jpeg_quality", encoder="")], False),
    ],
)  # fmt: skip
def test_what_is_about_the_camera(rows: list[Row], camera: bool) -> None:
    """Pairs and labels of the camera are; content, processings and labels against each other are not."""
    assert of_camera(rows) is camera


def test_processings_are_named_in_the_opening(tmp_path: Path) -> None:
    """What was measured in place of the camera stands in title and opening."""
    page = page_of(tmp_path, CONTENT + PROCESSED)
    assert "What the encoders tell of what a photo shows and of how a picture was processed" in page


def test_counts_that_are_not_known_say_so(tmp_path: Path) -> None:
    """Zero camera models are unknown ones; unknown scenes are not as many as photos, and no sentence speaks of them."""
    counts = {"photos": 240, "scenes_or_owners": None, "camera_models": 0, "pairs": 0}
    page = page_of(tmp_path, CONTENT, dataset={"name": "set", "counts": counts})
    for name, value in (
        ("Scenes or owners", "not known"),
        ("Camera models", "not known"),
        ("Pairs", "none"),
        ("Photos", "240"),
    ):
        assert f"<dt>{name}</dt><dd>{value}</dd>" in page
    assert "each photo is taken as independent of the others" in page
    assert "of one scene or owner stay in one part" not in page and "60 scenes or owners" not in page
    known = page_of(tmp_path, CONTENT, dataset={"name": "set", "counts": counts | {"scenes_or_owners": 60}})
    assert "<dd>60</dd>" in known and "of one scene or owner stay in one part" in known
    assert "taken as independent" not in known


def test_each_encoder_is_described_once(tmp_path: Path) -> None:
    """Behind each name stands what it is; of many, the lines are folded away."""
    files = replace(probe_rows()[0], encoder=words.FILES_ALONE)
    page = page_of(tmp_path, [*probe_rows(), *probe_rows(("baseline/residual",)), files])
    for name in ("offline/efficientnet-lite0", "baseline/residual", words.FILES_ALONE):
        assert page.count(f"<dt>{name}</dt><dd>{described(name)}</dd>".replace("'", "&#39;")) == 1
    about = {"feature": "projection", "size": 384, "source": "hub timm/x", "revision": "abc"}
    page = render(load_run(write_run(tmp_path, probe_rows(("timm:x",)), {**meta(), "encoders": {"timm:x": about}})))
    assert (
        "its projection, which is compared with sentences, is read, at 384 pixels; weights from revision abc of hub timm/x"
        in page
    )
    many = page_of(tmp_path, probe_rows(tuple(f"family/{number}" for number in range(9))))
    assert "<summary>9 of them</summary>" in many


def test_settings_and_heads_are_words(tmp_path: Path) -> None:
    """No setting stands on the page as it does in the results, and signed points are not headed by a percent sign."""
    unseen = [replace(row, setting=f"{row.setting},unseen-cameras") for row in pair_rows() + knn_rows()]
    figures = [{"model": "Arvela A1", "class": "True", "photos": 3, "value": -0.067}]
    plain = {"encoder": "e", "attribute": "Is Smartphone", "processing": "IDENTITY", "mask_ratio": 0.0}
    of_models = {**plain, "setting": "unseen-cameras", "model_figures": figures}
    told = {"told": True, "models": {"True": 6, "False": 6}}
    details = [{**of_models, "experiment": "knn"}, {**of_models, **told, "experiment": "retrieval", "attribute": ""}]
    page = page_of(tmp_path, measured() + unseen, details=details)
    assert "unseen-cameras" not in page and "acquisition;" not in page and "Setting: known cameras" in page
    assert ", phone, unseen cameras" in page
    for name, heads in (
        ("Neighbours: each camera model", ("Points", "Photos")),
        ("Pairs: each camera model", ("Points", "Searches")),
    ):
        table = page.split(f"<caption>{name}</caption>")[1].split("</table>")[0]
        assert all(f">{head}</th>" in table for head in heads) and ">%</th>" not in table


@pytest.mark.slow
@pytest.mark.parametrize("known", [False, True])
def test_a_run_says_whether_scenes_were_known(tmp_path: Path, known: bool) -> None:
    """The results tell it, with a warning, and the protocol speaks of what was done alone."""
    root = write_set(tmp_path / "set", scenes=12)
    if not known:
        change(root, scene_idx=None, subject_idx=None)
    options = Options(encoders=("baseline/colour",), experiments=("probe",), masks=(0.0,), device="cpu")
    finish(evaluate(root, tmp_path / "run", options, with_report=False))
    results = json.loads((tmp_path / "run" / "results.json").read_text(encoding="utf-8"))
    assert results["dataset"]["counts"]["scenes_or_owners"] == (12 if known else None)
    assert any("each photo is taken as independent" in said for said in results["warnings"]) is not known
    protocol = results["protocol"]
    assert "kNN" not in protocol and "mitigation" not in protocol and "probe folds" in protocol
    assert any("scenes and owners" in how for how in protocol.values()) is known
