"""Cameras whose type is known, and how many of them are typed right: for tests and `python -m benchmarks.camera_types`."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from curate.cameras import lensfun
from curate.cameras.resolve import ALL_SOURCES, Source, resolve
from curate.cameras.types import CameraType

HERE = Path(__file__).parents[2] / "benchmarks" / "camera_names"
PAPER, BY_HAND = HERE / "paper.csv", HERE / "by_hand.csv"

SPELLINGS = {"film-scan": "film_scanner", "film scan": "film_scanner", "": "unknown"}

WITHOUT_DATA = ALL_SOURCES - {Source.TABLE, Source.LENSFUN}

Truth = tuple[str, str, CameraType]
"""Make, model and type of a camera."""

LENSFUN_KINDS = {
    "slr": CameraType.DSLR,
    "mil": CameraType.MIRRORLESS,
    "rf": CameraType.MIRRORLESS,
    "om": CameraType.MIRRORLESS,
    "compact": CameraType.COMPACT,
}


@dataclass(frozen=True, slots=True)
class Measured:
    """The counts of right, unknown and wrong answers and of confused smartphones, and the errors in words."""

    counts: Counter[str]
    others: tuple[str, ...]

    @property
    def total(self) -> int:
        """How many cameras of a known type were measured."""
        return self.counts["right"] + self.counts["unknown"] + self.counts["wrong"]

    def share(self, verdict: str) -> float:
        """The share of a verdict, from 0 to 1."""
        return self.counts[verdict] / self.total if self.total else 0.0


def truth_of_csv(path: Path) -> Iterator[Truth]:
    """Read the judged cameras of a CSV; a blank type is `unknown`."""
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield row["make"], row["model"], CameraType(SPELLINGS.get(row["type"], row["type"]))


def truth_of_lensfun() -> Iterator[Truth]:
    """The bodies of lensfun's database with the kind of their file, without its five Samsung phones and its film bodies."""
    folder = lensfun.database_folder()
    for body in lensfun.bodies(folder) if folder else ():
        kind = LENSFUN_KINDS.get(body.file.split("-")[0])
        if body.file == "actioncams":
            kind = CameraType.DRONE if body.makers[0] in ("DJI", "Hasselblad") else CameraType.ACTION
        if kind and not body.models[0].startswith(("SM-", "35mm film")) and body.file != "slr-ussr":
            yield body.makers[0], body.models[0], kind


def measure(truth: Sequence[Truth], sources: frozenset[Source]) -> Measured:
    """Count right, unknown and wrong answers and confused smartphones, and list the errors.

    A camera of none of the types counts only where it is called a smartphone or a camera: as confused.
    """
    counts: Counter[str] = Counter()
    others: list[str] = []
    for make, model, kind in truth:
        found = resolve(make or None, model or None, sources=sources)
        if kind is CameraType.UNKNOWN:
            verdict = "of no type" if found.type is not CameraType.SMARTPHONE else "wrong"
        elif found.type is kind:
            verdict = "right"
        else:
            verdict = "unknown" if found.type is CameraType.UNKNOWN else "wrong"
        counts[verdict] += 1
        if verdict == "wrong" and CameraType.SMARTPHONE in (found.type, kind):
            counts["confused"] += 1
        if verdict in ("unknown", "wrong"):
            others.append(f"{verdict}: {make} | {model}: {kind}, said {found.type} by {found.rule}")
    return Measured(counts, tuple(others))


def confused(measured: Measured) -> int:
    """The number of smartphones confused with other types, without lensfun's own error."""
    return sum(
        "smartphone" in line and line.startswith("wrong") and "Xperia Z3" not in line for line in measured.others
    )
