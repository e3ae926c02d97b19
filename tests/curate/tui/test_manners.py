"""Keys from the settings, colours that are kept, leaving while work runs, vim's motions."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.text import Text
from textual.containers import VerticalScroll
from textual.widgets import OptionList

from curate.cameras.types import Camera, CameraType
from curate.catalog import decisions
from curate.catalog.store import Catalog
from curate.tui.app import places
from curate.tui.keymap import usable
from curate.tui.screens import cameras
from curate.tui.screens.help import HelpScreen
from curate.tui.widgets.longlisting import LongListing
from curate.tui.widgets.told import Told
from curate.workspace import Workspace
from tests.curate.tui.test_app import opened, status, until
from tests.curate.tui.workspaces import make_workspace


def with_settings(root: Path, text: str, pairs: int = 3) -> Workspace:
    """A workspace with some more settings."""
    make_workspace(root, pairs, previews=False)
    with (root / "workspace.toml").open("a", encoding="utf-8") as file:
        file.write(text)
    return Workspace.open(root)


@pytest.mark.parametrize(
    ("wanted", "found", "told"),
    [
        ({"review.accept": "g"}, {"review.accept": "g"}, ""),
        ({"review.accept": "g, ?"}, {}, "question_mark is Help on review"),
        ({"review.accept": "x"}, {}, "x is Reject on review, so Accept (review.accept) keeps its key"),
        ({"review.accept": "x", "review.reject": "space"}, {"review.accept": "x", "review.reject": "space"}, ""),
        ({"review.acept": "g"}, {}, "review.acept is nothing that has a key; review.accept may be meant"),
        ({"review.accept": " , "}, {}, "review.accept has no key"),
        ({"app.quit": "s"}, {}, "s is Skip on review"),
        ({"app.quit": "ctrl+q"}, {"app.quit": "ctrl+q"}, ""),
        ({"review.accept": "g", "review.skip": "g"}, {"review.accept": "g"}, "keeps its key"),
    ],
)
def test_keys_of_the_settings(wanted: dict[str, str], found: dict[str, str], told: str) -> None:
    """A key that would do two things on one screen is told and not used; two keys can be exchanged."""
    usual, problems = usable(wanted, places())
    assert usual == found
    assert told in "; ".join(problems) and bool(problems) == bool(told)


def test_the_apps_own_keys_do_one_thing_each() -> None:
    """On no screen a key is bound twice; a screen may put its own in place of one of all screens."""
    for place, bindings in places().items():
        keys = [key for one in bindings for key in one.key.split(",")]
        assert len(keys) == len(set(keys)), place


async def test_other_keys_decide_and_are_listed(tmp_path: Path) -> None:
    """The new key decides, the old one no longer does, `?` lists the new one, and a conflict is told at the start."""
    text = '[app.keys]\n"review.accept" = "g"\n"review.reject" = "s"\n'
    async with opened(with_settings(tmp_path / "w", text), "review", size=(120, 150)) as (app, pilot):
        await until(pilot, lambda: "Reject (review.reject) keeps its key" in status(app))
        await pilot.press("space")
        assert decisions.tally(app.catalog).accepted == 0
        await pilot.press("g", "x")
        assert decisions.tally(app.catalog) == decisions.Tally(1, 1)
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpScreen)
        drawn = "\n".join("".join(part.text for part in line) for line in app.screen._compositor.render_strips())
        assert any(line.split("Accept")[0].rstrip().endswith(" g") for line in drawn.splitlines() if "Accept" in line)


async def test_colours_are_kept(tmp_path: Path) -> None:
    """What was chosen is there after a restart; the settings win; what there is not is told."""
    workspace = make_workspace(tmp_path / "w", 1, previews=False)
    async with opened(workspace) as (app, _):
        assert app.theme == "textual-dark"
        app._set_theme("nord")
    async with opened(workspace) as (app, _):
        assert app.theme == "nord"
    with (workspace.root / "workspace.toml").open("a", encoding="utf-8") as file:
        file.write('[app]\ntheme = "no such"\n')
    async with opened(Workspace.open(workspace.root)) as (app, pilot):
        await until(pilot, lambda: "there are no colours no such" in status(app))
        assert app.theme == "textual-dark"


async def test_q_asks_only_while_work_runs(tmp_path: Path) -> None:
    """Without work q leaves at once; with work it asks, and Enter stays, which changes nothing."""
    workspace = make_workspace(tmp_path / "w", 1, previews=False)
    async with opened(workspace) as (app, pilot):
        app.work.running = True
        await pilot.press("q")
        assert len(app.screen_stack) == 2 and app.is_running
        await pilot.press("enter")
        await pilot.pause()
        assert len(app.screen_stack) == 1 and app._exit is False
        await pilot.press("q", "down", "enter")
        await pilot.pause()
        assert app._exit
    async with opened(workspace) as (app, pilot):
        await pilot.press("q")
        await pilot.pause()
        assert app._exit


async def test_vims_motions(tmp_path: Path) -> None:
    """j, k, ctrl+d, ctrl+u and G move the cursor of the library, and that of a table that has the focus."""
    workspace = make_workspace(tmp_path / "w", 40, previews=False)
    async with opened(workspace) as (app, pilot):
        browse = app.screen.browse
        await pilot.press("j", "j", "k")
        assert browse.cursor == 1
        await pilot.press("G")
        assert browse.cursor == len(browse.ids) - 1 == 79
        await pilot.press("ctrl+u")
        middle = browse.cursor
        assert 0 < middle < 79
        await pilot.press("ctrl+d")
        assert browse.cursor > middle
    async with opened(workspace, "cameras") as (app, pilot):
        table = app.screen.query_one(LongListing)
        await pilot.press("G")
        assert table.cursor_row == table.row_count - 1 > 0
        await pilot.press("k")
        assert table.cursor_row == table.row_count - 2
        await pilot.press("j")
        assert table.cursor_row == table.row_count - 1
        await pilot.press("home")
        assert table.cursor_row == 0
        await pilot.press("end")
        assert table.cursor_row == table.row_count - 1


@pytest.mark.parametrize("window", ["help", "told"])
async def test_vims_motions_in_windows(window: str, tmp_path: Path) -> None:
    """They scroll the list of keys and a window that tells, which do not reach the keys of all screens."""
    async with opened(make_workspace(tmp_path / "w", 1, previews=False), size=(80, 24)) as (app, pilot):
        if window == "help":
            await pilot.press("question_mark")
        else:
            app.push_screen(Told("many", [("", f"line {number}") for number in range(200)]))
        await until(pilot, lambda: len(app.screen_stack) == 2 and len(app.screen.query(VerticalScroll)) == 1)
        text = app.screen.query_one(VerticalScroll)
        await until(pilot, lambda: text.max_scroll_y > 20)
        for key, at in (("j", 1), ("j", 2), ("k", 1), ("G", text.max_scroll_y), ("g", 0)):
            await pilot.press(key)
            await until(pilot, lambda at=at: text.scroll_y == at)  # type: ignore[misc]
        await pilot.press("ctrl+d")
        await until(pilot, lambda: text.scroll_y > 5)
        await pilot.press("ctrl+u")
        await until(pilot, lambda: text.scroll_y == 0)


async def test_thousands_of_cameras_show_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only rows in view are made; the cursor goes to the last one, a click chooses, and a narrow window scrolls sideways."""
    workspace = Workspace.create(tmp_path / "w")
    with Catalog.open(workspace) as catalog, catalog.transaction():
        for number in range(3000):
            camera = catalog.connection.execute(
                "INSERT INTO camera (make, model, type, also) VALUES (?, ?, 'unknown', '[]')",
                (f"Maker{number % 7}", f"Model {number:04d}"),
            )
            catalog.connection.execute(
                "INSERT INTO photo_count VALUES ('camera', ?, ?)", (camera.lastrowid, 3000 - number)
            )
    made: list[int] = []
    cells = cameras._cells

    def counted_cells(camera: Camera, count: int) -> list[Text]:
        made.append(count)
        return cells(camera, count)

    monkeypatch.setattr(cameras, "_cells", counted_cells)
    async with opened(workspace, "cameras") as (app, pilot):
        table = app.screen.query_one(LongListing)
        assert table.row_count == 3000 and 0 < len(made) < 400
        await pilot.press("end")
        assert table.cursor_row == 2999 and len(made) < 800
        shown = str(table.render_line(table.size.height - 1).text)
        assert "Model 2999" in shown and "? unknown" in shown
        assert "make" in str(table.render_line(0).text)
        await pilot.click("#cameras", offset=(5, 3))
        assert table.cursor_row == int(table.scroll_offset.y) + 2
        await pilot.click("#cameras", offset=(5, 3))
        await until(pilot, lambda: bool(app.screen.query(OptionList)))
        await pilot.press("escape", "pageup", "pagedown", "home")
        assert table.cursor_row == 0 and int(table.scroll_offset.y) == 0


