"""The app's screens: a line for each. Keys, palette, modes and docs derive from it.

A screen's module is loaded when the screen is first shown, so that a start loads one alone.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Literal, get_args

from textual.binding import Binding

from curate.tui.screens.base import CurateScreen

ScreenName = Literal["library", "review", "cameras", "clocks", "copies", "flickr", "set", "runs", "log", "home"]


@dataclass(frozen=True, slots=True)
class Place:
    """A screen, without its module.

    Attributes:
        name: of the mode.
        key: goes there from every screen.
        tooltip: what it shows.
        module: `module:class` in `curate.tui.screens`.
        command: its name in the palette, if that is not its own.
    """

    name: ScreenName
    key: str
    tooltip: str
    module: str
    command: str = ""

    @property
    def title(self) -> str:
        """The name of the screen for the user."""
        return self.name.capitalize()

    @property
    def binding(self) -> Binding:
        """The key that goes there."""
        action = f"switch_mode('{self.name}')"
        return Binding(self.key, action, self.title, id=f"app.{self.name}", show=False, tooltip=self.tooltip)

    def load(self) -> type[CurateScreen]:
        """Return the screen's class."""
        module, _, name = self.module.partition(":")
        screen: type[CurateScreen] = getattr(importlib.import_module(f"curate.tui.screens.{module}"), name)
        return screen


_PLACES = (
    Place("library", "f1", "the photos and their labels", "library:LibraryScreen"),
    Place("review", "f2", "decide the waiting pairs", "review:ReviewScreen", "Review pairs"),
    Place("cameras", "f3", "cameras and their types, unknown ones first", "cameras:CamerasScreen"),
    Place("clocks", "f4", "how far the clocks of two cameras differ", "clocks:ClocksScreen"),
    Place("copies", "f5", "copies of photos, and which copy is kept", "copies:CopiesScreen"),
    Place("flickr", "f6", "search Flickr and harvest photos", "harvest:HarvestScreen"),
    Place("set", "f7", "what a set would hold, before it is written", "sets:SetScreen"),
    Place("runs", "f8", "evaluations, their figures and reports", "runs:RunsScreen"),
    Place("log", "f9", "who decided what, and undo from there", "log:LogScreen"),
    Place("home", "f10", "what waits, and the next step", "home:HomeScreen"),
)

SCREENS: dict[str, Place] = {place.name: place for place in _PLACES}
"""Name of a mode -> its screen."""

assert set(SCREENS) == set(get_args(ScreenName))
