"""The search for a filter that begins while it is typed."""

from __future__ import annotations

import threading
import time
from array import array
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from curate.catalog import browsing
from curate.catalog.browsing import Order, SortKey
from curate.catalog.store import Catalog
from curate.errors import UsageError
from curate.tui import searching
from curate.tui.app import CurateApp
from curate.tui.screens.library import LibraryScreen
from curate.tui.searching import Search
from curate.tui.widgets.filterline import AskFilter
from curate.workspace import Workspace
from tests.curate.tui.test_app import names_in_list, opened, until
from tests.curate.tui.workspaces import make_workspace
from tests.helpers.large_catalog import build

PHONES = '"Is Smartphone" = 1'


def told(app: CurateApp) -> str:
    """What the border of the dialog says."""
    assert isinstance(app.screen, AskFilter)
    return str(app.screen.query_one(".dialog").border_subtitle)


async def type_in_dialog(pilot: Pilot[None], app: CurateApp, text: str, found: str) -> None:
    """Put a text into the line of the dialog and wait for the number of its photos."""
    app.screen.query_one(Input).value = text
    await until(pilot, lambda: told(app) == found)


def test_a_search_answers_only_for_what_it_searched(tmp_path: Path) -> None:
    """A search is not used for another filter or order, nor after the catalogue was changed, here or by another program."""
    workspace = make_workspace(tmp_path / "w", 2, previews=False)
    with workspace.writing("test"), Catalog.open(workspace) as catalog:
        search = Search(catalog, PHONES, Order())
        assert search.photos is None and search.answers(PHONES, Order())
        search.run()
        assert search.photos is not None and len(search.photos) == 2
        assert not search.answers(None, Order()) and not search.answers(PHONES, Order(SortKey.CAMERA))
        with Catalog.open(workspace) as other, other.connection:
            other.touch()
        assert not search.answers(PHONES, Order())
        search = Search(catalog, PHONES, Order())
        with catalog.connection:
            catalog.touch()
        assert not search.answers(PHONES, Order())


class Held:
    """Searches in place of the catalogue's: they wait until they may go on, and fail where they were stopped meanwhile."""

    def __init__(self) -> None:
        self.searches: list[str | None] = []
        self.began, self.go_on = threading.Event(), threading.Event()

    def __call__(
        self, workspace: Workspace, where: str | None, order: Order, begun: Callable[[Callable[[], None]], None]
    ) -> array[int]:
        stopped = threading.Event()
        begun(stopped.set)
        self.searches.append(where)
        self.began.set()
        assert self.go_on.wait(30)
        if stopped.is_set():
            raise UsageError("the query was stopped")
        return browsing.photo_ids(workspace, where, order)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Held:
    """The app's searches are held."""
    found = Held()
    monkeypatch.setattr(searching, "photo_ids", found)
    return found


def test_two_threads_search_once(tmp_path: Path, held: Held) -> None:
    """A thread that comes while another one searches waits for what that one finds."""
    with Catalog.open(make_workspace(tmp_path / "w", 2, previews=False), read_only=True) as catalog:
        search = Search(catalog, PHONES, Order())
        threads = [threading.Thread(target=search.run) for _ in range(2)]
        for thread in threads:
            thread.start()
        assert held.began.wait(30)
        held.go_on.set()
        for thread in threads:
            thread.join(30)
        search.run()
        assert held.searches == [PHONES] and search.photos is not None and len(search.photos) == 2


async def test_a_filter_is_searched_while_it_is_typed(tmp_path: Path, held: Held) -> None:
    """The border tells how many photos it finds; Enter shows them, without another search."""
    held.go_on.set()
    async with opened(make_workspace(tmp_path / "w", 3, previews=False)) as (app, pilot):
        await pilot.press("slash")
        await type_in_dialog(pilot, app, PHONES, "3 photos")
        await pilot.press("enter")
        assert len(names_in_list(app)) == 3 and held.searches == [PHONES]
        await pilot.press("slash")
        app.screen.query_one(Input).value = "camera_type ="
        await until(pilot, lambda: held.searches[-1] == "camera_type =")
        await pilot.pause(0.1)
        assert told(app) == ""  # not whole yet, which is no fault while it is typed
        await type_in_dialog(pilot, app, "zzz", "0 photos")
        await type_in_dialog(pilot, app, "", "6 photos")
        await pilot.press("escape")
        assert len(names_in_list(app)) == 3


async def test_enter_before_the_search_has_ended(tmp_path: Path, held: Held) -> None:
    """The photos are shown once they are found, and the text that was typed last counts."""
    async with opened(make_workspace(tmp_path / "w", 3, previews=False)) as (app, pilot):
        await pilot.press("slash")
        app.screen.query_one(Input).value = "zzz"
        await pilot.pause(0.3)
        app.screen.query_one(Input).value = PHONES
        await pilot.pause(0.3)
        await pilot.press("enter")
        await pilot.pause()
        assert len(names_in_list(app)) == 6
        held.go_on.set()
        await until(pilot, lambda: len(names_in_list(app)) == 3)


ENDLESS = "(SELECT count(*) FROM label a, label b, label c, label d, label e WHERE a.path < b.path) > 1"
"""An expression that no catalogue answers within its ten seconds."""


def large(place: Path) -> Workspace:
    """A workspace with a thousand photos that are not there."""
    workspace = Workspace.create(place)
    with Catalog.open(workspace) as catalog:
        build(catalog, 1000)
    return workspace


def test_a_search_is_stopped_from_another_thread(tmp_path: Path) -> None:
    """At once, and before it has begun; it then has an error and no photos."""
    with Catalog.open(large(tmp_path / "w"), read_only=True) as catalog:
        search = Search(catalog, ENDLESS, Order())
        thread = threading.Thread(target=search.run)
        began = time.monotonic()
        thread.start()
        while thread.is_alive():
            search.stop()
            time.sleep(0.05)
        assert time.monotonic() - began < 5 and search.photos is None and search.error is not None
        assert not search.answers(ENDLESS, Order())
        early = Search(catalog, PHONES, Order())
        early.stop()
        early.run()
        assert early.photos is None and early.error is not None


async def test_a_text_that_is_typed_again_is_searched_again(tmp_path: Path, held: Held) -> None:
    """A letter is added and deleted while the search runs: it was stopped for the longer text, and begins once more."""
    async with opened(make_workspace(tmp_path / "w", 3, previews=False)) as (app, pilot):
        await pilot.press("slash")
        for text in (PHONES, f"{PHONES}0", PHONES):
            app.screen.query_one(Input).value = text
            await pilot.pause(0.3)
        held.go_on.set()
        await until(pilot, lambda: told(app) == "3 photos")
        await pilot.press("enter")
        assert len(names_in_list(app)) == 3


async def test_no_search_holds_up_the_next_one_or_the_end(tmp_path: Path) -> None:
    """A text that takes long is stopped by the next text, by Esc, and by the end of the app."""
    began = time.monotonic()
    async with opened(large(tmp_path / "w")) as (app, pilot):
        await pilot.press("slash")
        app.screen.query_one(Input).value = ENDLESS
        await pilot.pause(0.4)
        await type_in_dialog(pilot, app, "path = ''", "0 photos")
        app.screen.query_one(Input).value = ENDLESS
        await pilot.pause(0.4)
        await pilot.press("escape", "slash")
        app.screen.query_one(Input).value = ENDLESS
        await pilot.press("enter")
        await pilot.pause(0.4)
        library = app.screen
    assert time.monotonic() - began < 9
    assert isinstance(library, LibraryScreen)
    assert library._listing is not None and library._listing.stopped  # Python waits at its end for threads that search
