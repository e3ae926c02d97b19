"""The palette and the forms, driven by keys."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Label, OptionList, Static
from textual.widgets._footer import FooterKey

from curate.catalog import decisions
from curate.tui.commands import fixed
from curate.tui.screens.palette import PaletteScreen
from curate.tui.widgets.prompt import AskForm, Line
from curate.workspace import Workspace
from tests.curate.tui.test_app import opened, status, until
from tests.curate.tui.workspaces import make_workspace


def keys(text: str) -> list[str]:
    """The keys that type a text."""
    return ["space" if char == " " else char for char in text]


async def test_every_action_of_a_screen_is_listed(tmp_path: Path) -> None:
    """The fixed names first, then what the screen has besides."""
    async with opened(make_workspace(tmp_path / "w", 2, previews=False)) as (app, pilot):
        for screen, more in (
            ("f1", {"Filter", "Mark", "Pair", "Forget", "Flickr"}),
            ("f2", {"Accept", "Reject", "Matches", "Skip"}),
        ):
            await pilot.press(screen, "ctrl+p")
            palette = app.screen
            assert isinstance(palette, PaletteScreen)
            names = [name for name, _ in palette._found]
            assert names[: len(fixed())] == [one.name for one in fixed()] and more <= {*names}
            await pilot.press("escape")


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_names_keys_and_words_stand_apart(tmp_path: Path, size: tuple[int, int]) -> None:
    """A wide window has columns, and room for what each command does."""
    async with opened(make_workspace(tmp_path / "w", 2, previews=False), "log", size=size) as (app, pilot):
        await pilot.press("ctrl+p")
        palette = app.screen
        assert isinstance(palette, PaletteScreen)
        commands = [one for _, one in palette._names]
        lines = {one.name: str(palette.line(one.name, one)) for one in commands}
        for one in commands:
            assert f"{one.name}  " in lines[one.name] and f"{one.keys}  " in lines[one.name]
        assert "b Enter  take back this step" in lines["Back to here"]
        room = palette.query_one(OptionList).size.width
        assert room >= size[0] - 12
        if size[0] == 120:
            assert all(len(line) <= room for line in lines.values())
            assert len({lines[one.name].index(one.tooltip) for one in commands}) == 1


async def test_keys_edit_and_choose(tmp_path: Path) -> None:
    """Backspace, a word and all are deleted; arrows choose; a text that means nothing runs nothing."""
    async with opened(make_workspace(tmp_path / "w", 2, previews=False)) as (app, pilot):
        await pilot.press("ctrl+p", *keys("review pairsx"), "backspace")
        assert "review pairs" in str(app.screen.query_one("#typed", Static).render())
        await pilot.press("ctrl+w", "ctrl+u", *keys("nothing like"), "enter")
        assert isinstance(app.screen, PaletteScreen)
        downs = [one.name for one in fixed()].index("Review pairs")
        await pilot.press("ctrl+u", *["down"] * downs, "up", "down", "enter")
        assert app.current_mode == "review"
        await pilot.press("ctrl+p", *keys("cam"))
        app.screen.query_one(OptionList).action_select()
        await until(pilot, lambda: app.current_mode == "cameras")


async def test_commands_run_on_the_screen_below(tmp_path: Path) -> None:
    """A decision is made, taken back and repeated by names alone; the keys and the colours are shown."""
    async with opened(make_workspace(tmp_path / "w", 2, previews=False), "review") as (app, pilot):
        for name, accepted in (("Accept", 1), ("Undo", 0), ("Redo", 1), ("Undo", 0)):
            await pilot.press("ctrl+p", *keys(name), "enter")
            assert decisions.tally(app.catalog).accepted == accepted
        await pilot.press("ctrl+p", *keys("Keys"), "enter", "ctrl+p", *keys("Theme"), "enter", "enter")
        assert status(app) == f"colours: {app.theme}"
        for name, mode in (("Runs", "runs"), ("Home", "home"), ("Flickr", "flickr"), ("Review pairs", "review")):
            await pilot.press("ctrl+p", *keys(name), "enter")
            assert app.current_mode == mode
        await pilot.press("ctrl+p", *keys("Quit"), "enter")
    assert app.return_code == 0


async def test_a_refused_form_keeps_what_was_typed(tmp_path: Path) -> None:
    """The reason stands below; Tab completes and goes on; what work failed with is filled in again."""
    (tmp_path / "holiday" / "deep").mkdir(parents=True)
    async with opened(Workspace.create(tmp_path / "w")) as (app, pilot):
        await pilot.press("ctrl+p", *keys("Ingest photos"), "enter", *keys(f"{tmp_path}/none"), "enter")
        assert isinstance(app.screen, AskForm)
        assert "Check the spelling" in str(app.screen.query_one(".problem").render())
        line = app.screen.query_one("#paths", Input)
        assert line.value == f"{tmp_path}/none"
        await pilot.press("ctrl+u", *keys(f"{tmp_path}/hol"), "tab")
        assert line.value == f"{tmp_path}/holiday/"
        await pilot.press("tab", "tab")
        assert line.value == f"{tmp_path}/holiday/deep/" and app.focused is not line
        await pilot.press("shift+tab", "backspace", "tab")
        assert line.value == f"{tmp_path}/holiday/deep" and app.focused is not line
        await pilot.press("shift+tab", "enter")
        await until(pilot, lambda: "there is no photo in that folder" in status(app))
        await pilot.press("ctrl+p", *keys("Export set"), "enter", *keys("exports/mine"), "enter")
        await until(pilot, lambda: "nothing to export" in status(app))
        await pilot.press("ctrl+p", *keys("Export set"), "enter")
        assert app.screen.query_one("#out", Input).value == "exports/mine"


async def test_what_was_typed_into_a_line_stays(tmp_path: Path) -> None:
    """What is filled in is replaced by typing, also in part; a line that a person came back to is not. Tab leaves it alone."""
    async with opened(make_workspace(tmp_path / "w", 1, previews=False)) as (app, pilot):
        await pilot.press("i")
        folder, labels, _ = app.screen.query(Line)
        filled = folder.value
        await pilot.press("tab")
        assert folder.value == filled and app.focused is labels
        await pilot.press(*keys(f"{tmp_path}/lab"), "up", "down", *keys("els.csv"))
        assert labels.value == f"{tmp_path}/labels.csv"
        await pilot.press("escape", "f1", "e", *keys("bridge"), "down", *keys("scene"))
        assert [line.value for line in app.screen.query(Line)] == ["bridge", "scene"]


async def test_the_palette_closes_a_dialog(tmp_path: Path) -> None:
    """What was confirmed before it counts."""
    async with opened(make_workspace(tmp_path / "w", 2, previews=False)) as (app, pilot):
        await pilot.press("slash", *keys("nikon"), "ctrl+p")
        assert isinstance(app.screen, PaletteScreen)
        await pilot.press("escape")
        assert len(app.screen_stack) == 1
        await pilot.press("slash", *keys("nikon"), "enter", "ctrl+p", *keys("Review pairs"), "enter")
        assert app.current_mode == "review"


async def test_a_small_window_runs_nothing(tmp_path: Path) -> None:
    """Neither the palette nor a form opens, and no work begins."""
    async with opened(make_workspace(tmp_path / "w", 2, previews=False), "review", size=(60, 20)) as (app, pilot):
        await pilot.press("ctrl+p", *keys("Accept"), "enter", "escape")
        await pilot.press("f1", "i", "f")
        assert len(app.screen_stack) == 1 and decisions.tally(app.catalog).accepted == 0 and not app.work.running


def test_a_page_is_opened_where_there_is_a_browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The browser that BROWSER names is given the address; one that needs the terminal is not started."""
    page, seen, taken = tmp_path / "report.html", tmp_path / "seen", tmp_path / "taken"
    for name, body in (("browser", f'printf %s "$1" > {seen}'), ("w3m", f"touch {taken}")):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\n{body}\n")
        program.chmod(0o755)
    code = "import sys, pathlib; from curate.tui.browser import open_page; print(open_page(pathlib.Path(sys.argv[1])))"
    for name, opens in (("browser", "True"), ("w3m", "False")):
        monkeypatch.setenv("BROWSER", str(tmp_path / name))
        done = subprocess.run([sys.executable, "-c", code, str(page)], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == opens
    end = time.monotonic() + 20
    while not (seen.exists() and seen.read_text()):
        assert time.monotonic() < end
        time.sleep(0.05)
    assert seen.read_text() == page.as_uri() and not taken.exists()


async def test_windows_by_mouse(tmp_path: Path) -> None:
    """A click on a key of the footer presses it; a click beside a window closes it, unless something was typed."""
    async with opened(make_workspace(tmp_path / "w", 2, previews=False), size=(100, 40)) as (app, pilot):
        for key in ("ctrl+p", "question_mark", "i"):
            await pilot.press(key)
            assert len(app.screen_stack) == 2, key
            await pilot.click(offset=(2, 2))
            assert len(app.screen_stack) == 1, key
        await pilot.press("i", "x")
        await pilot.click(offset=(2, 2))
        assert isinstance(app.screen, AskForm)
        await click_on(pilot, "Confirm")
        assert (
            isinstance(app.screen, AskForm) and app.screen.query_one(".problem", Label).content
        )  # the click confirmed
        await click_on(pilot, "Cancel")
        assert len(app.screen_stack) == 1
        await pilot.press("ctrl+p", *keys("Cameras"))
        await click_on(pilot, "Choose")
        assert app.current_mode == "cameras"
        await pilot.press("f1", "e")
        await click_on(pilot, "Cancel")
        assert len(app.screen_stack) == 1


async def click_on(pilot: Pilot[object], name: str) -> None:
    """Click on a key of the footer by its name."""
    key = next(key for key in pilot.app.screen.query(FooterKey) if key.description == name)
    await pilot.click(key)
    await pilot.pause(0.2)
