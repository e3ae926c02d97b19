"""The app with mistakes in it: in a thread, under a key, and after an answer."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, NoReturn

from curate.pairing import run as pairing
from curate.tui.app import run
from curate.tui.screens.library import LibraryScreen
from curate.workspace import Workspace


def mistaken(where: str) -> Any:
    """Return a function with a mistake."""

    def fail(*_arguments: object, **_settings: object) -> NoReturn:
        raise RuntimeError(f"mistake in the {where}")

    return fail


if __name__ == "__main__":
    pairing.pair_workspace = mistaken("thread")
    LibraryScreen.action_mark = mistaken("action")  # type: ignore[method-assign]
    begin_work = LibraryScreen.begin_work

    def begin(self: LibraryScreen, name: str, *others: Any) -> None:
        """Fail where photos are taken in."""
        mistaken("answer")() if name == "ingest" else begin_work(self, name, *others)

    LibraryScreen.begin_work = begin  # type: ignore[method-assign]
    sys.exit(run(Workspace.open(Path(sys.argv[1])), "library"))
