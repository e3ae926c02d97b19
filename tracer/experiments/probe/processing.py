"""Probes of processings: which processing did a picture go through?

As in the paper (section 4), a training picture shows one processing, drawn at random, and a test picture is scored in all of
them.

* `probe_processing`: the paper's way, with a training and a validation set. The settings are chosen once, on a fifth of one
  draw's training pictures, and the probe is fitted again for each of ten draws; their mean and standard deviation are rows.
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
from tracer.experiments.probe import protocols
from tracer.experiments.probe.folds import FOLDS, group_folds
from tracer.experiments.probe.permutation import against_chance
from tracer.experiments.probe.probe import INTERVALS_OF_FOLDS, accuracy_interval, confusion
from tracer.experiments.probe.protocols import Chosen, Fitting, Protocol, choose, fit_chosen, fit_probe
from tracer.experiments.shared.parts import stratified
from tracer.experiments.shared.threads import one_core_each
from tracer.results import Row

PROCESSING_DRAWS = 10
"""Draws of the training pictures' processings."""
PUBLISHED_SEED = 22
"""With it the published script draws the processings that the settings are chosen on. Its ten draws have the seeds 0 to 9."""


def in_words(draws: int) -> str:
    """How `probe_processing` is done, for the report."""
    how = protocols.in_words(Protocol.PAPER)
    chosen = f"settings chosen once, on a fifth of the training pictures ({how})"
    return f"{chosen}; fitted again for each of {draws} draws of the training pictures' processings"


def probe_processing(
    source: Source,
    train: Mapping[str, NDArray[np.floating[Any]]],
    test: Mapping[str, NDArray[np.floating[Any]]],
    attribute: str,
    how: Fitting = Fitting(),
    *,
    draws: int = PROCESSING_DRAWS,
) -> Work[Outcome]:
    """Predict which processing a picture went through, as in the paper; mean and standard deviation over `draws` label draws.

    Every training picture shows one processing, drawn at random; every test picture is scored in all of them. The settings are
    chosen once, on a draw with the seed `how.seed`, of which a fifth of each processing's pictures validates. The probe is then
    fitted with them for each draw, with the seeds 0, 1, …, on all training pictures. Both are done as with `Protocol.PAPER`,
    whatever the protocol of `how`: one search takes little time, and settings that another search finds equally good on few
    pictures give figures that differ by more than the draws do. The interval is that of `accuracy_interval` with a picture's
    views as its cluster.

    The first row is the mean. The others are each draw's accuracy (setting `processing,draw=0`, its seed in `seed`) and their
    standard deviation (setting `processing,sd`, divided by the number of draws, not by one less, as published).

    Args:
        source: what the rows say of the embeddings.
        train: name of the processing → (N, D); the same pictures in the same order under each name.
        test: the same of the pictures to test.
        attribute: what the rows call the group of processings.
        how: its seed is that of the choice of settings; the published script's is `PUBLISHED_SEED`.
        draws: how often the training labels are drawn.

    Raises:
        EmbeddingsError: the processings do not hold equally many pictures.
        TooFew: fewer than two processings, or too few pictures.
    """
    names, how = tuple(train), replace(how, protocol=Protocol.PAPER)
    _same_pictures(train, "train")
    _same_pictures(test, "test")
    _two_or_more(names)
    n_train, n_test = _enough(train, test)
    stacked = np.stack([train[name] for name in names])
    views = np.concatenate([test[name] for name in names])
    truth, group = np.repeat(np.arange(len(names)), n_test), np.tile(np.arange(n_test), len(names))

    chosen, predictions = yield from _fitted_again(stacked, views, how, draws)
    outcome = _outcome(
        source,
        attribute,
        how,
        _Answers(predictions, truth, group, names),
        scheme="one random processing for each training picture, all for each test picture; settings chosen once",
        draws=draws,
        photos={"train": n_train, "test": n_test},
        settings={"lr": chosen.lr, "weight_decay": chosen.weight_decay, "val_accuracy": chosen.val_accuracy},
        clusters=n_test,
        chance_test=against_chance(predictions, truth, group, how.seed),
    )
    right, pictures = (predictions == truth).reshape(draws, len(names), n_test), np.arange(n_test)
    outcome.per_photo = [source.per_photo(outcome.rows[0], pictures, pictures, right.mean(axis=(0, 1)))]
    outcome.rows += _of_draws(source, attribute, right.mean(axis=(1, 2)), how.seed, n_test)
    outcome.details[0]["sd"] = outcome.rows[-1].value
    return outcome


def _fitted_again(
    stacked: NDArray[np.floating[Any]], views: NDArray[np.floating[Any]], how: Fitting, draws: int
) -> Work[tuple[Chosen, NDArray[np.int64]]]:
    """The settings chosen on training pictures (P, N, D), and what each draw's probe says of the views (m, D): (draws, m)."""
    count, n = stacked.shape[:2]

    def drawn(seed: int) -> tuple[NDArray[np.floating[Any]], NDArray[np.int64]]:
        labels = np.asarray(np.random.default_rng(seed).choice(count, size=n), dtype=np.int64)
        return stacked[labels, np.arange(n)], labels

    X, labels = drawn(how.seed)
    learnt, chosen_on = stratified(labels, how.seed)
    chosen = yield from choose(X[learnt], labels[learnt], X[chosen_on], labels[chosen_on], count, how)
    guesses = []
    for draw in range(draws):
        yield Progress("probes fitted", draw, draws)
        guesses.append(fit_chosen(chosen, *drawn(draw), count, replace(how, seed=draw)).predict(views))
    return chosen, np.array(guesses)


def _enough(train: Mapping[str, NDArray[Any]], test: Mapping[str, NDArray[Any]]) -> tuple[int, int]:
    """The numbers of training and test pictures; refuse too few."""
    n_train, n_test = (len(next(iter(views.values()))) for views in (train, test))
    if n_train < 10 * len(train) or n_test < 1:
        raise TooFew(
            f"A probe of {len(train)} processings needs at least {10 * len(train)} training pictures and one to test on",
            f"there are {n_train} and {n_test}",
        )
    return n_train, n_test


def _of_draws(source: Source, attribute: str, accuracies: NDArray[np.float64], seed: int, n: int) -> list[Row]:
    """The rows of each draw, and of their standard deviation."""

    def row(setting: str, value: float, seed: int) -> Row:
        return source.row("probe", attribute, f"processing,{setting}", "accuracy", Estimate(value, None, None, n), seed)

    of_each = [row(f"draw={draw}", float(value), draw) for draw, value in enumerate(accuracies)]
    return [*of_each, row("sd", float(accuracies.std()), seed)]


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
