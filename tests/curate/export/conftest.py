"""A small collection, and a set exported from it."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_exports import OPTIONS, make_rows

from curate.export.write import export_set
from tracer.base.progress import finish


@pytest.fixture
def rows(tmp_path: Path) -> list[dict]:
    """Label rows of a small collection."""
    return make_rows(tmp_path / "photos")


@pytest.fixture
def exported(tmp_path: Path, rows: list[dict]) -> Path:
    """A set exported from it."""
    return finish(export_set(rows, tmp_path / "set", OPTIONS)).dataset
