"""A real terminal to photograph: xterm with Sixel on a display of its own, whose memory is read.

Xvfb keeps its picture in a file, so no other program is needed for a photograph. xterm gets a pseudo-terminal that is opened
here: the program runs on its one end, and keys are written to the other as xterm writes them.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import shutil
import struct
import subprocess
import sys
import termios
import time
import tty
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np
from PIL import Image

PROGRAMS = {"Xvfb": "xvfb", "xterm": "xterm", "fc-list": "fontconfig"}
"""The programs that are needed, and Debian's packages of them."""

FONT, FONT_PACKAGE = "Fira Code", "fonts-firacode"
DISPLAY = (2600, 1800)
"""Pixels of the display. The mouse is in its middle; a window of less than half the size does not show it."""

STILL = 1.5
"""Seconds without a change after which the terminal has drawn everything."""

MOST = 120.0
"""Seconds that are waited for at most."""

_EMPTY = 50
"""Colours that a terminal with a cursor, or with a few letters, has at most; an app has more."""

_LOOK = 0.05
"""Seconds between two looks at the display."""

_RESOURCES = {
    "decTerminalID": "vt340",
    "allowWindowOps": "true",
    "numColorRegisters": "1024",
    "sixelScrolling": "true",
    "maxGraphicSize": f"{DISPLAY[0]}x{DISPLAY[1]}",
    "scaleHeight": "1.0",
    "internalBorder": "8",
    "scrollBar": "false",
    "cursorBlink": "false",
    "boldColors": "false",
    "background": "#121212",
    "foreground": "#e0e0e0",
}


def lacking() -> list[str]:
    """Return what is needed for photographs and not there, as sentences with the way out; an empty list where all is there."""
    said = [
        f"{name} is missing; install the package {package}, as in: apt-get install {package}"
        for name, package in PROGRAMS.items()
        if shutil.which(name) is None
    ]
    if not said and FONT not in subprocess.run(["fc-list", ":", "family"], capture_output=True, text=True).stdout:
        said = [
            f"the font {FONT} is missing; install the package {FONT_PACKAGE}, as in: apt-get install {FONT_PACKAGE}"
        ]
    return said


