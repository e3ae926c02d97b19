"""The runs screen: the evaluations of the workspace, the figures of one as a table with bars, and two compared."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import DataTable, Static

from curate.catalog.store import Catalog
from curate.errors import CurateError
from curate.export.current import REPORT, Run
from curate.operations.sets import sets_here
from curate.tui.messages import FiguresRead, PlanTold, RunsListed
from curate.tui.results import BAR, Figure, bar, compared, figures, known_about, number, runs_here, state_of
from curate.tui.screens.base import CurateScreen
from curate.tui.shown import folded, shown
from curate.tui.widgets.listing import Column, Listing
from curate.tui.widgets.told import Told
from curate.tui.work import start_beside
from tracer.base.text import counted

_RUNS = (Column("", 1), Column("run", 16), Column("of the set", 16), Column("written", 22))
_ENCODER = 11
"""Longest name of an encoder that is shown with its family."""

_FIGURES = (
    Column("what", 28),
    Column("mask", 4, numeric=True),
    Column("metric", 8),
    Column("encoder", _ENCODER, keeps="both"),
    Column("value", 5, numeric=True),
    Column("", BAR),
    Column("95 % interval", 14),
    Column("guessing", 8, numeric=True),
    Column("n", 5, numeric=True),
)
_METRICS = {"balanced_accuracy": "balanced"}
"""Metric -> a shorter word for the table."""

_OF_ONE = "━ value, ╌ its interval, │ guessing"
_OF_TWO = "→ the second run; interval of the difference"
_WELCOME = """Nothing was evaluated yet.

