"""Injects an error, a full disk and a kill at every system call that changes files, and checks that the old or the new state is
left.

Usage: python -m benchmarks.faults [--scenario NAME …] [--every N]

Each scenario is a command on a small workspace: an export to a new place, one that replaces a set, decisions in the catalogue,
pairing with its cache, an evaluation into a run folder. The command runs once undisturbed, and its calls are counted (including
those of SQLite, Arrow and safetensors). Then it runs again from the same start with a fault at the first call, at the second, and
so on. After each run these must hold:

- the catalogue passes SQLite's integrity check;
- the command's output is in the old or the new state, and its message says which;
- no traceback was printed;
- the same command, run again undisturbed, completes and gives the same bytes, and no other files are left.

Exits with 1 where one of them does not hold.
"""

from __future__ import annotations

import argparse
import errno
import hashlib
import importlib
import json
import os
import shutil
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import piexif
from PIL import Image

from benchmarks import injected
from benchmarks.injected import Fault, Outcome
from curate.cli import run_cli
from curate.errors import Exit
from curate.export import folder
from tracer.cli import run_cli as run_tracer

Tree = dict[str, str]
PHOTOS = 6
_HEAVY = (
    "tracer.evaluation.evaluate",
    "tracer.embeddings.embed",
    "pandas",
    "pyarrow.parquet",
    "safetensors.numpy",
    "cv2",
    "scipy.stats",
)


@dataclass(frozen=True)
class Scenario:
    """A command and how its result is checked.

    Attributes:
        name: what it is about.
        base: makes the start state below a folder.
        work: the command; returns its exit code.
        again: the command that is run after a fault.
        state: what the command makes, as paths and hashes.
        beside: the names that a folder may hold after the second run; None where that is not checked.
        parts: whether the command makes several things in turn, each of which may be in the old or the new state.
    """

    name: str
    base: Callable[[Path], None]
    work: Callable[[Path], int]
    again: Callable[[Path], int]
    state: Callable[[Path], Tree]
    beside: Callable[[Path], list[str]] | None = None
    parts: bool = False


