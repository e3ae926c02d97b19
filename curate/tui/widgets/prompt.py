"""Dialogs that ask one question."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Label
from textual.widgets.input import Selection

from curate.errors import CurateError
from curate.tui.failures import told_here
from curate.tui.forms import Field
from curate.tui.guarded import Answer, Dialog, GuardedScreen
from curate.tui.shown import folded, shown
from curate.tui.widgets.typedlist import TypedList
from tracer.base.text import is_harmless

_NAMED = 12
"""Possible names that are listed at most."""


class Line(Input):
    """A line of a form. It handles keys such as Backspace itself, in the order in which they are typed.

    Textual lets such a key go up to the app, which then looks for its action, so that letters typed right behind it overtake it.
    What is filled in is selected, so that typing replaces it; what a person typed is never selected by itself.
    """

    def __init__(self, field: Field, typed: str | None = None) -> None:
        """`typed`: what a person typed into it before; None where it holds what is filled in."""
        value = field.value if is_harmless(field.value) else ""
        text = value if typed is None else typed
        example = f"({field.example})" if field.example else ""  # so that nobody takes it for what is filled in
        super().__init__(text, example, id=field.name, compact=bool(field.label), select_on_focus=False)
        self._filled_in = value

    @property
    def untouched(self) -> bool:
        """Whether it holds what was filled in."""
        return self.value == self._filled_in

    def on_focus(self, event: events.Focus) -> None:
        """Select what typing replaces."""
        if self.untouched and not event.from_app_focus:
            self.selection = Selection(0, len(self.value))

    @property
    def _unseen(self) -> bool:
        return isinstance(self.screen, GuardedScreen) and self.screen.too_small

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Allow no editing in a window that is too small to show the text."""
        return False if self._unseen else super().check_action(action, parameters)

    def _on_paste(self, event: events.Paste) -> None:
        if self._unseen:
            event.prevent_default()

    async def _on_key(self, event: events.Key) -> None:
        if self._unseen:
            event.prevent_default()
            return
        for binding in self._bindings.key_to_bindings.get(event.key, ()):
            if binding.action != "submit":
                event.stop()
                event.prevent_default()
                await self.run_action(binding.action)
                return