Press e to evaluate a set, w to see what would be measured.
It runs beside the app: Esc stops it, and the same again goes on."""


class RunsScreen(CurateScreen):
    """The evaluations of a workspace."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "e",
            "app.operation('evaluate')",
            "Evaluate",
            id="runs.evaluate",
            tooltip="evaluate a set; again: only what is missing",
        ),
        Binding(
            "w",
            "what",
            "What",
            id="runs.what",
            tooltip="which encoders are here, what would be measured, what not and why",
        ),
        Binding("o,enter", "open", "Report", id="runs.open", tooltip="open the report of this run in the browser"),
        Binding("g", "go_on", "Go on", id="runs.go_on", show=False, tooltip="do what is missing in this run"),
        Binding(
            "tab,shift+tab",
            "other_list",
            "Figures",
            id="runs.figures",
            key_display="Tab",
            tooltip="go to the figures, where the keys then move; again: back to the runs",
        ),
        Binding(
            "m",
            "mark",
            "Mark",
            id="runs.mark",
            show=False,
            tooltip="mark this run, so that c compares another one with it",
        ),
        Binding("c", "compare", "Compare", id="runs.compare", tooltip="compare this run with the marked one"),
        Binding("u,z", "undo", "Undo", id="runs.undo", show=False, tooltip="take back the last decision"),
        Binding("r,Z", "redo", "Redo", id="runs.redo", show=False, tooltip="repeat what was taken back"),
        Binding(
            "S", "app.switch_mode('set')", "Set", id="runs.set", show=False, tooltip="the set before it is written"
        ),
        Binding(
            "L", "app.switch_mode('library')", "Library", id="runs.library", show=False, tooltip="back to the photos"
        ),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._runs: list[Run] = []
        self._marked: Path | None = None
        self._shown: tuple[Path, ...] = ()
        """The run, or the two runs, whose figures are shown."""
        self._figures: list[Figure] = []

    def compose_body(self) -> ComposeResult:
        with Vertical(id="evaluations"):
            yield Listing(_RUNS, id="runs")
            yield Static(id="of-run", markup=False)
            yield Listing(_FIGURES, id="figures")
            yield Static(id="figure", markup=False)
        yield Static(_WELCOME, id="welcome", markup=False)

    def refresh_data(self) -> None:
        """Read the runs again, in a thread because the manifest of a large set is large."""
        workspace = self.catalog.workspace

        def read() -> None:
            with Catalog.open(workspace, read_only=True) as catalog:
                self.post_message(RunsListed(runs_here(catalog)))

        start_beside(self, workspace, "listing the runs", read, group="runs")

    def on_runs_listed(self, message: RunsListed) -> None:
        """Show the runs."""
        self._runs = message.found
        self._list_runs()
        self.headline("Runs", counted(len(self._runs), "run"))
        self.query_one("#welcome").display = not self._runs
        self.query_one("#evaluations").display = bool(self._runs)
        self._shown = ()
        self._read()

    def _list_runs(self) -> None:
        self.query_one("#runs", Listing).list(
            [
                Text("●", "bold yellow") if run.path == self._marked else Text(" "),
                shown(run.path.name),
                shown(run.dataset.name if run.dataset else None),
                shown(state_of(run), "bold yellow" if run.stale or run.written is None else ""),
            ]
            for run in self._runs
        )

    @property
    def _run(self) -> Run | None:
        """The run under the cursor; if there is none, the screen says so."""
        if not self._runs:
            self.say("nothing was evaluated yet; e evaluates a set")
            return None
        return self._runs[min(self.query_one("#runs", Listing).cursor_row, len(self._runs) - 1)]

    @on(DataTable.RowHighlighted, "#runs")
    def _read(self) -> None:
        """Read the figures of the run under the cursor, in a thread."""
        if self._runs and (run := self._run) is not None and self._shown != (run.path,):
            self._shown = (run.path,)
            self._read_beside("reading the figures", lambda: figures(run.path))

    def _read_beside(self, name: str, read: Callable[[], list[Figure]]) -> None:
        places = self._shown
        self.query_one("#of-run", Static).update(shown(f"{name} …", "dim"))

        def run() -> None:
            try:
                self.post_message(FiguresRead(places, read()))
            except CurateError as error:
                self.post_message(FiguresRead(places, [], error))

        start_beside(self, self.catalog.workspace, name, run, group="figures")

    def on_figures_read(self, message: FiguresRead) -> None:
        """Show the figures, unless others have been asked for since."""
        if message.runs != self._shown:
            return
        if message.error is not None:
            self.complain(message.error)
        many = counted(len(message.figures), "figure")
        names = " · ".join(run.name for run in message.runs)
        kind = _OF_TWO if len(message.runs) == 2 else _OF_ONE
        self.query_one("#of-run", Static).update(Text.assemble(shown(names, "bold"), f"  {many}  ", (kind, "dim")))
        self._figures = message.figures
        self.query_one("#figures", Listing).list(
            (_cells(figure, len(message.runs) == 2) for figure in message.figures), 0
        )
        self._tell()

    @on(DataTable.RowHighlighted, "#figures")
    def _tell(self) -> None:
        """Tell the whole figure under the cursor, of which a narrow table shows a part."""
        row = self.query_one("#figures", Listing).cursor_row
        whole = folded(self._figures[row].whole) if 0 <= row < len(self._figures) else Text()
        self.query_one("#figure", Static).update(whole, layout=False)

    # --- actions

    def action_other_list(self) -> None:
        """Go to the figures, or back to the runs."""
        self.query_one("#runs" if self.query_one("#figures").has_focus else "#figures").focus()

    async def on_data_table_row_selected(self, _event: DataTable.RowSelected) -> None:
        """Open the report (Enter)."""
        await self.run_action("open")

    def action_open(self) -> None:
        """Open the report of the run under the cursor."""
        run = self._run
        if run is not None and run.written is None:
            self.say("this run has no report yet; g goes on with it", problem=True)
        elif run is not None:
            self.curate.show_report(run.path / REPORT)

    def action_go_on(self) -> None:
        """Ask to evaluate the set of the run under the cursor into the same run."""
        run = self._run
        if run is not None:
            self.curate.ask_evaluation(run.dataset, run.path)

    def action_mark(self) -> None:
        """Mark the run under the cursor, or remove its mark."""
        run = self._run
        if run is not None:
            self._marked = None if run.path == self._marked else run.path
            self._list_runs()
            self.say(
                f"marked: {run.path.name} · c on another run compares the two" if self._marked else "no run is marked"
            )

    def action_compare(self) -> None:
        """Compare the run under the cursor with the marked one."""
        run = self._run
        if run is None:
            return
        if self._marked is None or self._marked == run.path:
            self.say("mark another run first, with m", problem=True)
            return
        first, second = self._marked, run.path
        self._shown = (first, second)
        self._read_beside("comparing", lambda: compared(first, second))

    def action_what(self) -> None:
        """Tell which encoders are here and what an evaluation would measure, asked of tracer in a thread."""
        known = sets_here(self.catalog)
        dataset, encoders = next(iter(known), None), self.catalog.workspace.settings.evaluate.encoders
        run = self._run.path if self._runs and self._run is not None else None
        self.say("asking tracer …")

        def ask() -> None:
            try:
                self.post_message(PlanTold(dataset, known_about(dataset, encoders, run)))
            except CurateError as error:
                self.post_message(PlanTold(dataset, [], error))

        start_beside(self, self.catalog.workspace, "asking tracer", ask, group="what")

    def on_plan_told(self, message: PlanTold) -> None:
        """Show what tracer said."""
        if message.error is not None:
            self.complain(message.error)
            return
        self.say("")
        title = "An evaluation" if message.dataset is None else f"Evaluating {message.dataset.name}"
        if self.is_current:
            self.app.push_screen(Told(title, message.lines))


def _cells(figure: Figure, of_two: bool) -> list[Text]:
    both = figure.low is not None and figure.high is not None
    value, interval = number(figure.value), f"{number(figure.low)} to {number(figure.high)}" if both else ""
    drawn = f"→ {number(figure.other) or '–'}" if of_two else bar(figure)
    return [
        shown(figure.brief),
        Text(f"{100 * figure.masked:g} %" if figure.masked else "", justify="right"),
        shown(_METRICS.get(figure.metric, figure.metric)),
        shown(_short(figure.encoder) or None),
        Text(value, justify="right"),
        Text(drawn, "bright_cyan"),
        Text(interval),
        Text(number(figure.chance), justify="right"),
        Text("" if figure.n is None else f"{figure.n:,}", justify="right"),
    ]


def _short(encoder: str) -> str:
    """Return an encoder's name without its family where the whole is long."""
    return encoder if len(encoder) <= _ENCODER else encoder.partition("/")[2] or encoder
