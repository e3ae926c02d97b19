"""Long work beside the app: a thread with a catalogue connection of its own, progress as messages, cancelled with Esc."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from textual.screen import Screen
from textual.worker import Worker, WorkerState, get_current_worker

from curate.catalog.store import Catalog
from curate.errors import CurateError
from curate.progress import Work
from curate.tui.messages import WorkAdvanced, WorkEnded
from curate.workspace import Workspace

REPORT_SECONDS = 0.1
"""Progress reaches the screen this often at most."""


def start_work(
    screen: Screen[Any],
    workspace: Workspace,
    name: str,
    begin: Callable[[Catalog], Work[Any]],
    summary: Callable[[Any], str],
) -> Worker[None]:
    """Run work in a thread; the screen gets `WorkAdvanced` and, once, `WorkEnded`.

    Args:
        screen: who is told. workspace: whose catalogue the work opens for itself; the app holds the lock.
        name: for messages. begin: makes the work. summary: puts its result into words.
    """

    def run() -> None:
        worker, started, last = get_current_worker(), time.monotonic(), 0.0
        try:
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
        except CurateError as error:
            screen.post_message(WorkEnded(" ".join([f"{name} failed:", *error.lines()]), failed=True))

    return screen.run_worker(run, name=name, group="work", thread=True, exclusive=True, exit_on_error=True)


def is_running(worker: Worker[None] | None) -> bool:
    """Whether a piece of work still runs."""
    return worker is not None and worker.state in (WorkerState.PENDING, WorkerState.RUNNING)
