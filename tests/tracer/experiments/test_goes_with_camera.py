"""Which labels go with the camera is told from the photos."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from tests.helpers.small_sets import change, write_set
from tracer.dataset import open_set
from tracer.experiments.labels import labelled_set


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_set(tmp_path_factory.mktemp("sets") / "set", scenes=10)


def test_labels_of_the_camera_are_told_from_those_of_the_shot(root: Path) -> None:
    """Phone or camera and the maker go with the model; what is shown does not, nor is the model's own name asked for."""
    labelled = labelled_set(open_set(root))
    assert labelled.goes_with_camera("Is Smartphone") and labelled.goes_with_camera("Make")
    assert not labelled.goes_with_camera("semantic_label")
    assert not labelled.goes_with_camera("Model")
    assert not labelled.goes_with_camera("Flash")


def test_a_model_with_several_values_of_a_label(tmp_path: Path) -> None:
    """Half of each model's photos at another exposure: it does not go with the camera. One photo a model tells nothing."""
    root = write_set(tmp_path / "set", scenes=10)
    table = pd.read_parquet(root / "metadata.parquet")
    change(root, Exposure=["1/30" if row // 4 % 2 else "1/60" for row in range(len(table))])
    assert not labelled_set(open_set(root)).goes_with_camera("Exposure")
    change(root, Model=[f"model {row}" for row in range(len(table))])
    assert not labelled_set(open_set(root)).goes_with_camera("Is Smartphone")


def test_a_set_without_models(tmp_path: Path) -> None:
    """Folders named after makers: nothing is known of models, so nothing goes with them."""
    for make, grey in (("Acme", 60), ("Bolt", 180)):
        (tmp_path / make).mkdir()
        Image.new("L", (8, 8), grey).save(tmp_path / make / "a.png")
    labelled = labelled_set(open_set(tmp_path))
    assert labelled.cameras.tolist() == [None, None]
    assert not any(map(labelled.goes_with_camera, labelled.labels))
