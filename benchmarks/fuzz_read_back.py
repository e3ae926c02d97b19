"""Reads back damaged and hostile versions of files that both programs wrote: each must be read, or refused with a reason.

Usage: python -m benchmarks.fuzz_read_back [--inputs 20000] [--seed 1] [--start 0] [--workers N] [--keep DIR]

The programs themselves make the seeds (benchmarks/fuzz_written.py): a workspace with caches, a set, other people's tables, lists,
embeddings, results. Input number i depends only on the seed and on i: one of the files is changed (benchmarks/fuzz_changes.py) or
replaced by something else, and the function that reads it is called in a process with limits.

Printed are the inputs read, and those refused with one of our errors or problems. These must all be 0: other exceptions, hangs
(20 s of processor time, or two minutes of waiting), processes that died, and processes that reached their memory limit of 2
GiB. The largest memory of a process is printed, too. `--keep` saves the changed files of what went wrong.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from multiprocessing.connection import Connection, wait
from pathlib import Path

from benchmarks.fuzz_changes import changed, put_in_its_place
from benchmarks.fuzz_readers import TARGETS, Refused, Target
from benchmarks.fuzz_written import write_seeds
from tracer.base.errors import LenstraceError

BUSY_S, PATIENCE_S = 20.0, 120.0
"""How long one input may take: processor time, and wall-clock time, which other programs prolong."""

MEMORY = 2 << 30
"""Bytes of address space that a process may take beyond those after loading everything."""

_AT_ONCE = 50
_PLACES = 0.06
"""The share of inputs in which a folder, a link or a named pipe replaces a file."""


class Outcome(StrEnum):
    """The result of one input."""

    READ = "read"
    REFUSED = "refused"
    UNCAUGHT = "uncaught"
    HUNG = "hung"
    DIED = "died"
    MEMORY = "memory"


@dataclass
class Tally:
    """The results: outcomes, outcomes by target, unexpected ones as (input, target, what), and the largest memory in KiB."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    by_target: Counter[tuple[str, Outcome]] = field(default_factory=Counter)
    noted: list[tuple[int, str, str]] = field(default_factory=list)
    largest: int = 0

    def take(self, index: int, name: str, outcome: Outcome, what: str = "") -> None:
        """Count one input."""
        self.outcomes[outcome] += 1
        self.by_target[name, outcome] += 1
        if outcome not in (Outcome.READ, Outcome.REFUSED):
            self.noted.append((index, name, what))

    def in_words(self) -> list[str]:
        """The counts, one line each."""
        lines = []
        for name in sorted({name for name, _ in self.by_target}):
            found = {outcome: self.by_target[name, outcome] for outcome in Outcome if self.by_target[name, outcome]}
            lines.append(f"  {name}: " + ", ".join(f"{count:,} {outcome}" for outcome, count in found.items()))
        lines.append(", ".join(f"{self.outcomes[outcome]:,} {outcome}" for outcome in Outcome))
        lines.append(f"largest memory of a process: {self.largest >> 10:,} MiB")
        kinds = Counter(what for _, _, what in self.noted)
        firsts = {what: index for index, _, what in reversed(self.noted)}
        return lines + [f"  {count:,} × {what} (the first: {firsts[what]})" for what, count in kinds.most_common(30)]

    @property
    def sound(self) -> bool:
        """Whether every input was read or refused."""
        return not self.noted


class _TooLong(BaseException):
    """An input took too long. It is not an Exception, so that the tested code does not catch it."""


