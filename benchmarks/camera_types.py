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

import os
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from curate.cameras.resolve import ALL_SOURCES, Source
from tests.helpers.camera_truth import (
    BY_HAND,
    PAPER,
    WITHOUT_DATA,
    Measured,
    Truth,
    confused,
    measure,
    truth_of_csv,
    truth_of_lensfun,
)

SETTINGS: dict[str, frozenset[Source]] = {
    "table alone": frozenset({Source.TABLE}),
    "lines alone": frozenset({Source.FAMILY}),
    "lensfun alone": frozenset({Source.LENSFUN}),
    "device-detector alone": frozenset({Source.DEVICE_DETECTOR}),
    "rules alone (all but the table)": ALL_SOURCES - {Source.TABLE},
    "both": ALL_SOURCES,
}


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