class Display:
    """A display without a screen. Args: folder: an empty folder for its memory."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        reads, writes = os.pipe()
        size = f"{DISPLAY[0]}x{DISPLAY[1]}x24"
        words = [
            "Xvfb",
            "-displayfd",
            str(writes),
            "-screen",
            "0",
            size,
            "-fbdir",
            os.fspath(folder),
            "-nolisten",
            "tcp",
        ]
        self._process = subprocess.Popen(words, pass_fds=[writes], stderr=subprocess.DEVNULL)
        os.close(writes)
        with os.fdopen(reads) as said:
            number = said.readline().strip()
        if not number:
            raise SystemExit(f"Xvfb ended with {self._process.wait()}")
        self.name = f":{number}"
        self._memory = np.memmap(folder / "Xvfb_screen0", np.uint8, "r")

    def photograph(self, width: int, height: int) -> Image.Image:
        """Return the upper left part of what is on the display; width and height in pixels.

        The memory is a file in the format of `xwd`: a head of 4-byte numbers, colours of 12 bytes each, and the rows of pixels
        (X11/XWDFile.h), here of 4 bytes in the order blue, green, red.
        """
        head = self._memory[:100].view(">u4")
        start, across, colours = int(head[0]), int(head[12]), int(head[19])
        assert int(head[11]) == 32 and int(head[7]) == 0, "Xvfb's memory has another form"
        rows = self._memory[start + 12 * colours :][: across * height].reshape(height, across)
        return Image.fromarray(np.ascontiguousarray(rows[:, : width * 4].reshape(height, width, 4)[..., 2::-1]))

    def close(self) -> None:
        """End the display."""
        self._process.terminate()
        self._process.wait()


class RealTerminal:
    """A program in xterm.

    Args:
        words: the program and its arguments.
        display: where xterm is shown.
        size: columns and rows.
        points: size of the font.
        environment: variables of the program besides those of this process.

    Attributes:
        pixels: width and height of the window.
        cell: width and height of a character in pixels.
    """

    def __init__(
        self,
        words: Sequence[str],
        display: Display,
        size: tuple[int, int],
        points: float,
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._display = display
        self._master, slave = os.openpty()
        resources = [part for name, value in _RESOURCES.items() for part in ("-xrm", f"XTerm*{name}: {value}")]
        window = ["-geometry", f"{size[0]}x{size[1]}+0+0", "-bw", "0", "-fa", FONT, "-fs", str(points)]
        channel = f"-S{Path(os.ttyname(slave)).name}/{self._master}"
        usual = termios.tcgetattr(slave)
        tty.setraw(slave)
        self._xterm = subprocess.Popen(
            ["xterm", channel, *window, *resources],
            pass_fds=[self._master],
            env=os.environ | {"DISPLAY": display.name, "LC_ALL": "C.UTF-8"},
        )
        with contextlib.ExitStack() as unanswered:
            unanswered.callback(self._xterm.terminate)
            _answer(slave, b"\n")  # xterm begins with the number of its window
            width, height = _asked(slave, b"\x1b[14t")
            self.cell = _asked(slave, b"\x1b[16t")
            unanswered.pop_all()
        border = 2 * int(_RESOURCES["internalBorder"])
        self.pixels = width + border, height + border
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], width, height))
        termios.tcsetattr(slave, termios.TCSANOW, usual)
        dropped = ("TMUX", "COLUMNS", "LINES", "SSH_CONNECTION", "NO_COLOR")
        variables = {name: value for name, value in os.environ.items() if name not in dropped}
        variables |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8", **environment}
        self._program = subprocess.Popen(
            [sys.executable, *words], stdin=slave, stdout=slave, stderr=slave, env=variables, start_new_session=True
        )
        os.close(slave)

    def photograph(self) -> Image.Image:
        """Return what the terminal shows."""
        return self._display.photograph(*self.pixels)

    def after(self, keys: str, still: float = STILL) -> Image.Image:
        """Press keys, as the characters that xterm sends for them; wait until they changed something, and then as `settled`."""
        before = self.photograph()
        os.write(self._master, keys.encode())
        return self.settled(still, before)

    def settled(self, still: float = STILL, before: Image.Image | None = None) -> Image.Image:
        """Wait until nothing has changed or was computed for some time, and return what the terminal shows.

        Args:
            still: seconds without a change.
            before: what has to be gone first; None for an empty terminal.

        Raises:
            SystemExit: the program has ended, or nothing changes, or the changes do not end.
        """
        start = time.monotonic()

        def gone(picture: Image.Image) -> bool:
            return picture != before if before is not None else len(picture.getcolors(1 << 20)) > _EMPTY

        last, since, begun, worked = self.photograph(), start, False, False
        while not begun or time.monotonic() - since < still:
            if self._program.poll() is not None:
                raise SystemExit(f"the program ended with {self._program.returncode}")
            if time.monotonic() - start > MOST:
                raise SystemExit(f"the terminal {'still changes' if begun else 'does not change'} after {MOST} seconds")
            time.sleep(_LOOK)
            now = self.photograph()
            begun = begun or gone(now)
            before_that, worked = worked, any(_works(process.pid) for process in (self._program, self._xterm))
            if now != last or (worked and before_that):
                last, since = now, time.monotonic()
        return last

    def close(self) -> None:
        """End the program and xterm."""
        for process in (self._program, self._xterm):
            process.terminate()
            process.wait()
        os.close(self._master)


def _works(process: int) -> bool:
    """Whether a process or one that it started runs, or waits for a processor or a disk, as Linux tells (proc(5))."""
    for task in Path(f"/proc/{process}/task").glob("*"):
        try:
            state = (task / "stat").read_text(errors="replace").rsplit(")", 1)[1].split()[0]
            children = (task / "children").read_text().split()
        except OSError:  # it has ended meanwhile
            continue
        if state in "RD" or any(_works(int(child)) for child in children):
            return True
    return False


def _answer(slave: int, ending: bytes, seconds: float = 20.0) -> bytes:
    """Return what xterm sends, up to an ending."""
    answer = b""
    while not answer.endswith(ending):
        if not select.select([slave], [], [], seconds)[0]:
            raise SystemExit(f"xterm is silent; it said {answer!r}")
        answer += os.read(slave, 1)
    return answer


def _asked(slave: int, question: bytes) -> tuple[int, int]:
    """Return a width and a height that xterm tells, as `CSI n ; height ; width t` (XTWINOPS in its ctlseqs)."""
    os.write(slave, question)
    _, height, width = _answer(slave, b"t")[2:-1].split(b";")
    return int(width), int(height)
