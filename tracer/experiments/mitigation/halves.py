"""Before and after: what is fitted on one half of the scenes or owners and scored on the other, as rows with paired intervals.

The halves change places, and all is done again with other halves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tracer import stats
from tracer.base.progress import Progress, Work
from tracer.experiments.mitigation.erasure import LinearMap, Method
from tracer.experiments.outcome import Outcome, Source
from tracer.experiments.probe.folds import group_folds, left_out_in_words
from tracer.results import Metric
from tracer.stats import Interval

BOOTSTRAP = 2000
BEFORE: Final = "before"

Apply: TypeAlias = Callable[[NDArray[np.floating[Any]]], NDArray[np.floating[Any]]]
Level: TypeAlias = float | NDArray[Any]
"""What guessing scores: a number, or (n,) labels of which the commonest is guessed, among the photos that are scored."""


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


def both_halves(
    source: Source,
    attribute: str,
    figures: Sequence[Figure],
    levels: Mapping[str, Level],
    score: Callable[[NDArray[np.int64], Apply, int], Work[Scores]],
    fit: Callable[[NDArray[np.int64], Method, int], LinearMap],
    y: NDArray[np.int64],
    group: NDArray[np.int64],
    names: Sequence[str],
    methods: Sequence[Method],
    repeats: int,
    seed: int,
    left_out: dict[str, int],
    warned: list[str],
    skipped: list[dict[str, str]],
) -> Work[Outcome]:
    """Score each half under each stage, over `repeats` draws of the halves, and make the rows.

    Args:
        levels: metric → what guessing scores.
        score: of (rows of the half, what is done to embeddings, seed). fit: of (rows of the other half, method, seed).
        y: (n,) codes to balance the halves by. group: (n,) scene or owner. names: of the classes that are taken out.
        left_out, warned, skipped: from before the halves; handed on, with what is added here.
    """
    n = len(y)
    stages = (BEFORE, *methods)
    table: dict[tuple[str, str], NDArray[np.float64]] = {}
    short: list[dict[str, Any]] = []
    seeds = np.random.SeedSequence(seed).generate_state(repeats)
    scored = 0
    for repeat in range(repeats):
        drawn = int(seeds[repeat]) % 2**31
        half = group_folds(y, group, 2, drawn)[0]
        for number, tested in enumerate((~half, half)):
            part = np.flatnonzero(tested)
            for stage in stages:
                apply: Apply = _same if stage == BEFORE else fit(np.flatnonzero(~tested), Method(stage), drawn).apply
                scores = yield from _of_all(score(part, apply, drawn), scored, 2 * repeats * len(stages))
                scored += 1
                for name, values in scores.values.items():
                    table.setdefault((stage, name), np.full((repeats, n), np.nan))[repeat, part] = values
                if stage == BEFORE and scores.left_out:  # by labels and scenes, so the same at each stage
                    short.append({"repeat": repeat + 1, "half": number + 1, "left_out": scores.left_out})
    outcome = Outcome(skipped=skipped, warnings=warned)
    for figure in figures:
        needed = [name for name in (figure.plus, figure.minus) if name]
        if all((stage, name) in table for stage in stages for name in needed):
            _add(outcome, source, attribute, figure, table, group, methods, levels.get(figure.metric), seed)
    clusters = len(np.unique(group))
    outcome.details.append(
        source.detail(
            "mitigation", attribute, "", classes_erased=list(names), methods=[str(m) for m in methods], photos=n,
            clusters=clusters, repeats=repeats, left_out=left_out, left_out_of_halves=short,
        )
    )  # fmt: skip
    if short:
        reasons = {reason: count for entry in short for reason, count in entry["left_out"].items()}
        outcome.warnings.append(
            f"In {len(short)} of {2 * repeats} halves the probe of {attribute} left classes out: "
            f"{left_out_in_words(reasons)}. Its figures are of photos that every draw of the halves scores."
        )
    if clusters < 2 * stats.FEW_CLUSTERS:
        outcome.warnings.append(
            f"Mitigation of {attribute} is fitted and tested on halves of {clusters} scenes or owners; with so few its "
            "intervals are too short."
        )
    return outcome


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


def _add(
    outcome: Outcome,
    source: Source,
    attribute: str,
    figure: Figure,
    table: dict[tuple[str, str], NDArray[np.float64]],
    group: NDArray[np.int64],
    methods: Sequence[Method],
    guessing: Level | None,
    seed: int,
) -> None:
    """Rows of one figure: before, and for each method after and change."""
    stages = (BEFORE, *methods)
    scores = np.stack([table[stage, figure.plus] for stage in stages])  # (stages, repeats, n)
    if figure.minus:
        scores = scores - np.stack([table[stage, figure.minus] for stage in stages])
    used = np.isfinite(scores).all(axis=(0, 1))
    if not used.any():
        return
    scores, clusters = scores[:, :, used], group[used]
    changes = scores[1:] - scores[0]
    columns = np.concatenate([scores, changes]).mean(axis=1).T  # (n, 2·stages − 1)
    per_repeat = np.concatenate([scores, changes]).mean(axis=2)
    values, n, count = columns.mean(axis=0), int(used.sum()), len(np.unique(clusters))
    # Map and probe are fitted on photos that are drawn, too.
    draws = stats.widened_draws(stats.bootstrap_means(columns, clusters, BOOTSTRAP, seed), values, per_repeat)
    level = stats.majority_share(guessing[used]) if isinstance(guessing, np.ndarray) else guessing
    level = 0.0 if figure.minus else level
    where = f",{figure.where}" if figure.where else ""
    for at, stage in enumerate(stages):
        setting = "stage=before" if stage == BEFORE else f"method={stage},stage=after"
        kind = stats.difference_interval if figure.minus else stats.share_interval
        interval = _inside(kind(float(values[at]), draws[:, at], count), -1.0 if figure.minus else 0.0)
        value, interval = (abs(values[at]), stats.absolute(interval)) if figure.minus else (values[at], interval)
        outcome.rows.append(
            source.row("mitigation", attribute, setting + where, figure.metric, value, interval, level, n, seed)
        )
    for at, method in enumerate(methods):
        after, change = 1 + at, len(stages) + at
        if figure.minus:  # of the sizes; SPD has no sign
            value = abs(values[after]) - abs(values[0])
            resampled = np.abs(draws[:, after]) - np.abs(draws[:, 0])
        else:
            value, resampled = values[change], draws[:, change]
        low, high = _inside(stats.difference_interval(float(value), resampled, count), -1.0)
        interval = Interval(min(low, float(value)), max(high, float(value)))
        outcome.rows.append(
            source.row(
                "mitigation",
                attribute,
                f"method={method},stage=change{where}",
                figure.metric,
                value,
                interval,
                None,
                n,
                seed,
            )
        )


def _inside(interval: Interval, low: float) -> Interval:
    return Interval(max(interval.low, low), min(interval.high, 1.0))
