"""Experiments on embedding files alone, ours or the paper's; no picture and no data set folder is needed.

The folder holds `[<VIEW>/]model=<family>_variant=<variant>[_split=train|val].safetensors`; see `tracer.embeddings.store`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tracer.base.progress import Work
from tracer.base.text import clean_text, quoted_path
from tracer.dataset.splits import read_split
from tracer.embeddings import store
from tracer.embeddings.store import Embeddings
from tracer.errors import EmbeddingsError, TooFew, UsageError
from tracer.experiments.knn.acquisition import MIN_QUERIES
from tracer.experiments.knn.processing import Voting, processing_knn
from tracer.experiments.outcome import Outcome, Source
from tracer.experiments.photos import ProcessedPhotos
from tracer.experiments.probe.probe import probe_split
from tracer.experiments.probe.processing import PROCESSING_DRAWS, probe_processing
from tracer.experiments.probe.protocols import Fitting
from tracer.experiments.retrieval.retrieval import retrieve
from tracer.experiments.shared.processings import group_name
from tracer.images.views import View, view

_NONE = -1


@dataclass(frozen=True, slots=True)
class Files:
    """Embedding files of one encoder in a folder.

    Attributes:
        folder: holds the files, and a folder of files for each processing. It may itself be the folder of a view (`MASK_95`).
        encoder: its name, as in the file names.
        mask: share of the area that is covered, whose files are read; None for those in the folder itself.
    """

    folder: Path
    encoder: str
    mask: float | None = None

    @property
    def own(self) -> View | None:
        """The view whose files the folder holds, by its name; None where its name is no view's."""
        try:
            return view(self.folder.resolve().name)
        except UsageError:
            return None

    def load(self, processing: str = "IDENTITY", split: str | None = None) -> Embeddings:
        """Read one file.

        Raises:
            EmbeddingsError: there is no such file, or it cannot be used.
            UsageError: the folder is that of another mask.
        """
        return store.load(self.folder, None, self.encoder, processing, self._mask_below, split)

    @property
    def _mask_below(self) -> float:
        """The mask whose folder is looked for below the folder."""
        own, mask = self.own, self.mask or 0.0
        if own is None or self.mask is None:
            return mask
        if mask != own.mask_ratio:
            raise UsageError(
                f"The files in {quoted_path(self.folder)} are those of the view {own.name}",
                f"a mask of {mask:g} was asked for",
                "Leave --mask out, or name the folder above with --embeddings.",
            )
        return 0.0

    def source(self, processings: Sequence[str] = ()) -> Source:
        """What rows say of the files."""
        own, place = self.own, self.folder.resolve()
        views = [view(name, self.mask or 0.0) for name in processings] or [View(mask_ratio=self.mask or 0.0)]
        if own is not None:
            place = place.parent
            views = views if processings else [own]
        masks = {one.mask_ratio for one in views}
        names = [str(one.processing) if len(masks) == 1 else one.name for one in views]
        return Source(
            clean_text(place.name) or "set", self.encoder, ",".join(names), masks.pop() if len(masks) == 1 else 0.0
        )


def of_each(
    folder: Path, encoders: Sequence[str], masks: Sequence[float | None], measure: Callable[[Files], Work[Outcome]]
) -> Work[Outcome]:
    """Measure with each encoder and under each mask, and put the outcomes together."""
    outcome = Outcome()
    for encoder in encoders:
        for mask in masks:
            outcome.add((yield from measure(Files(folder, encoder, mask))))
    return outcome


def probe_file(files: Files, split: Path, how: Fitting) -> Work[Outcome]:
    """The acquisition probe of one split file on one embedding file. Raises EmbeddingsError, DataSetError or TooFew."""
    parts = read_split(split)
    found = files.load()
    return _named((yield from probe_split(files.source(), found.ids, found.vectors, parts, how)), found.ids)


