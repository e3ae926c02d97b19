"""A photo, its path, and its labels, each with what decided it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.segment import Segment
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from curate.catalog.browsing import PICTURED
from curate.catalog.explaining import Explained
from curate.catalog.labels import LabelRow
from curate.tui.shown import file_name, folded, shown
from curate.tui.terminal_images import cell_aspect, is_fine
from curate.tui.thumbnails import Thumbnails, Wish, fitted
from curate.tui.widgets.gridpictures import new_picture
from curate.tui.widgets.photogrid import FINE
from curate.tui.widgets.picturelines import centred, drawing
from curate.workspace import Workspace
from curate.workspace.settings import ImagesMode
from tracer.base.text import cut_at_word

_NAME = 16
"""Characters of a label's name."""

_LONGEST = 160
"""Characters of a value that are shown."""

_KEPT = 24
"""Pictures that are kept, of about a megabyte each."""

_LATE = 0.15
"""Seconds after which a photo is shown whose picture is not decoded yet."""


class PictureBox(Widget):
    """A picture in the middle of what room there is, or why there is none."""

    DEFAULT_CSS = """
    PictureBox { height: 1fr; width: 100%; align: center middle; }
    PictureBox > .picture { display: none; }
    """

    def __init__(self, images: ImagesMode, *, id: str) -> None:
        super().__init__(id=id)
        self._images = images
        self._fine: Any = new_picture(images) if is_fine(images) else None
        self._strips: list[Strip] = []
        self._note = ""

    def compose(self) -> ComposeResult:
        if self._fine is not None:
            yield self._fine

    def show(self, made: Any, note: str) -> None:
        """Show what `Thumbnails` made, lines of half cells or a picture; the note where it is None."""
        self._note = note if made is None else ""
        if self._fine is None:
            self._strips = made or []
        else:
            self._fine.display = made is not None
            if made is not None:
                self._fine.image = made
                room = max(1, self.size.width), max(1, self.size.height)
                width, height = fitted(made.size, room, cell_aspect(self._images))
                self._fine.styles.width, self._fine.styles.height = width, height
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        base, width = self.rich_style, self.size.width
        line = y - (self.size.height - max(1, len(self._strips))) // 2
        if 0 <= line < len(self._strips):
            return centred(self._strips[line], width, base)
        text = self._note if line == 0 and not self._strips else ""
        return Strip([Segment(text[:width].center(width), base)], width)


class Preview(Vertical):
    """The picture above, the labels below.

    Attributes:
        pictures: the pictures that were shown last.
    """

    DEFAULT_CSS = """
    Preview { height: 1fr; }
    Preview > .shown-photo { height: 1fr; width: 100%; }
    Preview .caption { height: 1; width: 100%; text-align: center; text-wrap: nowrap; text-overflow: ellipsis; }
    Preview > .facts { height: 1fr; }
    Preview .path { height: auto; max-height: 3; color: $text-muted; margin: 0 1; }
    Preview VerticalScroll { height: 1fr; scrollbar-size: 1 1; margin: 1 0 0 1; }
    Preview .labels { height: auto; width: 100%; }
    """

    @dataclass
    class Wanted(Message):
        """Another picture is wanted: a thread has to make it."""

        thumbnails: Thumbnails[Any]

    def __init__(self, workspace: Workspace, images: ImagesMode, *, id: str) -> None:
        super().__init__(id=id)
        self.pictures: Thumbnails[Any] = Thumbnails(workspace, drawing(images), _KEPT)
        self._images = images
        self._row: LabelRow | None = None
        self._labels: Sequence[Explained] = ()
        self._waits = False

    def compose(self) -> ComposeResult:
        with Vertical(classes="shown-photo"):
            yield Static(classes="caption", markup=False)
            yield PictureBox(self._images, id="preview-picture")
        with Vertical(classes="facts"):
            yield Static(classes="path", markup=False)
            with VerticalScroll(can_focus=False):
                yield Static(classes="labels", markup=False)

    def on_resize(self) -> None:
        """Draw the picture for the new size."""
        self.call_after_refresh(lambda: self.show(self._row, self._labels))

    def show(self, row: LabelRow | None, labels: Sequence[Explained]) -> None:
        """Show a photo as soon as its picture is drawn; where that takes long, its labels first."""
        self._row, self._labels = row, labels
        wish = self._wish()
        self._waits = wish is not None and not self.pictures.is_made(wish)
        if wish is not None and self.pictures.want([wish]):
            self.post_message(self.Wanted(self.pictures))
        if self._waits:
            self.set_timer(_LATE, lambda: self._draw() if self._waits and self._row is row else None)
        else:
            self._draw()

    def show_pictures(self) -> None:
        """Draw the picture if it was made since."""
        wish = self._wish()
        if self._waits and wish is not None and self.pictures.is_made(wish):
            self._waits = False
            self._draw()

    def scroll_labels(self, way: int) -> bool:
        """Scroll the labels down (1) or up (-1) by half of what is in view; return whether they are shown."""
        labels = self.query_one(VerticalScroll)
        if not (self.display and labels.display and labels.size.height):
            return False
        labels.scroll_relative(y=way * max(1, labels.size.height // 2), animate=False)
        return True

    def _wish(self) -> Wish | None:
        row, room = self._row, self.query_one(PictureBox).size
        if row is None or row["sha256"] is None or self._images == "none" or not room.area:
            return None
        wide, high = FINE if is_fine(self._images) else (1, 2)
        return Wish(str(row["sha256"]), row[PICTURED], wide * room.width, high * room.height)

    def _draw(self) -> None:
        row = self._row
        self.query_one(".caption", Static).update(
            Text() if row is None else file_name(str(row["path"]), str(row["status"])), layout=False
        )
        self.query_one(".path", Static).update(
            Text() if row is None else folded(cut_at_word(str(row["path"]), _LONGEST))
        )
        self.query_one(".labels", Static).update(_table(self._labels))
        wish = self._wish()
        note = "pictures are off" if self._images == "none" else "…" if self._waits else "no picture"
        if row is not None and row["error"] and not self._waits:
            note = shown(f"no picture: {row['error']}").plain
        self.query_one(PictureBox).show(None if wish is None else self.pictures.get(wish), "" if row is None else note)


def _table(labels: Sequence[Explained]) -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(width=_NAME)
    table.add_column(ratio=1)
    for label in labels:
        value = folded(cut_at_word(label.value, _LONGEST))
        value.append("  ").append_text(shown(label.why, "dim italic"))
        table.add_row(shown(label.name, "dim"), value)
    return table
