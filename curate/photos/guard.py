"""Reading photos in worker processes, so that a file that hangs, crashes or bombs costs its own row only.

Each worker has one pair of pipes and at most two jobs: the one it works on and the next. Jobs are taken from the
caller's iterable only when a worker has room, so neither the work list nor the results pile up. A worker that passes
the time limit is killed and replaced; one that dies is replaced; its other job is given again.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import curate
from curate.errors import CurateError, StorageError
from curate.photos.facts import PhotoFacts, Status
from curate.photos.previews import part_of
from curate.photos.worker import ALARM_GRACE_S, READY, decode_answer, encode_job

Job = tuple[int, Path, Path | None]
Row = tuple[int, PhotoFacts]

READER = "curate.photos.read:read_photo"
_START_S = 60.0
_IN_FLIGHT = 2
_MAX_ANSWER = 4 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may cost.

    Attributes:
        seconds: wall-clock time; more gives status `timeout`. 0: no limit.
        memory: bytes of address space of a worker; more gives status `too_large`. 0: no limit.
        max_pixels: larger pictures are not decoded; status `too_large`. A decoded pixel takes 3 to 12 bytes.
    """

    seconds: float = 30.0
    memory: int = 6 << 30
    max_pixels: int = 300_000_000


@dataclass(slots=True)
class _Worker:
    """A process, its unanswered jobs (the first is being worked on), and when that one must be done."""

    process: subprocess.Popen[bytes]
    jobs: deque[Job] = field(default_factory=deque)
    deadline: float = 0.0
    received: bytearray = field(default_factory=bytearray)
    ready: bool = False


def read_photos(
    jobs: Iterable[tuple[Path, Path | None]], workers: int, limits: Limits | None = None, reader: str = READER
) -> Iterator[tuple[int, PhotoFacts]]:
    """Read photos in worker processes; yield (position in `jobs`, facts) as they finish.

    Args:
        jobs: (file, where to write its preview or None); pulled lazily.
        workers: number of processes; 0 reads in this process, without limits of time and memory.
        limits: what one file may cost.
        reader: `module:function` that a worker calls with (path, preview, max_pixels).

    Raises:
        StorageError: a preview could not be written.
        CurateError: workers cannot be started.
    """
    with Readers(workers, limits, reader) as readers:
        yield from readers.read(jobs)


