"""Pairs that are reviewed by keys at a steady pace, in a real pseudo-terminal, and a kill in the middle."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from benchmarks.app import COLUMNS, ROWS, filled
from curate.catalog import decisions
from curate.catalog.photos import path_of
from curate.catalog.store import Catalog
from curate.workspace import Workspace
from tests.terminal.pseudo import Pseudo

PAIRS = 24
PACE = 0.5


def opened(workspace: Workspace) -> Pseudo:
    """The review in a pseudo-terminal, with pictures as half cells."""
    app = Pseudo(["-m", "curate", "review", "-w", workspace.root, "--images", "half"], workspace.root, (COLUMNS, ROWS))
    app.wait("proposed")
    app.settle()
    return app


def decided(workspace: Workspace) -> list[tuple[str, str]]:
    """The decisions in the catalogue: what was decided, and the number of its pair."""
    with Catalog.open(workspace, read_only=True) as catalog:
        return [
            (entry.action, (path_of(catalog, entry.payload["phone"]) or "")[-8:-4])
            for entry in decisions.entries(catalog)
        ]


def test_each_key_decides_the_pair_that_is_shown(tmp_path: Path) -> None:
    """At two keys a second no key is lost, none is about another pair, and a kill loses no decision that was shown."""
    workspace = filled(tmp_path / "w", PAIRS + 1)
    app = opened(workspace)
    try:
        for number in range(PAIRS // 2):
            app.press("x" if number % 3 == 2 else " ")
            app.wait(f"IMG_{number + 1:04d}.JPG")
            app.idle(PACE / 5)
        os.kill(app.pid, signal.SIGKILL)
    finally:
        app.close()
    wanted = [("reject" if number % 3 == 2 else "accept", f"{number:04d}") for number in range(PAIRS)]
    assert decided(workspace) == wanted[: PAIRS // 2]
    app = opened(workspace)
    try:
        for number in range(PAIRS // 2, PAIRS):
            app.press("x" if number % 3 == 2 else " ")
            app.wait(f"IMG_{number + 1:04d}.JPG")
            app.idle(PACE / 5)
    finally:
        app.close()
    assert decided(workspace) == wanted
