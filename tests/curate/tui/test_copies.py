"""The copies screen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.widgets import DataTable, Static

from curate.catalog import decisions
from curate.catalog.keepers import chosen_groups
from curate.catalog.photos import equal_files, put_photo
from curate.catalog.store import Catalog
from curate.errors import UsageError
from curate.export.run import duplicate_report
from curate.photos.facts import PhotoFacts, Status
from curate.tui.app import CurateApp
from curate.workspace import Workspace
from tests.curate.tui.test_app import opened, status, until
from tests.curate.tui.test_library import drawn
from tests.curate.tui.workspaces import make_workspace


def with_copies(catalog: Catalog) -> None:
    """Add two exact copies of the first phone photo."""
    for name in ("IMG_0000 copy.JPG", "IMG_0000 (2).JPG"):
        facts = PhotoFacts(Status.OK, sha256=f"{0:064x}", format="JPEG", width=4032, height=3024)
        put_photo(catalog, f"/photos/backup/{name}".encode(), facts, 1)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace with one group of copies."""
    made = make_workspace(tmp_path / "w", 3, previews=False)
    with Catalog.open(made) as catalog, catalog.transaction():
        with_copies(catalog)
    return made


def listed(app: CurateApp) -> list[tuple[str, str, str]]:
    """Mark, name and reason of each row."""
    table: DataTable[Any] = app.screen.query_one(DataTable)
    rows = (table.get_row_at(row) for row in range(table.row_count))
    return [(str(row[0]).strip(), str(row[1]), str(row[3])) for row in rows]


async def test_another_copy_is_kept_and_taken_back(workspace: Workspace) -> None:
    """The rule's choice stands first with its reason; Space overrules it, in the log; u brings it back."""
    async with opened(workspace) as (app, pilot):
        await pilot.press("D")
        await until(pilot, lambda: len(app.screen.query("#copies")) == 1 and len(listed(app)) == 3)
        first = ("✓", "IMG_0000.JPG", "it is earlier")
        assert listed(app)[0] == first and listed(app)[2][::2] == ("", "exact copy")
        assert "IMG_0000.JPG is kept: it is earlier" in str(app.screen.query_one("#copy", Static).render())
        chosen = listed(app)[2][1]
        await pilot.press("down", "down", "k", "j", "space")  # k moves, as everywhere
        await until(pilot, lambda: listed(app)[0] == ("✓", chosen, "a person chose it"))
        assert f"kept: {chosen}" in status(app)
        assert Path(duplicate_report(app.catalog).exact[0].keeper).name == chosen
        assert app.screen.query_one(DataTable).cursor_row == 0
        await pilot.press("space")
        assert f"{chosen} is already kept: a person chose it" in status(app)
        assert len(list(decisions.entries(app.catalog))) == 1
        assert (equal_files(app.catalog), chosen_groups(app.catalog)) == (1, 1)
        await pilot.press("u")
        await until(pilot, lambda: listed(app)[0] == first)
        assert chosen_groups(app.catalog) == 0
        await pilot.press("r")
        await until(pilot, lambda: listed(app)[0][1] == chosen)


async def test_the_end_of_a_folder_is_in_view(tmp_path: Path) -> None:
    """Folders begin alike; a wider window shows all of them again."""
    workspace = make_workspace(tmp_path / "w", 1, previews=False)
    with Catalog.open(workspace) as catalog, catalog.transaction():
        facts = PhotoFacts(Status.OK, sha256=f"{0:064x}", format="JPEG", width=4032, height=3024)
        put_photo(catalog, b"/photos/from/an/old/disk/of/mine/holiday/a.JPG", facts, 1)
    async with opened(workspace, "copies", (80, 24)) as (app, pilot):
        await until(pilot, lambda: "mine/holiday" in drawn(app))
        assert "…" in drawn(app) and "/photos/from" not in drawn(app)
        await pilot.resize_terminal(180, 40)
        await until(pilot, lambda: "/photos/from/an/old/disk/of/mine/holiday" in drawn(app))


