"""Does the ranking improve with decisions? `python -m benchmarks.learning [--seeds 303,304,305] [--folder DIR]`.

The workspaces differ from the scenes that the prior was fitted on: the same rooms are photographed repeatedly with little moved
in between, no clock is set (times are no evidence), and half of the positions are those of the last fix outdoors, kilometres
away. Fifty pairs are decided by the truth, in the queue's order and through the catalogue, as a person would. It prints how
often the right partner ranks first among photos without a decision, before and after, and the calibration of the phone photos'
best candidates. Exits with 1 where the right partner is not first more often than before.

`--diagram FILE.svg` draws how often pairs are right against their score, before and after the decisions.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.virtual_pairs import VirtualPairs, virtual_pairs
from curate.catalog import decisions
from curate.catalog.candidates import replace_candidates
from curate.catalog.pairs import PairRow, pairs, queue
from curate.catalog.photos import put_photo
from curate.catalog.store import Catalog
from curate.demo.plan import CollectionOptions
from curate.pairing.find import PairingResult, Signals, find_pairs
from curate.pairing.photo import PairingPhoto
from curate.pairing.score.learning import follow, learned_here
from curate.photos.facts import Exif, PhotoFacts, Status
from curate.workspace import Workspace
from tracer.base.progress import finish
from tracer.stats import cluster_bootstrap

OPTIONS = CollectionOptions(per_side=3, lookalikes=0.7, moved=0.05, unpaired=0.1, gps=2.0)
STALE, STALE_M, ERROR_M = 0.5, 2000.0, 10.0
"""The share of positions that are an old fix; and the standard deviations of an old and of a good one."""

BINS = 10


def differing(truth: VirtualPairs, seed: int) -> list[PairingPhoto]:
    """The photos as this workspace has them: all with a position, half of them outdated."""
    out = []
    for photo in truth.photos:
        rng = np.random.default_rng((seed, photo.id))
        off = rng.normal(0.0, ERROR_M, 2) + (rng.random() < STALE) * rng.normal(0.0, STALE_M, 2)
        north, east = off / 111_320.0
        latitude, longitude = truth.true_place[photo.id]
        place = latitude + float(north), longitude + float(east / np.cos(np.radians(latitude)))
        out.append(dataclasses.replace(photo, latitude=place[0], longitude=place[1], gps_utc=None))
    return out


@contextlib.contextmanager
def workspace(folder: Path, photos: Sequence[PairingPhoto], result: PairingResult) -> Iterator[Catalog]:
    """Make a workspace with these photos and candidates."""
    place = Workspace.create(folder)
    with place.writing("benchmark"), Catalog.open(place) as catalog:
        ids = {}
        with catalog.transaction():
            for photo in photos:
                make, _, model = photo.camera.partition("|")
                exif = Exif(make=make, model=model, taken_at=photo.taken_at, taken_precision=photo.taken_precision)
                facts = PhotoFacts(Status.OK, sha256=photo.sha256, format="JPEG", exif=exif)
                ids[photo.id] = put_photo(catalog, f"/{photo.id}.jpg".encode(), facts, 1)
        found = result.candidates
        replace_candidates(
            catalog, ((ids[c.phone_id], ids[c.other_id], c.score, False, c.evidence.to_dict()) for c in found)
        )
        follow(catalog, always=True)
        yield catalog


def answer(catalog: Catalog, scene: dict[str, int], count: int) -> tuple[set[str], int]:
    """Decide that many pairs in the queue's order, by the truth; return the decided photos, and how many pairs were accepted."""
    touched: set[str] = set()
    yes = 0
    for _ in range(count):
        waiting = queue(catalog, 1)
        if not waiting:
            break
        phone, other = waiting[0].phone_sha256, waiting[0].other_sha256
        same = scene[phone] == scene[other]
        decisions.decide(catalog, "accept" if same else "reject", phone, other)
        follow(catalog)
        touched |= {phone, other}
        yes += same
    return touched, yes


def best_of(rows: Sequence[PairRow]) -> dict[str, PairRow]:
    """The best candidate of each photo; rows come with the best first."""
    best: dict[str, PairRow] = {}
    for row in rows:
        best.setdefault(row.phone_sha256, row)
        best.setdefault(row.other_sha256, row)
    return best


