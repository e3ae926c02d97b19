"""Dialogs that ask one question."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label, OptionList
from textual.widgets.option_list import Option

from curate.errors import CurateError
from curate.tui.guarded import GuardedScreen
from curate.tui.shown import folded, shown


class AskText(ModalScreen[str | None], GuardedScreen[str | None]):
    """Asks for a line of text; its result is the text, or None if cancelled."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Cancel", id="prompt.cancel")]

    def __init__(
        self, question: str, value: str = "", hint: str = "", check: Callable[[str], object] = lambda _: None
    ) -> None:
        """`check` raises a CurateError for an invalid answer; the dialog shows the error and keeps the text."""
        super().__init__()
        self._question, self._value, self._hint, self._check = question, value, hint, check

    def compose_content(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Label(self._question, markup=False, classes="question")
            yield Input(self._value)
            yield Label(self._hint, markup=False, classes="hint")
            yield Label(markup=False, classes="problem")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Close the dialog with the answer."""
        if self.too_small:
            return
        answer = event.value.strip()
        try:
            self._check(answer)
        except CurateError as error:
            self.query_one(".problem", Label).update(folded("✗ " + ". ".join(error.lines())))
            return
        self.dismiss(answer)


@dataclass(frozen=True, slots=True)
class Field:
    """A line of a form.

    Attributes:
        name: identifies it; letters and underscores.
        label: what stands before it.
        value: what is filled in at first.
        example: what is shown where nothing is filled in.
    """

    name: str
    label: str
    value: str = ""
    example: str = ""


class AskForm(ModalScreen[dict[str, str] | None], GuardedScreen[dict[str, str] | None]):
    """Asks for several lines of text; its result is name -> text, or None if cancelled. Enter confirms, Tab goes to the next."""

    # with priority, so that what is typed right after Tab goes to the next line
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", id="prompt.cancel"),
        Binding("tab,down", "app.focus_next", "Next line", id="prompt.next", priority=True),
        Binding("shift+tab,up", "app.focus_previous", "Previous line", id="prompt.previous", priority=True),
    ]

    def __init__(
        self, question: str, fields: Sequence[Field], hint: str = "", check: Callable[[dict[str, str]], object] = dict
    ) -> None:
        """`check` raises a CurateError for invalid answers; the dialog shows the error and keeps the texts."""
        super().__init__()
        self._question, self._fields, self._hint, self._check = question, fields, hint, check

    def compose_content(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Label(self._question, markup=False, classes="question")
            for field in self._fields:
                with Horizontal(classes="field"):
                    yield Label(field.label, markup=False)
                    yield Input(field.value, field.example, id=field.name, compact=True)
            yield Label(self._hint, markup=False, classes="hint")
            yield Label(markup=False, classes="problem")

    def on_input_submitted(self, _event: Input.Submitted) -> None:
        """Close the dialog with the answers."""
        if self.too_small:
            return
        answers = {field.name: self.query_one(f"#{field.name}", Input).value.strip() for field in self._fields}
        try:
            self._check(answers)
        except CurateError as error:
            self.query_one(".problem", Label).update(folded("✗ " + ". ".join(error.lines())))
            return
        self.dismiss(answers)


class AskChoice(ModalScreen[str | None], GuardedScreen[str | None]):
    """Asks for one of several choices; its result is the choice, or None if cancelled."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Cancel", id="prompt.cancel")]

    def __init__(self, question: str, choices: Sequence[str] | Mapping[str, str]) -> None:
        """`choices`: the choices, or choice -> the text that is shown for it."""
        super().__init__()
        self._question = question
        self._choices = choices if isinstance(choices, Mapping) else {choice: choice for choice in choices}

    def compose_content(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Label(self._question, markup=False, classes="question")
            yield OptionList(*(Option(shown(name), id=choice) for choice, name in self._choices.items()))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Close the dialog with the answer."""
        if not self.too_small:
            self.dismiss(event.option_id)
