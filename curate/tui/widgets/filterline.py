"""The dialog that asks which photos are shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Input

from curate.tui.filtering import complete_column
from curate.tui.forms import Field
from curate.tui.remembered import Recall
from curate.tui.widgets.prompt import _Lines

_HINT = (
    "A word is searched in names and cameras; or type an expression over the label columns, as --where takes it. "
    "Empty shows all. ↑ ↓ earlier filters, Tab completes a column."
)


class AskFilter(_Lines[str]):
    """Asks for a filter; its result is the text, or None if cancelled. ↑ and ↓ go through the filters that were used before."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "older", "Earlier", id="filter.older", priority=True, tooltip="the filter that was used before"),
        Binding(
            "down", "newer", "Later", id="filter.newer", priority=True, tooltip="the filter that was used after it"
        ),
    ]

    def __init__(self, value: str, earlier: Sequence[str]) -> None:
        """`value`: the filter in use. `earlier`: the filters that were used, the oldest first."""
        super().__init__("Show which photos?", [Field("text", "", value, complete=complete_column)], _HINT)
        self._recall = Recall(earlier)

    def answer(self, lines: dict[str, str]) -> str:
        """Return the only line."""
        return lines["text"]

    async def action_older(self) -> None:
        """Show the filter that was used before."""
        await self.all_typed()
        self._show(self._recall.older)

    async def action_newer(self) -> None:
        """Show the filter that was used after it."""
        await self.all_typed()
        self._show(self._recall.newer)

    def _show(self, recall: Callable[[str], str]) -> None:
        line = self.query_one(Input)
        line.value = recall(line.value)
        line.cursor_position = len(line.value)
