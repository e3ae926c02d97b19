"""What answers on probes say beside their figures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.helpers.report_runs import rate
from tests.helpers.small_sets import change, write_set
from tracer.base.progress import finish
from tracer.dataset import open_set
from tracer.evaluation.evaluate import evaluate
from tracer.evaluation.needed import Asked
from tracer.evaluation.options import Options
from tracer.evaluation.subjects import subjects
from tracer.experiments.labels import labelled_set
from tracer.experiments.outcome import Source
from tracer.experiments.photos import LabelledPhotos
from tracer.experiments.probe.beside_page import answer_to_all, kind_alone
from tracer.experiments.probe.experiment import PROBE
from tracer.experiments.probe.unseen import probe_unseen_cameras
from tracer.experiments.settings import Protocol
from tracer.experiments.shared.camera_page import why_untold
from tracer.report.answers import answers, headline
from tracer.results import Row
from tracer.results.runs import load_run


def figure(attribute: str = "Is Smartphone", value: float = 0.9, chance: float = 0.5, **more: Any) -> Row:
    """A probe's figure."""
    row = {
        "experiment": "probe",
        "encoder": "e",
        "setting": "acquisition",
        "metric": "balanced_accuracy",
        "mask_ratio": 0.9,
    }
    return rate(value, 240, **{**row, "attribute": attribute, "chance": chance, **more})


def entry(row: Row, **more: Any) -> dict[str, Any]:
    """The details of a figure."""
    names = ("experiment", "encoder", "attribute", "processing", "mask_ratio", "setting")
    return {**{name: getattr(row, name) for name in names}, **more}


@pytest.mark.parametrize(
    ("confusion", "answer"),
    [
        ([[0, 36], [2, 202]], "True"),  # the set of 204 phones and 36 cameras
        ([[30, 6], [2, 202]], None),
        ([[36, 0], [0, 204]], None),
        ([[4, 0], [0, 196]], None),  # 98 % of the answers are one, and of the photos
        ([[100, 0], [100, 0]], "False"),
        ([[50, 50], [50, 50]], None),
        ([[0, 0], [0, 0]], None),
        ("damaged", None),
    ],
)
def test_a_probe_that_gives_one_answer_is_told(confusion: object, answer: str | None) -> None:
    """Nearly all its answers are one class, and hardly any photo of another class changes that."""
    assert answer_to_all({"classes": ["False", "True"], "confusion": confusion}) == answer


def test_one_answer_is_told_of_camera_models_too() -> None:
    """All models of one class are right, all of the other wrong."""
    figures = [{"class": kind, "value": value} for kind, value in (("a", 1.0), ("a", 0.98), ("b", 0.0), ("b", 0.02))]
    assert answer_to_all({"model_figures": figures}) == "a"
    assert answer_to_all({"model_figures": [*figures, {"class": "b", "value": 0.9}]}) is None


def test_the_answer_says_that_the_probe_gives_one_answer() -> None:
    """A precise interval around guessing says nothing then."""
    row = figure(value=0.5)
    given = {"classes": ["False", "True"], "confusion": [[0, 36], [2, 202]]}
    said = "The probe answers “phone” to almost every photo, so the figure tells nothing of what the encoder knows."
    assert said in answers([row], [entry(row, **given)])[0].comment
    unseen = replace(row, setting="unseen-cameras")
    details = [entry(unseen, told=True, chance_test={"p_value": 0.6}), entry(row, **given)]
    assert said in answers([row, unseen], details)[0].comment


def test_the_kind_of_camera_alone_tells_part_of_the_maker() -> None:
    """Two makers of each kind: half of them are right for whoever knows the kind and guesses the rest."""
    kinds = {"a": "True", "b": "True", "c": "False", "d": "False"}
    assert "50" in kind_alone([{"kinds": kinds, "classes": list(kinds)}])
    assert "67" in kind_alone([{"kinds": kinds, "classes": ["a", "b", "c"]}])
    for classes in (["a", "b"], ["a", "c"], ["a", "b", "x"], None):
        assert kind_alone([{"kinds": kinds, "classes": classes}]) == ""
    row = figure("Make", 0.48, 0.25)
    (found,) = answers([row], [entry(row, kinds=kinds, classes=list(kinds))])
    assert "Knowing phone or camera alone gives 50" in found.comment


