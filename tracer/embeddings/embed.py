"""Embed a data set: each photo is decoded once and goes through all processings, masks and encoders.

Finished pieces are kept (`shards`). Complete files are left alone as long as pictures and encoder are the same. The work
itself is in `batches`.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from tracer.base.files import remove_abandoned
from tracer.base.progress import Progress, Work
from tracer.base.text import quoted_path
from tracer.dataset import PhotoSet
from tracer.dataset.folders import working_in
from tracer.embeddings import store
from tracer.embeddings.batches import Job, Resources, compute, device_of
from tracer.embeddings.paper_keys import Part, pairs_name, parts_of, whole_pairs
from tracer.embeddings.shards import Failures, Piece, Shards
from tracer.encoders.encoder import Encoder
from tracer.encoders.registry import expand, load
from tracer.errors import DataSetError, EmbeddingsError, UsageError
from tracer.images.hashes import PRINTS, Fingerprints, fingerprint
from tracer.images.processing import is_random
from tracer.images.views import View, view

_FORMAT: Final = 1
"""Raised when the same inputs would give other vectors than before; older files are then made again."""

_LIBRARIES: Final = ("torch", "timm", "open_clip_torch", "pillow", "pillow-heif", "numpy")


@dataclass(frozen=True, slots=True)
class EmbedResult:
    """What was done.

    Attributes:
        images: photos of the set. embedded: those that were decoded in this call; the rest was there.
        encoders: names, as typed. images_per_s: photos a second through all encoders and views; None where nothing
            was to do.
        failed: (photo id, reason) of photos that are in no file, or not in every view's.
        device: `cpu`, `cuda`; None where nothing was to do. seconds: in all.
        files: the embedding files.
        about: encoder → what determines its embeddings, and where its weights come from (`source`, `revision`).
    """

    images: int
    embedded: int
    encoders: tuple[str, ...]
    images_per_s: float | None
    failed: tuple[tuple[int, str], ...]
    device: str | None
    seconds: float
    files: tuple[Path, ...]
    about: dict[str, dict[str, Any]]


def embed(
    photo_set: PhotoSet,
    encoders: Iterable[str | Encoder],
    processings: Iterable[str] = ("IDENTITY",),
    masks: Iterable[float] = (0.0,),
    *,
    run: Path,
    using: Resources = Resources(),
    seed: int = 0,
) -> Work[EmbedResult]:
    """Embed a set with several encoders, in every combination of processings and masks.

    Args:
        encoders: names (also `offline`, `paper`, …), or loaded encoders.
        processings: names of PAPER §3; `IDENTITY` is the untouched photo.
        masks: shares of the area, 0.0 for none.
        run: the run folder; files go below `embeddings/`, unfinished ones below `shards/`.
        using: device, processes, limits.
        seed: of the interpolations' random scales; each photo has its own, whatever the order.

    Yields:
        Progress, in photos. Closing the generator stops the work; what is done is kept.

    Raises:
        EncoderError: an unknown encoder, or weights that cannot be had.
        EmbeddingsError: no photo can be embedded, or an encoder gives values that are not finite.
        TracerError: another call works in the run folder.
    """
    run = run.expanduser().resolve()
    views = [view(processing, mask) for processing in processings for mask in masks]
    with working_in(run):
        remove_abandoned(run)
        return (yield from embed_views(photo_set, encoders, views, run=run, using=using, seed=seed))


def embed_views(
    photo_set: PhotoSet,
    encoders: Iterable[str | Encoder],
    views: Sequence[View],
    *,
    run: Path,
    using: Resources,
    seed: int = 0,
) -> Work[EmbedResult]:
    """`embed` for single views, in a run folder that the caller holds (`working_in`)."""
    start = time.perf_counter()
    loaded, views = (yield from _loaded(encoders)), list(dict.fromkeys(views))
    photos = sorted(zip(photo_set.table["photo_id"].tolist(), map(Path, photo_set.table["path"]), strict=True))
    if not photos:
        raise DataSetError(f"There is no photo in {quoted_path(photo_set.root)}")
    kept = run / "shards" / photo_set.name
    prints: Fingerprints = yield from fingerprint(photos, kept / PRINTS, using.threads)
    parts = parts_of(photo_set)
    jobs = [job for encoder in loaded for job in _jobs(encoder, views, (prints.digest(), len(photos)), kept, seed)]
    todo = [job for job in jobs if not _finish_from_files(job, parts, run)]
    for job in jobs:
        if job not in todo:  # a run that was killed before its end may have left them
            job.shards.clear()
    embedded, busy, used = 0, 0.0, None
    if todo:
        used = device_of(using.device)
        embedded, busy = yield from compute(todo, photos, used, using, seed)
        for job in todo:
            _finish(job, job.shards.read_all(), parts, run, photo_set, seed)
            job.shards.clear()
    return EmbedResult(
        images=len(photos),
        embedded=embedded,
        encoders=tuple(encoder.name for encoder in loaded),
        images_per_s=round(embedded / busy, 2) if busy else None,
        failed=tuple(sorted(_failed(jobs, parts[0], run).items())),
        device=used,
        seconds=time.perf_counter() - start,
        files=tuple(_path(run, part, job) for job in jobs for part in parts),
        about={job.encoder.name: {**job.identity, **_origin(job.encoder)} for job in jobs},
    )


def _failed(jobs: Sequence[Job], part: Part, run: Path) -> Failures:
    """The photos that are not in every file, with the first reason for each."""
    failed: Failures = {}
    for job in jobs:
        header = store.read_header(_path(run, part, job)) or {}
        failed |= {
            int(photo_id): str(reason) for photo_id, reason in header.get("failed", []) if int(photo_id) not in failed
        }
    return failed


# --- what is to do


def _loaded(encoders: Iterable[str | Encoder]) -> Work[list[Encoder]]:
    """Each encoder once; those that are given by name are looked up, and their weights fetched where they are not here."""
    given = [one for encoder in encoders for one in (expand([encoder]) if isinstance(encoder, str) else [encoder])]
    loaded: dict[str, Encoder] = {}
    for number, one in enumerate(given):
        if isinstance(one, str):
            yield Progress(f"finding weights: {one}", number, len(given))
        encoder = load(one) if isinstance(one, str) else one
        other = loaded.setdefault(encoder.file_stem, encoder)
        if other is not encoder and other.identity != encoder.identity:
            raise UsageError(
                f"{other.name} and {encoder.name} would have the same files",
                f"both are filed as {encoder.file_stem}, and differ in weights, architecture or input",
                "Give each a name of its own, or embed them into two run folders.",
            )
    if not loaded:
        raise UsageError("No encoder was named", way_out="`tracer encoders` lists them; offline needs no download.")
    return list(loaded.values())


def _jobs(encoder: Encoder, views: Iterable[View], photos: tuple[str, int], kept: Path, seed: int) -> Iterator[Job]:
    """The jobs of an encoder; `photos` are a hash of their content and their number."""
    identity, (digest, count) = encoder.identity, photos
    for shown in views:
        facts = {
            "format": _FORMAT,
            "photos": digest,
            "encoder": identity,
            "processing": str(shown.processing),
            "mask_ratio": shown.mask_ratio,
            "seed": seed if is_random(shown.processing) else 0,
        }
        key = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
        yield Job(encoder, identity, shown, key, Shards(kept / shown.name / encoder.file_stem, key, count))


def _path(run: Path, part: Part, job: Job) -> Path:
    return store.folder(run, part.dataset, job.view) / store.file_name(job.encoder.file_stem, part.split)


def _finish_from_files(job: Job, parts: list[Part], run: Path) -> bool:
    """Whether the job's files are there and valid. Where only labels, pairs or splits changed they are written anew
    from the old ones."""
    paths = [_path(run, part, job) for part in parts]
    headers = [store.read_header(path) or {} for path in paths]
    current = [
        (header.get("key"), header.get("columns")) == (job.key, part.digest())
        for header, part in zip(headers, parts, strict=True)
    ]
    if all(current) and all(map(store.is_intact, paths)):
        return True
    base = store.folder(run, parts[0].dataset, job.view)
    old = [base / store.file_name(job.encoder.file_stem, split) for split in (None, *store.SPLITS)]
    valid = [path for path in old if (store.read_header(path) or {}).get("key") == job.key and store.is_intact(path)]
    if not valid:
        return False
    read = [store.read_file(path) for path in valid]
    ids, rows = np.unique(np.concatenate([one.ids for one in read]), return_index=True)
    failed = {int(photo_id): str(reason) for photo_id, reason in read[0].header.get("failed", [])}
    if len(ids) + len(failed) < job.shards.photos:
        return False
    piece = Piece(ids, np.concatenate([one.vectors for one in read])[rows], failed)
    _write(job, piece, parts, run, read[0].header)
    return True


def _finish(job: Job, piece: Piece, parts: list[Part], run: Path, photo_set: PhotoSet, seed: int) -> None:
    if not len(piece.ids):
        raise EmbeddingsError(
            f"No photo of {quoted_path(photo_set.root)} could be embedded",
            next(iter(piece.failed.values()), ""),
            "Check the pictures.",
        )
    encoder = job.encoder
    facts = {
        "encoder": encoder.name,
        "identity": job.identity,
        **_origin(encoder),
        "processing": str(job.view.processing),
        "mask_ratio": job.view.mask_ratio,
        "seed": seed,
        "failed": sorted(piece.failed.items()),
        "versions": _versions(),
    }
    _write(job, piece, parts, run, facts)


def _origin(encoder: Encoder) -> dict[str, str]:
    """Where an encoder's weights come from."""
    weights = encoder.weights
    return {"source": weights.source if weights else "", "revision": weights.revision if weights else ""}


