"""Kills an ingest (kill -9) many times at random moments and then runs it to the end: the catalogue must equal an undisturbed
run's.

Usage: python -m benchmarks.kills [--files N] [--kills N] [--seed N]

The files are small JPEGs with varied EXIF, some of them damaged, and some other files. Every other kill includes the reading
processes; the others leave them to end by themselves. All tables are compared, with rows identified by content (row numbers
depend on the order of reading) and without times of writing; the previews are compared byte for byte.

Exits with 1 where anything differs.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import piexif
from PIL import Image

from curate.catalog.database import connect_read_only
from curate.catalog.store import Catalog
from curate.workspace import Workspace

CAMERAS = (("Canon", "Canon EOS 40D"), ("Apple", "iPhone X"), ("samsung", "SM-G991B"), ("Acme", "X100"), (None, None))


def main() -> int:
    """Print the result; return 1 where the catalogues differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        differences = kill_and_compare(Path(folder), options.files, options.kills, options.seed)
    print("\n".join(differences) if differences else "the same catalogue and the same previews")
    return int(bool(differences))


def kill_and_compare(folder: Path, files: int, kills: int, seed: int) -> list[str]:
    """Ingest once undisturbed and once with many kills; return the differences, one line each."""
    make_files(folder / "photos", files)
    calm, hurt = Workspace.create(folder / "calm"), Workspace.create(folder / "hurt")
    for workspace in (calm, hurt):
        with Catalog.open(workspace):
            pass
    start = time.monotonic()
    _start(folder / "photos", calm).wait()
    whole = time.monotonic() - start
    moments = random.Random(seed)
    running, reached = 0, [0]
    for number in range(kills):
        before = set((hurt.cache / "previews").glob("incoming-*"))
        process = _start(folder / "photos", hurt)
        # a third each is killed at the start, after beginning to read, and after beginning to write
        if number % 3 == 1:
            _wait_for(lambda: _reads(hurt, before), process)  # noqa: B023 - asked at once
        elif number % 3 == 2:
            _wait_for(lambda: _rows(hurt) > reached[-1], process)
        time.sleep(moments.uniform(0, 1.5 * whole / kills if number % 3 == 2 else 1))
        if process.poll() is None:
            if number % 2:
                process.kill()
            else:
                os.killpg(process.pid, signal.SIGKILL)
            running += 1
        process.wait()
        reached.append(_rows(hurt))
    print(f"undisturbed {whole:.1f} s; {running} of {kills} runs were killed while they ran")
    print(f"photos in the catalogue after each: {', '.join(map(str, reached[1:]))}", flush=True)
    _start(folder / "photos", hurt).wait()
    return [*differences(contents(calm), contents(hurt)), *differences(previews(calm), previews(hurt))]


def make_files(folder: Path, count: int) -> None:
    """Write small files of many kinds; equal arguments give equal bytes."""
    random_numbers = np.random.default_rng(0)
    pictures = [Image.fromarray(random_numbers.integers(0, 255, (24, 32, 3), dtype=np.uint8)) for _ in range(8)]
    for number in range(count):
        place = folder / f"{number % 50:02d}"
        place.mkdir(parents=True, exist_ok=True)
        make, model = CAMERAS[number % len(CAMERAS)]
        image = {piexif.ImageIFD.Make: make, piexif.ImageIFD.Model: model} if make else {}
        stamp = f"2019:07:{1 + number % 28:02d} 12:{number // 60 % 60:02d}:{number % 60:02d}"
        exif = {piexif.ExifIFD.DateTimeOriginal: stamp, piexif.ExifIFD.ISOSpeedRatings: 100 + number}
        path = place / f"{number:05d}.jpg"
        pictures[number % 8].save(path, "JPEG", exif=piexif.dump({"0th": image, "Exif": exif}))
        if number % 97 == 0:
            path.write_bytes(path.read_bytes()[: 300 + number % 400])
        if number % 89 == 0:
            path.with_suffix(".txt").write_text("no picture")


def _start(photos: Path, workspace: Workspace) -> subprocess.Popen[bytes]:
    words = ["ingest", str(photos), "-w", str(workspace.root), "--jobs", "2"]
    return subprocess.Popen(
        [sys.executable, "-P", "-c", "from curate.cli import main; main()", *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parent.parent)},
    )


def _wait_for(moment: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None and not moment():
        time.sleep(0.01)


def _reads(workspace: Workspace, before: set[Path]) -> bool:
    """Whether the run has begun to make previews. The folders of killed runs stay until they are replaced."""
    with contextlib.suppress(FileNotFoundError):  # it was removed in the meantime
        return any(any(new.iterdir()) for new in set((workspace.cache / "previews").glob("incoming-*")) - before)
    return False


def _rows(workspace: Workspace) -> int:
    with closing(connect_read_only(workspace.catalog)) as connection:
        return int(connection.execute("SELECT count(*) FROM photo").fetchone()[0])


def contents(workspace: Workspace) -> dict[str, Any]:
    """Every row of every table of a catalogue, by a name that identifies it."""
    with closing(connect_read_only(workspace.catalog)) as connection:
        photo = {row["id"]: row["path_bytes"] for row in connection.execute("SELECT id, path_bytes FROM photo")}
        camera = {
            row["id"]: (row["make"], row["model"], row["file_source"])
            for row in connection.execute("SELECT * FROM camera")
        }
        problems = (
            connection.execute("PRAGMA integrity_check").fetchall()
            + connection.execute("PRAGMA foreign_key_check").fetchall()
        )
        found: dict[str, Any] = {"integrity": [tuple(row) for row in problems]}
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        for table in tables:
            rows = [_named(table, dict(row), photo, camera) for row in connection.execute(f"SELECT * FROM {table}")]
            found |= {f"{table} {key}": row for key, row in filter(None, rows)}
        return found


def _named(table: str, row: dict[str, Any], photo: dict[int, bytes], camera: dict[int, Any]) -> tuple[str, Any] | None:
    """A row with names in place of row numbers, and its key; None for rows about runs, not photos."""
    if table == "sqlite_sequence" or (table == "fact" and row["key"] in ("changed", "revision")):
        return None
    if table == "photo":
        row["camera"] = camera.get(row["camera"])
        return repr(row.pop("path_bytes")), _without(row, "id")
    if table == "camera":
        return repr(camera[row["id"]]), _without(row, "id")
    if table == "photo_count" and row["kind"] == "camera":
        row["value"] = camera.get(row["value"])
    if "photo" in row:
        row["photo"] = photo[row["photo"]]
    return repr(sorted(row.items(), key=str)), None


def _without(row: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != name}


def previews(workspace: Workspace) -> dict[str, Any]:
    """Every file of the cache with the hash of its bytes."""
    return {
        f"preview {path.relative_to(workspace.cache)}": hashlib.sha256(path.read_bytes()).hexdigest()
        for path in workspace.cache.rglob("*")
        if path.is_file()
    }


def differences(calm: dict[str, Any], hurt: dict[str, Any]) -> Iterator[str]:
    """The entries that only one has, or that differ."""
    for key in sorted(calm.keys() | hurt.keys()):
        if key not in hurt or key not in calm:
            yield f"only in the {'undisturbed' if key in calm else 'killed'} one: {key[:300]}"
        elif calm[key] != hurt[key]:
            yield f"differs: {key}: {calm[key]} / {hurt[key]}"[:600]


if __name__ == "__main__":
    sys.exit(main())
