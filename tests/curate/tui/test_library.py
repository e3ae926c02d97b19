"""The library screen, driven by keys and the mouse."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from textual.containers import VerticalScroll
from textual.geometry import Region
from textual.pilot import Pilot
from textual.widgets import Input, Static

from curate.catalog import decisions, expressions
from curate.catalog.browsing import Order, SortKey
from curate.catalog.photos import put_photo
from curate.catalog.store import Catalog
from curate.photos.facts import Exif, PhotoFacts, Status
from curate.tui.app import CurateApp
from curate.tui.screens.library import LibraryScreen
from curate.tui.screens.photolist import AT_ONCE
from curate.tui.widgets.facetlist import FacetList
from curate.tui.widgets.filterline import AskFilter
from curate.tui.widgets.photogrid import PhotoGrid
from curate.tui.widgets.phototable import PhotoTable, TableHeading
from curate.tui.widgets.preview import Preview
from curate.workspace import Workspace
from tests.curate.tui.test_app import names_in_list, opened, status, until
from tests.curate.tui.workspaces import make_workspace


def drawn(app: CurateApp) -> str:
    """What is on the screen."""
    return "\n".join("".join(segment.text for segment in line) for line in app.screen._compositor.render_strips())


def library(app: CurateApp) -> LibraryScreen:
    """The screen."""
    assert isinstance(app.screen, LibraryScreen)
    return app.screen


def note(app: CurateApp) -> str:
    """The line above the list."""
    return str(app.screen.query_one("#shown", Static).render())


async def type_filter(pilot: Pilot[None], app: CurateApp, text: str) -> None:
    """Type a filter in place of the one that is there."""
    await pilot.press("slash")
    app.screen.query_one(Input).value = text
    await pilot.press("enter")


async def test_sorting_by_key_and_by_title(tmp_path: Path) -> None:
    """o goes through the columns, O turns them round, a click on a title sorts by it; the heading tells it."""
    async with opened(make_workspace(tmp_path / "w", 3, previews=False)) as (app, pilot):
        browse = library(app).browse
        assert "by path ▲" in note(app)
        before = names_in_list(app)
        await pilot.press("O")
        assert names_in_list(app) == before[::-1] and "by path ▼" in note(app)
        await pilot.press("o")
        assert browse.order == Order(SortKey.CAMERA) and names_in_list(app)[0].startswith("IMG")
        await pilot.press("O")
        assert names_in_list(app) == [*before[:3], *before[3:]]  # equal cameras in the order of their paths
        heading = app.screen.query_one(TableHeading)
        title = str(heading.render()).index("type")
        await pilot.click(TableHeading, offset=(title, 0))
        assert browse.order == Order(SortKey.TYPE) and "type▲" in str(heading.render())
        await pilot.click(TableHeading, offset=(title, 0))
        assert browse.order == Order(SortKey.TYPE, True) and "by type ▼" in note(app)


async def test_facets_filter_and_are_seen_in_the_filter(tmp_path: Path) -> None:
    """By keys and by a click; twice is off; / edits what they wrote; a word stays beside them."""
    async with opened(make_workspace(tmp_path / "w", 3, previews=False)) as (app, pilot):
        values, browse = app.screen.query_one(FacetList), library(app).browse
        await pilot.press("tab", "enter")
        await until(pilot, lambda: len(browse) == 3)
        assert app.focused is values and "camera_type = 'dslr'" in note(app) and "✓ dslr" in drawn(app)
        await pilot.press("j", "space")
        await until(pilot, lambda: "camera_type = 'smartphone'" in note(app))
        await pilot.press("right", "slash")
        assert app.screen.query_one(Input).value == "camera_type = 'smartphone'"
        await pilot.press("escape", "tab", "enter")
        await until(pilot, lambda: len(browse) == 6)
        await type_filter(pilot, app, "DSC_0001")
        await until(pilot, lambda: len(browse) == 1)
        line = next(y for y, text in enumerate(drawn(app).splitlines()) if "smartphone" in text)
        await pilot.click(offset=(6, line))
        await until(pilot, lambda: len(browse) == 0 and "no photo matches" in status(app))
        await pilot.press("escape", "escape")
        await until(pilot, lambda: len(browse) == 6)


async def test_filters_come_back(tmp_path: Path) -> None:
    """↑ and ↓ go through those that found something, also after a restart; Tab completes a column."""
    workspace = make_workspace(tmp_path / "w", 2, previews=False)
    async with opened(workspace) as (app, pilot):
        for text, found in (("nikon", 2), ("IMG_0001", 1)):
            await type_filter(pilot, app, text)
            await until(pilot, lambda found=found: len(library(app).browse) == found)  # type: ignore[misc]
    async with opened(workspace) as (app, pilot):
        await pilot.press("slash", *"ty", "up")
        line = app.screen.query_one(Input)
        assert line.value == "IMG_0001"
        await pilot.press("up", "up")
        assert line.value == "nikon"
        await pilot.press("down", "down")
        assert line.value == "ty"
        await pilot.press("ctrl+u", *"camera_ty", "tab", *" = 'dslr'", "enter")
        await until(pilot, lambda: len(library(app).browse) == 2)


async def test_a_refused_filter_keeps_its_window_and_the_list(tmp_path: Path) -> None:
    """The window says why, the text stays to be corrected, and the photos are those of the filter before."""
    async with opened(make_workspace(tmp_path / "w", 2, previews=False)) as (app, pilot):
        screen = library(app)
        await type_filter(pilot, app, "nikon")
        await until(pilot, lambda: len(screen.browse) == 2)
        for text in ("camera_type = 'dslr' AND (width > ", "no_column = 1"):
            await type_filter(pilot, app, text)
            dialog = app.screen
            assert isinstance(dialog, AskFilter) and dialog.query_one(Input).value == text
            assert "cannot be used" in str(dialog.query_one(".problem", Static).render())
            await pilot.press("escape")
            await until(pilot, lambda: app.screen is screen)
            assert "Filter  2" in note(app) and "nikon" in note(app)


async def test_a_filter_that_takes_too_long_leaves_the_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list keeps the filter before, and / has the text again."""
    monkeypatch.setattr(expressions, "QUERY_SECONDS", 0.2)
    async with opened(make_workspace(tmp_path / "w", 30, previews=False)) as (app, pilot):
        await type_filter(pilot, app, "nikon")
        await until(pilot, lambda: len(library(app).browse) == 30)
        slow = "(SELECT count(*) FROM label a, label b, label c, label d) > 3"
        await type_filter(pilot, app, slow)
        await until(pilot, lambda: "was stopped" in status(app))
        await until(pilot, lambda: "Filter  30" in note(app) and "nikon" in note(app))
        await pilot.press("slash")
        assert app.screen.query_one(Input).value == slow


