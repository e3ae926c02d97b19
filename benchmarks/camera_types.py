"""The accuracy of camera types: of the table alone, of the rules alone, and of both. Exits with 1 where a target is missed.

Usage: python -m benchmarks.camera_types [CAMERA_TYPES.csv …] [-v]

Without a file it measures three lists of the repository: the public names of the paper's sets, a list of names written by hand,
and the bodies of lensfun's database, these without the rules `lensfun` and `table`. Each CSV that is given (make, model and type,
one row for each camera, judged by hand) is measured in addition, as is the corpus's where LENSTRACE_CORPUS is set. Cameras judged
to be of none of the types are not part of the shares, and must not be called smartphones. `-v` lists the errors.

Targets: no confusion of smartphones with other types; all of the paper's names right; 98 % of each CSV right; of at least 900 of
lensfun's bodies 80 % right and under 1 % wrong.
"""

from __future__ import annotations

import csv
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from curate.cameras import lensfun
from curate.cameras.resolve import ALL_SOURCES, Source, resolve
from curate.cameras.types import CameraType

HERE = Path(__file__).parent / "camera_names"
PAPER, BY_HAND = HERE / "paper.csv", HERE / "by_hand.csv"

SPELLINGS = {"film-scan": "film_scanner", "film scan": "film_scanner", "": "unknown"}

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


def _row(name: str, measured: Measured) -> str:
    counts = measured.counts
    return (
        f"| {name} | {measured.total} | {counts['right']} ({100 * measured.share('right'):.1f} %) | {counts['unknown']} | "
        f"{counts['wrong']} | {counts['confused']} |"
    )


def _table(
    title: str,
    truth: Sequence[Truth],
    settings: dict[str, frozenset[Source]],
    holds: Callable[[Measured], bool],
    verbose: bool,
) -> bool:
    """Print one table; return whether its last row meets the target and confuses no smartphone."""
    print(
        f"\n{title}\n\n| sources | cameras | right | unknown | wrong | smartphones confused |\n|---|---|---|---|---|---|"
    )
    measured = Measured(Counter(), ())
    for name, sources in settings.items():
        measured = measure(truth, sources)
        print(_row(name, measured))
    held = holds(measured) and not confused(measured)
    shown = [line for line in measured.others if verbose or line.startswith("wrong")]
    print("\n".join(["", *shown, f"target: {'met' if held else 'MISSED'}"]))
    return held


def main(arguments: list[str]) -> int:
    """Print the tables; return 1 where a target is missed."""
    verbose = "-v" in arguments
    files = [Path(word) for word in arguments if word != "-v"]
    corpus = os.environ.get("LENSTRACE_CORPUS")
    if not files and corpus:
        files = [Path(corpus) / "exif-corpus" / "camera_types.csv"]
    held = [
        _table("Public names of the paper's sets", list(truth_of_csv(PAPER)), SETTINGS, _all_right, verbose),
        _table("Names written by hand", list(truth_of_csv(BY_HAND)), SETTINGS, _mostly_right, verbose),
        *(_table(str(path), list(truth_of_csv(path)), SETTINGS, _mostly_right, verbose) for path in files),
        _table(
            "Bodies of lensfun's data base, lensfun and the table switched off",
            list(truth_of_lensfun()),
            {"lines and device-detector": WITHOUT_DATA},
            _lensfun_bar,
            verbose,
        ),
    ]
    return 0 if all(held) else 1


def _all_right(measured: Measured) -> bool:
    return measured.counts["right"] == measured.total


def _mostly_right(measured: Measured) -> bool:
    return measured.share("right") >= 0.98


def _lensfun_bar(measured: Measured) -> bool:
    return measured.total >= 900 and measured.share("right") >= 0.80 and measured.share("wrong") < 0.01


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
