"""How often a photo gets the same labels from flickr.photos.getExif as from its original file, by label.

Usage: python -m benchmarks.flickr_exif CORPUS [-v]

CORPUS is the folder that benchmarks.labels reads. Answers are made of what exiftool prints for each file: by exiftool itself
where it is installed (every tag of every directory), and otherwise, or beside it, from the printed values in
`exiftool-full-print.json.gz` (one value for each tag's name) under the directories that `exiftool-full-n-G1.json.gz` lists for
the name. `-v` lists the labels that differ. Exits with 1 where a target is missed.

Absent counts as a value. Values are compared as the label row has them; latitude and longitude within 3e-6 degrees, since
exiftool prints seconds to two decimals.
"""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curate.cameras.resolve import resolve
from curate.catalog.labelling import label_photo
from curate.photos.facts import Exif, PhotoFacts, Status
from curate.photos.metadata.exif import read_exif
from curate.sources.flickr.exif import ExifTag, exif_from_tags
from tracer.base.text import clean_text

LABELS = (
    "Make", "Model", "camera_type", "exposure", "aperture", "focal_length", "iso_speed", "flash", "year", "taken_at",
    "taken_precision", "utc_offset", "gps_utc", "lens", "software", "orientation", "latitude", "longitude",
)  # fmt: skip

BAR = 0.99
"""The least share of files that must agree, in every label."""

DEGREES = 3e-6


@dataclass(frozen=True, slots=True)
class Comparison:
    """One label of one photo.

    Attributes:
        file: the file's name.
        label: the label.
        api: its value from the answer.
        original: its value from the file.
    """

    file: str
    label: str
    api: Any
    original: Any

    @property
    def verdict(self) -> str:
        """How the two compare."""
        if self.api == self.original:
            return "equal"
        if self.api is None or self.original is None:
            return "only in the file" if self.api is None else "only in the answer"
        if self.label in ("latitude", "longitude") and abs(self.api - self.original) <= DEGREES:
            return "equal"
        return "different"


def main(arguments: list[str]) -> int:
    """Print the table; return 1 where a target is missed."""
    corpus = Path(arguments[0])
    missed = []
    rows = {name: row(read_exif(corpus / name)) for name, _ in stored_answers(corpus)}
    for title, answers in (("exiftool run now", exiftool_answers(corpus)), ("stored values", stored_answers(corpus))):
        compared = [
            Comparison(name, label, api[label], rows[name][label])
            for name, tags in answers
            if name in rows
            for api in (row(exif_from_tags(tags)),)
            for label in LABELS
        ]
        if not compared:
            print(f"\n{title}: exiftool is not installed")
            continue
        missed += [f"{title}: {label}" for label in print_table(title, compared)]
        if "-v" in arguments:
            for c in compared:
                if c.verdict != "equal":
                    print(f"{c.label:15} {c.file}: {c.api!r}, file {c.original!r}")
    print("\ntargets missed: " + ("; ".join(missed) or "none"))
    return 1 if missed else 0


def print_table(title: str, compared: list[Comparison]) -> list[str]:
    """Print the share of equal values by label; return the labels below the target."""
    verdicts = ("equal", "different", "only in the file", "only in the answer")
    files = len({c.file for c in compared})
    print(f"\n{title}, {files} files")
    print(f"{'':16}{'equal, %':>9}" + "".join(f"{verdict:>20}" for verdict in verdicts))
    low = []
    for label in LABELS:
        counts = Counter(c.verdict for c in compared if c.label == label)
        share = counts["equal"] / files
        low += [label] if share < BAR else []
        print(f"{label:16}{100 * share:>9.2f}" + "".join(f"{counts[verdict]:>20}" for verdict in verdicts))
    whole = sum(c.verdict == "equal" for c in compared) / len(compared)
    print(f"{'all':16}{100 * whole:>9.2f}")
    return low


def row(exif: Exif) -> dict[str, Any]:
    """The labels of a photo with these metadata."""
    labels = label_photo(PhotoFacts(Status.OK, exif=exif), {})
    camera = resolve(labels.make, labels.model, labels.file_source)
    return {**labels.columns, "Make": labels.make, "Model": labels.model, "camera_type": camera.type.value}


def exiftool_answers(corpus: Path) -> Iterator[tuple[str, list[ExifTag]]]:
    """Each file's tags as exiftool prints them; nothing where it is not installed."""
    program = shutil.which("exiftool")
    if program is None:
        return
    command = [program, "-j", "-a", "-G1", "-q", "-q", "-r", "images"]
    printed = subprocess.run(command, cwd=corpus, capture_output=True, text=True, encoding="utf-8", check=False).stdout
    for record in _records(printed):
        tags = [_tag(key, value) for key, value in record.items() if ":" in key]
        yield str(record["SourceFile"]), [tag for tag in tags if tag.space not in ("ExifTool", "System")]


def stored_answers(corpus: Path) -> Iterator[tuple[str, list[ExifTag]]]:
    """Each file's tags from the stored values: directories from one list, printed values from the other."""
    with gzip.open(corpus / "exiftool-full-print.json.gz", "rt", encoding="utf-8") as file:
        printed = {record["SourceFile"]: record for record in _records(file.read())}
    with gzip.open(corpus / "exiftool-full-n-G1.json.gz", "rt", encoding="utf-8") as file:
        for record in _records(file.read()):
            values = printed[record["SourceFile"]]
            keys = [key for key in record if ":" in key and key.split(":")[1] in values]
            yield record["SourceFile"], [_tag(key, values[key.split(":")[1]]) for key in keys]


def _records(text: str) -> list[dict[str, Any]]:
    """Exiftool's JSON, with numbers as the text that they are printed as."""
    records: list[dict[str, Any]] = json.loads(text, parse_float=str, parse_int=str)
    return records


def _tag(key: str, value: Any) -> ExifTag:
    space, _, name = key.partition(":")
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return ExifTag(space, name, clean_text(text) or "")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
