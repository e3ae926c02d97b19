"""How often intervals of a mitigation's changes hold the true change, by simulation through the real function.

    python -m benchmarks.mitigation_changes [--worlds 300] [--only scenes]

Each world draws photos of scenes or of unequal owners (`null_worlds.photos`) and adds a trace of their label, of a strength
from none to strong. LEACE takes it out. The true change of a population is the mean over its worlds. Exits with 1 where fewer
than 92 % of the intervals hold it, less three standard errors of the simulation, unless the sets are warned of: unequal owners
count as few.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np

from benchmarks.null_worlds import SOURCE, Photos, photos
from tracer.base.progress import finish
from tracer.errors import TooFew
from tracer.experiments.mitigation.erasure import Method
from tracer.experiments.mitigation.halves import MitigationSettings
from tracer.experiments.mitigation.mitigation import mitigate
from tracer.experiments.settings import Protocol

STRENGTHS = (0.0, 0.5, 1.5)
KINDS = ("scenes", "unequal")
LEAST = 0.92


def changes(kind: str, strength: float, seed: int) -> dict[str, tuple[float, float, float, bool]]:
    """Figure -> change, its bounds, and whether too few units are warned of, in one world; nothing where it is refused."""
    rng = np.random.default_rng([seed, 77])
    drawn = photos(rng, kind, dim=16)
    X = drawn.X.copy()
    X[:, 0] += strength * (2 * drawn.label - 1)
    given = Photos(X, drawn.y, drawn.label, drawn.cluster).labelled()
    try:
        outcome = finish(mitigate(SOURCE, given, MitigationSettings((Method.LEACE,), Protocol.FAST, 1, 3, seed=seed)))
    except TooFew:
        return {}
    warned = bool(outcome.details[0]["few_units"])
    return {
        str(row.metric): (row.value, float(row.ci_low or 0.0), float(row.ci_high or 0.0), warned)
        for row in outcome.rows
        if row.setting.endswith("stage=change")
    }


def main(arguments: list[str] | None = None) -> int:
    """Print a line for each population and figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=300)
    parser.add_argument("--only", choices=KINDS)
    options = parser.parse_args(arguments)
    missed = 0
    with ProcessPoolExecutor() as pool:
        for kind in [options.only] if options.only else KINDS:
            for strength in STRENGTHS:
                found = defaultdict(list)
                for world in pool.map(partial(changes, kind, strength), range(options.worlds), chunksize=5):
                    for metric, change in world.items():
                        found[metric].append(change)
                for metric, of_worlds in found.items():
                    value, low, high, warned = np.array(of_worlds).T
                    truth = value.mean()
                    held = float(np.mean((low <= truth) & (truth <= high)))
                    told = warned.mean() > 0.5
                    bad = not told and held < LEAST - 3 * np.sqrt(LEAST * (1 - LEAST) / len(value))
                    missed += bad
                    print(
                        f"{kind:8} strength {strength:3.1f}  {metric:9} change {truth:+.3f} ± {value.std():.3f}  holds "
                        f"{100 * held:5.1f} %, width {np.mean(high - low):.3f}"
                        f"{'  (warned of)' if told else ''}{'  MISSED' if bad else ''}",
                        flush=True,
                    )
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
