"""Reads hundreds of thousands of damaged and hostile files in worker processes: each may affect only its own row.

Usage: python -m benchmarks.fuzz [--files 200000] [--seed 1] [--start 0] [--minutes M] [--workers N] [--keep DIR]

Seeds are generated files (small files of all formats, directories that point at themselves, counts and lengths beyond the file,
pictures that claim too many pixels) and, where LENSTRACE_CORPUS is set, real photos of many makers. File number i depends only on
the seed and on i. It is in memory (/dev/shm) while it is read.

These are counted and must all be 0: exceptions outside a worker, hangs (no row within the limits), rows lost or given twice,
rows whose status and reason contradict each other, and text that could control a terminal. Also printed are the statuses,
workers that died or were killed, and unexpected failures (`--keep` saves those files). With `--minutes` it stops after that
time and prints how to continue.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import struct
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.fuzz_seeds import corpus, crafted
from curate.errors import CurateError
from curate.photos.facts import PhotoFacts, Status
from curate.photos.reader.guard import Limits, Readers
from tracer.base.text import clean_text

_NUMBERS = (0, 1, 2, 3, 4, 7, 8, 12, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0xFFFFFFFF)


@dataclass
class Tally:
    """The results.

    Attributes:
        answered: how often each file had a row.
        statuses: how often each status occurred.
        broken: rows that contradict themselves.
        unsafe: rows with text that was not cleaned by `clean_text`.
        outside: exceptions outside a worker.
        hung: how often reading stopped.
        noted: files worth examining, as (number, what).
    """

    statuses: Counter[str] = field(default_factory=Counter)
    answered: Counter[int] = field(default_factory=Counter)
    broken: int = 0
    unsafe: int = 0
    outside: int = 0
    hung: int = 0
    noted: list[tuple[int, str]] = field(default_factory=list)

    def take(self, index: int, facts: PhotoFacts) -> None:
        """Count one row."""
        self.answered[index] += 1
        self.statuses[facts.status] += 1
        self.broken += (facts.status is Status.OK) != (facts.error is None) or facts.sha256 == ""
        texts = (facts.exif.make, facts.exif.model, facts.exif.lens, facts.exif.software, facts.error)
        self.unsafe += any(text is not None and clean_text(text) != text for text in texts)
        error = facts.error or ""
        if (
            "the process that read it" in error
            or error.startswith("reading it failed")
            or facts.status is Status.TIMEOUT
        ):
            self.noted.append((index, error))


class Hang(Exception):
    """There was no row within the limits."""


def main() -> None:
    """Run, print, and exit with 1 where anything failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=int, default=0, help="number of the first file, to continue a run")
    parser.add_argument("--minutes", type=float, default=0, help="stop after this time; 0: never")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--keep", type=Path, help="folder for files with unexpected failures")
    options = parser.parse_args()

    made, real = crafted(), corpus()
    seeds = [made, real] if real else [made]  # half of the files from each
    print(f"{len(made)} generated seeds, {len(real)} real ones", flush=True)
    limits = Limits(seconds=20)
    begun = time.monotonic()
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="lenstrace-fuzz-", dir=memory if memory.is_dir() else None))
    tally, given = Tally(), 0

    def jobs() -> Iterator[tuple[Path, Path | None]]:
        nonlocal given
        for index in range(options.start, options.start + options.files):
            if options.minutes and time.monotonic() - begun > 60 * options.minutes:
                return
            path = folder / f"{index}.jpg"
            path.write_bytes(mutated(seeds, options.seed, index))
            given += 1
            yield path, folder / f"{index}.preview"

    def stand_still(*_: object) -> None:
        raise Hang

    patience = int(4 * limits.seconds + 60)
    before = signal.signal(signal.SIGALRM, stand_still)
    readers = Readers(options.workers, limits)
    try:
        signal.alarm(patience)
        for position, facts in readers.read(jobs()):
            signal.alarm(patience)
            index = options.start + position
            tally.take(index, facts)
            for name in (f"{index}.jpg", f"{index}.preview"):
                (folder / name).unlink(missing_ok=True)
            if len(tally.answered) % 20_000 == 0:
                print(f"{len(tally.answered)} files, {time.monotonic() - begun:.0f} s", flush=True)
    except Hang:
        tally.hung += 1
    except (CurateError, OSError, ValueError, TypeError, LookupError) as error:  # it is counted, and fails the run
        tally.outside += 1
        print(f"outside a worker: {type(error).__name__}: {error}")
    finally:
        signal.alarm(0)
        readers.close()
        signal.signal(signal.SIGALRM, before)
        shutil.rmtree(folder, ignore_errors=True)
    if options.keep:
        keep(options.keep, tally, seeds, options.seed)
    sys.exit(report(tally, given, options, time.monotonic() - begun))


