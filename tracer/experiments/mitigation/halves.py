"""Before and after: what is fitted on one half of the scenes or owners and scored on the other, as rows with paired intervals.

The halves change places, and all is done again with other halves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tracer import stats
from tracer.base.progress import Progress, Work
from tracer.experiments.mitigation.erasure import LinearMap, Method
from tracer.experiments.outcome import Estimate, Outcome, Source
from tracer.experiments.probe.folds import group_folds, left_out_in_words
from tracer.experiments.probe.protocols import Fitting
from tracer.experiments.settings import Protocol
from tracer.results import Metric, Row
from tracer.stats import Interval

BOOTSTRAP = 2000
BEFORE: Final = "before"
METHODS: Final = (Method.LEACE, Method.LAYER)
REPEATS = 2
"""Draws of the halves."""
TRAINING_OF_CHANGE = 0.5
"""Variance of a change that comes from the photos that maps and probes are fitted on, times that of the scored photos. It is half
as much as in a probe, since both sides share their photos and folds (`python -m benchmarks.mitigation_changes`)."""

Apply: TypeAlias = Callable[[NDArray[np.floating[Any]]], NDArray[np.floating[Any]]]
Level: TypeAlias = float | NDArray[Any]
"""What guessing scores: a number, or (n,) labels of which the commonest is guessed, among the photos that are scored."""


@dataclass(frozen=True, slots=True)
class MitigationSettings:
    """How a label is taken out, and what is measured before and after.

    Attributes:
        methods: of the maps.
        protocol: of the probes.
        k: neighbours that vote. draws: of their pools.
        repeats: draws of the halves.
        seed: of all draws.
        device: `cpu`, `cuda`.
    """

    methods: tuple[Method, ...] = METHODS
    protocol: Protocol = Protocol.BATCHED
    k: int = 1
    draws: int = 10
    repeats: int = REPEATS
    seed: int = 0
    device: str = field(default="cpu", compare=False)

    def facts(self) -> list[object]:
        """What the figures depend on beside their data, as JSON values: a part of the key of a cached result."""
        probes = Fitting(self.protocol, self.seed).facts()
        return [list(self.methods), probes, self.k, self.draws, self.repeats, self.seed]


GUESSING = "/guessing"
"""Ends the name of a score that says what guessing reaches for each photo; it differs with the photos of its half."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure made from scores: a mean, or the size of the difference of two means."""

    metric: Metric
    where: str
    plus: str
    minus: str = ""


@dataclass(frozen=True, slots=True)
class Scores:
    """What one half scored.

    Attributes:
        values: name of a figure → (n,) each photo's share of right answers, NaN where it has none.
        left_out: photos that the probe left out of this half, by reason.
    """

    values: dict[str, NDArray[np.float64]]
    left_out: dict[str, int]


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """What is taken out of which photos, and how that is scored.

    Attributes:
        attribute: the label that is taken out. names: its classes.
        y: (n,) codes to balance the halves by.
        group: (n,) scene or owner.
        score: of (rows of the half, what is done to embeddings, seed).
        fit: of (rows of the other half, method, seed).
        figures: made from the scores. levels: metric → what guessing scores.
        left_out: photos that take no part, by reason. warnings: on them.
    """

    attribute: str
    names: Sequence[str]
    y: NDArray[np.int64]
    group: NDArray[np.int64]
    score: Callable[[NDArray[np.int64], Apply, int], Work[Scores]]
    fit: Callable[[NDArray[np.int64], Method, int], LinearMap]
    figures: Sequence[Figure]
    levels: Mapping[str, Level]
    left_out: dict[str, int]
    warnings: list[str]


Table: TypeAlias = dict[tuple[str, str], NDArray[np.float64]]
"""(stage, name of a score) → (repeats, n) each photo's share of right answers, NaN where it has none."""


def both_halves(source: Source, task: Task, how: MitigationSettings) -> Work[Outcome]:
    """Score each half under each stage, over the draws of the halves, and make the rows."""
    table, short = yield from _scored(task, how)
    outcome = Outcome(warnings=list(task.warnings))
    stages = (BEFORE, *how.methods)
    for figure in task.figures:
        needed = [name for name in (figure.plus, figure.minus) if name]
        if all((stage, name) in table for stage in stages for name in needed):
            outcome.rows += _rows(source, task, figure, table, how)
    clusters, effective = len(np.unique(task.group)), _effective(task.group)
    few = _few_units(clusters, effective)
    outcome.details.append(
        source.detail(
            "mitigation",
            task.attribute,
            "",
            classes_erased=list(task.names),
            methods=[str(m) for m in how.methods],
            photos=len(task.y),
            clusters=clusters,
            effective_clusters=effective,
            few_units=few,
            repeats=how.repeats,
            left_out=task.left_out,
            left_out_of_halves=short,
        )
    )
    if short:
        reasons = {reason: count for entry in short for reason, count in entry["left_out"].items()}
        outcome.warnings.append(
            f"In {len(short)} of {2 * how.repeats} halves the probe of {task.attribute} left classes out: "
            f"{left_out_in_words(reasons)}. Its figures are of photos that every draw of the halves scores."
        )
    if few:
        outcome.warnings.append(
            f"Mitigation of {task.attribute} is fitted and tested on halves of {few}; with so few its intervals are too short "
            "and their p-values too small."
        )
    return outcome


def _few_units(clusters: int, effective: float) -> str:
    """Name the scenes or owners where they are too few for the intervals of changes; empty where they are enough.

    Args:
        clusters: how many there are. effective: as how many of equal size they count.
    """
    if round(effective) >= 2 * stats.FEW_CLUSTERS:
        return ""
    unequal = f", as unequal as {effective:.0f} of equal size" if round(effective) < clusters else ""
    return f"{clusters} scenes or owners{unequal}"


