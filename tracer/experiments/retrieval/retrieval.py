"""Pair retrieval: a photo looks for the photo that the other kind of camera took of its scene.

The candidates are the right one (same subject, other class) and, as negatives, either the other photos of the query's own
class ("same") or those of the other class ("different"). Where an encoder groups photos by camera, negatives of the query's
own class lie closer and recall drops; SPD_a is the size of that difference (follow-up of Ramos et al. 2025).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tracer import stats
from tracer.base.progress import Progress, Work
from tracer.errors import EmbeddingsError, TooFew
from tracer.experiments.outcome import Estimate, Outcome, Source
from tracer.experiments.photos import Pairs
from tracer.experiments.probe.protocols import check_finite
from tracer.experiments.retrieval.shuffled import Exchanged, dyadic_widening, exchanged
from tracer.experiments.shared.similarities import EPSILON, exact, tile_rows, unit
from tracer.experiments.shared.threads import cores_for
from tracer.results import Metric

CLASSES = ("dslr/compact", "phone")
"""Names of the codes 0 and 1."""
NEGATIVES = ("same", "different")
ATTRIBUTE = "Is Smartphone"
MIN_PAIRS = 5


@dataclass(frozen=True, slots=True)
class Ranks:
    """How the positives of each query came out.

    Attributes:
        query: (q,) row of each query. subject: (q,) its subject.
        first: (q,) rank of its best positive, from 1; a negative that is exactly as similar counts as better.
        average_precision: (q,).
        positives, negatives: (q,) candidates of each kind.
        rival: (q,) subject of its most similar negative, −1 where it has none.
    """

    query: NDArray[np.int64]
    subject: NDArray[np.int64]
    first: NDArray[np.int64]
    average_precision: NDArray[np.float64]
    positives: NDArray[np.int64]
    negatives: NDArray[np.int64]
    rival: NDArray[np.int64]


def rank_pairs(
    vectors: NDArray[np.floating[Any]],
    subject: NDArray[np.int64],
    model: NDArray[np.int64],
    query_class: int,
    negatives: str,
    device: str = "cpu",
    cameras: NDArray[np.int64] | None = None,
) -> Ranks:
    """Rank each query's positives among its negatives. Order of the rows does not matter.

    A query is a photo of `query_class` whose subject has a photo of the other class. Other photos of its own subject and
    class (a burst) are neither positives nor negatives.

    Args:
        vectors: (N, D).
        subject: (N,), −1 = no pair, ignored.
        model: (N,) 0 or 1.
        query_class: the class of the queries.
        negatives: `same` or `different`.
        device: `cpu`, `cuda`.
        cameras: (N,) codes of camera models; photos of the query's own model are then no negatives.
    """
    if negatives not in NEGATIVES:
        raise ValueError(f"negatives are one of {NEGATIVES}")
    order = np.lexsort((np.arange(len(subject)), subject))
    order = order[(subject[order] >= 0) & np.isin(model[order], (0, 1))]
    own, other = order[model[order] == query_class], order[model[order] != query_class]
    queries = own[np.isin(subject[own], subject[other])]
    pool = own if negatives == "same" else other
    X = unit(torch.from_numpy(np.ascontiguousarray(vectors, dtype=np.float32)).to(device))

    def to(rows: NDArray[np.int64]) -> torch.Tensor:
        return torch.from_numpy(rows).to(device)

    Q, P = X[to(queries)], X[to(pool)]
    subject_of_query, subject_of_pool = to(subject[queries]), to(subject[pool])
    camera = None if cameras is None else (to(cameras[queries]), to(cameras[pool]))
    # Positives lie next to each other, because `other` is ordered by subject.
    begin, end = (np.searchsorted(subject[other], subject[queries], side=side) for side in ("left", "right"))
    first, count, rival = (np.empty(len(queries), dtype=np.int64) for _ in range(3))
    precision = np.empty(len(queries))
    step = tile_rows(len(pool), copies=2)
    for start in range(0, len(queries), step):
        here = slice(start, min(start + step, len(queries)))
        S = Q[here] @ P.T
        S[subject_of_query[here][:, None] == subject_of_pool] = -torch.inf  # the query, its burst, its positives
        if camera is not None:
            S[camera[0][here][:, None] == camera[1]] = -torch.inf
        count[here] = torch.isfinite(S).sum(dim=1).cpu().numpy()
        rival[here] = _rivals(S, subject_of_pool)
        number = end[here] - begin[here]
        each = [np.flatnonzero(number > nth) for nth in range(int(number.max()))]
        positives = [(has, X[to(other[begin[here][has] + nth])]) for nth, has in enumerate(each)]
        ranks, there = _ranks(S, Q[here], P, positives)
        first[here] = ranks[0]
        order = np.arange(1, len(ranks) + 1)[:, None]
        precision[here] = np.where(there, order / ranks, 0.0).sum(axis=0) / there.sum(axis=0)
    return Ranks(queries, subject[queries], first, precision, end - begin, count, rival)


def _ranks(
    S: torch.Tensor, Q: torch.Tensor, P: torch.Tensor, positives: list[tuple[NDArray[np.int64], torch.Tensor]]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Ranks (p, q) of each query's positives, the best first, and whether there is one.

    Args:
        S: (q, m) similarities to negatives, −∞ for photos that are none.
        Q: (q, D) queries.
        P: (m, D) the pool.
        positives: p times the queries that have one more, and that one's vectors.
    """
    ahead = np.zeros((len(positives), len(S)), dtype=np.int64)  # negatives at least as similar as each positive
    similarity = np.full(ahead.shape, -np.inf)
    for nth, (has, vectors) in enumerate(positives):
        rows = torch.from_numpy(has).to(S.device)
        target = exact(Q[rows], vectors)
        ahead[nth, has] = _at_least(S[rows], target, Q[rows], P).cpu().numpy()
        similarity[nth, has] = target.cpu().numpy()
    best_first = np.argsort(-similarity, axis=0, kind="stable")
    there = np.isfinite(np.take_along_axis(similarity, best_first, axis=0))
    ranks = np.take_along_axis(ahead, best_first, axis=0) + np.arange(1, len(positives) + 1)[:, None]
    return ranks, there


