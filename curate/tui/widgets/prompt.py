"""Small windows that ask for one thing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label, OptionList
from textual.widgets.option_list import Option

from curate.errors import CurateError
from curate.tui.guarded import GuardedScreen
from curate.tui.shown import folded, shown


class AskText(GuardedScreen[str | None], ModalScreen[str | None]):
    """Asks for a line of text; dismissed with it, or with None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Cancel", id="prompt.cancel")]

    def __init__(
        self, question: str, value: str = "", hint: str = "", check: Callable[[str], object] = lambda _: None
    ) -> None:
        """`check`: raises a CurateError for an answer that cannot be used; the window says why, and what was typed stays."""
        super().__init__()
        self._question, self._value, self._hint, self._check = question, value, hint, check

    def compose_content(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Label(self._question, markup=False, classes="question")
            yield Input(self._value)
            yield Label(self._hint, markup=False, classes="hint")
            yield Label(markup=False, classes="problem")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Answer."""
        if self.too_small:
            return
        answer = event.value.strip()
        try:
            self._check(answer)
        except CurateError as error:
            self.query_one(".problem", Label).update(folded("✗ " + ". ".join(error.lines())))
            return
        self.dismiss(answer)


class AskChoice(GuardedScreen[str | None], ModalScreen[str | None]):
    """Asks for one of several words; dismissed with it, or with None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Cancel", id="prompt.cancel")]

    def __init__(self, question: str, choices: Sequence[str] | Mapping[str, str]) -> None:
        """`choices`: the words, or what is shown of each."""
        super().__init__()
        self._question = question
        self._choices = choices if isinstance(choices, Mapping) else {choice: choice for choice in choices}

    def compose_content(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Label(self._question, markup=False, classes="question")
            yield OptionList(*(Option(shown(name), id=choice) for choice, name in self._choices.items()))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Answer."""
        if not self.too_small:
            self.dismiss(event.option_id)
