"""Semantic k nearest neighbours under traces: does a photo's class get lost when others share its trace?

Five settings (Ramos et al. 2025, section 5, and its follow-up), for a query with trace t and another trace o:

    baseline   all of the pool in t          all-diff   all in o
    pos-same   own class in t, others in o   neg-same   own class in o, others in t
    uniform    each pool picture in a random one

SP is plain kNN accuracy; SPD = |A(pos-same) − A(neg-same)|, 0 where the trace plays no part. A trace is a processing that all
pictures went through (`processing_knn`), or an acquisition label that each photo has once (`acquisition_knn`).

Cosine similarity, unweighted majority. Among classes with equally many votes the one with the nearest neighbour wins, or with
`Ties.PAPER` the one that a sort of the votes puts first. The share of votes in which a tie had to be broken stands in the
details.
"""

from __future__ import annotations

from dataclasses import dataclass, field
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
from tracer.experiments.knn.shuffled import Shuffled
from tracer.experiments.outcome import Estimate, Outcome, Source
from tracer.experiments.photos import ProcessedPhotos
from tracer.experiments.probe.protocols import check_finite
from tracer.experiments.settings import Ties
from tracer.experiments.shared.cameras import error, independent
from tracer.experiments.shared.similarities import unit
from tracer.experiments.shared.threads import one_core_each
from tracer.results import Metric

SETTINGS = ("baseline", "all-diff", "pos-same", "neg-same", "uniform")
UNIFORM_DRAWS = 10
QUERY_TILE = 256
MOST_SORTED = 1 << 22
GPU_QUERY_TILE = 4096
"""A pool that does not fit a GPU is moved to it once a tile of queries."""


@dataclass(frozen=True, slots=True)
class Voting:
    """How neighbours vote.

    Attributes:
        k: neighbours that vote.
        draws: of the uniform setting; of thinned pools, where each photo has its trace once.
        seed: of the bootstrap, and of the draws of thinned pools. The uniform setting of processings is drawn with the seeds
            0, 1, …, as published.
        device: `cpu`, `cuda`.
        workers: tiles of queries at once on a CPU; one a core where None. No result depends on it.
        ties: which class wins in a tied vote between processings; between labels it is always the nearest.
    """

    k: int
    draws: int = UNIFORM_DRAWS
    seed: int = 0
    device: str = field(default="cpu", compare=False)
    workers: int | None = field(default=None, compare=False)
    ties: Ties = Ties.NEAREST


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


def mixtures(pool: ProcessedPhotos, queries: ProcessedPhotos, how: Voting) -> Work[Mixtures]:
    """Every mixture of P processings, and `how.draws` uniform ones; see `neighbours` for how.

    Args:
        pool, queries: under the same processings. A query never meets its own group.
    """
    names, device = tuple(pool.views), how.device
    ordered = sorted_pool(pool.views, pool.labels, pool.groups, device)
    # the published seeds, whatever the seed of the bootstrap: they draw what the paper's own script draws with them
    rng = [np.random.default_rng(draw) for draw in range(how.draws)]
    assigned = np.array([one.choice(len(names), size=len(pool.labels)) for one in rng], dtype=np.int64)
    assignments = (
        torch.from_numpy(assigned.reshape(how.draws, -1)).to(device)[:, ordered.origin] if how.draws else torch.empty(0)
    )
    count = len(queries.labels)
    right = np.zeros((len(names),) * 3 + (count,), dtype=bool)
    uniform = np.zeros((len(names), how.draws, count), dtype=bool)
    asked = [unit(torch.from_numpy(np.ascontiguousarray(queries.views[name], np.float32)).to(device)) for name in names]
    tiles = list(query_tiles(queries.labels, QUERY_TILE if device == "cpu" else GPU_QUERY_TILE))

    def one(job: tuple[int, NDArray[np.int64]]) -> int:
        test, rows = job
        Q, truth = asked[test][torch.from_numpy(rows).to(device)], queries.labels[rows]
        groups = None if queries.groups is None else torch.from_numpy(queries.groups[rows]).to(device)
        lists = find(Q, torch.from_numpy(truth).to(device), groups, ordered, assignments, how.k)
        said = vote(compose(lists), how.k, Q, ordered, how.ties)
        right[test][..., rows], tied = said.labels == truth, int(said.tied.sum())
        if lists.uniform is not None:
            said = vote(lists.uniform, how.k, Q, ordered, how.ties)
            uniform[test][..., rows], tied = said.labels == truth, tied + int(said.tied.sum())
        return tied

    # Tiles side by side, each on one core, never wait for each other; a GPU takes one after the other.
    with one_core_each(how.workers if device == "cpu" else 1) as at_once:
        jobs = [(test, rows) for test in range(len(names)) for rows in tiles]
        ties = asked_for = 0
        for (_, rows), tied in zip(jobs, at_once.map(one, jobs), strict=True):
            ties, asked_for = ties + tied, asked_for + len(rows)
            yield Progress("queries answered", asked_for, len(names) * count)
    return Mixtures(names, right, uniform, ties / max(1, right.size + uniform.size))


