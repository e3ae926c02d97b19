"""Worker processes with limits: a job that hangs, crashes or takes too much memory fails without affecting the others.

Each worker has one pair of pipes and at most two jobs: the one it works on and the next. A job is taken from the caller's
iterable only when a worker has room, so neither jobs nor results pile up. A worker that exceeds the time limit is killed. A
worker that was killed or died is replaced, and its next job is given to another one.

All workers share one memory limit in equal parts. A job that runs out of its worker's part is put aside until all other jobs are
done, and is then repeated alone, with all the memory.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
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
"""Size of a pipe in bytes: an answer that fits into it does not wait for the parent to read it."""

_ENOUGH: Final = 6 << 30
"""Bytes of memory that the largest picture within the pixel limit takes."""
_ENOUGH_FOR_ONE: Final = 1 << 30
"""Bytes of memory that are more than enough for an ordinary photo."""
_SMALLEST_SHARE: Final = 256 << 20
_SECRET: Final = re.compile("KEY|TOKEN|SECRET|PASSW|CREDENTIAL", re.IGNORECASE)
"""Names of environment variables that workers do not get: a hostile file may take a worker over."""
_MAY_BE_MEMORY: Final = {-signal.SIGKILL, -signal.SIGABRT, -signal.SIGSEGV, -signal.SIGBUS}
"""Exit codes of a process that the system killed for its memory, or whose decoder crashed after a failed allocation."""

J = TypeVar("J")


class WorkersError(LenstraceError):
    """Worker processes cannot be started."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of time and memory.

    Attributes:
        seconds: processor time and waiting time of a worker for one job (tracer/base/clock.py). 0: no limit.
        memory: bytes for all workers together, beyond those at their start. 0: half of the memory of the machine or container,
            at most 6 GB, or 1 GB a worker where that is more.
    """

    seconds: float = 30.0
    memory: int = 0


@dataclass(frozen=True, slots=True)
class Task(Generic[J]):
    """What workers do.

    Attributes:
        maker: `module:function` that a worker calls at its start; it returns the handler of jobs (tracer/base/worker.py).
        arguments: the arguments of the maker.
        encode: turns a job into a value that JSON can hold.
        largest: the largest answer in bytes; a worker that sends more is killed.
        abandoned: called with the job during which a worker ended.
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
    """A job without an answer. `reason` says why in words, such as "reading it took more than 30 s"."""

    cause: Cause
    reason: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the handler returned: a JSON value and raw bytes. Check both: a hostile file may have taken the worker over."""

    value: Any
    data: bytes


Result = tuple[int, Answer | Failure]
_Numbered = tuple[int, J]


@dataclass(slots=True)
class _Worker(Generic[J]):
    """A process, its unanswered jobs (it works on the first), and the clock of that job."""

    process: subprocess.Popen[bytes]
    clock: ProcessClock
    alone: bool
    jobs: deque[_Numbered[J]] = field(default_factory=deque)
    received: bytearray = field(default_factory=bytearray)
    ready: bool = False


class Workers(Generic[J]):
    """A pool of worker processes. They start when there are jobs, are kept from one `run` to the next since starting one takes as
    long as decoding several photos, and end with the `with` block.
    """

    def __init__(self, task: Task[J], size: int, limits: Limits) -> None:
        """Make a pool of at most `size` processes; fewer where their shares of the memory would be too small for a photo."""
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
        """Yield (position in `jobs`, answer or failure) as jobs are done. Only one `run` may be active at a time.

        Args:
            jobs: taken one by one, when a worker has room.
            ahead: how far after the oldest unanswered job a job may be started; 0: no limit.

        Raises:
            StorageError: a worker could not write its result.
            WorkersError: no worker can be started.
        """
        self._jobs, self._given, self._ahead = enumerate(jobs), 0, ahead
        self._exhausted = False
        for worker in [w for w in self._workers if w.process.poll() is not None]:
            self._reap(worker, patience=None)  # it died while idle, so no job failed
        try:
            yield from self._results()
        finally:
            if self._unanswered():  # the caller stopped early and does not wait for these
                self._stop()

    def _results(self) -> Iterator[Result]:
        self._fill()
        while self._unanswered():
            # All answers are received before the clocks are checked and before the caller, who may be slow, goes on:
            # an answer that waits in a pipe is not overdue.
            found = [one for key, _ in self._selector.select(LOOK_S) for one in self._receive(key.data)]
            found += [one for worker in list(self._workers) for one in self._overdue(worker)]
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
        with suppress(BrokenPipeError):  # it has died; `_receive` notices that and handles its jobs
            worker.process.stdin.write(json.dumps(self._task.encode(job[1])).encode() + b"\n")

    # --- taking answers

    def _receive(self, worker: _Worker[J]) -> Iterator[Result]:
        """Receive what a worker has sent."""
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
                yield from self._malformed(worker)
                return
            if len(worker.received) < end:
                return
            message = bytes(worker.received[HEAD.size : HEAD.size + text])
            answer = bytes(worker.received[HEAD.size + text : end])
            del worker.received[:end]
            try:
                yield from self._handled(worker, json.loads(message), answer)
            except (ValueError, TypeError, KeyError, IndexError, RecursionError):
                yield from self._malformed(worker)
                return

    def _handled(self, worker: _Worker[J], message: Any, data: bytes) -> Iterator[Result]:
        """Handle one message of a worker. A malformed one raises ValueError, TypeError, KeyError or IndexError."""
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
        """Whether a job could get more memory than this worker has."""
        return not worker.alone and self._size > 1

    def _died(self, worker: _Worker[J]) -> Iterator[Result]:
        """A worker has died: the job it worked on has failed, and its next job is given again."""
        code = self._reap(worker, patience=5.0)
        if not worker.ready:
            raise self._never_started(f"the first one ended with code {code}")
        if worker.jobs and code in _MAY_BE_MEMORY and self._has_more_for(worker):
            self._large.append(worker.jobs[0])
        elif worker.jobs:
            yield worker.jobs[0][0], _failure_by_code(code)

    def _malformed(self, worker: _Worker[J]) -> Iterator[Result]:
        """Kill a worker whose answer is malformed; a hostile file may have taken it over."""
        self._kill(worker)
        if worker.jobs:
            yield worker.jobs[0][0], Failure(Cause.ERROR, "the process that read it answered nonsense")

    def _overdue(self, worker: _Worker[J]) -> Iterator[Result]:
        """Kill a worker whose job, or whose start, takes too long."""
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
            **{name: value for name, value in os.environ.items() if not _SECRET.search(name)},
            "PYTHONPATH": os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")])),
            "OMP_NUM_THREADS": "1",  # processes are the parallelism; idle threads' stacks count as memory
            "OPENBLAS_NUM_THREADS": "1",
            # glibc: keep freed memory for the next picture instead of returning it to the system each time.
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
            with suppress(OSError):  # the system limits how much memory for pipes a user may take
                fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, _PIPE)
        self._selector.register(process.stdout, selectors.EVENT_READ, worker)
        return worker

    def _kill(self, worker: _Worker[J]) -> None:
        """Kill a worker and clean up after it. Its next job is given again."""
        worker.process.kill()
        self._reap(worker, patience=None)

    def _reap(self, worker: _Worker[J], patience: float | None) -> int:
        """Wait for a worker to end (kill it after `patience` seconds), clean up after it, and return its exit code."""
        process = worker.process
        assert process.stdout is not None and process.stdin is not None
        self._workers.remove(worker)
        if process.stdout in self._selector.get_map():  # not where an interruption came while the worker was started
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


def _failure_by_code(code: int) -> Failure:
    """Why the job of a dead worker failed, by the worker's exit code."""
    if code == -signal.SIGKILL:
        return Failure(Cause.MEMORY, "the system ended the process that read it, most likely for its memory")
    if code == -signal.SIGPROF:
        return Failure(Cause.TIME, "reading it used far more processor time than is allowed")
    if code < 0:
        return Failure(Cause.ERROR, f"it crashed the process that read it ({signal.strsignal(-code)})")
    return Failure(Cause.ERROR, f"the process that read it ended with code {code}")
