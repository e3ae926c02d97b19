"""The dialog that asks which photos are shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.timer import Timer
from textual.widgets import Input

from curate.tui.filtering import complete_column
from curate.tui.forms import Field
from curate.tui.remembered import Recall
from curate.tui.widgets.prompt import _Lines
from tracer.base.text import counted

_HINT = (
    "A word is searched in names and cameras; or type an expression over the label columns, as --where takes it. "
    "Empty shows all. ↑ ↓ earlier filters, Tab completes a column."
)

_PAUSE = 0.12
"""Seconds without a key after which the text is searched."""


class AskFilter(_Lines[str]):
    """Asks for a filter; its result is the text, or None if cancelled. ↑ and ↓ go through the filters that were used before."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "older", "Earlier", id="filter.older", priority=True, tooltip="the filter that was used before"),
        Binding(
            "down", "newer", "Later", id="filter.newer", priority=True, tooltip="the filter that was used after it"
        ),
    ]

    def __init__(
        self, value: str, earlier: Sequence[str], search: Callable[[str], None], check: Callable[[str], object]
    ) -> None:
        """Prepare the dialog.

        Args:
            value: the filter in use.
            earlier: the filters that were used, the oldest first.
            search: begins a search for a text, whose result is told to `tell_found`.
            check: raises a CurateError for a text that is no filter.
        """
        field = Field("text", "", value, complete=complete_column)
        super().__init__("Show which photos?", [field], _HINT, lambda lines: check(lines["text"]))
        self._recall = Recall(earlier)
        self._search = search
        self._pause: Timer | None = None

    @on(Input.Changed)
    def _search_soon(self) -> None:
        """Search for what was typed, once nothing more is typed for a moment."""
        if self._pause is not None:
            self._pause.stop()
        self.tell_found(None)
        self._pause = self.set_timer(_PAUSE, lambda: self._search(self.query_one(Input).value.strip()))

    def tell_found(self, photos: int | None) -> None:
        """Say on the border how many photos the text finds; nothing while it is not known."""
        self.query_one(".dialog").border_subtitle = "" if photos is None else counted(photos, "photo")

    def answer(self, lines: dict[str, str]) -> str:
        """Return the only line."""
        return lines["text"]

    def action_older(self) -> None:
        """Show the filter that was used before."""
        self._show(self._recall.older)

    def action_newer(self) -> None:
        """Show the filter that was used after it."""
        self._show(self._recall.newer)

    def _show(self, recall: Callable[[str], str]) -> None:
        line = self.query_one(Input)
        line.value = recall(line.value)
        line.cursor_position = len(line.value)
