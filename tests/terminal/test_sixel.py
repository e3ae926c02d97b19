"""Pictures as Sixel: the bytes that place them, and what a real terminal shows after a screen with pictures made way for one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.real_terminal import Display, RealTerminal, lacking
from tests.curate.tui.workspaces import make_workspace
from tests.terminal.pseudo import Pseudo

SIXEL = re.compile(rb'\x1b\[(\d+);(\d+)H\x1bP0;0;0q"1;1;(\d+);(\d+)[^\x1b]*\x1b\\\x1b\[(\d+);(\d+)H')
"""A picture: the cursor is moved to its upper left corner, it is sent with its width and height, and the cursor is moved on."""

WIDE, HIGH = 10, 20
"""Pixels of a character where the terminal does not tell."""

FINDS_A_LIBRARY, SHOWS_A_PAIR, A_PICTURE = "All photos", "matching points", '"1;1;'
F1, F2 = "\x1bOP", "\x1bOQ"


def test_the_cursor_stays_on_the_last_line_of_a_picture(tmp_path: Path) -> None:
    """What follows on that line stands to the right of the picture, and not a line below, where it would be overwritten."""
    workspace = make_workspace(tmp_path / "w", 6)
    terminal = Pseudo(["-m", "curate", "review", "-w", workspace.root, "--images", "sixel"], tmp_path, (120, 40))
    try:
        terminal.wait(SHOWS_A_PAIR)
        terminal.wait(A_PICTURE)
        for keys, shows in ((F1, FINDS_A_LIBRARY), ("g", A_PICTURE), (F2, A_PICTURE)):
            terminal.settle()
            terminal.press(keys)
            terminal.wait(shows)
        terminal.settle()
    finally:
        terminal.close()
    found = [tuple(map(int, numbers)) for numbers in SIXEL.findall(bytes(terminal.output))]
    assert len(found) >= 8, len(found)  # the grid's, the two of the pair, and those of the candidates
    assert len(found) == terminal.output.count(b'\x1bP0;0;0q"1;1;')
    for row, column, width, height, next_row, next_column in found:
        assert width % WIDE == height % HIGH == 0
        assert (next_row, next_column) == (row + height // HIGH - 1, column + width // WIDE)
        assert next_row <= 40 and next_column <= 121


@pytest.mark.slow
@pytest.mark.system
@pytest.mark.skipif(bool(lacking()), reason="; ".join(lacking()))
def test_nothing_is_left_of_the_screen_before(tmp_path: Path) -> None:
    """xterm shows the review alike, whether the grid of the library was there before or not, and pictures in colour."""
    workspace = make_workspace(tmp_path / "w", 12)
    shown = []
    for number, keys in enumerate(((F2,), (F1, "g", F2))):
        memory = tmp_path / str(number)
        memory.mkdir()
        display = Display(memory)
        try:
            words = ["-m", "curate", str(workspace.root)]
            terminal = RealTerminal(words, display, (120, 40), 9)
            try:
                terminal.settled()
                shown.append([terminal.after(key) for key in keys][-1])
            finally:
                terminal.close()
        finally:
            display.close()
    assert shown[0].size == shown[1].size and shown[0].tobytes() == shown[1].tobytes()
    colours = shown[0].getcolors(1 << 24)
    assert colours is not None and len(colours) > 300  # half cells and text have fewer
