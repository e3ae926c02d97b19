"""The log screen, driven by keys."""

from __future__ import annotations

from pathlib import Path

from textual.widgets import DataTable, Static

from curate.catalog import decisions
from curate.catalog.pairs import decide_auto
from curate.catalog.sets import keep_splits
from curate.workspace import Workspace
from tests.curate.tui.test_app import opened, status, until
from tests.curate.tui.workspaces import make_workspace


async def test_steps_are_taken_back_from_the_log(tmp_path: Path) -> None:
    """A bulk decision is one step; the later ones go with it, after a yes; the state of each is told."""
    async with opened(make_workspace(tmp_path / "w", 6, previews=False), "review") as (app, pilot):
        await pilot.press("space", "x")
        decide_auto(app.catalog, 0.9)
        accepted = decisions.tally(app.catalog).accepted
        assert accepted > 2
        await pilot.press("f9")
        table = app.screen.query_one("#log", DataTable)
        await until(pilot, lambda: table.row_count == 3)
        whats = [str(table.get_row_at(row)[3]) for row in range(3)]
        assert (
            whats[0] == f"accepted {accepted - 1} pairs"
            and whats[1].startswith("rejected ")
            and whats[2].startswith("accepted ")
        )
        await pilot.press("down", "enter", "enter")
        assert status(app) == "nothing was taken back" and decisions.tally(app.catalog).accepted == accepted
        await pilot.press("b", "down", "enter")
        assert status(app).startswith("taken back: 2 steps") and decisions.tally(app.catalog) == decisions.Tally(1, 0)
        await until(pilot, lambda: str(table.get_row_at(0)[4]) == "taken back")
        await pilot.press("b")
        assert "taken back already" in status(app)
        await until(pilot, lambda: "taken back" in str(app.screen.query_one("#step", Static).render()))
        await pilot.press("r")
        assert status(app).startswith("done again: rejected") and decisions.tally(app.catalog) == decisions.Tally(1, 1)
        await pilot.press("u", "u")
        assert decisions.tally(app.catalog) == decisions.Tally(0, 0)


async def test_splits_are_not_taken_back_here(tmp_path: Path) -> None:
    """The screen says where they are; an empty log says so too."""
    async with opened(Workspace.create(tmp_path / "w"), "log") as (app, pilot):
        await until(pilot, lambda: bool(app.screen.query_one("#welcome").display))
        await pilot.press("b")
        assert status(app) == "there is no step to go back to"
        keep_splits(app.catalog, ["Make"], ["owner"], 1)
        await pilot.press("f1", "f9")
        await until(pilot, lambda: app.screen.query_one("#log", DataTable).row_count == 1)
        await pilot.press("enter")
        assert "withdrawn on the set screen" in status(app)
