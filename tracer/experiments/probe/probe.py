"""Linear probes: what a single layer can read from an embedding (Ramos et al. 2025, section 4).

Three ways of scoring, by what there is:

* `probe_split`: a split file's train, validation and test photos; one probe, as in the paper.
* `probe_cross_validated`: any labelled set; folds by cluster, over several draws of the folds.
* `probe_processing` (in `processing`): which processing a picture went through.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracer import stats
from tracer.base.progress import Work
from tracer.base.text import counted
from tracer.dataset.splits import PARTS, Part, SplitFile
from tracer.errors import EmbeddingsError, TooFew
from tracer.experiments.outcome import Estimate, Outcome, Source
from tracer.experiments.photos import LabelledPhotos
from tracer.experiments.probe.folds import (
    FOLDS,
    MIN_PHOTOS,
    REPEATS,
    CrossValidation,
    cross_validate,
    left_out_in_words,
)
from tracer.experiments.probe.permutation import against_chance
from tracer.experiments.probe.protocols import Fitting, ProbeFit, fit_probe, too_few_steps
from tracer.results import Row
from tracer.results.photo_scores import PhotoScores, parts_of_mean
from tracer.stats import Interval

INTERVALS_OF_FOLDS: Final = "bootstrap over scenes and owners, with the variance of the training draw added"


def probe_split(
    source: Source,
    ids: NDArray[np.int64],
    vectors: NDArray[np.floating[Any]],
    split: SplitFile,
    how: Fitting = Fitting(),
    *,
    clusters: NDArray[Any] | None = None,
) -> Work[Outcome]:
    """Fit on train and validation photos, score on test photos.

    Intervals are a bootstrap's over the test photos' clusters; where no two share one, accuracy has Wilson's. They speak of this
    probe, not of other draws of the training part. Chance is the test part's majority share, and 1 / classes.

    Args:
        ids: (N,) of the embeddings (N, D), in any order; they may hold more photos than the split.
        clusters: (N,) scene or owner of each embedding. Where None, photos are taken as independent, with a warning.

    Raises:
        EmbeddingsError: an id is twice in the embeddings, or one of the split is not among them.
        TooFew: fewer than `MIN_PHOTOS` photos in all, no test photos, or one class to train on.
    """
    found = {part: _rows_of(ids, split.ids[part], split.attribute, part) for part in PARTS}
    _enough(split)
    train, val, test = (vectors[found[part]] for part in PARTS)
    fit = yield from fit_probe(train, split.labels["train"], val, split.labels["val"], len(split.classes), how)
    guess, truth, n = fit.predict(test), split.labels["test"], len(split.labels["test"])
    right = guess == truth
    group = np.arange(n) if clusters is None else np.unique(clusters[found["test"]], return_inverse=True)[1]
    groups = len(np.unique(group))
    value, interval = float(right.mean()), stats.wilson(int(right.sum()), n)
    if groups < n:
        resampled = stats.bootstrap_means(right, group, 2000, how.seed)[:, 0]
        interval = stats.repeated_interval(value, resampled, [value], groups, training_drawn=False)
        interval = stats.share_at_least(interval, right, group)
    accuracy = Estimate(value, interval, stats.majority_share(truth), n)
    balanced = Estimate(
        *balanced_interval(right[None], truth, group, how.seed, False), stats.uniform_chance(len(np.unique(truth))), n
    )
    outcome = Outcome()
    outcome.rows = _rows(source, split.attribute, accuracy, balanced, how.seed)
    outcome.details = [
        source.detail(
            "probe",
            split.attribute,
            "acquisition",
            scheme="split file",
            photos={part: len(split.ids[part]) for part in PARTS},
            clusters=groups,
            intervals="of split files: "
            + ("bootstrap over scenes and owners" if groups < n else "photos taken as independent")
            + ", for one training part",
            chance_test=against_chance(guess[None], truth, group, how.seed),
            **_fit_facts(fit),
            **confusion(guess[None], truth, split.classes),
        )
    ]
    outcome.per_photo = _scores(source, outcome.rows, (found["test"], truth, group), right)
    outcome.warnings = _warnings_of_split(split, found, clusters)
    return outcome


def _warning_of_known(
    attribute: str, rows: Mapping[Part, NDArray[np.int64]], clusters: NDArray[Any] | None
) -> list[str]:
    """That a split parts scenes or owners, so that its figure is one of scenes and owners that were trained on."""
    if clusters is None:
        return []
    known = np.isin(clusters[rows["test"]], clusters[np.concatenate([rows["train"], rows["val"]])])
    if not known.any():
        return []
    photos = f"{int(known.sum()):,} of {len(known):,} test photos of the split of {attribute}"
    return [f"{photos} are of scenes or owners that were trained on; its figures are too high for other ones."]


def _enough(split: SplitFile) -> None:
    """Refuse a split that is too small for a figure."""
    if len(split.labels["test"]) == 0:
        raise TooFew(f"The split of {split.attribute} has no test photos", "its test_ids are empty")
    total = sum(len(split.ids[part]) for part in PARTS)
    if total < MIN_PHOTOS:
        raise TooFew(
            f"A probe of {split.attribute} needs at least {MIN_PHOTOS} photos in its split",
            f"there are {total}",
            "Add photos; a figure from so few would be noise.",
        )


def _warnings_of_split(
    split: SplitFile, rows: Mapping[Part, NDArray[np.int64]], clusters: NDArray[Any] | None
) -> list[str]:
    """What a reader has to know of a split's figures.

    Args:
        split: the split.
        rows: of the embeddings, in each part.
        clusters: (N,) scene or owner of each embedding; None where they are not known.
    """
    groups = None if clusters is None else len(np.unique(clusters[rows["test"]]))
    said = [
        f"The split of {split.attribute} has {counted(count, 'photo')} in both {a} and {b}; its figures are too high."
        for (a, b), count in split.shared().items()
    ]
    if groups is None:
        said.append(
            f"Photos taken as independent in the probe of {split.attribute}: no scenes or owners are known here. Where some hold "
            "several photos, its intervals are too short and its p-value too small."
        )
    elif groups < min(len(split.labels["test"]), stats.FEW_CLUSTERS):
        said.append(_few(split.attribute, groups))
    return said + _warning_of_known(split.attribute, rows, clusters)


def probe_cross_validated(
    source: Source,
    photos: LabelledPhotos,
    how: Fitting = Fitting(),
    *,
    repeats: int = REPEATS,
    folds: int = FOLDS,
) -> Work[Outcome]:
    """Score every photo by probes that saw nothing of its cluster; see `cross_validate` and `accuracy_interval`.

    Raises:
        TooFew: too few classes, photos or clusters.
    """
    found = yield from cross_validate(photos, how, repeats=repeats, folds=folds)
    right = found.predictions == found.labels
    n, n_clusters = len(found.labels), len(np.unique(found.clusters))
    accuracy = Estimate(*accuracy_interval(right, found.clusters, how.seed), stats.majority_share(found.labels), n)
    balanced = Estimate(
        *balanced_interval(right, found.labels, found.clusters, how.seed, True),
        stats.uniform_chance(len(found.classes)),
        n,
    )
    outcome = Outcome()
    outcome.rows = _rows(source, photos.attribute, accuracy, balanced, how.seed)
    outcome.details = [
        source.detail(
            "probe",
            photos.attribute,
            "acquisition",
            scheme="cross-validated",
            protocol=str(found.protocol),
            folds=folds,
            repeats=repeats,
            clusters=n_clusters,
            intervals=INTERVALS_OF_FOLDS,
            accuracy_per_repeat=[float(share) for share in right.mean(axis=1)],
            left_out=found.left_out,
            chance_test=against_chance(
                found.predictions,
                found.labels,
                found.clusters,
                how.seed,
                vectors=photos.vectors[found.rows],
                scenes=None if photos.scenes is None else photos.scenes[found.rows],
            ),
            **confusion(found.predictions, found.labels, found.classes),
        )
    ]
    outcome.warnings = _warnings(photos.attribute, found, n_clusters)
    outcome.warnings += filter(None, [too_few_steps(source.encoder, photos.vectors[found.rows], found.protocol)])
    outcome.per_photo = _scores(source, outcome.rows, (found.rows, found.labels, found.clusters), right.mean(axis=0))
    return outcome


def _rows(source: Source, attribute: str, accuracy: Estimate, balanced: Estimate, seed: int) -> list[Row]:
    return [
        source.row("probe", attribute, "acquisition", "accuracy", accuracy, seed),
        source.row("probe", attribute, "acquisition", "balanced_accuracy", balanced, seed),
    ]


def _scores(
    source: Source,
    rows: Sequence[Row],
    photos: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    right: NDArray[np.floating[Any]],
) -> list[PhotoScores]:
    """The photos' scores behind accuracy and balanced accuracy; of the photos: their rows, classes and clusters."""
    of, truth, clusters = photos
    code = np.unique(truth, return_inverse=True)[1]
    sizes = np.bincount(code)
    parts = parts_of_mean(right, 1.0 / (len(sizes) * sizes[code]), code)
    return [source.per_photo(row, of, clusters, values) for row, values in zip(rows, (right, parts), strict=True)]