async def test_a_label_of_several_photos_is_one_step(tmp_path: Path) -> None:
    """Chosen by Space and a range, labelled by a form that refuses what is no label; one undo takes all back."""
    async with opened(make_workspace(tmp_path / "w", 4, previews=False)) as (app, pilot):
        await pilot.press("space", "down", "V", "down", "down", "V", "home")
        assert "4 chosen" in note(app) and drawn(app).count("■") == 4
        await pilot.press("e")
        assert app.screen.query_one("#label", Input).value == "semantic_label"
        await pilot.press(*"harbour", "down", *"label", "enter")
        assert "cannot be set" in str(app.screen.query_one(".problem").render())
        await pilot.press("ctrl+u", *"sem", "tab", "enter")
        await until(pilot, lambda: "4 labels changed" in status(app))
        assert app.catalog.count("semantic_label = 'harbour'") == 4 and len(list(decisions.entries(app.catalog))) == 1
        await pilot.press("e")
        assert app.screen.query_one(Input).placeholder == "(now harbour)"
        await pilot.press(*"harbour", "enter")
        await until(pilot, lambda: "already" in status(app))
        await pilot.press("u")
        assert app.catalog.count("semantic_label IS NULL") == 8 and "4 chosen" in note(app)
        await pilot.press("escape")
        assert "chosen" not in note(app)


