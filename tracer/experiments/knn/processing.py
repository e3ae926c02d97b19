"""Semantic k nearest neighbours under traces: does a photo's class get lost when others share its trace?

Five settings (Ramos et al. 2025, section 5, and its follow-up), for a query with trace t and another trace o:

    baseline   all of the pool in t          all-diff   all in o
    pos-same   own class in t, others in o   neg-same   own class in o, others in t
    uniform    each pool picture in a random one

SP is plain kNN accuracy; SPD = |A(pos-same) − A(neg-same)|, 0 where the trace plays no part. A trace is a processing that all
pictures went through (`processing_knn`), or an acquisition label that each photo has once (`acquisition_knn`).

Cosine similarity, unweighted majority; among classes with equally many votes the one with the nearest neighbour wins. The share
of queries in which a tie had to be broken stands in the details.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tracer import stats
from tracer.base.progress import Progress, Work
from tracer.errors import EmbeddingsError, TooFew, UsageError
from tracer.experiments.knn.neighbours import compose, find, query_tiles, vote
from tracer.experiments.knn.pool import sorted_pool
from tracer.experiments.outcome import Outcome, Source
from tracer.experiments.probe.protocols import check_finite
from tracer.experiments.shared.similarities import unit
from tracer.experiments.shared.threads import one_core_each
from tracer.results import Metric
from tracer.stats import Interval

SETTINGS = ("baseline", "all-diff", "pos-same", "neg-same", "uniform")
UNIFORM_DRAWS = 10
QUERY_TILE = 256
GPU_QUERY_TILE = 4096
"""A pool that does not fit a GPU is moved to it once a tile of queries."""


@dataclass(frozen=True, slots=True)
class Mixtures:
    """Whether each query was named right.

    Attributes:
        names: the P processings.
        right: (P, P, P, q) bool: processing of the query, of the own-class pool pictures, of all others.
        uniform: (P, draws, q) bool.
        tied: share of votes in which a tie was broken.
    """

    names: tuple[str, ...]
    right: NDArray[np.bool_]
    uniform: NDArray[np.bool_]
    tied: float

    def settings(self) -> NDArray[np.float64]:
        """(q, 5) mean correctness of each query in each of `SETTINGS`, over all ordered pairs of processings and all draws."""
        count = len(self.names)
        same = list(range(count))
        pairs = [(t, o) for t, o in product(same, same) if t != o]
        test, other = [t for t, _ in pairs], [o for _, o in pairs]
        return np.stack(
            [
                self.right[same, same, same].mean(axis=0),
                self.right[test, other, other].mean(axis=0),
                self.right[test, test, other].mean(axis=0),
                self.right[test, other, test].mean(axis=0),
                self.uniform.mean(axis=(0, 1)),
            ],
            axis=1,
        )


def mixtures(
    pool: Mapping[str, NDArray[np.floating[Any]]],
    pool_labels: NDArray[np.int64],
    queries: Mapping[str, NDArray[np.floating[Any]]],
    query_labels: NDArray[np.int64],
    *,
    k: int,
    draws: int = UNIFORM_DRAWS,
    seed: int = 0,
    pool_groups: NDArray[np.int64] | None = None,
    query_groups: NDArray[np.int64] | None = None,
    device: str = "cpu",
    workers: int | None = None,
) -> Work[Mixtures]:
    """Every mixture of P processings, and `draws` uniform ones; see `neighbours` for how.

    Args:
        pool, queries: processing → (N, D), (q, D); the same pictures in the same order under each name.
        pool_groups, query_groups: (N,), (q,); a query never meets its own group.
        workers: tiles of queries at once on a CPU; one a core where None. The answer does not depend on it.
    """
    names = tuple(pool)
    ordered = sorted_pool(pool, pool_labels, pool_groups, device)
    # seeds 0 to 9 draw what the paper's own script draws with them
    rng = [np.random.default_rng(seed + draw) for draw in range(draws)]
    assigned = np.array([one.choice(len(names), size=len(pool_labels)) for one in rng], dtype=np.int64)
    assignments = (
        torch.from_numpy(assigned.reshape(draws, -1)).to(device)[:, ordered.origin] if draws else torch.empty(0)
    )
    count = len(query_labels)
    right = np.zeros((len(names),) * 3 + (count,), dtype=bool)
    uniform = np.zeros((len(names), draws, count), dtype=bool)
    asked = {name: unit(torch.from_numpy(np.ascontiguousarray(queries[name], np.float32)).to(device)) for name in names}
    tiles = list(query_tiles(query_labels, QUERY_TILE if device == "cpu" else GPU_QUERY_TILE))

    def one(job: tuple[int, NDArray[np.int64]]) -> int:
        test, rows = job
        Q, truth = asked[names[test]][torch.from_numpy(rows).to(device)], query_labels[rows]
        groups = None if query_groups is None else torch.from_numpy(query_groups[rows]).to(device)
        lists = find(Q, torch.from_numpy(truth).to(device), groups, ordered, assignments, k)
        said = vote(compose(lists), k, Q, ordered)
        right[test][..., rows], tied = said.labels == truth, int(said.tied.sum())
        if lists.uniform is not None:
            said = vote(lists.uniform, k, Q, ordered)
            uniform[test][..., rows], tied = said.labels == truth, tied + int(said.tied.sum())
        return tied

    # Tiles side by side, each on one core, never wait for each other; a GPU takes one after the other.
    with one_core_each(workers if device == "cpu" else 1) as at_once:
        jobs = [(test, rows) for test in range(len(names)) for rows in tiles]
        ties = asked_for = 0
        for (_, rows), tied in zip(jobs, at_once.map(one, jobs), strict=True):
            ties, asked_for = ties + tied, asked_for + len(rows)
            yield Progress("queries answered", asked_for, len(names) * count)
    return Mixtures(names, right, uniform, ties / max(1, right.size + uniform.size))


def processing_knn(
    source: Source,
    pool: Mapping[str, NDArray[np.floating[Any]]],
    pool_labels: NDArray[np.int64],
    queries: Mapping[str, NDArray[np.floating[Any]]],
    query_labels: NDArray[np.int64],
    attribute: str,
    *,
    k: int,
    draws: int = UNIFORM_DRAWS,
    seed: int = 0,
    pool_groups: NDArray[np.int64] | None = None,
    query_groups: NDArray[np.int64] | None = None,
    clusters: NDArray[np.int64] | None = None,
    device: str = "cpu",
) -> Work[Outcome]:
    """The five settings, SP and SPD_p over all ordered pairs of processings, with bootstrap intervals over clusters of queries.

    The details hold every single mixture (`mixtures`) and the signed difference pos-same − neg-same of each ordered pair
    (`pairs`): differences of opposite sign cancel in SPD_p.

    Args: as `mixtures`; `clusters`: (q,) queries that belong together, each its own where None.

    Raises:
        EmbeddingsError: a value is not finite, or the processings do not hold the same pictures.
        TooFew: fewer than two processings, two classes, or k pool pictures.
        UsageError: k below 1.
    """
    names = tuple(pool)
    _check_knn(names, pool, pool_labels, queries, query_labels, k)
    found = yield from mixtures(
        pool, pool_labels, queries, query_labels, k=k, draws=draws, seed=seed,
        pool_groups=pool_groups, query_groups=query_groups, device=device,
    )  # fmt: skip
    ids = np.arange(len(query_labels)) if clusters is None else clusters
    values = found.settings()
    outcome = settings_outcome(source, attribute, values, ids, query_labels, seed, "spd_p", values[:, 0])
    count = range(len(names))
    ordered = [(t, o) for t, o in product(count, count) if t != o]
    signed = np.stack([found.right[t, t, o].astype(np.float64) - found.right[t, o, t] for t, o in ordered], axis=1)
    resampled = stats.bootstrap_means(signed, ids, seed=seed)
    outcome.details[0].update(
        k=k,
        draws=draws,
        tied=found.tied,
        pairs=[
            {
                "test_processing": names[t],
                "other_processing": names[o],
                "pos_same_minus_neg_same": float(signed[:, at].mean()),
                "ci": list(
                    stats.difference_interval(float(signed[:, at].mean()), resampled[:, at], len(np.unique(ids)))
                ),
            }
            for at, (t, o) in enumerate(ordered)
        ],
        mixtures=[
            {
                "test_processing": names[t],
                "positives_processing": names[a],
                "negatives_processing": names[b],
                "setting": _setting(t, a, b),
                "value": float(found.right[t, a, b].mean()),
                "n": len(query_labels),
            }
            for t, a, b in product(count, repeat=3)
        ],
    )
    return outcome


def settings_outcome(
    source: Source,
    attribute: str,
    values: NDArray[np.float64],
    clusters: NDArray[np.int64],
    labels: NDArray[np.int64],
    seed: int,
    spd: Metric,
    plain: NDArray[np.float64],
    queries: NDArray[np.int64] | None = None,
) -> Outcome:
    """Rows of (q, 5) settings and (q,) plain correctness, all from the same bootstrap draws.

    `queries`: (q,) which of the experiment's photos they are; all of them in their order where None.
    """
    n, n_clusters = len(values), len(np.unique(clusters))
    columns = np.column_stack([values, values[:, 2] - values[:, 3], plain])
    resampled = stats.bootstrap_means(columns, clusters, seed=seed)
    means, chance = columns.mean(axis=0), stats.majority_share(labels)

    def interval(at: int) -> Interval:
        kind = stats.difference_interval if at == len(SETTINGS) else stats.share_interval
        return kind(float(means[at]), resampled[:, at], n_clusters)

    outcome = Outcome()
    outcome.rows = [
        source.row("knn", attribute, setting, "accuracy", means[at], interval(at), chance, n, seed)
        for at, setting in enumerate(SETTINGS)
    ]
    outcome.rows.append(source.row("knn", attribute, "", "sp", means[6], interval(6), chance, n, seed))
    outcome.rows.append(source.row("knn", attribute, "", spd, abs(means[5]), stats.absolute(interval(5)), 0.0, n, seed))
    rows, order = np.arange(n) if queries is None else queries, (*range(len(SETTINGS)), 6, 5)
    outcome.per_photo = [
        source.per_photo(row, rows, clusters, columns[:, at]) for row, at in zip(outcome.rows, order, strict=True)
    ]
    outcome.details = [
        source.detail(
            "knn",
            attribute,
            "",
            pos_same_minus_neg_same=float(means[5]),
            pos_same_minus_neg_same_ci=list(interval(5)),
            clusters=n_clusters,
        )
    ]
    if n_clusters < stats.FEW_CLUSTERS:
        outcome.warnings.append(
            f"The intervals of kNN by {attribute} rest on {n_clusters} scenes or owners; "
            f"below {stats.FEW_CLUSTERS} they are too short."
        )
    return outcome


def _setting(test: int, own: int, others: int) -> str:
    if own == others:
        return "baseline" if own == test else "all-diff"
    return "pos-same" if own == test else "neg-same" if others == test else "mixed"


def _check_knn(
    names: Sequence[str],
    pool: Mapping[str, NDArray[np.floating[Any]]],
    pool_labels: NDArray[np.int64],
    queries: Mapping[str, NDArray[np.floating[Any]]],
    query_labels: NDArray[np.int64],
    k: int,
) -> None:
    if k < 1:
        raise UsageError(f"k = {k} is no number of neighbours", way_out="Say -k with a number from 1 on, as in -k 10.")
    if len(names) < 2:
        raise TooFew(
            "Neighbours under processings need at least two of them", f"there is {', '.join(names) or 'none'}",
            "Name several, as in --processing JPEG75_420,JPEG95_444.",
        )  # fmt: skip
    for name in names:
        for matrix, labels in ((pool[name], pool_labels), (queries[name], query_labels)):
            if matrix.shape != (len(labels), pool[names[0]].shape[1]):
                raise EmbeddingsError(
                    f"The embeddings of {name} do not belong to the others",
                    f"their shape is {matrix.shape}, and there are {len(labels)} labels",
                    "Embed the same pictures under each processing.",
                )
            check_finite(matrix)
    if len(np.unique(pool_labels)) < 2:
        raise TooFew("Semantic neighbours need at least two classes", f"there is {len(np.unique(pool_labels))}")
    if len(query_labels) == 0 or len(pool_labels) < k:
        raise TooFew(
            f"Neighbours with k = {k} need that many pictures in the pool, and a query",
            f"there are {len(pool_labels)} and {len(query_labels)}",
        )
