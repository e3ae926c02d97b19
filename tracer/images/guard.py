"""Decodes pictures in worker processes: a file that hangs, crashes or exhausts the memory does not affect the others.

All pictures of a set are opened here. A picture that exceeds a limit fails with the reason, like a damaged one. The processes and
their limits are those of `tracer.base.workers`.
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
"""Seconds for one picture (and for each processing of it), and the default memory for all processes together."""

_ROOM: Final = 1 << 20
"""Bytes that an answer may have beside its pixels."""

_NONSENSE: Final = "the process that read it answered nonsense"

Rendered = dict[Wanted, NDArray[np.uint8] | str]
"""The crop of each view, uint8 (size, size, 3), or the reason why there is none."""

J = TypeVar("J")


@dataclass(frozen=True, slots=True)
class Request:
    """A photo and the crops to make of it."""

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
    """Decode photos and make their crops. Yields, in the order of `requests`, each one's crops or why it cannot be decoded.

    Args:
        requests: the photos, taken one by one as they are needed.
        every: all crops that any request wants.
        seed: of the interpolations' random scales.
        workers: number of processes.
        limits: of a picture; the time is for each processing.
        ahead: how far after the oldest undecoded photo a photo may be started; 0: four times `workers`.
    """
    processings = {shown.processing for _, shown in every}
    task: Task[Request] = Task(
        "tracer.images.worker:views",
        (),
        lambda request: views_job(request.path, request.photo_id, seed, request.wanted),
        _ROOM + sum(_bytes_of(crop.size) for crop, _ in every),
    )
    asked: list[Request] = []  # requests without an answer yet, oldest first

    def noted() -> Iterator[Request]:
        for request in requests:
            asked.append(request)
            yield request

    scaled = Limits(limits.seconds * max(1, len(processings)), limits.memory)
    for found in _in_order(task, noted(), workers, scaled, ahead):
        request = asked.pop(0)
        yield found.reason if isinstance(found, Failure) else _rendered(found, request.wanted)


def small_pictures(paths: Iterable[Path], side: int, limits: Limits = LIMITS) -> Generator[NDArray[np.uint8] | str]:
    """Yield the centre of each picture, uint8 (side, side, 3), or why it cannot be decoded."""
    task: Task[Path] = Task("tracer.images.worker:small", (str(side),), str, _ROOM + _bytes_of(side))
    for found in _in_order(task, paths, cores(), limits):
        if isinstance(found, Failure):
            yield found.reason
        elif reason := _failed(found.value):
            yield reason
        else:
            yield _pixels(found.data, side) if len(found.data) == _bytes_of(side) else _NONSENSE


def cameras(paths: Iterable[Path], limits: Limits = LIMITS) -> Generator[str]:
    """Yield EXIF's Make and Model of each picture; "" where there are none or the file cannot be read."""
    task: Task[Path] = Task("tracer.images.worker:camera", (), str)
    for found in _in_order(task, paths, 1, limits):
        named = found.value.get("camera") if isinstance(found, Answer) and isinstance(found.value, dict) else ""
        yield (clean_text(named) or "") if isinstance(named, str) else ""


def headers(paths: Iterable[Path], limits: Limits = LIMITS) -> Generator[dict[str, int | str | None]]:
    """Yield what the header of each picture says (`tracer.images.decode.header_of`); {} where the file cannot be read."""
    task: Task[Path] = Task("tracer.images.worker:header", (), str)
    for found in _in_order(task, paths, cores(), limits):
        value = found.value if isinstance(found, Answer) and isinstance(found.value, dict) else {}
        yield {str(name): held for name, held in value.items() if held is None or isinstance(held, int | str)}


def _in_order(
    task: Task[J], jobs: Iterable[J], workers: int, limits: Limits, ahead: int = 0
) -> Generator[Answer | Failure]:
    """Yield the answer or failure of each job, in the order of the jobs. Closing the generator ends the processes."""
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
    """Check an answer and return its pixels. A hostile file may have taken over the process that sent it."""
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
    """Why a picture cannot be decoded; "" where it was decoded."""
    return clean_text(str(value["failed"])) or _NONSENSE if isinstance(value, dict) and "failed" in value else ""


def _pixels(data: bytes, side: int) -> NDArray[np.uint8]:
    return np.frombuffer(data, np.uint8).reshape(side, side, 3)


def _bytes_of(side: int) -> int:
    return side * side * 3
