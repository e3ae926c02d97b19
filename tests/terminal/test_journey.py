"""The whole way through the app, by keys in a real terminal."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from curate.catalog import decisions
from curate.catalog.clocks import clock_offsets
from curate.catalog.store import Catalog
from curate.workspace import Workspace
from tests.terminal.conftest import Open

pytestmark = pytest.mark.system


def test_from_a_folder_to_decided_pairs(
    workspace_of: Callable[[str], Workspace], virtual_photos: Path, terminal: Open
) -> None:
    """Photos taken in, pairs found and decided, a camera's type and a clock's offset stated: the catalogue says the same."""
    workspace = workspace_of("empty")
    app = terminal("-m", "curate.cli", workspace.root)
    app.wait("no photos are here yet")
    app.press("F1")
    app.wait("No photos yet")
    app.press("i")
    app.wait("Ingest the photos of which folder?")
    app.type(os.fspath(virtual_photos))
    app.press("Enter")
    app.wait("12 added")
    app.press("f")
    app.wait("F2 reviews them")
    app.press("R")
    app.wait("1 of ")

    app.press("Space")
    app.wait("✓ accepted: ")
    app.press("s")
    app.wait("No proposed pair is left to decide")
    app.press("s")
    app.wait("the skipped ones come again")
    app.press("x")
    app.wait("✗ rejected: ")
    app.press("Enter")
    app.wait("these are not proposed")
    app.press("u")
    app.wait("taken back: rejected ")
    app.press("r")
    app.wait("done again: rejected ")
    app.press("m")
    app.wait("m shows the photos again")
    app.press("m")
    app.wait(lambda text: "m shows the photos again" not in text)

    app.press("L")
    app.wait("1 accepted")
    app.press("C")
    app.wait("0 of unknown type")
    app.press("Enter")
    app.wait("What is the ")
    app.press("Down", "Enter")
    app.wait("is now: ")
    app.press("u")
    app.wait("taken back: ")
    app.press("r")
    app.wait("done again: ")

    app.press("T")
    app.wait("Clocks")
    app.press("n")
    app.wait("The clock of which camera?")
    app.press("Enter")
    app.wait("Against the clock of which other camera")
    app.press("Enter")
    app.wait("How far is the clock")
    app.type("1:00:12")
    app.press("Enter")
    app.wait("1 h 0 min 12 s · f in the library")
    app.press("e")
    app.wait("How far is the clock")
    app.press("Enter")
    app.wait("nothing was stated")

    app.press("L")
    app.wait("Library")
    app.press("D")
    app.wait("Copies · 0 groups")
    app.press("F1")
    app.wait("All photos")
    app.quit()

    with Catalog.open(workspace, read_only=True) as catalog:
        assert decisions.tally(catalog) == decisions.Tally(1, 1)
        assert [entry.action for entry in decisions.entries(catalog) if entry.action == "camera"] == ["camera"]
        assert [offset.seconds for offset in clock_offsets(catalog) if offset.source == "person"] in (
            [3612.0],
            [-3612.0],
        )