def _write(job: Job, piece: Piece, parts: list[Part], run: Path, facts: dict[str, Any]) -> None:
    order = np.argsort(piece.ids, kind="stable")
    for part in parts:
        places = np.searchsorted(piece.ids, part.ids, sorter=order).clip(max=len(order) - 1)
        rows = order[places]
        there = piece.ids[rows] == part.ids
        if part.dataset == pairs_name(parts[0].dataset):
            there &= whole_pairs(part.columns, there)
        header = {
            **facts,
            "key": job.key,
            "dataset": part.dataset,
            "columns": part.digest(),
            "label_classes": list(part.classes),
            "order": hashlib.sha256(part.ids[there].astype("<i8").tobytes()).hexdigest(),
        }
        columns = {name: values[there] for name, values in part.columns.items()}
        store.save(_path(run, part, job), piece.vectors[rows[there]], part.ids[there], columns, header)
    _remove_outdated(job, parts, run)


def _remove_outdated(job: Job, parts: list[Part], run: Path) -> None:
    """Our own files of a form that the set no longer has (split files, a file of pairs), lest somebody reads them."""
    written = {_path(run, part, job) for part in parts}
    name = parts[0].dataset
    forms = [(name, None), *((name, split) for split in store.SPLITS), (pairs_name(name), None)]
    for dataset, split in forms:
        path = store.folder(run, dataset, job.view) / store.file_name(job.encoder.file_stem, split)
        if path not in written and store.read_header(path):
            path.unlink()


def _versions() -> dict[str, str]:
    from PIL import features

    found = {name: importlib.metadata.version(name) for name in _LIBRARIES}
    return {**found, "libjpeg": f"{features.version('libjpeg_turbo') or features.version('jpg')}"}
