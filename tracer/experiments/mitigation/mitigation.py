"""What can be done about a trace: take its label out of the embeddings linearly, and see what is left of trace and content.

A map is fitted on one half of the scenes or owners and everything is scored on the other half, then the halves change places. In
the half that the map never saw, a fresh probe is cross-validated, semantic neighbours vote, and pairs are searched, once on the
embeddings as they are ("before") and once on the mapped ones ("after"). A probe fitted on the photos that the map was fitted on
would find nothing there by construction, and say nothing of other photos.

Before and after belong to the same photos, folds and draws, so the change has a paired interval.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracer import stats
from tracer.base.progress import Work, finish
from tracer.errors import TooFew
from tracer.experiments.knn.acquisition import traced_votes
from tracer.experiments.knn.processing import SETTINGS, Voting, mixtures
from tracer.experiments.mitigation.erasure import LinearMap, Method, fit_map
from tracer.experiments.mitigation.halves import (
    GUESSING,
    Apply,
    Figure,
    Level,
    MitigationSettings,
    Scores,
    Task,
    both_halves,
)
from tracer.experiments.outcome import Outcome, Source
from tracer.experiments.photos import LabelledPhotos, Pairs, ProcessedPhotos
from tracer.experiments.probe.folds import FOLDS, MIN_CLUSTERS, cross_validate, left_out_in_words, usable_classes
from tracer.experiments.probe.protocols import Fitting, normalise
from tracer.experiments.retrieval.retrieval import CLASSES, MIN_PAIRS, NEGATIVES, rank_pairs
from tracer.experiments.shared.thinning import thinned
from tracer.results.skips import Skip

MAX_PHOTOS = 5000
"""Larger sets are thinned out (`thinned`): six probes and more are cross-validated."""


def mitigate(
    source: Source,
    photos: LabelledPhotos,
    how: MitigationSettings = MitigationSettings(),
    *,
    pairs: Pairs | None = None,
) -> Work[Outcome]:
    """Probe accuracy, SP and SPD_a before and after each method took the photos' label out of their embeddings.

    Rows: `stage=before`; `method=…,stage=after`; `method=…,stage=change` (after − before, for SPD of its size). With pairs the
    same for recall@1 and SPD_a of retrieval, whose settings name the query.

    Args:
        photos: where nothing is known of what they show, neighbours are left out.
        pairs: as in `retrieve`; without them pairs are left out.

    Raises:
        EmbeddingsError: a value is not finite.
        TooFew: too few classes, photos or clusters in a half.
    """
    used = _rows(photos.labels, photos.clusters, photos.attribute, how.seed)
    rows, (y, group, names) = used.rows, _codes(photos.labels[used.rows], photos.clusters[used.rows])
    classes = None if photos.classes is None else photos.classes[rows]
    vectors = normalise(np.asarray(photos.vectors)[rows])
    kept = LabelledPhotos(vectors, photos.labels[rows], group, photos.attribute, classes)
    paired = None if pairs is None else Pairs(pairs.subject[rows], pairs.model[rows])
    scoring = _LabelScoring(source, kept, y, paired, how)
    figures = [
        Figure("accuracy", "", "probe"),
        Figure("sp", "", "sp"),
        Figure("spd_a", "", "pos-same", "neg-same"),
    ]
    for query in (CLASSES[1], CLASSES[0]):
        figures += [Figure("recall@1", f"query={query},negatives={pool}", f"{query}/{pool}") for pool in NEGATIVES]
        figures.append(Figure("spd_a", f"query={query}", *(f"{query}/{pool}" for pool in NEGATIVES)))
    levels: dict[str, Level] = {"accuracy": y}
    if classes is not None:
        levels["sp"] = classes.astype(str)
    outcome = yield from both_halves(
        source,
        Task(
            photos.attribute, names, y, group, scoring.score, scoring.fit, figures, levels, used.left_out, used.warnings
        ),
        how,
    )
    outcome.skipped += scoring.skipped
    return outcome


@dataclass(frozen=True, slots=True, eq=False)
class _LabelScoring:
    """Scores halves of photos by a probe of their label, semantic neighbours and pairs.

    Attributes:
        photos: with unit vectors. y: (n,) codes of their label.
        skipped: what could not be scored.
    """

    source: Source
    photos: LabelledPhotos
    y: NDArray[np.int64]
    pairs: Pairs | None
    how: MitigationSettings
    skipped: list[Skip] = field(default_factory=list)

    def fit(self, part: NDArray[np.int64], method: Method, seed: int) -> LinearMap:
        return fit_map(self.photos.vectors[part], self.y[part], method, seed, self.how.device)

    def score(self, part: NDArray[np.int64], apply: Apply, seed: int) -> Work[Scores]:
        given, how = self.photos, self.how
        mapped = LabelledPhotos(
            apply(given.vectors[part]),
            given.labels[part],
            given.clusters[part],
            given.attribute,
            None if given.classes is None else given.classes[part],
        )
        probe = yield from cross_validate(mapped, Fitting(how.protocol, seed, how.device), repeats=1)
        found = {"probe": _spread(len(part), probe.rows, probe.correct)}
        if mapped.classes is not None:
            try:
                votes = finish(traced_votes(mapped, Voting(how.k, how.draws, seed, how.device)))
            except TooFew as error:
                self._skip("neighbours", str(error))
            else:
                for name, values in {"sp": votes.plain, **dict(zip(SETTINGS, votes.values.T, strict=True))}.items():
                    found[name] = _spread(len(part), votes.rows, values)
        if self.pairs is not None:
            pairs = Pairs(self.pairs.subject[part], self.pairs.model[part])
            found |= _pairs(mapped.vectors, pairs, how.device)
            if "phone/same" not in found:
                self._skip("pairs", "a half has too few pairs")
        return Scores(found, probe.left_out)

    def _skip(self, what: str, why: str) -> None:
        """List once what a half cannot score."""
        attribute = self.photos.attribute
        skip = Skip(f"mitigation of {attribute}: {what}", why, ("mitigation",), attribute, self.source.encoder)
        if skip.subject not in {one.subject for one in self.skipped}:
            self.skipped.append(skip)


def mitigate_processing(
    source: Source,
    views: Mapping[str, NDArray[np.floating[Any]]],
    classes: NDArray[Any],
    clusters: NDArray[np.int64],
    attribute: str,
    how: MitigationSettings = MitigationSettings(draws=1),
) -> Work[Outcome]:
    """The same for processings: probe accuracy, SP and SPD_p before and after their label was taken out.

    Map and probe are fitted on every picture under every processing; a photo's score is its mean over them.

    Args:
        views: processing → (N, D), the same photos in the same order. classes: (N,) what they show. clusters: (N,).
    """
    used = _rows(classes, clusters, "the semantic label", how.seed)
    names = tuple(views)
    X = {name: normalise(np.asarray(matrix)[used.rows]) for name, matrix in views.items()}
    y, group, _ = _codes(classes[used.rows], clusters[used.rows])
    count = len(names)

    def score(part: NDArray[np.int64], apply: Apply, seed: int) -> Work[Scores]:
        mapped = ProcessedPhotos({name: apply(matrix[part]) for name, matrix in X.items()}, y[part], group[part])
        said = np.repeat(np.array(names, dtype=object), len(part))
        stacked = np.concatenate(list(mapped.views.values()))
        probed = LabelledPhotos(stacked, said, np.tile(group[part], count), attribute)
        probe = yield from cross_validate(probed, Fitting(how.protocol, seed, how.device), repeats=1)
        right = _spread(count * len(part), probe.rows, probe.correct).reshape(count, -1).mean(axis=0)
        votes = finish(mixtures(mapped, mapped, Voting(how.k, how.draws, seed, how.device))).settings()
        return Scores({"probe": right, "sp": votes[:, 0], **dict(zip(SETTINGS, votes.T, strict=True))}, probe.left_out)

    def fit(part: NDArray[np.int64], method: Method, seed: int) -> LinearMap:
        stacked = np.concatenate([matrix[part] for matrix in X.values()])
        return fit_map(stacked, np.repeat(np.arange(count), len(part)), method, seed, how.device)

    figures = [
        Figure("accuracy", "", "probe"),
        Figure("sp", "", "sp"),
        Figure("spd_p", "", "pos-same", "neg-same"),
    ]
    levels: dict[str, Level] = {"accuracy": stats.uniform_chance(count), "sp": y}
    task = Task(attribute, names, y, group, score, fit, figures, levels, used.left_out, used.warnings)
    return (yield from both_halves(source, task, how))


# --- scores


@dataclass(frozen=True, slots=True, eq=False)
class _Used:
    """The rows of the photos that take part; those left out by reason; sentences on them."""

    rows: NDArray[np.int64]
    left_out: dict[str, int]
    warnings: list[str]


def _rows(labels: NDArray[Any], clusters: NDArray[np.int64], attribute: str, seed: int) -> _Used:
    """Photos whose class stands in enough clusters for two halves with their folds.

    Rare classes go before a large set is thinned, so that they take no room in it, and again after: thinned, a class may be rare.
    """
    usable, left_out = usable_classes(labels, clusters, 2 * FOLDS)
    drawn = thinned(usable, clusters, MAX_PHOTOS, seed)
    enough, found = usable_classes(labels[drawn], clusters[drawn], 2 * FOLDS)
    rows = drawn[enough]
    rare = {f"{reason}, once the set is thinned out": count for reason, count in found.items()}
    left_out |= rare
    names = {str(label) for label in labels[rows]}
    groups = len(np.unique(clusters[rows]))
    if len(names) < 2 or groups < 2 * MIN_CLUSTERS:
        raise TooFew(
            f"Mitigation of {attribute} takes two classes or more, each in {2 * FOLDS} scenes or owners or more, and "
            f"{2 * MIN_CLUSTERS} of these in all",
            f"there are {len(names)} and {groups}" + (f"; left out: {left_out_in_words(left_out)}" if left_out else ""),
            "Add photos: the map is fitted on one half and tested on the other.",
        )
    said = []
    if len(drawn) < len(usable):
        said.append(
            f"Mitigation of {attribute} used {len(drawn)} of {len(usable)} photos, drawn by scene and owner at random."
        )
    if rare:
        said.append(f"Left out of the mitigation of {attribute}: {left_out_in_words(rare)}.")
    return _Used(rows, left_out, said)


def _codes(
    labels: NDArray[Any], clusters: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], tuple[str, ...]]:
    names, y = np.unique(labels.astype(str), return_inverse=True)
    group = np.unique(clusters, return_inverse=True)[1]
    return y.astype(np.int64), group.astype(np.int64), tuple(str(name) for name in names)


def _pairs(X: NDArray[np.floating[Any]], pairs: Pairs, device: str) -> dict[str, NDArray[np.float64]]:
    """Whether each query found its partner first, by query class and pool, and what guessing reaches; empty with few pairs."""
    if len(pairs.whole()) < MIN_PAIRS:
        return {}
    found = {}
    for code, query in enumerate(CLASSES):
        for pool in NEGATIVES:
            ranks = rank_pairs(X, pairs.subject, pairs.model, code, pool, device)
            found[f"{query}/{pool}"] = _spread(len(X), ranks.query, (ranks.first == 1).astype(np.float64))
            sizes = zip(ranks.positives, ranks.negatives, strict=True)
            guessing = np.array([stats.recall_chance(1, int(positive), int(negative)) for positive, negative in sizes])
            found[f"{query}/{pool}{GUESSING}"] = _spread(len(X), ranks.query, guessing)
    return found


def _spread(n: int, rows: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    out = np.full(n, np.nan)
    out[rows] = values
    return out
