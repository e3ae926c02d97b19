"""Small pictures as half cells, in lines that a widget puts side by side with other things.

A whole picture that fills a widget is drawn by `curate.tui.halfcells`, which is faster and gives no lines to take apart.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from curate.tui.terminal_images import is_fine
from curate.workspace.settings import ImagesMode

if TYPE_CHECKING:
    from PIL.Image import Image

_STEP = 4
"""Colours are rounded to multiples of this, which nobody sees and which lets equal neighbours be drawn together."""


def drawing(images: ImagesMode) -> Callable[[Image], Any]:
    """Return the function that makes of a small picture what is kept of it: lines of half cells, or the picture itself."""
    return (lambda image: image) if is_fine(images) else halfcells


def halfcells(image: Image) -> list[Strip]:
    """Return a picture as lines of characters, two rows of pixels each; of a last row alone, the lower half stays empty."""
    width, height = image.size
    pixels = [tuple(value - value % _STEP for value in pixel) for pixel in _pixels(image)]
    strips = []
    for top in range(0, height, 2):
        upper = pixels[top * width : (top + 1) * width]
        lower = pixels[(top + 1) * width : (top + 2) * width]
        styles = [_style(pixel, lower[at] if lower else None) for at, pixel in enumerate(upper)]
        segments, start = [], 0
        for at in range(1, width + 1):
            if at == width or styles[at] is not styles[start]:
                segments.append(Segment("▀" * (at - start), styles[start]))
                start = at
        strips.append(Strip(segments, width))
    return strips


def centred(strip: Strip, width: int, around: Style) -> Strip:
    """Return a line of a picture in the middle of a width; what it leaves open has the style `around`."""
    left = max(0, (width - strip.cell_length) // 2)
    right = max(0, width - left - strip.cell_length)
    inner = [_over(around, segment) for segment in strip]
    return Strip([Segment(" " * left, around), *inner, Segment(" " * right, around)], left + strip.cell_length + right)


def _over(around: Style, segment: Segment) -> Segment:
    """Return a segment of a picture; where it has no background, that of the style."""
    style = segment.style
    return segment if style is None or style.bgcolor is not None else Segment(segment.text, around + style)


def _pixels(image: Image) -> list[tuple[int, ...]]:
    data = image.convert("RGB").tobytes()
    return [tuple(data[at : at + 3]) for at in range(0, len(data), 3)]


@lru_cache(maxsize=1 << 15)
def _style(upper: tuple[int, ...], lower: tuple[int, ...] | None) -> Style:
    return Style(color=Color.from_rgb(*upper), bgcolor=None if lower is None else Color.from_rgb(*lower))
