"""A picture that the terminal draws itself, sent as Sixel. textual-image encodes it; where and when it is sent is decided here.

textual-image's own widget leaves the cursor one line too low behind a picture, so that what stands to the right of its last line
keeps what another screen had there. And it makes a new inner widget for each picture, which delays the picture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.control import Control
from rich.segment import ControlType, Segment
from rich.style import Style
from textual.dom import NoScreen
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from curate.tui.halfcells import centred, half_cells
from curate.tui.terminal_images import cell_size
from curate.tui.view import Placed

if TYPE_CHECKING:
    from PIL.Image import Image

_PLAIN = Style()


class SixelPicture(Widget, inherit_css=False):
    """A picture that fills the widget; its shape is what the widget's size makes of it.

    In a screen that a dialog covers the picture is drawn as half cells, since a Sixel picture would lie over the dialog.
    """

    def __init__(self, *, classes: str) -> None:
        super().__init__(classes=classes)
        self._image: Image | None = None
        self._sent: tuple[object, str] = (), ""
        """What was encoded last, and its code."""

    @property
    def image(self) -> Image | None:
        """The picture; None for none."""
        return self._image

    @image.setter
    def image(self, image: Image | None) -> None:
        if image is not self._image:
            self._image = image
            self.refresh()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return blank lines, the last one with the picture of all of them behind it.

        The lines are written from top to bottom, and text takes the place of a picture, so that the picture has to come last.
        """
        blank = Strip.blank(crop.width, self.rich_style)
        lines = [blank] * crop.height
        if self._image is None or not crop.area:
            return lines
        try:
            covered = not self.screen.is_active
        except NoScreen:
            return lines
        if covered:
            return self._as_half_cells(self._image, crop)
        lines[-1] = self._last_line(blank, crop)
        return lines

    def _last_line(self, blank: Strip, crop: Region) -> Strip:
        """Return the last line of a region of the widget, with the picture behind it."""
        left, top = self.region.offset + crop.offset
        sixels = Segment(self._code(crop), _PLAIN, [(ControlType.CURSOR_FORWARD, 0)])
        after = _moved(left + crop.width, top + crop.height - 1)
        return Strip([*blank, _moved(left, top), sixels, after], crop.width)

    def _as_half_cells(self, image: Image, crop: Region) -> list[Strip]:
        """Return the lines of a region of the widget, drawn with characters."""
        drawn = half_cells(image, Placed(*self.size, (0, 0, *image.size)))
        lines = centred(drawn, (self.size.width, self.size.height), self.rich_style, self.app.console)
        return [line.crop(crop.x, crop.right) for line in lines[crop.y : crop.bottom]]

    def _code(self, crop: Region) -> str:
        """Return the part of the picture in a region of the widget as Sixel; the last one is kept."""
        from textual_image._sixel import image_to_sixels

        assert self._image is not None
        wide, high = cell_size()
        asked = id(self._image), crop, self.size, wide, high
        if self._sent[0] != asked:
            image = self._image.resize((self.size.width * wide, self.size.height * high), reducing_gap=2.0)
            part = image.crop((crop.x * wide, crop.y * high, crop.right * wide, crop.bottom * high))
            self._sent = asked, image_to_sixels(part)
        return self._sent[1]


def _moved(x: int, y: int) -> Segment:
    """Return what moves the terminal's cursor to a column and a line, counted from 0."""
    return Segment(Control.move_to(x, y).segment.text, _PLAIN, [(ControlType.CURSOR_FORWARD, 0)])
