"""The window in which the differing decisions of two annotators stand side by side, and a person chooses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, cast

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import DataTable, Label, Static

from curate.catalog.findings import Conflict, Prefer
from curate.tui.guarded import Dialog
from curate.tui.shown import folded, shown
from curate.tui.theirs import Choices, side_by_side
from curate.tui.widgets.listing import Column, Listing
from tracer.base.text import counted

_COLUMNS = (Column("", 8), Column("what", 24), Column("mine", 10), Column("theirs", 10), Column("who", 6))
_SIGNS: dict[Prefer, tuple[str, str]] = {"mine": ("‹ mine", "green"), "theirs": ("› theirs", "bold yellow")}


class Conflicts(Dialog[Choices | None]):
    """Asks which of two differing decisions counts; its result is the choices, or None if cancelled."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "confirm", "Import", id="conflicts.confirm", priority=True, tooltip="import with these choices"
        ),
        Binding("m,left", "choose('mine')", "Mine", id="conflicts.mine", tooltip="keep my decision"),
        Binding("t,right", "choose('theirs')", "Theirs", id="conflicts.theirs", tooltip="take their decision"),
        Binding("M", "choose_all('mine')", "All mine", id="conflicts.all_mine", tooltip="keep all of mine"),
        Binding("T", "choose_all('theirs')", "All theirs", id="conflicts.all_theirs", tooltip="take all of theirs"),
        Binding("j", "app.move('down')", "Down", id="prompt.down", show=False, tooltip="the next line, as the arrow"),
        Binding("k", "app.move('up')", "Up", id="prompt.up", show=False, tooltip="the line before, as the arrow"),
        Binding("escape", "dismiss(None)", "Cancel", id="prompt.cancel", tooltip="nothing is done"),
    ]

    def __init__(self, conflicts: Sequence[Conflict]) -> None:
        super().__init__()
        self._conflicts = conflicts
        self._chosen: list[Prefer] = ["mine"] * len(conflicts)

    @property
    def may_close(self) -> bool:
        """Whether nothing was chosen."""
        return "theirs" not in self._chosen

    def compose_content(self) -> ComposeResult:
        differ = f"On {counted(len(self._conflicts), 'decision')} you differ. Whose counts?"
        with Vertical(classes="dialog broad"):
            yield Label(differ, markup=False, classes="question")
            yield Listing(_COLUMNS, id="conflicts")
            yield Static(id="conflict", classes="hint", markup=False)

    def on_mount(self) -> None:
        self._show()

    def _show(self) -> None:
        self.query_one(Listing).list(map(_cells, self._conflicts, self._chosen))
        self.on_data_table_row_highlighted()

    def on_data_table_row_highlighted(self) -> None:
        """Tell both decisions under the cursor in full."""
        row = self.query_one(Listing).cursor_row
        if not 0 <= row < len(self._conflicts):
            return
        conflict = self._conflicts[row]
        what, mine, theirs = side_by_side(conflict)
        said = Text.assemble(folded(what), "\nmine: ", folded(mine), "\n", folded(conflict.who or "they"))
        said.append(f", {conflict.at[:10]}: " if conflict.at else ": ").append(folded(theirs))
        self.query_one("#conflict", Static).update(said)

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Choose the other decision of a row by a click on it."""
        self.action_choose("mine" if self._chosen[event.cursor_row] == "theirs" else "theirs")

    def action_choose(self, whose: str) -> None:
        """Choose for the conflict under the cursor."""
        self._chosen[self.query_one(Listing).cursor_row] = cast(Prefer, whose)
        self._show()

    def action_choose_all(self, whose: str) -> None:
        """Choose for all conflicts."""
        self._chosen = [cast(Prefer, whose)] * len(self._conflicts)
        self._show()

    def action_confirm(self) -> None:
        """Close the window with the choices."""
        if not self.too_small and self.is_active:
            self.dismiss(dict(zip(self._conflicts, self._chosen, strict=True)))


def _cells(conflict: Conflict, chosen: Prefer) -> list[Text]:
    what, mine, theirs = side_by_side(conflict)
    weak = {"mine": "dim", "theirs": "dim", chosen: "bold"}
    return [
        Text(*_SIGNS[chosen]),
        shown(what),
        shown(mine, weak["mine"]),
        shown(theirs, weak["theirs"]),
        shown(conflict.who or None),
    ]