@dataclass
class Tally:
    """The result of a scenario: its calls, how the runs with faults ended, and what did not hold."""

    calls: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def main() -> int:
    """Print the results; return 1 where something did not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenario", action="append", choices=[one.name for one in SCENARIOS])
    parser.add_argument("--every", type=int, default=1, help="a fault only at every Nth call")
    options = parser.parse_args()
    if why := injected.why_not_here():
        print(why, file=sys.stderr)
        return 1
    for module in _HEAVY:  # imported once, not in each child
        importlib.import_module(module)
    wrong = 0
    for scenario in SCENARIOS:
        if options.scenario and scenario.name not in options.scenario:
            continue
        with tempfile.TemporaryDirectory() as scratch:
            tally = try_all(scenario, Path(scratch), options.every)
        counted = ", ".join(f"{count} {name}" for name, count in tally.calls.most_common())
        print(f"{scenario.name}: {tally.calls.total()} calls ({counted})")
        for end, count in sorted(tally.ends.items()):
            print(f"  {count:4} × {end}")
        print("\n".join(f"  WRONG {line}" for line in tally.wrong), flush=True)
        wrong += len(tally.wrong)
    return int(wrong > 0)


def try_all(scenario: Scenario, scratch: Path, every: int = 1) -> Tally:
    """Run a scenario with each fault at each call."""
    base, trial, said = scratch / "base", scratch / "trial", scratch / "said.txt"
    scenario.base(trial)
    trial.rename(base)
    tally = Tally()

    def begin() -> Tree:
        shutil.rmtree(trial, ignore_errors=True)
        shutil.copytree(base, trial, symlinks=True)
        return scenario.state(trial)

    old = begin()
    calm = injected.run(lambda: scenario.work(trial), trial, said)
    if calm.code != 0:
        tally.wrong.append(f"undisturbed it ended with {calm.code}: {calm.said}")
        return tally
    new, beside = scenario.state(trial), scenario.beside(trial) if scenario.beside else []
    tally.calls.update(calm.calls)
    for at in range(0, len(calm.calls), every):
        for fault in Fault:
            if fault is Fault.FULL and calm.calls[at] not in injected.NEEDS_ROOM:
                continue  # it would be the same as at the next call that needs room
            begin()
            outcome = injected.run(lambda: scenario.work(trial), trial, said, fault, at)
            where = f"{fault} at call {at} ({calm.calls[at]})"
            after = scenario.state(trial)
            kind = _kind(scenario, after, old, new)
            tally.ends[f"{fault}: {_end(outcome)}, {kind}"] += 1
            tally.wrong += [f"{where}: {line}" for line in _problems(outcome, kind, fault, trial)]
            second = injected.run(lambda: scenario.again(trial), trial, said)
            if second.code != 0 or scenario.state(trial) != new:
                tally.wrong.append(f"{where}: the next run ended with {second.code}: {second.said[-500:]}")
            if scenario.beside and scenario.beside(trial) != beside:
                tally.wrong.append(f"{where}: afterwards there is {scenario.beside(trial)}")
    return tally


def _kind(scenario: Scenario, after: Tree, old: Tree, new: Tree) -> str:
    if after == new:
        return "the new state"
    if after == old:
        return "the old state"
    each = all(after.get(name) in (old.get(name), new.get(name)) for name in {*after, *old, *new})
    return "some files new, each whole" if scenario.parts and each else "NEITHER STATE"


def _end(outcome: Outcome) -> str:
    if outcome.code < 0:
        return "killed"
    return f"exit code {outcome.code}" if outcome.struck else "not reached"


def _problems(outcome: Outcome, kind: str, fault: Fault, trial: Path) -> Iterator[str]:
    if kind == "NEITHER STATE":
        yield "neither the old nor the new state"
    if "Traceback" in outcome.said or outcome.code == injected.UNCAUGHT:
        yield f"a traceback: {outcome.said[-1500:]}"
    if outcome.code == Exit.DONE and kind != "the new state":
        yield f"it reported success, but there is {kind}"
    if outcome.code > 0 and kind == "the new state" and "new set is at" not in outcome.said and _tells_of_sets(outcome):
        yield f"it failed without saying that the new set is there: {outcome.said}"
    if kind == "the old state" and "new set is at" in outcome.said:
        yield f"it says that the new set is there: {outcome.said}"
    if fault is not Fault.KILL and outcome.code < 0:
        yield f"it ended with signal {-outcome.code}"
    for path in trial.rglob("catalog.sqlite"):
        with closing(sqlite3.connect(path)) as connection:
            checked = connection.execute("PRAGMA integrity_check").fetchall()
            checked += connection.execute("PRAGMA foreign_key_check").fetchall()
        if checked != [("ok",)]:
            yield f"the catalogue is damaged: {checked[:3]}"


def _tells_of_sets(outcome: Outcome) -> bool:
    return "curate: the set" in outcome.said or "unchanged" in outcome.said


# --- the scenarios


def make_workspace(trial: Path) -> None:
    """Make a workspace `w` with a few photos of a phone and a camera, of which one pair is accepted."""
    photos = trial / "photos"
    photos.mkdir(parents=True)
    for number in range(PHOTOS):
        make, model = ("Apple", "iPhone X") if number % 2 else ("Canon", "Canon EOS 40D")
        random = np.random.default_rng(number // 2)
        picture = Image.fromarray(random.integers(0, 255, (24, 32, 3), dtype=np.uint8)).resize((320, 240))
        exif = {"0th": {piexif.ImageIFD.Make: make, piexif.ImageIFD.Model: model}}
        picture.save(photos / f"{number}.jpg", "JPEG", quality=95 - number, exif=piexif.dump(exif))
    _must(run_cli(["new", str(trial / "w")]))
    _must(run_cli(["ingest", str(photos), "-w", str(trial / "w"), "--jobs", "1"]))
    _must(run_cli(["decide", "accept", str(photos / "1.jpg"), str(photos / "0.jpg"), "-w", str(trial / "w")]))


def _with_set(trial: Path) -> None:
    make_workspace(trial)
    _must(run_cli(["export", str(trial / "sets" / "set"), "-w", str(trial / "w"), "--pairs"]))


def make_labelled_set(trial: Path) -> None:
    """Make a folder of pictures with labels, for tracer."""
    place = trial / "sets" / "set"
    place.mkdir(parents=True)
    lines = ["file_name,Make,semantic_label"]
    for number in range(36):
        random = np.random.default_rng(number)
        Image.fromarray(random.integers(0, 255, (24, 32, 3), dtype=np.uint8)).save(place / f"{number}.png")
        lines.append(f"{number}.png,{'Apple' if number % 2 else 'Canon'},{'cat' if number % 3 else 'dog'}")
    (place / "metadata.csv").write_text("\n".join(lines) + "\n")


def _export(trial: Path) -> int:
    return run_cli(["export", str(trial / "sets" / "set"), "-w", str(trial / "w"), "--replace"])


def _export_by_two_renames(trial: Path) -> int:
    """Behave like a file system that cannot exchange two folders."""

    def cannot(*_: Path) -> None:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    folder.exchange = cannot  # this is a child process, so the change affects nothing else
    return _export(trial)


def _label(trial: Path) -> int:
    words = ["label", "-w", str(trial / "w"), "--where", '"Is Smartphone" = 1', "semantic_label=cat"]
    return run_cli(words)


def _pair(trial: Path) -> int:
    return run_cli(["pair", "-w", str(trial / "w"), "--jobs", "1"])


def _evaluate(trial: Path) -> int:
    words = ["association", str(trial / "sets" / "set"), "-o", str(trial / "run"), "--json"]
    return run_tracer(words)


def _embed(trial: Path) -> int:
    words = ["embed", str(trial / "sets" / "set"), "-o", str(trial / "run"), "--encoders", "baseline/colour"]
    return run_tracer([*words, "--workers", "1", "--json"])


def _must(code: int) -> None:
    if code != 0:
        raise SystemExit(f"the beginning could not be made: exit code {code}")


def files(place: Path) -> Tree:
    """The files below a folder, except hidden ones."""
    return {
        path.relative_to(place).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(place.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }


def _set(trial: Path) -> Tree:
    """The files in the set's place (or aside, between two renames). An incomplete set would be in neither state."""
    return files(trial / "sets" / "set") or files(trial / "sets" / ".set.replaced")