async def test_the_photos_of_a_camera(tmp_path: Path) -> None:
    """A key on the cameras screen shows them in the library, where Esc shows all again."""
    async with opened(make_workspace(tmp_path / "w", 3, previews=False), "cameras") as (app, pilot):
        await pilot.press("end", "p")
        await until(pilot, lambda: app.current_mode == "library" and len(app.screen.browse) == 3)
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen.browse) == 6)


async def test_settings_count_while_the_app_is_open(tmp_path: Path) -> None:
    """Keys, colours, names and camera types follow the file; one that cannot be used is named, and nothing changes."""
    workspace = make_workspace(tmp_path / "w", 3, previews=False)
    file = workspace.root / "workspace.toml"
    async with opened(workspace, "review") as (app, pilot):
        camera = '[[cameras]]\nmake = "NIKON CORPORATION"\nmodel = "NIKON D5500"\ntype = "mirrorless"\n'
        file.write_text(f'name = "pier"\n{camera}[app]\ntheme = "nord"\n[app.keys]\n"review.accept" = "g"\n')
        await until(pilot, lambda: "workspace.toml has changed" in status(app))
        assert app.theme == "nord" and "pier" in str(app.screen.query_one("#headline").render())
        assert {camera.type for camera, _ in app.catalog.cameras.listed()} == {
            CameraType.SMARTPHONE,
            CameraType.MIRRORLESS,
        }
        file.write_text('name = "pier"\nnme = "x"\n')
        await until(pilot, lambda: "nme is not a setting; name may be meant" in status(app))
        assert app.theme == "nord" and app.catalog.workspace.name == "pier"
        file.write_text('name = "quay"\n[app.keys]\n"review.accept" = "g"\n')
        await until(pilot, lambda: "workspace.toml has changed" in status(app))
        await pilot.press("g")
        await until(pilot, lambda: decisions.tally(app.catalog).accepted == 1)
        file.write_text('name = "quay"\n')
        await until(pilot, lambda: "workspace.toml has changed" in status(app))
        await pilot.press("g", "space")
        await until(pilot, lambda: decisions.tally(app.catalog).accepted == 2)


async def test_a_choice_is_filtered_by_what_is_typed(tmp_path: Path) -> None:
    """The text is seen, Enter takes the best of what it leaves, and nothing where it leaves nothing."""
    async with opened(make_workspace(tmp_path / "w", 3, previews=False), "cameras") as (app, pilot):
        for typed, left, taken in (
            ("sma", ["smartphone"], "smartphone"),
            ("scan", ["scanner", "film_scanner"], "scanner"),
        ):
            await pilot.press("t", *"zz", "enter", "ctrl+u", *typed)
            assert typed in str(app.screen.query_one("#typed").render())
            listed = app.screen.query_one(OptionList)
            assert [str(option.prompt) for option in listed.options] == left
            await pilot.press("enter")
            assert status(app).endswith(f"is now: {taken} · u undoes")
