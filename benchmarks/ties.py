"""What the rule for tied votes does to semantic kNN between processings, on invented embeddings.

    python -m benchmarks.ties [--k 1,10]

Three worlds of classes that overlap, so that many votes are tied. Each line gives the figures of `--ties nearest` (the class of
the nearest neighbour wins) or of `--ties paper` (the class that torch's sort of the votes puts first, as in the published
script).
"""

from __future__ import annotations

import argparse
import sys

import numpy as np

from tracer.base.progress import finish
from tracer.experiments.knn.processing import Voting, processing_knn
from tracer.experiments.outcome import Source
from tracer.experiments.photos import ProcessedPhotos
from tracer.experiments.settings import Ties

WORLDS = ((50, 3000, 500, 64, 0.35, 1), (200, 4000, 400, 96, 0.3, 2), (20, 1000, 300, 32, 0.4, 3))
"""Classes, pool pictures, queries, values of an embedding, distance of the classes, seed."""
NAMES = ("JPEG75_420", "JPEG85_420", "JPEG95_444")


def world(
    classes: int, pool: int, queries: int, dim: int, spread: float, seed: int
) -> tuple[ProcessedPhotos, ProcessedPhotos]:
    """Pool and queries under three processings; each moves the embeddings, and adds noise of its own."""
    rng = np.random.default_rng(seed)
    centres, traces = rng.normal(size=(classes, dim)) * spread, rng.normal(size=(len(NAMES), dim)) * 0.3

    def photos(count: int) -> ProcessedPhotos:
        labels = rng.integers(classes, size=count)
        base = centres[labels] + rng.normal(size=(count, dim))
        views = {
            name: base + trace + 0.2 * rng.normal(size=base.shape) for name, trace in zip(NAMES, traces, strict=True)
        }
        return ProcessedPhotos(views, labels.astype(np.int64))

    return photos(pool), photos(queries)


def main(arguments: list[str] | None = None) -> int:
    """Print the figures of both rules."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--k", default="1,10", help="neighbours that vote, comma-separated")
    asked = parser.parse_args(arguments)
    print(f"{'classes':>7} {'k':>3} {'ties':>8} {'tied %':>7} {'SP %':>6} {'uniform %':>10} {'SPD points':>11}")
    for settings in WORLDS:
        pool, queries = world(*settings)
        for k in map(int, asked.k.split(",")):
            for ties in Ties:
                found = finish(processing_knn(Source("invented", ""), pool, queries, "JPEG", Voting(k, ties=ties)))
                value = {row.setting or row.metric: 100 * row.value for row in found.rows}
                tied = 100 * found.details[0]["tied"]
                print(
                    f"{settings[0]:>7} {k:>3} {ties:>8} {tied:>7.1f} {value['sp']:>6.1f} {value['uniform']:>10.1f} "
                    f"{value['spd_p']:>11.1f}"
                )
    return 0


if __name__ == "__main__":
    sys.exit(main())
