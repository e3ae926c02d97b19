"""The actions that the palette has on every screen.

What only one action needs is loaded when it runs, so that the app starts fast.
"""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.screen import ModalScreen

from curate.catalog.facts import keep_theme
from curate.catalog.store import Catalog
from curate.tui.browser import open_page
from curate.tui.commands import Command, commands
from curate.tui.forms import Form
from curate.tui.guarded import GuardedScreen
from curate.tui.key_order import KeysInOrder
from curate.tui.screens.base import CurateScreen
from curate.tui.screens.help import described, key_names
from curate.tui.screens.palette import PaletteScreen
from curate.tui.widgets.prompt import AskChoice, AskForm
from curate.tui.work import start_beside
from tracer.base.progress import Work
from tracer.base.text import quoted_path

if TYPE_CHECKING:
    from curate.operation import Operation

_NEED_ROOM = frozenset({"palette", "ingest", "relocate", "find_pairs", "export", "evaluate", "open_report", "theme"})
"""Actions that a window must be large enough for."""


class Commands(KeysInOrder):
    """The app with the palette and the actions behind its fixed names.

    Attributes:
        typed: name of a form -> what was typed into it, of work that has not succeeded yet.
    """

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.typed: dict[str, dict[str, str]] = {}

    @property
    @abstractmethod
    def in_view(self) -> CurateScreen | None:
        """The current screen, also if a dialog covers it."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Allow nothing that asks or begins something in a window that is too small."""
        screen = self.screen
        if action in _NEED_ROOM and isinstance(screen, GuardedScreen) and screen.too_small:
            return False
        return super().check_action(action, parameters)

    def action_palette(self) -> None:
        """Open the palette; a dialog is closed first."""
        while isinstance(top := self.screen, ModalScreen):
            if isinstance(top, PaletteScreen):
                return
            top.dismiss(None)
        bound = [
            Command(one.description, f"{owner}.{one.action}".removeprefix("."), one.tooltip, key_names(one))
            for owner, place in (("", self.screen), ("app", self))
            for one in described(place, self.keys)
        ]
        self.push_screen(PaletteScreen(commands(bound)), self._run_command)

    async def _run_command(self, command: Command | None) -> None:
        if command is not None:
            await self.run_action(command.action, self.screen)

    # --- work that asks first

    def action_ingest(self) -> None:
        """Ask for a folder, and ingest it."""
        from curate.tui.housekeeping import ingest_summary
        from curate.tui.ingesting import IngestRequest, ingest_form, ingest_request, ingesting

        def begin(request: IngestRequest) -> None:
            self._begin("ingest", lambda catalog: ingesting(catalog, request), ingest_summary)
            if request.remarks and self.in_view is not None:  # shown before a long ingest, too
                self.in_view.warn(request.remarks)

        self._ask_for("ingest", ingest_form(self.catalog), ingest_request, begin)

    def action_relocate(self) -> None:
        """Ask where a folder that has moved is now, and find its photos there."""
        from curate.tui.ingesting import relocate_form, relocate_request, relocate_summary, relocating

        self._ask_for(
            "relocate",
            relocate_form(self.catalog),
            relocate_request,
            lambda request: self._begin("relocate", lambda catalog: relocating(catalog, request), relocate_summary),
        )

    def action_find_pairs(self) -> None:
        """Look for pairs."""
        from curate.tui.housekeeping import pairing_summary

        settings = self.catalog.workspace.settings.pair

        def begin(catalog: Catalog) -> Work[Any]:
            from curate.pairing import run  # it loads OpenCV, which takes a second

            return run.pair_workspace(catalog, use_time=settings.use_time, use_gps=settings.use_gps)

        self._begin("pairs", begin, pairing_summary)

    def action_export(self) -> None:
        """Ask which set to export, and export and check it."""
        from curate.operations.sets import ExportSet

        chosen = {} if self.choice is None else self.choice.model_dump(exclude={"replace"})
        self.ask_operation(ExportSet, chosen, verify=True)

    def action_evaluate(self) -> None:
        """Ask which set to evaluate with which encoders, and evaluate it."""
        self.ask_evaluation(None, None)

    def ask_evaluation(self, dataset: Path | None, run: Path | None) -> None:
        """Ask the same, filled in with a set and a run where they are given."""
        from curate.operations.evaluating import Evaluate

        if run is not None:
            self.typed.pop("evaluate", None)
        given = {"place": dataset, "out": run}
        self.ask_operation(Evaluate, {name: place for name, place in given.items() if place is not None})

    def ask_operation(self, operation: type[Operation], filled: Mapping[str, Any], **fixed: Any) -> None:
        """Ask the form of an operation unless work runs, and do it.

        What was typed last is filled in again if its work has not succeeded.

        Args:
            operation: the operation.
            filled: values that the form is filled in with, in place of the proposed ones.
            fixed: values of fields that the form does not ask for.
        """
        from curate.tui.operation_form import form_of, operation_of

        def parse(answers: Mapping[str, str]) -> Operation:
            return operation_of(operation, self.catalog, answers, fixed)

        form = form_of(operation, self.catalog, filled)
        self._ask_for(" ".join(operation.words), form, parse, self.begin_operation)

    def begin_operation(self, operation: Operation) -> None:
        """Do an operation as long work."""
        self._begin(" ".join(operation.words), operation.run, lambda outcome: outcome.summary())

    def _ask_for(
        self,
        name: str,
        form: Form,
        parse: Callable[[Mapping[str, str]], Any],
        begin: Callable[[Any], None],
    ) -> None:
        """Ask a form unless work runs; what was typed last is filled in again if its work has not succeeded."""
        screen = self.in_view
        if screen is None or screen.busy():
            return

        def answered(answers: dict[str, str]) -> None:
            self.typed[name] = answers
            begin(parse(answers))

        form = form.filled(self.typed.get(name))
        screen.ask(AskForm(form.question, form.fields, form.hint, parse), answered)

    def _begin(self, name: str, begin: Callable[[Catalog], Work[Any]], summary: Callable[[Any], str]) -> None:
        def done(result: Any) -> str:
            self.typed.pop(name, None)
            return summary(result)

        if self.in_view is not None:
            self.in_view.begin_work(name, begin, done)

    # --- at once

    def action_open_report(self) -> None:
        """Open the newest report in the browser. If there is no browser, show the path of the report."""
        from curate.operations.evaluating import reports_here

        reports = reports_here(self.catalog)
        if self.in_view is None:
            return
        if not reports:
            self.in_view.say("there is no report yet; Evaluate set makes one", problem=True)
            return
        self.show_report(reports[0])

    def show_report(self, page: Path) -> None:
        """Open a page in the browser, and say where it is."""
        screen, place = self.in_view, quoted_path(page)
        if screen is None:
            return
        if self.is_web:
            self.deliver_binary(page, open_method="browser", mime_type="text/html")
            screen.say(f"report: {place}")
            return

        def show() -> None:
            self.call_from_thread(
                screen.say, f"report: {place}" if open_page(page) else f"there is no browser here: {place}"
            )

        screen.say(f"report: {place}")
        start_beside(self, self.catalog.workspace, "opening the report", show, group="browser")

    async def action_quit(self) -> None:
        """Leave the app; ask first while work is running."""
        screen = self.in_view
        if screen is None or not self.work.running or screen.too_small:
            self.exit()
            return
        choices = {"stay": "Stay", "quit": "Stop it and quit; what is finished is kept"}
        screen.ask(
            AskChoice("Work is still running.", choices), lambda answer: self.exit() if answer == "quit" else None
        )

    def action_to_the_shell(self) -> None:
        """Stop the process for the shell that started it; without such a shell nobody could continue it."""
        if os.getpgid(os.getppid()) != os.getpgrp() and os.getsid(os.getppid()) == os.getsid(0):
            self.action_suspend_process()
        elif self.in_view is not None:
            self.in_view.say("there is no shell to go back to; q quits")

    def action_move(self, way: str) -> None:
        """Move the cursor of the focused table or list, or scroll; `way` is down, up, page_down, page_up or bottom."""
        names = (f"action_cursor_{way}", f"action_{way}", f"action_scroll_{way}")
        move = next((found for name in names if (found := getattr(self.focused, name, None)) is not None), None)
        if move is not None:
            move()

    def action_theme(self) -> None:
        """Ask for other colours."""
        if self.in_view is not None:
            names = sorted(name for name in self.available_themes if not name.startswith("ansi"))
            self.in_view.ask(AskChoice("Which colours?", names, self.theme), self._set_theme)

    def _set_theme(self, name: str) -> None:
        self.theme = name
        if not self.catalog.read_only:
            keep_theme(self.catalog, name)
        if self.in_view is not None:
            self.in_view.say(f"colours: {name}")
