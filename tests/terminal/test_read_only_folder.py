"""The app on a workspace whose folder cannot be written to."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.curate.tui.workspaces import make_workspace
from tests.terminal.pseudo import Pseudo

AS_OTHERS = """
import ctypes, os, sys
for capability in (1, 2, 3):  # DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER: by these root may write anywhere (capabilities(7))
    ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP
os.execv(sys.executable, [sys.executable, "-m", "curate", *sys.argv[1:]])
"""
"""Runs curate so that permissions hold for root, too."""

SAID = "cannot be written to; this window only reads"
SCREENS = (
    "\x1bOP",
    "\x1bOQ",
    "\x1bOR",
    "\x1bOS",
    "\x1b[15~",
    "\x1b[17~",
    "\x1b[18~",
    "\x1b[19~",
    "\x1b[20~",
    "\x1b[21~",
)
"""F1 to F10."""


@pytest.mark.slow
def test_it_is_shown_and_nothing_is_changed(tmp_path: Path) -> None:
    """Every screen opens; a key that decides says why it cannot, and W why it cannot take over; no file is added."""
    workspace = make_workspace(tmp_path / "w", 4)
    folders = [workspace.root, *(path for path in workspace.root.rglob("*") if path.is_dir())]
    before = sorted(workspace.root.rglob("*"))
    for folder in folders:
        folder.chmod(0o555)
    terminal = Pseudo(["-c", AS_OTHERS, str(workspace.root)], tmp_path, (120, 40))
    try:
        terminal.wait(SAID)
        for screen in SCREENS:
            terminal.press(screen)
            terminal.settle()
        terminal.press(SCREENS[1])
        terminal.settle()
        terminal.press(" ")
        terminal.wait("work on a copy")
        terminal.press("W")
        terminal.wait("take over failed")
        terminal.settle()
        terminal.press("q")
        assert terminal.to_the_end() == 0
    finally:
        for folder in folders:
            folder.chmod(0o755)
    assert sorted(workspace.root.rglob("*")) == before
