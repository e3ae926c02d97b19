"""The base of the app's main screens: headline, status line, running work, undo and redo."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.screen import ModalScreen
from textual.widgets import Static

from curate.catalog import decisions
from curate.catalog.store import Catalog
from curate.catalog.wording import in_words
from curate.errors import CurateError
from curate.tui.failures import as_message, told_here
from curate.tui.guarded import WIDE, Answer, Dialog, GuardedScreen
from curate.tui.messages import ScoresFollowed, WorkAdvanced, WorkEnded, WorkFailed
from curate.tui.shown import folded, shown
from curate.tui.widgets.keyline import KeyLine
from curate.tui.work import LONG, start_beside
from tracer.base.progress import Work

_STOPS = " · Esc stops"
"""Follows the progress of running work where there is room for it."""


_BETWEEN = "  ·  "
"""Stands before each fact of the headline."""

Fact = str | tuple[str, ...]
"""A fact of the headline, or the same fact in several lengths, the longest first; an empty one is left out."""


def fitting(facts: Sequence[Fact], room: int, between: int) -> list[str]:
    """Return the facts in lengths that fit, the last ones shortened first; the shortest ones where none fit.

    Args:
        facts: the facts.
        room: the number of characters that there are.
        between: how many of them each fact needs besides its own.

    >>> fitting([("1 of 30 proposed", "1 of 30"), ("45 accepted", "45", "")], 40, 5)
    ['1 of 30 proposed', '45 accepted']
    >>> fitting([("1 of 30 proposed", "1 of 30"), ("45 accepted", "45", "")], 28, 5)
    ['1 of 30 proposed', '45']
    >>> fitting([("1 of 30 proposed", "1 of 30"), ("45 accepted", "45", "")], 18, 5)
    ['1 of 30']
    """
    lengths = [(fact,) if isinstance(fact, str) else fact for fact in facts]
    level = [0] * len(lengths)

    def chosen() -> list[str]:
        return [said for fact, at in zip(lengths, level, strict=True) if (said := fact[at])]

    for step in range(1, max(map(len, lengths), default=1)):
        for at in reversed(range(len(lengths))):
            if sum(between + cell_len(said) for said in chosen()) <= room:
                break
            level[at] = min(step, len(lengths[at]) - 1)
    return chosen()


class CurateScreen(GuardedScreen[None]):
    """A screen of the app: a headline, its own body, a status line and the footer."""

    def __init__(self) -> None:
        super().__init__()
        self._headline: tuple[str, tuple[Fact, ...]] = "", ()

    def compose_content(self) -> ComposeResult:
        yield Static(id="headline", markup=False)
        yield from self.compose_body()
        yield Static(id="running", markup=False)
        yield Static(id="status", markup=False)
        yield KeyLine()

    def compose_body(self) -> ComposeResult:
        """Yield the screen's own widgets."""
        raise NotImplementedError

    @property
    def catalog(self) -> Catalog:
        """The app's catalogue."""
        return self.curate.catalog

    def headline(self, title: str, *facts: Fact) -> None:
        """Show the screen's title and some facts. Facts that do not fit are shortened."""
        self._headline = title, facts
        line = Text.assemble((" lenstrace ", "bold reverse"), " ") if self.app.size.width >= WIDE else Text()
        line.append(" ").append(shown(self.catalog.workspace.name, "bold"))
        if self.catalog.read_only:
            line.append("  ").append(" read only ", "bold reverse")
        line.append("  ").append(title, "bold bright_cyan")
        for fact in fitting(facts, self.app.size.width - line.cell_len, len(_BETWEEN)):
            line.append(_BETWEEN, "dim").append(fact)
        self.query_one("#headline", Static).update(line, layout=False)

    def on_resize(self, _event: events.Resize) -> None:
        """Draw the headline again; only a wide window shows the program's name."""
        title, facts = self._headline
        self.headline(title, *facts)

    def say(self, message: str | Text, *, problem: bool = False) -> None:
        """Show a message in the status line; a problem has a sign and a colour."""
        text = message if isinstance(message, Text) else folded(message) if problem else shown(message, missing="")
        line = Text("✗ ", "bold red") if problem else Text("")
        self.query_one("#status", Static).update(line + text)

    def warn(self, remarks: Sequence[str], after: str = "") -> None:
        """Show sentences that should be known, after a message if there is one."""
        lines = [Text("! ", "bold yellow") + folded(remark) for remark in remarks]
        self.say(Text("\n").join([folded(after), *lines] if after else lines))

    def complain(self, error: CurateError, before: str = "") -> None:
        """Show an error and what to do about it in the status line."""
        self.say(before + told_here(error), problem=True)

    def ask(self, prompt: ModalScreen[Answer | None], answered: Callable[[Answer], None]) -> None:
        """Open a dialog; `answered` gets the answer, and is not called if the dialog is cancelled.

        Where `answered` raises an error, a form opens again with the error and with what was typed.
        """

        def guarded(answer: Answer | None) -> None:
            if answer is None:
                return
            try:
                answered(answer)
            except Exception as error:  # noqa: BLE001  shown in the window or the status line, written to a file
                doing = "acting on the answer"
                message = as_message(error, doing, self.catalog.workspace)
                again = prompt.again(answer, message) if isinstance(prompt, Dialog) else None
                if again is None:
                    self.curate.tell(message, doing)
                else:
                    self.ask(again, answered)

        self.app.push_screen(prompt, guarded)

    # --- long work

    def begin_work(self, name: str, begin: Callable[[Catalog], Work[Any]], summary: Callable[[Any], str]) -> None:
        """Start long work unless some is running."""
        if self.busy():
            return
        self.say("")
        self.curate.work.begin(name, begin, summary)
        self.show_work()

    def busy(self) -> bool:
        """Return whether no work can be started, since some is running or nothing can be changed, and say so."""
        if self.curate.work.running:
            self.say("something is still running; Esc stops it", problem=True)
        return self.curate.work.running or self.reads_only()

    def reads_only(self) -> bool:
        """Return whether nothing can be changed here, and say so."""
        if self.catalog.read_only:
            self.complain(self.catalog.refusal)
            return True
        try:
            self.catalog.refuse_replaced()
        except CurateError as error:
            self.complain(error)
            return True
        return False

    def show_work(self) -> None:
        """Show the progress of the running work, if any, on its own line."""
        line = self.query_one("#running", Static)
        work, room = self.curate.work, self.app.size.width - 2
        text = shown(work.line)
        stops = "" if work.stopping or text.cell_len + len(_STOPS) > room else _STOPS
        if work.detail:
            detail = Text(" · ") + shown(work.detail)
            detail.truncate(max(0, room - text.cell_len - len(stops)), overflow="ellipsis")
            text = text + detail
        line.update(text + Text(stops), layout=False)  # a new layout would draw the whole screen again
        line.display = self.curate.work.running

    def on_work_advanced(self, _message: WorkAdvanced) -> None:
        """Show the progress."""
        self.show_work()
        self.refresh_soon()

    def on_work_ended(self, message: WorkEnded) -> None:
        """Show the result."""
        self.show_work()
        first, *remarks = message.summary.splitlines()
        self.warn(remarks, first) if remarks else self.say(first)
        self.refresh_data()
        self.let_scores_follow()  # decisions about replaced files no longer count

    def on_work_failed(self, message: WorkFailed) -> None:
        """Show the error, and what long work did before it."""
        if message.group == LONG:
            self.show_work()
            self.refresh_data()
            self.let_scores_follow()
        self.complain(message.error, f"{message.name} failed: ")

    def refresh_soon(self) -> None:
        """Show changes while work is running; called often, so it must be fast."""

    def refresh_data(self) -> None:
        """Read the catalogue again."""

    def on_screen_resume(self) -> None:
        """Show what other screens changed, and the running work."""
        self.refresh_data()
        self.show_work()

    # --- scores are updated after decisions

    def let_scores_follow(self) -> None:
        """If enough decisions were made or taken back, score the candidates again in a thread, and show the new scores."""
        from curate.pairing.score.learning import due, follow  # it loads NumPy, which the first paint need not wait for

        if self.catalog.read_only or not due(self.catalog):
            return
        workspace = self.catalog.workspace

        def rescore() -> None:
            with Catalog.open(workspace) as catalog:
                if follow(catalog):
                    self.post_message(ScoresFollowed())

        start_beside(self, workspace, "scoring the pairs again", rescore, group="scores")

    def on_scores_followed(self) -> None:
        """Show the new scores."""
        self.refresh_data()

    # --- undo and redo, the same on all screens

    def action_undo(self) -> None:
        """Take back the last decision."""
        self._step("undo", "taken back", decisions.undo)

    def action_redo(self) -> None:
        """Repeat the decision that was taken back last."""
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
        self.after_step(decision)
        self.say(f"{past}: {in_words(self.catalog, decision)}")
        self.let_scores_follow()

    def after_step(self, decision: decisions.Decision) -> None:
        """Show the decision that was taken back or repeated."""
