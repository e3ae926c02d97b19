"""The expensive steps of pairing, run in several processes. A task is one photo, or all comparisons of one phone photo.

Each process computes with one thread, so that the results do not depend on the number of processes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from curate.errors import CurateError
from curate.pairing.compare import compare
from curate.pairing.evidence import Evidence
from curate.pairing.features import WIDE, Features, compute, is_whole, load, save
from curate.pairing.processes import process_pool
from curate.pairing.voting import Signed, Vocabulary, sign
from curate.photos.previews import is_damaged

Item = TypeVar("Item")
Out = TypeVar("Out")

DAMAGED = "its preview is damaged: curate ingest makes it again"

_limits = contextlib.ExitStack()
"""Keeps a worker process's thread limits in force until it ends."""


def extract(task: tuple[Path, Path]) -> str | None:
    """Compute a photo's features where they are not cached.

    Args:
        task: (cached file, preview).

    Returns:
        The reason why the photo has no features, or None.
    """
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


def sample(task: tuple[Path, int, int]) -> NDArray[np.float32]:
    """Return descriptors of a photo to learn the vocabulary from, (n, 128) float32.

    Args:
        task: (cached file, number of keypoints that vote, maximum number of descriptors).
    """
    cached, voting, count = task
    voters = _not_missing(load(cached), cached).unit(voting)
    return np.asarray(
        voters[np.unique(np.linspace(0, len(voters) - 1, min(count, len(voters))).astype(int))], np.float32
    )


def signatures(task: tuple[Path, Vocabulary, int]) -> Signed:
    """Return the visual words and signatures of a photo.

    Args:
        task: (cached file, vocabulary, number of keypoints that vote).
    """
    cached, vocabulary, voting = task
    return sign(vocabulary, _not_missing(load(cached), cached).unit(voting))


def comparisons(task: tuple[Path, Sequence[Path], bool, bool]) -> list[Evidence]:
    """Compare one phone photo with other photos.

    Args:
        task: (its cached file, their cached files, whether to look closely, whether to look widely).
    """
    cached, others, close, wide = task
    features, unit = _features(cached)
    found = []
    for other in others:
        theirs, their_unit = _features(other)
        found.append(compare(features, theirs, unit, their_unit, close, wide))
    return found


@lru_cache(maxsize=400)
def _features(cached: Path) -> tuple[Features, NDArray[np.float32]]:
    """Return features and their strongest unit descriptors; the last 400 are kept in memory (900 kB each)."""
    found = _not_missing(load(cached), cached)
    return found, found.unit(WIDE)


def _not_missing(found: Features | None, cached: Path) -> Features:
    if found is None:
        raise CurateError(
            f"the cached features {cached.name} vanished while they were in use",
            "another program cleaned the cache",
            "Run the pairing again; missing features are computed again.",
        )
    return found


class Workers(contextlib.ExitStack):
    """Worker processes for the functions of this module; with one worker, the current process runs them.

    Use it as a context manager: leaving the context ends the processes.
    """

    def __init__(self, workers: int) -> None:
        super().__init__()
        self.callback(_features.cache_clear)
        self._executor: ProcessPoolExecutor | None = None
        if workers > 1:
            self._executor = process_pool(workers, _start_worker)
            self.callback(self._executor.shutdown, wait=True, cancel_futures=True)
        else:
            self.enter_context(one_thread())

    def map(self, function: Callable[[Item], Out], items: Sequence[Item], chunk: int = 8) -> Iterator[Out]:
        """Yield the results in the order of the items.

        Raises:
            CurateError: a process ended unexpectedly.
        """
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


def _start_worker() -> None:
    """Set up a worker process: it computes with one thread until it ends."""
    _limits.enter_context(one_thread())


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Limit OpenCV and BLAS to one thread: sums are then computed in a fixed order, and processes do not compete for cores."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        with threadpool_limits(1):
            yield
    finally:
        cv2.setNumThreads(before)
