"""A strip of thumbnails: the candidates of a photo, with the current one marked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from curate.tui.halfcells import NOTHING_DRAWN, Drawn, centred
from curate.tui.pictures import Pictures
from curate.tui.terminal_images import is_fine
from curate.tui.view import placed
from curate.tui.widgets.gridpictures import new_picture, put
from curate.tui.widgets.photo import other_filters
from curate.workspace.settings import ImagesMode
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


def prepare_small(pictures: Pictures, photos: Sequence[str], draw: bool, stopped: Callable[[], bool]) -> bool:
    """Decode thumbnails in advance; returns False where it was stopped.

    Args:
        pictures: where they are kept.
        photos: the sha256 of the photos' files.
        draw: whether they are drawn as half cells, too.
        stopped: whether to stop; asked before each.
    """
    for sha256 in photos:
        if stopped():
            return False
        picture = pictures.picture(sha256)
        if draw:
            _drawn(pictures, sha256, picture)
    return True


def _drawn(pictures: Pictures, sha256: str, picture: Image | None) -> Drawn:
    place = None if picture is None else placed(picture.size, (), (COLUMNS - 2, ROWS - 1))
    return NOTHING_DRAWN if picture is None or place is None else pictures.drawn(sha256, picture, place)


class CandidateStrip(Widget):
    """Thumbnails of candidates side by side; a click on one posts `Chosen`.

    Half cells are drawn by the strip itself. Pictures of the terminal's own kinds are widgets over it, which are filled one after
    the other, so that no key waits for all of them.
    """

    DEFAULT_CSS = f"""
    CandidateStrip {{ width: 100%; height: {ROWS}; }}
    CandidateStrip > .picture {{ position: absolute; }}
    """

    class Chosen(Message):
        """A thumbnail was clicked; `index` is its place."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self, pictures: Pictures, images: ImagesMode, *, id: str) -> None:
        super().__init__(id=id)
        self._pictures, self._images = pictures, images
        self._thumbnails: Sequence[Thumbnail] = ()
        self._current = 0
        self._over: list[tuple[Any, str]] = []
        """The widgets over the strip, from left to right, each with the sha256 of what it shows."""

    def show(self, thumbnails: Sequence[Thumbnail], current: int) -> None:
        """Show these, one of them marked."""
        if (thumbnails, current) != (self._thumbnails, self._current):
            self._thumbnails, self._current = thumbnails, current
            self.show_pictures()

    def show_pictures(self) -> None:
        """Draw the thumbnails whose previews are decoded."""
        self.refresh()
        if is_fine(self._images):
            seen = self._in_view()[1]
            for at, (widget, sha256) in enumerate(self._over):
                widget.display = at < len(seen) and seen[at].sha256 == sha256
            self.call_after_refresh(self._fill)

    async def _fill(self) -> None:
        """Fill one place, and then, after the keys that were pressed meanwhile, the next one."""
        for at, one in enumerate(self._in_view()[1]):
            picture = self._pictures.picture(one.sha256) if self._pictures.is_decoded(one.sha256) else None
            if picture is None or (at < len(self._over) and self._over[at][1] == one.sha256):
                continue
            while len(self._over) <= at:
                widget = new_picture(self._images)
                await self.mount(widget)
                self._over.append((widget, ""))
            widget = self._over[at][0]
            widget.image, widget.display = picture, True
            put(widget, picture, Region(at * COLUMNS + 1, 0, COLUMNS - 2, ROWS - 1), self._images)
            self._over[at] = widget, one.sha256
            self.call_after_refresh(self._fill)
            return

    def on_resize(self, _event: events.Resize) -> None:
        """Show as many as there is room for."""
        self.show_pictures()

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
        """Choose the thumbnail under the mouse, which may be on a picture over the strip."""
        first, seen = self._in_view()
        place = (event.screen_x - self.region.x) // COLUMNS
        if place < len(seen):
            self.post_message(self.Chosen(first + place))

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
        there = self._pictures.is_decoded(sha256) and not is_fine(self._images)
        picture = self._pictures.picture(sha256) if there else None
        drawn = centred(_drawn(self._pictures, sha256, picture), (COLUMNS, ROWS - 1), around, self.app.console)
        words = f"{'►' if current else ' '} {clean_text(thumbnail.words) or ''}"[: COLUMNS - 1].center(COLUMNS)
        style = around + Style(bold=current, dim=not current)
        return [*drawn, Strip([Segment(words, style)], COLUMNS)]
