"""The palette in a real terminal: names are typed at once with Enter, and what they mean is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest

from curate.catalog import decisions
from curate.catalog.store import Catalog
from curate.workspace import Workspace
from tests.terminal.conftest import Open
from tests.terminal.real import SCREENS, Terminal

pytestmark = pytest.mark.system

MakeWorkspace = Callable[[str], Workspace]
OPEN, ENTER = "\x10", "\r"

SHOW = {
    "Ingest photos": "Ingest the photos of which folder?",
    "Export set": "Export which set?",
    "Evaluate set": "Evaluate which set?",
    "Keys": "Keys of this screen",
    "Theme": "Which colours?",
    "Open report": "there is no report yet",
    "Undo": "there is nothing to undo",
    "Redo": "there is nothing to redo",
    "Review pairs": "Review ·",
    "Library": "Library ·",
    "Cameras": "Cameras ·",
    "Clocks": "Clocks ·",
    "Copies": "Copies ·",
    "Set": "Set ·",
    "Log": "Log ·",
}
"""What each command shows in a workspace where nothing was decided yet; those first that stay on their screen."""


def run(app: Terminal, *names: str) -> None:
    """Type names with Enter, without waiting for anything."""
    app.type("".join(f"{OPEN}{name}{ENTER}" for name in names))


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("kind", "screens", "more"),
    [
        ("empty", SCREENS, {}),
        ("small", ("review", "set"), {}),
        ("large", SCREENS, {"Undo": "taken back: ", "Redo": "done again: "}),
    ],
)
def test_every_command_on_every_screen(
    kind: str, screens: Sequence[str], more: Mapping[str, str], workspace_of: MakeWorkspace, terminal: Open
) -> None:
    """Each is run by its whole name, typed at once."""
    app = terminal("-m", "curate.cli", workspace_of(kind).root, size=(80, 24))
    app.wait("Library")
    for screen in screens:
        for name, shown in (SHOW | dict(more)).items():
            if not app.is_on(screen):
                app.go_to(screen)
            run(app, name)
            app.wait(shown)
    app.go_to("library")
    if kind != "large":  # its photos have no files, so that pairing would look for each of them
        run(app, "Find pairs")
        app.wait("candidate")
    run(app, "Quit")
    app.wait("ended with 0")


def test_many_commands_at_once(workspace_of: MakeWorkspace, terminal: Open) -> None:
    """No key is lost and each command acts on what the one before it left."""
    workspace = workspace_of("small")
    app = terminal("-m", "curate.cli", workspace.root)
    app.wait("Library")
    run(app, "Review pairs")
    app.wait("1 of ")
    run(app, "Keys", "Cameras", "Theme")
    app.type(ENTER)
    run(app, "Export set")
    app.type(f"wrong\x15exports/wronger\x17\x15exports/typex\x7fd{ENTER}")  # edited on the way
    app.wait("checked: ok")
    assert (workspace.exports / "typed" / "manifest.json").exists()
    run(app, "Review pairs", "Keys", "Library", "Review pairs")
    app.wait("1 of ")
    run(app, "Accept", "Undo", "Redo")
    app.wait("done again: accepted")
    with Catalog.open(workspace, read_only=True) as catalog:
        assert decisions.tally(catalog).accepted == 1
    run(app, "Quit")
    app.wait("ended with 0")
