"""The two photos of a pair at one scale: side by side or one at a time, zoomed and moved together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal

from curate.tui.pictures import Pictures
from curate.tui.view import WHOLE, Size, View
from curate.tui.widgets.photo import Dragged, PhotoView, Zoomed
from curate.workspace.settings import ImagesMode

if TYPE_CHECKING:
    from PIL.Image import Image as Picture


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two photos.

    Attributes:
        caption: the line above it.
        sha256: of its file, which its preview is kept by.
        missing: why there is no picture to look for; empty where there may be one.
    """

    caption: Text
    sha256: str
    missing: str = ""


class PairView(Horizontal):
    """The pictures of a pair, or one picture of both.

    Attributes:
        swapped: whether the second side is shown first.
        single: whether one picture is shown at a time.
        view: which part of both is shown.
    """

    def __init__(self, images: ImagesMode, pictures: Pictures, *, id: str) -> None:
        super().__init__(id=id)
        self._images, self._pictures = images, pictures
        self._sides: tuple[Side, Side] | None = None
        self._drawing: tuple[Text, Picture] | None = None
        self.swapped = self.single = False
        self.view: View = WHOLE

    def compose(self) -> ComposeResult:
        yield PhotoView(self._images, self._pictures, self._room, id="first")
        yield PhotoView(self._images, self._pictures, self._room, id="second")

    def _room(self) -> Size:
        rooms = [photo.room for photo in self.query(PhotoView) if photo.display]
        return min((room[0] for room in rooms), default=0), min((room[1] for room in rooms), default=0)

    @property
    def room(self) -> Size:
        """The columns and rows there are for each picture that is shown; (0, 0) where none is, as while the app closes."""
        return self._room()

    def show(self, first: Side, second: Side, drawing: tuple[Text, Picture] | None = None) -> None:
        """Show a pair, or instead of its two pictures one drawing under a caption."""
        self._sides, self._drawing = (first, second), drawing
        self._show()

    def _show(self) -> None:
        if self._sides is None:
            return
        views = self.query_one("#first", PhotoView), self.query_one("#second", PhotoView)
        both = self._drawing is None and not self.single
        if views[1].display != both:
            views[1].display = both
        if self._drawing is not None:
            views[0].show(*self._drawing, view=self.view)
            return
        found = [None if side.missing else self._pictures.picture(side.sha256) for side in self._sides]
        sizes = [picture.size for picture in found if picture is not None]
        shown = [*zip(self._sides, found, strict=True)]
        for photo, (side, picture) in zip(views, reversed(shown) if self.swapped else shown, strict=True):
            if photo.display:
                missing = side.missing or "no picture"
                photo.show(side.caption, picture, side.sha256, missing=missing, among=sizes, view=self.view)

    # --- zoom and pan

    def reset(self) -> None:
        """Go back to the first side first and whole pictures, for another pair."""
        self.swapped, self.view = False, WHOLE

    def look(self, view: View) -> None:
        """Show another part of both."""
        if view != self.view:
            self.view = view
            self._show()

    def on_zoomed(self, message: Zoomed) -> None:
        """Zoom both."""
        self.look(self.view.zoomed(message.steps))

    def on_dragged(self, message: Dragged) -> None:
        """Move both, as if the pictures were held."""
        self.look(self.view.panned(-message.x, -message.y))
