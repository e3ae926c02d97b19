"""The keys that work on every screen."""

from __future__ import annotations

from textual.binding import Binding, BindingType

KEYS: list[BindingType] = [
    Binding(
        "f1",
        "switch_mode('library')",
        "Library",
        id="app.library",
        show=False,
        tooltip="the photos and their labels",
    ),
    Binding("f2", "switch_mode('review')", "Review", id="app.review", show=False, tooltip="decide pairs"),
    Binding("f3", "switch_mode('cameras')", "Cameras", id="app.cameras", show=False, tooltip="cameras and their types"),
    Binding(
        "f4",
        "switch_mode('clocks')",
        "Clocks",
        id="app.clocks",
        show=False,
        tooltip="how far the clocks of two cameras differ",
    ),
    Binding(
        "f5",
        "switch_mode('copies')",
        "Copies",
        id="app.copies",
        show=False,
        tooltip="copies of photos, and which copy is kept",
    ),
    Binding(
        "f6",
        "switch_mode('flickr')",
        "Flickr",
        id="app.flickr",
        show=False,
        tooltip="search Flickr and harvest photos",
    ),
    Binding(
        "f7",
        "switch_mode('set')",
        "Set",
        id="app.set",
        show=False,
        tooltip="what a set would hold, before it is written",
    ),
    Binding(
        "f8",
        "switch_mode('runs')",
        "Runs",
        id="app.runs",
        show=False,
        tooltip="evaluations, their figures and reports",
    ),
    Binding(
        "f9", "switch_mode('log')", "Log", id="app.log", show=False, tooltip="who decided what, and undo from there"
    ),
    Binding("f10", "switch_mode('home')", "Home", id="app.home", show=False, tooltip="what waits, and the next step"),
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