class _Lines(Dialog[Answer | None]):
    """Asks for lines of text. Its result is what `answer` makes of them, or None if cancelled.

    Enter on any line confirms. Tab completes what was typed into the line where it can, and else goes to the next one.
    """

    # with priority, so that what is typed right after Tab goes to the next line, and what is typed after Enter to the screen
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", id="prompt.cancel", tooltip="nothing is done"),
        Binding("enter", "confirm", "Confirm", id="prompt.confirm", priority=True, tooltip="do it, from any line"),
        Binding(
            "tab",
            "complete",
            "Complete",
            id="prompt.complete",
            priority=True,
            tooltip="complete a path or a word; where nothing can be completed, go to the next line",
        ),
        Binding(
            "down",
            "app.focus_next",
            "Next line",
            id="prompt.next",
            priority=True,
            show=False,
            tooltip="go to the next line",
        ),
        Binding(
            "shift+tab,up",
            "app.focus_previous",
            "Previous line",
            id="prompt.previous",
            priority=True,
            show=False,
            tooltip="go to the previous line",
        ),
    ]

    def __init__(
        self, question: str, fields: Sequence[Field], hint: str = "", check: Callable[[dict[str, str]], object] = dict
    ) -> None:
        """`check` raises a CurateError for invalid answers; the dialog shows the error and keeps the texts."""
        super().__init__()
        self._question, self._fields, self._hint, self._check = question, fields, hint, check
        self._listed: tuple[str, str] | None = None
        """The line and its text whose possible names are listed."""
        self._typed: Mapping[str, str] = {}
        self._problem = ""

    def compose_content(self) -> ComposeResult:
        with Vertical(classes="dialog wide"):
            yield Label(self._question, markup=False, classes="question")
            for field in self._fields:
                with Horizontal(classes="field" if field.label else "field alone"):
                    if field.label:
                        yield Label(field.label, markup=False)
                    yield Line(field, self._typed.get(field.name))
            yield Label(self._hint, markup=False, classes="hint")
            yield Label(folded(self._problem) if self._problem else "", markup=False, classes="problem")

    def on_descendant_focus(self) -> None:
        """Put the hint back in the place of the possible names of another line."""
        if self._listed is not None and (self.focused is None or self.focused.id != self._listed[0]):
            self._listed = None
            self.query_one(".hint", Label).update(folded(self._hint))

    @property
    def may_close(self) -> bool:
        """Whether nothing was typed."""
        return all(line.untouched for line in self.query(Line))

    def action_confirm(self) -> None:
        """Close the dialog with the answers."""
        if self.too_small or not self.is_active:
            return
        answers = {field.name: self.query_one(f"#{field.name}", Input).value.strip() for field in self._fields}
        try:
            self._check(answers)
        except CurateError as error:
            self.query_one(".problem", Label).update(folded(_problem(error)))
            return
        self.dismiss(self.answer(answers))

    def answer(self, lines: dict[str, str]) -> Answer:
        """Return the dialog's result from name -> text."""
        raise NotImplementedError

    def action_complete(self) -> None:
        """Complete the line; where nothing can be completed, go to the next one."""
        line = self.focused
        field = next((field for field in self._fields if line is not None and field.name == line.id), None)
        if isinstance(line, Line) and not line.untouched and field is not None and field.complete is not None:
            found = field.complete(line.value)
            several, longer = len(found.choices) > 1, found.text != line.value
            if longer:
                line.value = found.text
                line.cursor_position = len(found.text)
            if several and (longer or self._listed != (field.name, line.value)):
                self._listed = field.name, line.value
                more = " …" if len(found.choices) > _NAMED else ""
                self.query_one(".hint", Label).update(folded("  ".join(found.choices[:_NAMED]) + more))
                return
            if longer:
                return
        self.query_one(".hint", Label).update(folded(self._hint))
        self.app.action_focus_next()


def _problem(error: CurateError) -> str:
    return f"✗ {told_here(error)}"


class AskForm(_Lines[dict[str, str]]):
    """Asks for several lines of text; its result is name -> text, or None if cancelled."""

    def answer(self, lines: dict[str, str]) -> dict[str, str]:
        """Return all lines."""
        return lines

    def again(self, answer: dict[str, str], error: CurateError) -> AskForm:
        """Return the same form with what was typed, and why that could not be done."""
        form = AskForm(self._question, self._fields, self._hint, self._check)
        form._typed, form._problem = answer, _problem(error)
        return form


class AskText(_Lines[str]):
    """Asks for a line of text; its result is the text, or None if cancelled."""

    def __init__(
        self, question: str, value: str = "", hint: str = "", check: Callable[[str], object] = lambda _: None
    ) -> None:
        """`check` raises a CurateError for an invalid answer; the dialog shows the error and keeps the text."""
        super().__init__(question, [Field("text", "", value)], hint, lambda answers: check(answers["text"]))

    def answer(self, lines: dict[str, str]) -> str:
        """Return the only line."""
        return lines["text"]

    def again(self, answer: str, error: CurateError) -> AskText:
        """Return the same question with what was typed, and why that could not be done."""
        asked = AskText(self._question, self._fields[0].value, self._hint, lambda text: self._check({"text": text}))
        asked._typed, asked._problem = {"text": answer}, _problem(error)
        return asked


class AskChoice(TypedList[str]):
    """Asks for one of several choices; its result is the choice, or None if cancelled."""

    def __init__(self, question: str, choices: Sequence[str] | Mapping[str, str], chosen: str | None = None) -> None:
        """`choices`: the choices, or choice -> the text that is shown for it. `chosen`: the one that is marked at first."""
        names = choices if isinstance(choices, Mapping) else {choice: choice for choice in choices}
        super().__init__([(shown(name).plain, choice) for choice, name in names.items()], question, chosen)
