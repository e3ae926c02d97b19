"""The probe's protocols on the paper's data sizes for Make: the speed of each, and its agreement with the sequential search.

    python -m benchmarks.probe_speed [--seeds 5] [--protocols batched,halving,fast] [--device cpu] [--train 35091 …]

35,091 / 1,800 / 4,500 photos, 9 classes, 512 dimensions (Ramos et al. 2025, FlickrExif). The embeddings are random: each class
is shifted slightly in a few directions, with much unrelated variance, so that the accuracy is close to the paper's, well above
chance and far below one. Each seed has a new set. Targets: the mean test accuracy is within max(0.3 points, the sequential
protocol's standard deviation over seeds), and 5 times the speed (batched) or 10 times (halving); on a GPU 20 times.
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np
import torch
from numpy.typing import NDArray

from tracer.base.progress import finish
from tracer.experiments.probe.protocols import Fitting, Protocol, fit_probe

BARS = {Protocol.BATCHED: 5.0, Protocol.HALVING: 10.0, Protocol.FAST: 0.0}
GPU_BAR = 20.0


def photos(
    rng: np.random.Generator, world: NDArray[np.float64], n: int
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """(n, D) embeddings and their (n,) classes; `world` holds the classes' shifts (C, D)."""
    classes, dim = world.shape
    y = rng.integers(classes, size=n)
    spectrum = (1.0 + np.arange(dim)) ** -0.5  # as in an encoder, few directions have most of the variance
    return (world[y] + rng.standard_normal((n, dim)) * spectrum).astype(np.float32), y


def main(arguments: list[str] | None = None) -> int:
    """Print time and accuracy of each protocol; return 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sizes = {"seeds": 5, "train": 35_091, "val": 1_800, "test": 4_500, "classes": 9, "dim": 512}
    for name, size in sizes.items():
        parser.add_argument(f"--{name}", type=int, default=size)
    parser.add_argument("--protocols", default="batched,halving,fast")
    parser.add_argument("--device", default="cpu")
    a = parser.parse_args(arguments)
    protocols = [Protocol.PAPER, *(Protocol(word) for word in a.protocols.split(","))]
    accuracy: dict[Protocol, list[float]] = {protocol: [] for protocol in protocols}
    seconds: dict[Protocol, list[float]] = {protocol: [] for protocol in protocols}
    for seed in range(a.seeds):
        rng = np.random.default_rng([7, seed])
        world = rng.standard_normal((a.classes, a.dim)) * 0.0045
        (X, y), (V, v), (T, t) = (photos(rng, world, n) for n in (a.train, a.val, a.test))
        for protocol in protocols:
            started = time.perf_counter()
            fit = finish(fit_probe(X, y, V, v, a.classes, Fitting(protocol, seed, a.device)))
            if a.device != "cpu":
                torch.cuda.synchronize()
            seconds[protocol].append(time.perf_counter() - started)
            accuracy[protocol].append(float((fit.predict(T) == t).mean()))
            print(f"seed {seed}, {protocol}: {accuracy[protocol][-1]:.4f}, {seconds[protocol][-1]:.1f} s", flush=True)
    paper, took = np.array(accuracy[Protocol.PAPER]), sum(seconds[Protocol.PAPER])
    spread = float(paper.std(ddof=1)) if a.seeds > 1 else 0.0
    allowed, failed = max(0.003, spread), 0
    print(f"paper: {100 * paper.mean():.2f} % ± {100 * spread:.2f} over seeds, {took / a.seeds:.1f} s a probe")
    for protocol in protocols[1:]:
        gap, ratio = float(np.mean(accuracy[protocol]) - paper.mean()), took / sum(seconds[protocol])
        bar = BARS[protocol] if a.device == "cpu" else GPU_BAR
        good = abs(gap) <= allowed and ratio >= bar
        failed += not good
        print(
            f"{protocol}: {100 * gap:+.2f} points (allowed ±{100 * allowed:.2f}), {ratio:.1f} times faster (target {bar:g})"
            f"{'' if good else '  MISSED'}"
        )
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
