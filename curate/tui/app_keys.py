"""The keys that work on every screen."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from curate.tui.modes import SCREENS

KEYS: list[BindingType] = [
    *(place.binding for place in SCREENS.values()),
    Binding(
        "ctrl+p",
        "palette",
        "Menu",
        id="app.palette",
        key_display="^p",
        priority=True,
        tooltip="run a command by its name",
    ),
    Binding("j", "move('down')", "Down", id="app.down", show=False, tooltip="the next line, as the arrow"),
    Binding("k", "move('up')", "Up", id="app.up", show=False, tooltip="the line before, as the arrow"),
    Binding("ctrl+d", "move('page_down')", "Page down", id="app.page_down", show=False, tooltip="a page down"),
    Binding("ctrl+u", "move('page_up')", "Page up", id="app.page_up", show=False, tooltip="a page up"),
    Binding("G", "move('bottom')", "End", id="app.bottom", show=False, tooltip="the last line"),
    Binding(
        "W",
        "take_over",
        "Write here",
        id="app.take_over",
        show=False,
        tooltip="write in this window, where another one wrote and has closed",
    ),
    Binding(
        "ctrl+z",
        "to_the_shell",
        "Shell",
        id="app.shell",
        show=False,
        tooltip="back to the shell, where fg comes back here",
    ),
    Binding("escape", "stop_work", "Stop", id="app.stop", show=False, tooltip="stop running work"),
    Binding("question_mark", "help", "Help", id="app.help", key_display="?", tooltip="all keys of this screen"),
    Binding("q", "quit", "Quit", id="app.quit", tooltip="quit; every decision is already saved"),
]
