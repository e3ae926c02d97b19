"""Imports a table of FlickrExif's size and columns, splits it by ten attributes with each owner on one side, and audits it.

Usage: python -m benchmarks.flickrexif [--rows N]

The table is made by formula: as many rows as FlickrExif has, 40,000 owners of whom few have most photos, some thousand models of
which few are frequent, one label in twenty null. Each command runs in its own process. Targets on two cores: 60 s and 1,000 MB
for the first import, 60 s for the splits, and no owner on two sides of any of them. The attributes are FlickrExif's eight (its
six columns, and the two that follow from the camera) and two more of the camera. Flash and Year, which the paper's splits also
have, are not among the table's columns.

Exits with 1 where a target is missed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from curate.splits.make import SIDES
from curate.workspace import Workspace

ROWS = 356_459
OWNERS = 40_000
BAR_SECONDS, BAR_MEGABYTES = 60.0, 1000.0
ATTRIBUTES = (
    "Make", "Model", "Smartphone Model", "Is Smartphone", "Exposure", "Aperture", "ISO Speed", "Focal Length", "camera_type",
    "make_normalized",
)  # fmt: skip

_LINES = (
    ("Canon", "Canon EOS {}D", 90), ("NIKON CORPORATION", "NIKON D{}", 850), ("SONY", "DSC-H{}", 400), ("Apple", "iPhone {}", 16),
    ("Panasonic", "DMC-FZ{}", 300), ("OLYMPUS IMAGING CORP.", "E-{}", 620), ("FUJIFILM", "FinePix S{}", 950),
    ("samsung", "SM-G9{}", 99), ("PENTAX", "PENTAX K-{}", 70), ("Canon", "Canon PowerShot SX{} HS", 740),
    ("Google", "Pixel {}", 9),
)  # fmt: skip
_EXPOSURES = [f"1/{n}" for n in (30, 40, 50, 60, 80, 100, 125, 160, 200, 250, 320, 400, 500, 640, 800, 1000)] + [
    "0.5",
    "1.3",
]
_APERTURES = [
    f"{n:.1f}" for n in (1.8, 2.0, 2.2, 2.4, 2.8, 3.2, 3.5, 4.0, 4.5, 5.0, 5.6, 6.3, 7.1, 8.0, 9.0, 10.0, 11.0)
]
_ISOS = [str(n) for n in (50, 64, 80, 100, 125, 160, 200, 250, 320, 400, 500, 640, 800, 1000, 1600, 3200)]
_FOCALS = [f"{n:.1f} mm" for n in (4.2, 4.3, 18, 24, 28, 35, 40, 50, 55, 85, 100, 105, 200)]

_RUN = """
import sys, time
from benchmarks.ingest import peak_megabytes
from curate.cli import main
try:
    main()
finally:
    print(f"\\n{time.process_time()} {peak_megabytes()}", file=sys.stderr)
"""


def main() -> int:
    """Print the table; return 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=ROWS)
    options = parser.parse_args()
    missed: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        owners = write_table(folder / "train.parquet", options.rows)
        Workspace.create(folder / "w")
        print(f"{options.rows:,} rows, {(folder / 'train.parquet').stat().st_size / 1e6:.0f} MB\n")
        print(f"{'command':32} {'seconds':>9} {'CPU s':>9} {'MB':>9}")
        where = ("-w", str(folder / "w"))
        table = ("import", "flickrexif", str(folder / "train.parquet"), *where)
        run("import flickrexif", table, missed)
        run("import flickrexif, again", table, missed)
        attributes = [word for name in ATTRIBUTES for word in ("--attribute", name)]
        run("split by ten attributes", ("split", *where, "--group", "owner", *attributes), missed)
        files = sorted((folder / "w" / "splits").glob("*.json"))
        run("audit of the splits", ("audit", *map(str, files)), missed)
        run("photos --format jsonl", ("photos", *where, "--format", "jsonl"), missed)
        missed += check(files, owners)
    if missed:
        print(f"\nmissed: {', '.join(missed)}")
    return int(bool(missed))


def write_table(path: Path, rows: int) -> NDArray[np.int64]:
    """Write the table; returns the number of each photo's owner, by its ID, the first of which is 1."""
    random = np.random.default_rng(356_459)
    owners = (OWNERS * random.random(rows) ** 3).astype(np.int64)
    line = (len(_LINES) * random.random(rows) ** 1.5).astype(int)
    variant = random.random(rows) ** 4
    cameras = [
        (_LINES[k][0], _LINES[k][1].format(1 + int(v * _LINES[k][2]))) for k, v in zip(line, variant, strict=True)
    ]

    def drawn(values: list[str]) -> pa.Array:
        codes = (len(values) * random.random(rows) ** 1.3).astype(int)
        return pa.array([None if gap else values[k] for k, gap in zip(codes, random.random(rows) < 0.05, strict=True)])

    ids = np.arange(1, rows + 1)
    pq.write_table(
        pa.table(
            {
                "Flickr ID": ids,
                "url": [f"https://live.staticflickr.com/65535/{one}_{one % 65536:04x}_o.jpg" for one in ids],
                "owner": [f"{one:08d}@N00" for one in owners],
                "Make": [make for make, _ in cameras],
                "Model": [model for _, model in cameras],
                "Exposure": drawn(_EXPOSURES),
                "Aperture": drawn(_APERTURES),
                "ISO Speed": drawn(_ISOS),
                "Focal Length": drawn(_FOCALS),
            }
        ),
        path,
    )
    return np.concatenate([[-1], owners])


def run(name: str, words: tuple[str, ...], missed: list[str]) -> None:
    """Run a command in its own process, and print what it took."""
    start = time.perf_counter()
    told = subprocess.run(
        [sys.executable, "-c", _RUN, *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False
    )
    seconds = time.perf_counter() - start
    processor, megabytes = map(float, told.stderr.splitlines()[-1].split())
    print(f"{name:32} {seconds:9.1f} {processor:9.1f} {megabytes:9.0f}", flush=True)
    if told.returncode:
        print(told.stderr)
    if told.returncode or seconds > BAR_SECONDS or megabytes > BAR_MEGABYTES:
        missed.append(name)


def check(files: list[Path], owners: NDArray[np.int64]) -> list[str]:
    """Print each split's classes and photos; return those that are missing or have an owner on two sides."""
    print(f"\n{'split':32} {'classes':>9} {'photos':>9}")
    wrong = [] if len(files) == len(ATTRIBUTES) else [f"{len(files)} splits instead of {len(ATTRIBUTES)}"]
    for file in files:
        content = json.loads(file.read_bytes())
        held = [set(owners[content[f"{side}_ids"]].tolist()) for side in SIDES]
        name = content["target_attribute"]
        photos = sum(len(content[f"{side}_ids"]) for side in SIDES)
        print(f"{name:32} {len(content['label_encoder_classes']):9} {photos:9,}")
        if len(set.union(*held)) != sum(map(len, held)):
            wrong.append(f"{name}: an owner is on two sides")
    return wrong


if __name__ == "__main__":
    sys.exit(main())
