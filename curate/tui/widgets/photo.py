"""A widget that shows a photo under a caption, in the best way that the terminal can draw it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from rich.style import Style
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Center, Vertical
from textual.filter import ANSIToTruecolor, LineFilter
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from curate.tui.halfcells import NOTHING_DRAWN, centred, half_cells
from curate.tui.pictures import Pictures
from curate.tui.terminal_images import cell_aspect
from curate.tui.view import WHOLE, Size, View, placed
from curate.tui.widgets.gridpictures import new_picture
from curate.workspace.settings import ImagesMode

if TYPE_CHECKING:
    from PIL.Image import Image as Picture


class Zoomed(Message):
    """The wheel of the mouse was turned over a picture; `steps` is 1 for zooming in, -1 for out."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.steps = steps


class Dragged(Message):
    """A picture was dragged; `x` and `y` are how far, as shares of the picture's place."""

    def __init__(self, x: float, y: float) -> None:
        super().__init__()
        self.x, self.y = x, y


class PhotoView(Vertical):
    """A caption, and below it as much of a picture as is wanted."""

    DEFAULT_CSS = """
    PhotoView { height: 1fr; width: 1fr; }
    PhotoView > .caption { height: 1; width: 100%; text-align: center; }
    PhotoView > Center { height: 1fr; align: center middle; }
    PhotoView > .no-picture { width: 100%; height: 1fr; content-align: center middle; color: $text-muted; }
    """

    def __init__(self, images: ImagesMode, pictures: Pictures, most: Callable[[], Size], *, id: str) -> None:
        """`most` returns the largest place that a picture may take, which other pictures may have to share."""
        super().__init__(id=id)
        self._images, self._most = images, most
        self._cells = _HalfCells(pictures, most) if images == "half" else None
        self._real: Widget | None = None
        self._shown: tuple[Picture, Sequence[Size], View] | None = None

    def compose(self) -> ComposeResult:
        yield Static(classes="caption", markup=False)
        yield Static(classes="no-picture", markup=False)
        if self._cells is not None:
            yield self._cells
        elif self._images != "none":
            with Center():
                yield new_picture(self._images)

    def on_mount(self) -> None:
        if self._cells is None and self._images != "none":
            self._real = self.query(".picture").first()

    @property
    def room(self) -> Size:
        """The columns and rows there are for the picture."""
        return self.size.width, self.size.height - 1

    def show(
        self,
        caption: Text,
        picture: Picture | None,
        name: str = "",
        *,
        missing: str = "no picture",
        among: Sequence[Size] = (),
        view: View = WHOLE,
    ) -> None:
        """Show a picture, or say why there is none.

        Args:
            caption: the line above it.
            picture: the picture.
            name: what drawings of it are kept under; empty where they are not to be kept.
            missing: why there is no picture.
            among: sizes of the pictures that are shown at the same scale.
            view: which part is shown.
        """
        self.query_one(".caption", Static).update(caption)
        there = picture is not None and self._images != "none"
        instead = self.query_one(".no-picture", Static)
        if not there:
            instead.update("pictures are off" if picture is not None else missing)
        if instead.display == there:
            instead.display = not there
        self._shown = (picture, among, view) if picture is not None and there else None
        if self._cells is not None:
            self._cells.display = there
            self._cells.show(self._shown, name)
        elif self._real is not None:
            self._real.display = there
            self._fit()

    def on_resize(self, _event: events.Resize) -> None:
        self._fit()

    def _fit(self) -> None:
        """Give a real picture its part and its size.

        The size is set explicitly, because Textual may give two pictures side by side with automatic heights no height at all.
        """
        if self._real is None or self._shown is None:
            return
        picture, among, view = self._shown
        place = placed(picture.size, among, self._most(), view, cell_aspect(self._images))
        if place is None:
            return
        left, upper, right, lower = (round(edge) for edge in place.box)
        part = picture if view == WHOLE else picture.crop((left, upper, max(left + 1, right), max(upper + 1, lower)))
        self._real.image = part  # type: ignore[attr-defined]
        self._real.styles.width, self._real.styles.height = place.columns, place.rows

    # --- the mouse

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Zoom in."""
        event.stop()
        self.post_message(Zoomed(1))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Zoom out."""
        event.stop()
        self.post_message(Zoomed(-1))

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Pan, while a button is held."""
        if event.button and (event.delta_x or event.delta_y) and min(self.room) > 0:
            self.post_message(Dragged(event.delta_x / self.room[0], event.delta_y / self.room[1]))


class _HalfCells(Widget):
    """A picture as half cells, which fills the widget. Its lines are drawn by `Pictures`, in advance where possible."""

    DEFAULT_CSS = "_HalfCells { width: 100%; height: 1fr; }"

    def __init__(self, pictures: Pictures, most: Callable[[], Size]) -> None:
        super().__init__(classes="picture")
        self._pictures, self._most = pictures, most
        self._shown: tuple[Picture, Sequence[Size], View] | None = None
        self._name = ""

    def show(self, shown: tuple[Picture, Sequence[Size], View] | None, name: str) -> None:
        """Show a part of a picture among others; drawings are kept under a name."""
        self._shown, self._name = shown, name
        self.refresh()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the drawn lines as they are, so that what was made of them in advance is used."""
        strips = self._drawn()[crop.y : crop.bottom]
        if crop.x or crop.right != self.size.width:
            strips = [strip.crop(crop.x, crop.right) for strip in strips]
        for line_filter in other_filters(self):
            strips = [strip.apply_filter(line_filter, self.background_colors[1]) for strip in strips]
        return strips

    def _drawn(self) -> list[Strip]:
        console, around = self.app.console, Style(bgcolor=self.background_colors[1].rich_color)
        room, most = (self.size.width, self.size.height), self._most()
        picture, among, view = self._shown or (None, (), WHOLE)
        room_for_it = min(room[0], most[0]), min(room[1], most[1])
        place = None if picture is None else placed(picture.size, among, room_for_it, view)
        if picture is None or place is None:
            drawn = NOTHING_DRAWN
        elif self._name:
            drawn = self._pictures.drawn(self._name, picture, place)
        else:
            drawn = half_cells(picture, place)
        return centred(drawn, room, around, console)


def other_filters(widget: Widget) -> list[LineFilter]:
    """Return what changes the colours of a widget's lines, but for what replaces a terminal's own colours: pictures have none."""
    return [line_filter for line_filter in widget.get_line_filters() if not isinstance(line_filter, ANSIToTruecolor)]
