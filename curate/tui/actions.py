"""The actions that the palette has on every screen.

What only one action needs is loaded when it runs, so that the app starts fast.
"""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.screen import ModalScreen

from curate.catalog.facts import keep_theme
from curate.tui.browser import open_page
from curate.tui.commands import Command, commands
from curate.tui.guarded import GuardedScreen
from curate.tui.key_order import KeysInOrder
from curate.tui.screens.base import CurateScreen
from curate.tui.screens.help import described, key_names
from curate.tui.screens.palette import PaletteScreen
from curate.tui.widgets.prompt import AskChoice, AskForm
from curate.tui.work import start_beside
from tracer.base.text import quoted_path

if TYPE_CHECKING:
    from curate.operation import Operation, Outcome

_NEED_ROOM = frozenset({"palette", "operation", "open_report", "theme"})
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

    def action_operation(self, words: str) -> None:
        """Ask the form of an operation if it has one, and do it; `words`: its command."""
        from curate.operations.registry import operation_named

        operation = operation_named(words)
        own = {"export": self.action_export, "evaluate": self.action_evaluate}.get(words)
        own() if own is not None else self.ask_operation(operation, {})

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
        """Ask the form of an operation, and do it; without lines it is done at once.

        What was typed last is filled in again if its work has not succeeded.

        Args:
            operation: the operation.
            filled: values that the form is filled in with, in place of the proposed ones.
            fixed: values of fields that the form does not ask for.
        """
        from curate.tui.operation_form import form_of, operation_of

        screen, name = self.in_view, " ".join(operation.words)
        if screen is None or screen.busy():
            return

        def parse(answers: Mapping[str, str]) -> Operation:
            return operation_of(operation, self.catalog, answers, fixed)

        def answered(answers: dict[str, str]) -> None:
            self.typed[name] = answers
            self.begin_operation(parse(answers))

        form = form_of(operation, self.catalog, filled).filled(self.typed.get(name))
        if form.fields:
            screen.ask(AskForm(form.question, form.fields, form.hint, parse), answered)
        else:
            self.begin_operation(parse({}))

    def begin_operation(self, operation: Operation) -> None:
        """Do an operation as long work. What is to be known before it is shown at once."""
        screen, name = self.in_view, " ".join(operation.words)
        if screen is None:
            return

        def done(outcome: Outcome) -> str:
            self.typed.pop(name, None)
            return "\n".join([outcome.summary(), *outcome.warnings()])

        screen.begin_work(operation.name_of_work, operation.run, done)
        if remarks := operation.warnings(self.catalog):
            screen.warn(list(remarks))

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
