"""The heavy steps, in several processes: one photo or one phone's comparisons at a time, results in order.

Each process computes with one thread, so that a result does not depend on how many there are.
"""

from __future__ import annotations

import contextlib
import signal
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from curate.errors import CurateError
from curate.pairing.compare import Comparison, compare
from curate.pairing.features import SHORT, Features, compute, is_whole, load, save
from curate.pairing.processes import process_pool
from curate.pairing.voting import VOTERS, Signed, Vocabulary, sign
from curate.photos.previews import is_damaged

Item = TypeVar("Item")
Out = TypeVar("Out")

DAMAGED = "its preview is damaged: curate ingest makes it again"

_limits = contextlib.ExitStack()
"""Holds a worker process's limits: a context that nothing refers to would end at once."""

_REMEMBERED = 400
_remembered: OrderedDict[str, tuple[Features, NDArray[np.float32]]] = OrderedDict()


def extract(task: tuple[Path, Path]) -> str | None:
    """Make sure that a photo's features are cached; (cached file, preview) → why there are none, or None."""
    cached, preview = task
    if is_whole(cached):
        return None
    if is_damaged(preview, cached.name.partition(".")[0]):
        return DAMAGED
    found = compute(preview)
    if isinstance(found, str):
        return found
    save(cached, found)
    return None


def sample(task: tuple[Path, int]) -> NDArray[np.float32]:
    """Descriptors of a photo for the vocabulary: (cached file, how many)."""
    cached, count = task
    voters = _features(cached)[1][:VOTERS]
    return np.asarray(
        voters[np.unique(np.linspace(0, len(voters) - 1, min(count, len(voters))).astype(int))], np.float32
    )


def signatures(task: tuple[Path, Vocabulary]) -> Signed:
    """Visual words and signatures of a photo: (cached file, vocabulary)."""
    cached, vocabulary = task
    found = load(cached)
    return sign(vocabulary, _must(found, cached).unit(VOTERS))


def comparisons(task: tuple[Path, Sequence[Path], bool]) -> list[Comparison]:
    """Compare one phone's photo with others: (its cached file, theirs, whether to look closely)."""
    cached, others, close = task
    features, unit = _features(cached)
    found = []
    for other in others:
        theirs, their_unit = _features(other)
        found.append(compare(features, theirs, unit, their_unit, close))
    return found


def _features(cached: Path) -> tuple[Features, NDArray[np.float32]]:
    """Features and their strongest unit descriptors, the last few hundred kept in memory (600 kB each)."""
    key = str(cached)
    if key in _remembered:
        _remembered.move_to_end(key)
        return _remembered[key]
    found = _must(load(cached), cached)
    _remembered[key] = found, found.unit(SHORT)
    if len(_remembered) > _REMEMBERED:
        _remembered.popitem(last=False)
    return _remembered[key]


def _must(found: Features | None, cached: Path) -> Features:
    if found is None:
        raise CurateError(
            f"the cached features {cached.name} vanished while they were in use",
            "another program cleaned the cache",
            "Run the pairing again; what is missing is made again.",
        )
    return found


class Workers:
    """Processes for the functions of this module; with one worker, or little to do, this process does it.

    Use as a context manager: leaving it ends the processes.
    """

    def __init__(self, workers: int) -> None:
        self._executor: ProcessPoolExecutor | None = None
        self._count = workers
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        if self._count > 1:
            self._executor = process_pool(self._count, _alone)
        else:
            self._stack.enter_context(one_thread())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
        if self._executor is not None:
            self._executor.shutdown(wait=True, cancel_futures=True)
        _remembered.clear()

    def map(self, function: Callable[[Item], Out], items: Sequence[Item], chunk: int = 8) -> Iterator[Out]:
        """Results in the order of the items."""
        if self._executor is None:
            yield from map(function, items)
            return
        try:
            yield from self._executor.map(function, items, chunksize=chunk)
        except BrokenProcessPool as error:
            raise CurateError(
                "a pairing process ended unexpectedly",
                "most often the machine ran out of memory",
                "Run it again with fewer --jobs; features made so far are kept.",
            ) from error


def _alone() -> None:
    """Set a worker process up: one thread, limits that last as long as it does, and an interrupt left to its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limits.enter_context(one_thread())


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Keep OpenCV and the matrix products to one thread, so that sums are made in one order and cores are not fought over."""
    import cv2
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        with threadpool_limits(1):
            yield
    finally:
        cv2.setNumThreads(before)