def calibration_error(scores: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Expected calibration error in equal-count bins."""
    bins = np.array_split(np.argsort(scores, kind="stable"), BINS)
    gaps = [len(part) * abs(float(scores[part].mean() - right[part].mean())) for part in bins if len(part)]
    return sum(gaps) / len(scores)


@dataclasses.dataclass
class Measured:
    """One workspace before and after: for each photo without a decision whether its right partner is first; for each such phone
    photo its best candidate's score and whether it is right; and the scene of each of these photos.
    """

    first: tuple[NDArray[np.bool_], NDArray[np.bool_]]
    scores: tuple[NDArray[np.float64], NDArray[np.float64]]
    right: tuple[NDArray[np.bool_], NDArray[np.bool_]]
    scene: NDArray[np.intp]


def measured(truth: VirtualPairs, photos: Sequence[PairingPhoto], cache: Path, decide: int) -> Measured:
    """Find pairs in one workspace, decide, and compare."""
    result = finish(find_pairs(photos, cache, Signals(time=False), workers=os.cpu_count() or 1))
    scene = {photo.sha256: truth.scene[photo.id] for photo in photos}
    sides = {photo.sha256: photo.side for photo in photos}
    there = {side: {scene[p.sha256] for p in photos if p.side != side} for side in ("phone", "other")}
    with tempfile.TemporaryDirectory() as folder, workspace(Path(folder) / "w", photos, result) as catalog:
        before = list(pairs(catalog))
        touched, yes = answer(catalog, scene, decide)
        after = list(pairs(catalog))
        said = learned_here(catalog)
    asked = sorted(s for s in scene if s not in touched and scene[s] in there[sides[s]])
    first, scores, right = [], [], []
    for rows in (before, after):
        best = best_of(rows)
        first.append(
            np.array([s in best and scene[best[s].phone_sha256] == scene[best[s].other_sha256] for s in asked])
        )
        phones = [best[s] for s in sorted(best) if sides[s] == "phone" and s not in touched]
        scores.append(np.array([row.score for row in phones], np.float64))
        right.append(np.array([scene[row.phone_sha256] == scene[row.other_sha256] for row in phones]))
    trust = ", ".join(f"{signal} {value:.2f}" for signal, value in said.trust.items())
    print(
        f"  {len(photos)} photos, {len(before)} candidates; {len(touched)} photos decided on, {yes} of {decide} accepted; "
        f"trust: {trust}\n"
        f"  partner first for {first[0].mean():.3f} of {len(asked)} undecided photos before, {first[1].mean():.3f} after; "
        f"calibration error {calibration_error(scores[0], right[0]):.3f} before, "
        f"{calibration_error(scores[1], right[1]):.3f} after"
    )
    return Measured(
        (first[0], first[1]), (scores[0], scores[1]), (right[0], right[1]), np.array([scene[s] for s in asked], np.intp)
    )


def diagram(found: Sequence[Measured], path: Path) -> None:
    """Draw the share of right pairs against their mean score, in equal-count bins, before and after."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "lenstrace"
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(4.6, 4.4), layout="constrained")
    axes.plot([0, 1], [0, 1], color="0.6", linewidth=1, label="as said")
    for k, (name, mark) in enumerate((("before any decision", "o--"), ("after the decisions", "s-"))):
        scores = np.concatenate([m.scores[k] for m in found])
        right = np.concatenate([m.right[k] for m in found])
        bins = np.array_split(np.argsort(scores, kind="stable"), BINS)
        error = calibration_error(scores, right)
        axes.plot(
            [scores[b].mean() for b in bins], [right[b].mean() for b in bins], mark, markersize=4,
            label=f"{name}: calibration error {error:.3f}",
        )  # fmt: skip
    axes.set(xlabel="score of the best candidate", ylabel="share of right pairs", xlim=(0, 1), ylim=(0, 1.02))
    axes.legend(loc="upper left", frameon=False, fontsize=8)
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    plt.close(figure)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="303,304,305", help="of the collections; the prior was fitted on others")
    parser.add_argument("--scenes", type=int, default=60)
    parser.add_argument("--decide", type=int, default=50)
    parser.add_argument("--folder", type=Path, help="keeps the collections between runs")
    parser.add_argument("--diagram", type=Path, help="draw the reliability diagram there")
    arguments = parser.parse_args()
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="learning-"))
    found = []
    for seed in map(int, arguments.seeds.split(",")):
        started = time.perf_counter()
        place = folder / f"{seed}-{arguments.scenes}"
        place.mkdir(parents=True, exist_ok=True)
        truth = virtual_pairs(place, arguments.scenes, seed, OPTIONS)
        photos = differing(truth, seed)
        print(f"seed {seed}:")
        found.append(measured(truth, photos, place / "cache", arguments.decide))
        print(f"  {time.perf_counter() - started:.0f} s", flush=True)
    change = np.concatenate([m.first[1].astype(float) - m.first[0] for m in found])
    clusters = np.concatenate([m.scene + 10_000 * k for k, m in enumerate(found)])
    low, high = cluster_bootstrap(change, clusters)
    each = [f"{(m.first[1].astype(float) - m.first[0]).mean():+.3f}" for m in found]
    print(
        f"change of partner first by {arguments.decide} decisions: {change.mean():+.3f} (95 % interval {low:+.3f} to "
        f"{high:+.3f}, bootstrap over scenes), n = {len(change)} photos; by seed {', '.join(each)}"
    )
    if arguments.diagram:
        diagram(found, arguments.diagram)
    return int(change.mean() <= 0)


if __name__ == "__main__":
    sys.exit(main())
