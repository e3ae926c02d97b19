"""The photos as a grid of pictures, of which only those in view exist.

Half cells are drawn by the grid itself, from lines that a thread made. Pictures of the terminal's own kinds are widgets of
textual-image that lie over the grid's cells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from curate.catalog.browsing import PICTURED
from curate.catalog.labels import LabelRow
from curate.tui.browse import Browse
from curate.tui.shown import file_name
from curate.tui.terminal_images import is_fine
from curate.tui.thumbnails import Thumbnails, Wish
from curate.tui.widgets.photoscroll import PhotoScroll
from curate.tui.widgets.picturelines import centred, drawing
from curate.workspace import Workspace
from curate.workspace.settings import ImagesMode

SIZES = (12, 16, 22, 30, 44)
"""Smallest widths of a cell, in characters, from which `larger` chooses."""

_USUAL = 2
_GAP = 1

FINE = (10, 20)
"""Pixels of a character in a picture of the terminal's own kind."""

Thumbnail = Any
"""Lines of half cells, or the small picture itself where the terminal draws it."""


@dataclass(frozen=True, slots=True)
class Cell:
    """The measures of the grid's cells, in characters.

    Attributes:
        width: width of a cell, with the gap on its right.
        columns: number of cells side by side.
        rows: lines of a picture; the caption takes one more.
    """

    width: int
    columns: int
    rows: int


def cells_of(width: int, height: int, size: int) -> Cell:
    """Return the cells that fill a width, each at least `size` wide; pictures of 4:3 fill a cell.

    >>> cells_of(100, 30, 22)
    Cell(width=25, columns=4, rows=9)
    """
    columns = max(1, width // size)
    across = max(4, width // columns)
    wanted = max(2, round((across - _GAP) * 3 / 8)) + 1
    return Cell(across, columns, max(2, height // max(1, round(height / wanted)) - 1))


class PhotoGrid(PhotoScroll):
    """The photos as pictures with their names.

    Attributes:
        thumbnails: the small pictures.
        cell: the measures of a cell.
    """

    @dataclass
    class Laid(Message):
        """The cells in view, or their pictures, changed, and widgets draw the pictures."""

    @dataclass
    class Wanted(Message):
        """Other pictures are wanted: a thread has to make them."""

        thumbnails: Thumbnails[Thumbnail]

    def __init__(self, browse: Browse, workspace: Workspace, images: ImagesMode, *, id: str) -> None:
        super().__init__(browse, id=id)
        self._images = images
        self._fine = is_fine(images)
        self.thumbnails: Thumbnails[Thumbnail] = Thumbnails(workspace, drawing(images))
        self._step = _USUAL
        self.cell = cells_of(80, 24, SIZES[_USUAL])
        self._waiting: dict[int, Wish] = {}

    @property
    def per_row(self) -> int:
        """Number of photos side by side."""
        return self.cell.columns

    @property
    def row_height(self) -> int:
        """Lines of a row."""
        return self.cell.rows + 1

    def fit(self) -> None:
        """Take the length of the list over, and fit the cells to the width."""
        if self.size.width:
            self.cell = cells_of(self.size.width, self.size.height, SIZES[self._step])
        super().fit()

    def larger(self, by: int) -> None:
        """Make the cells larger, or smaller."""
        self._step = min(max(0, self._step + by), len(SIZES) - 1)
        self.show_list()
        self.ask_for_pictures()

    def show_list(self) -> None:
        """Show the list after it changed."""
        super().show_list()
        self.ask_for_pictures()

    def watch_scroll_y(self, old: float, new: float) -> None:
        """Ask for the pictures that came into view."""
        super().watch_scroll_y(old, new)
        self.ask_for_pictures()

    def wish_for(self, row: LabelRow) -> Wish | None:
        """Return the picture of a photo that its cell holds; None where it can have none."""
        if row["sha256"] is None or self._images == "none":
            return None
        cell = self.cell
        wide, high = FINE if self._fine else (1, 2)
        return Wish(str(row["sha256"]), row[PICTURED], wide * (cell.width - _GAP), high * cell.rows)

    def ask_for_pictures(self) -> None:
        """Ask for the pictures in view, then for those of the next page, then for those of the page before."""
        if self._fine:
            self.post_message(self.Laid())
        if not self.in_sight or not self.size.height:
            return
        view = self.in_view
        after = range(view.stop, min(len(self.browse), view.stop + len(view)))
        before = range(max(0, view.start - len(view)), view.start)
        wishes: dict[int, Wish] = {}
        for at in (*view, *after, *before):
            row = self.browse.row(at)
            wish = None if row is None else self.wish_for(row)
            if wish is not None and not self.thumbnails.is_made(wish):
                wishes[at] = wish
        self._waiting = {at: wish for at, wish in wishes.items() if at in view}
        if self.thumbnails.want(list(wishes.values())):
            self.post_message(self.Wanted(self.thumbnails))

    def show_pictures(self) -> None:
        """Draw the pictures that were made since."""
        for at in [at for at, wish in self._waiting.items() if self.thumbnails.is_made(wish)]:
            del self._waiting[at]
            self.redraw(at)
        if self._fine:
            self.post_message(self.Laid())

    def region_of(self, at: int) -> Region:
        """Return where a photo is drawn, in characters of this widget; it may lie outside."""
        row, column = divmod(at, self.per_row)
        y = row * self.row_height - int(self.scroll_offset.y)
        return Region(column * self.cell.width, y, self.cell.width, self.row_height)

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        row, line = divmod(y + int(self.scroll_offset.y), self.row_height)
        base, cell = self.rich_style, self.cell
        segments: list[Segment] = []
        for at in range(row * cell.columns, min(len(self.browse), (row + 1) * cell.columns)):
            photo = self.browse.row(at)
            if photo is None:
                segments.append(Segment(" " * cell.width, base))
            elif line < cell.rows:
                segments += self._picture_line(photo, line, base)
            else:
                segments += self._caption(at, photo, base)
        return Strip(segments).adjust_cell_length(self.size.width, base)

    def _picture_line(self, photo: LabelRow, line: int, base: Style) -> list[Segment]:
        width, wish = self.cell.width, self.wish_for(photo)
        made = None if wish is None else self.thumbnails.get(wish)
        if made is not None and self._fine:  # a widget lies over it
            return [Segment(" " * width, base)]
        if made:
            top = (self.cell.rows - len(made)) // 2
            if not top <= line < top + len(made):
                return [Segment(" " * width, base)]
            return [*centred(made[line - top], width - _GAP, base), Segment(" " * _GAP, base)]
        words = ""
        if line == self.cell.rows // 2:
            waits = wish is not None and not self.thumbnails.is_made(wish)
            words = "…" if waits else "pictures are off" if self._images == "none" else "no picture"
        text = words[: width - _GAP].center(width - _GAP)
        return [Segment(text.ljust(width), base + Style(dim=True))]

    def _caption(self, at: int, photo: LabelRow, base: Style) -> list[Segment]:
        here, chosen = at == self.browse.cursor, self.browse.ids[at] in self.browse.chosen
        style = base
        if here:
            style = base + self.get_component_rich_style("photos--cursor", partial=True)
        elif chosen:
            style = base + self.get_component_rich_style("photos--chosen", partial=True)
        sign = ("►" if here else " ") + ("■" if chosen else "✓" if photo["subject_idx"] is not None else " ")
        name = Text.assemble(sign, " ", file_name(str(photo["path"]), str(photo["status"])))
        name.truncate(self.cell.width - _GAP, overflow="ellipsis", pad=True)
        return [*Segment.apply_style(name.render(self.app.console), style), Segment(" " * _GAP, base)]
