"""Runs work in threads; its exceptions become messages and do not end the app."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from textual.dom import DOMNode
from textual.worker import Worker, WorkerState, get_current_worker

from curate.catalog.store import Catalog
from curate.review.pace import time_left
from curate.tui.failures import as_message
from curate.tui.messages import WorkAdvanced, WorkEnded, WorkFailed
from curate.workspace import Workspace
from tracer.base.progress import SILENT, Progress, Work

LONG = "work"
"""The worker group of long work: ingesting photos, finding pairs."""

REPORT_SECONDS = 0.1
"""Shortest time between two updates of the progress, in seconds."""


def start_beside(told: DOMNode, workspace: Workspace, name: str, work: Callable[[], None], group: str) -> Worker[None]:
    """Run a function in a thread and cancel the earlier work of its group; exceptions reach `told` as `WorkFailed`.

    Args:
        told: the app, or one of its screens.
        workspace: the workspace that a report of an unexpected error is written to.
        name: what is done, for messages.
        work: the function; it may change the screen only by posting messages.
        group: the worker group, in which one function runs at a time.
    """

    def run() -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001  shown in the status line; written to a file if unexpected
            told.post_message(WorkFailed(name, as_message(error, name, workspace), group))

    return told.run_worker(run, name=name, group=group, thread=True, exclusive=True)


class LongWork:
    """The app's long work, at most one piece at a time. It continues on every screen, and each screen can show and stop it.

    The app receives `WorkAdvanced` messages and then one `WorkEnded` or `WorkFailed`; it passes each to `note` and to the
    current screen.

    Attributes:
        running: whether work is running, including work that was told to stop and has not ended yet.
        line: the progress in words.
        detail: what is done at the moment; it is cut where there is no room for it.
    """

    def __init__(self, app: DOMNode, workspace: Workspace) -> None:
        """`workspace`: the workspace whose catalogue the work opens; the app holds the lock."""
        self._app, self._workspace = app, workspace
        self._stopped = threading.Event()
        self.running = False
        self.line = self.detail = ""

    def begin(self, name: str, begin: Callable[[Catalog], Work[Any]], summary: Callable[[Any], str]) -> None:
        """Start work; no other work may be running.

        Args:
            name: the name of the work, for messages.
            begin: starts the work on a catalogue.
            summary: puts the result into words.
        """
        stopped = self._stopped = threading.Event()

        def run() -> None:
            worker, rate, last = get_current_worker(), StageRate(), 0.0
            with Catalog.open(self._workspace) as catalog:
                work = begin(catalog)
                while True:
                    try:
                        step = next(work)
                    except StopIteration as end:
                        self._app.post_message(WorkEnded(f"{name}: {summary(end.value)}"))
                        return
                    if stopped.is_set() or worker.is_cancelled:
                        work.close()
                        self._app.post_message(
                            WorkEnded(
                                f"{name} was stopped; finished work is kept, and the next run continues from there"
                            )
                        )
                        return
                    if not step.what:
                        continue
                    now = time.monotonic()
                    a_second = rate.after(step, now)
                    if now - last >= REPORT_SECONDS:
                        last = now
                        self._app.post_message(WorkAdvanced(step, a_second))

        self.running, self.line, self.detail = True, f"{name} …", ""
        start_beside(self._app, self._workspace, name, run, LONG)

    @property
    def stopping(self) -> bool:
        """Whether the running work was told to stop."""
        return self.running and self._stopped.is_set()

    def stop(self) -> bool:
        """Tell the running work to stop at its next step; return whether any work is running."""
        if self.running:
            self._stopped.set()
            self.line, self.detail = "stopping …", ""
        return self.running

    def note(self, message: WorkAdvanced | WorkEnded | WorkFailed) -> None:
        """Update the state of the work from a message."""
        if not isinstance(message, WorkAdvanced):
            self.running, self.line, self.detail = False, "", ""
        elif not self._stopped.is_set():
            step = message.progress
            if step.left:
                self.line, self.detail = f"{step.what}: {step.left}", ""
                return
            amount = f": {step.done:,} of {step.total:,}" if step.total else f": {step.done:,}" if step.done else ""
            left = step.total - step.done if step.total else 0
            self.line = f"{step.stage}{amount}{_pace(message.a_second, left)}"
            self.detail = step.what.partition(": ")[2]


class StageRate:
    """How fast a stage goes, counted from its own beginning: a stage begins with another name, or where a count falls."""

    def __init__(self) -> None:
        self._first = self._last = SILENT
        self._began = 0.0

    def after(self, step: Progress, now: float) -> float:
        """Return how many items a second are finished up to a step; 0 in the first second."""
        if step.stage != self._last.stage or step.done < self._last.done:
            self._first, self._began = step, now
        self._last = step
        seconds = now - self._began
        return (step.done - self._first.done) / seconds if seconds > 1 else 0.0


def _pace(a_second: float, left: int) -> str:
    """Return a rate in words, and how long the rest takes; empty where less than one is done in a minute.

    >>> [_pace(*pace) for pace in ((12.4, 9000), (0.2, 0), (0.001, 7))]
    [' · 12 a second, about 12 min left', ' · 12 a minute', '']
    """
    if 60 * a_second < 1:
        return ""
    rate = f"{a_second:,.0f} a second" if a_second >= 1 else f"{60 * a_second:.0f} a minute"
    return f" · {rate}, {time_left(left / a_second / 60)}" if left else f" · {rate}"


def is_running(worker: Worker[None] | None) -> bool:
    """Whether a worker is still running."""
    return worker is not None and worker.state in (WorkerState.PENDING, WorkerState.RUNNING)
