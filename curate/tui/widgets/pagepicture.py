"""A picture that the page of a browser shows over the cells of its terminal. The driver tells the page which are in view."""

from __future__ import annotations

import base64
import io
import itertools
from typing import TYPE_CHECKING

from textual.errors import NoWidget
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from curate.tui.widgets.sixel import SixelPicture

if TYPE_CHECKING:
    from PIL.Image import Image
    from textual.screen import Screen

_QUALITY = 92
_NUMBERS = itertools.count(1)

Shown = tuple[int, Region, Region]
"""The number of a picture, where it lies on the screen in characters, and which part of that is in view."""


class PagePicture(SixelPicture):
    """A picture that fills the widget, whose lines are blank. In a screen that a dialog covers it is drawn as half cells.

    Attributes:
        number: of the picture; another picture has another one.
    """

    number = 0

    @property
    def image(self) -> Image | None:
        """The picture; None for none."""
        return self._image

    @image.setter
    def image(self, image: Image | None) -> None:
        if image is not self._image:
            self._image, self.number = image, next(_NUMBERS)
            self.refresh()

    def _last_line(self, blank: Strip, _crop: Region) -> Strip:
        return blank

    def jpeg(self) -> str:
        """Return the picture as JPEG, in base64."""
        assert self._image is not None
        data = io.BytesIO()
        self._image.convert("RGB").save(data, "JPEG", quality=_QUALITY, subsampling=0)
        return base64.b64encode(data.getvalue()).decode()


def pictures_in_view(screen: Screen[object]) -> list[tuple[Shown, PagePicture]]:
    """Return the pictures of a screen that are in view."""
    found = []
    for widget in screen.query(PagePicture):
        place = _place(screen, widget)
        if widget.image is not None and place is not None:
            found.append(((widget.number, *place), widget))
    return found


def _place(screen: Screen[object], widget: Widget) -> tuple[Region, Region] | None:
    try:
        place = screen.find_widget(widget)
    except NoWidget:
        return None
    within = place.region.intersection(place.clip)
    return (place.region, within) if within.area and widget.visible else None
