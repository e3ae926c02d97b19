"""A reading process: takes jobs from its parent, one JSON line each, and answers each with one JSON line.

JSON and not pickle, so that a worker which a hostile file has taken over can lie about a photo but cannot run code in
its parent. The process limits its own memory, keeps the libraries' chatter off the terminal, and ends when its parent
does: the pipe closes, and an alarm ends it in the middle of a job that never returns.
"""

from __future__ import annotations

import base64
import importlib
import json
import os
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from curate.errors import StorageError
from curate.photos.facts import Exif, PhotoFacts, Status, TakenPrecision

ReadPhoto = Callable[[Path, Path | None, int], PhotoFacts]

READY = b'"ready"\n'
ALARM_GRACE_S = 15
"""How much longer than its parent a worker waits before it ends itself."""


def encode_job(index: int, path: Path, preview: Path | None) -> bytes:
    """Return a job as a line; paths are bytes, for names that are not UTF-8."""
    job = [index, _packed(path), None if preview is None else _packed(preview)]
    return json.dumps(job).encode() + b"\n"


def decode_job(line: bytes) -> tuple[int, Path, Path | None]:
    """Return what `encode_job` was given."""
    index, path, preview = json.loads(line)
    return index, _unpacked(path), None if preview is None else _unpacked(preview)


def encode_facts(index: int, facts: PhotoFacts) -> bytes:
    """Return an answer as a line."""
    return json.dumps([index, facts.as_json()]).encode() + b"\n"


def decode_answer(line: bytes) -> tuple[int, PhotoFacts | StorageError]:
    """Return a job's index and its facts, or the storage failure that ended it."""
    index, answer = json.loads(line)
    if "storage" in answer:
        return index, StorageError(*answer["storage"])
    exif = answer["exif"]
    exif["taken_precision"] = TakenPrecision(exif["taken_precision"])
    exif["readers"], exif["disagreements"] = tuple(exif["readers"]), tuple(exif["disagreements"])
    return index, PhotoFacts(**{**answer, "status": Status(answer["status"]), "exif": Exif(**exif)})


def _packed(path: Path) -> str:
    return base64.b64encode(os.fsencode(path)).decode("ascii")


def _unpacked(text: str) -> Path:
    return Path(os.fsdecode(base64.b64decode(text)))


def main(arguments: list[str]) -> None:
    """Serve jobs until the pipe closes. Arguments: the reader (`module:function`), seconds, bytes, pixels."""
    reader, seconds, memory, pixels = arguments[0], float(arguments[1]), int(arguments[2]), int(arguments[3])
    jobs, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb", buffering=0)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    if memory:
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        limit = memory if hard == resource.RLIM_INFINITY else min(memory, hard)
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the parent's to handle
    module, _, function = reader.partition(":")
    read: ReadPhoto = getattr(importlib.import_module(module), function)
    answers.write(READY)
    for line in iter(jobs.readline, b""):
        index, path, preview = decode_job(line)
        signal.alarm(int(seconds) + ALARM_GRACE_S if seconds else 0)
        answer = _answer(read, index, path, preview, pixels)
        signal.alarm(0)
        try:
            answers.write(answer)
        except BrokenPipeError:
            return


def _answer(read: ReadPhoto, index: int, path: Path, preview: Path | None, pixels: int) -> bytes:
    try:
        return encode_facts(index, read(path, preview, pixels))
    except StorageError as error:
        failure: dict[str, Any] = {"storage": [error.what, error.why, error.way_out]}
        return json.dumps([index, failure]).encode() + b"\n"
    except MemoryError:
        return encode_facts(index, PhotoFacts(Status.TOO_LARGE, "reading it needs more memory than is allowed"))
    except Exception as error:  # noqa: BLE001 - the row names what the readers' own lists of errors did not foresee
        return encode_facts(index, PhotoFacts(Status.INVALID, f"reading it failed ({type(error).__name__})"))


if __name__ == "__main__":
    main(sys.argv[1:])
