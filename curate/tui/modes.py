"""The app's screens by name. A screen's module is loaded when the screen is first shown, so that a start loads one alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from curate.tui.screens.base import CurateScreen

ScreenName = Literal["home", "library", "review", "cameras", "clocks", "copies", "flickr", "set", "runs", "log"]


def _home() -> type[CurateScreen]:
    from curate.tui.screens.home import HomeScreen

    return HomeScreen


def _library() -> type[CurateScreen]:
    from curate.tui.screens.library import LibraryScreen

    return LibraryScreen


def _review() -> type[CurateScreen]:
    from curate.tui.screens.review import ReviewScreen

    return ReviewScreen


def _cameras() -> type[CurateScreen]:
    from curate.tui.screens.cameras import CamerasScreen

    return CamerasScreen


def _clocks() -> type[CurateScreen]:
    from curate.tui.screens.clocks import ClocksScreen

    return ClocksScreen


def _copies() -> type[CurateScreen]:
    from curate.tui.screens.copies import CopiesScreen

    return CopiesScreen


def _flickr() -> type[CurateScreen]:
    from curate.tui.screens.harvest import HarvestScreen

    return HarvestScreen


def _set() -> type[CurateScreen]:
    from curate.tui.screens.sets import SetScreen

    return SetScreen


def _runs() -> type[CurateScreen]:
    from curate.tui.screens.runs import RunsScreen

    return RunsScreen


def _log() -> type[CurateScreen]:
    from curate.tui.screens.log import LogScreen

    return LogScreen


SCREENS: dict[ScreenName, Callable[[], type[CurateScreen]]] = {
    "home": _home,
    "library": _library,
    "review": _review,
    "cameras": _cameras,
    "clocks": _clocks,
    "copies": _copies,
    "flickr": _flickr,
    "set": _set,
    "runs": _runs,
    "log": _log,
}
"""Name of a screen -> a function that loads and returns its class."""