async def test_a_choice_is_forgotten_as_one_step(tmp_path: Path) -> None:
    """It is asked first; * chooses all that a filter shows; u brings them back."""
    async with opened(make_workspace(tmp_path / "w", 4, previews=False)) as (app, pilot):
        await type_filter(pilot, app, "nikon")
        await until(pilot, lambda: len(library(app).browse) == 4)
        await pilot.press("asterisk", "F", "enter")
        assert app.catalog.count() == 8
        await pilot.press("F", "down", "enter")
        await until(pilot, lambda: "4 photos removed" in status(app))
        assert app.catalog.count() == 4
        await pilot.press("u")
        await until(pilot, lambda: len(library(app).browse) == 4)
        assert app.catalog.count() == 8


async def test_the_mouse_moves_chooses_and_opens(tmp_path: Path) -> None:
    """A click moves the cursor, with Ctrl it chooses, with Shift it extends; a second click opens the photo."""
    async with opened(make_workspace(tmp_path / "w", 5, previews=False)) as (app, pilot):
        browse = library(app).browse
        await pilot.click(PhotoTable, offset=(10, 3))
        assert (browse.cursor, browse.chosen) == (3, set())
        await pilot.click(PhotoTable, offset=(10, 1), control=True)
        assert (browse.cursor, len(browse.chosen)) == (1, 1)
        await pilot.click(PhotoTable, offset=(10, 4), shift=True)
        assert (browse.cursor, len(browse.chosen)) == (4, 4)
        await pilot.click(PhotoTable, offset=(10, 2), times=2)
        assert app.screen.has_class("-large") and browse.cursor == 2
        await pilot.press("enter")
        assert not app.screen.has_class("-large")


async def test_the_grid_shows_pictures(tmp_path: Path) -> None:
    """g shows them, arrows move in rows and columns, + makes them larger; only those in view exist."""
    async with opened(make_workspace(tmp_path / "w", 30), size=(120, 40)) as (app, pilot):
        await pilot.press("g")
        grid, browse = app.screen.query_one(PhotoGrid), library(app).browse
        await until(
            pilot, lambda: len(grid.in_view) > 0 and all(grid.thumbnails.is_made(wish(grid, at)) for at in grid.in_view)
        )
        await pilot.pause()
        assert drawn(app).count("▀") > 1000 and "►  DSC_0000.JPG" in drawn(app)
        assert not grid.thumbnails.is_made(wish(grid, 59))
        columns = grid.per_row
        await pilot.press("down", "right", "j", "l")
        assert browse.cursor == 2 * columns + 2
        await pilot.press("k", "h", "up", "left", "left")
        assert browse.cursor == 0
        await pilot.press("end")
        assert browse.cursor == 59 and 59 in grid.in_view
        await pilot.press("plus")
        await pilot.pause()
        assert grid.per_row < columns and 59 in grid.in_view
        await pilot.press("home", "shift+right", "shift+down")
        assert len(browse.chosen) == grid.per_row + 2
        await pilot.click(PhotoGrid, offset=(grid.cell.width + 2, 2))
        assert browse.cursor == 1
        await pilot.press("g", "minus")
        assert "g shows pictures" in status(app)


def wish(grid: PhotoGrid, at: int) -> object:
    """The thumbnail of a photo."""
    row = grid.browse.row(at)
    assert row is not None
    return grid.wish_for(row)


async def test_the_preview_says_why(tmp_path: Path) -> None:
    """The picture, the path, the labels with their rules; it follows the cursor, and Enter shows it alone."""
    async with opened(make_workspace(tmp_path / "w", 3), size=(160, 48)) as (app, pilot):
        preview = app.screen.query_one(Preview)
        assert not preview.display
        await pilot.press("v")
        await until(pilot, lambda: "▀" in drawn(app))
        assert preview.display and "/photos/camera/DSC_0000.JPG" in drawn(app).replace("\n", "")
        row = library(app).browse.row_here
        assert row is not None and all(str(row[key]) in drawn(app) for key in ("camera_type", "camera_type_rule"))
        await pilot.press("end")
        await until(pilot, lambda: "family:iphone" in drawn(app))
        await pilot.press("enter")
        await pilot.pause()
        assert "DSC_0001" not in drawn(app) and "▀" * 60 not in drawn(app).splitlines()[0]
        await pilot.press("up")
        assert library(app).browse.cursor == 4
        await pilot.press("escape", "v")
        assert not preview.display and "DSC_0001" in drawn(app)


