"""The coverage of each kind of interval, by simulation.

    python -m benchmarks.coverage [--simulations 4000]

A 95 % interval that covers the true value in only 85 of 100 simulations is wrong. Each simulation draws new photos: clusters
(scenes, owners) of unequal size, whose photos are correlated. The true value is the parameter of the simulation; for the probe's
interval it is the mean accuracy, on a large new test set, of all classifiers that were trained. After them come the worlds in
which labels know nothing (`benchmarks.null_worlds`). Figures of cameras that were never seen have a simulation of their own:
`python -m benchmarks.unseen_cameras`. Exits with 1 where a figure is outside its target.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks import null_worlds
from tracer import stats
from tracer.experiments.probe.probe import accuracy_interval
from tracer.stats import Interval

Z = 3.0
"""How many standard errors of the simulation a coverage may be outside its target."""


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of interval in one kind of simulation.

    Attributes:
        name: what it is.
        worlds: (rng, how many) → intervals and the true value of each.
        low: the lower end of the target; None where the coverage is only printed.
        high: the upper end of the target.
    """

    name: str
    worlds: Callable[[np.random.Generator, int], Iterator[tuple[Interval, float]]]
    low: float | None
    high: float | None


def wilson(n: int, p: float) -> Callable[[np.random.Generator, int], Iterator[tuple[Interval, float]]]:
    """Independent photos, of which a share p is right."""

    def worlds(rng: np.random.Generator, many: int) -> Iterator[tuple[Interval, float]]:
        for successes in rng.binomial(n, p, size=many):
            yield stats.wilson(int(successes), n), p

    return worlds


def _clusters(rng: np.random.Generator, count: int) -> NDArray[np.int64]:
    """Cluster numbers of photos; clusters hold 2 to 10 photos."""
    return np.repeat(np.arange(count), rng.integers(2, 11, size=count))


def _tendency(rng: np.random.Generator, count: int, p: float, strength: float) -> NDArray[np.float64]:
    """A share for each cluster, with mean p; `strength` is the correlation of two photos of a cluster."""
    scale = (1 - strength) / strength
    return rng.beta(p * scale, (1 - p) * scale, size=count)


def share(
    count: int, p: float, strength: float
) -> Callable[[np.random.Generator, int], Iterator[tuple[Interval, float]]]:
    """The mean correctness of photos in clusters."""

    def worlds(rng: np.random.Generator, many: int) -> Iterator[tuple[Interval, float]]:
        for world in range(many):
            ids = _clusters(rng, count)
            right = (rng.random(len(ids)) < _tendency(rng, count, p, strength)[ids]).astype(float)
            draws = stats.bootstrap_means(right, ids, 1000, world)[:, 0]
            yield stats.share_interval(float(right.mean()), draws, count), p

    return worlds


def difference(count: int, delta: float) -> Callable[[np.random.Generator, int], Iterator[tuple[Interval, float]]]:
    """The difference of two methods on the same photos, as in SPD's sign, comparisons and mitigation."""

    def worlds(rng: np.random.Generator, many: int) -> Iterator[tuple[Interval, float]]:
        for world in range(many):
            ids = _clusters(rng, count)
            base = _tendency(rng, count, 0.6, 0.3)[ids] * (1 - abs(delta))
            luck = rng.random(len(ids))
            noise = np.where(rng.random(len(ids)) < 0.5, luck, rng.random(len(ids)))
            found = stats.paired_bootstrap(noise < base + delta, luck < base, ids, draws=1000, seed=world)
            yield Interval(found.low, found.high), delta

    return worlds


def independent(n: int, p: float, q: float) -> Callable[[np.random.Generator, int], Iterator[tuple[Interval, float]]]:
    """The difference of two independent shares from their intervals, as of two runs on different photos."""

    def worlds(rng: np.random.Generator, many: int) -> Iterator[tuple[Interval, float]]:
        for a, b in zip(rng.binomial(n, p, size=many), rng.binomial(n, q, size=many), strict=True):
            found = stats.difference_of_independent(a / n, stats.wilson(int(a), n), b / n, stats.wilson(int(b), n))
            yield Interval(found.low, found.high), p - q

    return worlds


def association(
    count: int, strength: float, alike: bool = False
) -> Callable[[np.random.Generator, int], Iterator[tuple[Interval, float]]]:
    """Cramér's V of two labels with four values each; with probability `strength` the second equals the first.

    `alike`: the photos of a cluster (four) have the same labels, and so only the information of one.
    """

    def worlds(rng: np.random.Generator, many: int) -> Iterator[tuple[Interval, float]]:
        for world in range(many):
            n = count if alike else 4 * count
            a = rng.integers(4, size=n)
            b = np.where(rng.random(n) < strength, a, rng.integers(4, size=n))
            ids = np.repeat(np.arange(count), 4)
            if alike:
                a, b = a[ids], b[ids]
            yield stats.cramers_v_of_clusters(a, b, ids, seed=world).interval, strength

    return worlds


