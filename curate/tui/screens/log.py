"""The log screen: who decided what and when, newest first; a step and all later ones are taken back from here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import DataTable, Static

from curate.catalog.history import LogStep, steps, undo_back_to
from curate.catalog.importing import import_decisions
from curate.catalog.store import Catalog
from curate.errors import CurateError
from curate.operations.decisions import ImportDecisions
from curate.tui.messages import DecisionsCompared, LogRead
from curate.tui.operation_form import form_of, operation_of
from curate.tui.screens.base import CurateScreen
from curate.tui.shown import folded, shown
from curate.tui.theirs import Choices, import_summary, importing
from curate.tui.widgets.conflicts import Conflicts
from curate.tui.widgets.listing import Column, Listing
from curate.tui.widgets.prompt import AskChoice, AskForm
from curate.tui.work import start_beside
from tracer.base.text import counted

SHOWN_STEPS = 1000
"""Largest number of steps listed."""

_COLUMNS = (Column("", 1), Column("when", 16), Column("who", 10), Column("what", 38), Column("", 12))
_WELCOME = """Nothing was decided yet.

Decisions on pairs, labels, camera types and clocks are listed here, and what was forgotten."""


class LogScreen(CurateScreen):
    """The decision log."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("b,enter", "back", "Back to here", id="log.back", tooltip="take back this step and all later ones"),
        Binding(
            "i",
            "take_in",
            "Import decisions",
            id="log.import",
            tooltip="read another annotator's decisions; where both differ, choose side by side",
        ),
        Binding("u,z", "undo", "Undo", id="log.undo", tooltip="take back the last step that stands"),
        Binding("r,Z", "redo", "Redo", id="log.redo", show=False, tooltip="repeat what was taken back"),
        Binding("L", "app.switch_mode('library')", "Library", id="log.library", tooltip="back to the photos"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._steps: Sequence[LogStep] = ()

    def compose_body(self) -> ComposeResult:
        yield Listing(_COLUMNS, id="log")
        yield Static(id="step", classes="told", markup=False)
        yield Static(_WELCOME, id="welcome", markup=False)

    def refresh_data(self) -> None:
        """Read the log again, in a thread because it may be long."""
        if not self._steps:
            self.headline("Log", "reading …")
        workspace = self.catalog.workspace

        def read() -> None:
            with Catalog.open(workspace, read_only=True) as catalog:
                self.post_message(LogRead(steps(catalog, SHOWN_STEPS)))

        start_beside(self, workspace, "reading the log", read, group="log")

    def on_log_read(self, message: LogRead) -> None:
        """Show the steps."""
        self._steps = message.steps
        standing = sum(step.stands for step in self._steps)
        many = [f"the last {SHOWN_STEPS:,} shown"] if len(self._steps) == SHOWN_STEPS else []
        self.headline("Log", counted(len(self._steps), "step"), f"{standing:,} in force", *many)
        table = self.query_one(Listing)
        table.list(_cells(step) for step in self._steps)
        self.query_one("#welcome").display = not self._steps
        table.display = self.query_one("#step").display = bool(self._steps)
        self.on_data_table_row_highlighted()

    def on_data_table_row_highlighted(self) -> None:
        """Tell the step under the cursor in full."""
        if self._steps:
            step = self._under_cursor
            said = Text.assemble(shown(step.who, "bold"), f" {_when(step.at)}: ", folded(step.words))
            if not step.stands:
                said.append(f"\ntaken back {_when(step.undone_at)} by ").append(shown(step.undone_by))
            self.query_one("#step", Static).update(said)

    @property
    def _under_cursor(self) -> LogStep:
        return self._steps[min(self.query_one(Listing).cursor_row, len(self._steps) - 1)]

    # --- actions

    async def on_data_table_row_selected(self, _event: DataTable.RowSelected) -> None:
        """Ask whether to go back to the row's step (Enter)."""
        await self.run_action("back")

    def action_back(self) -> None:
        """Ask whether to take back the step under the cursor and all later ones, and do it."""
        if not self._steps:
            self.say("there is no step to go back to")
            return
        step = self._under_cursor
        if step.seq is None:
            self.say("splits are withdrawn on the set screen, with s", problem=True)
            return
        if not step.stands:
            self.say("that step was taken back already", problem=True)
            return
        if self.reads_only():
            return
        seq, row = step.seq, self.query_one(Listing).cursor_row
        later = sum(one.stands and one.seq is not None for one in self._steps[:row])
        more = f" and {counted(later, 'later step')}" if later else ""
        question = f"Take back “{shown(step.words).plain}”{more}?"
        choices = {"no": "No, leave all as it is", "yes": f"Yes, take back {counted(later + 1, 'step')}"}

        def answered(answer: str) -> None:
            if answer != "yes":
                self.say("nothing was taken back")
                return
            try:
                taken = undo_back_to(self.catalog, seq)
            except CurateError as error:
                self.complain(error)
                return
            self.refresh_data()
            self.say(f"taken back: {counted(taken, 'step')} · r repeats them one by one")
            self.let_scores_follow()

        self.ask(AskChoice(question, choices), answered)

    # --- another annotator's decisions

    def action_take_in(self) -> None:
        """Ask for a file of decisions, compare them with mine, and import them."""
        if self.busy():
            return
        form = form_of(ImportDecisions, self.catalog)
        self.ask(AskForm(form.question, form.fields, form.hint, self._asked), self._compare)

    def _asked(self, answers: Mapping[str, str]) -> Path:
        return operation_of(ImportDecisions, self.catalog, answers, {}).file

    def _compare(self, answers: dict[str, str]) -> None:
        file, workspace = self._asked(answers), self.catalog.workspace
        self.say("comparing the decisions …")

        def compare() -> None:
            with Catalog.open(workspace, read_only=True) as catalog:
                self.post_message(DecisionsCompared(file, import_decisions(catalog, file, dry_run=True)))

        start_beside(self, workspace, "comparing the decisions", compare, group="import")

    def on_decisions_compared(self, message: DecisionsCompared) -> None:
        """Import at once what does not differ; else ask first whose decisions count."""
        self.say("")

        def begin(choices: Choices) -> None:
            self.begin_work("decisions", lambda catalog: importing(catalog, message.file, choices), import_summary)

        if message.found.conflicts:
            self.ask(Conflicts(message.found.conflicts), begin)
        else:
            begin({})


def _cells(step: LogStep) -> list[Text]:
    sign = Text("✓", "green") if step.stands else Text("↶", "bold yellow")
    style = "" if step.stands else "dim"
    words = [Text(_when(step.at), style), shown(step.who, style), shown(step.words, style)]
    return [sign, *words, shown("" if step.stands else "taken back", "yellow", missing="")]


def _when(at: str) -> str:
    """Return a time of the log in the time zone of this machine; the text itself where it is no time."""
    try:
        return datetime.fromisoformat(at).astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return at
