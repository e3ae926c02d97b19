"""Pictures as characters: a half block in each cell, with the colours of two pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.color import Color, ColorType
from rich.color_triplet import ColorTriplet
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from curate.tui.view import Placed, Size

if TYPE_CHECKING:
    from PIL.Image import Image

_UPPER_HALF = "▀"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture as half cells.

    It holds bytes and text alone: a segment and a style for each cell would be a million objects for the pictures of some pairs,
    which Python's garbage collector would look at again and again.

    Attributes:
        columns: its width.
        rows: of each row the pixels of the upper half and of the lower half, three bytes each.
        sent: what is sent to a terminal of all colours for each row.
    """

    columns: int
    rows: tuple[tuple[bytes, bytes], ...] = ()
    sent: tuple[str, ...] = ()


NOTHING_DRAWN = Drawn(0)


def half_cells(picture: Image, place: Placed) -> Drawn:
    """Draw a picture; `place` says its size and which part is shown."""
    from PIL.Image import Resampling

    small = picture.convert("RGB").resize((place.columns, 2 * place.rows), Resampling.BOX, place.box)
    line, data = 3 * place.columns, small.tobytes()
    rows = tuple((data[at : at + line], data[at + line : at + 2 * line]) for at in range(0, len(data), 2 * line))
    return Drawn(place.columns, rows, tuple(_sent(upper, lower) for upper, lower in rows))


def _sent(upper: bytes, lower: bytes) -> str:
    cells = zip(upper[::3], upper[1::3], upper[2::3], lower[::3], lower[1::3], lower[2::3], strict=True)
    return "".join([f"\x1b[38;2;{a};{b};{c};48;2;{d};{e};{f}m{_UPPER_HALF}" for a, b, c, d, e, f in cells]) + "\x1b[0m"


def centred(drawn: Drawn, room: Size, around: Style, console: Console) -> list[Strip]:
    """Return strips that show a drawn picture in the middle of a room of some columns and rows, with a style around it."""
    columns, rows = room
    left, above = (columns - drawn.columns) // 2, (rows - len(drawn.rows)) // 2
    before = Segment(" " * left, around)
    after = Segment(" " * (columns - drawn.columns - left), around)
    blank = Strip([Segment(" " * columns, around)], columns)
    blank.render(console)
    sent: list[str | None] = [None] * len(drawn.rows)
    if console.color_system == "truecolor":
        first, last = (Strip([edge], len(edge.text)).render(console) for edge in (before, after))
        sent = [first + text + last for text in drawn.sent]
    lines = [_Row(columns, before, row, after, text) for row, text in zip(drawn.rows, sent, strict=True)]
    return [blank] * above + lines + [blank] * (rows - above - len(lines))


class _Row(Strip):
    """A row of a picture. Its segments are made where they are asked for, such as below a dialog; its text is there already."""

    __slots__ = ("_made", "_parts")

    def __init__(
        self, columns: int, before: Segment, pixels: tuple[bytes, bytes], after: Segment, sent: str | None
    ) -> None:
        self._parts = before, pixels, after
        self._made: list[Segment] | None = None
        super().__init__((), columns)
        self._render_cache = sent

    @property
    def _segments(self) -> list[Segment]:
        if self._made is None:
            before, (upper, lower), after = self._parts
            self._made = [before, *_cells(upper, lower), after]
        return self._made

    @_segments.setter
    def _segments(self, _made: Any) -> None:
        """Ignore what the base class sets: it knows no pixels."""


def _cells(upper: bytes, lower: bytes) -> list[Segment]:
    return [
        Segment(_UPPER_HALF, Style.from_color(_colour(upper[at : at + 3]), _colour(lower[at : at + 3])))
        for at in range(0, len(upper), 3)
    ]


def _colour(rgb: bytes) -> Color:
    return Color("", ColorType.TRUECOLOR, triplet=ColorTriplet(*rgb))
