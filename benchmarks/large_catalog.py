"""Latency of the app on a large catalogue: every query of its screens, on a catalogue made by SQL.

Usage: python -m benchmarks.large_catalog [--photos N] [--commands]

For each eight photos there is a candidate pair, for each twenty a decided pair; there are three thousand cameras. Each query is
timed eleven times on a new connection. The target is a median of 100 ms for each at a million photos; the median, since other
load on the machine affects single runs. The library's filter may have to scan all photos; it runs in a thread with its own
connection, so it has a separate table and no target. `--commands` also runs the commands that process all photos, each in its
own process, and prints their wall-clock seconds, CPU seconds and peak memory. Targets: 60 seconds on an idle machine and 1,000
MB for each at a million photos. A twentieth of the photos are near duplicates of another one, a hundredth exact copies. No
photo's file exists, so that an export selects photos and then leaves all of them out.

Exits with 1 where a target is missed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from curate.cameras.types import CameraType
from curate.catalog import decisions
from curate.catalog.browsing import Order, SortKey, first_ids, photo_ids, rows_of
from curate.catalog.candidates import waiting
from curate.catalog.labels import LABEL_COLUMNS
from curate.catalog.pairs import pair_of, queue
from curate.catalog.photos import labels_of
from curate.catalog.phototable import read
from curate.catalog.store import Catalog
from curate.errors import UsageError
from curate.export.table import packed
from curate.splits.make import SIDES, split_file_name
from curate.tui.filtering import where_of
from curate.tui.screens.photolist import AT_ONCE
from curate.workspace import Workspace
from tests.helpers.large_catalog import build

BAR_MS = 100.0
BAR_SECONDS, BAR_MEGABYTES = 60.0, 1000.0
FILES = tuple(split_file_name(attribute) for attribute in ("Make", "Is Smartphone"))
REPEATS = 11


def main() -> int:
    """Print the table; return 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=1_000_000)
    parser.add_argument("--commands", action="store_true", help="also run the commands that process all photos")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace.create(Path(folder) / "workspace")
        start = time.perf_counter()
        with Catalog.open(workspace) as catalog:
            build(catalog, options.photos)
        size = workspace.catalog.stat().st_size / 1e6
        print(f"{options.photos:,} photos, {size:.0f} MB, built in {time.perf_counter() - start:.0f} s\n")
        slow = queries(workspace)
        missed = commands(workspace) if options.commands else []
    if slow:
        print(f"\nover {BAR_MS:g} ms: {', '.join(slow)}")
    if missed:
        print(f"\nover {BAR_SECONDS:g} s or {BAR_MEGABYTES:g} MB: {', '.join(missed)}")
    return int(bool(slow or missed))


