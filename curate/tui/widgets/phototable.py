"""The photos as a table, which draws only the rows in view."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from curate.catalog.browsing import Order, SortKey
from curate.catalog.labels import LabelRow
from curate.photos.facts import Status
from curate.tui.browse import Browse
from curate.tui.shown import file_name, shown
from curate.tui.widgets.listing import MOST, shared
from curate.tui.widgets.photoscroll import PhotoScroll

GUTTER = 4
"""Characters before the columns: the cursor, whether the photo is chosen, and its mark."""

_MEASURED = 100
"""Rows that the widths of the columns are taken from."""


@dataclass(frozen=True, slots=True)
class PhotoColumn:
    """A column.

    Attributes:
        title: its title.
        least: its smallest width in characters.
        key: what a click on its title sorts by.
        cell: returns its text for a photo.
    """

    title: str
    least: int
    key: SortKey
    cell: Callable[[LabelRow], Text]


def _photo(row: LabelRow) -> Text:
    name = file_name(str(row["path"]), str(row["status"]))
    if row["status"] in (Status.OK, Status.LISTED, Status.GONE):
        return name
    return Text.assemble(("✗ ", "red"), name)


def _camera(row: LabelRow) -> Text:
    names = [str(row[key]) for key in ("make_normalized", "model_normalized") if row[key]]
    return shown(" ".join(names) or None)


def _pixels(row: LabelRow) -> Text:
    return shown(f"{row['width']}×{row['height']}" if row["width"] and row["height"] else None)


COLUMNS = (
    PhotoColumn("photo", 19, SortKey.PATH, _photo),
    PhotoColumn("camera", 12, SortKey.CAMERA, _camera),
    PhotoColumn("type", 10, SortKey.TYPE, lambda row: shown(row["camera_type"] if row["Make"] or row["Model"] else None)),
    PhotoColumn("taken", 16, SortKey.TAKEN, lambda row: shown((row["taken_at"] or "").replace("T", " ")[:16] or None)),
    PhotoColumn("pixels", 9, SortKey.PIXELS, _pixels),
    PhotoColumn("pair", 6, SortKey.PAIR, lambda row: shown(row["subject_idx"])),
    PhotoColumn("semantic label", 10, SortKey.SEMANTIC, lambda row: shown(row["semantic_label"])),
    PhotoColumn("folder", 20, SortKey.PATH, lambda row: shown(os.path.dirname(str(row["path"])) or None)),
)  # fmt: skip
SORT_KEYS = tuple(dict.fromkeys(column.key for column in COLUMNS))


class PhotoTable(PhotoScroll):
    """The photos, one a line. Columns that do not fit are reached with → .

    Attributes:
        marked: row IDs of the photos that are marked for a pair.
    """

    def __init__(self, browse: Browse, *, id: str) -> None:
        super().__init__(browse, id=id)
        self.marked: list[int] = []
        self._shift = 0
        self._widths: list[tuple[PhotoColumn, int]] = []

    @dataclass
    class Columns(Message):
        """The columns in view, or their widths, changed."""

    @property
    def columns(self) -> list[tuple[PhotoColumn, int]]:
        """The columns in view with their widths."""
        return self._widths

    def fit(self) -> None:
        """Take the length of the list over, and fit the columns to the first rows in view."""
        super().fit()
        room = self.size.width - GUTTER
        start = min(self.in_view.start, max(0, len(self.browse) - 1))
        rows = [row for at in range(start, min(len(self.browse), start + _MEASURED)) if (row := self.browse.row(at))]
        shift = min(self._shift, len(COLUMNS) - 2)
        columns = [COLUMNS[0], *COLUMNS[1 + shift :]]
        wanted = [
            min(MOST, max([len(one.title) + 1, *(one.cell(row).cell_len for row in rows)])) + 1 for one in columns
        ]
        widths = column_widths(wanted, [one.least + 1 for one in columns], room)
        self._widths = list(zip(columns, (width - 1 for width in widths), strict=False))
        self.post_message(self.Columns())

    def shift(self, by: int) -> None:
        """Show the columns further right or left."""
        hidden = self._widths and self._widths[-1][0] is not COLUMNS[-1]
        self._shift = max(0, self._shift + (by if by < 0 or hidden else 0))
        self.show_list()

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        at = y + int(self.scroll_offset.y)
        base = self.rich_style
        row = self.browse.row(at) if at < len(self.browse) else None
        if row is None:
            return Strip.blank(self.size.width, base)
        photo, here = self.browse.ids[at], at == self.browse.cursor
        style = base + self._style_of(at, photo, here)
        gutter = ("►" if here else " ") + ("■" if photo in self.browse.chosen else " ") + self._mark(photo, row) + " "
        segments = [Segment(gutter, style + Style(bold=True))]
        for column, width in self._widths:
            text = column.cell(row)
            text.truncate(width, overflow="ellipsis", pad=True)
            segments += list(Segment.apply_style(text.render(self.app.console), style))
            segments.append(Segment(" ", style))
        return Strip(segments).adjust_cell_length(self.size.width, style)

    def _style_of(self, at: int, photo: int, here: bool) -> Style:
        if here:
            return self.get_component_rich_style("photos--cursor", partial=True)
        if photo in self.browse.chosen:
            return self.get_component_rich_style("photos--chosen", partial=True)
        return self.get_component_rich_style("photos--odd", partial=True) if at % 2 else Style.null()

    def _mark(self, photo: int, row: LabelRow) -> str:
        return "●" if photo in self.marked else "✓" if row["subject_idx"] is not None else " "


def column_widths(wanted: Sequence[int], least: Sequence[int], room: int) -> list[int]:
    """Return the widths of the first columns, as many as there is room for; the others are not shown.

    The first two, the photo's name and its camera, are shown whole before a fifth column is.

    Args:
        wanted: the wanted width of each column.
        least: the smallest width of each column.
        room: the available width.

    >>> column_widths([40, 10, 10, 10, 10, 10], [10] * 6, 80), column_widths([60, 10, 10, 10, 10, 10], [10] * 6, 60)
    ([40, 10, 10, 10, 10], [30, 10, 10, 10])
    """
    fit = max(n for n in range(1, len(wanted) + 1) if n == 1 or sum(map(min, wanted[:n], least[:n])) <= room)
    whole = [n for n in range(4, fit + 1) if sum(wanted[:2]) + sum(map(min, wanted[2:n], least[2:n])) <= room]
    count = max(whole, default=min(fit, 4))
    return shared(wanted[:count], least[:count], room)


class TableHeading(Widget):
    """The titles of the columns; a click on one sorts by it. The one that is sorted by has an arrow."""

    DEFAULT_CSS = "TableHeading { height: 1; width: 100%; background: $panel; text-style: bold; }"

    @dataclass
    class Sorted(Message):
        """A title was clicked on."""

        key: SortKey
        """What to sort by."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._columns: Sequence[tuple[PhotoColumn, int]] = ()
        self._order = Order()

    def show(self, columns: Sequence[tuple[PhotoColumn, int]], order: Order) -> None:
        """Show the titles of these columns."""
        self._columns, self._order = columns, order
        self.refresh()

    def render(self) -> Text:
        line = Text(" " * GUTTER, no_wrap=True, overflow="ellipsis")
        sorted_by = next((one for one, _ in self._columns if one.key is self._order.key), None)
        for column, width in self._columns:
            arrow = ("▼" if self._order.descending else "▲") if column is sorted_by else ""
            line.append(f"{column.title}{arrow}"[:width].ljust(width + 1))
        return line

    def on_click(self, event: events.Click) -> None:
        """Tell which title was clicked on."""
        left = GUTTER
        for column, width in self._columns:
            if left <= event.x <= left + width:
                self.post_message(self.Sorted(column.key))
                return
            left += width + 1
