"""What the offline encoders know of the paper's processings, on real photos: the tables of docs/results.md.

    python -m benchmarks.natural_images [FOLDER] [--write docs/results.md] [--run FOLDER]

FOLDER holds pictures and a `labels.csv` with the columns `file` and `label` (by default `natural-images` in LENSTRACE_CORPUS).
For each group of processings (JPEG, sharpening, resizing, interpolation) and each encoder:

* the probe: which processing did the picture go through? Folds keep the pictures of one label together.
* semantic kNN (k = 1, every picture against all others): the five settings, SP, SPD_p, and for each ordered pair the signed
  difference pos-same − neg-same. Differences whose interval includes 0 are not listed.

Sharpening is the positive control, since it is visible. Where its probe does not exceed chance for an encoder or for the baseline
`residual`, nothing is written and the exit code is 1.
"""

from __future__ import annotations

import argparse
import csv
import importlib.metadata
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tracer.base.progress import finish
from tracer.dataset import PhotoSet, open_set
from tracer.embeddings import store
from tracer.embeddings.embed import embed
from tracer.experiments.knn.processing import SETTINGS, Voting, processing_knn
from tracer.experiments.outcome import Outcome, Source
from tracer.experiments.photos import ProcessedPhotos
from tracer.experiments.probe.processing import probe_processing_folds
from tracer.experiments.probe.protocols import Fitting, Protocol
from tracer.experiments.shared.processings import group_name
from tracer.images.processing import GROUPS
from tracer.results import Row

ENCODERS = (
    "offline/efficientnet-lite0", "offline/efficientnet-lite2", "baseline/residual", "baseline/thumbnail", "baseline/colour",
)  # fmt: skip
CONTROL, SEES_TRACES = "Sharpening", "baseline/residual"
BEGIN, END = "<!-- natural images: begin -->", "<!-- natural images: end -->"


def labels_of(photos: PhotoSet, table: Path) -> NDArray[np.str_]:
    """What each picture shows, in the set's order.

    Raises:
        SystemExit: the table lacks a picture.
    """
    with table.open(encoding="utf-8", newline="") as lines:
        named = {row["file"]: row["label"] for row in csv.DictReader(lines)}
    files = [Path(path).relative_to(photos.root).as_posix() for path in photos.table["path"]]
    lacking = [file for file in files if file not in named]
    if lacking:
        raise SystemExit(f"{table} names no label for {len(lacking)} pictures, as {lacking[0]}")
    return np.array([named[file] for file in files])


def experiments(
    photos: PhotoSet, labels: NDArray[np.str_], run: Path, encoders: tuple[str, ...]
) -> Iterator[tuple[str, str, Outcome, Outcome]]:
    """Yield (encoder, group, probe, kNN)."""
    every = list(dict.fromkeys(name for members in GROUPS.values() for name in members))
    finish(embed(photos, encoders, processings=every, run=run))
    for encoder in encoders:
        for group in GROUPS.values():
            found = {name: store.load(run, photos.name, encoder, name) for name in group}
            ids = set.intersection(*(set(one.ids.tolist()) for one in found.values()))
            rows = np.array([photo in ids for photo in photos.table["photo_id"]])
            here = photos.table["photo_id"].to_numpy(dtype=np.int64)[rows]
            views = {str(name): one.vectors[one.rows_of(here)] for name, one in found.items()}
            source = Source(photos.name, encoder, ",".join(group))
            y = np.unique(labels[rows], return_inverse=True)[1].astype(np.int64)
            probe = finish(probe_processing_folds(source, views, y, group_name(group), Fitting(Protocol.FAST)))
            often = np.isin(y, np.flatnonzero(np.bincount(y) > 1))  # a class of one photo has no neighbour of its class
            seen = {name: matrix[often] for name, matrix in views.items()}
            alone = np.arange(int(often.sum()))
            asked = ProcessedPhotos(seen, y[often], alone)
            knn = finish(processing_knn(source, asked, asked, group_name(group), Voting(1), clusters=y[often]))
            yield encoder, group_name(group), probe, knn


def blind(found: list[tuple[str, str, Outcome, Outcome]]) -> list[str]:
    """A line for each encoder, and for the baseline of traces, whose probe of the control is not above chance."""
    said = []
    for encoder, group, probe, _ in found:
        row = probe.rows[0]
        sees = not encoder.startswith("baseline/") or encoder == SEES_TRACES
        if group == CONTROL and sees and not (row.ci_low or 0.0) > (row.chance or 0.0):
            said.append(
                f"{encoder} does not detect the control, {CONTROL}: {percent(row)}, "
                f"chance {100 * (row.chance or 0.0):.1f}"
            )
    return said