def processing_knn(
    source: Source,
    pool: ProcessedPhotos,
    queries: ProcessedPhotos,
    attribute: str,
    how: Voting,
    *,
    clusters: NDArray[np.int64] | None = None,
) -> Work[Outcome]:
    """The five settings, SP and SPD_p over all ordered pairs of processings, with bootstrap intervals over clusters of queries.

    The details hold every single mixture (`mixtures`) and the signed difference pos-same − neg-same of each ordered pair
    (`pairs`): differences of opposite sign cancel in SPD_p.

    Args:
        pool, queries: as in `mixtures`.
        clusters: (q,) queries that belong together; each its own where None.

    Raises:
        EmbeddingsError: a value is not finite, or the processings do not hold the same pictures.
        TooFew: fewer than two processings, two classes, or k pool pictures.
        UsageError: k below 1.
    """
    _check_knn(pool, queries, how)
    found = yield from mixtures(pool, queries, how)
    ids = np.arange(len(queries.labels)) if clusters is None else clusters
    values = found.settings()
    votes = SettingVotes(np.arange(len(values)), values, values[:, 0], queries.labels, ids)
    outcome = settings_outcome(source, attribute, votes, "spd_p", how.seed)
    outcome.details[0].update(
        k=how.k,
        draws=how.draws,
        ties=str(how.ties),
        tied=found.tied,
        pairs=_pairs(found, ids, how.seed),
        mixtures=_mixture_values(found),
    )
    return outcome


def _pairs(found: Mixtures, ids: NDArray[np.int64], seed: int) -> list[dict[str, Any]]:
    """pos-same − neg-same with its sign, for each ordered pair of processings."""
    names, count = found.names, range(len(found.names))
    ordered = [(t, o) for t, o in product(count, count) if t != o]
    signed = np.stack([found.right[t, t, o].astype(np.float64) - found.right[t, o, t] for t, o in ordered], axis=1)
    resampled, groups = stats.bootstrap_means(signed, ids, seed=seed), len(np.unique(ids))
    means = [float(signed[:, at].mean()) for at in range(len(ordered))]
    return [
        {
            "test_processing": names[t],
            "other_processing": names[o],
            "pos_same_minus_neg_same": means[at],
            "ci": list(stats.difference_interval(means[at], resampled[:, at], groups)),
        }
        for at, (t, o) in enumerate(ordered)
    ]


def _mixture_values(found: Mixtures) -> list[dict[str, Any]]:
    """The accuracy of each mixture of processings."""
    names = found.names
    return [
        {
            "test_processing": names[t],
            "positives_processing": names[a],
            "negatives_processing": names[b],
            "setting": _setting(t, a, b),
            "value": float(found.right[t, a, b].mean()),
            "n": found.right.shape[-1],
        }
        for t, a, b in product(range(len(names)), repeat=3)
    ]


@dataclass(frozen=True, slots=True, eq=False)
class SettingVotes:
    """Whether each query was named right under the five settings.

    Attributes:
        rows: (q,) which of the given photos are queries.
        values: (q, 5) in the order of `SETTINGS`, fractions. plain: (q,) 0 or 1, in the whole pool.
        labels: (q,) semantic codes. clusters: (q,) scene or owner.
    """

    rows: NDArray[np.int64]
    values: NDArray[np.float64]
    plain: NDArray[np.float64]
    labels: NDArray[np.int64]
    clusters: NDArray[np.int64]