def accuracy_interval(
    right: NDArray[np.bool_], clusters: NDArray[np.int64], seed: int, draws: int = 2000
) -> tuple[float, Interval]:
    """Mean accuracy over repeats, and its 95 % interval over test clusters and training draws (`stats.repeated_interval`).

    Args:
        right: (repeats, n). clusters: (n,).
    """
    mean = right.mean(axis=0)
    value = float(mean.mean())
    resampled = stats.bootstrap_means(mean, clusters, draws, seed)[:, 0]
    found = stats.repeated_interval(value, resampled, right.mean(axis=1), len(np.unique(clusters)))
    return value, stats.share_at_least(found, mean, clusters)


def balanced_interval(
    right: NDArray[np.bool_],
    truth: NDArray[np.int64],
    clusters: NDArray[np.int64],
    seed: int,
    training_drawn: bool,
) -> tuple[float, Interval]:
    """Mean over the classes that have photos of the share named right, with its interval; `right` is (repeats, n)."""
    code = np.unique(truth, return_inverse=True)[1]  # classes without photos have no recall
    half = int(code.max()) + 1
    hits = np.stack([np.bincount(code, weights=line, minlength=half) for line in right])
    recalls = hits / np.bincount(code)
    both = np.concatenate([code, half + code]), np.concatenate([right.mean(axis=0), np.ones(len(code))])
    sums = np.array(list(stats.bootstrap_cells(*both, np.tile(clusters, 2), 2000, seed)))
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios = sums[:, :half] / sums[:, half:]
    drawn = np.isfinite(ratios)
    resampled = np.where(drawn, ratios, 0.0).sum(axis=1) / np.maximum(drawn.sum(axis=1), 1)
    value = float(recalls.mean())
    groups = len(np.unique(clusters))
    found = stats.repeated_interval(value, resampled, recalls.mean(axis=1), groups, training_drawn=training_drawn)
    sizes = np.bincount(code)
    weights = 1.0 / (np.count_nonzero(sizes) * sizes[code])
    return value, stats.share_at_least(found, right.mean(axis=0), clusters, weights=weights)