def percent(row: Row) -> str:
    """A value and its interval in percent."""
    low, high = 100 * (row.ci_low or 0.0), 100 * (row.ci_high or 0.0)
    return f"{100 * row.value:.1f} [{low:.1f}, {high:.1f}]"


def tables(found: list[tuple[str, str, Outcome, Outcome]]) -> Iterator[str]:
    """Markdown lines."""
    yield "Probe: share of pictures whose processing is predicted correctly, in percent, with 95 % intervals."
    yield ""
    groups = list(dict.fromkeys(group for _, group, _, _ in found))
    chance = {group: 100 * (probe.rows[0].chance or 0.0) for _, group, probe, _ in found}
    yield "| encoder | " + " | ".join(f"{group} (chance {chance[group]:.1f})" for group in groups) + " |"
    yield "|---" * (len(groups) + 1) + "|"
    for encoder in dict.fromkeys(encoder for encoder, *_ in found):
        cells = [percent(probe.rows[0]) for one, _, probe, _ in found if one == encoder]
        yield f"| {encoder} | " + " | ".join(cells) + " |"
    yield ""
    yield "Semantic kNN (k = 1): accuracy in percent by setting, plain accuracy SP, and SPD_p."
    yield ""
    yield "| encoder | processings | " + " | ".join(SETTINGS) + " | SP | SPD_p |"
    yield "|---" * (len(SETTINGS) + 4) + "|"
    for encoder, group, _, knn in found:
        values = [percent(row) for row in knn.rows]
        yield f"| {encoder} | {group} | " + " | ".join(values) + " |"
    yield ""
    yield "Ordered pairs of processings (test, other) where the interval of pos-same − neg-same does not include 0:"
    yield ""
    pairs = [(encoder, group, pair) for encoder, group, _, knn in found for pair in knn.details[0]["pairs"]]
    sure = [case for case in pairs if case[2]["ci"][0] > 0 or case[2]["ci"][1] < 0]
    by_encoder = Counter(encoder for encoder, *_ in sure)
    for encoder in by_encoder:
        yield f"- {encoder}:"
        for name, group, pair in sure:
            if name == encoder:
                low, high = pair["ci"]
                yield (
                    f"  - {group}: {pair['test_processing']}, {pair['other_processing']}: "
                    f"{100 * pair['pos_same_minus_neg_same']:+.1f} points [{100 * low:+.1f}, {100 * high:+.1f}]"
                )
    if not sure:
        yield "- none"
    yield ""
    yield (
        f"{len(sure)} of {len(pairs)} ordered pairs. If processings had no effect, about {0.05 * len(pairs):.0f} would be listed "
        "by chance (95 % intervals), so a single one is not evidence."
    )


def main(arguments: list[str] | None = None) -> int:
    """Print the tables, or write them into a page between its marks; return 1 where the control fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--write", type=Path, help="a Markdown page with the marks of this section")
    parser.add_argument("--run", type=Path, help="keep embeddings here; a temporary folder where left out")
    parser.add_argument("--encoders", default=",".join(ENCODERS))
    a = parser.parse_args(arguments)
    folder = a.folder or Path(os.environ.get("LENSTRACE_CORPUS", ".")) / "natural-images"
    if not (folder / "labels.csv").is_file():
        raise SystemExit(f"there is no labels.csv in {folder}; name a folder, or set LENSTRACE_CORPUS")
    started = time.perf_counter()
    photos = open_set(folder)
    labels = labels_of(photos, folder / "labels.csv")
    with tempfile.TemporaryDirectory() as scratch:
        found = list(experiments(photos, labels, a.run or Path(scratch), tuple(a.encoders.split(","))))
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("torch", "timm", "pillow", "numpy"))
    often = sum(count for count in Counter(labels.tolist()).values() if count > 1)
    lines = [
        f"{len(photos)} photos, {len(set(labels.tolist()))} labels; "
        f"kNN on the {often} photos with a label of more than one photo. Intervals are bootstrapped over labels. "
        f"{versions}; {time.perf_counter() - started:.0f} s.",
        "",
        *tables(found),
    ]
    failed = blind(found)
    if failed or a.write is None:
        print("\n".join(lines))
        for line in failed:
            print(line, file=sys.stderr)
        return 1 if failed else 0
    page = a.write.read_text(encoding="utf-8")
    head, rest = page.split(BEGIN)
    tail = rest.split(END)[1]
    made = a.write.with_suffix(".part")
    made.write_text(f"{head}{BEGIN}\n" + "\n".join(lines) + f"\n{END}{tail}", encoding="utf-8")
    made.replace(a.write)
    return 0


if __name__ == "__main__":
    sys.exit(main())
