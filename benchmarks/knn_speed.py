"""Semantic kNN under processings: how much faster it is than brute force, and whether the results are equal.

    python -m benchmarks.knn_speed [--train 50000 --test 2000 --dim 512 --processings 6 --draws 10] [--whole]

Both run in this process. Brute force computes the similarities of each setting anew (two products where the own class and the
others differ in processing, one where they do not), joins them and takes the top k. All of its settings would take a quarter of
an hour at the full size, so it runs a random sample of each kind and extrapolates; `--whole` runs them all. The accuracy of
each sampled setting is compared with ours.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from itertools import product

import numpy as np
import torch
from numpy.typing import NDArray

from tracer.base.machine import cores
from tracer.base.progress import finish
from tracer.experiments.knn.neighbours import majority
from tracer.experiments.knn.processing import Voting, mixtures
from tracer.experiments.photos import ProcessedPhotos
from tracer.experiments.shared.threads import one_core_each

BAR = 12.0
QUERIES_AT_ONCE = 256


class Clock:
    """Wall-clock and processor seconds since it was made; processor time hardly depends on the machine's other load."""

    def __init__(self) -> None:
        self._started = np.array([time.perf_counter(), time.process_time()])

    def spent(self) -> NDArray[np.float64]:
        """(2,) seconds."""
        now: NDArray[np.float64] = np.array([time.perf_counter(), time.process_time()])
        spent: NDArray[np.float64] = now - self._started
        return spent


def peak_megabytes() -> float:
    """The peak memory of this process in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def vectors(
    rng: np.random.Generator, labels: NDArray[np.int64], dim: int, processings: int
) -> dict[str, NDArray[np.float32]]:
    """Embeddings whose class is found by some of their neighbours, and which a processing moves slightly."""
    classes = np.random.default_rng(1).normal(size=(int(labels.max()) + 1, dim))
    traces = np.random.default_rng(2).normal(size=(processings, dim))
    own = classes[labels] + 2.5 * rng.normal(size=(len(labels), dim))
    return {
        f"P{p}": (own + 0.6 * traces[p] + 0.3 * rng.normal(size=own.shape)).astype(np.float32)
        for p in range(processings)
    }


def brute(
    queries: torch.Tensor,
    truth: torch.Tensor,
    own: torch.Tensor,
    others: torch.Tensor,
    labels: torch.Tensor,
    k: int,
) -> float:
    """Accuracy of one setting: similarities to the whole pool, top k, majority."""

    def tile(begin: int) -> int:
        Q, y = queries[begin : begin + QUERIES_AT_ONCE], truth[begin : begin + QUERIES_AT_ONCE]
        similarity = Q @ others.T
        if own is not others:
            similarity = torch.where(y[:, None] == labels, Q @ own.T, similarity)
        best, at = similarity.topk(k + 1, dim=1)
        return int((majority(best, labels[at], k).labels == y.numpy()).sum())

    with one_core_each(None) as pool:  # in parallel, as in our version
        hits = sum(pool.map(tile, range(0, len(queries), QUERIES_AT_ONCE)))
    return hits / len(queries)


def main(arguments: list[str] | None = None) -> int:
    """Print the comparison; return 1 where it misses the target or a result differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sizes = {
        "train": 50_000,
        "test": 2_000,
        "dim": 512,
        "processings": 6,
        "classes": 100,
        "k": 10,
        "draws": 10,
        "sample": 6,
    }
    for name, size in sizes.items():
        parser.add_argument(f"--{name}", type=int, default=size)
    parser.add_argument("--whole", action="store_true", help="run every setting of plain brute force")
    a = parser.parse_args(arguments)
    rng = np.random.default_rng(11)  # not the stream of a uniform draw
    y_pool, y_test = rng.integers(a.classes, size=a.train), rng.integers(a.classes, size=a.test)
    pool, queries = vectors(rng, y_pool, a.dim, a.processings), vectors(rng, y_test, a.dim, a.processings)
    names = list(pool)

    started, before = Clock(), peak_megabytes()
    found = finish(mixtures(ProcessedPhotos(pool, y_pool), ProcessedPhotos(queries, y_test), Voting(a.k, a.draws)))
    ours = started.spent()
    settings = list(product(range(a.processings), repeat=3))
    print(f"{len(settings)} settings and {a.draws * a.processings} uniform draws, {cores()} cores")
    print(f"ours: {ours[0]:.1f} s, {ours[1]:.1f} s of processor time; votes with a tie {100 * found.tied:.1f} %")

    copy = a.processings * a.train * a.dim * 4 / 1e6
    grown = peak_megabytes() - before
    print(
        f"memory: {grown:.0f} MB, of which {copy:.0f} MB are the pool sorted by class; the rest hardly grows with the pool"
    )

    def unit(table: NDArray[np.float32]) -> torch.Tensor:
        rows = torch.from_numpy(table)
        lengths: torch.Tensor = rows.norm(dim=1, keepdim=True)
        return rows / lengths

    P, Q = [unit(pool[name]) for name in names], [unit(queries[name]) for name in names]
    labels, truth = torch.from_numpy(y_pool), torch.from_numpy(y_test)
    equal = [s for s in settings if s[1] == s[2]]
    mixed = [s for s in settings if s[1] != s[2]]
    uniform = list(product(range(a.processings), range(a.draws)))
    total = np.zeros(2)
    compared, unlike = 0, []
    for kind, members in (("one processing", equal), ("two processings", mixed)):
        chosen = (
            members if a.whole else [members[i] for i in rng.choice(len(members), min(a.sample, len(members)), False)]
        )
        started = Clock()
        for t, o, n in chosen:
            value = brute(Q[t], truth, P[o], P[n], labels, a.k)
            compared += 1
            if value != found.right[t, o, n].mean():
                unlike.append((kind, names[t], names[o], names[n], value, float(found.right[t, o, n].mean())))
        each = started.spent() / len(chosen)
        total += each * len(members)
        print(f"plain, {kind}: {each[0]:.2f} s a setting ({len(chosen)} of {len(members)} run)")
    chosen_draws = (
        uniform if a.whole else [uniform[i] for i in rng.choice(len(uniform), min(a.sample, len(uniform)), False)]
    )
    started = Clock()
    for t, draw in chosen_draws:
        of = np.random.default_rng(draw).choice(a.processings, size=a.train)
        mixture = torch.stack(P)[torch.from_numpy(of), torch.arange(a.train)]
        value = brute(Q[t], truth, mixture, mixture, labels, a.k)
        compared += 1
        if value != found.uniform[t, draw].mean():
            unlike.append(("uniform", names[t], str(draw), "", value, float(found.uniform[t, draw].mean())))
    each = started.spent() / len(chosen_draws)
    total += each * len(uniform)
    print(f"plain, uniform: {each[0]:.2f} s a draw ({len(chosen_draws)} of {len(uniform)} run)")
    print(f"plain, all: {total[0]:.0f} s, {total[1]:.0f} s of processor time{'' if a.whole else ' (extrapolated)'}")
    for case in unlike:
        print("differs:", *case)
    ratio, processor = total / ours
    print(
        f"{compared - len(unlike)} of {compared} accuracies equal; {ratio:.1f} times faster (target {BAR:g}), "
        f"{processor:.1f} times less processor time"
    )
    return int(bool(unlike) or ratio < BAR)


if __name__ == "__main__":
    sys.exit(main())
