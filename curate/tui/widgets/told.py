"""A small window that tells something in lines of a name and a text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.table import Table
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Label, Static

from curate.tui.guarded import TextWindow, scrolling
from curate.tui.shown import folded, shown


class Told(TextWindow):
    """Lines of a name and a text, which scroll."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,q", "dismiss(None)", "Close", id="told.close", tooltip="back to the screen"),
        *scrolling("told"),
    ]

    def __init__(self, title: str, lines: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._title, self._lines = title, lines

    def compose_content(self) -> ComposeResult:
        named = any(name for name, _ in self._lines)
        table = Table.grid(padding=(0, 2))
        table.add_column(min_width=12 if named else 0)
        table.add_column(ratio=1)
        for name, text in self._lines:
            table.add_row(shown(name, "dim", missing=""), folded(text))
        with VerticalScroll(classes="dialog broad"):
            yield Label(self._title, markup=False, classes="question")
            yield Static(table)
