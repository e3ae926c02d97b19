"""Probes of processings: which processing did a picture go through?

As in the paper (section 4), a training picture shows one processing, drawn at random, and a test picture is scored in all of
them.

* `probe_processing`: the paper's way, with a training and a validation set.
* `probe_processing_folds`: a set without a split of its own; each picture is tested by a probe that saw nothing of its cluster.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracer import stats
from tracer.base.progress import Progress, Work, finish
from tracer.errors import EmbeddingsError, TooFew
from tracer.experiments.outcome import Estimate, Outcome, Source
from tracer.experiments.probe.folds import FOLDS, group_folds
from tracer.experiments.probe.permutation import against_chance
from tracer.experiments.probe.probe import INTERVALS_OF_FOLDS, accuracy_interval, confusion
from tracer.experiments.probe.protocols import Fitting, fit_probe
from tracer.experiments.shared.threads import one_core_each

PROCESSING_DRAWS = 10
"""Draws of the training pictures' processings."""


def probe_processing(
    source: Source,
    train: Mapping[str, NDArray[np.floating[Any]]],
    test: Mapping[str, NDArray[np.floating[Any]]],
    attribute: str,
    how: Fitting = Fitting(),
    *,
    draws: int = PROCESSING_DRAWS,
) -> Work[Outcome]:
    """Predict which processing a picture went through; mean over `draws` random choices of the training labels.

    Every training picture shows one processing, drawn at random; every test picture is scored in all of them. A tenth of the
    training pictures chooses the settings. The interval is that of `accuracy_interval` with a picture's views as its cluster.

    Args:
        train, test: name of the processing → (N, D); the same pictures in the same order under each name.

    Raises:
        EmbeddingsError: the processings do not hold equally many pictures.
        TooFew: fewer than two processings, or too few pictures.
    """
    names = tuple(train)
    _same_pictures(train, "train")
    _same_pictures(test, "test")
    _two_or_more(names)
    n_train, n_test = len(train[names[0]]), len(test[names[0]])
    if n_train < 10 * len(names) or n_test < 1:
        raise TooFew(
            f"A probe of {len(names)} processings needs at least {10 * len(names)} training pictures and one to test on",
            f"there are {n_train} and {n_test}",
        )
    stacked = np.stack([train[name] for name in names])
    views = np.concatenate([test[name] for name in names])
    truth, group = np.repeat(np.arange(len(names)), n_test), np.tile(np.arange(n_test), len(names))
    guesses = []
    for draw in range(draws):
        rng = np.random.default_rng([how.seed, draw])
        labels = rng.integers(len(names), size=n_train)
        held = rng.permutation(n_train) < max(1, n_train // 10)
        X = stacked[labels, np.arange(n_train)]
        yield Progress("probes fitted", draw, draws)
        this = replace(how, seed=how.seed + draw)
        fit = finish(fit_probe(X[~held], labels[~held], X[held], labels[held], len(names), this))
        guesses.append(fit.predict(views))
    predictions = np.array(guesses)
    return _outcome(
        source,
        attribute,
        how,
        _Answers(predictions, truth, group, names),
        scheme="one random processing for each training picture, all for each test picture",
        draws=draws,
        photos={"train": n_train, "test": n_test},
        clusters=n_test,
        chance_test=against_chance(predictions, truth, group, how.seed),
    )


def probe_processing_folds(
    source: Source,
    views: Mapping[str, NDArray[np.floating[Any]]],
    clusters: NDArray[Any],
    attribute: str,
    how: Fitting = Fitting(),
    *,
    draws: int = PROCESSING_DRAWS,
    folds: int = FOLDS,
) -> Work[Outcome]:
    """Predict which processing a picture went through; mean over `draws` of the folds and of the training labels.

    Of the clusters that are not tested one in `folds` chooses the settings, a fifth as in `cross_validate`. The interval is
    `accuracy_interval`'s.

    Args:
        views: name of the processing → (N, D); the same pictures in the same order under each name.
        clusters: (N,) pictures that belong together.

    Raises:
        EmbeddingsError: the processings do not hold equally many pictures.
        TooFew: fewer than two processings, or too few pictures or clusters.
    """
    names = tuple(views)
    _same_pictures(views, "given")
    group = np.unique(clusters, return_inverse=True)[1].astype(np.int64)
    n, n_clusters, need = len(group), int(group.max(initial=-1)) + 1, 10 * len(names)
    _two_or_more(names)
    if n < need or n_clusters < 2 * folds:
        raise TooFew(
            f"A probe of {len(names)} processings needs at least {need} pictures of {2 * folds} scenes or owners",
            f"there are {n} of {n_clusters}",
        )
    stacked = np.stack([np.asarray(views[name], dtype=np.float32) for name in names])  # (P, N, D)
    predictions = yield from _predicted(stacked, group, how, draws, folds)
    flat, truth = predictions.reshape(draws, -1), np.repeat(np.arange(len(names)), n)
    outcome = _outcome(
        source,
        attribute,
        how,
        _Answers(flat, truth, np.tile(group, len(names)), names),
        scheme="folds; one random processing for each training picture, all for each test picture",
        draws=draws,
        folds=folds,
        clusters=n_clusters,
        intervals=INTERVALS_OF_FOLDS,
        photos={"train": n, "test": n},
    )
    of_each = (flat == truth).reshape(draws, len(names), n).mean(axis=(0, 1))
    outcome.per_photo = [source.per_photo(outcome.rows[0], np.arange(n), group, of_each)]
    if n_clusters < stats.FEW_CLUSTERS:
        outcome.warnings.append(
            f"The interval for {attribute} rests on {n_clusters} scenes or owners; "
            f"below {stats.FEW_CLUSTERS} it is too short."
        )
    return outcome


def _predicted(
    stacked: NDArray[np.float32], group: NDArray[np.int64], how: Fitting, draws: int, folds: int
) -> Work[NDArray[np.int64]]:
    """The processing that is named for each picture in each processing: (draws, P, N), of stacked views (P, N, D)."""
    count, n = len(stacked), len(group)
    nothing = np.zeros(n, dtype=np.int64)  # a picture has every label, so folds are by cluster alone
    jobs = [
        (draw, fold, test)
        for draw in range(draws)
        for fold, test in enumerate(group_folds(nothing, group, folds, how.seed + draw))
    ]

    def one(job: tuple[int, int, NDArray[np.bool_]]) -> NDArray[np.int64]:
        draw, fold, test = job
        rng = np.random.default_rng([how.seed, draw, fold])
        labels = rng.integers(count, size=n)
        others = rng.permutation(np.unique(group[~test]))
        chooses = ~test & np.isin(group, others[: max(1, len(others) // folds)])
        trains = ~test & ~chooses
        X = stacked[labels, np.arange(n)]
        this = replace(how, seed=how.seed + draw * folds + fold, workers=1)
        fit = finish(fit_probe(X[trains], labels[trains], X[chooses], labels[chooses], count, this))
        return np.stack([fit.predict(view[test]) for view in stacked])

    predictions = np.full((draws, count, n), -1, dtype=np.int64)
    with one_core_each(how.workers if how.device == "cpu" else 1) as pool:
        for done, ((draw, _, test), guess) in enumerate(zip(jobs, pool.map(one, jobs), strict=True), start=1):
            predictions[draw, :, test] = guess.T
            yield Progress("probes fitted", done, len(jobs))
    return predictions


@dataclass(frozen=True, slots=True, eq=False)
class _Answers:
    """The processings that probes named.

    Attributes:
        predictions: (repeats, m) codes. truth: (m,) codes. group: (m,) pictures that belong together.
        names: of the processings.
    """

    predictions: NDArray[np.int64]
    truth: NDArray[np.int64]
    group: NDArray[np.int64]
    names: tuple[str, ...]


def _outcome(source: Source, attribute: str, how: Fitting, answers: _Answers, **more: Any) -> Outcome:
    """The row of the answers, and their details with `more`."""
    right = answers.predictions == answers.truth
    photos = right.shape[1] // len(answers.names)  # each is asked about under each processing
    value, interval = accuracy_interval(right, answers.group, how.seed)
    accuracy = Estimate(value, interval, stats.uniform_chance(len(answers.names)), photos)
    detail = source.detail(
        "probe",
        attribute,
        "processing",
        protocol=str(how.protocol),
        accuracy_per_repeat=[float(share) for share in right.mean(axis=1)],
        **more,
        **confusion(answers.predictions, answers.truth, answers.names),
    )
    return Outcome([source.row("probe", attribute, "processing", "accuracy", accuracy, how.seed)], [detail])


def _two_or_more(names: tuple[str, ...]) -> None:
    if len(names) < 2:
        raise TooFew("A probe of processings needs at least two of them", f"there is {', '.join(names) or 'none'}")


def _same_pictures(views: Mapping[str, NDArray[np.floating[Any]]], part: str) -> None:
    """Refuse views of different pictures, as far as their number tells."""
    shapes = {name: matrix.shape for name, matrix in views.items()}
    if len(set(shapes.values())) > 1:
        raise EmbeddingsError(
            f"The {part} embeddings of the processings do not belong together",
            ", ".join(f"{name}: {shape[0]} pictures of {shape[1]} values" for name, shape in shapes.items()),
            "Embed the same pictures under each processing.",
        )
