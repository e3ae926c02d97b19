"""A small collection of virtual photos that the tests of this room share."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from demo_sample import SCENES, SEED, Row

from curate.demo.collection import write_photos
from tracer.base.progress import finish


@pytest.fixture(scope="session")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six scenes, written by two processes."""
    folder = tmp_path_factory.mktemp("virtual") / "photos"
    finish(write_photos(folder, SCENES, SEED, workers=2))
    return folder


@pytest.fixture(scope="session")
def truth(collection: Path) -> list[Row]:
    """Its truth, a row a photo."""
    with (collection / "truth.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
