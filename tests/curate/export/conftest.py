"""A small collection, and a set exported from it."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
from small_exports import OPTIONS, make_rows

from curate.export.write import export_set
from tests.conftest import MadeOnce
from tracer.base.progress import finish


@pytest.fixture
def tmp_path(same_place: Path) -> Path:
    """An empty folder, at the same path for each test, so that the collection and its set can be copied into it."""
    return same_place


@pytest.fixture(scope="session")
def rows_once() -> list[dict]:
    """The rows, once they are known."""
    return []


@pytest.fixture
def rows(tmp_path: Path, made_once: MadeOnce, rows_once: list[dict]) -> list[dict]:
    """Label rows of a small collection."""
    made_once("collection", lambda: rows_once.extend(make_rows(tmp_path / "photos")))
    return copy.deepcopy(rows_once)


@pytest.fixture
def exported(tmp_path: Path, made_once: MadeOnce, rows: list[dict]) -> Path:
    """A set exported from it."""
    made_once("exported", lambda: finish(export_set(rows, tmp_path / "set", OPTIONS)))
    return tmp_path / "set"
