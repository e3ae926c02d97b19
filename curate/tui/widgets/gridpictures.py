"""Pictures of the terminal's own kinds (Kitty, Sixel) over the cells of the grid.

Such a picture is a widget of textual-image. Only the cells in view have one; they are filled one after the other, so that no key
waits for a page of pictures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual import events
from textual.app import ComposeResult
from textual.containers import Container
from textual.geometry import Region

from curate.tui.terminal_images import cell_aspect
from curate.tui.thumbnails import Wish, fitted
from curate.tui.widgets.photogrid import PhotoGrid
from curate.tui.widgets.sixel import SixelPicture
from curate.workspace.settings import ImagesMode

if TYPE_CHECKING:
    from PIL.Image import Image
    from textual.widget import Widget


class GridPictures(Container):
    """The grid, and the pictures over it where the grid does not draw them itself."""

    DEFAULT_CSS = """
    GridPictures { height: 1fr; layers: cells pictures; }
    GridPictures > PhotoGrid { layer: cells; }
    GridPictures > .picture { layer: pictures; position: absolute; }
    """

    def __init__(self, grid: PhotoGrid, images: ImagesMode, *, id: str) -> None:
        super().__init__(id=id)
        self._grid, self._images = grid, images
        self._free: list[Widget] = []
        self._shown: dict[Wish, Widget] = {}
        self._filling = False

    def compose(self) -> ComposeResult:
        yield self._grid

    def on_click(self, event: events.Click) -> None:
        """Leave a click on a picture to the grid below it."""
        if event.widget is not self._grid:
            self._grid.call_later(self._grid.on_click, event)  # by the grid itself, or its message would stop here

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll the grid also where the mouse is on a picture."""
        if event.widget is not self._grid:
            self._grid.scroll_relative(y=self._grid.row_height, animate=False)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll the grid also where the mouse is on a picture."""
        if event.widget is not self._grid:
            self._grid.scroll_relative(y=-self._grid.row_height, animate=False)

    def on_photo_grid_laid(self) -> None:
        """Move the pictures to where their cells are now, and begin to fill the cells that have none."""
        places = self._places()
        for wish in [wish for wish in self._shown if wish not in places]:
            widget = self._shown.pop(wish)
            widget.display = False
            self._free.append(widget)
        for wish, widget in self._shown.items():
            self._place(widget, places[wish])
        if not self._filling:
            self._filling = True
            self.call_later(self._fill)

    def _places(self) -> dict[Wish, Region]:
        """Return which pictures are in view and where: those of cells that are seen whole."""
        grid, found = self._grid, {}
        whole = Region(0, 0, *grid.size)
        for at in grid.in_view if grid.in_sight else ():
            row = grid.browse.row(at)
            wish = None if row is None else grid.wish_for(row)
            region = grid.region_of(at)
            if wish is not None and whole.contains_region(region):
                found[wish] = Region(region.x, region.y, grid.cell.width - 1, grid.cell.rows)
        return found

    async def _fill(self) -> None:
        """Fill one cell, and then, after the keys that were pressed meanwhile, the next one."""
        for wish, region in self._places().items():
            image = self._grid.thumbnails.get(wish)
            if wish in self._shown or image is None:
                continue
            if not self._free:
                widget = new_picture(self._images)
                await self.mount(widget)
                self._free.append(widget)
            widget = self._free.pop()
            self._shown[wish] = widget
            widget.image = image  # type: ignore[attr-defined]
            widget.display = True
            self._place(widget, region)
            self.call_after_refresh(self._fill)
            return
        self._filling = False

    def _place(self, widget: Any, region: Region) -> None:
        """Put a picture into the middle of a region, as large as it fits there."""
        put(widget, widget.image, region, self._images)


def put(widget: Widget, image: Image, region: Region, images: ImagesMode) -> None:
    """Place the widget of a picture in the middle of a region of its parent, as large as the picture fits there."""
    width, height = fitted(image.size, (region.width, region.height), cell_aspect(images))
    widget.styles.width, widget.styles.height = width, height
    widget.styles.offset = region.x + (region.width - width) // 2, region.y + (region.height - height) // 2


def new_picture(images: ImagesMode) -> Widget:
    """Return a widget that shows a picture pixel by pixel: on the page of a browser, as Sixel, or by the protocol of Kitty."""
    if images == "page":
        from curate.tui.widgets.pagepicture import PagePicture

        return PagePicture(classes="picture")
    if images == "sixel":
        return SixelPicture(classes="picture")
    from textual_image.widget import TGPImage

    kitty: Widget = TGPImage(classes="picture")
    return kitty
