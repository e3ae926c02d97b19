"""How right the camera types are: the table alone, the rules alone, and both.

Usage: python benchmarks/camera_types.py [CAMERA_TYPES.csv]

Two measures. With a CSV of make, model and type (one row a camera, judged by hand; those judged to be of no type of
ours are left out): right, unknown and wrong answers of each set of sources. Without one: the same on the bodies of
lensfun's data base, by the file each stands in, with lensfun and the table switched off.
"""

from __future__ import annotations

import csv
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from curate.cameras import lensfun
from curate.cameras.resolve import ALL_SOURCES, Source, resolve
from curate.cameras.types import CameraType

CSV_SPELLINGS = {"film-scan": "film_scanner", "film scan": "film_scanner"}

SETTINGS: dict[str, frozenset[Source]] = {
    "table alone": frozenset({Source.TABLE}),
    "lines alone": frozenset({Source.FAMILY}),
    "lensfun alone": frozenset({Source.LENSFUN}),
    "device-detector alone": frozenset({Source.DEVICE_DETECTOR}),
    "rules alone (all but the table)": ALL_SOURCES - {Source.TABLE},
    "both": ALL_SOURCES,
}
WITHOUT_DATA = ALL_SOURCES - {Source.TABLE, Source.LENSFUN}

Truth = tuple[str, str, CameraType]
"""Make, model and type of a camera."""

FILE_KINDS = {
    "slr": CameraType.DSLR,
    "mil": CameraType.MIRRORLESS,
    "rf": CameraType.MIRRORLESS,
    "om": CameraType.MIRRORLESS,
    "compact": CameraType.COMPACT,
}


def truth_of_csv(path: Path) -> Iterator[Truth]:
    """The judged cameras of a CSV; a blank type and `unknown` are left out."""
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            kind = CSV_SPELLINGS.get(row["type"], row["type"])
            if kind and kind != "unknown":
                yield row["make"], row["model"], CameraType(kind)


def truth_of_lensfun() -> Iterator[Truth]:
    """Bodies of lensfun's data base with the kind of their file; its five Samsung phones and film are left out."""
    folder = lensfun.database_folder()
    for body in lensfun.bodies(folder) if folder else ():
        kind = FILE_KINDS.get(body.file.split("-")[0])
        if body.file == "actioncams":
            kind = CameraType.DRONE if body.makers[0] in ("DJI", "Hasselblad") else CameraType.ACTION
        if kind and not body.models[0].startswith(("SM-", "35mm film")) and body.file != "slr-ussr":
            yield body.makers[0], body.models[0], kind


def measure(truth: Iterable[Truth], sources: frozenset[Source]) -> tuple[Counter[str], list[str]]:
    """Count right, unknown and wrong answers and confused smartphones; list what is not right."""
    counts: Counter[str] = Counter()
    others: list[str] = []
    for make, model, kind in truth:
        found = resolve(make, model, sources=sources)
        verdict = "right" if found.type is kind else "unknown" if found.type is CameraType.UNKNOWN else "wrong"
        counts[verdict] += 1
        if verdict == "wrong" and CameraType.SMARTPHONE in (found.type, kind):
            counts["phones confused"] += 1
        if verdict != "right":
            others.append(f"{verdict}: {make} | {model}: {kind}, said {found.type} by {found.rule}")
    return counts, others


def _line(name: str, counts: Counter[str]) -> str:
    total = counts["right"] + counts["unknown"] + counts["wrong"]
    share = 100 * counts["right"] / total if total else 0.0
    return (
        f"| {name} | {total} | {counts['right']} ({share:.1f} %) | {counts['unknown']} | {counts['wrong']} | "
        f"{counts['phones confused']} |"
    )


def main(arguments: list[str]) -> None:
    """Print the tables."""
    print("| sources | cameras | right | unknown | wrong | smartphones confused |\n|---|---|---|---|---|---|")
    if arguments:
        truth = list(truth_of_csv(Path(arguments[0])))
        for name, sources in SETTINGS.items():
            counts, others = measure(truth, sources)
            print(_line(name, counts))
        print("\n".join(others))
    else:
        counts, others = measure(truth_of_lensfun(), WITHOUT_DATA)
        print(_line("lines and device-detector, on lensfun's bodies", counts))
        print("\n".join(line for line in others if line.startswith("wrong")))


if __name__ == "__main__":
    main(sys.argv[1:])
