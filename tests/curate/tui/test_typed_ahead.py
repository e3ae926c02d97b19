"""Keys that come faster than the app draws: each does what it does after all that were pressed before it."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input, Static

from curate.tui.app import CurateApp
from curate.tui.modes import ScreenName
from curate.tui.screens.library import LibraryScreen
from tests.curate.tui.test_app import opened, until
from tests.curate.tui.workspaces import make_workspace

_NAMED = {"/": "slash", " ": "space", "!": "exclamation_mark", "_": "underscore"}


def type_at_once(app: CurateApp, *keys: str) -> None:
    """Give the app keys as a terminal does that has them all in its buffer."""
    for key in keys:
        event = events.Key(_NAMED.get(key, key), key if len(key) == 1 else None)
        event.set_sender(app)
        assert app._driver is not None
        app._driver.send_message(event)


async def test_a_filter_typed_in_one_burst(tmp_path: Path) -> None:
    """The key that opens the window, the text, Enter, and what is pressed behind it."""
    async with opened(make_workspace(tmp_path / "w", 4, previews=False)) as (app, pilot):
        type_at_once(app, "/", *"nikon", "enter", "j", " ")
        await until(pilot, lambda: isinstance(app.screen, LibraryScreen) and len(app.screen.browse) == 4)
        screen = app.screen
        assert isinstance(screen, LibraryScreen)
        await until(pilot, lambda: len(screen.browse.chosen) == 1)


@pytest.mark.parametrize(
    ("start", "keys", "name", "text"),
    [
        ("library", ("i", *"abc"), "paths", "abc"),
        ("review", ("t", *"red door"), "text", "red door"),
        ("review", ("/", *"nikon", "down", *"12"), "least", "12"),
        ("set", ("e", *"mine"), "out", "mine"),
        ("home", ("i", "x", "escape", "i", *"abc"), "paths", "abc"),
    ],
)
async def test_every_form_takes_what_was_typed_ahead(
    tmp_path: Path, start: ScreenName, keys: tuple[str, ...], name: str, text: str
) -> None:
    """No key is lost, and none acts on the screen below."""
    async with opened(make_workspace(tmp_path / "w", 4, previews=False), start) as (app, pilot):
        screen = app.screen
        type_at_once(app, *keys)
        await until(pilot, lambda: app.screen is not screen and _text(app, name) == text)


def _status(app: CurateApp) -> str:
    assert app.in_view is not None
    return str(app.in_view.query_one("#status", Static).render())


def _text(app: CurateApp, name: str) -> str | None:
    lines = app.screen.query(f"#{name}").results(Input)
    return next((line.value for line in lines), None)


async def test_a_window_and_the_next(tmp_path: Path) -> None:
    """A key behind the one that closes a window belongs to the screen again."""
    async with opened(make_workspace(tmp_path / "w", 4, previews=False), "review") as (app, pilot):
        await _noted(app, pilot)
        type_at_once(app, "t", "!", "enter", "u")
        await until(pilot, lambda: _status(app).startswith("taken back: noted"))


async def _noted(app: CurateApp, pilot: Pilot[None]) -> None:
    type_at_once(app, "t", *"door", "enter")
    await until(pilot, lambda: _status(app).startswith("noted on"))


async def test_a_command_of_the_palette_and_its_form(tmp_path: Path) -> None:
    """The whole way to a decision on a form in one burst: palette, name, Enter, the text, Enter, and the screen after it."""
    async with opened(make_workspace(tmp_path / "w", 4, previews=False), "home") as (app, pilot):
        name = "Filter"
        type_at_once(app, "f1", "ctrl+p", *name, "enter", *"nikon", "enter", "j", " ")
        await until(pilot, lambda: isinstance(app.screen, LibraryScreen) and len(app.screen.browse.chosen) == 1)