async def test_a_copy_whose_name_is_no_text_is_kept(tmp_path: Path) -> None:
    """A file is named by its own bytes, not by how they are shown."""
    workspace = make_workspace(tmp_path / "w", 1, previews=False)
    with Catalog.open(workspace) as catalog, catalog.transaction():
        facts = PhotoFacts(Status.OK, sha256=f"{0:064x}", format="JPEG", width=4032, height=3024)
        put_photo(catalog, b"/photos/backup/\xff.JPG", facts, 1)
    async with opened(workspace, "copies") as (app, pilot):
        await until(pilot, lambda: len(listed(app)) == 2)
        table: DataTable[Any] = app.screen.query_one(DataTable)
        assert "4032 × 3024" in str(table.get_row_at(1)[2])
        await pilot.press("down", "space")
        await until(pilot, lambda: listed(app)[0] == ("✓", r"\xff.JPG", "a person chose it"))


async def test_the_librarys_photo_is_looked_up(workspace: Workspace) -> None:
    """D on a photo of a group puts the cursor on it; on one without copies it says so."""
    async with opened(workspace) as (app, pilot):
        await pilot.press("down", "D")
        await until(pilot, lambda: len(app.screen.query("#copies")) == 1 and len(listed(app)) == 3)
        await pilot.pause()
        assert listed(app)[app.screen.query_one(DataTable).cursor_row][1] == "IMG_0000 copy.JPG"
        await pilot.press("L", "down", "down", "D")
        await until(pilot, lambda: "has no copies" in status(app))


async def test_no_copies_at_all(tmp_path: Path) -> None:
    """The screen says so, and its keys do nothing."""
    async with opened(make_workspace(tmp_path / "w", 1, previews=False), "copies") as (app, pilot):
        await until(pilot, lambda: bool(app.screen.query_one("#welcome").display))
        assert "No photo has a copy" in str(app.screen.query_one("#welcome", Static).render())
        for key in ("space", "enter"):
            await pilot.press("f1", "f5", key)
            assert "no photo to keep" in status(app), key
        await pilot.press("u")
        assert "nothing to undo" in status(app)


async def test_an_error_is_told(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes wrong in the thread is said on the screen."""

    def fails(_workspace: Workspace) -> None:
        raise UsageError("it cannot be read", "the disk is gone", "Plug it in.")

    monkeypatch.setattr("curate.tui.screens.copies.look_for_copies", fails)
    async with opened(workspace, "copies") as (app, pilot):
        await until(pilot, lambda: "Plug it in" in status(app))


async def test_the_pictures_of_a_group(tmp_path: Path) -> None:
    """Beside the list, where there is room: three copies with what is said of them, the one under the cursor among them."""
    workspace = make_workspace(tmp_path / "w", 3)
    with Catalog.open(workspace) as catalog, catalog.transaction():
        with_copies(catalog)
        for name in ("a.JPG", "b.JPG"):
            facts = PhotoFacts(Status.OK, sha256=f"{0:064x}", format="JPEG", width=4032, height=3024)
            put_photo(catalog, f"/photos/more/{name}".encode(), facts, 1)

    def words(app: CurateApp) -> list[str]:
        return [
            str(line.render()) for line in app.screen.query("#copy-pictures .caption").results(Static) if line.region
        ]

    async with opened(workspace, "copies", size=(120, 40)) as (app, pilot):
        await until(pilot, lambda: words(app) == ["► ✓ kept", "exact copy", "exact copy"])
        await until(pilot, lambda: "▀" in drawn(app))
        boxes = app.screen.query("#copy-pictures PictureBox")
        await until(pilot, lambda: all("▀" in str(box.render_line(box.size.height // 2).text) for box in boxes))  # type: ignore[attr-defined]
        await pilot.press("end")
        await until(pilot, lambda: words(app) == ["✓ kept", "exact copy", "► exact copy"])
    async with opened(workspace, "copies", size=(100, 30)) as (app, pilot):
        await until(pilot, lambda: len(listed(app)) == 5)
        assert words(app) == [] and "▀" not in drawn(app)