def _rivals(S: torch.Tensor, subject: torch.Tensor) -> NDArray[np.int64]:
    """The subject (n,) of the most similar negative of each row of S (n, m); −1 where there is none."""
    if not S.shape[1]:
        return np.full(S.shape[0], -1, dtype=np.int64)
    nearest, at = S.max(dim=1)
    found = torch.where(torch.isfinite(nearest), subject[at], -1)
    return np.asarray(found.cpu().numpy(), dtype=np.int64)


def _at_least(S: torch.Tensor, target: torch.Tensor, Q: torch.Tensor, P: torch.Tensor) -> torch.Tensor:
    """How many of each row of S (n, m) are at least `target` (n,) float64; those too close to call are computed again."""
    single = target.to(torch.float32)[:, None]
    certain = (single + EPSILON < S).sum(dim=1)
    row, column = torch.nonzero((S - single).abs() <= EPSILON, as_tuple=True)
    near = exact(Q[row], P[column]) >= target[row]
    return certain.index_add(0, row, near.to(certain.dtype))


def retrieve(
    source: Source,
    vectors: NDArray[np.floating[Any]],
    subject: NDArray[np.int64],
    model: NDArray[np.int64],
    seed: int = 0,
    device: str = "cpu",
) -> Work[Outcome]:
    """Recall at 1 and 5, mean average precision and SPD_a for both query classes and both pools.

    Intervals: percentile bootstrap over subjects, spread by what queries with the same hardest negative have in common
    (`dyadic_widening`). SPD_a's is calibrated by exchanging the kinds of camera inside pairs (`exchanged`); the p-value of that
    test stands in the details, beside McNemar's, which takes queries as independent.

    Args:
        vectors: (N, D) embeddings. subject: (N,) int, −1 = in no pair.
        model: (N,) 0 = not a phone, 1 = phone; other codes are ignored.

    Raises:
        EmbeddingsError: a value is not finite, or the columns do not fit.
        TooFew: fewer than `MIN_PAIRS` subjects with a photo of each class.
    """
    if not len(vectors) == len(subject) == len(model):
        raise EmbeddingsError(
            "The columns of the embeddings do not fit", f"{len(vectors)}, {len(subject)}, {len(model)} rows"
        )
    used = (subject >= 0) & np.isin(model, (0, 1))
    check_finite(np.asarray(vectors)[used])
    pairs = len(np.intersect1d(subject[used & (model == 0)], subject[used & (model == 1)]))
    if pairs < MIN_PAIRS:
        raise TooFew(
            f"Retrieval needs at least {MIN_PAIRS} scenes with a photo of each class",
            f"there {'is one' if pairs == 1 else f'are {pairs}' if pairs else 'is none'}",
            "Pair photos first (`curate pair -w WORKSPACE`, `curate review -w WORKSPACE`), and export them with "
            "`curate export SET -w WORKSPACE --pairs`.",
        )
    outcome = Outcome()
    shuffled = exchanged(vectors, Pairs(subject, model), seed)
    done = 0
    for code in (1, 0):
        found = {}
        for pool in NEGATIVES:
            yield Progress("searches done", done, len(CLASSES) * len(NEGATIVES))
            with cores_for(min(pairs, 4096) * pairs * vectors.shape[1]):
                found[pool] = rank_pairs(vectors, subject, model, code, pool, device)
            done += 1
        for pool, ranks in found.items():
            _add_pool(outcome, source, f"query={CLASSES[code]},negatives={pool}", ranks, seed)
        _add_difference(outcome, source, code, found, shuffled, seed)
        outcome.details[-1]["pairs"] = pairs
    if pairs < stats.FEW_CLUSTERS:
        outcome.warnings.append(
            f"The intervals of retrieval rest on {pairs} pairs; below {stats.FEW_CLUSTERS} they are too short."
        )
    return outcome


