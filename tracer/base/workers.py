"""Worker processes with limits, so that a job that hangs, crashes or takes too much memory costs itself only.

Each worker has one pair of pipes and at most two jobs: the one it works on and the next. Jobs are taken from the caller's
iterable only when a worker has room, so neither the work list nor the results pile up. A worker that passes the time limit is
killed and replaced; one that dies is replaced; its other job is given again.

The memory limit is one for all workers together, and each has an equal share. A job for which the share was too little is put
aside until no other can be given, and is then done once more: alone, with all the memory.
"""

from __future__ import annotations

import fcntl
import json
import os
import selectors
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

import tracer
from tracer.base import machine
from tracer.base.clock import LOOK_S, ProcessClock
from tracer.base.errors import LenstraceError, StorageError
from tracer.base.worker import HEAD, READY

_START_S: Final = 60.0
_IN_FLIGHT: Final = 2
_PIPE: Final = 1 << 20
"""Bytes of an answer that fit into a pipe, so that a worker need not wait for its parent to read them."""

_ENOUGH: Final = 6 << 30
"""Bytes that the largest picture takes which is decoded at all."""
_ENOUGH_FOR_ONE: Final = 1 << 30
"""Bytes that an ordinary photo takes, with room to spare."""
_SMALLEST_SHARE: Final = 256 << 20
_MAY_BE_MEMORY: Final = {-signal.SIGKILL, -signal.SIGABRT, -signal.SIGSEGV, -signal.SIGBUS}
"""How a process ends that the system kills for its memory, or whose decoder does not look whether it got any."""

J = TypeVar("J")


class WorkersError(LenstraceError):
    """Worker processes cannot be started."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What jobs may cost.

    Attributes:
        seconds: own time of a worker for one job: processor time, and time that it waits for a disk (tracer/base/clock.py).
            0: no limit.
        memory: bytes for all workers together, beyond what they have at their start. 0: half of the machine's memory, or of its
            container's; at most 6 GB, or 1 GB a worker where that is more.
    """

    seconds: float = 30.0
    memory: int = 0


@dataclass(frozen=True, slots=True)
class Task(Generic[J]):
    """What workers do.

    Attributes:
        maker: `module:function` that a worker calls at its start; returns its handler of jobs (tracer/base/worker.py).
        arguments: what the maker is given.
        encode: a job as JSON has it.
        largest: bytes that an answer has at most; a worker that sends more is not trusted any more.
        abandoned: called with the job of a worker that ended in the middle of it.
    """

    maker: str
    arguments: tuple[str, ...]
    encode: Callable[[J], Any]
    largest: int = 4 << 20
    abandoned: Callable[[J], None] = lambda _: None


