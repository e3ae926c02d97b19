"""What figures of unseen cameras are worth, by simulation through the real function.

    python -m benchmarks.unseen_cameras [--worlds 300] [--only NAME]

Each world draws camera models from a population: a model's trace is the trace that its class shares, of a given strength, and one
of its own. Photos are the sum of that, of what the scene shows, and of noise. Scenes are photographed by every model, or by one
alone (owners), or by one of each class (pairs). The truth is the mean balanced accuracy, on many new models, of probes trained on
all models of each world.

Printed are the share of intervals that hold the truth, and the share of worlds that are called shown (p < .05, above guessing).
Exits with 1 where intervals at six models a class or more hold it outside of 92 to 97.5 %, where more than 5 % are shown though
the classes mean nothing, or fewer than 80 % where they share a trace; each with three standard errors of the simulation.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from tracer.base.progress import finish
from tracer.experiments.outcome import Source
from tracer.experiments.photos import LabelledPhotos
from tracer.experiments.probe.protocols import Fitting, fit_probe
from tracer.experiments.probe.unseen import probe_unseen_cameras
from tracer.experiments.settings import Protocol

FAST = Fitting(Protocol.FAST, workers=1)
NAMES = np.array(["camera", "phone"], dtype=object)
NEW_MODELS, NEW_SCENES = 80, 12
Z = 3.0


@dataclass(frozen=True, slots=True)
class World:
    """A population of cameras and scenes.

    Attributes:
        cameras, phones: models of each class.
        scenes: that every model photographs; with `owners` or `pairs` those of one model.
        shared: strength of the trace that a class shares; 0: classes mean nothing.
        own: of each model's own trace.
        content: of what a scene shows.
        dimensions: of embeddings.
        owners: whether every scene is photographed by one model alone, two photos each.
        pairs: whether every scene is photographed by one phone and one other camera, of as many models each.
        power: whether the trace must be found.
    """

    cameras: int = 6
    phones: int = 6
    scenes: int = 15
    shared: float = 1.2
    own: float = 0.6
    content: float = 1.0
    dimensions: int = 8
    owners: bool = False
    pairs: bool = False
    power: bool = False


WORLDS = {
    "classes mean nothing, strong traces of each model, 6 + 6": World(shared=0.0, own=3.0),
    "a trace, 6 + 6": World(power=True),
    "a trace, an owner each, 6 + 6": World(shared=1.4, owners=True, scenes=8, power=True),
    "a strong trace, 6 + 6": World(shared=2.2, own=0.5, power=True),
    "classes mean nothing, 6 + 6": World(shared=0.0, own=1.0),
    "classes mean nothing, an owner each, 6 + 6": World(shared=0.0, own=1.5, owners=True, scenes=8),
    "classes mean nothing, an owner each, 15 + 15": World(
        cameras=15, phones=15, shared=0.0, own=1.5, owners=True, scenes=8
    ),
    "classes mean nothing, a pair a scene, 6 + 6": World(shared=0.0, own=0.5, content=1.5, pairs=True, scenes=20),
    "a trace, a pair a scene, 6 + 6": World(shared=1.2, own=0.5, content=1.5, pairs=True, scenes=20, power=True),
    "a weak trace, much content, 6 + 6": World(shared=1.0, own=0.3, content=1.6),
    "a trace, 10 + 10": World(cameras=10, phones=10, scenes=10, power=True),
    "a trace, 6 + 12": World(cameras=12, scenes=10, power=True),
    "classes mean nothing, 4 + 9": World(cameras=9, phones=4, scenes=12, shared=0.0, own=1.5),
    "a trace, 4 + 4 (warned of)": World(cameras=4, phones=4),
}


def draw(rng: np.random.Generator, world: World) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]:
    """Embeddings (n, D), the model and the scene of each photo; the first models are cameras."""
    models, width = world.cameras + world.phones, world.dimensions
    side = np.where(np.arange(models) < world.cameras, -1.0, 1.0)
    traces = world.own * rng.normal(size=(models, width))
    traces[:, 0] += world.shared * side
    if world.owners:
        scene = np.repeat(np.arange(models * world.scenes), 2)
        model = scene // world.scenes
    elif world.pairs:
        camera = np.tile(np.arange(world.cameras), world.scenes)
        scene = np.repeat(np.arange(len(camera)), 2)
        model = np.column_stack([camera, world.cameras + rng.permutation(camera)]).ravel()
    else:
        scene, model = np.repeat(np.arange(world.scenes), models), np.tile(np.arange(models), world.scenes)
    shows = world.content * rng.normal(size=(int(scene.max()) + 1, width))
    X = traces[model] + shows[scene] + 0.5 * rng.normal(size=(len(model), width))
    return np.column_stack([X, np.full(len(X), 3.0)]).astype(np.float32), model, scene


def one(world: World, seed: int) -> tuple[float, float, float, float, float]:
    """The figure of one world, its bounds and p-value, and the accuracy of a probe of all its models on new ones."""
    rng = np.random.default_rng([seed, 13])
    X, model, scene = draw(rng, world)
    y = (model >= world.cameras).astype(np.int64)
    names = np.array([f"model {code}" for code in model], dtype=object)
    photos = LabelledPhotos(X, NAMES[y], scene, "Is Smartphone")
    found = finish(probe_unseen_cameras(Source("world", "e"), photos, names, FAST))
    row, p = found.rows[0], found.details[0]["chance_test"]["p_value"]
    assert row.ci_low is not None and row.ci_high is not None
    others = replace(world, cameras=NEW_MODELS, phones=NEW_MODELS, scenes=NEW_SCENES)
    fresh, of, _ = draw(rng, others)
    chosen = np.isin(model, [world.cameras - 1, world.cameras])  # one model of each class chooses the weight decay
    fit = finish(fit_probe(X[~chosen], y[~chosen], X[chosen], y[chosen], 2, FAST))
    side = of >= NEW_MODELS
    right = fit.predict(fresh) == side
    truth = float((right[side].mean() + right[~side].mean()) / 2)
    return row.value, row.ci_low, row.ci_high, float(p), truth


def slack(share: float, many: int) -> float:
    """How far a share of so many worlds may be outside of a target."""
    return Z * float(np.sqrt(share * (1 - share) / many))


def told(name: str, world: World, results: NDArray[np.float64]) -> bool:
    """Print a line on a population; return whether its targets are met."""
    value, low, high, p, reached = results.T
    truth, many = float(reached.mean()), len(results)
    held = float(np.mean((low <= truth) & (truth <= high)))
    shown = float(np.mean((p < 0.05) & (value > 0.5)))
    missed = []
    if min(world.cameras, world.phones) >= 6 and not 0.92 - slack(0.92, many) <= held <= 0.975 + slack(0.975, many):
        missed.append("interval")
    if not world.shared and shown > 0.05 + slack(0.05, many):
        missed.append("shown too often")
    if world.power and shown < 0.80 - slack(0.80, many):
        missed.append("not found")
    print(
        f"{name:<58} truth {truth:.3f}  figure {value.mean():.3f} ± {value.std():.3f}  interval holds {100 * held:5.1f} %, "
        f"width {np.mean(high - low):.3f}  shown {100 * shown:5.1f} %{'  MISSED: ' + ', '.join(missed) if missed else ''}",
        flush=True,
    )
    return not missed


def main(arguments: list[str] | None = None) -> int:
    """Print a line for each population; return 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=300)
    parser.add_argument("--only", default="", help="only populations whose name contains this")
    options = parser.parse_args(arguments)
    good = True
    with ProcessPoolExecutor() as pool:
        for name, world in WORLDS.items():
            if options.only in name:
                job: Callable[[int], tuple[float, ...]] = partial(one, world)
                good &= told(name, world, np.array(list(pool.map(job, range(options.worlds), chunksize=5))))
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
