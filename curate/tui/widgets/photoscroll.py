"""The base of the two views of a long list of photos: only the lines in view are made, however long the list is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView

from curate.tui.browse import Browse


class PhotoScroll(ScrollView, can_focus=True, inherit_bindings=False):
    """Photos in rows of equal height, with a cursor. Its keys belong to the screen.

    Attributes:
        browse: the list.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"photos--cursor", "photos--chosen", "photos--odd"}
    DEFAULT_CSS = """
    PhotoScroll { height: 1fr; scrollbar-size: 1 1; overflow-x: hidden; overflow-y: auto; }
    PhotoScroll > .photos--cursor { background: $block-cursor-background; color: $block-cursor-foreground; text-style: bold; }
    PhotoScroll > .photos--chosen { background: $primary-muted; color: $foreground; }
    PhotoScroll > .photos--odd { background: $surface-lighten-1 50%; }
    """

    @dataclass
    class Clicked(Message):
        """A photo was clicked on."""

        at: int
        """Its position."""
        shift: bool
        """Whether Shift was held."""
        ctrl: bool
        """Whether Ctrl was held."""
        twice: bool
        """Whether it was the second click of a double click."""

    def __init__(self, browse: Browse, *, id: str) -> None:
        super().__init__(id=id)
        self.browse = browse
        self._drawn_cursor = 0

    @property
    def per_row(self) -> int:
        """Number of photos side by side."""
        return 1

    @property
    def row_height(self) -> int:
        """Lines of a row."""
        return 1

    @property
    def page(self) -> int:
        """Number of photos that are in view together."""
        return max(1, self.size.height // self.row_height) * self.per_row

    @property
    def in_sight(self) -> bool:
        """Whether the list is displayed, and so is all that it lies in."""
        return all(node.display for node in self.ancestors_with_self)

    @property
    def in_view(self) -> range:
        """Positions of the photos in view, also those of which only a part is."""
        first = int(self.scroll_offset.y) // self.row_height
        last = (int(self.scroll_offset.y) + self.size.height - 1) // self.row_height
        return range(first * self.per_row, min(len(self.browse), (last + 1) * self.per_row))

    def show_list(self) -> None:
        """Show the list after it changed."""
        self.fit()
        self.show_cursor()
        self.refresh()

    def fit(self) -> None:
        """Take the length of the list over."""
        rows = -(-len(self.browse) // self.per_row)
        below = self.size.height % self.row_height if rows * self.row_height > self.size.height else 0
        self.virtual_size = Size(
            self.size.width, rows * self.row_height + below
        )  # so that the last window begins with a row

    def show_cursor(self) -> None:
        """Bring the cursor into view, and draw it where it is now and was before."""
        row = self.browse.cursor // self.per_row
        top, height, offset = row * self.row_height, self.size.height, int(self.scroll_offset.y)
        if height:
            if top < offset or self.row_height > height:
                offset = top
            elif top + self.row_height > offset + height:
                offset = -(-(top + self.row_height - height) // self.row_height) * self.row_height
            if offset != self.scroll_offset.y:
                self.scroll_to(y=offset, animate=False, force=True, immediate=True)
        for at in (self._drawn_cursor, self.browse.cursor):
            self.redraw(at)
        self._drawn_cursor = self.browse.cursor

    def show_choice(self) -> None:
        """Draw which photos are chosen."""
        self.refresh()

    def redraw(self, at: int) -> None:
        """Draw one photo again."""
        region = self.region_of(at).intersection(Region(0, 0, *self.size))
        if region.area:
            self.refresh(region)

    def region_of(self, at: int) -> Region:
        """Return where a photo is drawn, in characters of this widget; it may lie outside."""
        y = at // self.per_row * self.row_height - int(self.scroll_offset.y)
        return Region(0, y, self.size.width, self.row_height)

    def at_point(self, x: int, y: int) -> int | None:
        """Return the position of the photo that is drawn at a character of this widget; None where there is none."""
        return next((at for at in self.in_view if self.region_of(at).contains(x, y)), None)

    def on_resize(self, _event: events.Resize) -> None:
        """Fit the rows to the new size; the cursor stays in view."""
        self.show_list()

    def on_click(self, event: events.Click) -> None:
        """Tell which photo was clicked on."""
        at = self.at_point(*(event.screen_offset - self.content_region.offset))
        if at is not None:
            self.post_message(self.Clicked(at, event.shift, event.ctrl or event.meta, event.chain > 1))
