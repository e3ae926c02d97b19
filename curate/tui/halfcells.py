"""Pictures as characters: a half block in each cell, with the colours of two pixels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

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


def half_cells(picture: Image, place: Placed) -> list[Strip]:
    """Draw a picture, one strip for each row; `place` says its size and which part is shown."""
    from PIL.Image import Resampling

    small = picture.convert("RGB").resize((place.columns, 2 * place.rows), Resampling.BOX, place.box)
    line, data = 3 * place.columns, small.tobytes()
    rows = (data[at : at + 2 * line] for at in range(0, len(data), 2 * line))
    return [Strip(_cells(row[:line], row[line:]), place.columns) for row in rows]


def centred(strips: Sequence[Strip], room: Size, around: Style, console: Console) -> list[Strip]:
    """Put drawn strips into the middle of a room of some columns and rows, with a style around them.

    What is sent to the terminal is made at once, or taken from the drawn strips where it was made already.
    """
    columns, rows = room
    width = strips[0].cell_length if strips else 0
    left, above = (columns - width) // 2, (rows - len(strips)) // 2
    before, after, blank = (_blank(many, around, console) for many in (left, columns - width - left, columns))
    drawn = [Strip.join((before, strip, after)) for strip in strips]
    return [blank] * above + drawn + [blank] * (rows - above - len(drawn))


def _blank(columns: int, around: Style, console: Console) -> Strip:
    strip = Strip([Segment(" " * columns, around)], columns)
    strip.render(console)
    return strip


def _cells(upper: bytes, lower: bytes) -> list[Segment]:
    return [
        Segment(_UPPER_HALF, Style.from_color(_colour(upper[at : at + 3]), _colour(lower[at : at + 3])))
        for at in range(0, len(upper), 3)
    ]


def _colour(rgb: bytes) -> Color:
    return Color("", ColorType.TRUECOLOR, triplet=ColorTriplet(*rgb))
