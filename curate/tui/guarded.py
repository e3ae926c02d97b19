"""The base of all screens: ignores keys while the window is too small, and turns exceptions into messages."""

from __future__ import annotations

from typing import Any, TypeVar, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.message import Message
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from curate.errors import CurateError
from curate.tui.interface import Host
from curate.tui.widgets.keyline import KeyLine

MIN_COLUMNS, MIN_ROWS = 80, 24
WIDE = 110
"""Number of columns from which a window is wide."""

Answer = TypeVar("Answer")

_ALWAYS = frozenset({"dismiss", "stop_or_clear", "leave_matches"})
"""Actions that also work in a window that is too small: they leave or stop something, and decide nothing."""


class GuardedScreen(Screen[Answer]):
    """A screen whose keys work only while the window shows it, and whose exceptions become messages.

    A window names ModalScreen before this class: Textual takes a class's styles from its first base alone.

    Attributes:
        drawn: whether its widgets are there and one of them may have the focus. Keys wait for it (`key_order`).
    """

    class Drawn(Message):
        """Told when the screen is shown, and may take keys."""

    drawn = False

    def compose(self) -> ComposeResult:
        yield from self.compose_content()
        yield Static(
            f"This app needs {MIN_COLUMNS} × {MIN_ROWS} characters.\nMake the window larger.\nUntil then, keys decide nothing.",
            id="too-small",
            markup=False,
        )

    def compose_content(self) -> ComposeResult:
        """Yield the screen's widgets."""
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
        """Set the classes for small, tall and wide windows, which the style sheet uses, and show the keys that work now."""
        self.set_class(self.too_small, "-too-small")
        self.set_class(event.size.height >= 32, "-tall")
        self.set_class(event.size.width >= WIDE, "-wide")
        self.refresh_bindings()  # `check_action` answers by the size

    def on_screen_resume(self) -> None:
        """Say that keys may come, once Textual has given a widget the focus."""
        self.call_next(self._tell_drawn)

    def _tell_drawn(self) -> None:
        self.drawn = True
        self.post_message(self.Drawn())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Allow only leaving and stopping in a window that is too small; Textual calls this before each action."""
        if self.too_small and action not in _ALWAYS:
            return False
        return super().check_action(action, parameters)

    async def _dispatch_message(self, message: Message) -> None:
        """Handle a message; show an exception of its handler instead of letting Textual end the app.

        An exception while the screen is set up still ends the app.
        """
        if isinstance(message, (events.Compose, events.Mount)):
            await super()._dispatch_message(message)
            return
        try:
            await super()._dispatch_message(message)
        except Exception as error:  # noqa: BLE001  shown in the status line, written to a file
            self.curate.tell(error, _in_words(message))


class Window(ModalScreen[Answer], GuardedScreen[Answer]):
    """A small window over a screen, with its own keys in the footer. A click beside it closes it."""

    def compose(self) -> ComposeResult:
        yield from super().compose()
        yield KeyLine()

    @property
    def may_close(self) -> bool:
        """Whether nothing is lost when it closes."""
        return True

    def on_click(self, event: events.Click) -> None:
        """Close the window by a click beside it."""
        if event.widget is self and self.may_close:
            self.dismiss(None)


def scrolling(place: str) -> list[BindingType]:
    """Return the keys that scroll the text of a window, as on every screen; `place` begins their IDs."""
    return [
        Binding(keys, f"scroll_text('{way}')", name, id=f"{place}.{way}", show=False, tooltip=tooltip)
        for keys, way, name, tooltip in (
            ("j", "down", "Down", "a line down, as the arrow"),
            ("k", "up", "Up", "a line up, as the arrow"),
            ("ctrl+d", "page_down", "Page down", "a page down"),
            ("ctrl+u", "page_up", "Page up", "a page up"),
            ("G", "end", "End", "to the end"),
            ("g", "home", "Begin", "to the beginning"),
        )
    ]


class TextWindow(Window[None]):
    """A window with a text that scrolls (`scrolling`)."""

    def action_scroll_text(self, way: str) -> None:
        """Scroll the text: down, up, page_down, page_up, end or home."""
        getattr(self.query_one(VerticalScroll), f"scroll_{way}")(animate=False)


class Dialog(Window[Answer]):
    """A window that asks."""

    def again(self, answer: Any, error: CurateError) -> Dialog[Answer] | None:
        """Return the window that asks once more where the answer could not be acted on; None where it has nothing to keep."""
        return None


def _in_words(message: Any) -> str:
    return f"the key {message.key}" if isinstance(message, events.Key) else f"showing {type(message).__name__}"