def probe_processing_files(
    files: Files, processings: Sequence[str], how: Fitting, draws: int = PROCESSING_DRAWS
) -> Work[Outcome]:
    """The processing probe on a train and a val file for each processing."""
    train, test = ({n: one.vectors for n, one in _views(files, processings, part).items()} for part in ("train", "val"))
    source = files.source(processings)
    return (yield from probe_processing(source, train, test, _group(source), how, draws=draws))


def knn_files(files: Files, processings: Sequence[str], how: Voting) -> Work[Outcome]:
    """Semantic kNN of the val files' pictures among the train files', under every mixture of the processings."""
    sides = []
    for split in ("train", "val"):
        views = _views(files, processings, split)
        labels = _labels(views, files.folder, split)
        keep = labels != _NONE
        sides.append(ProcessedPhotos({name: found.vectors[keep] for name, found in views.items()}, labels[keep]))
    pool, queries = sides
    if len(queries.labels) < MIN_QUERIES:
        raise TooFew(
            f"Semantic neighbours need at least {MIN_QUERIES} labelled pictures to test",
            f"the val files in {quoted_path(files.folder)} have {len(queries.labels)}",
            "Embed more pictures; a figure from so few would be noise.",
        )
    source = files.source(processings)
    return (yield from processing_knn(source, pool, queries, _group(source), how))


def retrieve_file(files: Files, seed: int = 0, device: str = "cpu") -> Work[Outcome]:
    """Pair retrieval on a file with the keys `subject` and `model`."""
    found = files.load()
    lacking = [name for name in ("subject", "model") if name not in found.columns]
    if lacking:
        raise EmbeddingsError(
            f"The embeddings of {files.encoder} in {quoted_path(files.folder)} hold no pairs",
            f"the file has no {' and no '.join(lacking)}",
            "Pair retrieval needs a set of pairs: export one with `curate export SET -w WORKSPACE --pairs`, and embed it.",
        )
    subject, model = (found.columns[name].astype(np.int64) for name in ("subject", "model"))
    return _named((yield from retrieve(files.source(), found.vectors, subject, model, seed, device)), found.ids)


def _named(outcome: Outcome, ids: NDArray[np.int64]) -> Outcome:
    """The outcome with its photos' ids in place of their rows."""
    outcome.per_photo = [
        replace(one, rows=ids[np.asarray(one.rows, dtype=np.int64)].tolist()) for one in outcome.per_photo
    ]
    return outcome


def _group(source: Source) -> str:
    return group_name(source.processing.split(","))


def _views(files: Files, processings: Sequence[str], split: str) -> dict[str, Embeddings]:
    """One part under each processing, which has to hold the same pictures in the same order."""
    views = {name: files.load(name, split) for name in processings}
    first = next(iter(views.values()), None)
    for name, found in views.items():
        if first is not None and not np.array_equal(found.ids, first.ids):
            raise EmbeddingsError(
                f"The {split} files of {processings[0]} and {name} in {quoted_path(files.folder)} do not hold the same pictures",
                f"{len(first.ids)} and {len(found.ids)} rows, in their order",
                "Embed the same pictures under each processing.",
            )
    return views


def _labels(views: dict[str, Embeddings], folder: Path, split: str) -> NDArray[np.int64]:
    """The semantic labels, which have to be the same in each file."""
    labels: NDArray[np.int64] | None = None
    for name, found in views.items():
        if "label" not in found.columns:
            raise EmbeddingsError(
                f"The {split} file of {name} in {quoted_path(folder)} has no key `label`",
                "semantic neighbours need to know what each picture shows",
            )
        here = found.columns["label"].astype(np.int64)
        if labels is not None and not np.array_equal(labels, here):
            raise EmbeddingsError(
                f"The {split} files in {quoted_path(folder)} do not have the same labels", f"{name} differs"
            )
        labels = here
    return np.empty(0, dtype=np.int64) if labels is None else labels
