"""A pseudo-terminal: every byte that a program writes to its terminal, and what in them is not the program's own."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
import unicodedata
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]

HOSTILE = "E\x1b]0;pwned\x07\x1b[38;5;213m\x9b2J\x7f\u202eR\u2066\ufeff\u200b\ue000[red][/x]\n'\"`$\\ x"
"""A name with a title, a colour, C1 and DEL controls, marks of direction, private use, markup, a line break and quotes."""

ODD_BYTES = b"\xff\xfe\xed\xa0\x80"
"""What is not UTF-8: bytes that never occur in it, and a lone surrogate."""

HOSTILE_FILE = os.fsdecode(HOSTILE.replace("/", "").encode() + ODD_BYTES)
"""The same as the name of a file or folder, which may hold any bytes but `/` and NUL."""

_OWN = re.compile(r"\x1b\[(?!38;5;213m)[0-9;]*m|\x1b\[\?25[lh]|\x1b\[2K|\x1b\[1A|[\r\n]")
"""What the programs may send: styling, and what progress bars need (cursor off and on, line cleared, line up)."""

_RAW = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def raw(output: bytes | bytearray) -> list[str]:
    """Return what reached the terminal and is neither text nor the programs' own styling, with what stands before it."""
    text = _OWN.sub("", output.decode("utf-8", "surrogateescape"))
    at = [place for place, char in enumerate(text) if unicodedata.category(char) in _RAW]
    return [repr(text[max(0, place - 60) : place + 1]) for place in at]


class Pseudo:
    """A program in a pseudo-terminal; `size` is its columns and rows."""

    def __init__(self, words: Sequence[str | Path], folder: Path, size: tuple[int, int] = (100, 30)) -> None:
        self.output = bytearray()
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "TMUX")}
        environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), *sys.path[1:]])
        environment |= {"LC_ALL": "C.UTF-8", "TERM": "xterm-256color"}
        self._process = subprocess.Popen(
            [sys.executable, *words], stdin=slave, stdout=slave, stderr=slave, cwd=folder, env=environment, close_fds=True,
            start_new_session=True,
        )  # fmt: skip
        os.close(slave)

    def read(self, seconds: float) -> bool:
        """Read what comes within some seconds; False once the program has ended."""
        if not select.select([self._master], [], [], seconds)[0]:
            return True
        try:
            part = os.read(self._master, 1 << 16)
        except OSError:  # Linux says so when the last writer is gone
            part = b""
        self.output += part
        if b"\x1b[c" in part:  # asks what the terminal is; each real one answers
            os.write(self._master, b"\x1b[?64;1;22c")
        return bool(part)

    def to_the_end(self, seconds: float = 240) -> int:
        """Read all until the program ends; return its exit code."""
        end = time.monotonic() + seconds
        try:
            while self.read(5):
                assert time.monotonic() < end, self.output[-2000:]
            return self._process.wait()
        finally:
            self.close()

    def wait(self, shows: str, seconds: float = 60) -> None:
        """Read until the program has written some text since the last key."""
        end = time.monotonic() + seconds
        while shows.encode() not in self.output[self._since :]:
            assert self.read(0.2) and time.monotonic() < end, (shows, self.output[-2000:])

    def settle(self) -> None:
        """Read until the program has drawn what it had to draw."""
        before = -1
        while before < len(self.output):
            before = len(self.output)
            assert self.read(0.25)

    def forget(self) -> None:
        """Forget what was read so far."""
        self.output.clear()
        self._since = 0

    def idle(self, seconds: float) -> None:
        """Go on reading for some seconds."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            assert self.read(left)

    @property
    def pid(self) -> int:
        """The program's process ID."""
        return self._process.pid

    _since = 0

    def press(self, keys: str) -> None:
        """Type."""
        self._since = len(self.output)
        os.write(self._master, keys.encode())

    def close(self) -> None:
        """End the program, if it still runs."""
        self._process.kill()
        self._process.wait()
        os.close(self._master)