def _scored(task: Task, how: MitigationSettings) -> Work[tuple[Table, list[dict[str, Any]]]]:
    """The scores of all stages and draws; and the halves in which the probe left classes out."""
    n = len(task.y)
    stages = (BEFORE, *how.methods)
    table: Table = {}
    short: list[dict[str, Any]] = []
    seeds = np.random.SeedSequence(how.seed).generate_state(how.repeats)
    scored = 0
    for repeat in range(how.repeats):
        drawn = int(seeds[repeat]) % 2**31
        half = group_folds(task.y, task.group, 2, drawn)[0]
        for number, tested in enumerate((~half, half)):
            part = np.flatnonzero(tested)
            for stage in stages:
                apply: Apply = (
                    _same if stage == BEFORE else task.fit(np.flatnonzero(~tested), Method(stage), drawn).apply
                )
                scoring = task.score(part, apply, drawn)
                scores = yield from _of_all(scoring, scored, 2 * how.repeats * len(stages))
                scored += 1
                for name, values in scores.values.items():
                    table.setdefault((stage, name), np.full((how.repeats, n), np.nan))[repeat, part] = values
                if stage == BEFORE and scores.left_out:  # by labels and scenes, so the same at each stage
                    short.append({"repeat": repeat + 1, "half": number + 1, "left_out": scores.left_out})
    return table, short


def _of_all(work: Work[Scores], before: int, scorings: int) -> Work[Scores]:
    """Score, and count the probes of this scoring among those of all, which have equally many."""
    while True:
        try:
            step = next(work)
        except StopIteration as end:
            scores: Scores = end.value
            return scores
        total = step.total or 1
        yield Progress(step.what, before * total + step.done, scorings * total)


def _same(X: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    return X


def _rows(source: Source, task: Task, figure: Figure, table: Table, how: MitigationSettings) -> list[Row]:
    """Rows of one figure: before, and for each method after and change."""
    stages, signed = (BEFORE, *how.methods), bool(figure.minus)
    scores = np.stack([table[stage, figure.plus] for stage in stages])  # (stages, repeats, n)
    if signed:
        scores = scores - np.stack([table[stage, figure.minus] for stage in stages])
    used = np.isfinite(scores).all(axis=(0, 1))
    if not used.any():
        return []
    scores, clusters = scores[:, :, used], task.group[used]
    measured = np.concatenate([scores, scores[1:] - scores[0]])  # the stages, and the changes
    columns = measured.mean(axis=1).T  # (n, 2·stages − 1)
    values, n, count = columns.mean(axis=0), int(used.sum()), len(np.unique(clusters))
    resampled = stats.bootstrap_means(columns, clusters, BOOTSTRAP, how.seed)
    # for SPD before and after, which is a difference of votes, nothing is fitted
    training = np.where(np.arange(len(values)) < len(stages), 0.0 if signed else 1.0, TRAINING_OF_CHANGE)
    widened = stats.widened_draws(resampled, values, measured.mean(axis=2), training=training)
    draws = values + _of_few(clusters) * (widened - values)
    guessing = task.levels.get(figure.metric)
    level = stats.majority_share(guessing[used]) if isinstance(guessing, np.ndarray) else guessing
    if (of_each := table.get((BEFORE, f"{figure.plus}{GUESSING}"))) is not None:
        level = float(of_each[:, used].mean())
    where = f",{figure.where}" if figure.where else ""

    def row(setting: str, found: Estimate) -> Row:
        return source.row("mitigation", task.attribute, setting + where, figure.metric, found, how.seed)

    rows = []
    for at, stage in enumerate(stages):
        setting = "stage=before" if stage == BEFORE else f"method={stage},stage=after"
        kind = stats.difference_interval if signed else stats.share_interval
        interval = _inside(kind(float(values[at]), draws[:, at], count), -1.0 if signed else 0.0)
        found = Estimate(values[at], interval, level, n)
        rows.append(row(setting, Estimate(abs(values[at]), stats.absolute(interval), 0.0, n) if signed else found))
    for at, method in enumerate(how.methods):
        after, change = 1 + at, len(stages) + at
        value, of_change = float(values[change]), draws[:, change]
        if signed and values[0] < 0:  # toward and away from 0, as seen from before
            value, of_change = -value, -of_change
        low, high = _inside(stats.difference_interval(value, of_change, count), -1.0)
        if signed:  # SPD has no sign; beyond 0 its size grows again
            value = float(abs(values[after]) - abs(values[0]))
        interval = Interval(min(low, value), max(high, value))
        rows.append(row(f"method={method},stage=change", Estimate(value, interval, None, n)))
    return rows


def _of_few(clusters: NDArray[np.int64]) -> float:
    """By how much a bootstrap over few or unequal clusters is too narrow.

    Student's t takes the normal's place, with as many clusters as there would be of equal size for the same variance of a mean
    (Carter, Schnepel and Steigerwald 2017); and a bootstrap's variance is too small by (n − 1) / n.
    """
    effective = _effective(clusters)
    if effective < 2:
        return 1.0
    times = stats.student_quantile(int(effective)) / stats.normal_quantile(0.95)
    return float(times * np.sqrt(effective / (effective - 1)))


def _effective(clusters: NDArray[np.int64]) -> float:
    """Return how many clusters of equal size give the same variance of a mean."""
    sizes = np.unique(clusters, return_counts=True)[1].astype(np.float64)
    return float(sizes.sum() ** 2 / (sizes**2).sum())


def _inside(interval: Interval, low: float) -> Interval:
    return Interval(max(interval.low, low), min(interval.high, 1.0))
