"""How the terminal draws pictures is asked of a terminal: one end of a pseudo-terminal answers here as real ones do."""

from __future__ import annotations

import os
import pty
import sys
import termios
import threading
import time
from pathlib import Path

import pytest

from curate.catalog.store import Catalog
from curate.tui import terminal_images
from curate.tui.app import CurateApp
from curate.tui.terminal_images import Terminal, asked_terminal, use_colours
from tests.curate.tui.test_app import status
from tests.curate.tui.workspaces import make_workspace

KITTY = b"\x1b_Gi=1;OK\x1b\\"
ALL = 2**24
ANSWERS = {
    "an xterm with Sixel": (b"\x1b[?62;4;22c", "sixel", 256),
    "Kitty": (KITTY + b"\x1bP1+r524742=382F382F38\x1b\\\x1b[?62c", "kitty", ALL),
    "WezTerm, which has both": (KITTY + b"\x1bP1+r5463\x1b\\\x1b[?65;4;6;18;22c", "sixel", ALL),
    "an xterm without": (b"\x1bP1$r0;48:2::1:2:3m\x1b\\\x1b[?64;1;2;6;9;15;18;21;22c", "half", ALL),
    "one that refuses Kitty's pictures": (b"\x1b_Gi=1;ENOTSUPPORTED\x1b\\\x1b[?62c", "half", 256),
    "one of 256 colours": (b"\x1bP1$r0;48:5:16m\x1b\\\x1bP0+r524742\x1b\\\x1b[?1;2c", "half", 256),
    "tmux through SSH": (b"\x1bP0$r\x1b\\\x1bP>|tmux 3.5a\x1b\\\x1b[?1;2c", "half", ALL),
    "keys typed in between": (b"jq\x1b[?62;4c", "sixel", 256),
    "keys typed right behind": (b"\x1b[?62;4cjj", "sixel", 256),
}


@pytest.mark.parametrize("terminal", ANSWERS)
def test_a_terminal_is_asked(terminal: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked once, for everything; nothing of its answer is left for the app, and its mode is as before."""
    answer, drawn, colours = ANSWERS[terminal]
    monkeypatch.delenv("TMUX", raising=False)
    monkeypatch.setenv("TERM", "xterm")
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
        assert asked_terminal(10) == Terminal(drawn, colours)
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
            assert asked_terminal() == Terminal()
            assert (time.monotonic() - began >= terminal_images._SECONDS_FAR) == far
    os.close(master)


@pytest.mark.parametrize(
    ("environment", "features", "then", "advice"),
    [
        ({"TERM": "xterm"}, "", {"TERM": "xterm-256color"}, "export COLORTERM=truecolor"),
        ({"TERM": "xterm-kitty", "colours": "all"}, "", {"TERM": "xterm-kitty", "COLORTERM": "truecolor"}, ""),
        ({"TERM": "linux", "colours": "few"}, "", {"TERM": "linux"}, "export COLORTERM=truecolor"),
        ({"TERM": "screen", "TMUX": "x"}, "256,title", {"COLORTERM": "truecolor"}, "set -as terminal-features"),
        ({"TERM": "screen", "TMUX": "x"}, "256,RGB,title", {"COLORTERM": "truecolor"}, ""),
        ({"TERM": "xterm", "COLORTERM": "24bit"}, "", {"TERM": "xterm", "COLORTERM": "24bit"}, ""),
        ({"TERM": "xterm", "NO_COLOR": "1"}, "", {"TERM": "xterm"}, ""),
    ],
)
def test_colours_follow_the_terminal(
    environment: dict[str, str], features: str, then: dict[str, str], advice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the environment does not tell them: all that it has, at least 256, and one line of advice where there may be more."""
    for name in ("TMUX", "COLORTERM", "NO_COLOR"):
        monkeypatch.setenv(name, "")  # so that what is set here is taken back
    colours = {"all": ALL, "few": 0}.get(environment.pop("colours", ""), ALL if "TMUX" in environment else 256)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(terminal_images, "_tmux_features", lambda: features.split(","))
    said = use_colours(Terminal(colours=colours))
    assert advice in said and bool(said) == bool(advice) and {name: os.environ[name] for name in then} == then


async def test_advice_is_given_once(tmp_path: Path) -> None:
    """At the first start in a workspace."""
    with Catalog.open(make_workspace(tmp_path / "w", 1, previews=False)) as catalog:
        for told in (True, False):
            app = CurateApp(catalog)
            app.advice = "say so: export COLORTERM=truecolor"
            async with app.run_test() as pilot:
                await pilot.pause(0.3)
                assert (app.advice in status(app)) is told
