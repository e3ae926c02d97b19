"""The log screen, driven by keys."""

from __future__ import annotations

import json
from pathlib import Path

from textual.widgets import DataTable, Input, Static

from curate.catalog import decisions
from curate.catalog.exchange import exported
from curate.catalog.pairs import decide_auto
from curate.catalog.sets import keep_splits
from curate.catalog.store import Catalog
from curate.tui.widgets.conflicts import Conflicts
from curate.tui.widgets.listing import Listing
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
        await pilot.press("b")
        question = str(app.screen.query_one(".question", Static).render())
        assert question.startswith("Take back “rejected ") and question.endswith("” and 1 later step?")
        await pilot.press("down", "enter")
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


async def test_differing_decisions_stand_side_by_side(tmp_path: Path) -> None:
    """Each is chosen by a key or a click; the others come in at once, all as one step under their author's name."""
    told = '\n[review]\nannotator = "ann"\nimages = "none"\n'
    theirs = make_workspace(tmp_path / "theirs", 4, previews=False)
    (theirs.root / "workspace.toml").write_text(f'name = "theirs"{told}', encoding="utf-8")
    file = tmp_path / "ann.jsonl"
    with (theirs := Workspace.open(theirs.root)).writing("test"), Catalog.open(theirs) as catalog:
        decisions.decide(catalog, "reject", sha(0), sha(1))
        decisions.decide(catalog, "reject", sha(2), sha(3))
        decisions.decide(catalog, "accept", sha(4), sha(5))
        decisions.label(catalog, [1], "semantic_label", "quay")
        file.write_text("".join(json.dumps(row) + "\n" for row in exported(catalog)), encoding="utf-8")
    async with opened(make_workspace(tmp_path / "w", 4, previews=False), "log", size=(80, 24)) as (app, pilot):
        for number in range(2):
            decisions.decide(app.catalog, "accept", sha(2 * number), sha(2 * number + 1))
        decisions.label(app.catalog, [1], "semantic_label", "harbour")
        await pilot.press("i", *str(file), "enter")
        await until(pilot, lambda: isinstance(app.screen, Conflicts) and app.screen.query_one(Listing).row_count == 3)
        table = app.screen.query_one(Listing)
        rows = [[str(cell) for cell in table.get_row_at(row)] for row in range(3)]
        assert rows == [
            ["‹ mine", "semantic_label of IMG_0000.JPG", "harbour", "quay", "ann"],
            ["‹ mine", "IMG_0000.JPG + DSC_0000.JPG", "accepted", "rejected", "ann"],
            ["‹ mine", "IMG_0001.JPG + DSC_0001.JPG", "accepted", "rejected", "ann"],
        ]
        await pilot.press("T", "m", "down", "m", "t", "down")
        await pilot.click(table, offset=(4, 3))  # the row under the cursor: the other one
        assert [str(table.get_row_at(row)[0])[2:] for row in range(3)] == ["mine", "theirs", "mine"]
        await pilot.press("enter")
        await until(pilot, lambda: "u takes it back" in status(app))
        assert "of 3 differences 1 as they say" in status(app)
        assert decisions.tally(app.catalog) == decisions.Tally(2, 1)
        log = app.screen.query_one("#log", DataTable)
        await until(pilot, lambda: log.row_count == 4)
        assert [str(cell) for cell in log.get_row_at(0)][2:4] == [
            "ann", "imported: rejected IMG_0000.JPG + DSC_0000.JPG; accepted IMG_0002.JPG + DSC_0002.JPG",
        ]  # fmt: skip
        await pilot.press("u")
        assert decisions.tally(app.catalog) == decisions.Tally(2, 0)


def sha(number: int) -> str:
    """The hash of a photo of the workspace."""
    return f"{number:064x}"


async def test_a_file_without_decisions_is_refused_in_its_form(tmp_path: Path) -> None:
    """The form says what the file should be, in plain words, and keeps what was typed."""
    file = tmp_path / "shopping.txt"
    async with opened(make_workspace(tmp_path / "w", 2, previews=False), "log") as (app, pilot):
        await pilot.press("i", *str(file))
        form = app.screen
        for text, why in (("milk\n", "line 1: it is not JSON"), ('{"a": 1}\n', "line 1: it names no kind of decision")):
            file.write_text(text, encoding="utf-8")
            await pilot.press("enter")
            told = " ".join(str(form.query_one(".problem", Static).render()).split())
            assert app.screen is form and form.query_one(Input).value == str(file)
            assert why in told and "Name a file that `curate decisions export` wrote" in told