def queries(workspace: Workspace) -> list[str]:
    """Time every query of the screens; return the names of those that are too slow."""
    slow: list[str] = []
    with opened(workspace) as catalog:
        path = str(
            catalog.connection.execute(
                "SELECT path FROM photo WHERE id = 77777 % (SELECT max(id) FROM photo)"
            ).fetchone()[0]
        )
        near = str(
            catalog.connection.execute(
                "SELECT path FROM photo WHERE id = 77778 % (SELECT max(id) FROM photo)"
            ).fetchone()[0]
        )
        first = queue(catalog, 1)[0]
    flip = [CameraType.COMPACT, CameraType.DSLR]

    def accept_and_undo(catalog: Catalog) -> None:
        decisions.decide(catalog, "accept", first.phone_sha256, first.other_sha256)
        decisions.undo(catalog)

    def set_type(catalog: Catalog) -> None:
        flip.reverse()
        decisions.set_camera_type(catalog, "Maker 7", "Model 7", flip[0])

    screens: list[tuple[str, Callable[[Catalog], object]]] = [
        ("library: count all", lambda c: c.count()),
        ("library: counts by type", lambda c: c.counts("camera_type")),
        ("library: counts by make", lambda c: c.counts("make_normalized")),
        ("library: counts by status", lambda c: c.counts("status")),
        ("library: pairs that wait", waiting),
        ("library: decided pairs", decisions.tally),
        (f"library: first {AT_ONCE:,} photos", lambda c: rows_of(c, first_ids(c, AT_ONCE))),
        ("library: two marked photos", lambda c: pair_of(c, path, near)),
        ("review: the queue's next 1,000", lambda c: queue(c, 1000)),
        ("review: one photo's labels", lambda c: labels_of(c, first.phone_id)),
        ("review: accept, undo", accept_and_undo),
        ("review: redo, undo", lambda c: (decisions.redo(c), decisions.undo(c))),
        ("cameras: list", lambda c: c.cameras.listed()),
        ("cameras: set a type", set_type),
    ]
    print(f"{'query':44} {'first':>9} {'median':>9} {'worst':>9}  ms")
    for name, query in screens:
        times = timed(workspace, query)
        median, worst = sorted(times)[len(times) // 2], max(times)
        print(f"{name:44} {times[0]:9.1f} {median:9.1f} {worst:9.1f}", flush=True)
        if median > BAR_MS:
            slow.append(name)
    print(f"\n{'filter, beside the app':44} {'by path':>9} {'by time':>9}  ms")
    for text, where in (
        ("word in many names: 2019", where_of("2019")),
        ("word of one photo: IMG_0077777", where_of("IMG_0077777")),
        ("camera_type = 'dslr'", "camera_type = 'dslr'"),
        ("\"Model\" = 'Model 7'", "\"Model\" = 'Model 7'"),
        ("status != 'ok'", "status != 'ok'"),
    ):
        answers: list[str] = []
        for ask in [
            lambda c, w=where, o=order: photo_ids(c.workspace, w, o) for order in (Order(), Order(SortKey.TAKEN))
        ]:
            try:
                answers.append(f"{min(timed(workspace, ask, 2)):9.1f}")
            except UsageError:
                answers.append(f"{'stopped':>9}")  # the time limit QUERY_SECONDS
        print(f"{text:44} {' '.join(answers)}", flush=True)
    return slow


def timed(workspace: Workspace, query: Callable[[Catalog], object], repeats: int = REPEATS) -> list[float]:
    """Milliseconds of each run, on a new connection."""
    times = []
    with opened(workspace) as catalog:
        for _ in range(repeats):
            start = time.perf_counter()
            query(catalog)
            times.append(1000 * (time.perf_counter() - start))
    return times


@contextmanager
def opened(workspace: Workspace) -> Iterator[Catalog]:
    """The catalogue, as the app opens it."""
    with Catalog.open(workspace) as catalog:
        yield catalog


_RUN = """
import sys, time
from benchmarks.ingest import peak_megabytes
from curate.cli import main
try:
    main()
finally:
    print(f"\\n{time.process_time()} {peak_megabytes()}", file=sys.stderr)
"""

_REST = """
import sys
from pathlib import Path
from curate.catalog.store import Catalog
from curate.export import write
from curate.export.run import export_rows
from curate.export.select import Choice, Tally, select
from curate.workspace import Workspace

class Nowhere:
    out, hashes = Path("set"), {}
    def write(self, name, data):
        self.hashes[name] = "0" * 64

def main():
    tally, folder = Tally(), Nowhere()
    with Catalog.open(Workspace.open(Path(sys.argv[1])), read_only=True) as catalog:
        photos = select(export_rows(catalog), Choice(), tally)
    folder.hashes.update(zip(photos.values("file_name"), photos.values("sha256")))
    options = write.ExportOptions(attributes=("Make", "Is Smartphone"))
    write._write_rest(photos, folder, options, tally.result())
"""


def commands(workspace: Workspace) -> list[str]:
    """Run every command that processes all photos in its own process; return those that miss a target."""
    root, missed = workspace.root, []
    table, where = root.parent / "set", ("-w", str(root))
    a_set(workspace, table)
    splits = root / "splits"
    attributes = ("--attribute", "Make", "--attribute", "Is Smartphone")
    runs: list[tuple[str, tuple[str, ...]]] = [
        ("curate status", ("status", *where)),
        ("curate cameras", ("cameras", *where)),
        ("curate photos", ("photos", *where)),
        ("curate photos --format jsonl", ("photos", *where, "--format", "jsonl")),
        ("curate photos --format csv", ("photos", *where, "--format", "csv")),
        ("curate photos --json", ("photos", *where, "--json")),
        ("curate pairs", ("pairs", *where)),
        ("curate pairs --format jsonl", ("pairs", *where, "--format", "jsonl")),
        ("curate groups", ("groups", *where)),
        ("curate duplicates", ("duplicates", *where)),
        ("curate duplicates --json", ("duplicates", *where, "--json")),
        ("curate split", ("split", *where, *attributes)),
        ("curate skipped", ("skipped", str(splits), *where)),
        ("curate export: selection, no file is there", ("export", str(root.parent / "none"), *where)),
        ("export: splits, labels, audit, card", ()),
        ("curate audit of a set", ("audit", str(table))),
        ("curate audit of a set and split files", ("audit", str(table), *(f"{splits}/{name}" for name in FILES))),
    ]
    print(f"\n{'command':44} {'seconds':>9} {'CPU s':>9} {'MB':>9}")
    for name, words in runs:
        code = _RUN if words else _RUN.replace("from curate.cli import main", _REST)
        start = time.perf_counter()
        command = [sys.executable, "-c", code, *(words or (str(root),))]
        with open(os.devnull, "wb") as nowhere:
            told = subprocess.run(command, stdout=nowhere, stderr=subprocess.PIPE, text=True)
        seconds = time.perf_counter() - start
        processor, megabytes = map(float, told.stderr.splitlines()[-1].split())
        print(f"{name:44} {seconds:9.1f} {processor:9.1f} {megabytes:9.0f}", flush=True)
        if seconds > BAR_SECONDS or megabytes > BAR_MEGABYTES:
            missed.append(name)
    return missed


def a_set(workspace: Workspace, folder: Path) -> None:
    """Write the table of a set of all photos, each on one side of a split that leaks."""
    with opened(workspace) as catalog:
        photos = read(catalog, LABEL_COLUMNS, {})
    photos = photos.with_column("split", [SIDES[photo_id % 3] for photo_id in photos.values("photo_id")])
    folder.mkdir()
    (folder / "metadata.parquet").write_bytes(packed(photos))


if __name__ == "__main__":
    sys.exit(main())