def test_content_that_is_read_through_the_mask_stands_in_the_title() -> None:
    """With how often; where its interval includes guessing, the title is silent."""
    row, content = figure(), figure("semantic_label", 0.98, 0.25)
    assert "(and its content still read in 98\u202f% of cases, 25\u202f% by guessing)" in headline([row, content], [])
    found = {one.about: one for one in answers([row, content], [])}["Control, what the picture shows"]
    assert "So content is still read, and" in found.comment
    assert "content" not in headline([row, figure("semantic_label", 0.26, 0.25)], [])
    unseen = replace(row, setting="unseen-cameras")
    details = [entry(unseen, told=True, chance_test={"p_value": 0.001})]
    assert "(and its content still read in 98\u202f% of cases, 25\u202f% by guessing), the encoder beats" in headline(
        [unseen, content], details
    )


def test_a_label_that_was_asked_for_has_an_answer() -> None:
    """Beside phone or camera and the maker; the camera model has none beside the maker."""
    rows = [figure(name) for name in ("Is Smartphone", "Make", "Model", "camera_type", "Flash")]
    found = [one.about for one in answers(rows, [])]
    assert found == ["Phone or camera", "Maker", "Flash", "Type of camera"]


def test_photos_with_equal_files_have_no_figure_of_them(tmp_path: Path) -> None:
    """A probe that has nothing to go by is named as that, and not by its figure."""
    data = write_set(tmp_path / "set", scenes=20)
    options = Options(encoders=("baseline/thumbnail",), experiments=("probe",), masks=(0.0,), protocol=Protocol.FAST)
    finish(evaluate(data, tmp_path / "run", options, with_report=False))
    run = load_run(tmp_path / "run")
    first = answers(run.rows, run.details)[0]
    assert "All photos are alike in their file properties" in first.comment
    assert "File properties alone" not in first.comment


def test_a_plan_takes_no_variance_from_a_probe_of_one_answer(tmp_path: Path) -> None:
    """17 of 20 photos are phones' and pictures tell nothing: the default variances are planned with, and the note says why."""
    data = write_set(tmp_path / "set", scenes=40)
    change(
        data,
        **{"Is Smartphone": [row % 20 > 2 for row in range(160)], "Make": None, "Model": None, "subject_idx": None},
    )
    options = Options(encoders=("baseline/thumbnail",), experiments=("probe",), masks=(0.0,), protocol=Protocol.FAST)
    finish(evaluate(data, tmp_path / "run", options, with_report=False))
    (known,) = [one for one in subjects(tmp_path / "run", Asked()) if one.question == "Phone or camera, known cameras"]
    assert known.sources == {"scenes": "default", "photos": "default"}
    assert any("almost every photo one answer" in note for note in known.notes)


def test_a_label_of_the_camera_that_was_asked_for_is_compared_with_file_properties(tmp_path: Path) -> None:
    """As phone or camera and the maker are; a label of the shot is not."""
    data = write_set(tmp_path / "set", scenes=10)
    change(
        data, camera_type=["smartphone", "dslr"] * 20, Flash=["on", "on", "off", "off", "off", "on", "on", "off"] * 5
    )
    planned = PROBE.plan(labelled_set(open_set(data)), Options(attributes=("camera_type", "Flash")))
    subjects_of = [one.subject for one in planned.measurements]
    assert "probe of camera_type by file properties alone on unseen cameras" in subjects_of
    assert not any(subject.startswith("probe of Flash by file") for subject in subjects_of)


def test_models_are_not_called_too_few_where_owners_are() -> None:
    """Six models a class and one owner of all phones, who is kept apart: what is missing are owners."""
    cameras = np.repeat([f"{kind}{n}" for kind in ("phone", "camera") for n in range(6)], 5).astype(object)
    labels = np.array([name[:-1] for name in cameras], dtype=object)
    owner = np.where(labels == "phone", 0, 1 + np.arange(60) % 29)
    photos = LabelledPhotos(
        np.random.default_rng(0).normal(size=(60, 4)), labels, owner, "Is Smartphone", None, cameras
    )
    found = finish(probe_unseen_cameras(Source("set", "e"), photos, cameras))
    assert not found.rows and "by several owners" in found.details[0]["needed"]
    said = why_untold("Is Smartphone", found.details)
    assert "no probe could be trained" in said and "too few camera models" not in said
