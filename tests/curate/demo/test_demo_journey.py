"""The demo's way, and where it does not go."""

from __future__ import annotations

from pathlib import Path

import pytest

from curate.cli import run_cli
from curate.demo.journey import journey
from curate.errors import Exit, UsageError
from curate.workspace import Workspace


def test_a_workspace_of_ones_own_gets_no_virtual_photos(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The demo refuses a workspace that it did not make, before it writes anything."""
    workspace = Workspace.create(tmp_path / "walk")
    before = sorted(path.name for path in workspace.root.iterdir())
    assert run_cli(["demo", str(workspace.root)]) == Exit.USAGE
    assert "Name a new folder" in capsys.readouterr().err
    with pytest.raises(UsageError, match="needs its own workspace"):
        journey(workspace.root, 2, 1, lambda _: pytest.fail("work began"), print)
    assert sorted(path.name for path in workspace.root.iterdir()) == before
