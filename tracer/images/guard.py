"""Decoding pictures in worker processes, so that a file that hangs, crashes or bombs costs itself only.

The processes and their limits are `tracer.base.workers`. Everything of tracer that opens a picture of a set does it here;
a picture that exceeds a limit fails with the reason, like a damaged one.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from tracer.base.errors import LenstraceError
from tracer.base.machine import cores
from tracer.base.text import clean_text
from tracer.base.workers import Answer, Failure, Limits, Task, Workers
from tracer.errors import TracerError
from tracer.images.worker import Wanted, views_job

LIMITS: Final = Limits(seconds=60.0)
"""Own time for one picture (and for each processing of it), and the usual memory for all processes together."""

_ROOM: Final = 1 << 20
"""Bytes that an answer may have beside pixels."""

_NONSENSE: Final = "the process that read it answered nonsense"

Rendered = dict[Wanted, NDArray[np.uint8] | str]
"""For each crop of a view: uint8 (size, size, 3), or why there is none."""

J = TypeVar("J")


@dataclass(frozen=True, slots=True)
class Request:
    """A photo, and what is wanted of it."""

    photo_id: int
    path: Path
    wanted: tuple[Wanted, ...]


def render_photos(
    requests: Iterable[Request],
    every: frozenset[Wanted],
    seed: int,
    workers: int,
    limits: Limits = LIMITS,
    ahead: int = 0,
) -> Generator[Rendered | str]:
    """Decode photos and make their crops: of each, in the order of `requests`, its crops, or why it cannot be decoded.

    Args:
        requests: pulled as there is room.
        every: all that any of them wants.
        seed: of the interpolations' random scales.
        workers: processes. limits: what a picture may cost; its time is for each processing.
        ahead: how far behind the oldest photo that is being decoded others may be started; 0: four times `workers`.
    """
    processings = {shown.processing for _, shown in every}
    task: Task[Request] = Task(
        "tracer.images.worker:views",
        (),
        lambda request: views_job(request.path, request.photo_id, seed, request.wanted),
        _ROOM + sum(_bytes_of(crop.size) for crop, _ in every),
    )
    asked: list[Request] = []  # those without an answer yet, oldest first

    def noted() -> Iterator[Request]:
        for request in requests:
            asked.append(request)
            yield request

    scaled = Limits(limits.seconds * max(1, len(processings)), limits.memory)
    for found in _in_order(task, noted(), workers, scaled, ahead):
        request = asked.pop(0)
        yield found.reason if isinstance(found, Failure) else _rendered(found, request.wanted)


def small_pictures(paths: Iterable[Path], side: int, limits: Limits = LIMITS) -> Generator[NDArray[np.uint8] | str]:
    """The centre of each picture, uint8 (side, side, 3), or why it cannot be decoded."""
    task: Task[Path] = Task("tracer.images.worker:small", (str(side),), str, _ROOM + _bytes_of(side))
    for found in _in_order(task, paths, cores(), limits):
        if isinstance(found, Failure):
            yield found.reason
        elif reason := _failed(found.value):
            yield reason
        else:
            yield _pixels(found.data, side) if len(found.data) == _bytes_of(side) else _NONSENSE


def cameras(paths: Iterable[Path], limits: Limits = LIMITS) -> Generator[str]:
    """Make and model as each picture's EXIF has them; "" where there are none or the file cannot be read."""
    task: Task[Path] = Task("tracer.images.worker:camera", (), str)
    for found in _in_order(task, paths, 1, limits):
        named = found.value.get("camera") if isinstance(found, Answer) and isinstance(found.value, dict) else ""
        yield (clean_text(named) or "") if isinstance(named, str) else ""


def _in_order(
    task: Task[J], jobs: Iterable[J], workers: int, limits: Limits, ahead: int = 0
) -> Generator[Answer | Failure]:
    """What became of jobs, in their order; closing it ends the processes."""
    early: dict[int, Answer | Failure] = {}
    following = 0
    with Workers(task, workers, limits) as processes:
        try:
            for number, found in processes.run(jobs, ahead or 4 * workers):
                early[number] = found
                while following in early:
                    yield early.pop(following)
                    following += 1
        except LenstraceError as error:
            raise TracerError(error.what, error.why, error.way_out) from error


def _rendered(answer: Answer, wanted: tuple[Wanted, ...]) -> Rendered | str:
    """The pixels of an answer, which may come from a process that a file has taken over."""
    if reason := _failed(answer.value):
        return reason
    reasons = answer.value.get("views") if isinstance(answer.value, dict) else None
    if not isinstance(reasons, list) or len(reasons) != len(wanted):
        return _NONSENSE
    made: Rendered = {}
    start = 0
    for (crop, shown), reason in zip(wanted, reasons, strict=True):
        if reason is not None:
            made[crop, shown] = clean_text(str(reason)) or _NONSENSE
            continue
        end = start + _bytes_of(crop.size)
        if end > len(answer.data):
            return _NONSENSE
        made[crop, shown] = _pixels(answer.data[start:end], crop.size)
        start = end
    return made if start == len(answer.data) else _NONSENSE


def _failed(value: Any) -> str:
    """Why a picture cannot be decoded; "" where it was."""
    return clean_text(str(value["failed"])) or _NONSENSE if isinstance(value, dict) and "failed" in value else ""


def _pixels(data: bytes, side: int) -> NDArray[np.uint8]:
    return np.frombuffer(data, np.uint8).reshape(side, side, 3)


def _bytes_of(side: int) -> int:
    return side * side * 3
