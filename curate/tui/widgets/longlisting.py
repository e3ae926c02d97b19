"""A table of thousands of rows: a row's cells are made when it comes into view."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from curate.tui.widgets.listing import MOST, Column, shared

_PAD = 1
"""Blank characters on each side of a cell."""

Cells = Callable[[int], Sequence[Text]]
"""Returns the cells of a row."""


class LongListing(ScrollView, can_focus=True, inherit_bindings=False):
    """A table with a cursor, under titles that stay in view. Columns share the width as those of `Listing`."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"rows--titles", "rows--cursor", "rows--odd"}
    DEFAULT_CSS = """
    LongListing { height: 1fr; scrollbar-size: 1 1; overflow: auto; background: $surface; }
    LongListing > .rows--titles { background: $panel; text-style: bold; }
    LongListing > .rows--cursor { background: $block-cursor-background; color: $block-cursor-foreground; text-style: bold; }
    LongListing > .rows--odd { background: $surface-lighten-1 50%; }
    LongListing:nocolor > .rows--cursor { text-style: bold reverse; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "cursor_up", "Up", show=False),
        Binding("down", "cursor_down", "Down", show=False),
        Binding("pageup", "page_up", "Page up", show=False),
        Binding("pagedown", "page_down", "Page down", show=False),
        Binding("home,ctrl+home", "top", "Top", show=False),
        Binding("end,ctrl+end", "bottom", "Bottom", show=False),
        Binding("left", "scroll_left", "Left", show=False),
        Binding("right", "scroll_right", "Right", show=False),
    ]

    @dataclass
    class Chosen(Message):
        """The row under the cursor was clicked on."""

        row: int

    def __init__(self, columns: Sequence[Column], *, id: str) -> None:
        super().__init__(id=id)
        self._columns = tuple(columns)
        self._cells: Cells = lambda _: ()
        self._wanted: Sequence[int] = [len(column.title) for column in columns]
        self._widths: list[int] = []
        self.row_count = self.cursor_row = 0

    def list(self, rows: int, cells: Cells, wanted: Sequence[int]) -> None:
        """Show other rows; the cursor stays where it is, as far as there are rows.

        Args:
            rows: how many.
            cells: returns the cells of one.
            wanted: the width of the widest cell of each column.
        """
        self.row_count, self._cells = rows, cells
        self._wanted = [max(len(one.title), min(MOST, width)) for one, width in zip(self._columns, wanted, strict=True)]
        self._fit()
        self.move_cursor(self.cursor_row)
        self.refresh()

    def cells(self, row: int) -> Sequence[Text]:
        """Return the cells of a row."""
        return self._cells(row)

    def _fit(self) -> None:
        around = 2 * _PAD
        room = self.outer_size.width - self.styles.scrollbar_size_vertical
        least = [column.least + around for column in self._columns]
        self._widths = shared([width + around for width in self._wanted], least, room)
        self.virtual_size = Size(sum(self._widths), self.row_count + 1)

    def on_resize(self, _event: events.Resize) -> None:
        """Fit the columns to the new width."""
        self._fit()
        self.move_cursor(self.cursor_row)

    def render_line(self, y: int) -> Strip:
        """Draw the titles, or a row."""
        base, left = self.rich_style, int(self.scroll_offset.x)
        row = y - 1 + int(self.scroll_offset.y)
        if y and row >= self.row_count:
            return Strip.blank(self.size.width, base)
        if y == 0:
            style = base + self.get_component_rich_style("rows--titles", partial=True)
            cells: Sequence[Text] = [
                Text(one.title, justify="right" if one.numeric else "left") for one in self._columns
            ]
        else:
            style = base + self._style_of(row)
            cells = self._cells(row)
        segments: list[Segment] = []
        for cell, width in zip(cells, self._widths, strict=True):
            text = cell.copy()
            text.truncate(width - 2 * _PAD, overflow="ellipsis")
            text.align("right" if cell.justify == "right" else "left", width - 2 * _PAD)
            text.pad(_PAD)
            text.end = ""
            segments += Segment.apply_style(text.render(self.app.console), style)
        return Strip(segments).crop_extend(left, left + self.size.width, style)

    def _style_of(self, row: int) -> Style:
        if row == self.cursor_row:
            return self.get_component_rich_style("rows--cursor", partial=True)
        return self.get_component_rich_style("rows--odd", partial=True) if row % 2 else Style.null()

    # --- the cursor

    def move_cursor(self, row: int) -> None:
        """Put the cursor on a row, or on the nearest there is, and bring it into view."""
        before, self.cursor_row = self.cursor_row, max(0, min(row, self.row_count - 1))
        top, seen = int(self.scroll_offset.y), self.size.height - 1
        if seen > 0 and not top <= self.cursor_row < top + seen:
            self.scroll_to(
                y=self.cursor_row if self.cursor_row < top else self.cursor_row - seen + 1,
                animate=False, force=True, immediate=True,
            )  # fmt: skip
        for one in {before, self.cursor_row}:
            y = one + 1 - int(self.scroll_offset.y)
            if 0 < y < self.size.height:
                self.refresh(Region(0, y, self.size.width, 1))

    def action_cursor_up(self) -> None:
        """One row up."""
        self.move_cursor(self.cursor_row - 1)

    def action_cursor_down(self) -> None:
        """One row down."""
        self.move_cursor(self.cursor_row + 1)

    def action_page_up(self) -> None:
        """As many rows up as are in view."""
        self.move_cursor(self.cursor_row - max(1, self.size.height - 1))

    def action_page_down(self) -> None:
        """As many rows down as are in view."""
        self.move_cursor(self.cursor_row + max(1, self.size.height - 1))

    def action_top(self) -> None:
        """To the first row."""
        self.move_cursor(0)

    def action_bottom(self) -> None:
        """To the last row."""
        self.move_cursor(self.row_count - 1)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the row that was clicked on; choose it where the cursor was there already."""
        place = event.get_content_offset(self)
        row = -1 if place is None else place.y - 1 + int(self.scroll_offset.y)
        if place is None or place.y == 0 or not 0 <= row < self.row_count:
            return
        if row == self.cursor_row:
            self.post_message(self.Chosen(row))
        self.move_cursor(row)