class Cause(StrEnum):
    """Why a job has no answer."""

    TIME = "time"
    MEMORY = "memory"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Failure:
    """A job without an answer; `reason` says why: "reading it took more than 30 s"."""

    cause: Cause
    reason: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the handler returned: `value` as JSON has it, and raw bytes. A worker may have been taken over: check both."""

    value: Any
    data: bytes


Result = tuple[int, Answer | Failure]
_Numbered = tuple[int, J]


@dataclass(slots=True)
class _Worker(Generic[J]):
    """A process, its unanswered jobs (the first is being worked on), and how long it has been at that one."""

    process: subprocess.Popen[bytes]
    clock: ProcessClock
    alone: bool
    jobs: deque[_Numbered[J]] = field(default_factory=deque)
    received: bytearray = field(default_factory=bytearray)
    ready: bool = False


class Workers(Generic[J]):
    """Worker processes, kept from one list of jobs to the next: starting them takes as long as decoding several photos.

    They are started when there is something to do, and end with the `with` block.
    """

    def __init__(self, task: Task[J], size: int, limits: Limits) -> None:
        """Args: size: how many processes at most; fewer where their shares of the memory would be too small for a photo."""
        self._task, self._limits = task, limits
        self._memory = limits.memory or min(machine.memory() // 2, max(_ENOUGH, size * _ENOUGH_FOR_ONE))
        self._size = max(1, min(size, self._memory // _SMALLEST_SHARE))
        self._jobs: Iterator[_Numbered[J]] = iter(())
        self._exhausted = True
        self._given, self._ahead = 0, 0
        self._again: deque[_Numbered[J]] = deque()
        self._large: deque[_Numbered[J]] = deque()
        self._workers: list[_Worker[J]] = []
        self._selector = selectors.DefaultSelector()
        self._failure: StorageError | None = None

    def __enter__(self) -> Workers[J]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End all workers now."""
        self._stop()
        self._selector.close()

    def run(self, jobs: Iterable[J], ahead: int = 0) -> Generator[Result]:
        """Yield (position in `jobs`, what became of it) as jobs are done; one list at a time.

        Args:
            jobs: pulled as there is room.
            ahead: how far behind the oldest unanswered job others may be started; 0: any distance.

        Raises:
            StorageError: a worker could not write what it was to write.
            WorkersError: no worker can be started.
        """
        self._jobs, self._given, self._ahead = enumerate(jobs), 0, ahead
        self._exhausted = False
        for worker in [w for w in self._workers if w.process.poll() is not None]:
            self._reap(worker, patience=None)  # it died idle: no job is to blame
        try:
            yield from self._results()
        finally:
            if self._unanswered():  # stopped early: nobody waits for these
                self._stop()

    def _results(self) -> Iterator[Result]:
        self._fill()
        while self._unanswered():
            # Everything is taken in before a clock is looked at and before the caller, who may be slow, has its turn:
            # an answer that waits in a pipe is not overdue.
            found = [one for key, _ in self._selector.select(LOOK_S) for one in self._receive(key.data)]
            found += [one for worker in list(self._workers) for one in self._judged(worker)]
            self._fill()
            yield from found
            if self._failure is not None:
                raise self._failure

    def _unanswered(self) -> list[int]:
        waiting = [number for number, _ in (*self._again, *self._large)]
        return waiting + [number for worker in self._workers for number, _ in worker.jobs]

    def _stop(self) -> None:
        self._exhausted = True
        for worker in list(self._workers):
            self._kill(worker)
        self._again.clear()
        self._large.clear()

    # --- giving jobs

    def _fill(self) -> None:
        """Give jobs to workers with room, and start workers while there are jobs for them."""
        alone = next((worker for worker in self._workers if worker.alone), None)
        if alone is None:
            self._share_out()
            if self._large and not any(worker.jobs for worker in self._workers):
                for worker in list(self._workers):
                    self._kill(worker)
                self._give(self._start(alone=True), self._large.popleft())
        elif not alone.jobs:
            if self._large:
                self._give(alone, self._large.popleft())
            else:
                self._kill(alone)
                self._share_out()

    def _share_out(self) -> None:
        for depth in range(_IN_FLIGHT):
            for worker in self._workers:
                if len(worker.jobs) == depth and (job := self._next()) is not None:
                    self._give(worker, job)
            while depth == 0 and len(self._workers) < self._size and (job := self._next()) is not None:
                self._give(self._start(), job)

    def _next(self) -> _Numbered[J] | None:
        if self._again:
            return self._again.popleft()
        if self._exhausted or (
            self._ahead and self._given - min(self._unanswered(), default=self._given) >= self._ahead
        ):
            return None
        job = next(self._jobs, None)
        self._exhausted = job is None
        self._given += job is not None
        return job

    def _give(self, worker: _Worker[J], job: _Numbered[J]) -> None:
        worker.jobs.append(job)
        if len(worker.jobs) == 1 and worker.ready:
            worker.clock.begin()
        assert worker.process.stdin is not None
        with suppress(BrokenPipeError):  # it has died; reading from it says so, and its jobs are dealt with there
            worker.process.stdin.write(json.dumps(self._task.encode(job[1])).encode() + b"\n")

    # --- taking answers

    def _receive(self, worker: _Worker[J]) -> Iterator[Result]:
        """Take what a worker has sent."""
        assert worker.process.stdout is not None
        data = os.read(worker.process.stdout.fileno(), _PIPE)
        if not data:
            yield from self._died(worker)
            return
        worker.received += data
        while len(worker.received) >= HEAD.size:
            text, raw = HEAD.unpack_from(worker.received)
            end = HEAD.size + text + raw
            if text + raw > self._task.largest:
                yield from self._babbled(worker)
                return
            if len(worker.received) < end:
                return
            message = bytes(worker.received[HEAD.size : HEAD.size + text])
            answer = bytes(worker.received[HEAD.size + text : end])
            del worker.received[:end]
            try:
                yield from self._taken(worker, json.loads(message), answer)
            except (ValueError, TypeError, KeyError, IndexError, RecursionError):
                yield from self._babbled(worker)
                return

    def _taken(self, worker: _Worker[J], message: Any, data: bytes) -> Iterator[Result]:
        """One message of a worker. Raises what a message of a wrong form gives."""
        worker.clock.begin()
        if not worker.ready:
            worker.ready = message == READY
            return
        job = worker.jobs[0]
        found: Answer | Failure
        if "storage" in message:
            what, why, way_out = map(str, message["storage"])
            self._failure = StorageError(what, why, way_out)
            short = False
        elif "failed" in message:
            found = Failure(Cause(message["failed"]), str(message["reason"]))
            short = found.cause is Cause.MEMORY
        else:
            found, short = Answer(message["value"], data), message["short"] is True
        worker.jobs.popleft()
        if short and self._has_more_for(worker):
            self._large.append(job)
        elif self._failure is None:
            yield job[0], found

    def _has_more_for(self, worker: _Worker[J]) -> bool:
        """Whether there is more memory than this worker has."""
        return not worker.alone and self._size > 1

    def _died(self, worker: _Worker[J]) -> Iterator[Result]:
        """The worker is gone: the job it worked on is to blame, its other one is given again."""
        code = self._reap(worker, patience=5.0)
        if not worker.ready:
            raise self._never_started(f"the first one ended with code {code}")
        if worker.jobs and code in _MAY_BE_MEMORY and self._has_more_for(worker):
            self._large.append(worker.jobs[0])
        elif worker.jobs:
            yield worker.jobs[0][0], _verdict(code)

    def _babbled(self, worker: _Worker[J]) -> Iterator[Result]:
        """A worker that answers nonsense is no longer ours."""
        self._kill(worker)
        if worker.jobs:
            yield worker.jobs[0][0], Failure(Cause.ERROR, "the process that read it answered nonsense")

    def _judged(self, worker: _Worker[J]) -> Iterator[Result]:
        """End a worker that has been at its job, or at its start, for too long."""
        limit = self._limits.seconds if worker.ready else _START_S
        if not limit or (worker.ready and not worker.jobs) or worker.clock.look() <= limit:
            return
        self._kill(worker)
        if not worker.ready:
            raise self._never_started(f"it was not ready within {_START_S:g} s")
        yield worker.jobs[0][0], Failure(Cause.TIME, f"reading it took more than {limit:g} s")

    # --- processes

    def _start(self, *, alone: bool = False) -> _Worker[J]:
        memory = self._memory if alone else self._memory // self._size
        arguments = [str(self._limits.seconds), str(memory), self._task.maker, *self._task.arguments]
        root = str(Path(tracer.__file__).resolve().parent.parent)
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")])),
            "OMP_NUM_THREADS": "1",  # processes are the parallelism; idle threads' stacks count as memory
            "OPENBLAS_NUM_THREADS": "1",
            # Pictures come and go: keep their memory instead of asking the system for fresh pages each time (glibc).
            "MALLOC_MMAP_THRESHOLD_": str(64 << 20),
            "MALLOC_TRIM_THRESHOLD_": str(128 << 20),
        }
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "tracer.base.worker", *arguments],  # -P: no module from the current folder
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env=environment,
        )
        worker: _Worker[J] = _Worker(process, ProcessClock(process.pid), alone)
        self._workers.append(worker)
        assert process.stdout is not None
        if hasattr(fcntl, "F_SETPIPE_SZ"):
            with suppress(OSError):  # the system grants one user only so many large pipes
                fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, _PIPE)
        self._selector.register(process.stdout, selectors.EVENT_READ, worker)
        return worker

    def _kill(self, worker: _Worker[J]) -> None:
        """End a worker; give its unstarted job again, and tidy up after the other."""
        worker.process.kill()
        self._reap(worker, patience=None)

    def _reap(self, worker: _Worker[J], patience: float | None) -> int:
        """Wait for a worker to end (killing it after `patience` seconds), tidy up after it, return its exit code."""
        process = worker.process
        assert process.stdout is not None and process.stdin is not None
        self._workers.remove(worker)
        self._selector.unregister(process.stdout)
        try:
            code = process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
        process.stdin.close()
        process.stdout.close()
        if worker.jobs:
            self._task.abandoned(worker.jobs[0][1])
            self._again.extend(list(worker.jobs)[1:])
        return code

    def _never_started(self, why: str) -> WorkersError:
        command = f"python -c 'import {self._task.maker.partition(':')[0]}'"
        return WorkersError("The processes that read photos cannot be started", why, f"See the cause with: {command}")


def _verdict(code: int) -> Failure:
    """What a dead worker's exit code says of the job it worked on."""
    if code == -signal.SIGKILL:
        return Failure(Cause.MEMORY, "the system ended the process that read it, most likely for its memory")
    if code == -signal.SIGPROF:
        return Failure(Cause.TIME, "reading it used far more processor time than is allowed")
    if code < 0:
        return Failure(Cause.ERROR, f"it crashed the process that read it ({signal.strsignal(-code)})")
    return Failure(Cause.ERROR, f"the process that read it ended with code {code}")
