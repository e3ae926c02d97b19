"""The first question: whether to make a workspace. It is an app of its own, since the others need a workspace."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import ClassVar

from textual.app import App

from curate.tui.forms import Form
from curate.tui.start import made, start_form, start_request
from curate.tui.widgets.prompt import AskForm
from curate.workspace import Workspace, is_workspace


class StartApp(App[Workspace]):
    """Asks where to make a workspace; its result is the workspace, or None if nobody wants one."""

    CSS_PATH = "../app.tcss"
    ENABLE_COMMAND_PALETTE: ClassVar[bool] = False

    def __init__(self, form: Form) -> None:
        super().__init__()
        self._form = form
        self._made: Workspace | None = None

    def on_mount(self) -> None:
        self.theme = "textual-dark"
        form = self._form
        self.push_screen(AskForm(form.question, form.fields, form.hint, self._make), lambda _: self.exit(self._made))

    def _make(self, answers: dict[str, str]) -> None:
        self._made = made(start_request(answers))

    def tell(self, error: Exception, _doing: str) -> None:
        """End with an error that nobody foresaw, as the app does where no screen can show it."""
        raise error


def workspace_at(folder: Path) -> Workspace | None:
    """Return the workspace in a folder; where there is none, a person is asked to make one. None if that was declined.

    Raises:
        NotAWorkspace: there is none, and nobody can be asked because this is no terminal.
    """
    terminal = sys.stdin.isatty() and sys.__stderr__ is not None and sys.__stderr__.isatty()
    if is_workspace(folder) or not terminal or (folder.exists() and not folder.is_dir()):
        return Workspace.open(folder)
    return StartApp(start_form(Path(os.path.abspath(folder)))).run()
