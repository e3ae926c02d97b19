"""Finds out how the terminal can draw pictures, and in how many colours, by asking it. It has to run before Textual does.

textual-image asks too, with a question after another and a wait for each; a terminal without pictures costs it 0.2 seconds.
"""

from __future__ import annotations

import fcntl
import os
import re
import select
import struct
import subprocess
import sys
import termios
import time
import tty
from dataclasses import dataclass

from curate.workspace.settings import ImagesMode

_KITTY = "\x1b_Gi=1,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\"
"""Asks whether a picture of one pixel could be drawn (Kitty graphics protocol, "Querying support")."""

_COLOURS = "\x1b[48;2;1;2;3m\x1bP$qm\x1b\\\x1b[0m\x1bP+q524742;5463\x1b\\\x1b[>0q"
"""Sets a background of 24 bits and asks what was set (DECRQSS), asks for the capabilities RGB and Tc (XTGETTCAP), and for the
terminal's name (XTVERSION)."""

_ALL_COLOURS = re.compile(
    r"\x1bP1\$r[^\x1b]*48[:;]2[:;](?:[01]?:)?1[:;]2[:;]3|\x1bP1\+r(?:524742|5463)|\x1bP>\|tmux", re.IGNORECASE
)
"""What a terminal of 24 bits answers; tmux turns all colours into those that its own terminal has."""

_FEW_COLOURS = ("linux", "vt", "dumb")
"""Beginnings of the names (`TERM`) of terminals that answer, and have less than 256 colours."""

_IN_TMUX = 'pictures have few colours here; if the terminal can show all, add to ~/.tmux.conf: set -as terminal-features ",*:RGB"'
_ELSEWHERE = (
    "pictures have few colours here; if the terminal can show all, say so before curate: export COLORTERM=truecolor"
)

_ATTRIBUTES = "\x1b[c"
"""Asks for the primary device attributes, which every terminal answers; the answer ends the others (DEC VT510, "DA1")."""

_ALL = 2**24

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


@dataclass(frozen=True, slots=True)
class Terminal:
    """What the terminal of this process can do.

    Attributes:
        images: the best way in which it draws pictures: sixel, kitty or half.
        colours: how many colours it has: 2 ** 24, 256, or 0 where only its name (`TERM`) tells.
    """

    images: ImagesMode = "half"
    colours: int = 0


def asked_terminal(seconds: float | None = None) -> Terminal:
    """Return what the terminal of this process can do.

    Sixel comes first, since some terminals answer for Kitty's protocol without the placeholders that textual-image needs.
    Inside tmux it is half, which always works there; tmux takes all colours, and turns them into those of its terminal.

    Args:
        seconds: how long to wait for an answer; None for what is usual at this computer, or through SSH.
    """
    if seconds is None:
        seconds = _SECONDS_FAR if os.environ.get("SSH_CONNECTION") else _SECONDS
    if os.environ.get("TMUX"):
        return Terminal(colours=_ALL)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return Terminal()
    answer = _answer(sys.stdin.fileno(), sys.stdout.fileno(), seconds)
    return Terminal(best_of(answer), colours_of(answer, os.environ.get("TERM", "")))


def colours_told() -> bool:
    """Whether the environment tells how many colours there are, or forbids them."""
    return bool(os.environ.get("COLORTERM") or os.environ.get("NO_COLOR"))


def use_colours(terminal: Terminal) -> str:
    """Let the app draw in the colours that the terminal has, and return advice where these may be more than it tells.

    Rich takes the colours from the environment, which is changed where it does not tell them.
    """
    if colours_told():
        return ""
    if terminal.colours == _ALL:
        os.environ["COLORTERM"] = "truecolor"
        return "" if not os.environ.get("TMUX") or "RGB" in _tmux_features() else _IN_TMUX
    name = os.environ.get("TERM", "")
    if terminal.colours and not name.endswith("color"):
        os.environ["TERM"] = f"{name.partition('-')[0]}-256color"
    return _ELSEWHERE


def _tmux_features() -> list[str]:
    """Return what tmux knows of the terminal that it is shown in."""
    words = ("tmux", "display-message", "-p", "#{client_termfeatures}")
    try:
        return subprocess.run(words, capture_output=True, text=True, timeout=1, check=False).stdout.strip().split(",")
    except (OSError, subprocess.TimeoutExpired):
        return []


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


def colours_of(answer: str, name: str) -> int:
    r"""Return how many colours a terminal of a name (`TERM`) has by its answer; 0 where that tells nothing.

    >>> colours_of("\x1bP1+r524742=38\x1b\\\x1b[?62c", "xterm"), colours_of("\x1bP1$r0;48:2::1:2:3m\x1b\\\x1b[?65;1c", "xterm")
    (16777216, 16777216)
    >>> colours_of("\x1bP0$r\x1b\\\x1b[?1;2c", "screen"), colours_of("\x1b[?6c", "linux"), colours_of("", "xterm")
    (256, 0, 0)
    """
    if _ALL_COLOURS.search(answer):
        return _ALL
    return 256 if _ANSWERED.search(answer) and not name.startswith(_FEW_COLOURS) else 0


def _answer(source: int, target: int, seconds: float) -> str:
    """Ask, and return what the terminal wrote until it told its attributes, or was silent for too long."""
    before = termios.tcgetattr(source)
    answer = ""
    try:
        tty.setcbreak(source, termios.TCSADRAIN)
        os.write(target, (_KITTY + _COLOURS + _ATTRIBUTES).encode())
        end = time.monotonic() + seconds
        while _ANSWERED.search(answer) is None:
            if not select.select([source], [], [], max(0.0, end - time.monotonic()))[0]:
                break
            answer += os.read(source, 256).decode("latin-1")
    finally:
        termios.tcsetattr(source, termios.TCSADRAIN, before)
    return answer
