"""The agreement of the labels with exiftool's, by field, also for exifread alone and Pillow alone.

Usage: python -m benchmarks.labels CORPUS [-v]

CORPUS is a folder with `files.csv` (file, kind: camera, nasty or no-camera), `exiftool.json` (`exiftool -j -n` of the tags of
interest) and `exiftool-full-n-G1.json.gz` (all tags with their groups). `-v` lists the files that differ. Exits with 1 where a
target is missed.

Absent counts as a value. Text is compared after stripping, numbers within 0.5 %, GPS within 1e-5 degrees, time to the second. A
value that exiftool has only from a MakerNote may be absent or equal, and is counted separately.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
import re
import sys
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from curate.containers.blocks import TiffBlock
from curate.containers.sniff import Format
from curate.photos.facts import Exif, TakenPrecision
from curate.photos.metadata.exif import read_exif
from curate.photos.metadata.labels import labels_from_tags, merged
from curate.photos.metadata.tags import EXIFREAD_ERRORS, exifread_tags, pillow_tags
from curate.photos.picture import DECODE_ERRORS

FIELDS = {
    "make": "Make",
    "model": "Model",
    "taken_at": "DateTimeOriginal",
    "exposure_s": "ExposureTime",
    "aperture": "FNumber",
    "iso": "ISO",
    "focal_mm": "FocalLength",
    "flash_fired": "Flash",
    "orientation": "Orientation",
    "gps": "GPSLatitude",
}
"""Our label -> exiftool's tag."""

BARS = {"camera": 0.995, "rest": 0.97}
"""The least share of files that must agree, in every field."""

MAKER_BAR = 0.9
"""The least share of ISO speeds found only in MakerNotes that must be read."""

_OF_THE_STANDARD = ("ExifIFD", "IFD0", "IFD1", "SubIFD", "CanonRaw", "GPS", "XMP")


@dataclass(frozen=True, slots=True)
class Comparison:
    """One field of one file.

    Attributes:
        kind: of the file: camera, nasty or no-camera.
        field: the label.
        file: the file's name.
        ours: our value.
        truth: exiftool's value.
        agrees: whether the values are equal.
        excused: whether exiftool has it only from a MakerNote, and we have none.
    """

    file: str
    kind: str
    field: str
    agrees: bool
    excused: bool
    maker_only: bool
    ours: Any
    truth: Any


def main(arguments: list[str]) -> int:
    """Print the table; return 1 where a target is missed."""
    corpus = Path(arguments[0])
    start = time.perf_counter()
    compared = compare(corpus, read_exif)
    seconds = time.perf_counter() - start
    columns = {"ours": compared}
    columns["exifread alone"] = compare(corpus, by_exifread_alone)
    columns["pillow alone"] = compare(corpus, by_pillow_alone)
    print_table(columns)
    files = len({c.file for c in compared})
    print(f"\n{files} files; {1000 * seconds / files:.2f} ms a file in one process")
    print("times depend on the machine's load; the shares do not")
    if "-v" in arguments:
        for c in compared:
            if not (c.agrees or c.excused):
                print(f"{c.kind:10} {c.field:12} {c.file}: {c.ours!r}, exiftool {c.truth!r}")
    missed = list(below_bars(compared))
    print("\ntargets missed: " + ("; ".join(missed) or "none"))
    return 1 if missed else 0


def below_bars(compared: list[Comparison]) -> Iterator[str]:
    """The fields that agree too seldom."""
    for group, bar in BARS.items():
        for field in FIELDS:
            share = _share([c for c in compared if c.field == field and (c.kind == "camera") is (group == "camera")])
            if share < bar:
                yield f"{group} {field} {100 * share:.2f} %"
    speeds = [_verdict(c) for c in compared if c.maker_only and c.field == "iso" and c.truth is not None]
    if speeds and speeds.count("read") < MAKER_BAR * len(speeds):
        yield f"ISO in a MakerNote alone {speeds.count('read')} of {len(speeds)}"


def _share(rows: list[Comparison]) -> float:
    return sum(c.agrees or c.excused for c in rows) / len(rows) if rows else 1.0


def by_exifread_alone(path: Path) -> Exif:
    """What exifread gives for the file itself."""
    with path.open("rb") as file:
        try:
            return merged({"exifread": labels_from_tags(exifread_tags(TiffBlock(file)), Format.TIFF)})
        except (*EXIFREAD_ERRORS, NotImplementedError, MemoryError):
            return Exif()


