"""Experiments on a set of FlickrExif's size: wall-clock time, processor time and peak memory, each in its own process.

    python -m benchmarks.large_set [--photos 356459 --makes 60 --classes 1000] [--only association,chance]

`association` is the whole command on a folder of empty files (it opens no picture), with eight labels for each photo: once
without clusters, once with owners, once with scenes. The others are the parts of a probe that grow with photos × classes: its
permutation test, its balanced accuracy, and the choice of classes. Exits with 1 where the command takes more than 1 GB or 60 s.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

MEGABYTES, SECONDS = 1000, 60
OWNERS, SCENES = 20_000, 150_000
PARTS = ("chance", "balanced", "classes")


def main(arguments: list[str] | None = None) -> int:
    """Print the table; return 1 where the command misses its target."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, size in (("photos", 356_459), ("makes", 60), ("classes", 1000)):
        parser.add_argument(f"--{name}", type=int, default=size)
    parser.add_argument("--only", default="association," + ",".join(PARTS))
    parser.add_argument("--part", default="", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    rng = np.random.default_rng(0)
    if options.part:
        part(options.part, options.photos, options.classes, rng)
        print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:.0f}")
        return 0
    sizes = [f"--{name}={getattr(options, name)}" for name in ("photos", "makes", "classes")]
    print(
        f"{options.photos:,} photos, {options.makes} makes, {options.classes:,} classes\n{'':32} {'s':>7} {'CPU s':>7} {'MB':>7}"
    )
    slow = False
    for name in options.only.split(","):
        if name == "association":
            slow |= association(options.photos, options.makes, options.classes, rng)
            continue
        start, before = time.perf_counter(), processor_seconds()
        told = subprocess.run(
            [sys.executable, "-m", "benchmarks.large_set", f"--part={name}", *sizes], capture_output=True, check=True
        )
        spent, busy = time.perf_counter() - start, processor_seconds() - before
        print(f"{name:32} {spent:7.1f} {busy:7.1f} {int(told.stdout.split()[-1]):7}", flush=True)
    return int(slow)


def association(photos: int, makes: int, classes: int, rng: np.random.Generator) -> bool:
    """Run the command on three kinds of set; return True where it misses its target on one."""
    slow = False
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "set"
        table = written(root, photos, makes, classes, rng)
        for name, columns in (
            ("no clusters", {}),
            (f"{OWNERS:,} owners", {"owner": heavy_tailed(rng, OWNERS, photos).astype(str)}),
            (f"{SCENES:,} scenes", {"scene_idx": rng.integers(SCENES, size=photos)}),
        ):
            table.assign(**columns).to_parquet(root / "metadata.parquet")
            command = [sys.executable, "-m", "tracer", "association", str(root), "-o", f"{folder}/{name}", "--json"]
            start, before = time.perf_counter(), processor_seconds()
            with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
                peak = watched(process)
            spent, busy = time.perf_counter() - start, processor_seconds() - before
            over = process.returncode != 0 or spent > SECONDS or peak > MEGABYTES
            print(
                f"{'association, ' + name:32} {spent:7.1f} {busy:7.1f} {peak:7.0f}{'   over' if over else ''}",
                flush=True,
            )
            slow |= over
    return slow


def processor_seconds() -> float:
    """Processor seconds of all child processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def watched(process: subprocess.Popen[bytes]) -> float:
    """The peak memory of a process in MB."""
    peak = 0.0
    while process.poll() is None:
        try:
            status = Path(f"/proc/{process.pid}/status").read_text()
            peak = max(peak, int(status.split("VmHWM:")[1].split()[0]) / 1024)
        except (OSError, IndexError):
            pass  # it has just ended
        time.sleep(0.02)
    return peak


def heavy_tailed(rng: np.random.Generator, kinds: int, photos: int) -> NDArray[np.int64]:
    """A value for each photo; few values have many photos, and most have few."""
    share = 1.0 / np.arange(1, kinds + 1) ** 0.8
    return rng.choice(kinds, size=photos, p=share / share.sum()).astype(np.int64)


def written(root: Path, photos: int, makes: int, classes: int, rng: np.random.Generator) -> pd.DataFrame:
    """Make the set's table, and its pictures as empty files."""
    (root / "images").mkdir(parents=True)
    make = heavy_tailed(rng, makes, photos)
    table = pd.DataFrame(
        {
            "file_name": [f"images/{number}.jpg" for number in range(photos)],
            "photo_id": np.arange(photos),
            "semantic_label": np.where(rng.random(photos) < 0.1, make * 7, rng.integers(classes, size=photos)).astype(
                str
            ),
            "Make": [f"Maker {code}" for code in make],
            "Model": [f"Model {code}" for code in make * 40 + heavy_tailed(rng, 40, photos)],
            "Is Smartphone": make % 3 == 0,
            "Flash": np.where(rng.random(photos) < 0.2, "with flash", "without flash"),
            "Exposure": [f"1/{code}" for code in heavy_tailed(rng, 200, photos) + 1],
            "Aperture": [str(code / 10) for code in heavy_tailed(rng, 80, photos) + 10],
            "ISO Speed": [str(100 * code) for code in heavy_tailed(rng, 64, photos) + 1],
            "Year": [f"{2000 + code}.0" for code in heavy_tailed(rng, 20, photos)],
        }
    )
    for name in table["file_name"]:
        (root / name).touch()
    return table


def part(name: str, photos: int, classes: int, rng: np.random.Generator) -> None:
    """Run one part of a probe, of photos without clusters."""
    from tracer.experiments.probe import folds, probe
    from tracer.experiments.probe import permutation as chance

    truth, clusters = heavy_tailed(rng, classes, photos), np.arange(photos)
    guesses = np.where(rng.random((3, photos)) < 0.1, truth, heavy_tailed(rng, classes, photos))
    if name == "chance":
        chance.against_chance(guesses, truth, clusters, 0)
    elif name == "balanced":
        probe.balanced_interval(guesses == truth, truth, clusters, 0, True)
    else:
        folds.usable_classes(truth.astype(str).astype(object), clusters, 5)


if __name__ == "__main__":
    sys.exit(main())
