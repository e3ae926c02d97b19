"""Every key that `?` lists, in a real terminal: the app lives and answers after each."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from curate.catalog import decisions
from curate.catalog.pairs import queue
from curate.catalog.store import Catalog
from curate.tui.screens.help import HelpScreen
from curate.workspace import Workspace
from tests.terminal.conftest import Open
from tests.terminal.real import SCREENS, Terminal, keys_of, keys_on

pytestmark = [pytest.mark.system, pytest.mark.timeout(900)]  # every key of every screen takes a while

MakeWorkspace = Callable[[str], Workspace]
ENDLESS = Path(__file__).with_name("endless.py")
EVERY_KEY = sorted({key for screen in SCREENS for key in keys_on(screen)})


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["empty", "demo"])
def test_every_key(kind: str, workspace_of: MakeWorkspace, terminal: Open) -> None:
    """On each screen of an empty workspace and of the demo's, where pairs are decided; the next test has one where pairs wait."""
    app = terminal("-m", "curate.cli", workspace_of(kind).root)
    app.wait("Library")
    for screen in SCREENS:
        app.press_all(screen, [key for key in keys_on(screen) if key != "Escape"])
        app.press("Escape")
        app.answers()
    app.quit()


def contents(workspace: Workspace) -> tuple[list[str], list[str]]:
    """All that the catalogue holds, and the files of a workspace; of its cache, nothing."""
    with contextlib.closing(sqlite3.connect(workspace.catalog)) as connection:
        rows = list(connection.iterdump())
    files = [
        str(path) for path in workspace.root.rglob("*") if "cache" not in path.parts and "catalog." not in path.name
    ]
    return rows, sorted(files)


@pytest.mark.slow
def test_no_key_changes_what_another_window_writes(workspace_of: MakeWorkspace, terminal: Open) -> None:
    """While another process writes, every key of the screens with most decisions changes nothing in the workspace."""
    workspace = workspace_of("demo")
    with workspace.writing("app"):
        before = contents(workspace)
        app = terminal("-m", "curate.cli", workspace.root)
        app.wait("another window writes; this one only reads")
        for screen in ("library", "review", "log"):
            app.press_all(screen, [key for key in keys_on(screen) if key != "Escape"])
            app.press("Escape")
            app.answers()
        app.go_to("review")
        app.press("u")
        app.wait("another window writes; this one only reads")
        app.quit()
        assert contents(workspace) == before
        assert not list(workspace.cache.glob("failure-*"))


@pytest.mark.slow
def test_every_key_while_work_runs(workspace_of: MakeWorkspace, terminal: Open) -> None:
    """Long work goes on, or is stopped by Esc, and the app can be left."""
    app = terminal(ENDLESS, workspace_of("small").root)
    app.wait("Library")
    for screen in SCREENS:
        app.go_to("library")
        app.press("f")
        app.press_all(screen, [key for key in keys_on(screen) if key != "Escape"])
        app.go_to("library")
        app.wait("looking for ever")  # no other key has stopped the work
        app.go_to(screen)
        app.press("Escape")
        app.answers()
    app.go_to("library")
    app.press("f")
    app.wait("looking for ever")
    app.quit()


def test_every_key_inside_a_window(workspace_of: MakeWorkspace, terminal: Open) -> None:
    """The keys of the screens do nothing to the list of keys or a choice, and are letters to a field."""
    app = terminal("-m", "curate.cli", workspace_of("small").root)
    app.wait("Library")
    keys = [key for key in EVERY_KEY if key not in {"Enter", "Escape", "?", "C-p", *SCREENS.values()}]
    for screen, opens, words in (
        ("library", "?", "Keys of this screen"),
        ("library", "i", "which folder"),
        ("library", "/", "Show which"),
        ("cameras", "t", "What is the"),
        ("clocks", "n", "The clock of which"),
        ("flickr", "s", "Search Flickr for"),
    ):
        app.go_to(screen)
        app.press(opens)
        app.wait(words)
        for key in keys:
            app.press(key)
            assert "ended with" not in app.text(), key
        app.wait(words)
        app.answers()
    for key in keys_of(HelpScreen.BINDINGS[:1]):  # the others scroll
        app.press("?")
        app.wait("Keys of this screen", again=["?"])
        app.press(key)
        app.wait(lambda text: "Keys of this screen" not in text, again=[key])
    app.quit()


