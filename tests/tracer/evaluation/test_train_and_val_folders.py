"""Sets whose photos lie in folders `train` and `val`: learnt from the one, tested on the other, without folds."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.helpers.small_sets import write_set
from tracer import results
from tracer.base.progress import finish
from tracer.dataset import open_set
from tracer.evaluation.evaluate import Options, evaluate
from tracer.experiments.labels import labelled_set
from tracer.experiments.settings import Protocol
from tracer.experiments.shared.parts import folder_parts, split_by_folders

OPTIONS = Options(
    encoders=("baseline/residual",),
    experiments=("probe", "knn"),
    masks=(0.0,),
    processings=("JPEG75_420", "JPEG95_444"),
    protocol=Protocol.FAST,
    draws=3,
)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`train/<class>/…` of 15 scenes and `val/<class>/…` of 10 others, four photos each."""
    flat = write_set(tmp_path_factory.mktemp("photos") / "flat", scenes=25)
    table, root = pd.read_parquet(flat / "metadata.parquet"), tmp_path_factory.mktemp("tree") / "set"
    for row in table.itertuples():
        folder = root / ("train" if row.scene_idx < 15 else "val") / row.semantic_label
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(flat / row.file_name, folder)
    return root


@pytest.mark.slow
def test_probe_and_neighbours_use_the_folders(tree: Path, tmp_path: Path) -> None:
    """All figures are of the 40 photos of `val`; the ten draws are rows; the report says that there were no folds."""
    done = finish(evaluate(tree, tmp_path / "run", OPTIONS))
    said = results.read(tmp_path / "run").meta
    by_setting = {(row.experiment, row.attribute, row.setting, row.metric): row for row in done.rows}
    probe = by_setting["probe", "semantic_label", "acquisition", "accuracy"]
    processing = by_setting["probe", "JPEG", "processing", "accuracy"]
    assert (probe.n, processing.n) == (40, 40)
    assert by_setting["probe", "JPEG", "processing,draw=2", "accuracy"].seed == 2
    assert by_setting["probe", "JPEG", "processing,sd", "accuracy"].value >= 0
    assert by_setting["knn", "JPEG", "baseline", "accuracy"].n == 40
    assert said["protocol"]["probe folds"].startswith("none: learnt from the training folder")
    assert "training folder" in said["protocol"]["kNN"]
    schemes = {entry["scheme"] for entry in said["details"] if entry["experiment"] == "probe"}
    assert "learnt from the training folder, tested on the other" in schemes
    assert not [scheme for scheme in schemes if "folds" in scheme or "split file" in scheme]
    scores = pd.read_parquet(tmp_path / "run" / "photos.parquet")
    tested = set(open_set(tree).table.query("split == 'val'")["photo_id"])
    assert set(scores["photo_id"]) == tested
    assert finish(evaluate(tree, tmp_path / "run", OPTIONS)).rows == done.rows


def test_parts_and_split_of_a_tree(tree: Path) -> None:
    """A fifth of each class of `train` chooses; a third folder takes its place; a set without folders has no parts."""
    labelled = labelled_set(open_set(tree))
    parts = folder_parts(labelled)
    assert parts is not None
    assert (parts.train.sum(), parts.asked.sum()) == (60, 40)
    split = split_by_folders(labelled, "semantic_label", 42)
    assert split is not None
    assert {part: len(ids) for part, ids in split.ids.items()} == {"train": 49, "val": 11, "test": 40}
    assert set(split.ids["test"]) == set(labelled.ids[parts.val])
    assert not split.shared()
    assert split.classes == ("disc", "stripe")


def test_three_folders_are_the_three_parts(tree: Path, tmp_path: Path) -> None:
    """With `test` beside them, `val` chooses and `test` is tested; neighbours still ask for `val`."""
    root = shutil.copytree(tree, tmp_path / "set")
    for number, kind in enumerate(("disc", "stripe")):
        (root / "test" / kind).mkdir(parents=True)
        for at, path in enumerate(sorted((root / "train" / kind).iterdir())[:4]):
            path.rename(root / "test" / kind / f"{number}{at}.png")
    labelled = labelled_set(open_set(root))
    split, parts = split_by_folders(labelled, "semantic_label", 42), folder_parts(labelled)
    assert split is not None and parts is not None
    assert {part: len(ids) for part, ids in split.ids.items()} == {"train": 52, "val": 40, "test": 8}
    assert parts.asked.sum() == 40


def test_a_class_without_two_training_photos_is_left_out(tree: Path, tmp_path: Path) -> None:
    """It could not be learnt from and chosen on; photos of other classes stay."""
    root = shutil.copytree(tree, tmp_path / "set")
    (root / "val" / "new").mkdir()
    shutil.move(next((root / "val" / "disc").iterdir()), root / "val" / "new" / "x.png")
    split = split_by_folders(labelled_set(open_set(root)), "semantic_label", 42)
    assert split is not None
    assert (split.classes, len(split.ids["test"])) == (("disc", "stripe"), 39)


@pytest.mark.slow
def test_a_column_split_alone_draws_folds_as_before(tmp_path: Path) -> None:
    """Only folders count: a set with metadata in its root keeps its folds, whatever its column `split` says."""
    root = write_set(tmp_path / "set")
    table = pd.read_parquet(root / "metadata.parquet")
    table["split"] = np.where(table["scene_idx"] < 10, "train", "val")
    table.to_parquet(root / "metadata.parquet")
    assert folder_parts(labelled_set(open_set(root))) is None
    done = finish(evaluate(root, tmp_path / "run", replace(OPTIONS, experiments=("probe",), processings=())))
    assert next(row.n for row in done.rows if row.attribute == "Make") == len(table)
