"""Harvests a Flickr of the tests twice, undisturbed and with faults and kills (kill -9): the photos' rows must be equal.

Usage: python -m benchmarks.flickr_harvest [--photos N] [--dense N] [--kills N] [--faults SHARE] [--simulated N] [--seed N]

Search by month over 25 years, EXIF, originals under CC0, recheck: each command is a process, which is killed at random moments
and run again until it is done. In the server's own log no question may be asked again that was answered before, but for one a
kill, and no limit be broken. Every photo without EXIF must be explained.

An hour cannot be waited for, so that the hourly limit is tested with a simulated clock, which the client and the server share:
with the default limits, a tenth of the faults (their pauses keep a run below the limit), and a restart with a call under way.

Exits with 1 where anything fails.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from curate.catalog.flickr_photos import refusals
from curate.catalog.harvests import Calls
from curate.catalog.store import Catalog
from curate.sources.flickr.client import TIMEOUT, Flickr
from curate.sources.flickr.counts import harvest_status
from curate.sources.flickr.harvest import harvest_exif
from curate.sources.flickr.hosts import Hosts
from curate.sources.flickr.pace import HOUR, Limit, Pace
from curate.sources.flickr.plan import Plan, Query
from curate.sources.flickr.search import search
from curate.sources.flickr.transport import guarded_client
from curate.workspace import Workspace
from tests.helpers.fake_flickr import (
    IMAGE,
    KEY,
    FakeFlickr,
    Faults,
    Limits,
    Record,
    Universe,
    asked_twice,
    complaints,
    files_twice,
    violations,
)
from tests.helpers.simulated_time import Simulated
from tracer.base.progress import finish

SEARCH = ("search", "--taken-from", "2000", "--taken-to", "2025", "--window", "month")
STEPS = (SEARCH, ("exif",), ("download", "--licenses", "CC0-1.0"), ("recheck",))
_CURATE = (sys.executable, "-P", "-c", "from curate.cli import main; main()")

PACE = 250
"""Calls a second at which the two harvests run."""


def main() -> int:
    """Print the figures; return 1 where anything fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=20_000)
    parser.add_argument("--dense", type=int, default=4500, help="photos that were taken in one second")
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--faults", type=float, default=0.05, help="share of calls that fail")
    parser.add_argument("--simulated", type=int, default=12_000, help="photos of the harvest in simulated time")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        wrong = [
            *kill_and_compare(Path(folder), options.photos, options.dense, options.kills, options.faults, options.seed),
            *simulate(Path(folder), options.simulated, options.faults / 10, options.seed),
        ]
    print("\n".join(wrong) if wrong else "all as it should be")
    return int(bool(wrong))


# --- kills


def kill_and_compare(folder: Path, photos: int, dense: int, kills: int, faults: float, seed: int) -> list[str]:
    """Harvest undisturbed, and with faults and kills; return what is wrong."""
    limits, broken = Limits(pace=PACE), Faults(rate=faults, image_rate=faults, seed=seed, stall_seconds=0.2)
    calm, hurt = Workspace.create(folder / "calm"), Workspace.create(folder / "hurt")
    with FakeFlickr(Universe(photos, seed, dense), limits=limits) as flickr:
        whole, _ = harvest(calm, flickr.environment(), [])
    moments = random.Random(seed)
    gaps = [moments.expovariate((kills + 5) / whole) for _ in range(kills)]
    with FakeFlickr(Universe(photos, seed, dense), broken, limits) as flickr:
        seconds, killed = harvest(hurt, flickr.environment(), gaps)
        log = flickr.log
    print(f"{photos:,} photos: undisturbed {whole:.0f} s; with {killed} kills and {faults:.0%} faults {seconds:.0f} s")
    return [*compared(calm, hurt), *judged(log, killed), *explained(hurt)]