async def test_keys_reach_the_last_label_of_the_preview(tmp_path: Path) -> None:
    """J and K scroll the labels, while the cursor stays; where none are shown, they say what shows them."""
    async with opened(make_workspace(tmp_path / "w", 2, previews=False), size=(80, 24)) as (app, pilot):
        await pilot.press("J")
        assert "v shows labels" in status(app)
        await pilot.press("v")
        labels = app.screen.query_one(Preview).query_one(VerticalScroll)
        await until(pilot, lambda: labels.max_scroll_y > 0)
        before = drawn(app)
        for _ in range(12):
            await pilot.press("J")
        await until(pilot, lambda: labels.scroll_y == labels.max_scroll_y and drawn(app) != before)
        assert library(app).browse.cursor == 0
        for _ in range(12):
            await pilot.press("K")
        await until(pilot, lambda: labels.scroll_y == 0)


async def test_facets_take_the_place_of_the_preview(tmp_path: Path) -> None:
    """Where there is no room for both, Tab hides the preview; a key right behind acts on the facets."""
    async with opened(make_workspace(tmp_path / "w", 2, previews=False)) as (app, pilot):
        await pilot.press("v")
        assert not app.screen.query_one("#counts").display
        await pilot.press("tab", "enter")
        assert app.focused is app.screen.query_one(FacetList) and app.screen.query_one("#counts").display
        await until(pilot, lambda: len(library(app).browse) == 2)
        await pilot.press("escape")
        assert app.focused is app.screen.query_one(PhotoTable)


async def test_where_the_folder_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """y says it and copies it, as a shell takes it."""
    copied: list[str] = []
    monkeypatch.setattr(CurateApp, "copy_to_clipboard", lambda _, text: copied.append(text))
    workspace = make_workspace(tmp_path / "w", 1, previews=False)
    with Catalog.open(workspace) as catalog:
        put_photo(catalog, b"/a b/\xff/x.jpg", PhotoFacts(Status.OK, sha256="f" * 64), 1)
    async with opened(workspace, size=(120, 30)) as (app, pilot):
        await pilot.press("y", "end", "y")
        assert copied == ["$'/a b/\\377'", "/photos/phone"] and "/photos/phone" in status(app)
        base64.b64encode(copied[0].encode())


async def test_a_long_list_is_read_in_a_thread(tmp_path: Path) -> None:
    """More photos than are listed at once: the first are there, then all; the end is reached; a choice of all holds all."""
    workspace = make_workspace(tmp_path / "w", 1, previews=False)
    more = AT_ONCE + 200
    with Catalog.open(workspace) as catalog, catalog.transaction():
        for number in range(more):
            facts = PhotoFacts(Status.OK, sha256=f"{number + 9:064x}", exif=Exif(make="Apple", model="iPhone X"))
            put_photo(catalog, f"/z/{number:05d}.jpg".encode(), facts, 1)
    async with opened(workspace) as (app, pilot):
        browse = library(app).browse
        assert str(more + 2).replace("1", "1,", 1) in note(app)
        await until(pilot, lambda: len(browse) == more + 2)
        await pilot.press("end", "asterisk")
        assert browse.cursor == more + 1 and len(browse.chosen) == more + 2
        await pilot.press("f2", "f1")
        assert browse.cursor == more + 1 and len(browse.chosen) == more + 2
        await pilot.press("o")
        await until(pilot, lambda: not library(app)._reading)
        assert browse.row_here is not None and str(browse.row_here["path"]).endswith(f"{more - 1:05d}.jpg")


LONG = "漢字 e\u0301 " + "x" * 10_000


