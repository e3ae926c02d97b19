"""How many cores a piece of work gets.

Small products lose more by waiting for each other's threads than they win by sharing, and on a machine with other work the
threads spin against it: a fit of half a second was seen to take seven. So small work runs on one core, several pieces side
by side.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from typing import Any

import torch
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

from tracer.base.machine import cores

SMALL_STEP = 1e8
"""Multiplications between two waits (some milliseconds); below this one core is nearly as fast as two, and safe from others."""

AT_ONCE_FROM = 500
"""Photos from which on fits run side by side. The steps of smaller fits are so short that threads mostly wait for the
interpreter: two at once took twice the processor time and no less time."""


@cache
def _libraries() -> Any:
    """NumPy's and SciPy's own libraries of products; torch brings another. Looking for them takes as long as a small fit."""
    import scipy.linalg  # loads its library  # noqa: F401

    return ThreadpoolController()


def _one_core() -> AbstractContextManager[Any]:
    limit: AbstractContextManager[Any] = _libraries().limit(limits=1, user_api="blas")
    return limit


def fits_at_once(photos: int, device: str, workers: int | None) -> int | None:
    """How many fits of so many photos run side by side; None for one a core. `workers` where it was stated, on a CPU."""
    if device != "cpu":
        return 1
    return workers or (None if photos >= AT_ONCE_FROM else 1)


@contextmanager
def cores_for(step: float) -> Iterator[None]:
    """Run torch on one core where the steps are small: `step` multiplications from one wait for all threads to the next."""
    before = torch.get_num_threads()
    with _one_core():
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
            _one_core(),
            ThreadPoolExecutor(workers or cores(), initializer=torch.set_num_threads, initargs=(1,)) as pool,
        ):
            try:
                yield pool
            except BaseException:  # an interruption shall not wait for what has not begun
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    finally:
        torch.set_num_threads(before)
