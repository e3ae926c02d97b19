"""Work beside the app, in threads: whatever happens there ends as a message and never ends the app."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from textual.dom import DOMNode
from textual.worker import Worker, WorkerState, get_current_worker

from curate.catalog.store import Catalog
from curate.tui.failures import as_message
from curate.tui.messages import WorkAdvanced, WorkEnded, WorkFailed
from curate.workspace import Workspace
from tracer.base.progress import Work

LONG = "work"
"""The group of long work: taking photos in, finding pairs."""

REPORT_SECONDS = 0.1
"""Progress reaches the screen this often at most."""


def start_beside(told: DOMNode, workspace: Workspace, name: str, work: Callable[[], None], group: str) -> Worker[None]:
    """Run a function in a thread, in place of what runs in its group; whatever it raises reaches `told` as `WorkFailed`.

    Args:
        told: the app, or one of its screens. workspace: where a mistake of the program is written down.
        name: what is done, for messages. work: the function; it may not touch the screen but by messages.
        group: of which one runs at a time.
    """

    def run() -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001  told in the status line, written to a file where it was not foreseen
            told.post_message(WorkFailed(name, as_message(error, name, workspace), group))

    return told.run_worker(run, name=name, group=group, thread=True, exclusive=True)


class LongWork:
    """The one piece of long work of the app: it goes on whichever screen is in view, and each screen shows and stops it.

    The app gets `WorkAdvanced` and, once, `WorkEnded` or `WorkFailed`; it hands each to `note` and to the screen in view.

    Attributes:
        running: whether there is any, also one that was told to stop and has not ended yet.
        line: how far it is, in words.
    """

    def __init__(self, app: DOMNode, workspace: Workspace) -> None:
        """`workspace`: whose catalogue the work opens for itself; the app holds the lock."""
        self._app, self._workspace = app, workspace
        self._stopped = threading.Event()
        self.running = False
        self.line = ""

    def begin(self, name: str, begin: Callable[[Catalog], Work[Any]], summary: Callable[[Any], str]) -> None:
        """Start work; nothing may run.

        Args:
            name: for messages. begin: makes the work. summary: puts its result into words.
        """
        stopped = self._stopped = threading.Event()

        def run() -> None:
            worker, started, last = get_current_worker(), time.monotonic(), 0.0
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
                            WorkEnded(f"{name} was stopped; what is done is kept, and it goes on from there")
                        )
                        return
                    if time.monotonic() - last >= REPORT_SECONDS:
                        last = time.monotonic()
                        self._app.post_message(WorkAdvanced(step, last - started))

        self.running, self.line = True, f"{name} … · Esc stops"
        start_beside(self._app, self._workspace, name, run, LONG)

    def stop(self) -> bool:
        """Tell what runs to stop; returns whether anything runs. It ends at its next step."""
        if self.running:
            self._stopped.set()
            self.line = "stopping …"
        return self.running

    def note(self, message: WorkAdvanced | WorkEnded | WorkFailed) -> None:
        """Keep how far the work is."""
        if not isinstance(message, WorkAdvanced):
            self.running, self.line = False, ""
        elif not self._stopped.is_set():
            step = message.progress
            amount = f": {step.done:,} of {step.total:,}" if step.total else f": {step.done:,}" if step.done else ""
            rate = f" · {step.done / message.seconds:,.0f} a second" if step.done and message.seconds > 1 else ""
            self.line = f"{step.what}{amount}{rate} · Esc stops"


def is_running(worker: Worker[None] | None) -> bool:
    """Whether a piece of work still runs."""
    return worker is not None and worker.state in (WorkerState.PENDING, WorkerState.RUNNING)
