"""Experiments on embedding files alone, ours or the paper's; no picture and no data set folder is needed.

The folder holds `[<PROCESSING>/]model=<family>_variant=<variant>[_split=train|val].safetensors`; see `tracer.embeddings.store`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tracer.base.progress import Work
from tracer.base.text import quoted_path
from tracer.dataset.splits import read_split
from tracer.embeddings import store
from tracer.embeddings.store import Embeddings
from tracer.errors import EmbeddingsError, TooFew
from tracer.experiments.knn.acquisition import MIN_QUERIES
from tracer.experiments.knn.processing import Voting, processing_knn
from tracer.experiments.outcome import Outcome, Source
from tracer.experiments.photos import ProcessedPhotos
from tracer.experiments.probe.probe import probe_split
from tracer.experiments.probe.processing import PROCESSING_DRAWS, probe_processing
from tracer.experiments.probe.protocols import Fitting
from tracer.experiments.retrieval.retrieval import retrieve
from tracer.experiments.shared.processings import group_name

_NONE = -1


def probe_file(folder: Path, encoder: str, split: Path, how: Fitting) -> Work[Outcome]:
    """The acquisition probe of one split file on one embedding file. Raises EmbeddingsError, DataSetError or TooFew."""
    parts = read_split(split)
    found = store.load(folder, None, encoder)
    return (yield from probe_split(_source(folder, encoder), found.ids, found.vectors, parts, how))


def probe_processing_files(
    folder: Path, encoder: str, processings: Sequence[str], how: Fitting, draws: int = PROCESSING_DRAWS
) -> Work[Outcome]:
    """The processing probe on a train and a val file for each processing."""
    train, test = (
        {name: found.vectors for name, found in _views(folder, encoder, processings, part).items()}
        for part in ("train", "val")
    )
    source, attribute = _source(folder, encoder, processings), group_name(processings)
    return (yield from probe_processing(source, train, test, attribute, how, draws=draws))


def knn_files(folder: Path, encoder: str, processings: Sequence[str], how: Voting) -> Work[Outcome]:
    """Semantic kNN of the val files' pictures among the train files', under every mixture of the processings."""
    sides = []
    for split in ("train", "val"):
        views = _views(folder, encoder, processings, split)
        labels = _labels(views, folder, split)
        keep = labels != _NONE
        sides.append(ProcessedPhotos({name: found.vectors[keep] for name, found in views.items()}, labels[keep]))
    pool, queries = sides
    if len(queries.labels) < MIN_QUERIES:
        raise TooFew(
            f"Semantic neighbours need at least {MIN_QUERIES} labelled pictures to test",
            f"the val files in {quoted_path(folder)} have {len(queries.labels)}",
            "Embed more pictures; a figure from so few would be noise.",
        )
    return (
        yield from processing_knn(_source(folder, encoder, processings), pool, queries, group_name(processings), how)
    )


def retrieve_file(folder: Path, encoder: str, seed: int = 0, device: str = "cpu") -> Work[Outcome]:
    """Pair retrieval on a file with the keys `subject` and `model`."""
    found = store.load(folder, None, encoder)
    lacking = [name for name in ("subject", "model") if name not in found.columns]
    if lacking:
        raise EmbeddingsError(
            f"The embeddings of {encoder} in {quoted_path(folder)} hold no pairs",
            f"the file has no {' and no '.join(lacking)}",
            "Pair retrieval needs a set of pairs: export one with `curate export SET -w WORKSPACE --pairs`, and embed it.",
        )
    subject, model = (found.columns[name].astype(np.int64) for name in ("subject", "model"))
    return (yield from retrieve(_source(folder, encoder), found.vectors, subject, model, seed, device))


def _source(folder: Path, encoder: str, processings: Sequence[str] = ()) -> Source:
    return Source(folder.resolve().name, encoder, ",".join(processings) or "IDENTITY")


def _views(folder: Path, encoder: str, processings: Sequence[str], split: str) -> dict[str, Embeddings]:
    """One part under each processing, which has to hold the same pictures in the same order."""
    views = {name: store.load(folder, None, encoder, name, split=split) for name in processings}
    first = next(iter(views.values()), None)
    for name, found in views.items():
        if first is not None and not np.array_equal(found.ids, first.ids):
            raise EmbeddingsError(
                f"The {split} files of {processings[0]} and {name} in {quoted_path(folder)} do not hold the same pictures",
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
