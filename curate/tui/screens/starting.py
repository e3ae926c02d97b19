"""The first question: whether to make a workspace. It is an app of its own, since the others need a workspace."""

from __future__ import annotations

from typing import ClassVar

from textual.app import App

from curate.tui.forms import Form
from curate.tui.start import made, start_request
from curate.tui.widgets.prompt import AskForm
from curate.workspace import Workspace


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