async def test_odd_names_change_their_own_cell_only(tmp_path: Path) -> None:
    """Wide and combining characters, markup and ten thousand characters: each line is as wide as the window, in every view."""
    workspace = make_workspace(tmp_path / "w", 2)
    with Catalog.open(workspace) as catalog:
        catalog.connection.execute(
            "UPDATE photo SET path = '/p/[red]' || ? || id, semantic_label = ?, lens = ?", (LONG,) * 3
        )
        catalog.connection.execute(
            "UPDATE camera SET make_normalized = ?, model_normalized = ?", (LONG, "\x1b[2J\u202e")
        )
    async with opened(workspace, size=(150, 40)) as (app, pilot):
        for key in ("v", "g", "enter", "enter", "g", "space", "o", "tab", "e"):
            await pilot.press(key)
            await pilot.pause(0.2)
            lines = app.screen._compositor.render_strips()
            assert {line.cell_length for line in lines} == {150}
            assert "\x1b" not in drawn(app) and "\u202e" not in drawn(app)
        assert not list(Path(workspace.cache).glob("failure*"))


async def test_pictures_of_the_terminals_own_kind(tmp_path: Path) -> None:
    """A widget lies over each cell that is seen whole and fits into it; widgets are used again after a page."""
    workspace = make_workspace(tmp_path / "w", 20)
    with workspace.writing("test"), Catalog.open(workspace) as catalog:
        app = CurateApp(catalog, "library", "sixel")
        async with app.run_test(size=(120, 40)) as pilot:
            await pilot.press("g")
            grid = app.screen.query_one(PhotoGrid)
            for key in ("home", "pagedown", "end"):
                await pilot.press(key)
                whole = [at for at in grid.in_view if Region(0, 0, *grid.size).contains_region(grid.region_of(at))]

                def shown(whole: list[int] = whole) -> list[Region]:
                    found = [view.region for view in app.screen.query("GridPictures > .picture") if view.display]
                    cells = [grid.region_of(at).translate(grid.region.offset) for at in whole]
                    return [region for region in found if any(cell.contains_region(region) for cell in cells)]

                await until(pilot, lambda: len(shown()) == len(whole))  # noqa: B023
                assert len(app.screen.query("GridPictures > .picture")) <= 2 * len(whole)
            await pilot.press("v")
            await until(pilot, lambda: app.screen.query_one("#preview-picture > .picture").region.width > 20)


async def test_enter_at_once_blanks_no_label(tmp_path: Path) -> None:
    """Where nothing is filled in, Enter asks for a value and keeps the form; two quotes blank the label."""
    workspace = make_workspace(tmp_path / "w", 2, previews=False)
    async with opened(workspace, size=(120, 40)) as (app, pilot):
        await pilot.press("e", "enter")
        await until(pilot, lambda: "no value was typed" in str(app.screen.query_one(".problem").render()))
        await pilot.press(*"red", "minus", "enter")
        await until(pilot, lambda: "1 label changed" in status(app))
        assert [row["semantic_label"] for row in app.catalog.labels()].count("red-") == 1
        await pilot.press("e", "quotation_mark", "quotation_mark", "enter")
        await until(pilot, lambda: "1 label changed" in status(app))
        assert not any(row["semantic_label"] for row in app.catalog.labels())


async def test_pictures_are_off(tmp_path: Path) -> None:
    """The grid and the preview say so."""
    workspace = make_workspace(tmp_path / "w", 2)
    with workspace.writing("test"), Catalog.open(workspace) as catalog:
        app = CurateApp(catalog, "library", "none")
        async with app.run_test(size=(150, 40)) as pilot:
            await pilot.press("g", "v")
            await pilot.pause()
            assert drawn(app).count("pictures are off") == 5 and "▀" not in drawn(app)


async def test_an_empty_library(tmp_path: Path) -> None:
    """Every key of the library answers."""
    async with opened(Workspace.create(tmp_path / "w")) as (app, pilot):
        for key in ("g", "v", "enter", "o", "O", "space", "V", "asterisk", "e", "F", "y", "m", "p", "end", "home", "j",
                    "k", "h", "l", "shift+down", "pagedown", "plus", "g", "tab", "enter", "escape", "D", "L"):  # fmt: skip
            await pilot.press(key)
        assert app.screen.query_one("#welcome").display
        assert not list(Path(app.catalog.workspace.cache).glob("failure*"))
