"""The app on a catalogue that was lost, or that another program replaces while it is open; the backup that it keeps."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from curate.errors import WorkspaceError
from curate.tui.app import run
from tests.curate.tui.test_app import opened, status, until
from tests.curate.tui.workspaces import make_workspace


def test_the_app_makes_no_catalogue_for_a_lost_one(tmp_path: Path) -> None:
    """It does not open, and says how to get the catalogue back."""
    workspace = make_workspace(tmp_path / "w", 1)
    workspace.catalog.unlink()
    with pytest.raises(WorkspaceError, match="lost its catalogue"):
        run(workspace, browser=True)
    assert not workspace.catalog.exists()


async def test_the_app_writes_to_no_other_file(tmp_path: Path) -> None:
    """After a sync tool put another catalogue there, no decision, undo or long work begins; what was decided is kept."""
    workspace = make_workspace(tmp_path / "w", 3)
    async with opened(workspace, "review") as (app, pilot):
        await until(pilot, lambda: list(workspace.backups.glob("catalog-*.sqlite")) != [])  # it keeps one by itself
        await pilot.press("y")
        synced = shutil.copy(workspace.catalog, tmp_path / "synced")
        Path(synced).replace(workspace.catalog)
        for key in ("u", "y"):
            await pilot.press(key)
            await until(pilot, lambda: "another program replaced" in status(app))
            app.in_view.say("")
        assert app.in_view.busy() and "another program replaced" in status(app)
        assert not app.work.running
    assert len(list(workspace.root.glob("catalog-replaced-*.sqlite"))) == 1
