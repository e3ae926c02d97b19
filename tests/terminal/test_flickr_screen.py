"""A harvest of Flickr by keys in a real terminal, against a Flickr on this machine."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from curate.catalog.flickr_photos import tally
from curate.catalog.store import Catalog
from curate.cli import run_cli
from curate.workspace import Workspace
from tests.helpers.fake_flickr import FakeFlickr, Limits, Rates, Universe, asked_twice
from tests.terminal.conftest import Open

pytestmark = pytest.mark.system

MakeWorkspace = Callable[[str], Workspace]
PHOTOS = 80
A_SECOND = 20


@pytest.mark.slow
@pytest.mark.parametrize("size", [(80, 24), (160, 48)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_search_ask_stop_go_on(
    size: tuple[int, int], workspace_of: MakeWorkspace, terminal: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From an empty workspace to the EXIF of all photos, with a stop in the middle; Flickr's limits are kept."""
    workspace = workspace_of("empty")
    with FakeFlickr(Universe(PHOTOS, rates=Rates.none()), limits=Limits(pace=A_SECOND)) as flickr:
        flickr.point(monkeypatch)
        app = terminal("-m", "curate.cli", workspace.root, size=size)
        app.wait("no photos are here yet")
        app.press("F1")
        app.wait("No photos yet")
        app.press("H")
        app.wait("No photo of Flickr is listed yet")
        app.press("s")
        app.wait("Search Flickr for which photos?")
        app.press("Tab", "Tab", "Tab")
        app.type("1990")
        app.press("Tab", "Tab", "BSpace")  # the licences are filled in, and chosen as a whole; this deletes them
        app.press("Enter")
        app.wait(f"search: {PHOTOS} photos found")
        app.wait(f"wait for EXIF {PHOTOS}")

        app.press("e")
        text = app.wait(" a second, until ")
        assert "asking for EXIF: " in text and all(len(line) <= size[0] for line in text.splitlines())
        app.press("Escape")
        app.wait("EXIF was stopped; finished work is kept")
        with Catalog.open(workspace, read_only=True) as catalog:
            asked = tally(catalog).with_exif
        assert 0 < asked < PHOTOS

        app.press("L")
        app.wait(f"Flickr {PHOTOS} photos, {PHOTOS - asked} without EXIF")
        app.press("H")
        app.wait(f"wait for EXIF {PHOTOS - asked}")
        app.press("g")
        app.wait(f"EXIF of {PHOTOS - asked} photos")
        app.wait("wait for EXIF 0")
        app.wait(f"with EXIF {PHOTOS}")
        app.press("c")
        app.wait("Ask again about every photo")
        app.leave_window()
        app.quit()
        assert not [record for record in flickr.log if record.violations]
        assert len(asked_twice(flickr.log)) <= 1  # the call under way when it was stopped


@pytest.mark.slow
def test_the_commands_say_how_far_they_are(
    workspace_of: MakeWorkspace, terminal: Open, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """On a terminal a line that changes, with what is left, the pace and the end; elsewhere a line now and then."""
    workspace = workspace_of("empty")
    with FakeFlickr(Universe(40, rates=Rates.none()), limits=Limits(pace=A_SECOND)) as flickr:
        flickr.point(monkeypatch)
        assert run_cli(["flickr", "search", "--taken-from", "1990", "-w", str(workspace.root)]) == 0
        assert run_cli(["flickr", "exif", "--limit", "5", "-w", str(workspace.root)]) == 0
        assert "asking for EXIF: 5 left" in capfd.readouterr().err.splitlines()
        app = terminal("-m", "curate.cli", "flickr", "exif", "-w", workspace.root, size=(80, 24))
        line = next(line for line in app.wait(" a second, until ").splitlines() if "until" in line)
        assert re.search(r"asking for EXIF +\d+ left at \d+(\.\d\d)? a second, until \d\d:\d\d", line)
        app.wait("updated 35")
