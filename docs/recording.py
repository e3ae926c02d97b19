"""A recording of a session as an animated GIF: what a terminal showed after each key, and below it the key and what it does."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

from docs.real_terminal import FONT

BAR = 40
"""Pixels of the bar below the terminal."""

TEXT = 18
COLOURS = 255
"""Colours of the recording; GIF allows one more, for what does not change."""

_BACKGROUND, _KEY, _WORDS = "#1e1e1e", "#ffa62b", "#c8c8c8"


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of a recording.

    Attributes:
        picture: what the terminal showed.
        key: the key that was pressed before; empty for none.
        words: what it does.
        seconds: how long it is shown.
    """

    picture: Image.Image
    key: str
    words: str
    seconds: float


def recorded(frames: Sequence[Frame]) -> bytes:
    """Return an animated GIF, which begins again at its end. The pictures are of one size."""
    fonts = [ImageFont.truetype(_font_file(weight), TEXT) for weight in ("Bold", "Regular")]
    pictures = [_with_bar(frame, *fonts) for frame in frames]
    width, height = pictures[0].size
    every = Image.new("RGB", (width, height * len(pictures)))
    for at, picture in enumerate(pictures):
        every.paste(picture, (0, at * height))
    palette = every.quantize(COLOURS, Image.Quantize.MEDIANCUT)
    drawn = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]
    file = io.BytesIO()
    drawn[0].save(
        file,
        "GIF",
        save_all=True,
        append_images=drawn[1:],
        duration=[round(1000 * frame.seconds) for frame in frames],
        loop=0,
        optimize=True,
    )
    return file.getvalue()


def _with_bar(frame: Frame, bold: ImageFont.FreeTypeFont, regular: ImageFont.FreeTypeFont) -> Image.Image:
    """Return the picture with the bar below it."""
    width, height = frame.picture.size
    whole = Image.new("RGB", (width, height + BAR), _BACKGROUND)
    whole.paste(frame.picture)
    draw = ImageDraw.Draw(whole)
    at, middle = 16.0, height + BAR / 2
    if frame.key:
        length = bold.getlength(frame.key)
        draw.rounded_rectangle((at - 8, height + 7, at + length + 8, height + BAR - 7), 5, outline=_KEY)
        draw.text((at, middle), frame.key, _KEY, bold, "lm")
        at += length + 28
    draw.text((at, middle), frame.words, _WORDS, regular, "lm")
    return whole


def _font_file(weight: str) -> str:
    """Return the file of the terminal's font."""
    words = ["fc-match", "-f", "%{file}", f"{FONT}:style={weight}"]
    return subprocess.run(words, capture_output=True, check=True, text=True).stdout
