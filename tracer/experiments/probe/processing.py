"""The probe of processings on a set without a split of its own: folds by cluster, over several draws.

As in the paper (section 4), a training picture shows one processing, drawn at random, and a test picture is scored in all of
them. The paper has a training and a validation set; here each picture is tested by a probe that saw nothing of its cluster.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracer import stats
from tracer.base.progress import Progress, Work, finish
from tracer.errors import TooFew
from tracer.experiments.outcome import Outcome, Source
from tracer.experiments.probe.folds import FOLDS, group_folds
from tracer.experiments.probe.probe import (
    INTERVALS_OF_FOLDS,
    PROCESSING_DRAWS,
    accuracy_interval,
    confusion,
    same_pictures,
)
from tracer.experiments.probe.protocols import Protocol, fit_probe
from tracer.experiments.shared.threads import one_core_each


def probe_processing_folds(
    source: Source,
    views: Mapping[str, NDArray[np.floating[Any]]],
    clusters: NDArray[Any],
    attribute: str,
    *,
    protocol: Protocol | str = Protocol.BATCHED,
    draws: int = PROCESSING_DRAWS,
    folds: int = FOLDS,
    seed: int = 42,
    workers: int | None = None,
    device: str = "cpu",
) -> Work[Outcome]:
    """Predict which processing a picture went through; mean over `draws` of the folds and of the training labels.

    Of the clusters that are not tested one in `folds` chooses the settings, a fifth as in `cross_validate`. The interval is
    `accuracy_interval`'s.

    Args:
        views: name of the processing → (N, D); the same pictures in the same order under each name.
        clusters: (N,) pictures that belong together.
        workers: probes fitted at once; all cores where None. The result does not depend on it.

    Raises:
        EmbeddingsError: the processings do not hold equally many pictures.
        TooFew: fewer than two processings, or too few pictures or clusters.
    """
    names = tuple(views)
    same_pictures(views, "given")
    group = np.unique(clusters, return_inverse=True)[1].astype(np.int64)
    n, n_clusters, need = len(group), int(group.max(initial=-1)) + 1, 10 * len(names)
    if len(names) < 2:
        raise TooFew("A probe of processings needs at least two of them", f"there is {', '.join(names) or 'none'}")
    if n < need or n_clusters < 2 * folds:
        raise TooFew(
            f"A probe of {len(names)} processings needs at least {need} pictures of {2 * folds} scenes or owners",
            f"there are {n} of {n_clusters}",
        )
    stacked = np.stack([np.asarray(views[name], dtype=np.float32) for name in names])  # (P, N, D)
    nothing = np.zeros(n, dtype=np.int64)  # a picture has every label, so folds are by cluster alone
    jobs = [
        (draw, fold, test)
        for draw in range(draws)
        for fold, test in enumerate(group_folds(nothing, group, folds, seed + draw))
    ]

    def one(job: tuple[int, int, NDArray[np.bool_]]) -> NDArray[np.int64]:
        draw, fold, test = job
        rng = np.random.default_rng([seed, draw, fold])
        labels = rng.integers(len(names), size=n)
        others = rng.permutation(np.unique(group[~test]))
        chooses = ~test & np.isin(group, others[: max(1, len(others) // folds)])
        trains = ~test & ~chooses
        X = stacked[labels, np.arange(n)]
        fit = finish(
            fit_probe(
                X[trains], labels[trains], X[chooses], labels[chooses], len(names), protocol,
                seed + draw * folds + fold, device, workers=1,
            )
        )  # fmt: skip
        return np.stack([fit.predict(view[test]) for view in stacked])

    predictions = np.full((draws, len(names), n), -1, dtype=np.int64)
    with one_core_each(workers if device == "cpu" else 1) as pool:
        for done, ((draw, _, test), guess) in enumerate(zip(jobs, pool.map(one, jobs), strict=True), start=1):
            predictions[draw][:, test] = guess
            yield Progress("probes fitted", done, len(jobs))
    flat, truth = predictions.reshape(draws, -1), np.repeat(np.arange(len(names)), n)
    right = flat == truth
    value, interval = accuracy_interval(right, np.tile(group, len(names)), seed)
    chance = stats.uniform_chance(len(names))
    outcome = Outcome()
    outcome.rows = [source.row("probe", attribute, "processing", "accuracy", value, interval, chance, len(truth), seed)]
    outcome.details = [
        source.detail(
            "probe",
            attribute,
            "processing",
            scheme="folds; one random processing for each training picture, all for each test picture",
            protocol=str(Protocol(protocol)),
            draws=draws,
            folds=folds,
            clusters=n_clusters,
            intervals=INTERVALS_OF_FOLDS,
            accuracy_per_repeat=[float(share) for share in right.mean(axis=1)],
            photos={"train": n, "test": n},
            **confusion(flat, truth, names),
        )
    ]
    of_each = right.reshape(draws, len(names), n).mean(axis=(0, 1))
    outcome.per_photo = [source.per_photo(outcome.rows[0], np.arange(n), group, of_each)]
    if n_clusters < stats.FEW_CLUSTERS:
        outcome.warnings.append(
            f"The interval for {attribute} rests on {n_clusters} scenes or owners; "
            f"below {stats.FEW_CLUSTERS} it is too short."
        )
    return outcome
