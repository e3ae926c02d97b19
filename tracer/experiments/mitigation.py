"""What can be done about a trace: take its label out of the embeddings linearly, and see what is left of trace and content.

A map is fitted on one half of the scenes or owners and everything is scored on the other half, then the halves change places. In
the half that the map never saw, a fresh probe is cross-validated, semantic neighbours vote, and pairs are searched, once on the
embeddings as they are ("before") and once on the mapped ones ("after"). A probe fitted on the photos that the map was fitted on
would find nothing there by construction, and say nothing of other photos.

Before and after belong to the same photos, folds and draws, so the change has a paired interval.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tracer import stats
from tracer.errors import TooFew
from tracer.experiments.acquisition import traced_votes
from tracer.experiments.erasure import LinearMap, Method, fit_map
from tracer.experiments.folds import FOLDS, MIN_CLUSTERS, cross_validate, group_folds, usable_classes
from tracer.experiments.knn import SETTINGS, mixtures
from tracer.experiments.outcome import Outcome, Source
from tracer.experiments.protocols import Protocol, normalise
from tracer.experiments.retrieval import CLASSES, MIN_PAIRS, NEGATIVES, rank_pairs
from tracer.results import Metric
from tracer.stats import Interval

METHODS: Final = (Method.LEACE, Method.LAYER)
MAX_PHOTOS = 5000
"""Larger sets are thinned out by cluster: six probes and more are cross-validated."""
REPEATS = 2
"""Draws of the halves."""
BOOTSTRAP = 2000
BEFORE: Final = "before"

Scores: TypeAlias = dict[str, NDArray[np.float64]]
"""Name of a figure → (n,) each photo's share of right answers, NaN where it has none."""
Apply: TypeAlias = Callable[[NDArray[np.floating[Any]]], NDArray[np.floating[Any]]]


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure made from scores: a mean, or the size of the difference of two means."""

    metric: Metric
    where: str
    plus: str
    minus: str = ""


def mitigate(
    source: Source,
    vectors: NDArray[np.floating[Any]],
    labels: NDArray[Any],
    clusters: NDArray[np.int64],
    attribute: str,
    *,
    classes: NDArray[Any] | None = None,
    subject: NDArray[np.int64] | None = None,
    model: NDArray[np.int64] | None = None,
    methods: Sequence[Method | str] = METHODS,
    protocol: Protocol | str = Protocol.BATCHED,
    k: int = 1,
    draws: int = 10,
    repeats: int = REPEATS,
    seed: int = 0,
    device: str = "cpu",
) -> Outcome:
    """Probe accuracy, SP and SPD_a before and after each method took `labels` out of the embeddings.

    Rows: `stage=before`; `method=…,stage=after`; `method=…,stage=change` (after − before, for SPD of its size). With pairs the
    same for recall@1 and SPD_a of retrieval, whose settings name the query.

    Args:
        vectors: (N, D). labels: (N,) strings, None where unknown. clusters: (N,) scene or owner.
        classes: (N,) what the photo shows, None where unknown; without it neighbours are left out.
        subject, model: as in `retrieve`; without them pairs are left out.
        repeats: draws of the halves.

    Raises:
        EmbeddingsError: a value is not finite.
        TooFew: too few classes, photos or clusters in a half.
    """
    rows, left_out, warned = _rows(labels, clusters, attribute, seed)
    X = normalise(np.asarray(vectors)[rows])
    y, group, names = _codes(labels[rows], clusters[rows])
    content = None if classes is None else classes[rows]
    skipped: list[dict[str, str]] = []

    def score(part: NDArray[np.int64], apply: Apply, seed: int) -> Scores:
        mapped = apply(X[part])
        probe = cross_validate(
            mapped,
            labels[rows][part],
            group[part],
            attribute=attribute,
            protocol=protocol,
            repeats=1,
            seed=seed,
            device=device,
        )
        found = {"probe": _spread(len(part), probe.rows, probe.correct)}
        if content is not None:
            try:
                votes = traced_votes(
                    mapped,
                    content[part],
                    labels[rows][part],
                    group[part],
                    attribute,
                    k=k,
                    draws=draws,
                    seed=seed,
                    device=device,
                )
            except TooFew as error:
                _skip(skipped, f"mitigation of {attribute}: neighbours ({source.encoder})", str(error))
            else:
                for name, values in {"sp": votes.plain, **dict(zip(SETTINGS, votes.values.T, strict=True))}.items():
                    found[name] = _spread(len(part), votes.rows, values)
        if subject is not None and model is not None:
            found |= _pairs(mapped, subject[rows][part], model[rows][part], device)
            if "phone/same" not in found:
                _skip(skipped, f"mitigation of {attribute}: pairs ({source.encoder})", "a half has too few pairs")
        return found

    def fit(part: NDArray[np.int64], method: Method, seed: int) -> LinearMap:
        return fit_map(X[part], y[part], method, seed, device)

    figures = [
        Figure("accuracy", "", "probe"),
        Figure("sp", "", "sp"),
        Figure("spd_a", "", "pos-same", "neg-same"),
    ]
    for query in (CLASSES[1], CLASSES[0]):
        figures += [Figure("recall@1", f"query={query},negatives={pool}", f"{query}/{pool}") for pool in NEGATIVES]
        figures.append(Figure("spd_a", f"query={query}", *(f"{query}/{pool}" for pool in NEGATIVES)))
    chances: dict[str, float | None] = {"accuracy": stats.majority_share(y), "sp": _majority(content)}
    return _both_halves(
        source, attribute, figures, chances, score, fit, y, group, names, [Method(m) for m in methods], repeats, seed,
        left_out, warned, skipped,
    )  # fmt: skip


def mitigate_processing(
    source: Source,
    views: dict[str, NDArray[np.floating[Any]]],
    classes: NDArray[Any],
    clusters: NDArray[np.int64],
    attribute: str,
    *,
    methods: Sequence[Method | str] = METHODS,
    protocol: Protocol | str = Protocol.BATCHED,
    k: int = 1,
    draws: int = 1,
    repeats: int = REPEATS,
    seed: int = 0,
    device: str = "cpu",
) -> Outcome:
    """The same for processings: probe accuracy, SP and SPD_p before and after their label was taken out.

    Map and probe are fitted on every picture under every processing; a photo's score is its mean over them.

    Args:
        views: processing → (N, D), the same photos in the same order. classes: (N,) what they show. clusters: (N,).
    """
    rows, left_out, warned = _rows(classes, clusters, "the semantic label", seed)
    names = tuple(views)
    X = {name: normalise(np.asarray(matrix)[rows]) for name, matrix in views.items()}
    y, group, _ = _codes(classes[rows], clusters[rows])
    count = len(names)

    def score(part: NDArray[np.int64], apply: Apply, seed: int) -> Scores:
        mapped = {name: apply(matrix[part]) for name, matrix in X.items()}
        said = np.repeat(np.array(names, dtype=object), len(part))
        probe = cross_validate(
            np.concatenate(list(mapped.values())), said, np.tile(group[part], count), attribute=attribute, protocol=protocol,
            repeats=1, seed=seed, device=device,
        )  # fmt: skip
        right = _spread(count * len(part), probe.rows, probe.correct).reshape(count, -1).mean(axis=0)
        votes = mixtures(
            mapped, y[part], mapped, y[part], k=k, draws=draws, seed=seed, pool_groups=group[part], query_groups=group[part],
            device=device,
        ).settings()  # fmt: skip
        return {"probe": right, "sp": votes[:, 0], **dict(zip(SETTINGS, votes.T, strict=True))}

    def fit(part: NDArray[np.int64], method: Method, seed: int) -> LinearMap:
        stacked = np.concatenate([matrix[part] for matrix in X.values()])
        return fit_map(stacked, np.repeat(np.arange(count), len(part)), method, seed, device)

    figures = [
        Figure("accuracy", "", "probe"),
        Figure("sp", "", "sp"),
        Figure("spd_p", "", "pos-same", "neg-same"),
    ]
    chances: dict[str, float | None] = {"accuracy": stats.uniform_chance(count), "sp": stats.majority_share(y)}
    return _both_halves(
        source, attribute, figures, chances, score, fit, y, group, names, [Method(m) for m in methods], repeats, seed,
        left_out, warned, [],
    )  # fmt: skip


# --- scores


def _rows(
    labels: NDArray[Any], clusters: NDArray[np.int64], attribute: str, seed: int
) -> tuple[NDArray[np.int64], dict[str, int], list[str]]:
    """Photos whose class stands in enough clusters for two halves with their folds; what is left out; warnings."""
    rows, left_out = usable_classes(labels, clusters, 2 * FOLDS)
    names = {str(label) for label in labels[rows]}
    groups = len(np.unique(clusters[rows]))
    if len(names) < 2 or groups < 2 * MIN_CLUSTERS:
        reasons = "; ".join(f"{count} photos left out, {reason}" for reason, count in left_out.items())
        raise TooFew(
            f"Mitigation of {attribute} takes two classes or more, each in {2 * FOLDS} scenes or owners or more, and "
            f"{2 * MIN_CLUSTERS} of these in all",
            f"there are {len(names)} and {groups}" + (f"; {reasons}" if reasons else ""),
            "Add photos: the map is fitted on one half and tested on the other.",
        )
    if len(rows) <= MAX_PHOTOS:
        return rows, left_out, []
    ids, code, sizes = np.unique(clusters[rows], return_inverse=True, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(ids))
    kept = rows[np.isin(code, order[np.cumsum(sizes[order]) <= MAX_PHOTOS])]
    return (
        kept,
        left_out,
        [f"Mitigation of {attribute} used {len(kept)} of {len(rows)} photos, whole groups at random."],
    )


def _codes(
    labels: NDArray[Any], clusters: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], tuple[str, ...]]:
    names, y = np.unique(labels.astype(str), return_inverse=True)
    group = np.unique(clusters, return_inverse=True)[1]
    return y.astype(np.int64), group.astype(np.int64), tuple(str(name) for name in names)


def _majority(content: NDArray[Any] | None) -> float | None:
    known = [] if content is None else [str(c) for c in content if c is not None]
    return stats.majority_share(known) if known else None


def _pairs(X: NDArray[np.floating[Any]], subject: NDArray[np.int64], model: NDArray[np.int64], device: str) -> Scores:
    """Whether each query found its partner first, by query class and pool; empty where there are too few pairs."""
    known = subject >= 0
    if len(np.intersect1d(subject[known & (model == 0)], subject[known & (model == 1)])) < MIN_PAIRS:
        return {}
    found = {}
    for code, query in enumerate(CLASSES):
        for pool in NEGATIVES:
            ranks = rank_pairs(X, subject, model, code, pool, device)
            found[f"{query}/{pool}"] = _spread(len(X), ranks.query, (ranks.first == 1).astype(np.float64))
    return found


def _spread(n: int, rows: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    out = np.full(n, np.nan)
    out[rows] = values
    return out


def _skip(skipped: list[dict[str, str]], what: str, why: str) -> None:
    if not any(entry["what"] == what for entry in skipped):
        skipped.append({"what": what, "why": why})


# --- both halves, and the rows


def _both_halves(
    source: Source,
    attribute: str,
    figures: Sequence[Figure],
    chances: dict[str, float | None],
    score: Callable[[NDArray[np.int64], Apply, int], Scores],
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
) -> Outcome:
    n = len(y)
    stages = (BEFORE, *methods)
    table: dict[tuple[str, str], NDArray[np.float64]] = {}
    seeds = np.random.SeedSequence(seed).generate_state(repeats)
    for repeat in range(repeats):
        drawn = int(seeds[repeat]) % 2**31
        half = group_folds(y, group, 2, drawn)[0]
        for fitted, tested in ((half, ~half), (~half, half)):
            part = np.flatnonzero(tested)
            for stage in stages:
                apply: Apply = _same if stage == BEFORE else fit(np.flatnonzero(fitted), Method(stage), drawn).apply
                for name, values in score(part, apply, drawn).items():
                    table.setdefault((stage, name), np.full((repeats, n), np.nan))[repeat, part] = values
    outcome = Outcome(skipped=skipped, warnings=warned)
    for figure in figures:
        needed = [name for name in (figure.plus, figure.minus) if name]
        if all((stage, name) in table for stage in stages for name in needed):
            _add(outcome, source, attribute, figure, table, group, methods, chances.get(figure.metric), seed)
    clusters = len(np.unique(group))
    outcome.details.append(
        source.detail(
            "mitigation", attribute, "", classes_erased=list(names), methods=[str(m) for m in methods], photos=n,
            clusters=clusters, repeats=repeats, left_out=left_out,
        )
    )  # fmt: skip
    if clusters < 2 * stats.FEW_CLUSTERS:
        outcome.warnings.append(
            f"Mitigation of {attribute} is fitted and tested on halves of {clusters} scenes or owners; with so few its "
            "intervals are too short."
        )
    return outcome


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
    chance: float | None,
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
    draws = _widened(columns, per_repeat, clusters, seed)
    values, n, count = columns.mean(axis=0), int(used.sum()), len(np.unique(clusters))
    level = 0.0 if figure.minus else chance
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


def _widened(
    columns: NDArray[np.float64], per_repeat: NDArray[np.float64], clusters: NDArray[np.int64], seed: int
) -> NDArray[np.float64]:
    """Bootstrap draws of the columns' means over clusters, spread about the means as `repeated_interval` of the probe says:
    map and probe are fitted on photos that are drawn too.
    """
    draws = stats.bootstrap_means(columns, clusters, BOOTSTRAP, seed)
    sampling = draws.var(axis=0)
    repeats = per_repeat.shape[1]
    between = per_repeat.var(axis=1, ddof=1) / repeats if repeats > 1 else np.zeros(len(per_repeat))
    with np.errstate(invalid="ignore", divide="ignore"):
        widen = np.where(sampling > 1e-12, np.sqrt((2 * sampling + between) / sampling), 1.0)
    means = columns.mean(axis=0)
    return np.asarray(means + widen * (draws - means))


def _inside(interval: Interval, low: float) -> Interval:
    return Interval(max(interval.low, low), min(interval.high, 1.0))
