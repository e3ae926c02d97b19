"""Readers that misbehave, for the guard's tests; a worker imports them by name."""

from __future__ import annotations

import ctypes
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from curate.errors import StorageError
from curate.photos.facts import PhotoFacts, Status
from curate.photos.reader.guard import READER, Job, Limits, Readers, Row


def read_photos(jobs: Iterable[Job], workers: int, limits: Limits | None = None, reader: str = READER) -> Iterator[Row]:
    """Read photos in worker processes that end with the last one."""
    with Readers(workers, limits, reader) as readers:
        yield from readers.read(jobs)


def by_name(path: Path, preview: Path | None, max_pixels: int) -> PhotoFacts:
    """Do what the file's name says."""
    act = path.stem.split("-")[0]
    if act == "hang":
        if preview is not None:
            preview.with_name(f".{preview.name}.part").write_bytes(b"half")
        time.sleep(600)
    elif act == "segfault":
        ctypes.string_at(0)
    elif act == "exit":
        os._exit(7)
    elif act == "eat":
        kept = bytearray(1 << 40)
        return PhotoFacts(Status.OK, size=len(kept))
    elif act == "raise":
        raise LookupError("not foreseen")
    elif act == "full":
        raise StorageError("A preview could not be written", "No space left on device", "Make room.")
    elif act == "babble":
        os.write(int(os.environ.get("ANSWERS_FD", "3")), b"nonsense\n")
    return PhotoFacts(Status.OK, size=len(os.fsencode(path)))


def broken() -> None:
    """Not a reader at all."""


def worker_id(path: Path, preview: Path | None, max_pixels: int) -> PhotoFacts:
    """Tell which process reads."""
    time.sleep(0.01)
    return PhotoFacts(Status.OK, size=os.getpid())
