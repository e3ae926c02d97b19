"""A strip of thumbnails: the candidates of a photo, with the current one marked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from curate.tui.halfcells import NOTHING_DRAWN, Drawn, centred
from curate.tui.pictures import Pictures
from curate.tui.view import placed
from curate.tui.widgets.photo import other_filters
from tracer.base.text import clean_text

if TYPE_CHECKING:
    from PIL.Image import Image

COLUMNS, ROWS = 16, 5
"""Columns and rows of one thumbnail; the last row is its caption."""


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """One of the strip.

    Attributes:
        sha256: of the photo's file.
        words: the caption.
    """

    sha256: str
    words: str


def prepare_small(pictures: Pictures, photos: Sequence[str], stopped: Callable[[], bool]) -> bool:
    """Decode and draw thumbnails in advance; returns False where it was stopped.

    Args:
        pictures: where they are kept.
        photos: the sha256 of the photos' files.
        stopped: whether to stop; asked before each.
    """
    for sha256 in photos:
        if stopped():
            return False
        _drawn(pictures, sha256, pictures.picture(sha256))
    return True


def _drawn(pictures: Pictures, sha256: str, picture: Image | None) -> Drawn:
    place = None if picture is None else placed(picture.size, (), (COLUMNS - 2, ROWS - 1))
    return NOTHING_DRAWN if picture is None or place is None else pictures.drawn(sha256, picture, place)


class CandidateStrip(Widget):
    """Thumbnails of candidates side by side, drawn as half cells; a click on one posts `Chosen`."""

    DEFAULT_CSS = f"CandidateStrip {{ width: 100%; height: {ROWS}; }}"

    class Chosen(Message):
        """A thumbnail was clicked; `index` is its place."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self, pictures: Pictures, *, id: str) -> None:
        super().__init__(id=id)
        self._pictures = pictures
        self._thumbnails: Sequence[Thumbnail] = ()
        self._current = 0

    def show(self, thumbnails: Sequence[Thumbnail], current: int) -> None:
        """Show these, one of them marked."""
        if (thumbnails, current) != (self._thumbnails, self._current):
            self._thumbnails, self._current = thumbnails, current
            self.refresh()

    @property
    def wanted(self) -> list[str]:
        """The sha256 of the photos whose previews the strip waits for."""
        return [one.sha256 for one in self._in_view()[1] if not self._pictures.is_decoded(one.sha256)]

    @property
    def fit(self) -> int:
        """How many thumbnails fit."""
        return max(1, self.size.width // COLUMNS)

    def _in_view(self) -> tuple[int, Sequence[Thumbnail]]:
        """Return the place of the first thumbnail in view, and those in view."""
        first = max(0, min(self._current - self.fit // 2, len(self._thumbnails) - self.fit))
        return first, self._thumbnails[first : first + self.fit]

    def on_click(self, event: events.Click) -> None:
        """Choose the thumbnail under the mouse."""
        first, seen = self._in_view()
        if event.x // COLUMNS < len(seen):
            self.post_message(self.Chosen(first + event.x // COLUMNS))

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the lines; a preview that is not decoded yet is left blank."""
        width, background = self.size.width, self.background_colors[1]
        around = Style(bgcolor=background.rich_color)
        first, seen = self._in_view()
        parts = [self._one(one, first + at == self._current, around) for at, one in enumerate(seen)]
        rest = Strip.blank(max(0, width - len(parts) * COLUMNS), around)
        lines = [Strip.join([*(part[row] for part in parts), rest]) for row in range(ROWS)]
        for line_filter in other_filters(self):
            lines = [line.apply_filter(line_filter, background) for line in lines]
        return [line.crop(crop.x, crop.right) for line in lines[crop.y : crop.bottom]]

    def _one(self, thumbnail: Thumbnail, current: bool, around: Style) -> list[Strip]:
        sha256 = thumbnail.sha256
        picture = self._pictures.picture(sha256) if self._pictures.is_decoded(sha256) else None
        drawn = centred(_drawn(self._pictures, sha256, picture), (COLUMNS, ROWS - 1), around, self.app.console)
        words = f"{'►' if current else ' '} {clean_text(thumbnail.words) or ''}"[: COLUMNS - 1].center(COLUMNS)
        style = around + Style(bold=current, dim=not current)
        return [*drawn, Strip([Segment(words, style)], COLUMNS)]
