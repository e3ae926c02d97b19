"""The help screen: all keys of a screen, made from its bindings, so that no key is missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import Screen
from textual.widgets import Static

from curate.tui.guarded import TextWindow, scrolling
from curate.tui.keymap import NO_KEYS

_HINT = "Everywhere: ^p commands, F1 to F10 screens, q quit · ↑ ↓ j k scroll"


class HelpScreen(TextWindow):
    """The keys of the screen below this one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q", "dismiss", "Close", id="help.close", tooltip="back to the screen"),
        *scrolling("help"),
    ]

    def __init__(self, below: Screen[Any]) -> None:
        super().__init__()
        self._below = below

    @property
    def too_small(self) -> bool:
        """False: the list scrolls in any window, and its keys decide nothing."""
        return False

    def compose_content(self) -> ComposeResult:
        with Vertical(classes="dialog wide"):
            yield Static("Keys of this screen · Esc closes", classes="question", markup=False)
            with VerticalScroll():
                yield Static(self._keys())
            yield Static(_HINT, id="more-keys", markup=False)

    def _keys(self) -> Table:
        table = Table.grid(padding=(0, 2))
        table.add_column(justify="right", min_width=12)
        table.add_column(min_width=14)
        table.add_column(ratio=1)
        for title, owner in (("This screen", self._below), ("Everywhere", self.app)):
            table.add_row(Text(""), Text(title, "bold"), Text(""))
            for binding in described(owner, self.curate.keys):
                table.add_row(
                    Text(key_names(binding), "bold bright_cyan"),
                    Text(binding.description),
                    Text(binding.tooltip, "dim"),
                )
        table.add_row(Text(""), Text(""), Text(""))
        close = next(iter(described(self, self.curate.keys)))
        table.add_row(Text(key_names(close), "bold bright_cyan"), Text("Close"), Text("this window", "dim"))
        return table


def described(owner: object, keys: Mapping[str, str] = NO_KEYS) -> list[Binding]:
    """Return the bindings that a screen or the app declares itself, in order, without those inherited from Textual.

    Args:
        owner: the screen, or the app.
        keys: keys by the IDs of bindings, in place of their own.
    """
    return [
        one.with_key(keys[one.id]) if one.id is not None and one.id in keys else one
        for one in described_in(type(owner))
    ]


def described_in(owner: type[Any]) -> list[Binding]:
    """Return the same of the class of a screen or of the app."""
    return [binding for binding in owner.BINDINGS if isinstance(binding, Binding)]


def key_names(binding: Binding) -> str:
    """Return the names of a binding's keys for the user."""
    names = {"question_mark": "?", "left_square_bracket": "[", "right_square_bracket": "]", "space": "Space", "tab": "Tab",
             "escape": "Esc", "enter": "Enter", "slash": "/", "left": "←", "right": "→",
             "up": "↑", "down": "↓", "shift+tab": "Shift+Tab", "shift+up": "Shift+↑", "shift+down": "Shift+↓",
             "shift+left": "Shift+←", "shift+right": "Shift+→", "pageup": "PgUp", "pagedown": "PgDn", "home": "Home",
             "end": "End", "plus": "+", "equals_sign": "=", "minus": "-", "asterisk": "*"}  # fmt: skip
    return " ".join(
        names.get(key, key.upper() if key.startswith("f") and key[1:].isdigit() else key)
        for key in binding.key.split(",")
    )
