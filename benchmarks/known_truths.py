"""Checks that the experiments find known truths: virtual cameras that differ only in name, slightly, strongly, or each alone.

Usage: python -m benchmarks.known_truths [--scenes 125] [--seed 1] [--encoder offline/efficientnet-lite2]
           [--strengths 0,0.5,1,1.5] [--folder DIR]

Makes a collection of virtual photos for each strength of the traces and evaluates it with a real, frozen encoder. One more
collection has traces of full strength of which phones share nothing (`shared` 0: each model differs alone). Brackets are 95 %
intervals; accuracies are balanced, so that chance is 1 / classes. Exits with 1 where

* where phones share something, a camera label is above chance at strength 0, or not above chance at strength 1, on whole
  pictures;
* the model is not above chance at strength 1 with 95 % of the picture hidden, also where phones share nothing;
* the kind of unseen cameras is shown (p < .05 and above chance) at strength 0 or where phones share nothing, or not shown at
  strength 1 where phones share what the simulator says;
* SPD by maker falls from a strength to the next by more than its intervals allow, or those at the ends overlap;
* the content is not above chance on whole pictures, or keeps more than a fifth of its lead over guessing with 95 % hidden.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import tempfile
from pathlib import Path

from benchmarks.virtual_sets import make_set
from tracer.base.progress import finish
from tracer.evaluation.evaluate import evaluate
from tracer.evaluation.options import Options
from tracer.experiments.shared.cameras import UNSEEN
from tracer.results import Row
from tracer.stats.models import LEVEL

KIND, CONTENT = "Is Smartphone", "semantic_label"
CAMERA = ("Make", KIND)
HIDDEN = 0.95
KEPT = 0.2
"""The share of its lead over guessing that the content may keep where most of the picture is hidden; a little is still seen."""


def main() -> int:
    """Print a line for each strength and figure; return 1 where a known truth is not found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, default=125)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--encoder", default="offline/efficientnet-lite2")
    parser.add_argument("--strengths", default="0,0.5,1,1.5")
    parser.add_argument("--folder", type=Path, help="where sets and runs are kept; a temporary folder otherwise")
    given = parser.parse_args()
    missed: list[str] = []
    spd: list[Row] = []
    worlds = [(strength, 1.0) for strength in map(float, given.strengths.split(","))]
    with tempfile.TemporaryDirectory() as scratch:
        for strength, shared in [*worlds, (1.0, 0.0)]:
            place = (given.folder or Path(scratch)) / f"{given.scenes}-{given.seed}-{strength:g}-{shared:g}"
            root = make_set(place / "set", given.scenes, given.seed, strength, shared)
            options = Options(
                encoders=(given.encoder,), experiments=("probe", "knn"), masks=(0.0, HIDDEN), device="cpu"
            )
            done = finish(evaluate(root, place / "run", options, with_report=False))
            of_encoder = [row for row in done.rows if row.encoder == given.encoder]
            balanced = [row for row in of_encoder if row.metric == "balanced_accuracy"]
            probes = {(row.attribute, row.mask_ratio): row for row in balanced if row.setting == "acquisition"}
            traced = next(row for row in of_encoder if row.metric == "spd_a" and row.attribute == "Make")
            world = f"strength {strength:g}, shared {shared:g}"
            for row in (*probes.values(), traced):
                _tell(world, row)
            missed += _missed(strength, shared, probes)
            shown = _kind_is_shown(world, balanced, done.results)
            if strength in (0, 1) and shown is not bool(strength and shared):
                missed.append(f"the kind of unseen cameras is {'shown' if shown else 'not shown'} at {world}")
            if shared:
                spd.append(traced)
    missed += _not_growing(spd)
    for line in missed:
        print(f"missed: {line}")
    return int(bool(missed))


def _tell(world: str, row: Row, more: str = "") -> None:
    guessing = "" if row.chance is None else f"  chance {row.chance:.3f}"
    print(
        f"{world:<24} {row.attribute:<15} hidden {row.mask_ratio:<5g} {row.setting:<15} {row.metric:<18} {row.value:.3f} "
        f"[{row.ci_low:.3f}, {row.ci_high:.3f}]{guessing}  n {row.n}{more}",
        flush=True,
    )


def _kind_is_shown(world: str, rows: list[Row], results: Path) -> bool:
    """Print how well the kind of cameras that no probe was trained on is told in whole pictures; return whether it is shown.

    Args:
        world: what the cameras differ in.
        rows: of balanced accuracy.
        results: results.parquet; the p-values stand in results.json beside it.
    """
    row = next(r for r in rows if r.setting == UNSEEN and r.attribute == KIND and r.mask_ratio == 0)
    details = json.loads(results.with_suffix(".json").read_text(encoding="utf-8"))["details"]
    names = ("encoder", "attribute", "setting", "mask_ratio")
    entry = next(d for d in details if all(d[name] == getattr(row, name) for name in names))
    p = float(entry["chance_test"]["p_value"])
    _tell(world, row, f"  p {p:.3f}")
    assert row.chance is not None
    return p < LEVEL and row.value > row.chance


def _missed(strength: float, shared: float, probes: dict[tuple[str, float], Row]) -> list[str]:
    def above(attribute: str, mask: float = 0.0) -> bool:
        row = probes[attribute, mask]
        assert row.ci_low is not None and row.chance is not None
        return row.ci_low > row.chance

    said = []
    for attribute in CAMERA:
        if strength == 0 and above(attribute):
            said.append(f"{attribute} is above chance where cameras differ only in name")
        if strength >= 1 and shared and not above(attribute):
            said.append(f"{attribute} is not above chance at strength {strength:g}")
    if strength >= 1 and not above("Model", HIDDEN):
        said.append(
            f"the model is not above chance with {HIDDEN:.0%} hidden at strength {strength:g}, shared {shared:g}"
        )
    if not above(CONTENT):
        said.append(f"the content of whole pictures is not above chance at strength {strength:g}")
    if _lead(probes[CONTENT, HIDDEN]) > KEPT * _lead(probes[CONTENT, 0.0]):
        said.append(
            f"the content keeps more than {KEPT:.0%} of its lead with {HIDDEN:.0%} hidden at strength {strength:g}"
        )
    return said


def _lead(row: Row) -> float:
    """How far the figure lies above guessing."""
    assert row.chance is not None
    return row.value - row.chance


def _not_growing(spd: list[Row]) -> list[str]:
    said = [
        f"SPD falls from {before.value:.3f} to {after.value:.3f}, by more than its intervals allow"
        for before, after in itertools.pairwise(spd)
        if after.ci_high is not None and before.ci_low is not None and after.ci_high < before.ci_low
    ]
    low, high = spd[-1].ci_low, spd[0].ci_high
    if len(spd) > 1 and low is not None and high is not None and low <= high:
        said.append("the intervals of the smallest and the greatest SPD overlap")
    return said


if __name__ == "__main__":
    sys.exit(main())
