"""Finds out how the terminal can draw pictures, by asking it. It knows no Textual, and has to run before Textual does.

textual-image asks too, with a question after another and a wait for each; a terminal without pictures costs it 0.2 seconds.
"""

from __future__ import annotations

import fcntl
import os
import re
import select
import struct
import sys
import termios
import time
import tty
from dataclasses import dataclass

from curate.workspace.settings import ImagesMode

_KITTY = "\x1b_Gi=1,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\"
"""Asks whether a picture of one pixel could be drawn (Kitty graphics protocol, "Querying support")."""

_ATTRIBUTES = "\x1b[c"
"""Asks for the primary device attributes, which every terminal answers; the answer ends the others (DEC VT510, "DA1")."""

_SIXEL = "4"
"""The device attribute of Sixel graphics."""

_ANSWERED = re.compile(r"\x1b\[\?([\d;]*)c")
"""The device attributes, as a terminal answers them."""

_SECONDS, _SECONDS_FAR = 0.2, 2.0
"""How long a silent terminal is waited for: one of this computer, and one at the other end of SSH. A later answer would be
taken for keys."""


def is_fine(images: ImagesMode) -> bool:
    """Whether the terminal, or the page in its place, draws pictures itself, pixel by pixel."""
    return images in ("kitty", "sixel", "page")


@dataclass
class Page:
    """The page of a browser that takes the place of a terminal.

    Attributes:
        cell_aspect: the height of a character divided by its width, as the page told it last.
    """

    cell_aspect: float = 2.1


PAGE = Page()


def asked_terminal(seconds: float | None = None) -> ImagesMode:
    """Return the best way in which the terminal of this process draws pictures: sixel, kitty or half.

    Sixel comes first, since some terminals answer for Kitty's protocol without the placeholders that textual-image needs.
    Inside tmux it is half, which always works there.

    Args:
        seconds: how long to wait for an answer; None for what is usual at this computer, or through SSH.
    """
    if seconds is None:
        seconds = _SECONDS_FAR if os.environ.get("SSH_CONNECTION") else _SECONDS
    if os.environ.get("TMUX") or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return "half"
    return best_of(_answer(sys.stdin.fileno(), sys.stdout.fileno(), seconds))


def cell_size() -> tuple[int, int]:
    """Return width and height of a character in pixels: as the system knows them now, else as the terminal told at the start."""
    from textual_image._terminal import get_cell_size  # it keeps what the terminal told

    try:
        told = fcntl.ioctl(sys.__stdout__.fileno() if sys.__stdout__ else -1, termios.TIOCGWINSZ, bytes(8))
    except (OSError, ValueError):
        told = bytes(8)
    rows, columns, width, height = struct.unpack("HHHH", told)
    if min(rows, columns) > 0 and width >= columns and height >= rows:
        return width // columns, height // rows
    usual = get_cell_size()
    return int(usual[0]), int(usual[1])


def cell_aspect(images: ImagesMode) -> float:
    """Return the height of a character divided by its width; half cells are drawn as if it were twice as high as wide."""
    if images == "page":
        return PAGE.cell_aspect
    width, height = cell_size() if is_fine(images) else (1, 2)
    return height / width


def best_of(answer: str) -> ImagesMode:
    r"""Return the way of drawing that a terminal's answer allows.

    >>> best_of("\x1b[?62;4;22c"), best_of("\x1b_Gi=1;OK\x1b\\\x1b[?62;22c"), best_of("\x1b[?1;2c"), best_of("")
    ('sixel', 'kitty', 'half', 'half')
    """
    attributes = _ANSWERED.search(answer)
    if attributes is not None and _SIXEL in attributes[1].split(";")[1:]:
        return "sixel"
    return "kitty" if "\x1b_Gi=1;OK\x1b\\" in answer else "half"


def _answer(source: int, target: int, seconds: float) -> str:
    """Ask, and return what the terminal wrote until it told its attributes, or was silent for too long."""
    before = termios.tcgetattr(source)
    answer = ""
    try:
        tty.setcbreak(source, termios.TCSADRAIN)
        os.write(target, (_KITTY + _ATTRIBUTES).encode())
        end = time.monotonic() + seconds
        while _ANSWERED.search(answer) is None:
            if not select.select([source], [], [], max(0.0, end - time.monotonic()))[0]:
                break
            answer += os.read(source, 256).decode("latin-1")
    finally:
        termios.tcsetattr(source, termios.TCSADRAIN, before)
    return answer