def settings_outcome(
    source: Source, attribute: str, votes: SettingVotes, spd: Metric, seed: int, shuffled: Shuffled | None = None
) -> Outcome:
    """The rows of the five settings, SP and SPD, all from the same bootstrap draws.

    With the differences of shuffled labels the interval of SPD is calibrated by them.
    """
    values, clusters = votes.values, votes.clusters
    n, n_clusters = len(values), len(np.unique(clusters))
    gained = values[:, 2] - values[:, 3]
    columns = np.column_stack([values, gained, votes.plain])
    resampled = stats.bootstrap_means(columns, clusters, seed=seed)
    means, chance = columns.mean(axis=0), stats.majority_share(votes.labels)

    def share(at: int) -> Estimate:
        return Estimate(means[at], stats.resampled_share(columns[:, at], resampled[:, at], clusters), chance, n)

    means[5] = gained.mean()  # to the last digit as it is tested
    signed = stats.difference_interval(float(means[5]), resampled[:, 5], n_clusters)
    signed = stats.difference_at_least(signed, gained, clusters)
    facts: dict[str, Any] = {}
    if shuffled is not None and len(shuffled.differences):
        test = tested_difference(gained, clusters, shuffled)
        signed, facts = test.interval, test.facts
    size = stats.absolute(signed)
    outcome = Outcome()
    outcome.rows = [
        *(source.row("knn", attribute, setting, "accuracy", share(at), seed) for at, setting in enumerate(SETTINGS)),
        source.row("knn", attribute, "", "sp", share(6), seed),
        source.row("knn", attribute, "", spd, Estimate(abs(means[5]), size, 0.0, n), seed),
    ]
    order = (*range(len(SETTINGS)), 6, 5)
    outcome.per_photo = [
        source.per_photo(row, votes.rows, clusters, columns[:, at]) for row, at in zip(outcome.rows, order, strict=True)
    ]
    outcome.details = [
        source.detail(
            "knn",
            attribute,
            "",
            pos_same_minus_neg_same=float(means[5]),
            pos_same_minus_neg_same_ci=list(signed),
            clusters=n_clusters,
            **facts,
        )
    ]
    if n_clusters < stats.FEW_CLUSTERS:
        outcome.warnings.append(
            f"The intervals of kNN by {attribute} rest on {n_clusters} scenes or owners; "
            f"below {stats.FEW_CLUSTERS} they are too short."
        )
    return outcome


@dataclass(frozen=True, slots=True)
class TestedDifference:
    """The interval of a difference, and what the details say of the test that goes with it."""

    __test__ = False

    interval: stats.Interval
    facts: dict[str, Any]


def tested_difference(
    differences: NDArray[np.float64],
    clusters: NDArray[np.int64],
    shuffled: Shuffled,
    models: NDArray[np.int64] | None = None,
) -> TestedDifference:
    """Test the mean of the queries' differences against those of shuffled labels.

    Args:
        differences: (q,) pos-same minus neg-same.
        clusters: (q,) scene or owner.
        shuffled: of the same photos.
        models: (q,) camera models, where those were shuffled.
    """
    value = float(differences.mean())
    spread = error(differences, clusters, models)
    units, observed = independent(clusters, models), shuffled.observed
    test = stats.calibrated(value, spread, shuffled.differences, shuffled.errors, units, observed=observed)
    drawn = [clusters] if models is None else [clusters, models]
    low, high = (min(max(bound, -1.0), 1.0) for bound in stats.tested_at_least(test, differences, *drawn))
    return TestedDifference(
        stats.Interval(min(low, value), max(high, value)),
        {
            "p_value": test.p_value,
            "permutations": len(shuffled.differences) + shuffled.exact,
            "exact": shuffled.exact,
            "shuffled": str(shuffled.unit),
            "mean_of_shuffles": float(shuffled.differences.mean()),
        },
    )


def _setting(test: int, own: int, others: int) -> str:
    if own == others:
        return "baseline" if own == test else "all-diff"
    return "pos-same" if own == test else "neg-same" if others == test else "mixed"


def _check_knn(pool: ProcessedPhotos, queries: ProcessedPhotos, how: Voting) -> None:
    names, k = tuple(pool.views), how.k
    if k < 1:
        raise UsageError(f"k = {k} is no number of neighbours", way_out="Say -k with a number from 1 on, as in -k 10.")
    if len(names) < 2:
        raise TooFew(
            "Neighbours under processings need at least two of them", f"there is {', '.join(names) or 'none'}",
            "Name several, as in --processing JPEG75_420,JPEG95_444.",
        )  # fmt: skip
    for name in names:
        for side in (pool, queries):
            matrix, labels = side.views[name], side.labels
            if matrix.shape != (len(labels), pool.views[names[0]].shape[1]):
                raise EmbeddingsError(
                    f"The embeddings of {name} do not belong to the others",
                    f"their shape is {matrix.shape}, and there are {len(labels)} labels",
                    "Embed the same pictures under each processing.",
                )
            check_finite(matrix)
    if how.ties is Ties.PAPER and pool.labels.max(initial=0) >= MOST_SORTED:
        raise UsageError(
            f"The published rule for ties sorts a number for each label up to {pool.labels.max()}",
            f"labels from {MOST_SORTED:,} on take too much memory",
            "Say --ties nearest, or number the labels from 0.",
        )
    if len(np.unique(pool.labels)) < 2:
        raise TooFew("Semantic neighbours need at least two classes", f"there is {len(np.unique(pool.labels))}")
    if len(queries.labels) == 0 or len(pool.labels) < k:
        raise TooFew(
            f"Neighbours with k = {k} need that many pictures in the pool, and a query",
            f"there are {len(pool.labels)} and {len(queries.labels)}",
        )
