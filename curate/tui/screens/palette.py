"""The palette: a command is typed and run.

Textual's own palette searches in the background, so that Enter right after a name can run nothing, or another command. Here Enter
runs what the text before it means, however fast it was typed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from curate.tui.commands import Command, ranked
from curate.tui.guarded import WIDE, Window
from tracer.base.text import is_harmless

_KEYS = 6
"""Characters of the column of keys in a window that is not wide; more keys push what the command does to the right."""

_PAGE = 10
"""Commands that Page Up and Page Down go over."""

_STEPS = {
    "up": -1,
    "ctrl+p": -1,
    "shift+tab": -1,
    "down": 1,
    "ctrl+n": 1,
    "tab": 1,
    "pageup": -_PAGE,
    "pagedown": _PAGE,
}


class _Commands(OptionList):
    """The list of commands. It never has the focus: all keys belong to the palette."""

    can_focus = False


class PaletteScreen(Window[Command | None]):
    """Asks for a command by its name; its result is the command, or None if cancelled."""

    AUTO_FOCUS: ClassVar[str] = ""
    # what the footer shows; a click there presses the key, and the palette handles all keys itself
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "run", "Run"),
        Binding("escape", "dismiss(None)", "Close"),
    ]

    def __init__(self, commands: Sequence[Command]) -> None:
        super().__init__()
        self._commands = self._found = list(commands)
        self._text, self._at = "", 0

    def compose_content(self) -> ComposeResult:
        with Vertical(classes="dialog broad palette"):
            yield Static(id="typed", markup=False)
            yield _Commands(id="commands")

    def on_mount(self) -> None:
        self._show()

    def on_paste(self, event: events.Paste) -> None:
        """Type a pasted text."""
        self._type(event.text)

    def on_key(self, event: events.Key) -> None:
        """Handle any key, so that none acts on the screen below."""
        event.stop()
        if event.key in ("escape", "ctrl+c"):
            self.dismiss(None)
        elif self.too_small:
            return
        elif event.key == "enter":
            self.action_run()
        elif event.key in _STEPS:
            self._at = min(max(0, self._at + _STEPS[event.key]), max(0, len(self._found) - 1))
            self._mark()
        elif event.key in ("backspace", "ctrl+h"):
            self._type(text=self._text[:-1])
        elif event.key == "ctrl+w":
            self._type(text=self._text.rstrip().rpartition(" ")[0])
        elif event.key == "ctrl+u":
            self._type(text="")
        elif event.is_printable and event.character:
            self._type(event.character)

    def action_run(self) -> None:
        """Run the command that is marked."""
        if self._found:
            self.dismiss(self._found[self._at])

    def _type(self, more: str = "", text: str | None = None) -> None:
        """Add to the text, or replace it, and look for the commands that it means."""
        wanted = self._text + more if text is None else text
        self._text = "".join(char for char in wanted if is_harmless(char))
        self._found, self._at = ranked(self._commands, self._text), 0
        self._show()

    def _show(self) -> None:
        line = Text.assemble("> ", (self._text, "bold"), ("▏", "bold bright_cyan"))
        self.query_one("#typed", Static).update(
            line if self._text else line + Text(" type the name of a command", "dim")
        )
        commands = self.query_one(_Commands)
        commands.clear_options()
        commands.add_options(Option(self._line(one)) for one in self._found)
        if not self._found:
            commands.add_option(Option(Text("no command has that name", "dim"), disabled=True))
        self._mark()

    def _line(self, command: Command) -> Text:
        names = max(len(one.name) for one in self._commands)
        keys = max(len(one.keys) for one in self._commands) if self.app.size.width >= WIDE else _KEYS
        return Text.assemble(
            (command.name.ljust(names), "bold"), "  ", (command.keys.ljust(keys), "bright_cyan"), "  ",
            (command.tooltip, "dim"), no_wrap=True, overflow="ellipsis",
        )  # fmt: skip

    def _mark(self) -> None:
        if self._found:
            self.query_one(_Commands).highlighted = self._at

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Run the command that was clicked on."""
        if not self.too_small:
            self.dismiss(self._found[event.option_index])