class Readers:
    """Reading processes, kept from one list of files to the next: starting them takes as long as reading several photos.

    They are started when there is something to read, and end with the `with` block.
    """

    def __init__(self, workers: int, limits: Limits | None = None, reader: str = READER) -> None:
        """Args as for `read_photos`."""
        self._size, self._limits, self._reader = workers, limits or Limits(), reader
        self._jobs: Iterator[Job] = iter(())
        self._exhausted = True
        self._again: deque[Job] = deque()
        self._workers: list[_Worker] = []
        self._selector = selectors.DefaultSelector()
        self._failure: StorageError | None = None

    def __enter__(self) -> Readers:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End all workers now; what they were writing is removed."""
        self._stop()
        self._selector.close()

    def read(self, jobs: Iterable[tuple[Path, Path | None]]) -> Iterator[tuple[int, PhotoFacts]]:
        """Yield (position in `jobs`, facts) as files are read; one list at a time. Raises as `read_photos` does."""
        if self._size <= 0:
            yield from self._in_process(jobs)
            return
        self._jobs = ((index, path, preview) for index, (path, preview) in enumerate(jobs))
        self._exhausted = False
        for worker in [w for w in self._workers if w.process.poll() is not None]:
            self._reap(worker, patience=None)  # it died idle: no file is to blame
        try:
            yield from self._results()
        finally:
            if self._again or any(worker.jobs for worker in self._workers):  # stopped early: nobody waits for these
                self._stop()

    def _in_process(self, jobs: Iterable[tuple[Path, Path | None]]) -> Iterator[Row]:
        from curate.photos.read import read_photo  # the decoders are heavy; with workers this process needs none

        for index, (path, preview) in enumerate(jobs):
            yield index, read_photo(path, preview, self._limits.max_pixels)

    def _results(self) -> Iterator[Row]:
        """Yield results until every job is answered."""
        self._fill()
        while any(worker.jobs for worker in self._workers):
            # Everything is taken in before a deadline is judged and before the caller, who may be slow, has its turn:
            # an answer that waits in a pipe is not overdue.
            rows = [row for key, _ in self._selector.select(self._patience()) for row in self._receive(key.data)]
            overdue = [w for w in self._workers if w.deadline and time.monotonic() > w.deadline]
            rows += [self._overdue(worker) for worker in overdue]
            self._fill()
            yield from rows
            if self._failure is not None:
                raise self._failure

    def _stop(self) -> None:
        self._exhausted = True
        for worker in list(self._workers):
            self._kill(worker)
        self._again.clear()

    # --- giving jobs

    def _fill(self) -> None:
        """Give jobs to workers with room, and start workers while there are jobs for them."""
        for depth in range(_IN_FLIGHT):
            for worker in self._workers:
                if len(worker.jobs) == depth and (job := self._next()) is not None:
                    self._give(worker, job)
            while depth == 0 and len(self._workers) < self._size and (job := self._next()) is not None:
                self._give(self._start(), job)

    def _next(self) -> Job | None:
        if self._again:
            return self._again.popleft()
        if self._exhausted:
            return None
        job = next(self._jobs, None)
        self._exhausted = job is None
        return job

    def _give(self, worker: _Worker, job: Job) -> None:
        worker.jobs.append(job)
        if len(worker.jobs) == 1 and worker.ready:
            self._clock(worker)
        assert worker.process.stdin is not None
        with suppress(BrokenPipeError):  # it has died; reading from it says so, and its jobs are dealt with there
            worker.process.stdin.write(encode_job(*job))

    def _clock(self, worker: _Worker) -> None:
        worker.deadline = time.monotonic() + self._limits.seconds if self._limits.seconds and worker.jobs else 0.0

    def _patience(self) -> float | None:
        deadlines = [w.deadline for w in self._workers if w.deadline]
        return max(0.0, min(deadlines) - time.monotonic()) if deadlines else None

    # --- taking answers

    def _receive(self, worker: _Worker) -> list[Row]:
        """Take what a worker has sent."""
        assert worker.process.stdout is not None
        data = os.read(worker.process.stdout.fileno(), 1 << 16)
        if not data:
            return self._died(worker)
        worker.received += data
        rows: list[Row] = []
        while (end := worker.received.find(b"\n")) >= 0:
            line = bytes(worker.received[: end + 1])
            del worker.received[: end + 1]
            if not worker.ready:
                worker.ready = line == READY
                self._clock(worker)
                continue
            try:
                index, answer = decode_answer(line)
                answered = index == worker.jobs[0][0]
            except (ValueError, TypeError, KeyError, IndexError):
                answered = False
            if not answered:
                return [*rows, *self._babbled(worker)]
            worker.jobs.popleft()
            self._clock(worker)
            if isinstance(answer, StorageError):
                self._failure = answer
            else:
                rows.append((index, answer))
        if len(worker.received) > _MAX_ANSWER:
            rows += self._babbled(worker)
        return rows

    def _died(self, worker: _Worker) -> list[Row]:
        """The worker is gone: the file it worked on is to blame, its other job is given again."""
        code = self._reap(worker, patience=5.0)
        if not worker.ready:
            raise _never_started(f"the first one ended with code {code}")
        return [(worker.jobs[0][0], _verdict(code))] if worker.jobs else []

    def _babbled(self, worker: _Worker) -> list[Row]:
        """A worker that answers nonsense is no longer ours."""
        self._kill(worker)
        facts = PhotoFacts(Status.INVALID, "the process that read it answered nonsense")
        return [(worker.jobs[0][0], facts)] if worker.jobs else []

    def _overdue(self, worker: _Worker) -> Row:
        self._kill(worker)
        if not worker.ready:
            raise _never_started(f"it was not ready within {_START_S:g} s")
        return worker.jobs[0][0], PhotoFacts(Status.TIMEOUT, f"reading it took more than {self._limits.seconds:g} s")

    # --- processes

    def _start(self) -> _Worker:
        limits = self._limits
        arguments = [self._reader, str(limits.seconds), str(limits.memory), str(limits.max_pixels)]
        root = str(Path(curate.__file__).resolve().parent.parent)
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
            [sys.executable, "-P", "-m", "curate.photos.worker", *arguments],  # -P: no module from the current folder
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env=environment,
        )
        worker = _Worker(process, deadline=time.monotonic() + _START_S)
        self._workers.append(worker)
        assert process.stdout is not None
        self._selector.register(process.stdout, selectors.EVENT_READ, worker)
        return worker

    def _kill(self, worker: _Worker) -> None:
        """End a worker; give its unstarted job again, and remove the preview it was writing."""
        worker.process.kill()
        self._reap(worker, patience=None)

    def _reap(self, worker: _Worker, patience: float | None) -> int:
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
            _remove_part(worker.jobs[0][2])
            self._again.extend(list(worker.jobs)[1:])
        return code


def _remove_part(preview: Path | None) -> None:
    if preview is not None:
        part_of(preview).unlink(missing_ok=True)


def _never_started(why: str) -> CurateError:
    return CurateError(
        "The processes that read photos cannot be started",
        why,
        "See the cause with: python -m curate.photos.worker",
    )


def _verdict(code: int) -> PhotoFacts:
    """What a dead worker's exit code says of the file it worked on."""
    if code == -signal.SIGKILL:
        return PhotoFacts(Status.TOO_LARGE, "the system ended the process that read it, most likely for its memory")
    if code == -signal.SIGALRM:
        return PhotoFacts(Status.TIMEOUT, f"reading it hung for {ALARM_GRACE_S} s beyond the limit")
    if code < 0:
        return PhotoFacts(Status.INVALID, f"it crashed the process that read it ({signal.strsignal(-code)})")
    return PhotoFacts(Status.INVALID, f"the process that read it ended with code {code}")