def confusion(predictions: NDArray[np.int64], truth: NDArray[np.int64], classes: Sequence[str]) -> dict[str, Any]:
    """Confusion matrix and recalls of (repeats, n) predictions; each photo counts once, shared out over its repeats."""
    n = len(classes)
    repeats = len(predictions)
    counts = np.bincount((truth * n + predictions).ravel(), minlength=n * n).reshape(n, n)
    totals = counts.sum(axis=1)
    return {
        "classes": list(classes),
        "confusion": [_shared_out(line, repeats) for line in counts],
        "recalls": [float(counts[i, i] / totals[i]) if totals[i] else None for i in range(n)],
    }


def _shared_out(line: NDArray[np.int64], repeats: int) -> list[int]:
    """Counts over all repeats as whole photos of one, by largest remainders, so that they still add up."""
    whole, rest = np.divmod(line, repeats)
    order = np.argsort(-rest, kind="stable")
    whole[order[: int(line.sum()) // repeats - int(whole.sum())]] += 1
    return [int(count) for count in whole]


def _fit_facts(fit: ProbeFit) -> dict[str, Any]:
    return {
        "protocol": str(fit.protocol),
        "lr": fit.lr,
        "weight_decay": fit.weight_decay,
        "val_accuracy": fit.val_accuracy,
        "trials": fit.trials,
    }


def _few(attribute: str, clusters: int) -> str:
    return (
        f"The intervals for {attribute} rest on {clusters} scenes or owners; "
        f"below {stats.FEW_CLUSTERS} they are too short."
    )


def _warnings(attribute: str, found: CrossValidation, n_clusters: int) -> list[str]:
    said = [_few(attribute, n_clusters)] if n_clusters < stats.FEW_CLUSTERS else []
    if found.left_out:
        said.append(f"Left out of the probe of {attribute}: {left_out_in_words(found.left_out)}.")
    return said


def _rows_of(ids: NDArray[np.int64], wanted: NDArray[np.int64], attribute: str, part: Part) -> NDArray[np.int64]:
    """Row of each wanted id."""
    order = np.argsort(ids, kind="stable")
    ordered = ids[order]
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    if len(twice):
        raise EmbeddingsError(
            f"{counted(len(np.unique(twice)), 'photo id stands', 'photo ids stand')} more than once in the embeddings",
            f"the first is {twice[0]}",
            "Make the embeddings again; each photo needs exactly one row.",
        )
    at = np.minimum(np.searchsorted(ordered, wanted), max(len(ordered) - 1, 0))
    missing = wanted if len(ordered) == 0 else wanted[ordered[at] != wanted]
    if len(missing):
        raise EmbeddingsError(
            f"{len(missing)} of the {len(wanted)} {part} photos of {attribute} have no embedding",
            f"the first ids are {', '.join(str(photo) for photo in missing[:5])}",
            "Embed the set that this split was made for, or make the split again from the photos that are there.",
        )
    return order[at]
