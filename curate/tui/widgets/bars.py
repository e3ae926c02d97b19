"""A bar chart of counts."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text
from textual.app import RenderResult
from textual.widget import Widget

from curate.tui.shown import shown

_NAME, _COUNT = 12, 7


class Bars(Widget):
    """A title and one bar per value, the longest for the largest count; the last line sums up the values that do not fit."""

    DEFAULT_CSS = "Bars { height: auto; width: 100%; }"

    def __init__(self, title: str, *, most: int, id: str) -> None:
        super().__init__(id=id)
        self._title, self._most = title, most
        self._counts: list[tuple[str | None, int]] = []

    def show(self, counts: Sequence[tuple[str | None, int]]) -> None:
        """Show these counts in this order."""
        self._counts = list(counts)
        self.refresh(layout=True)

    def render(self) -> RenderResult:
        table = Table.grid(padding=(0, 1))
        table.title = Text(self._title, "bold")
        table.title_justify = "left"
        table.expand = True
        table.add_column(width=_NAME)
        table.add_column(justify="right", width=_COUNT)
        table.add_column(ratio=1)
        room = max(1, self.size.width - _NAME - _COUNT - 3)
        rows, rest = self._counts[: self._most], self._counts[self._most :]
        largest = max((count for _, count in self._counts), default=0)
        for value, count in rows:
            table.add_row(
                shown(value, missing="none"), Text(f"{count:,}"), Text(_bar(count, largest, room), "bright_cyan")
            )
        if rest:
            table.add_row(
                Text(f"{len(rest)} more", "dim"), Text(f"{sum(count for _, count in rest):,}", "dim"), Text("")
            )
        if not self._counts:
            table.add_row(Text("nothing yet", "dim"), Text(""), Text(""))
        return table


def _bar(count: int, largest: int, room: int) -> str:
    return "━" * max(1, round(room * count / largest)) if count else ""
