"""A window with a list that is filtered by what is typed. The text stands above the list.

Textual's own palette searches in the background, so that Enter right after a name can choose nothing, or something else. Here
Enter chooses what the text before it means, however fast it was typed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Label, OptionList, Static
from textual.widgets.option_list import Option

from curate.tui.commands import Item, ranked
from curate.tui.guarded import Window
from tracer.base.text import is_harmless

_PAGE = 10
"""Items that Page Up and Page Down go over."""

_MOST = 12
"""Items that are shown at once."""

_STEPS = {"up": -1, "shift+tab": -1, "down": 1, "ctrl+n": 1, "tab": 1, "pageup": -_PAGE, "pagedown": _PAGE}


class _Listed(OptionList):
    """The list. It never has the focus: all keys belong to the window."""

    can_focus = False


class TypedList(Window[Item | None]):
    """Asks for one of several items; its result is the item, or None if cancelled."""

    AUTO_FOCUS: ClassVar[str] = ""
    hint: ClassVar[str] = "type a part of a name"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "Choose", id="prompt.confirm", tooltip="take the marked line"),
        Binding("escape", "dismiss(None)", "Cancel", id="prompt.cancel", tooltip="nothing is done"),
    ]

    def __init__(self, names: Sequence[tuple[str, Item]], question: str = "", chosen: Item | None = None) -> None:
        """Prepare the window.

        Args:
            names: the name and the item of each line.
            question: stands above the list.
            chosen: the item that is marked at first.
        """
        super().__init__()
        self._names = self._found = list(names)
        self._question, self._text = question, ""
        self._at = next((at for at, (_, item) in enumerate(names) if item == chosen), 0)

    def compose_content(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            if self._question:
                yield Label(self._question, markup=False, classes="question")
            yield Static(id="typed", markup=False)
            listed = _Listed()
            listed.styles.height = min(_MOST, len(self._names))
            yield listed

    def line(self, name: str, item: Item) -> Text:
        """Return an item as it is listed."""
        return Text(name, no_wrap=True, overflow="ellipsis")

    def on_mount(self) -> None:
        self._show()

    def on_paste(self, event: events.Paste) -> None:
        """Type a pasted text."""
        self._type(self._text + event.text)

    def on_key(self, event: events.Key) -> None:
        """Edit the text, or mark another line."""
        if self.too_small:
            return
        if event.key in _STEPS:
            self._at = min(max(0, self._at + _STEPS[event.key]), max(0, len(self._found) - 1))
            self._mark()
        elif event.key in ("backspace", "ctrl+h"):
            self._type(self._text[:-1])
        elif event.key == "ctrl+w":
            self._type(self._text.rstrip().rpartition(" ")[0])
        elif event.key == "ctrl+u":
            self._type("")
        elif event.is_printable and event.character:
            self._type(self._text + event.character)

    def action_choose(self) -> None:
        """Take the item that is marked."""
        if self._found:
            self.dismiss(self._found[self._at][1])

    def _type(self, text: str) -> None:
        """Replace the text, and look for the items that it means."""
        if not self.too_small:
            self._text = "".join(char for char in text if is_harmless(char))
            self._found, self._at = ranked(self._names, self._text), 0
            self._show()

    def _show(self) -> None:
        line = Text.assemble("> ", (self._text, "bold"), ("▏", "bold bright_cyan"))
        self.query_one("#typed", Static).update(line if self._text else line + Text(f" {self.hint}", "dim"))
        listed = self.query_one(_Listed)
        listed.clear_options()
        listed.add_options(Option(self.line(*one)) for one in self._found)
        if not self._found:
            listed.add_option(Option(Text("nothing has that name", "dim"), disabled=True))
        self._mark()

    def _mark(self) -> None:
        if self._found:
            self.query_one(_Listed).highlighted = self._at

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Take the item that was clicked on."""
        if not self.too_small:
            self.dismiss(self._found[event.option_index][1])
