"""The app while another process writes: keys that would change something say so, and nothing is changed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from textual.widgets import Static

from curate.catalog import decisions
from curate.catalog.pairs import queue
from curate.catalog.store import Catalog
from curate.errors import ReadOnly, WorkspaceBusy
from curate.tui.app import CurateApp, images_mode
from curate.tui.modes import ScreenName
from curate.tui.terminal_images import Terminal
from curate.workspace import Workspace
from tests.curate.tui.test_app import status, until
from tests.curate.tui.workspaces import make_workspace

SAID = "another window writes; this one only reads"

KEYS: dict[ScreenName, tuple[str, ...]] = {
    "home": ("i", "u", "r"),
    "library": ("i", "f", "e", "F", "p", "u"),
    "review": ("space", "x", "f", "t", "u", "r"),
    "cameras": ("t", "u"),
    "clocks": ("n", "u"),
    "copies": ("u",),
    "flickr": ("s", "e", "d", "c", "g"),
    "set": ("s", "e", "E", "u"),
    "runs": ("e", "u"),
    "log": ("b", "u"),
}
"""Keys that would change something, by screens."""


@pytest.fixture
def shared(tmp_path: Path) -> Workspace:
    """A workspace of three pairs, of which one is accepted."""
    workspace = make_workspace(tmp_path / "w", 3, previews=False)
    with Catalog.open(workspace) as catalog:
        pair = queue(catalog)[0]
        decisions.decide(catalog, "accept", pair.phone_sha256, pair.other_sha256)
    return workspace


@pytest.mark.parametrize("screen", KEYS)
async def test_keys_that_decide_say_who_writes(shared: Workspace, screen: ScreenName) -> None:
    """Each says it at once, before it asks anything."""
    with shared.writing("app"), Catalog.open(shared, read_only=True) as catalog:
        app = CurateApp(catalog, screen, "none", "curate app (process 7) has it open")
        async with app.run_test(size=(120, 40)) as pilot:
            await until(pilot, lambda: "curate app (process 7) has it open" in status(app))
            await until(pilot, lambda: not app.workers or all(one.is_finished for one in app.workers))
            for key in KEYS[screen]:
                assert app.in_view is not None
                app.in_view.say("")
                await pilot.press(key)
                assert SAID in status(app), key
                assert app.screen is app.in_view, key
        assert not list(shared.cache.glob("failure-*"))


async def test_colours_can_be_changed_and_are_not_kept(shared: Workspace) -> None:
    """What belongs to the window alone works."""
    with Catalog.open(shared, read_only=True) as catalog:
        app = CurateApp(catalog, "home", "none", "curate app")
        async with app.run_test(size=(120, 40)):
            app._set_theme("nord")
            assert app.theme == "nord" and "colours: nord" in status(app)


async def test_what_the_other_window_decides_is_shown(shared: Workspace) -> None:
    """Within seconds, without a key."""
    with shared.writing("app"), Catalog.open(shared) as writing, Catalog.open(shared, read_only=True) as catalog:
        app = CurateApp(catalog, "review", "none", "curate app")
        async with app.run_test(size=(120, 40)) as pilot:
            headline = app.screen.query_one("#headline", Static)
            assert str(headline.render()).count("1 accepted") == 1
            pair = queue(writing)[0]
            decisions.decide(writing, "accept", pair.phone_sha256, pair.other_sha256)
            await until(pilot, lambda: "2 accepted" in str(headline.render()))


async def test_the_window_that_stays_can_write(shared: Workspace) -> None:
    """While the other one is open, W says who writes; once it has ended, the app says so, and W makes this window the writer."""
    hold = "import sys; from pathlib import Path; from curate.workspace import Workspace\n"
    hold += "with Workspace.open(Path(sys.argv[1])).writing('app'): print('held', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(shared.root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout and other.stdout.readline() == "held\n"
        with Catalog.open(shared, read_only=True) as catalog:
            app = CurateApp(catalog, "review", "none", "curate app")
            async with app.run_test(size=(120, 40)) as pilot:
                await until(pilot, lambda: SAID in status(app))
                await pilot.press("W")
                assert f"curate app (process {other.pid}) has it open. Close that window" in status(app)
                assert "command" not in status(app)
                await pilot.press("space")
                assert SAID in status(app) and "press W" in status(app)
                other.communicate("\n")
                await until(pilot, lambda: "has closed · W writes in this one" in status(app))
                await pilot.press("W")
                assert status(app) == "this window writes now"
                await pilot.press("space")
                assert status(app).startswith("✓ accepted") and decisions.tally(catalog).accepted == 2
                assert "read only" not in str(app.screen.query_one("#headline", Static).render())
                await pilot.press("W")
                assert "writes already" in status(app)
                with pytest.raises(WorkspaceBusy), shared.writing("pair"):
                    pass
            app.held.close()
    with shared.writing("pair"), Catalog.open(shared) as written:
        assert decisions.tally(written).accepted == 2


def test_a_catalogue_for_reading_refuses_changes(shared: Workspace) -> None:
    """In the words that the app shows; a writer's catalogue takes them."""
    with Catalog.open(shared, read_only=True) as catalog, pytest.raises(ReadOnly, match=SAID):
        decisions.undo(catalog)
    with Catalog.open(shared) as catalog:
        assert decisions.undo(catalog) is not None


def test_pictures_in_a_browser_are_those_of_the_page() -> None:
    """Its terminal draws neither Sixel nor Kitty's pictures; who wants half cells or no pictures has them there too."""
    assert [images_mode(None, mode, Terminal("sixel"), browser=True) for mode in ("auto", "kitty", "sixel", "half", "none")] == [
        "page", "page", "page", "half", "none",
    ]  # fmt: skip
