"""The set screen: what a set would hold and leave out, its splits, leaks and confounds, before it is written."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import ClassVar

from rich.style import Style
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical, VerticalScroll
from textual.widgets import Static
from textual.worker import get_current_worker

from curate.catalog.store import Catalog
from curate.errors import CurateError
from curate.export.options import ExportChoice
from curate.operations.sets import ExportSet, Split, VerifySet
from curate.tui import setplan
from curate.tui.messages import SetPlanned, SetsListed
from curate.tui.screens.base import CurateScreen
from curate.tui.shown import folded, shown
from curate.tui.widgets.prompt import AskText
from curate.tui.work import start_beside
from tracer.base.text import counted

_PAUSE = 0.15
"""Seconds before a plan is begun, in which further keys may change the choice."""


class SetScreen(CurateScreen):
    """A set before it is written."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "p", "photos", "Pairs or all", id="set.photos", tooltip="the photos of accepted pairs alone, or all photos"
        ),
        Binding("l", "layout", "Layout", id="set.layout", show=False, tooltip="the next layout of the set's folder"),
        Binding("c", "licenses", "Licences", id="set.licenses", tooltip="only photos with some licences"),
        Binding("g", "places", "GPS", id="set.gps", show=False, tooltip="keep GPS positions, or leave them out"),
        Binding(
            "m",
            "match",
            "Make alike",
            id="set.match",
            show=False,
            tooltip="leave photos out until phones and cameras are alike in some properties",
        ),
        Binding(
            "s", "splits", "Splits", id="set.splits", tooltip="draw other splits, or withdraw those that were drawn"
        ),
        Binding("e", "app.operation('export')", "Export", id="set.export", tooltip="write this set, and check it"),
        Binding("v", "verify", "Check", id="set.verify", show=False, tooltip="check the set that was written last"),
        Binding(
            "E",
            "app.operation('evaluate')",
            "Evaluate",
            id="set.evaluate",
            show=False,
            tooltip="evaluate the set that was written last",
        ),
        Binding("u,z", "undo", "Undo", id="set.undo", show=False, tooltip="take back the last decision"),
        Binding("r,Z", "redo", "Redo", id="set.redo", show=False, tooltip="repeat what was taken back"),
        Binding(
            "L", "app.switch_mode('library')", "Library", id="set.library", show=False, tooltip="back to the photos"
        ),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._known: tuple[int, ExportChoice] | None = None
        """The revision of the catalogue and the choice that the plan was made for."""
        self._one_at_a_time = threading.Lock()
        """A plan ends at its next step once another is wanted; that one waits for it."""

    def compose_body(self) -> ComposeResult:
        with VerticalScroll(id="set"), Container(classes="columns"):
            with Vertical():
                yield Static(id="chosen", classes="part")
            with Vertical():
                yield Static(id="holds", classes="part")
                yield Static(id="findings", classes="part")
                yield Static(id="sets", classes="part")

    @property
    def choice(self) -> ExportChoice:
        """The choice: as keys have changed it, else the usual one."""
        return self.curate.choice or ExportChoice(pairs=ExportSet.proposed(self.catalog)["pairs"])

    def refresh_data(self) -> None:
        """Show the choice, and find what the set would hold if anything has changed; that runs in a thread."""
        choice, known = self.choice, self._known
        self._known = self.catalog.revision(), choice
        self._show("chosen", "The set", setplan.chosen_lines(self.catalog, choice))
        self._list_sets()
        if self._known == known:
            return
        self.headline("Set", "counting …")
        workspace = self.catalog.workspace

        def plan() -> None:
            worker = get_current_worker()
            time.sleep(_PAUSE)
            try:
                with self._one_at_a_time, Catalog.open(workspace, read_only=True) as catalog:
                    work = setplan.planning(catalog, choice, lambda early: self.post_message(SetPlanned(choice, early)))
                    while not worker.is_cancelled:
                        next(work)
            except StopIteration as end:
                self.post_message(SetPlanned(choice, end.value))
            except CurateError as error:
                self.post_message(SetPlanned(choice, None, error))

        start_beside(self, workspace, "planning the set", plan, group="plan")

    def _list_sets(self) -> None:
        """List the sets that were written, in a thread because the manifest of a large set is large."""
        workspace = self.catalog.workspace

        def read() -> None:
            with Catalog.open(workspace, read_only=True) as catalog:
                self.post_message(SetsListed(setplan.set_lines(catalog)))

        start_beside(self, workspace, "listing the sets", read, group="sets")

    def on_sets_listed(self, message: SetsListed) -> None:
        """Show the sets."""
        self._show("sets", "Written", message.lines)

    def on_set_planned(self, message: SetPlanned) -> None:
        """Show what the set would hold, unless the choice has changed since."""
        if message.choice != self.choice:
            return
        if message.planned is None:
            self._known = None
            self.headline("Set")
            if message.error is not None:
                self.complain(message.error)
            return
        planned = message.planned
        leaks = [] if planned.leaks is None else [counted(planned.leaks, "leak") if planned.leaks else "no leak"]
        self.headline("Set", counted(planned.photos, "photo"), counted(planned.pairs, "pair"), *leaks)
        self._show("holds", "It would hold", setplan.planned_lines(planned))
        self._show("findings", "Splits and findings", setplan.finding_lines(planned))

    def _show(self, part: str, title: str, lines: Sequence[setplan.Line]) -> None:
        table = Table.grid(padding=(0, 1))
        table.add_column(width=1)
        table.add_column(width=14)
        table.add_column(ratio=1)
        table.title, table.title_justify = Text(f"  {title}", "bold"), "left"
        actions = {one.key: one.action for one in self.BINDINGS if isinstance(one, Binding)}
        for key, name, text in lines:
            row = [Text(key, "bold bright_cyan"), shown(name, "dim", missing=""), folded(text)]
            if key in actions:  # a click on the line does what its key does
                for cell in row:
                    cell.stylize(Style(meta={"@click": f"screen.{actions[key]}"}))
            table.add_row(*row)
        self.query_one(f"#{part}", Static).update(table)
        self.query_one(f"#{part}").display = bool(lines)

    # --- actions

    def _choose(self, choice: ExportChoice) -> None:
        self.curate.choice = choice
        self.say("")
        self.refresh_data()

    def action_photos(self) -> None:
        """Take the photos of accepted pairs, or all."""
        self._choose(setplan.other_photos(self.choice))

    def action_layout(self) -> None:
        """Take the next layout."""
        self._choose(setplan.next_layout(self.choice))

    def action_places(self) -> None:
        """Keep GPS positions, or leave them out."""
        self._choose(setplan.other_places(self.choice))

    def action_licenses(self) -> None:
        """Ask for the licences."""
        choice = self.choice
        hint = "SPDX ids or addresses, with commas: CC0-1.0,CC-BY-4.0. With nothing: all photos."
        self.ask(
            AskText(
                "Only photos with which licences?",
                ",".join(choice.licenses),
                hint,
                lambda text: setplan.only_licenses(choice, text),
            ),
            lambda text: self._choose(setplan.only_licenses(choice, text)),
        )

    def action_match(self) -> None:
        """Ask for the properties to make alike."""
        choice = self.choice
        hint = "format, resolution, aspect, orientation, jpeg_quality, jpeg_subsampling, time_of_day, edited, …; or nothing"
        now = ",".join(setplan.match_of(self.catalog, choice))
        prompt = AskText(
            "Make phones and cameras alike in what?", now, hint, lambda text: setplan.alike_in(choice, text)
        )
        self.ask(prompt, lambda text: self._choose(setplan.alike_in(choice, text)))

    def action_splits(self) -> None:
        """Ask which splits to draw, and draw them; with nothing in the first line, withdraw those that were drawn."""
        self.curate.ask_operation(Split, {})

    def action_verify(self) -> None:
        """Check the set that was written last."""
        place = setplan.newest_set(self.catalog)
        if place is None:
            self.say("no set was written yet; e exports one", problem=True)
            return
        self.curate.begin_operation(VerifySet(dataset=place))