def _catalogue(*tables: str) -> Callable[[Path], Tree]:
    """The tables of the catalogue, without times of writing, as one entry, since a command is one transaction."""

    def state(trial: Path) -> Tree:
        with closing(sqlite3.connect(trial / "w" / "catalog.sqlite")) as connection:
            connection.row_factory = sqlite3.Row
            rows = [
                [table, *((name, repr(row[name])) for name in row.keys() if name != "at")]  # noqa: SIM118  a row's keys
                for table in tables
                for row in connection.execute(f"SELECT * FROM {table}")
            ]
        return {"catalogue": json.dumps(sorted(rows))}

    return state


def _run(trial: Path) -> Tree:
    """The files of a run; of results.json only the rows, which hold no time."""
    found = {name: digest for name, digest in files(trial / "run").items() if name != "results.json"}
    results = trial / "run" / "results.json"
    if results.exists():
        found["results.json"] = json.dumps(json.loads(results.read_text())["rows"])
    return {name: digest for name, digest in found.items() if not name.startswith("shards/")}


def _features(trial: Path) -> Tree:
    return files(trial / "w" / "cache" / "features") | _catalogue("candidate")(trial)


def _names(*folders: str) -> Callable[[Path], list[str]]:
    """All names in some folders, including hidden ones."""
    return lambda trial: sorted(
        path.relative_to(trial).as_posix() for name in folders for path in (trial / name).rglob("*")
    )


SCENARIOS = (
    Scenario("export", make_workspace, _export, _export, _set, _names("sets")),
    Scenario("export --replace", _with_set, _export, _export, _set, _names("sets")),
    Scenario("export by two renames", _with_set, _export_by_two_renames, _export_by_two_renames, _set, _names("sets")),
    Scenario("catalogue", make_workspace, _label, _label, _catalogue("photo", "assertion", "decision")),
    Scenario("cache", make_workspace, _pair, _pair, _features, _names("w/cache"), parts=True),
    Scenario("embed", make_labelled_set, _embed, _embed, _run, _names("run"), parts=True),
    Scenario("results", make_labelled_set, _evaluate, _evaluate, _run, _names("run"), parts=True),
)

if __name__ == "__main__":
    sys.exit(main())
