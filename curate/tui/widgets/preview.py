"""A photo, its path, and its labels, each with what decided it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.message import Message
from textual.widgets import Static

from curate.catalog.browsing import PICTURED
from curate.catalog.explaining import Explained
from curate.catalog.labels import LabelRow
from curate.tui.shown import file_name, folded, shown
from curate.tui.thumbnails import Thumbnails, Wish
from curate.tui.widgets.photo import PhotoView
from curate.workspace import Workspace
from curate.workspace.settings import ImagesMode

if TYPE_CHECKING:
    from PIL.Image import Image

_NAME = 16
"""Characters of a label's name."""

_LONGEST = 160
"""Characters of a value that are shown."""

_KEPT = 24
"""Pictures that are kept, of a megabyte each."""

_LATE = 0.15
"""Seconds after which a photo is shown whose picture is not decoded yet."""

_LARGEST = 640
"""Pixels of the long side of a preview."""


class Preview(Vertical):
    """The picture above, the labels below.

    Attributes:
        pictures: the pictures that were shown last.
    """

    DEFAULT_CSS = """
    Preview { height: 1fr; }
    Preview > PhotoView { height: 1fr; }
    Preview > .facts { height: 1fr; }
    Preview .path { height: auto; max-height: 3; color: $text-muted; margin: 0 1; }
    Preview VerticalScroll { height: 1fr; scrollbar-size: 1 1; margin: 1 0 0 1; }
    Preview .labels { height: auto; width: 100%; }
    """

    @dataclass
    class Wanted(Message):
        """Another picture is wanted: a thread has to make it."""

        thumbnails: Thumbnails[Image]

    def __init__(self, workspace: Workspace, images: ImagesMode, *, id: str) -> None:
        super().__init__(id=id)
        self.pictures: Thumbnails[Image] = Thumbnails(workspace, lambda image: image, _KEPT)
        self._images = images
        self._row: LabelRow | None = None
        self._labels: Sequence[Explained] = ()
        self._waits = False

    def compose(self) -> ComposeResult:
        yield PhotoView(self._images, id="preview-photo")
        with Vertical(classes="facts"):
            yield Static(classes="path", markup=False)
            with VerticalScroll(can_focus=False):
                yield Static(classes="labels", markup=False)

    def show(self, row: LabelRow | None, labels: Sequence[Explained]) -> None:
        """Show a photo as soon as its picture is decoded; where that takes long, its labels first."""
        self._row, self._labels = row, labels
        wish = None if row is None else self._wish(row)
        self._waits = wish is not None and not self.pictures.is_made(wish)
        if wish is not None and self.pictures.want([wish]):
            self.post_message(self.Wanted(self.pictures))
        if self._waits:
            self.set_timer(_LATE, lambda: self._draw() if self._waits and self._row is row else None)
        else:
            self._draw()

    def show_pictures(self) -> None:
        """Draw the picture if it was made since."""
        wish = None if self._row is None else self._wish(self._row)
        if self._waits and wish is not None and self.pictures.is_made(wish):
            self._waits = False
            self._draw()

    def _wish(self, row: LabelRow) -> Wish | None:
        if row["sha256"] is None or self._images == "none":
            return None
        return Wish(str(row["sha256"]), row[PICTURED], _LARGEST, _LARGEST)

    def _draw(self) -> None:
        row, view = self._row, self.query_one(PhotoView)
        self.query_one(".path", Static).update(Text() if row is None else folded(_cut(str(row["path"]))))
        self.query_one(".labels", Static).update(_table(self._labels))
        if row is None:
            view.show(Text(), None)
            return
        wish = self._wish(row)
        image = None if wish is None else self.pictures.get(wish)
        why = f"no picture: {row['error']}" if row["error"] else "no picture"
        off = "pictures are off" if self._images == "none" else why
        view.show(file_name(str(row["path"]), str(row["status"])), image, "…" if self._waits else shown(off).plain)


def _table(labels: Sequence[Explained]) -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(width=_NAME)
    table.add_column(ratio=1)
    for label in labels:
        value = folded(_cut(label.value))
        value.append("  ").append_text(shown(label.why, "dim italic"))
        table.add_row(shown(label.name, "dim"), value)
    return table


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
