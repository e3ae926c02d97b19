"""Zero-shot names: how often the interval of SPD_a holds the truth, and how often a planted difference is found.

    python -m benchmarks.names [--worlds 400] [--seed 0]

Each world draws scenes or owners, camera models with traces of their own, and photos that are named right with a probability that
follows from their class, scene, camera model and kind of camera. The share of right names of two kinds differs by a known amount.
Worlds without any difference are in `benchmarks.null_worlds`. Exits with 1 where coverage is outside its target by more than the
error of the simulation.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracer.experiments.zeroshot.differences import Difference, of_cameras, of_scenes
from tracer.stats import Interval

LOW, HIGH = 0.92, 0.975
Z = 3.0
"""How many standard errors of the simulation a coverage may be outside its target."""


@dataclass(frozen=True, slots=True)
class World:
    """One kind of world.

    Attributes:
        name: what it is.
        models: camera models of each kind.
        effects: share of right names of each kind, from a common mean.
        spread: standard deviation between models of a kind.
        shared: scenes that every model photographs; None where each model has scenes of its own, three photos each.
        by_models: whether models are what is drawn; otherwise scenes and owners, and the models are given.
    """

    name: str
    models: tuple[int, ...]
    effects: tuple[float, ...]
    spread: float
    shared: int | None = 30
    by_models: bool = True


WORLDS = (
    World("6 + 6 models, shared scenes, 20 points", (6, 6), (-0.1, 0.1), 0.1),
    World("6 + 6 models, shared scenes, 20 points, models alike", (6, 6), (-0.1, 0.1), 0.0),
    World("6 + 6 models, own scenes, 20 points", (6, 6), (-0.1, 0.1), 0.1, None),
    World("6 + 14 models, own scenes, 20 points", (6, 14), (-0.1, 0.1), 0.1, None),
    World("12 + 12 models, shared scenes, 10 points", (12, 12), (-0.05, 0.05), 0.05),
    World("4 kinds of 6 models, own scenes", (6, 6, 6, 6), (-0.15, -0.05, 0.05, 0.15), 0.05, None),
    World("40 scenes by 4 given cameras, 15 points", (2, 2), (-0.075, 0.075), 0.0, 40, by_models=False),
    World("3 values, 40 scenes by 6 given cameras", (2, 2, 2), (-0.15, 0.0, 0.15), 0.0, 40, by_models=False),
    World("3 + 3 models, shared scenes, 20 points (warned of)", (3, 3), (-0.1, 0.1), 0.1),
)


def found(world: World, rng: np.random.Generator, seed: int) -> Difference:
    """The difference in one world of a kind."""
    kind = np.repeat(np.arange(len(world.models)), world.models)
    count = len(kind)
    if world.shared is None:
        model = np.repeat(np.arange(count), rng.integers(12, 48, size=count))
        scene = np.arange(len(model)) // 3
    else:
        model, scene = np.tile(np.arange(count), world.shared), np.repeat(np.arange(world.shared), count)
    scenes = int(scene.max()) + 1
    classes = rng.integers(4, size=scenes)[scene]
    rate = 0.6 - 0.06 * classes + 0.08 * rng.choice([-1.0, 1.0], size=scenes)[scene]
    rate += np.clip(rng.normal(0, world.spread, size=count), -0.15, 0.15)[model]
    rate += np.array(world.effects)[kind[model]]
    right: NDArray[np.float64] = (rng.random(len(model)) < rate).astype(np.float64)
    if world.by_models:
        return of_cameras(right, kind[model], classes, model, scene, seed)
    return of_scenes(right, kind[model], classes, scene, seed)


def truth(world: World) -> float:
    """The root of the mean squared difference of two kinds; photos are equally many in all of them but for chance."""
    e = np.array(world.effects)
    pairs = [(e[u] - e[v]) ** 2 for u in range(len(e)) for v in range(u)]
    return float(np.sqrt(np.mean(pairs)))


def main(arguments: list[str] | None = None) -> int:
    """Print a line for each kind of world; return 1 where a coverage is outside its target."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    missed = 0
    for world in WORLDS:
        target = truth(world)
        all_found = [found(world, np.random.default_rng([options.seed, n]), n) for n in range(options.worlds)]
        intervals: list[Interval] = [one.signed_interval or one.interval for one in all_found]
        coverage = float(np.mean([low <= target <= high for low, high in intervals]))
        power = float(np.mean([one.p_value < 0.05 for one in all_found]))
        slack = Z * float(np.sqrt(coverage * (1 - coverage) / options.worlds))
        bad = not world.name.endswith("(warned of)") and not LOW - slack <= coverage <= HIGH + slack
        missed += bad
        length = float(np.mean([high - low for low, high in intervals]))
        print(
            f"{world.name:54} holds {100 * coverage:5.1f} %  found {100 * power:5.1f} %  length {100 * length:4.1f} points"
            f"{'  MISSED' if bad else ''}",
            flush=True,
        )
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
