"""Whether the paired intervals of `tracer compare` hold, for figures of unseen cameras.

    python -m benchmarks.compared [--worlds 80] [--only NAME]

Each world has two encodings of the same photos. Every scene is photographed by a phone and another camera. Photos are the sum of
what the scene shows, of a trace that each class shares, and of one of each camera model. Both encodings are drawn alike, so that
the true difference of any figure is 0. Printed is the share
of worlds whose interval of the difference holds 0. Exits with 1 where one is below 90 % by more than three standard errors of the
simulation.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np
from numpy.typing import NDArray

from tracer.base.progress import Work, finish
from tracer.experiments.outcome import Outcome, Source
from tracer.experiments.photos import LabelledPhotos
from tracer.experiments.probe.protocols import Fitting
from tracer.experiments.probe.unseen import probe_unseen_cameras
from tracer.experiments.settings import Protocol
from tracer.experiments.similarity.similarity import similarity
from tracer.results.comparison import paired_difference
from tracer.results.metrics import facts
from tracer.results.photo_scores import PhotoScores, Values

SOURCE = Source("world", "e")
DESIGNS = {"7 + 5": (5, 7), "9 + 3": (3, 9), "8 + 2": (2, 8)}
"""Phones and other camera models -> other cameras, phones."""
SCENES, CLASSES, DIMENSIONS, OWN = 72, 4, 24, 0.7
LEAST = 0.90


def encodings(rng: np.random.Generator, cameras: int, phones: int) -> tuple[LabelledPhotos, LabelledPhotos]:
    """Two encodings of the same photos, one drawn like the other."""
    scene = np.repeat(np.arange(SCENES), 2)
    one, other = (rng.permutation(np.arange(SCENES) % many) for many in (cameras, phones))
    model = np.column_stack([one, cameras + other]).ravel()
    side, y = model >= cameras, rng.permutation(np.arange(SCENES) % CLASSES)[scene]
    shown = 0.7 * rng.normal(size=(CLASSES, DIMENSIONS))[y] + rng.normal(size=(SCENES, DIMENSIONS))[scene]
    names = np.array([f"model {code:02d}" for code in model], dtype=object)
    labels, classes = (part.astype(str).astype(object) for part in (side, y))

    def encoded() -> LabelledPhotos:
        X = shown + OWN * rng.normal(size=(cameras + phones, DIMENSIONS))[model]
        X += 0.5 * rng.normal(size=X.shape)
        X[:, 0] += 2.0 * side - 1.0
        return LabelledPhotos(X.astype(np.float32), labels, scene, "Is Smartphone", classes, names)

    return encoded(), encoded()


def _similarity(given: LabelledPhotos, seed: int) -> Work[Outcome]:
    return similarity(SOURCE, given, seed, unseen=True)


def _probe(given: LabelledPhotos, seed: int) -> Work[Outcome]:
    assert given.cameras is not None
    return probe_unseen_cameras(SOURCE, given, given.cameras, Fitting(Protocol.FAST, workers=1, seed=seed))


MEASURES: dict[str, Callable[[LabelledPhotos, int], Work[Outcome]]] = {
    "similarity": _similarity,
    "probe": _probe,
}


def _values(scores: PhotoScores) -> Values:
    parts = (scores.rows, scores.clusters, scores.values, scores.cameras, scores.classes)
    order = np.argsort(scores.rows)
    return Values(*(np.array(part)[order] for part in parts))


def one(measure: str, design: str, seed: int) -> dict[str, bool]:
    """Of each figure whether the interval of its difference holds 0."""
    worlds = encodings(np.random.default_rng([seed, 31]), *DESIGNS[design])
    first, second = (
        {(one.key["setting"], one.key["metric"]): one for one in finish(MEASURES[measure](given, seed)).per_photo}
        for given in worlds
    )
    held = {}
    for key in first.keys() & second.keys():
        a, b = _values(first[key]), _values(second[key])
        if np.array_equal(a.ids, b.ids):
            _, (low, high) = paired_difference(a, b, facts(key[1]).is_size, measure == "probe", seed)
            held[f"{key[1]} {key[0]}"] = low <= 0 <= high
    return held


def main(arguments: list[str] | None = None) -> int:
    """Print a line for each figure; return 1 where an interval is too narrow."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=80)
    parser.add_argument("--only", default="", help="only measures whose name contains this")
    options = parser.parse_args(arguments)
    missed = 0
    with ProcessPoolExecutor() as pool:
        for measure in (name for name in MEASURES if options.only in name):
            for design in DESIGNS:
                worlds = list(pool.map(partial(one, measure, design), range(options.worlds), chunksize=5))
                for figure in sorted({name for held in worlds for name in held}):
                    missed += not told(
                        f"{measure}, {design}: {figure}", np.array([w[figure] for w in worlds if figure in w])
                    )
    return int(missed > 0)


def told(name: str, held: NDArray[np.bool_]) -> bool:
    """Print a line; return whether the intervals are wide enough."""
    slack = 3 * np.sqrt(LEAST * (1 - LEAST) / len(held))
    good = bool(held.mean() >= LEAST - slack)
    print(f"{name:<70} holds 0 in {100 * held.mean():5.1f} % of {len(held)}{'' if good else '  MISSED'}", flush=True)
    return good


if __name__ == "__main__":
    sys.exit(main())
