"""How long the app waits for a large catalogue: every query that its screens make, on a catalogue made by SQL.

Usage: python -m benchmarks.large_catalog [--photos N] [--listing]

An eighth as many candidate pairs as photos, a twentieth as many decided pairs, three thousand cameras. Each query is timed
eleven times on a fresh connection. Bar: 100 ms for each at a million photos, on the median, since other load on the machine
disturbs single ones. The library's filter may have to look at every photo: it runs beside the app (a thread with a
connection of its own), so it has a table of its own and no bar. `--listing` also times what commands read: all label rows,
and the peak of the memory while they are printed.

Exits with 1 where a bar is missed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
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
from curate.catalog.pairs import pair_of, pairs, queue, waiting
from curate.catalog.store import Catalog
from curate.errors import UsageError
from curate.tui.filtering import where_of
from curate.tui.screens.library import SHOWN_ROWS
from curate.tui.screens.review import photo_labels
from curate.workspace import Workspace

BAR_MS = 100.0
REPEATS = 11
CAMERAS = 3000


def main() -> int:
    """Print the table; return 1 where a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=1_000_000)
    parser.add_argument("--listing", action="store_true", help="also time what commands read")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace.create(Path(folder) / "workspace")
        start = time.perf_counter()
        with Catalog.open(workspace) as catalog:
            build(catalog, options.photos)
        size = workspace.catalog.stat().st_size / 1e6
        print(f"{options.photos:,} photos, {size:.0f} MB, built in {time.perf_counter() - start:.0f} s\n")
        slow = queries(workspace)
        if options.listing:
            listing(workspace)
    if slow:
        print(f"\nover {BAR_MS:g} ms: {', '.join(slow)}")
    return int(bool(slow))


