"""Worker processes: started fresh, also from the app, where sys.stderr is not a file."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context, resource_tracker


def process_pool(workers: int, begin: Callable[[], None]) -> ProcessPoolExecutor:
    """Return a pool of processes.

    They are spawned, not forked: the app has threads, and a forked copy of a lock that one of them holds never opens.
    In the app, which draws on the terminal and has replaced sys.stderr, what they print is discarded.

    Args:
        workers: how many processes. begin: called once in each of them, a function of a module.
    """
    # With the first spawned process Python starts one that tidies up after it, and hands it the file of sys.stderr. The app's
    # has the number -1, which cannot be handed on: the process is started here, with the real one.
    with contextlib.redirect_stderr(sys.__stderr__):
        resource_tracker.ensure_running()
    quiet = sys.stderr is not sys.__stderr__
    return ProcessPoolExecutor(workers, get_context("spawn"), initializer=_begin, initargs=(begin, quiet))


def _begin(begin: Callable[[], None], quiet: bool) -> None:
    if quiet:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in (1, 2):
            os.dup2(nowhere, stream)
        os.close(nowhere)
    begin()