def harvest(workspace: Workspace, environment: dict[str, str], gaps: Sequence[float]) -> tuple[float, int]:
    """Run all steps, each until it is done; returns the seconds and how often a process was killed.

    Args:
        workspace: where to.
        environment: points curate to the server.
        gaps: seconds after which each process is killed, as long as there are any.
    """
    left, killed, started = list(gaps), 0, time.monotonic()
    for step in STEPS:
        while True:
            process = subprocess.Popen(
                [*_CURATE, "flickr", *step, "-w", str(workspace.root), "--json"],
                env={**os.environ, **environment, "PYTHONPATH": str(Path(__file__).resolve().parent.parent)},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
            try:
                _, said = process.communicate(timeout=left[0] if left else None)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                killed += 1
                del left[0]
                continue
            if process.returncode not in (0, 3):
                raise SystemExit(f"curate flickr {' '.join(step)} ended with {process.returncode}:\n{said[-2000:]}")
            if process.returncode == 0 or not is_to_be_repeated(workspace, step[0]):
                break
    return time.monotonic() - started, killed


def is_to_be_repeated(workspace: Workspace, step: str) -> bool:
    """Return whether something of a step failed that may succeed when it is run again."""
    with Catalog.open(workspace, read_only=True) as catalog:
        if step == "search":
            return harvest_status(catalog).calls_left > len(rows_of(workspace))
        named = {"exif": "exif", "download": "original"}.get(step, "recheck")
        return any(one.step == named for one in refusals(catalog, "failed"))


def rows_of(workspace: Workspace) -> dict[int, dict[str, Any]]:
    """Return photo ID -> label row; paths are relative to the workspace."""
    with Catalog.open(workspace, read_only=True) as catalog:
        rows = [dict(row) for row in catalog.labels()]
    for row in rows:
        row["path"] = str(row["path"]).removeprefix(str(workspace.root))
    return {row["photo_id"]: row for row in rows}


def compared(calm: Workspace, hurt: Workspace) -> Iterator[str]:
    """Print how many rows there are; yield those that differ."""
    one, two = rows_of(calm), rows_of(hurt)
    different = [photo for photo in sorted(one.keys() | two.keys()) if one.get(photo) != two.get(photo)]
    states = ", ".join(f"{count:,} {state}" for state, count in Counter(row["status"] for row in one.values()).items())
    files = sum(row["sha256"] is not None for row in one.values())
    print(f"rows equal: {'no' if different else 'yes'}; {len(one):,} rows ({states}; {files:,} with files)")
    if different:
        yield f"{len(different)} rows differ, such as {one.get(different[0])} and {two.get(different[0])}"


def judged(log: Sequence[Record], kills: int) -> Iterator[str]:
    """Print what the server's log says; yield what must not be."""
    twice, files = asked_twice(log), len(files_twice(log))
    broken = violations(log)
    print(
        f"calls {sum(record.method != IMAGE for record in log):,}, files {sum(record.method == IMAGE for record in log):,}"
    )
    print(f"asked again though answered: {len(twice)} calls and {files} files, for {kills} kills")
    print(f"violations: {len(broken)}")
    if len(twice) + files > kills:
        yield f"{len(twice) + files} questions were asked again though they were answered"
    yield from (*broken[:5], *complaints(log)[:5])


def explained(workspace: Workspace) -> Iterator[str]:
    """Print the refusals; yield photos without EXIF and without a reason."""
    with Catalog.open(workspace, read_only=True) as catalog:
        refused = harvest_status(catalog).refused
    reasons = Counter((one.step, one.reason) for one in refused)
    print("; ".join(f"{count:,} {step}: {reason}" for (step, reason), count in sorted(reasons.items())))
    known = {one.photo_id for one in refused}
    missing = [photo for photo, row in rows_of(workspace).items() if row["status"] != "ok" and photo not in known]
    print(f"refusals explained: {'no' if missing else 'yes'}")
    if missing:
        yield f"{len(missing)} photos are without EXIF and without a reason, such as {missing[0]}"


# --- simulated time


def most_in(log: Sequence[Record], seconds: float) -> int:
    """Return the most API calls in any window of this length, whatever became of them."""
    times = [record.at for record in log if record.method != IMAGE]
    return max(place - bisect_right(times, at - seconds) + 1 for place, at in enumerate(times))


@contextmanager
def session(workspace: Workspace, flickr: FakeFlickr, time_: Simulated) -> Iterator[tuple[Catalog, Flickr, Pace]]:
    """Open a workspace and a client whose pace goes by simulated time, at the default limits."""
    hosts = Hosts.from_environment({"CURATE_FLICKR_HOSTS": flickr.hosts})
    with (
        workspace.writing("benchmark"),
        Catalog.open(workspace) as catalog,
        guarded_client(hosts, TIMEOUT) as http,
    ):
        pace = Pace(Calls(catalog), Limit(), time_.clock, time_.sleep)
        yield catalog, Flickr(http, flickr.endpoint, SecretStr(KEY), pace), pace


def simulate(folder: Path, photos: int, rate: float, seed: int) -> list[str]:
    """Harvest at the default limits in simulated time, with a restart in between; return what is wrong."""
    time_, workspace = Simulated(seed), Workspace.create(folder / "simulated")
    begun, started, limit = time_.now, time.monotonic(), Limit()
    faults = Faults(rate=rate, seed=seed, retry_after=90, silent_seconds=30)
    limits = Limits(calls=limit.calls, pace=1 / limit.interval)
    plan = Plan(search=(Query(taken_from="2000", taken_to="2025"),), window="year")
    with FakeFlickr(Universe(photos, seed), faults, limits, clock=time_.arrive) as flickr:
        with session(workspace, flickr, time_) as (catalog, client, pace):
            finish(search(catalog, client, plan))
            finish(harvest_exif(catalog, client, photos // 2))
            pace.begin(TIMEOUT)  # the process is killed while a call is under way
        with session(workspace, flickr, time_) as (catalog, client, _):
            finish(harvest_exif(catalog, client))
            status = harvest_status(catalog)
        log = flickr.log
    most, hours = most_in(log, HOUR), (time_.now - begun) / HOUR
    silence = max(two.at - one.at for one, two in pairwise(log))
    print(
        f"simulated: {status.photos:,} photos, {len(log):,} calls in {hours:.2f} hours ({time.monotonic() - started:.0f} s); "
        f"most calls in an hour {most:,} of {limit.calls:,}; longest silence {silence:.0f} s"
    )
    wrong = violations(log)[:5]
    if most > limit.calls:
        wrong.append(f"{most:,} calls in an hour")
    if status.pending:
        wrong.append(f"{status.pending} photos still wait for EXIF")
    return wrong


if __name__ == "__main__":
    sys.exit(main())
