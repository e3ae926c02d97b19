"""A worker process: it takes jobs from its parent, one JSON line each, and answers each with JSON and raw bytes.

It does not use pickle: a worker that a hostile file has taken over can give wrong answers about that file, but cannot run code in
its parent. The process limits its own memory, silences what libraries print, and ends when its parent does.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import select
import signal
import struct
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from tracer.base.errors import StorageError
from tracer.base.machine import give_way

READY: Final = "ready"
HEAD: Final = struct.Struct("<II")
"""The head of an answer: the length of its JSON, and the length of the raw bytes that follow it."""

_GRACE_S: Final = 15
"""Seconds of processor time beyond the limit after which a worker ends itself, in case its parent does not end it."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The result of a job.

    Attributes:
        value: a value that JSON can hold.
        data: raw bytes sent after it.
        short_of_memory: whether more memory might give a better result; the parent may repeat the job.
    """

    value: Any
    data: bytes = b""
    short_of_memory: bool = False


Handler = Callable[[Any], Reply]


def main(arguments: list[str]) -> None:
    """Serve jobs until the pipe closes.

    Args:
        arguments: the seconds that a job may take; the bytes of memory that the process may take beyond those at its start; the
            `module:function` that makes the handler of jobs; the arguments of that function.
    """
    seconds, memory, (module, _, function) = float(arguments[0]), int(arguments[1]), arguments[2].partition(":")
    jobs, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    give_way()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl+C
    threading.Thread(target=_end_with_the_parent, args=(jobs.fileno(),), daemon=True).start()
    handler: Handler = getattr(importlib.import_module(module), function)(*arguments[3:])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _limit_memory(memory)
    _send(answers, READY, b"")
    for line in iter(jobs.readline, b""):
        signal.setitimer(signal.ITIMER_PROF, seconds + _GRACE_S if seconds else 0)
        answer = _answer(handler, json.loads(line))
        signal.setitimer(signal.ITIMER_PROF, 0)
        try:
            _send(answers, *answer)
        except BrokenPipeError:
            return


def _end_with_the_parent(jobs: int) -> None:
    """Wait until the parent has closed the pipe of jobs, then end the process, even in the middle of a job."""
    waiting = select.poll()
    waiting.register(jobs, 0)  # poll reports a hang-up without being asked for it
    waiting.poll()
    os._exit(1)


def memory_left() -> float:
    """Return the bytes of memory that this process may still take; infinity where there is no limit."""
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    return float("inf") if limit == resource.RLIM_INFINITY else limit - _address_space()


def _address_space() -> int:
    """Bytes of this process's address space; 0 where there is no /proc (the system then does not enforce such a limit)."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except OSError:
        return 0


def _limit_memory(more: int) -> None:
    """Limit the address space to its present size plus `more` bytes."""
    taken = _address_space()
    if not taken:
        return
    limit = taken + more
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _answer(handler: Handler, job: Any) -> tuple[Any, bytes]:
    try:
        reply = handler(job)
    except StorageError as error:
        return {"storage": [error.what, error.why, error.way_out]}, b""
    except MemoryError:
        return {"failed": "memory", "reason": "reading it needs more memory than is allowed"}, b""
    except Exception as error:  # noqa: BLE001 - an unexpected error fails this job only
        return {"failed": "error", "reason": f"reading it failed ({type(error).__name__})"}, b""
    return {"value": reply.value, "short": reply.short_of_memory}, reply.data


def _send(answers: BinaryIO, value: Any, data: bytes) -> None:
    text = json.dumps(value).encode()
    answers.write(HEAD.pack(len(text), len(data)) + text)
    answers.write(data)
    answers.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