def decided(workspace: Workspace) -> int:
    """How many entries the log has."""
    with Catalog.open(workspace, read_only=True) as catalog:
        return len(list(decisions.entries(catalog)))


def enlarge(app: Terminal) -> None:
    """Make the window as large as the app needs it."""
    app.resize(100, 30)
    app.wait(lambda text: "This app needs" not in text)


def test_nothing_is_decided_unseen(workspace_of: MakeWorkspace, terminal: Open) -> None:
    """In a window that is too small for the screen, no key decides; once it is large enough, keys decide again."""
    workspace = workspace_of("small")
    with Catalog.open(workspace) as catalog:
        for _ in range(2):
            pair = queue(catalog)[0]
            decisions.decide(catalog, "accept", pair.phone_sha256, pair.other_sha256)
        decisions.undo(catalog)  # something can be undone, something done again, and a pair waits
    app = terminal("-m", "curate.cli", workspace.root)
    app.wait("Library")
    before = decided(workspace)
    for screen in SCREENS:
        app.go_to(screen)
        app.resize(40, 12)
        app.wait("This app needs")
        for key in keys_on(screen):
            if key not in {"L", "R", "C", "T", "D", "H", "S", "E", "?", "Escape", *SCREENS.values()}:
                app.press(key)
        app.press("Enter", "Down", "Enter", "Escape")
        app.press("?")
        app.wait("Keys of this screen", again=["?"])  # all keys before it have arrived
        assert decided(workspace) == before
        app.leave_window()
        enlarge(app)
        assert decided(workspace) == before
    app.go_to("review")
    app.press("u")
    app.wait("taken back")
    app.press("Space")
    app.wait("accepted:")
    assert decided(workspace) == before + 2
    app.quit()


def test_an_answer_counts_while_its_question_is_in_view(workspace_of: MakeWorkspace, terminal: Open) -> None:
    """A question that the window became too small for is not answered by Enter and can be left; it is answered when seen."""
    workspace = workspace_of("small")
    app = terminal("-m", "curate.cli", workspace.root)
    app.wait("Library")
    app.go_to("cameras")
    app.press("t")
    app.wait("What is the")
    app.resize(40, 12)
    app.wait("This app needs")
    app.press("Enter", "Enter", "Escape")
    app.wait("Keys of this screen", again=["?", "Escape"])  # all keys before it have arrived, and the question was left
    assert decided(workspace) == 0
    app.leave_window()
    enlarge(app)
    app.press("t")
    app.wait("What is the")
    app.press("Enter")
    app.wait("is now:")
    assert decided(workspace) == 1
    app.quit()


def test_a_mistake_ends_nothing(workspace_of: MakeWorkspace, terminal: Open) -> None:
    """What the program did not foresee, in a thread and under a key, is told with a file to send, and the app goes on."""
    workspace = workspace_of("small")
    app = terminal(Path(__file__).with_name("mistaken.py"), workspace.root)
    app.wait("Library")
    for key, where in (("f", "thread"), ("m", "action"), ("i", "answer")):
        app.press(key)
        if key == "i":
            app.wait("which folder")
            app.type(os.fspath(workspace.root))
            app.press("Enter")
        app.wait(f"RuntimeError: mistake in the {where}")
        app.answers()
    files = sorted(workspace.cache.glob("failure-*.txt"))
    assert len(files) == 3 and all("Traceback" in file.read_text() for file in files)
    app.quit()
