"""Whether the numbers of `tracer plan` do what they are asked for, by simulation.

    python -m benchmarks.plan [--worlds 300] [--only NAME]

Worlds with known variance components: the numbers that the plan gives for an interval of a certain width, or for an effect with
a power of 80 %, are drawn, and the functions that make the intervals and tests of a report are called. Shares of single models,
scenes and photos are drawn directly; or embeddings are (as in `benchmarks.unseen_cameras`), and a probe or the classifier of
the relabelling test is trained. There the components are the means of twenty pilot sets of 6 + 6 models.

Printed are the mean half-width beside the one that was planned, and the share of worlds in which the effect is shown. Exits
with 1 where the half-width is more than 10 % off (25 % where a probe is trained, since a probe of more cameras is another one),
or where the power is outside of 75 to 90 % by more than three standard errors of the simulation.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks import unseen_cameras
from benchmarks.unseen_cameras import FAST, NAMES, World
from tracer import stats
from tracer.base.progress import finish
from tracer.experiments.outcome import Source
from tracer.experiments.photos import LabelledPhotos
from tracer.experiments.probe.probe import accuracy_interval
from tracer.experiments.probe.relabelling import Refitted, relabelling_test
from tracer.experiments.probe.unseen import probe_unseen_cameras
from tracer.experiments.probe.unseen_folds import camera_photos, scene_parts

POWER, LOW, HIGH, Z = 0.8, 0.75, 0.90, 3.0
OFF, OFF_TRAINED = 0.10, 0.25
PILOTS, TO_FIND = 20, 150
SHARPER = 1.5
"""Times as narrow as with 6 + 6 models."""


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of photos named right, of camera models in scenes.

    Attributes:
        layout: `all` models photograph every scene, `pairs` of one model of each class do, or each model has scenes of its `own`.
        parts: variance components.
        scenes: of each model. photos: of a model in a scene.
        figure: balanced accuracy.
        effect: that is to be shown.
        by: what is planned: models of a class, or scenes of each model.
    """

    layout: str
    parts: stats.Crossed
    scenes: int = 12
    photos: int = 1
    figure: float = 0.7
    effect: float = 0.12
    by: str = "models"

    def design(self, models: int) -> stats.CameraDesign:
        """What the plan is made from."""
        model, classes, scene = self.places(models, np.random.default_rng(0))
        return stats.CameraDesign(stats.layout_of(model, classes, scene), self.parts, self.figure)

    def of(self, number: int) -> tuple[Shares, int]:
        """The world with a planned number, and its models of a class."""
        return (replace(self, scenes=number), 6) if self.by == "scenes" else (self, number)

    def places(
        self, models: int, rng: np.random.Generator
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """The model of each photo, the class of each model, the scene of each photo."""
        both, classes = 2 * models, np.repeat([0, 1], models)
        if self.layout == "all":
            model, scene = np.tile(np.arange(both), self.scenes), np.repeat(np.arange(self.scenes), both)
        elif self.layout == "own":
            scene = np.arange(both * self.scenes)
            model = scene // self.scenes
        else:
            dealt = [rng.permutation(np.repeat(np.arange(models), self.scenes)) + side for side in (0, models)]
            model, scene = np.stack(dealt, axis=1).ravel(), np.repeat(np.arange(models * self.scenes), 2)
        return np.repeat(model, self.photos), classes, np.repeat(scene, self.photos)

    def draw(
        self, models: int, seed: int
    ) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Shares (n,), models, classes of models, scenes."""
        rng = np.random.default_rng([seed, models])
        model, classes, scene = self.places(models, rng)
        covariance = [[self.parts.scenes, self.parts.classes], [self.parts.classes, self.parts.scenes]]
        of_scene = rng.multivariate_normal([0, 0], covariance, size=int(scene.max()) + 1)
        of_model = rng.normal(size=2 * models) * self.parts.models**0.5
        noise = rng.normal(size=len(model)) * self.parts.photos**0.5
        return self.figure + of_model[model] + of_scene[scene, classes[model]] + noise, model, classes, scene


SHARES = {
    "every model photographs every scene": Shares("all", stats.Crossed(0.03, 0.02, -0.01, 0.10), scenes=15),
    "pairs of one model of each class": Shares("pairs", stats.Crossed(0.03, 0.02, -0.01, 0.10), photos=2),
    "scenes of each model's own": Shares("own", stats.Crossed(0.02, 0.03, 0.0, 0.12), photos=2),
    "models that hardly differ": Shares(
        "all", stats.Crossed(0.005, 0.03, 0.02, 0.12), scenes=20, effect=0.06, by="scenes"
    ),
}
TRAINED = {
    "every model photographs every scene": World(shared=0.7, own=0.6),
    "much content": World(shared=0.5, own=0.3, content=1.2),
    "an owner each": World(shared=0.8, own=0.8, owners=True, scenes=8),
    "strong traces of each model": World(shared=1.0, own=1.0),
    "sixteen dimensions": World(shared=0.9, own=0.8, content=0.6, scenes=10, dimensions=16),
}


def planned(goal: Callable[[int], bool]) -> int:
    """The number that meets a goal."""
    found = stats.least(goal, 2)
    assert found is not None, "no number does it"
    return found


def having(design: stats.CameraDesign, number: int, what: str = "models") -> stats.CameraDesign:
    """The design with another number of models, or of scenes."""
    return replace(design, layout=design.layout.of(**{what: float(number)}))


# --- shares that are drawn directly


def widths_of_shares(world: Shares, worlds: int) -> tuple[str, float, float]:
    """What was planned; the half-width that was planned for it, and that of `unseen_interval`."""
    now = world.design(6)
    asked = now.half_width() / SHARPER
    number = planned(lambda many: having(now, many, world.by).half_width() <= asked)
    then, models = world.of(number)
    halves = []
    for seed in range(worlds):
        low, high = stats.unseen_interval(*then.draw(models, seed))
        halves.append((high - low) / 2)
    return f"{number} {world.by}", having(now, number, world.by).half_width(), float(np.mean(halves))


def pilots_of_shares(world: Shares, worlds: int) -> str:
    """How far numbers that are planned from one pilot set of 6 + 6 models lie apart."""
    found = []
    asked = world.design(6).half_width() / SHARPER
    for seed in range(worlds):
        right, model, classes, scene = world.draw(6, seed + 10_000)
        figure = min(max(stats.mean_of_classes(stats.of_models(right, model), classes), 0.05), 0.95)
        parts = stats.crossed_components(right, model, classes, scene)
        now = stats.CameraDesign(stats.layout_of(model, classes, scene), parts, figure)
        found.append(stats.least(partial(_narrow, now, asked, what=world.by), 2) or stats.MOST)
    return " to ".join(f"{quartile:.0f}" for quartile in np.percentile(found, [25, 75]))


def _narrow(design: stats.CameraDesign, asked: float, number: int, what: str = "models") -> bool:
    return having(design, number, what).half_width() <= asked


def power_of_shares(world: Shares, worlds: int) -> tuple[str, float]:
    """What was planned for an effect, nothing being trained, and how often `relabelling_test` shows it."""
    effect, now = world.effect, world.design(6)
    number = planned(lambda many: having(now, many, world.by).power(effect, training=1.0) >= POWER)
    larger, models = world.of(number)
    assert models > stats.models_needed([1, 1]), "so few models can show nothing"
    times = (0.5 + effect) * (0.5 - effect) / (now.figure * (1 - now.figure))
    then = replace(larger, figure=0.5 + effect, parts=stats.scaled(world.parts, times))
    shown = []
    for seed in range(worlds):
        right, model, classes, _ = then.draw(models, seed)
        figures = stats.of_models(right, model)
        says = np.where(classes == 1, figures, 1 - figures)  # the share of each model's photos that is called class 1
        p = stats.relabelling_test(classes, partial(_balanced, says), seed).p_value
        shown.append(p < stats.LEVEL)
    return f"{number} {world.by}, effect {100 * effect:.1f}", float(np.mean(shown))


def _balanced(says: NDArray[np.float64], ways: NDArray[np.int64]) -> NDArray[np.float64]:
    one = (ways == 1).astype(np.float64)
    return np.asarray(0.5 + (one @ says / one.sum(axis=1) - (1 - one) @ says / (1 - one).sum(axis=1)) / 2)


# --- embeddings, and probes that are trained


def _photos(world: World, seed: int) -> tuple[LabelledPhotos, NDArray[np.object_]]:
    X, model, scene = unseen_cameras.draw(np.random.default_rng([seed, 21]), world)
    names = np.array([f"model {code}" for code in model], dtype=object)
    return LabelledPhotos(X, NAMES[(model >= world.cameras).astype(int)], scene, "Is Smartphone"), names


def pilot(world: World) -> stats.CameraDesign:
    """The design with the mean figure and the mean components of pilot sets."""
    found = []
    for seed in range(PILOTS):
        outcome = finish(probe_unseen_cameras(Source("world", "e"), *_photos(world, seed + 50_000), FAST))
        found.append((outcome.rows[0].value, outcome.details[0]["components"], outcome.details[0]["layout"]))
    parts = {
        name: float(np.mean([one[1][name] for one in found])) for name in ("models", "scenes", "classes", "photos")
    }
    return stats.CameraDesign(
        stats.Layout(**found[0][2]), stats.Crossed(**parts), float(np.mean([one[0] for one in found]))
    )


def widths_of_probes(world: World, worlds: int) -> tuple[str, float, float]:
    """What was planned; the half-width that was planned for it, and that of `probe_unseen_cameras`."""
    now = pilot(world)
    models = planned(partial(_narrow, now, now.half_width() / SHARPER))
    halves = []
    for seed in range(worlds):
        then = replace(world, cameras=models, phones=models)
        row = finish(probe_unseen_cameras(Source("world", "e"), *_photos(then, seed), FAST)).rows[0]
        assert row.ci_low is not None and row.ci_high is not None
        halves.append((row.ci_high - row.ci_low) / 2)
    return f"{models} models a class", having(now, models).half_width(), float(np.mean(halves))


Places: TypeAlias = tuple[NDArray[np.floating], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]


def _places(world: World, models: int, seed: int) -> Places:
    """Embeddings, models, classes of models and parts of the scenes, as the relabelling test takes them."""
    photos, names = _photos(replace(world, cameras=models, phones=models), seed)
    found = camera_photos(photos, names, 42)
    return photos.vectors[found.rows], found.model, found.classes, scene_parts(found, 42)


def effect_of(world: World, models: int) -> float:
    """How far above guessing the classifier of the test is on average, with so many models of each class."""
    values = []
    for seed in range(90_000, 90_000 + TO_FIND):
        vectors, model, classes, part = _places(world, models, seed)
        values.append(float(Refitted.of(vectors, model, part, 42).accuracy(classes[None], 2)[0]))
    return float(np.mean(values)) - 0.5


def power_of_probes(world: World, worlds: int) -> tuple[str, float]:
    """The smallest set that the plan calls enough for the effect that its classifier has, and how often that is shown."""
    now = pilot(world)
    for models in range(4, 40):
        effect = effect_of(world, models)
        if effect > 0 and having(now, models).power(effect) >= POWER:
            break
    p_values = [relabelling_test(*_places(world, models, seed), 42)["p_value"] for seed in range(worlds)]
    shown = np.mean([p < stats.LEVEL for p in p_values])
    return f"{models} models a class, effect {100 * effect:.1f}", float(shown)


# --- means over scenes or owners


@dataclass(frozen=True, slots=True)
class Scenes:
    """Shares or differences of photos in scenes of unequal size."""

    between: float
    within: float
    photos: float
    value: float
    probe: bool

    def draw(self, scenes: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Values (n,) and scenes."""
        rng = np.random.default_rng([seed, scenes, 3])
        code = np.repeat(np.arange(scenes), 1 + rng.poisson(self.photos - 1, size=scenes))
        of_scene = rng.normal(size=scenes) * self.between**0.5
        return self.value + of_scene[code] + rng.normal(size=len(code)) * self.within**0.5, code

    def interval(self, values: NDArray[np.float64], code: NDArray[np.int64], seed: int) -> stats.Interval:
        """That of a probe of known cameras, or of a difference, as reports have it."""
        if self.probe:
            return accuracy_interval(values[None], code, seed)[1]  # type: ignore[arg-type]
        return self.calibrated(values, code, seed).interval

    def calibrated(self, values: NDArray[np.float64], code: NDArray[np.int64], seed: int) -> stats.Calibrated:
        """The test of pairs: in each scene the two kinds of camera are exchanged or not."""
        rng = np.random.default_rng(seed)
        signs = rng.choice([-1.0, 1.0], size=(199, int(code.max()) + 1))
        others = [values * sign[code] for sign in signs]
        errors = [stats.cluster_error(other, code) for other in others]
        error, groups = stats.cluster_error(values, code), signs.shape[1]
        return stats.calibrated(float(values.mean()), error, [o.mean() for o in others], errors, groups, centre=0.0)

    def pilot(self, scenes: int, seed: int) -> stats.SceneDesign:
        """The design of one drawn set."""
        values, code = self.draw(scenes, seed + 70_000)
        low, high = self.interval(values, code, seed)
        found = stats.nested_components(values, code)
        return stats.SceneDesign((high - low) / 2, found.between, found.within, found.clusters, found.photos)


SCENES = {
    "a probe of known cameras": Scenes(0.03, 0.15, 3.0, 0.75, True),
    "a difference (neighbours, pairs)": Scenes(0.05, 0.20, 2.0, 0.10, False),
}


def widths_of_scenes(world: Scenes, worlds: int) -> tuple[str, float, float]:
    """What was planned from pilots of 60 scenes; the half-width that was asked for, and that of the interval."""
    pilots = [world.pilot(60, seed) for seed in range(PILOTS)]
    asked = float(np.mean([one.half for one in pilots])) / 2
    numbers = [stats.least(partial(_scenes_narrow, one, asked), 2) or 0 for one in pilots]
    halves = []
    for seed in range(worlds):
        low, high = world.interval(*world.draw(numbers[seed % PILOTS], seed), seed)
        halves.append((high - low) / 2)
    return f"{min(numbers)} to {max(numbers)} scenes", asked, float(np.mean(halves))


def _scenes_narrow(design: stats.SceneDesign, asked: float, scenes: int) -> bool:
    return design.of(scenes=scenes).half_width() <= asked


def _scenes_strong(design: stats.SceneDesign, effect: float, scenes: int) -> bool:
    return design.of(scenes=scenes).power(effect) >= POWER


def power_of_scenes(world: Scenes, worlds: int) -> tuple[str, float]:
    """What was planned from pilots for the true difference, and how often the calibrated test shows it."""
    numbers = [
        stats.least(partial(_scenes_strong, world.pilot(60, seed), world.value), 2) or 0 for seed in range(PILOTS)
    ]
    shown = [
        world.calibrated(*world.draw(numbers[seed % PILOTS], seed), seed).p_value < stats.LEVEL
        for seed in range(worlds)
    ]
    return f"{min(numbers)} to {max(numbers)} scenes, effect {100 * world.value:.1f}", float(np.mean(shown))


# --- lines


def width_line(name: str, found: tuple[str, float, float], off: float, more: str = "") -> bool:
    """Print a line on an interval; return whether its target is met."""
    said, asked, reached = found
    away = reached / asked - 1
    good = abs(away) <= off
    print(
        f"{name:<62} {said:<24} half-width planned {100 * asked:5.2f}, reached {100 * reached:5.2f} points ({100 * away:+.0f} %)"
        f"{more}{'' if good else '  MISSED'}",
        flush=True,
    )
    return good


def power_line(name: str, found: tuple[str, float], worlds: int) -> bool:
    """Print a line on a power; return whether its target is met."""
    said, shown = found
    slack = Z * np.sqrt(POWER * (1 - POWER) / worlds)
    good = LOW - slack <= shown <= HIGH + slack
    print(
        f"{name:<62} {said:<34} power asked 80 %, reached {100 * shown:.1f} %{'' if good else '  MISSED'}", flush=True
    )
    return good


def lines(worlds: int) -> Iterator[tuple[str, Callable[[str], bool]]]:
    """Each line's name, and what prints it."""
    for name, shares in SHARES.items():
        yield (
            f"width, {name}",
            lambda said, s=shares: width_line(
                said, widths_of_shares(s, worlds), OFF, f"; from one pilot each: {pilots_of_shares(s, worlds)}"
            ),
        )
        yield f"power, {name}", lambda said, s=shares: power_line(said, power_of_shares(s, worlds), worlds)
    for name, scenes in SCENES.items():
        yield f"width, {name}", lambda said, s=scenes: width_line(said, widths_of_scenes(s, worlds), OFF)
        if not scenes.probe:
            yield f"power, {name}", lambda said, s=scenes: power_line(said, power_of_scenes(s, worlds), worlds)
    for name, world in TRAINED.items():
        yield (
            f"width, trained: {name}",
            lambda said, w=world: width_line(said, widths_of_probes(w, worlds), OFF_TRAINED),
        )
        yield f"power, trained: {name}", lambda said, w=world: power_line(said, power_of_probes(w, worlds), worlds)


def main(arguments: list[str] | None = None) -> int:
    """Print a line for each world; return 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=300)
    parser.add_argument("--only", default="", help="only lines whose name contains this")
    options = parser.parse_args(arguments)
    good = True
    for name, line in lines(options.worlds):
        if options.only in name:
            good &= line(name)
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