def _add_difference(
    outcome: Outcome, source: Source, code: int, found: dict[str, Ranks], shuffled: Exchanged, seed: int
) -> None:
    """SPD_a of one query class: both pools were searched by the same queries in the same order."""
    same, different = (found[pool].first == 1 for pool in NEGATIVES)
    ranks, setting = found["same"], f"query={CLASSES[code]}"
    gained = same.astype(np.float64) - different
    value, groups = float(gained.mean()), len(np.unique(ranks.subject))
    test = shuffled.calibrated(code, value, stats.cluster_error(gained, ranks.subject), groups)
    low, high = (min(max(bound, -1.0), 1.0) for bound in stats.tested_at_least(test, gained, ranks.subject))
    interval = stats.Interval(min(low, value), max(high, value))
    spd = Estimate(abs(value), stats.absolute(interval), 0.0, len(same))
    row = source.row("retrieval", ATTRIBUTE, setting, "spd_a", spd, seed)
    outcome.rows.append(row)
    outcome.per_photo.append(source.per_photo(row, ranks.query, ranks.subject, gained))
    outcome.details.append(
        source.detail(
            "retrieval",
            ATTRIBUTE,
            setting,
            same_minus_different=value,
            same_minus_different_ci=list(interval),
            p_value=test.p_value,
            permutations=len(shuffled.differences[code]),
            shuffled=shuffled.unit,
            mcnemar_p=stats.mcnemar_exact(same, different),
        )
    )


def _add_pool(outcome: Outcome, source: Source, setting: str, ranks: Ranks, seed: int) -> None:
    values = np.stack([ranks.first <= 1, ranks.first <= 5, ranks.average_precision], axis=1).astype(np.float64)
    resampled = stats.bootstrap_means(values, ranks.subject, seed=seed)
    mean = values.mean(axis=0)
    resampled = np.clip(mean + dyadic_widening(values, ranks.subject, ranks.rival) * (resampled - mean), 0.0, 1.0)
    sizes, often = np.unique(np.stack([ranks.positives, ranks.negatives], axis=1), axis=0, return_counts=True)
    chances: list[float | None] = [
        float(np.average([stats.recall_chance(k, int(p), int(n)) for p, n in sizes], weights=often)) for k in (1, 5)
    ]
    single = bool((ranks.positives == 1).all())
    by_chance = [stats.reciprocal_rank_chance(int(p + n)) for p, n in sizes]
    chances.append(float(np.average(by_chance, weights=often)) if single else None)
    n = len(ranks.first)
    metrics: tuple[Metric, ...] = ("recall@1", "recall@5", "map")
    for at, metric in enumerate(metrics):
        value = float(values[:, at].mean())
        found = Estimate(value, stats.resampled_share(values[:, at], resampled[:, at], ranks.subject), chances[at], n)
        outcome.rows.append(source.row("retrieval", ATTRIBUTE, setting, metric, found, seed))
        outcome.per_photo.append(source.per_photo(outcome.rows[-1], ranks.query, ranks.subject, values[:, at]))
