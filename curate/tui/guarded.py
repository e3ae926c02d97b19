"""What every screen has: it says where the window is too small, decides nothing there, and outlives its own mistakes."""

from __future__ import annotations

from typing import Any, TypeVar, cast

from textual import events
from textual.app import ComposeResult
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from curate.tui.host import Host

MIN_COLUMNS, MIN_ROWS = 80, 24
WIDE = 110
"""Columns of a wide window."""

Answer = TypeVar("Answer")

_ALWAYS = frozenset({"dismiss", "stop_or_clear", "leave_matches"})
"""Actions of screens that work in any window: they leave or stop something, and decide nothing."""


class GuardedScreen(Screen[Answer]):
    """A screen whose keys work while what they act on can be seen, and whose mistakes become messages."""

    def compose(self) -> ComposeResult:
        yield from self.compose_content()
        yield Static(
            f"This app needs {MIN_COLUMNS} × {MIN_ROWS} characters.\nMake the window larger.\nUntil then keys decide nothing.",
            id="too-small",
            markup=False,
        )

    def compose_content(self) -> ComposeResult:
        """Yield what the screen shows in a window of enough room."""
        raise NotImplementedError

    @property
    def curate(self) -> Host:
        """The app."""
        return cast(Host, self.app)

    @property
    def too_small(self) -> bool:
        """Whether the window is too small to show the screen."""
        columns, rows = self.app.size
        return columns < MIN_COLUMNS or rows < MIN_ROWS

    def on_resize(self, event: events.Resize) -> None:
        """Say so where the window is too small, and show the pictures' room on large ones."""
        self.set_class(self.too_small, "-too-small")
        self.set_class(event.size.height >= 32, "-tall")
        self.set_class(event.size.width >= WIDE, "-wide")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """In a window that is too small, only leave and stop; Textual asks this before each action of the screen."""
        if self.too_small and action not in _ALWAYS:
            return False
        return super().check_action(action, parameters)

    async def _dispatch_message(self, message: Message) -> None:
        """Answer a message; an exception in its handler ends the handler and not the app.

        Textual ends the app otherwise. A screen that cannot even be set up is left to that.
        """
        if isinstance(message, (events.Compose, events.Mount)):
            await super()._dispatch_message(message)
            return
        try:
            await super()._dispatch_message(message)
        except Exception as error:  # noqa: BLE001  told in the status line, written to a file
            self.curate.tell(error, _in_words(message))


def _in_words(message: Any) -> str:
    return f"the key {message.key}" if isinstance(message, events.Key) else f"showing {type(message).__name__}"
