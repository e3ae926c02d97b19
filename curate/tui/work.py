"""Work beside the app, in threads: whatever happens there ends as a message and never ends the app."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from textual.screen import Screen
from textual.worker import Worker, WorkerState, get_current_worker

from curate.catalog.store import Catalog
from curate.progress import Work
from curate.tui.failures import as_message
from curate.tui.messages import WorkAdvanced, WorkEnded, WorkFailed
from curate.workspace import Workspace

LONG = "work"
"""The group of long work: taking photos in, finding pairs."""

REPORT_SECONDS = 0.1
"""Progress reaches the screen this often at most."""


def start_beside(
    screen: Screen[Any], workspace: Workspace, name: str, work: Callable[[], None], group: str
) -> Worker[None]:
    """Run a function in a thread, in place of what runs in its group; whatever it raises reaches the screen as `WorkFailed`.

    Args:
        screen: who is told. workspace: where a mistake of the program is written down. name: what is done, for messages.
        work: the function; it may not touch the screen but by messages. group: of which one runs at a time.
    """

    def run() -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001  told in the status line, written to a file where it was not foreseen
            screen.post_message(WorkFailed(name, as_message(error, name, workspace), group))

    return screen.run_worker(run, name=name, group=group, thread=True, exclusive=True)


def start_work(
    screen: Screen[Any],
    workspace: Workspace,
    name: str,
    begin: Callable[[Catalog], Work[Any]],
    summary: Callable[[Any], str],
) -> Worker[None]:
    """Run long work in a thread; the screen gets `WorkAdvanced` and, once, `WorkEnded` or `WorkFailed`.

    Args:
        screen: who is told. workspace: whose catalogue the work opens for itself; the app holds the lock.
        name: for messages. begin: makes the work. summary: puts its result into words.
    """

    def run() -> None:
        worker, started, last = get_current_worker(), time.monotonic(), 0.0
        with Catalog.open(workspace) as catalog:
            work = begin(catalog)
            while True:
                try:
                    step = next(work)
                except StopIteration as end:
                    screen.post_message(WorkEnded(f"{name}: {summary(end.value)}"))
                    return
                if worker.is_cancelled:
                    work.close()
                    screen.post_message(
                        WorkEnded(f"{name} was stopped; what is done is kept, and it goes on from there")
                    )
                    return
                if time.monotonic() - last >= REPORT_SECONDS:
                    last = time.monotonic()
                    screen.post_message(WorkAdvanced(step, last - started))

    return start_beside(screen, workspace, name, run, LONG)


def is_running(worker: Worker[None] | None) -> bool:
    """Whether a piece of work still runs."""
    return worker is not None and worker.state in (WorkerState.PENDING, WorkerState.RUNNING)