def build(catalog: Catalog, photos: int) -> None:
    """Fill a catalogue: cameras, photos, candidates of the first ones, and a log of decisions about some."""
    sql = catalog.connection
    sql.create_function("sha256", 1, lambda n: hashlib.sha256(str(n).encode()).hexdigest(), deterministic=True)
    sql.execute("PRAGMA synchronous = OFF")
    numbers = "WITH RECURSIVE number (n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM number WHERE n < {last})"
    kinds = ("smartphone", "dslr", "mirrorless", "compact", "unknown")
    types = "CASE n % 5 " + " ".join(f"WHEN {i} THEN '{kind}'" for i, kind in enumerate(kinds)) + " END"
    path = f"printf('/media/photos/collection/%04d/%02d/IMG_%07d.JPG', 2000 + n * 20 / {photos}, n * 240 / {photos} % 12, n)"
    with catalog.transaction():
        sql.execute(
            numbers.format(first=1, last=CAMERAS)
            + "INSERT INTO camera (id, make, model, make_normalized, model_normalized, type, rule) "
            f"SELECT n, 'Maker ' || (n % 60), 'Model ' || n, 'Maker ' || (n % 60), 'Model ' || n, {types}, 'table' FROM number"
        )
        # phones and cameras alternate: candidates join an odd one with the even one before it, and its neighbours
        sql.execute(
            numbers.format(first=1, last=photos)
            + "INSERT INTO photo (id, path_bytes, path, source, size, mtime_ns, status, sha256, photo_id, extension, camera, "
            "exposure, aperture, focal_length, iso_speed, flash, year, taken_at, taken_precision, width, height, orientation, "
            "format, jpeg_subsampling, jpeg_quality, phash, semantic_label) "
            "SELECT n, CAST(p AS BLOB), p, 'local', 4000000, n, iif(n % 500 = 0, 'truncated', 'ok'), sha256(n), n, 'jpg', "
            f"1 + (n * 7919) % {CAMERAS}, '1/125', '2.8', '50.0 mm', '200', 'without flash', '2019.0', "
            "'2019-07-14T09:21:11', 'second', 4000, 3000, 1, 'JPEG', '4:2:0', 93, substr(sha256(n), 1, 16), "
            "iif(n % 3, 'topic ' || (n % 40), NULL) "
            f"FROM (SELECT n, {path} AS p FROM number)"
        )
    evidence = '{"matches": 120, "inliers": 45, "seconds": 3.5, "clock": "estimated"}'
    with catalog.transaction():
        sql.execute(
            numbers.format(first=1, last=photos // 10)
            + "INSERT INTO candidate (phone, other, score, assigned, evidence) "
            f"SELECT 2 * n - 1, 2 * n, 0.5 + (n % 1000) / 2000.0, 1, '{evidence}' FROM number UNION ALL "
            f"SELECT 2 * n - 1, 2 * n + 2, 0.3, 0, '{evidence}' FROM number WHERE n % 4 = 0"
        )
        for number in range(1, photos // 10 + 1, 2):
            phone, other = _sha(2 * number - 1), _sha(2 * number)
            payload = json.dumps({"phone": phone, "other": other, "subject_idx": number, "before": None})
            action, status = ("accept", "accepted") if number % 4 == 1 else ("reject", "rejected")
            sql.execute(
                "INSERT INTO decision (seq, at, who, action, payload) VALUES (?, '2026-01-01T00:00:00+00:00', 'x', ?, ?)",
                (number, action, payload),
            )
            sql.execute(
                "INSERT INTO verdict (phone, other, status, subject_idx, seq) VALUES (?, ?, ?, ?, ?)",
                (phone, other, status, number if number % 4 == 1 else None, number),
            )
        # the bulk of candidates was put there by hand: what waits is computed as a pairing run does
        sql.execute(
            "UPDATE candidate SET waits = "
            "(SELECT s.waits FROM candidate_state s WHERE s.phone = candidate.phone AND s.other = candidate.other)"
        )


def _sha(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def queries(workspace: Workspace) -> list[str]:
    """Time every query of the screens; return the names of those over the bar."""
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
        (f"library: first {SHOWN_ROWS:,} photos", lambda c: list(c.labels(None, SHOWN_ROWS))),
        ("library: two marked photos", lambda c: pair_of(c, path, near)),
        ("review: the queue's next 1,000", lambda c: queue(c, 1000)),
        ("review: one photo's labels", lambda c: photo_labels(c, first.phone_id)),
        ("review: accept, undo", accept_and_undo),
        ("review: redo, undo", lambda c: (decisions.redo(c), decisions.undo(c))),
        ("cameras: list", lambda c: c.cameras()),
        ("cameras: set a type", set_type),
    ]
    print(f"{'query':44} {'first':>9} {'median':>9} {'worst':>9}  ms")
    for name, query in screens:
        times = timed(workspace, query)
        median, worst = sorted(times)[len(times) // 2], max(times)
        print(f"{name:44} {times[0]:9.1f} {median:9.1f} {worst:9.1f}", flush=True)
        if median > BAR_MS:
            slow.append(name)
    print(f"\n{'filter, beside the app':44} {'1st page':>9} {'count':>9}  ms")
    for text, where in (
        ("word in many names: 2019", where_of("2019")),
        ("word of one photo: IMG_0077777", where_of("IMG_0077777")),
        ("camera_type = 'dslr'", "camera_type = 'dslr'"),
        ("\"Model\" = 'Model 7'", "\"Model\" = 'Model 7'"),
        ("status != 'ok'", "status != 'ok'"),
    ):
        answers: list[str] = []
        for ask in (lambda c, w=where: list(c.labels(w, SHOWN_ROWS)), lambda c, w=where: c.count(w)):
            try:
                answers.append(f"{min(timed(workspace, ask, 2)):9.1f}")
            except UsageError:
                answers.append(f"{'stopped':>9}")  # after QUERY_SECONDS
        print(f"{text:44} {' '.join(answers)}", flush=True)
    return slow


def timed(workspace: Workspace, query: Callable[[Catalog], object], repeats: int = REPEATS) -> list[float]:
    """Milliseconds of each run, on a connection of its own."""
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


_PRINTED = """
import sys
from benchmarks.ingest import peak_megabytes
from curate.cli import main
try:
    main()
finally:
    print(peak_megabytes(), file=sys.stderr)
"""


def listing(workspace: Workspace) -> None:
    """Time what commands read whole, and weigh the one that prints it."""
    print("\nwhat commands read whole")
    for name, read in (
        ("every label row", lambda c: sum(1 for _ in c.labels())),
        ("every label row with its file, for exports", lambda c: sum(1 for _ in c.labels_and_files())),
        ("every pair", lambda c: sum(1 for _ in pairs(c))),
    ):
        print(f"{name:44} {timed(workspace, read, 1)[0] / 1000:9.1f} s", flush=True)
    command = [
        sys.executable,
        "-c",
        _PRINTED,
        "photos",
        "-w",
        str(workspace.root),
        "--format",
        "jsonl",
    ]
    start = time.perf_counter()
    with open(os.devnull, "wb") as nowhere:
        told = subprocess.run(command, stdout=nowhere, stderr=subprocess.PIPE, text=True)
    peak = float(told.stderr.split()[-1])
    print(f"{'curate photos --format jsonl':44} {time.perf_counter() - start:9.1f} s, {peak:.0f} MB at most")


if __name__ == "__main__":
    sys.exit(main())
