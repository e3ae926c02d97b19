"""Does a linear map lower the trace of virtual cameras and keep the content, without claiming anything where there is no trace?

Usage: python -m benchmarks.mitigation [--scenes 125] [--seed 1] [--encoder offline/efficientnet-lite2] [--methods leace,layer]
           [--strengths 1,0] [--folder DIR]

Makes a collection of virtual photos for each strength of the traces (0: cameras differ only in name), embeds it, and runs
`mitigate` for maker and kind of camera: maps are fitted on one half of the scenes and scored on the other half. Brackets are 95 %
intervals. Exits with 1 where LEACE does not lower probe and SPD of the maker at strength 1 (intervals below 0), loses content
(interval of SP's change below 0), or seems to lower SPD at strength 0.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.virtual_sets import make_set
from tracer.base.progress import finish
from tracer.evaluation.evaluate import evaluate
from tracer.evaluation.options import Options
from tracer.experiments.settings import Method
from tracer.results import Row


def main() -> int:
    """Print a line for each strength, label, method and figure; return 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, default=125)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--encoder", default="offline/efficientnet-lite2")
    parser.add_argument("--methods", default="leace,layer")
    parser.add_argument("--strengths", default="1,0")
    parser.add_argument("--folder", type=Path, help="where sets and runs are kept; a temporary folder otherwise")
    given = parser.parse_args()
    missed = []
    with tempfile.TemporaryDirectory() as scratch:
        for strength in map(float, given.strengths.split(",")):
            place = (given.folder or Path(scratch)) / f"{given.scenes}-{given.seed}-{strength:g}"
            root = make_set(place / "set", given.scenes, given.seed, strength)
            options = Options(
                encoders=(given.encoder,),
                experiments=("mitigation",),
                methods=tuple(map(Method, given.methods.split(","))),
                device="cpu",
            )
            rows = finish(evaluate(root, place / "run", options, with_report=False)).rows
            found = {(row.attribute, row.metric, row.setting): row for row in rows}
            for (attribute, metric, setting), change in found.items():
                if not setting.endswith("stage=change"):
                    continue
                before = found[attribute, metric, "stage=before"]
                after = found[attribute, metric, setting.replace("change", "after")]
                print(
                    f"strength {strength:g}  {attribute:<13}  {setting.split(',')[0]:<12}  {metric:<8}  {before.value:.3f} -> "
                    f"{after.value:.3f}  change {change.value:+.3f} [{change.ci_low:+.3f}, {change.ci_high:+.3f}]  n {change.n}",
                    flush=True,
                )
            missed += _missed(strength, found)
    for line in missed:
        print(f"missed: {line}")
    return int(bool(missed))


def _missed(strength: float, found: dict[tuple[str, str, str], Row]) -> list[str]:
    def high(attribute: str, metric: str) -> float:
        return found[attribute, metric, "method=leace,stage=change"].ci_high or 0.0

    said = [f"{a} at strength {strength:g} loses content" for a in ("Make", "Is Smartphone") if high(a, "sp") < 0]
    if strength == 1:
        said += [f"{metric} of Make is not lowered" for metric in ("accuracy", "spd_a") if high("Make", metric) >= 0]
    if strength == 0:
        said += [
            f"SPD of {a} is said to fall where there is none" for a in ("Make", "Is Smartphone") if high(a, "spd_a") < 0
        ]
    return said


if __name__ == "__main__":
    sys.exit(main())