def probe(count: int, strength: float) -> Callable[[np.random.Generator, int], Iterator[tuple[Interval, float]]]:
    """The accuracy of a cross-validated linear classifier, where both test photos and training photos are drawn.

    A least-squares classifier replaces the probe, since thousands are trained and the interval depends only on predictions. As
    for the probe there are three repeats of five folds by cluster. The interval assumes that training photos vary as much as
    test photos, which is conservative, so the upper end of its target is higher.
    """

    def worlds(rng: np.random.Generator, many: int) -> Iterator[tuple[Interval, float]]:
        dim, direction = 16, np.zeros(16)
        direction[0] = strength
        fresh = np.repeat(rng.normal(size=(2500, dim)), 4, axis=0) * 0.7 + rng.normal(size=(10_000, dim))
        sides = np.tile([0, 1], 5000)
        fresh += np.outer(2 * sides - 1, direction)
        found, truths = [], []
        for world in range(many):
            scene = rng.normal(size=(count, dim)) * 0.7
            ids, y = np.repeat(np.arange(count), 4), np.tile([0, 1], 2 * count)
            X = scene[ids] + rng.normal(size=(len(ids), dim)) + np.outer(2 * y - 1, direction)
            right, accuracy = np.zeros((3, len(ids)), dtype=bool), []
            for repeat in range(3):
                fold = rng.permutation(np.arange(count) % 5)[ids]
                for held in range(5):
                    W = _least_squares(X[fold != held], y[fold != held])
                    test = fold == held
                    right[repeat, test] = (X[test] @ W[:-1] + W[-1] > 0) == y[test]
                    if repeat == 0:
                        accuracy.append(float(((fresh @ W[:-1] + W[-1] > 0) == sides).mean()))
            found.append(accuracy_interval(right, ids, world, draws=1000)[1])
            truths.append(float(np.mean(accuracy)))
        for interval in found:
            yield interval, float(np.mean(truths))

    return worlds


def models(
    kinds: int, each: int, p: float, strength: float
) -> Callable[[np.random.Generator, int], Iterator[tuple[Interval, float]]]:
    """The share named right of unseen camera models, 20 photos each, of classes with few models.

    The scores are drawn and no probe is trained, so the interval, which allows for training, should be too wide.
    """

    def worlds(rng: np.random.Generator, many: int) -> Iterator[tuple[Interval, float]]:
        classes = np.repeat(np.arange(kinds), each)
        model = np.repeat(np.arange(len(classes)), 20)
        for _ in range(many):
            right = (rng.random(len(model)) < _tendency(rng, len(classes), p, strength)[model]).astype(float)
            yield stats.unseen_interval(right, model, classes, np.arange(len(model))), p

    return worlds


def _least_squares(X: NDArray[np.float64], y: NDArray[np.int64]) -> NDArray[np.float64]:
    A = np.column_stack([X, np.ones(len(X))])
    return np.asarray(np.linalg.solve(A.T @ A + 1e-3 * np.eye(A.shape[1]), A.T @ (2.0 * y - 1)))


CASES = (
    *(
        Case(f"Wilson, n = {n}, p = {p}", wilson(n, p), 0.93, 0.975)
        for n, p in (
            (200, 0.03),
            (200, 0.1),
            (200, 0.5),
            (500, 0.01),
            (500, 0.9),
            (1000, 0.25),
            (4500, 0.111),
            (4500, 0.995),
        )
    ),
    *(
        Case(
            f"cluster bootstrap of a share, {count} clusters, p = {p}, correlation {r}", share(count, p, r), 0.92, 0.97
        )
        for count, p, r in ((50, 0.5, 0.3), (50, 0.8, 0.2), (50, 0.3, 0.5), (100, 0.9, 0.3), (300, 0.6, 0.5))
    ),
    *(
        Case(f"paired bootstrap of a difference, {count} clusters, {d:+}", difference(count, d), 0.92, 0.97)
        for count, d in ((50, 0.0), (50, 0.05), (200, -0.1))
    ),
    Case("difference of independent shares, n = 200", independent(200, 0.7, 0.6), 0.93, 0.975),
    Case("Cramér's V, 100 clusters, V = 0.3", association(100, 0.3), 0.92, 0.975),
    Case("Cramér's V, 100 clusters, V = 0.1", association(100, 0.1), 0.92, 0.975),
    Case("Cramér's V, 60 clusters of alike photos, V = 0.2", association(60, 0.2, alike=True), 0.92, 0.975),
    Case("probe, 50 clusters, strong trace", probe(50, 0.8), 0.92, 0.99),
    Case("probe, 100 clusters, weak trace", probe(100, 0.3), 0.92, 0.99),
    Case("cluster bootstrap of a share, 10 clusters (warned of)", share(10, 0.5, 0.3), None, None),
    Case("cluster bootstrap of a share, 19 clusters (warned of)", share(19, 0.5, 0.3), None, None),
    Case("unseen cameras, 5 classes of 2 models (warned of)", models(5, 2, 0.5, 0.1), 0.92, 0.99),
    Case("unseen cameras, 2 classes of 2 models (warned of)", models(2, 2, 0.7, 0.1), None, None),
)


def main(arguments: list[str] | None = None) -> int:
    """Print the coverages; return 1 where one is outside its target by more than the simulation error."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulations", type=int, default=4000)
    parser.add_argument("--worlds", type=int, default=300, help="worlds in which labels know nothing")
    parser.add_argument("--only", default="", help="only intervals whose name contains this")
    options = parser.parse_args(arguments)
    many = options.simulations
    failed = 0
    for number, case in enumerate(CASES):
        if options.only not in case.name:
            continue
        rng = np.random.default_rng(number)
        held = [low <= truth <= high for (low, high), truth in case.worlds(rng, many)]
        coverage = float(np.mean(held))
        slack = Z * float(np.sqrt(coverage * (1 - coverage) / many)) if many < 4000 else 0.0
        bar, verdict = "", ""
        if case.low is not None and case.high is not None:
            bar = f"target {100 * case.low:g} to {100 * case.high:g}"
            good = case.low - slack <= coverage <= case.high + slack
            failed, verdict = failed + (not good), "" if good else "  MISSED"
        print(f"{100 * coverage:6.2f} %  {case.name}  {bar}{verdict}", flush=True)
    for name, world in null_worlds.WORLDS.items():
        if options.only in name and options.worlds:
            failed += null_worlds.told(name, world, options.worlds, 0)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