def report(tally: Tally, given: int, options: argparse.Namespace, seconds: float) -> int:
    """Print the counts; return the exit code."""
    lost = given - len(tally.answered)
    twice = sum(count > 1 for count in tally.answered.values())
    print(
        f"{given} files in {seconds:.0f} s: {given / seconds:.0f} a second with {options.workers} workers, seed {options.seed}"
    )
    print("statuses: " + ", ".join(f"{name} {count}" for name, count in tally.statuses.most_common()))
    kinds = Counter(what for _, what in tally.noted)
    failures = "; ".join(f"{what}: {count}" for what, count in kinds.most_common())
    print(f"workers that ended, and unexpected failures: {failures or 'none'}")
    print("  the first of them: " + (", ".join(str(index) for index, _ in tally.noted[:12]) or "none"))
    print(
        f"outside a worker {tally.outside}, hangs {tally.hung}, rows lost {lost}, given twice {twice}, "
        f"contradictory {tally.broken}, unsafe text {tally.unsafe}"
    )
    if given < options.files:
        print(f"stopped early; continue with --start {options.start + given} --files {options.files - given}")
    return 1 if tally.outside or tally.hung or lost or twice or tally.broken or tally.unsafe else 0


def keep(folder: Path, tally: Tally, seeds: list[list[bytes]], seed: int) -> None:
    """Save the files whose workers died or were killed, and unexpected failures: up to ten of each kind."""
    folder.mkdir(parents=True, exist_ok=True)
    kinds: Counter[str] = Counter()
    for index, what in tally.noted:
        kinds[what] += 1
        if kinds[what] <= 10:
            (folder / f"{seed}-{index}.bin").write_bytes(mutated(seeds, seed, index))


# --- mutations


def mutated(seeds: list[list[bytes]], seed: int, index: int) -> bytes:
    """File number `index`: a seed file after one to eight changes."""
    rng = random.Random(f"{seed}:{index}")
    data = bytearray(rng.choice(rng.choice(seeds)))
    for _ in range(rng.choice((1, 1, 2, 3, 5, 8))):
        _change(data, rng, seeds)
    return bytes(data)


def _change(data: bytearray, rng: random.Random, seeds: list[list[bytes]]) -> None:
    # Cubing prefers the beginning, where the structure is.
    at = int(rng.random() ** 3 * len(data)) if rng.random() < 0.7 else int(rng.random() * len(data))
    length = rng.choice((1, 2, 4, 12, 64, 1024))
    match rng.randrange(9):
        case 0:
            data[at : at + 1] = bytes([rng.randrange(256)])
        case 1:
            if at < len(data):
                data[at] ^= 1 << rng.randrange(8)
        case 2:
            form = rng.choice(("<H", ">H", "<I", ">I"))
            number = rng.choice(_NUMBERS) & (0xFFFF if form[1] == "H" else 0xFFFFFFFF)
            data[at : at + struct.calcsize(form)] = struct.pack(form, number)
        case 3:
            del data[at : at + length]
        case 4:
            data[at:at] = rng.randbytes(length)
        case 5:
            data[at:at] = data[at : at + length]
        case 6:
            data[at : at + length] = bytes(min(length, max(0, len(data) - at)))
        case 7:
            other = rng.choice(rng.choice(seeds))
            start = int(rng.random() * len(other))
            data[at : at + length] = other[start : start + length]
        case _:
            if rng.random() < 0.3:
                del data[max(1, at) :]
            else:
                data[at : at + length] = rng.randbytes(length)


if __name__ == "__main__":
    main()