def main() -> None:
    """Run, print, and exit with 1 where an input was neither read nor refused."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=int, default=0, help="number of the first input")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", default="", help="only targets whose names begin with this")
    parser.add_argument("--keep", type=Path, help="folder for files with unexpected failures")
    options = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="lenstrace-fuzz-", dir=_memory()) as folder:
        seeds = write_seeds(Path(folder, "seeds"))
        tally = run(
            seeds, options.seed, range(options.start, options.start + options.inputs), options.workers, options.only
        )
        if options.keep:
            _keep(options.keep, seeds, options.seed, tally)
    seconds = time.monotonic() - begun
    print("\n".join(tally.in_words()))
    print(f"{options.inputs:,} inputs in {seconds:.0f} s with {options.workers} workers, seed {options.seed}")
    sys.exit(0 if tally.sound else 1)


def _memory() -> str | None:
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def run(seeds: Path, seed: int, inputs: range, workers: int, only: str = "") -> Tally:
    """Read all inputs in processes, and return the results."""
    tally = Tally()
    waiting = [range(at, min(at + _AT_ONCE, inputs.stop)) for at in range(inputs.start, inputs.stop, _AT_ONCE)][::-1]
    running: dict[Connection, _Worker] = {}
    while waiting or running:
        if sys.stderr.isatty():
            print(f"{sum(tally.outcomes.values()):,} of {len(inputs):,}", end="\r", file=sys.stderr)
        while waiting and len(running) < workers:
            worker = _Worker.start(seeds, seed, waiting.pop(), only)
            running[worker.answers] = worker
        ready = wait(list(running), timeout=1.0)
        for answers in ready:
            worker = running[answers]
            if worker.take(tally):
                continue
            if worker.next_up and waiting:
                worker.give(waiting.pop())
                continue
            rest = worker.end(tally)
            waiting += [rest] if rest else []
            del running[answers]
        for answers, worker in list(running.items()):
            if time.monotonic() > worker.deadline:
                rest = worker.end(tally, hung=True)
                waiting += [rest] if rest else []
                del running[answers]
    return tally


@dataclass
class _Worker:
    """A process, its unanswered inputs, and when the first of them is due."""

    process: multiprocessing.process.BaseProcess
    answers: Connection
    inputs: range
    seed: int
    only: str
    deadline: float = 0.0
    next_up: bool = False

    @classmethod
    def start(cls, seeds: Path, seed: int, inputs: range, only: str) -> _Worker:
        here, there = multiprocessing.get_context("spawn").Pipe()
        process = multiprocessing.get_context("spawn").Process(target=_serve, args=(seeds, seed, only, there))
        process.start()
        there.close()
        worker = cls(process, here, inputs, seed, only)
        worker.give(inputs)
        worker.deadline += PATIENCE_S  # time to import everything
        return worker

    def give(self, inputs: range) -> None:
        """Send inputs to the process."""
        self.inputs, self.next_up = inputs, False
        self.deadline = time.monotonic() + 2 * PATIENCE_S
        self.answers.send(inputs)

    def take(self, tally: Tally) -> bool:
        """Count an answer. Return False after the last one, and where the process died."""
        try:
            index, outcome, what, memory = self.answers.recv()
        except (EOFError, OSError):
            return False
        tally.take(index, target_of(self.seed, index, self.only).name, outcome, what)
        tally.largest = max(tally.largest, memory)
        self.inputs = range(index + 1, self.inputs.stop)
        self.deadline = time.monotonic() + 2 * PATIENCE_S
        self.next_up = not self.inputs
        return bool(self.inputs)

    def end(self, tally: Tally, hung: bool = False) -> range | None:
        """End the process, count the input that it worked on, and return those that it had not begun."""
        self.process.kill()
        self.process.join()
        self.answers.close()
        if not self.inputs:
            return None
        outcome = Outcome.HUNG if hung else Outcome.DIED
        name = target_of(self.seed, self.inputs.start, self.only).name
        tally.take(self.inputs.start, name, outcome, f"{name}: {outcome} (exit {self.process.exitcode})")
        return range(self.inputs.start + 1, self.inputs.stop) or None


def _serve(seeds: Path, seed: int, only: str, answers: Connection) -> None:
    """Read inputs until the pipe closes."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    with tempfile.TemporaryDirectory(prefix="lenstrace-fuzz-", dir=_memory()) as folder:
        copy = Path(folder, "copy")
        shutil.copytree(seeds, copy)
        for target in TARGETS:  # so that lazily imported libraries do not count
            target.read(copy, next(copy.glob(target.files)))
        limit = MEMORY + _address_space()
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        while True:
            try:
                inputs = answers.recv()
            except EOFError:
                return
            for index in inputs:
                outcome, what = read_back(copy, seed, index, only)
                answers.send((index, outcome, what, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))


def _address_space() -> int:
    """Return the size of this process's address space, in bytes."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()


def target_of(seed: int, index: int, only: str = "") -> Target:
    """Return the reader of input number `index`."""
    fitting = [target for target in TARGETS if target.name.startswith(only)]
    return random.Random(f"{seed}:{index}:target").choices(fitting, [target.weight for target in fitting])[0]


def read_back(root: Path, seed: int, index: int, only: str = "") -> tuple[Outcome, str]:
    """Change one file below a copy of the seeds, read it, and restore it. Return the outcome, and what went wrong."""
    target, rng = target_of(seed, index, only), random.Random(f"{seed}:{index}")
    path = rng.choice(sorted(root.glob(target.files)))
    content = path.read_bytes()
    try:
        if rng.random() < _PLACES:
            put_in_its_place(path, rng)
        else:
            path.write_bytes(changed(path.name, content, rng))
        with _limited():
            target.read(root, path)
        return Outcome.READ, ""
    except (LenstraceError, Refused):
        return Outcome.REFUSED, ""
    except _TooLong:
        return Outcome.HUNG, f"{target.name}: too long"
    except MemoryError:
        return Outcome.MEMORY, f"{target.name}: out of memory"
    except Exception as error:  # noqa: BLE001  # unexpected exceptions are what this benchmark looks for
        last = traceback.extract_tb(error.__traceback__)[-1]
        ours = [f for f in traceback.extract_tb(error.__traceback__) if "/site-packages/" not in f.filename][-1]
        place = f"{Path(ours.filename).name}:{ours.lineno}" + (f" < {Path(last.filename).name}" if last != ours else "")
        return Outcome.UNCAUGHT, f"{target.name}: {type(error).__name__} at {place}: {str(error)[:80]}"
    finally:
        _put_back(path, content)


@contextmanager
def _limited() -> Iterator[None]:
    def stop(*_: object) -> None:
        raise _TooLong

    clocks = ((signal.SIGPROF, signal.ITIMER_PROF, BUSY_S), (signal.SIGALRM, signal.ITIMER_REAL, PATIENCE_S))
    for number, clock, seconds in clocks:
        signal.signal(number, stop)
        signal.setitimer(clock, seconds)
    try:
        yield
    finally:
        for _, clock, _ in clocks:
            signal.setitimer(clock, 0)


def _put_back(path: Path, content: bytes) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    path.write_bytes(content)


def _keep(folder: Path, seeds: Path, seed: int, tally: Tally) -> None:
    """Save unexpected inputs: the first file of each kind."""
    folder.mkdir(parents=True, exist_ok=True)
    for what, index in {what: index for index, _, what in reversed(tally.noted)}.items():
        rng = random.Random(f"{seed}:{index}")
        path = rng.choice(sorted(seeds.glob(target_of(seed, index).files)))
        if rng.random() >= _PLACES:
            (folder / f"{seed}-{index}-{path.name}").write_bytes(changed(path.name, path.read_bytes(), rng))
        (folder / f"{seed}-{index}.txt").write_text(what, encoding="utf-8")


if __name__ == "__main__":
    main()
