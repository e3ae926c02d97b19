"""Pools of spawned worker processes, also from the app, where sys.stderr is not a file."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context, parent_process, resource_tracker

from tracer.base.machine import give_way


def process_pool(workers: int, begin: Callable[[], None]) -> ProcessPoolExecutor:
    """Return a pool of processes.

    The processes are spawned, not forked: the app has threads, and a lock that one of them holds during a fork stays locked
    for ever in the child. Where the app has replaced sys.stderr, the output of the processes is discarded, because the app
    draws on the terminal. The processes end with this one, however it ends, and leave
    the cores to others first.

    Args:
        workers: number of processes.
        begin: function of a module, called once in each process.
    """
    # With the first spawned process Python starts its resource tracker, and passes it the file descriptor of sys.stderr. In the
    # app that is -1, which cannot be passed on. So the tracker is started here, with the real one.
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
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt (Ctrl+C) is left to the parent
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    give_way()
    begin()


def _end_with_the_parent() -> None:
    """Wait until the parent has ended, then end this process, even in the middle of a task.

    A pool ends its processes itself unless it is killed: then they would wait for tasks for ever.
    """
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
