"""One evaluation under way: how it is asked for, its embeddings, and what was found before."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tracer.base.progress import Work
from tracer.base.workers import Limits
from tracer.dataset import PhotoSet
from tracer.embeddings import store
from tracer.embeddings.store import Embeddings
from tracer.evaluation.cache import keep, key_of, recall
from tracer.evaluation.plan import MASKS, SEMANTIC, Plan
from tracer.experiments.outcome import Outcome
from tracer.experiments.probe.protocols import Protocol
from tracer.images.guard import LIMITS
from tracer.results import Experiment
from tracer.results.photo_scores import PerPhoto

EXPERIMENTS: Final[tuple[Experiment, ...]] = (
    "probe", "knn", "retrieval", "similarity", "association", "mitigation",
)  # fmt: skip
SPLIT_FROM: Final = 5000
"""From so many photos on, a set's split file is used in place of cross-validation, which would take hours and say little more."""
REPEATS: Final = ((2000, 3), (20_000, 2))
"""Draws of the folds for sets of up to so many photos; one for larger ones."""
_READ_AT_ONCE: Final = 4

Step: TypeAlias = Callable[[], Work[Outcome]]
"""One experiment of an encoder, still to be done; it yields how far it is, in its own units."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a set is evaluated.

    Attributes:
        encoders: names and groups of them. experiments: those to run.
        attributes: labels to probe beside the main ones. masks: shares of the area, for the probes.
        processings: to probe and to part neighbours by; each is one more pass through every encoder.
        protocol: of the probes. seed: of splits, draws and bootstraps.
        k: neighbours; None = by the size of the set. draws: of the uniform setting, and of the training photos' processings.
        methods: of mitigation. save_maps: keep what mitigation fits, for use elsewhere.
        device: None takes a GPU where there is one. limits: what decoding a photo may cost. command: as typed, for the report.
    """

    encoders: tuple[str, ...] = ("offline",)
    experiments: tuple[Experiment, ...] = EXPERIMENTS
    attributes: tuple[str, ...] = ()
    masks: tuple[float, ...] = MASKS
    processings: tuple[str, ...] = ()
    protocol: Protocol = Protocol.BATCHED
    seed: int = 42
    k: int | None = None
    draws: int = 10
    methods: tuple[str, ...] = ("leace",)
    save_maps: bool = False
    device: str | None = None
    limits: Limits = LIMITS
    command: str = ""


@dataclass(slots=True)
class Bench:
    """One evaluation under way.

    Attributes:
        outcome: all that was found so far. typed: encoder → its name as typed, which may hold the place of a checkpoint.
        warned: experiment → its warnings. maps: saved ones.
        per_photo: of all experiments, under the photos' ids.
    """

    photos: PhotoSet
    plan: Plan
    options: Options
    run: Path
    device: str
    outcome: Outcome
    typed: Mapping[str, str] = field(default_factory=dict)
    warned: dict[str, list[str]] = field(default_factory=dict)
    maps: list[Path] = field(default_factory=list)
    per_photo: list[PerPhoto] = field(default_factory=list)
    _read: dict[tuple[str, str, float], tuple[Embeddings, NDArray[np.int64]]] = field(default_factory=dict)

    def ids(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The photos' ids at these rows of the set."""
        return np.asarray(self.photos.table["photo_id"].to_numpy(dtype=np.int64)[rows])

    def name_photos(self, outcome: Outcome, ids: NDArray[np.int64]) -> Outcome:
        """Take an outcome's values of single photos over, under the photos' ids."""
        for entry in outcome.per_photo:
            self.per_photo.append(replace(entry, rows=ids[np.asarray(entry.rows, dtype=np.int64)].tolist()))
        return outcome

    def embeddings(
        self, encoder: str, processing: str = "IDENTITY", mask: float = 0.0
    ) -> tuple[Embeddings, NDArray[np.int64]]:
        """Embeddings in ascending order of their ids, and the set's row of each: no figure depends on the order of files."""
        name = (encoder, processing, mask)
        if name not in self._read:
            found = store.load(self.run, self.photos.name, self.typed.get(encoder, encoder), processing, mask)
            ids = self.photos.table["photo_id"].to_numpy(dtype=np.int64)
            _, order, rows = np.intersect1d(found.ids, ids, assume_unique=True, return_indices=True)
            columns = {key: values[order] for key, values in found.columns.items()}
            if len(self._read) >= _READ_AT_ONCE:
                self._read.clear()
            self._read[name] = Embeddings(found.ids[order], found.vectors[order], columns, found.header), rows
        return self._read[name]


def repeats_for(photos: int) -> int:
    """Draws of the folds for a set of this size."""
    return next((count for size, count in REPEATS if photos <= size), 1)


def kept_outcome(
    bench: Bench, place: str, encoder: str, facts: Sequence[Any], work: Callable[[], Work[Outcome]]
) -> Work[Outcome]:
    """The outcome that was kept under the same facts; else do the work and keep it."""
    key = key_of(place, bench.photos.name, encoder, bench.options.seed, *facts)
    path = bench.run / "kept" / f"{key[:24]}.outcome"
    found = recall(path, key)
    if found is None:
        found = yield from work()
        keep(path, key, found)
    return found


def common_views(
    bench: Bench, encoder: str, group: Sequence[str]
) -> tuple[dict[str, NDArray[np.floating[Any]]], NDArray[np.int64]]:
    """The embeddings under each processing of the photos that have all of them, in ascending order of their ids; their rows."""
    views = {name: bench.embeddings(encoder, name) for name in group}
    # A photo too small for one processing has no embedding there: only those that have all of them take part.
    rows = functools.reduce(np.intersect1d, (rows for _, rows in views.values()))
    # The rows of a set are in no order of ids, but those of its embeddings are, under each processing.
    vectors: dict[str, NDArray[np.floating[Any]]] = {
        name: found.vectors[np.isin(mine, rows)] for name, (found, mine) in views.items()
    }
    first = views[group[0]][1]
    return vectors, first[np.isin(first, rows)]


def classed_views(
    bench: Bench, encoder: str, group: Sequence[str]
) -> tuple[dict[str, NDArray[np.floating[Any]]], NDArray[np.int64]]:
    """`common_views` of the photos whose class stands in two clusters."""
    views, rows = common_views(bench, encoder, group)
    use = in_two_clusters(bench.plan.labels[SEMANTIC][rows], bench.plan.clusters[rows])
    return {name: vectors[use] for name, vectors in views.items()}, rows[use]


def in_two_clusters(labels: NDArray[Any], clusters: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Photos whose class stands in another cluster too; the others could never be named right."""
    use = np.zeros(len(labels), dtype=bool)
    for name in {label for label in labels if label is not None}:
        member = labels == name
        use |= member & (len(np.unique(clusters[member])) > 1)
    return use
