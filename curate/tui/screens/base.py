"""What the screens share: a headline, a status line in words, running work."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Footer, Static
from textual.worker import Worker

from curate.catalog import decisions
from curate.catalog.store import Catalog
from curate.catalog.wording import in_words
from curate.errors import CurateError
from curate.pairing.learning import due, follow
from curate.progress import Work
from curate.tui.messages import WorkAdvanced, WorkEnded
from curate.tui.shown import shown
from curate.tui.work import is_running, start_work

if TYPE_CHECKING:
    from curate.tui.app import CurateApp

MIN_COLUMNS, MIN_ROWS = 80, 24


class CurateScreen(Screen[None]):
    """A screen of the app: a headline, its own body, a status line and the footer."""

    def __init__(self) -> None:
        super().__init__()
        self._work: Worker[None] | None = None

    def compose(self) -> ComposeResult:
        yield Static(id="headline", markup=False)
        yield from self.compose_body()
        yield Static(id="status", markup=False)
        yield Footer(show_command_palette=False)
        yield Static(
            f"This app needs {MIN_COLUMNS} × {MIN_ROWS} characters.\nMake the window larger.",
            id="too-small",
            markup=False,
        )

    def compose_body(self) -> ComposeResult:
        """Yield the screen's own widgets."""
        raise NotImplementedError

    @property
    def curate(self) -> CurateApp:
        """The app."""
        return cast("CurateApp", self.app)

    @property
    def catalog(self) -> Catalog:
        """The app's catalogue."""
        return self.curate.catalog

    def on_resize(self, event: events.Resize) -> None:
        """Say so where the terminal is too small, and show the pictures' room on large ones."""
        self.set_class(event.size.width < MIN_COLUMNS or event.size.height < MIN_ROWS, "-too-small")
        self.set_class(event.size.height >= 32, "-tall")
        self.set_class(event.size.width >= 110, "-wide")

    def headline(self, title: str, *facts: str) -> None:
        """Say where one is and how things stand."""
        line = Text.assemble((" lenstrace ", "bold reverse"), "  ")
        line.append(shown(self.catalog.workspace.name, "bold")).append("  ").append(title, "bold bright_cyan")
        for fact in facts:
            line.append("  ·  ", "dim").append(fact)
        self.query_one("#headline", Static).update(line)

    def say(self, message: str | Text, *, problem: bool = False) -> None:
        """Say something in the status line; a problem has a sign and a colour."""
        text = message if isinstance(message, Text) else shown(message)
        line = Text("✗ ", "bold red") if problem else Text("")
        self.query_one("#status", Static).update(line + text)

    def complain(self, error: CurateError) -> None:
        """Say what went wrong, and the way out."""
        self.say(". ".join(error.lines()), problem=True)

    # --- long work

    def begin_work(self, name: str, begin: Callable[[Catalog], Work[Any]], summary: Callable[[Any], str]) -> None:
        """Start long work, one piece at a time."""
        if is_running(self._work):
            self.say("something is still running; Esc stops it", problem=True)
            return
        self.say(f"{name} …")
        self._work = start_work(self, self.catalog.workspace, name, begin, summary)

    def on_work_advanced(self, message: WorkAdvanced) -> None:
        """Show how far it is."""
        step = message.progress
        amount = f"{step.done:,} of {step.total:,}" if step.total else f"{step.done:,}"
        rate = f" · {step.done / message.seconds:,.0f} a second" if message.seconds > 1 else ""
        self.say(f"{step.what}: {amount}{rate} · Esc stops")
        self.refresh_soon()

    def on_work_ended(self, message: WorkEnded) -> None:
        """Show what it did."""
        self.say(message.summary, problem=message.failed)
        self.refresh_data()
        self.let_scores_follow()  # replaced files take their decisions with them

    def action_stop_work(self) -> None:
        """Stop what runs."""
        if is_running(self._work) and self._work is not None:
            self._work.cancel()
            self.say("stopping …")

    def refresh_soon(self) -> None:
        """Show what changed while work runs; cheap."""

    def refresh_data(self) -> None:
        """Read the catalogue again."""

    def on_screen_resume(self) -> None:
        """Show what other screens changed."""
        self.refresh_data()

    # --- scores follow decisions

    def let_scores_follow(self) -> None:
        """Where a whole step of decisions came or went, score the candidates anew beside the app, and show it."""
        if not due(self.catalog):
            return
        workspace = self.catalog.workspace

        def rescore() -> None:
            try:
                with Catalog.open(workspace) as catalog:
                    if follow(catalog):
                        self.app.call_from_thread(self.refresh_data)
            except CurateError as error:
                self.app.call_from_thread(self.complain, error)

        self.run_worker(rescore, group="scores", thread=True, exclusive=True)

    # --- undo and redo are the same everywhere

    def action_undo(self) -> None:
        """Take back the last decision."""
        self._step("undo", "taken back", decisions.undo)

    def action_redo(self) -> None:
        """Do again what was taken back."""
        self._step("redo", "done again", decisions.redo)

    def _step(self, name: str, past: str, step: Callable[[Catalog], decisions.Decision | None]) -> None:
        try:
            decision = step(self.catalog)
        except CurateError as error:
            self.complain(error)
            return
        if decision is None:
            self.say(f"there is nothing to {name}", problem=True)
            return
        self.refresh_data()
        self.say(f"{past}: {in_words(self.catalog, decision)}")
        self.after_step(decision)
        self.let_scores_follow()

    def after_step(self, decision: decisions.Decision) -> None:
        """Show what was taken back or done again."""
