"""How the terminal draws pictures is asked of a terminal: one end of a pseudo-terminal answers here as real ones do."""

from __future__ import annotations

import os
import pty
import sys
import termios
import threading
import time

import pytest

from curate.tui import terminal_images
from curate.tui.terminal_images import asked_terminal

KITTY = b"\x1b_Gi=1;OK\x1b\\"
ANSWERS = {
    "an xterm with Sixel": (b"\x1b[?62;4;22c", "sixel"),
    "Kitty": (KITTY + b"\x1b[?62c", "kitty"),
    "WezTerm, which has both": (KITTY + b"\x1b[?65;4;6;18;22c", "sixel"),
    "an xterm without": (b"\x1b[?64;1;2;6;9;15;18;21;22c", "half"),
    "one that refuses Kitty's pictures": (b"\x1b_Gi=1;ENOTSUPPORTED\x1b\\\x1b[?62c", "half"),
    "the Linux console": (b"\x1b[?6c", "half"),
    "a VT100 of type 4": (b"\x1b[?4c", "half"),
    "keys typed in between": (b"jq\x1b[?62;4c", "sixel"),
    "keys typed right behind": (b"\x1b[?62;4cjj", "sixel"),
}


@pytest.mark.parametrize("terminal", ANSWERS)
def test_a_terminal_is_asked(terminal: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked once, for everything; nothing of its answer is left for the app, and its mode is as before."""
    answer, drawn = ANSWERS[terminal]
    monkeypatch.delenv("TMUX", raising=False)
    master, slave = pty.openpty()
    before = termios.tcgetattr(slave)
    with open(slave, "r+b", buffering=0) as end:
        monkeypatch.setattr(sys, "stdin", end)
        monkeypatch.setattr(sys, "stdout", end)

        def answers() -> None:
            asked = b""
            while not asked.endswith(b"\x1b[c"):
                asked += os.read(master, 100)
            os.write(master, answer)

        thread = threading.Thread(target=answers)
        thread.start()
        assert asked_terminal(10) == drawn
        thread.join()
        assert termios.tcgetattr(slave) == before
        os.set_blocking(slave, False)
        with pytest.raises(BlockingIOError):
            os.read(slave, 1)
    os.close(master)


def test_a_silent_terminal_is_waited_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """It draws half cells. Through SSH an answer may take long, and one that comes late would be taken for keys."""
    for name in ("TMUX", "SSH_CONNECTION"):
        monkeypatch.delenv(name, raising=False)
    master, slave = pty.openpty()
    with open(slave, "r+b", buffering=0) as end:
        monkeypatch.setattr(sys, "stdin", end)
        monkeypatch.setattr(sys, "stdout", end)
        for far in (False, True):
            if far:
                monkeypatch.setenv("SSH_CONNECTION", "10.0.0.1 50000 10.0.0.2 22")
            began = time.monotonic()
            assert asked_terminal() == "half"
            assert (time.monotonic() - began >= terminal_images._SECONDS_FAR) == far
    os.close(master)
