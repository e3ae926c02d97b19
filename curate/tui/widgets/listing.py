"""A table whose columns share the available width."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.widgets import DataTable

from tracer.base.text import cut_at_word

MOST = 60
"""Largest width of a column in characters, unless the column says otherwise; a longer cell is cut."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column.

    Attributes:
        title: its title.
        least: its smallest width in characters.
        numeric: whether it holds numbers, which are right-aligned.
        keeps: which part of a cell stays where the column is narrower: its start, its end (of a path), both, or whole words.
        most: its largest width in characters.
    """

    title: str
    least: int
    numeric: bool = False
    keeps: Literal["start", "end", "both", "words"] = "start"
    most: int = MOST


class Listing(DataTable[Text]):
    """A table with a cursor. Columns are as wide as their cells if the window is wide enough.

    Otherwise the first columns, as many as fit at their smallest width, fill the window, and → scrolls to the others.
    """

    def __init__(self, columns: Sequence[Column], *, id: str, zebra_stripes: bool = True) -> None:
        super().__init__(id=id, cursor_type="row", zebra_stripes=zebra_stripes)
        self._of = tuple(columns)
        self._widths: list[int] = []
        self._cells: list[Sequence[Text]] = []

    def list(self, rows: Iterable[Sequence[Text]], row: int | None = None) -> None:
        """Show these rows. `row` is the row of the cursor; by default the cursor stays."""
        cells = self._cells = list(rows)
        row = self.cursor_row if row is None else row
        wanted = [
            min(column.most, max([len(column.title), *(cell.cell_len for cell in column_cells)]))
            for column, *column_cells in zip(self._of, *cells, strict=True)
        ]
        room, around = self.outer_size.width - self.styles.scrollbar_size_vertical, 2 * self.cell_padding
        least = [column.least + around for column in self._of]
        widths = [width - around for width in shared([width + around for width in wanted], least, room)]
        self.clear(columns=widths != self._widths)
        if widths != self._widths:
            self._widths = widths
            for column, width in zip(self._of, widths, strict=True):
                self.add_column(Text(column.title, justify="right" if column.numeric else "left"), width=width)
        self.add_rows(
            [_cut(cell, width, column.keeps) for cell, width, column in zip(row_cells, widths, self._of, strict=True)]
            for row_cells in cells
        )
        self.move_cursor(row=min(row, max(0, self.row_count - 1)))

    def action_scroll_home(self) -> None:
        """Go to the first row."""
        self.move_cursor(row=0)

    def action_scroll_end(self) -> None:
        """Go to the last row."""
        self.move_cursor(row=self.row_count - 1)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave Enter to the screen if there are no rows; the screen says that there is nothing to choose."""
        return super().check_action(action, parameters) if self.row_count or action != "select_cursor" else False

    def on_mount(self) -> None:
        """Show the titles."""
        self.list([])

    def on_resize(self, _event: events.Resize) -> None:
        """Fit the columns to the new width."""
        self.list(self._cells)


def _cut(cell: Text, width: int, keeps: str) -> Text:
    """Return a cell that fits into a column; one that keeps its start is cut where it is drawn.

    >>> [_cut(Text("/photos/city/one", overflow="ellipsis"), 10, keeps).plain for keeps in ("start", "end", "both")]
    ['/photos/city/one', '…/city/one', '/pho…y/one']
    >>> _cut(Text("its data end early"), 15, "words").plain
    'its data end…'
    """
    if keeps == "start" or cell.cell_len <= width:
        return cell
    if keeps == "words":
        return worded(cell, width)
    head = 0 if keeps == "end" else (width - 1) // 2
    left = cell.copy()
    left.truncate(head, overflow="crop")
    right = cell[-(width - 1 - head) :]
    while right.cell_len > width - 1 - head:
        right = right[1:]
    return left + Text("…", cell.style) + right


def worded(text: Text, width: int) -> Text:
    """Return a text of at most `width` cells, cut behind a word."""
    plain = cut_at_word(text.plain, width)
    while cell_len(plain) > width:
        plain = cut_at_word(text.plain, len(plain) - 1)
    return text if plain == text.plain else text[: len(plain) - 1] + Text("…", text.style)


def shared(wanted: Sequence[int], least: Sequence[int], room: int) -> list[int]:
    """Return the widths of columns in characters.

    Each column gets its wanted width if all fit. Otherwise the first columns, as many as fit at their least width, share the
    room, the narrowest growing first; the others, which are scrolled to, get their wanted width.

    Args:
        wanted: the wanted width of each column.
        least: the smallest width of each column.
        room: the available width.
    """
    widths = [min(pair) for pair in zip(wanted, least, strict=True)]
    first = len(widths)
    while first > 1 and sum(widths[:first]) > room:
        first -= 1
    left = room - sum(widths[:first])
    while left > 0 and (short := [at for at in range(first) if widths[at] < wanted[at]]):
        widths[min(short, key=widths.__getitem__)] += 1
        left -= 1
    if first < len(widths):
        widths[first - 1] += max(0, left)
    return widths[:first] + list(wanted[first:])