def by_pillow_alone(path: Path) -> Exif:
    """What Pillow (with pillow-heif) gives for the file itself."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path) as image:
                block = image.info.get("exif") or (b"" if image.format != "TIFF" else path.read_bytes())
                block = block.removeprefix(b"Exif\0\0")
                return merged(
                    {
                        "pillow": labels_from_tags(pillow_tags(TiffBlock(io.BytesIO(block))), Format.TIFF)
                        if block
                        else {}
                    }
                )
    except (*DECODE_ERRORS, MemoryError):
        return Exif()


def print_table(columns: dict[str, list[Comparison]]) -> None:
    """The share of files that agree, for camera files and for the others."""
    for group in BARS:
        print(f"\n{group:14}" + "".join(f"{name:>18}" for name in columns))
        for field in FIELDS:
            cells = []
            for rows in columns.values():
                of_field = [c for c in rows if c.field == field and (c.kind == "camera") is (group == "camera")]
                cells.append(f"{100 * _share(of_field):>17.2f} ")
            print(f"{field:14}" + "".join(cells))
    apart = Counter((c.field, _verdict(c)) for c in columns["ours"] if c.maker_only)
    print("\nfound by exiftool only outside the standard groups (MakerNotes, IPTC, text segments); of these we read:")
    for field in sorted({field for field, _ in apart}):
        read, absent, wrong, no_number = (apart[field, v] for v in ("read", "absent", "wrong", "no number"))
        print(
            f"  {field:12} {read} of {read + absent + wrong}; {wrong} otherwise; {no_number} more are no single number"
        )


def _verdict(c: Comparison) -> str:
    """How a value that exiftool has only from a MakerNote compares; Nikon's ISO is a pair there, `0 200`."""
    if c.truth is None:
        return "no number"
    return "absent" if c.ours is None else "read" if c.agrees else "wrong"


def compare(corpus: Path, read: Callable[[Path], Exif]) -> list[Comparison]:
    """Compare every field of every file of a corpus."""
    truths = {t["SourceFile"]: t for t in json.loads((corpus / "exiftool.json").read_text(encoding="utf-8"))}
    with gzip.open(corpus / "exiftool-full-n-G1.json.gz", "rt", encoding="utf-8") as file:
        groups: dict[str, dict[str, list[str]]] = {t["SourceFile"]: _groups(t) for t in json.load(file)}
    with (corpus / "files.csv").open(encoding="utf-8", newline="") as file:
        kinds = {row["file"]: row["kind"] for row in csv.DictReader(file)}
    rows = []
    for name, truth in truths.items():
        exif = read(corpus / name)
        for field, tag in FIELDS.items():
            ours, theirs = _ours(exif, field), _theirs(truth, field)
            from_maker = tag in truth and not any(g.startswith(_OF_THE_STANDARD) for g in groups[name].get(tag, []))
            agrees = _same(field, ours, theirs)
            rows.append(
                Comparison(name, kinds[name], field, agrees, from_maker and ours is None, from_maker, ours, theirs)
            )
    return rows


def _groups(tags: dict[str, Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for key in tags:
        group, _, tag = key.rpartition(":")
        found[tag].append(group)
    return found


def _ours(exif: Exif, field: str) -> Any:
    if field == "gps":
        return None if exif.latitude is None else (exif.latitude, exif.longitude)
    if field == "taken_at":
        exact = exif.taken_at and exif.taken_precision is TakenPrecision.SECOND
        return tuple(map(int, re.findall(r"\d+", exif.taken_at)[:6])) if exact else None
    return getattr(exif, field)


def _theirs(truth: dict[str, Any], field: str) -> Any:
    value = truth.get(FIELDS[field])
    match field:
        case "make" | "model":
            return str(value).split("\0")[0].strip() or None if value is not None else None
        case "taken_at":
            parts = tuple(map(int, re.findall(r"\d+", str(value or ""))[:6]))
            return parts if len(parts) == 6 and parts[0] else None
        case "flash_fired":
            return bool(int(str(value)) & 1) if str(value).isdigit() else None
        case "orientation":
            return None if value is None else value if value in range(1, 9) else 1
        case "gps":
            latitude, longitude = _number(value), _number(truth.get("GPSLongitude"))
            return None if latitude is None or longitude is None else (latitude, longitude)
        case _:
            return _number(value) or None


def _number(value: Any) -> float | None:
    try:
        number = float(str(value).split()[0])
    except (ValueError, IndexError):
        return None
    return number if math.isfinite(number) else None


def _same(field: str, ours: Any, theirs: Any) -> bool:
    if ours is None or theirs is None:
        # A positive number too small to be a label may be absent.
        return ours is theirs or (ours is None and isinstance(theirs, float) and theirs < 1e-5)
    if field == "gps":
        return all(abs(a - b) < 1e-5 for a, b in zip(ours, theirs, strict=True))
    if isinstance(theirs, float):
        return math.isclose(float(ours), theirs, rel_tol=0.005)
    return bool(ours == theirs)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
