"""Pairs that are reviewed by keys at a steady pace, in a real pseudo-terminal, and a kill in the middle."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import pytest

from benchmarks.app import COLUMNS, ROWS, filled
from curate.catalog import decisions
from curate.catalog.photos import path_of
from curate.catalog.store import Catalog
from curate.workspace import Workspace
from tests.terminal.pseudo import Pseudo

PAIRS = 18
"""The first half is decided before the score follows decisions, which changes the order of what is left."""
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
            app.idle(PACE)
            app.settle()
    finally:
        app.close()
    found = decided(workspace)
    assert found[: PAIRS // 2] == wanted[: PAIRS // 2] and [action for action, _ in found] == [a for a, _ in wanted]
    assert len({pair for _, pair in found}) == PAIRS


def test_without_colours_nothing_has_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """NO_COLOR turns everything grey, the pictures too."""
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLORTERM", "truecolor")
    app = opened(filled(tmp_path / "w", 2))
    try:
        app.press("+")
        app.wait("times as large")
        app.settle()
    finally:
        app.close()
    colours = set(re.findall(rb"[34]8;2;(\d+);(\d+);(\d+)", app.output))
    assert len(colours) > 20 and all(len(set(colour)) == 1 for colour in colours)
