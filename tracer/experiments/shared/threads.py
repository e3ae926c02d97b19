"""How many cores a piece of work gets.

Small products lose more by waiting for each other's threads than they win by sharing, and on a machine with other work the
threads spin against it: a fit of half a second was seen to take seven. So small work runs on one core, several pieces side
by side.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import torch
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from tracer.base.machine import cores

SMALL_STEP = 1e8
"""Multiplications between two waits (some milliseconds); below this one core is nearly as fast as two, and safe from others."""


@contextmanager
def cores_for(step: float) -> Iterator[None]:
    """Run torch on one core where the steps are small: `step` multiplications from one wait for all threads to the next."""
    before = torch.get_num_threads()
    with threadpool_limits(1, user_api="blas"):  # NumPy's and SciPy's own library; torch brings another
        if step < SMALL_STEP and before > 1:
            torch.set_num_threads(1)
        try:
            yield
        finally:
            if torch.get_num_threads() != before:
                torch.set_num_threads(before)


@contextmanager
def one_core_each(workers: int | None) -> Iterator[ThreadPoolExecutor]:
    """A pool of `workers` threads (one a core where None) that each run torch on one core.

    torch lets go of the interpreter inside its products, so that whole fits run side by side.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with (
            threadpool_limits(1, user_api="blas"),
            ThreadPoolExecutor(workers or cores(), initializer=torch.set_num_threads, initargs=(1,)) as pool,
        ):
            try:
                yield pool
            except BaseException:  # an interruption shall not wait for what has not begun
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    finally:
        torch.set_num_threads(before)
