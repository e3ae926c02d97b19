"""Commands are tried in one place, since most of these tests begin with the same few workspaces."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def tmp_path(same_place: Path) -> Path:
    """An empty folder, at the same path for each test, so that workspaces can be copied into it."""
    return same_place
