"""The work of embedding: batches of photos, each decoded once and embedded in all views by all encoders.

Guarded processes decode (`tracer.images.guard`). The calling thread hands their crops on, in the order of the photos.
On a CPU every thread embeds whole batches by itself, one core each: on shared machines that is faster than one network
on all cores, and the result does not depend on how many there are. On a GPU one thread embeds.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from threading import Event
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracer.base.machine import cores
from tracer.base.progress import Progress, Work
from tracer.base.workers import Limits
from tracer.embeddings.shards import Failures, Piece, Shards
from tracer.encoders.encoder import Encoder
from tracer.errors import EmbeddingsError, EncoderError
from tracer.images.guard import LIMITS, Rendered, Request, render_photos
from tracer.images.views import View

_BATCH: Final = {"cpu": 4, "cuda": 64}
_MEMORY_SHARE: Final = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """One encoder, by which weights and input it is known, and one view of the set, and where it is kept while it grows."""

    encoder: Encoder
    identity: Mapping[str, Any]
    view: View
    key: str
    shards: Shards


@dataclass(frozen=True, slots=True, eq=False)
class _Batch:
    """Some photos of one shard, and the jobs that need them."""

    shard: int
    photos: tuple[tuple[int, Path], ...]
    jobs: tuple[Job, ...]
    closes: bool


@dataclass(frozen=True, slots=True)
class Resources:
    """What embedding may use.

    Attributes:
        device: `cpu`, `cuda`, `cuda:1`; a GPU where there is one, if None.
        workers: processes that decode, and on a CPU threads that embed; one for each core if None.
        batch_size: pictures that go through a network together; by the device if None. The embeddings differ by less than 1e-4
            between sizes.
        limits: what a picture may cost: time for it and for each processing of it, memory for all that are decoded at once.
    """

    device: str | None = None
    workers: int | None = None
    batch_size: int | None = None
    limits: Limits = LIMITS

    @property
    def threads(self) -> int:
        """How many processes decode, and on a CPU how many threads embed."""
        return self.workers or cores()


def compute(
    jobs: Sequence[Job], photos: list[tuple[int, Path]], device: str, using: Resources, seed: int
) -> Work[tuple[int, float]]:
    """Make all missing shards; returns the photos decoded and the seconds that took."""
    import torch

    on_cpu = torch.device(device).type == "cpu"
    size = using.batch_size or _BATCH["cpu" if on_cpu else "cuda"]
    passes = [(group, list(_batches(group, photos, size))) for group in _passes(jobs, device)]
    total = sum(len(batch.photos) for _, batches in passes for batch in batches)
    encoders, loaded, done = len({job.encoder.file_stem for job in jobs}), 0, 0
    seconds = 0.0
    threads = torch.get_num_threads()
    try:
        for group, batches in passes:
            for encoder in {job.encoder.file_stem: job.encoder for job in group}.values():
                yield Progress("loading encoders", loaded, encoders)
                encoder.to(device)
                loaded += 1
            yield Progress("loading encoders", loaded, encoders)
            yield Progress("embedding photos", done, total)
            start = time.perf_counter()
            for batch_done in _run(batches, seed, using, on_cpu=on_cpu):
                done += batch_done
                yield Progress("embedding photos", done, total)
            seconds += time.perf_counter() - start
            if len(passes) > 1:
                for job in group:
                    job.encoder.release()
    finally:
        torch.set_num_threads(threads)
    return done, seconds


def _passes(jobs: Sequence[Job], device: str) -> Iterator[list[Job]]:
    """The jobs in groups whose encoders fit into memory together; photos are decoded once for each group."""
    budget = free_memory(device) * _MEMORY_SHARE
    group: list[Job] = []
    held: dict[str, int] = {}
    for job in jobs:
        stem = job.encoder.file_stem
        size = job.encoder.weights.path.stat().st_size if job.encoder.weights else 0
        if group and stem not in held and sum(held.values()) + size > budget:
            yield group
            group, held = [], {}
        group.append(job)
        held[stem] = size
    if group:
        yield group


def _batches(jobs: Sequence[Job], photos: list[tuple[int, Path]], size: int) -> Iterator[_Batch]:
    """The photos of missing shards in batches that never cross a shard, so that a resumed run forms the same
    batches."""
    missing = {id(job): set(job.shards.missing()) for job in jobs}
    shards = jobs[0].shards
    for shard in range(shards.count):
        wanting = tuple(job for job in jobs if shard in missing[id(job)])
        if not wanting:
            continue
        rows = shards.rows(shard)
        for first in range(rows.start, rows.stop, size):
            last = min(first + size, rows.stop)
            yield _Batch(shard, tuple(photos[first:last]), wanting, last == rows.stop)


def _run(batches: Sequence[_Batch], seed: int, using: Resources, *, on_cpu: bool) -> Iterator[int]:
    """Embed batches in order and write each shard as its last batch is done; yields the photos of each batch."""
    import torch

    wanted = [tuple(dict.fromkeys((job.encoder.crop, job.view) for job in batch.jobs)) for batch in batches]
    requests = (
        Request(photo_id, path, crops)
        for batch, crops in zip(batches, wanted, strict=True)
        for photo_id, path in batch.photos
    )
    photos = render_photos(requests, frozenset(chain(*wanted)), seed, using.threads, using.limits)
    pool = (
        ThreadPoolExecutor(using.threads, initializer=torch.set_num_threads, initargs=(1,))
        if on_cpu
        else ThreadPoolExecutor(1)
    )
    stopped = Event()
    waiting: deque[tuple[_Batch, Future[list[Piece]]]] = deque()
    open_pieces: dict[Job, list[Piece]] = {}

    def finished() -> int:
        batch, future = waiting.popleft()
        for job, piece in zip(batch.jobs, future.result(), strict=True):
            open_pieces.setdefault(job, []).append(piece)
            if batch.closes:
                job.shards.write(batch.shard, _together(open_pieces.pop(job)))
        return len(batch.photos)

    try:
        for batch in batches:
            waiting.append((batch, pool.submit(_encode, batch, list(islice(photos, len(batch.photos))), stopped)))
            while waiting and (len(waiting) > using.threads + 1 or waiting[0][1].done()):
                yield finished()
        while waiting:
            yield finished()
    finally:
        photos.close()
        stopped.set()
        pool.shutdown(cancel_futures=True)


def _encode(batch: _Batch, rendered: list[Rendered | str], stopped: Event) -> list[Piece]:
    """The embeddings of a batch's photos, a piece for each job; none where nobody waits for them any more."""
    import torch

    pieces: list[Piece] = []
    for job in batch.jobs:
        if stopped.is_set():
            return pieces
        ids, arrays, failed = _crops(batch, rendered, job)
        if arrays:
            pixels = torch.from_numpy(np.stack(arrays)).permute(0, 3, 1, 2)
            vectors = job.encoder.encode(pixels).numpy()
        else:
            vectors = np.empty((0, job.encoder.dim), dtype=np.float32)
        bad = [photo_id for photo_id, finite in zip(ids, np.isfinite(vectors).all(axis=1), strict=True) if not finite]
        if bad:
            raise EmbeddingsError(
                f"{job.encoder.name} gives values that are not finite",
                f"for photo {bad[0]} of view {job.view.name}",
                "Its weights are damaged, or do not fit; try another checkpoint.",
            )
        pieces.append(Piece(np.array(ids, dtype=np.int64), vectors, failed))
    return pieces


def _crops(
    batch: _Batch, rendered: list[Rendered | str], job: Job
) -> tuple[list[int], list[NDArray[np.uint8]], Failures]:
    """What a job takes of a batch: the photos' ids, their uint8 (size, size, 3) crops, and the photos that have none."""
    ids: list[int] = []
    arrays: list[NDArray[np.uint8]] = []
    failed: Failures = {}
    for (photo_id, _), crops in zip(batch.photos, rendered, strict=True):
        if isinstance(crops, str):
            failed[photo_id] = crops
            continue
        crop = crops[job.encoder.crop, job.view]
        if isinstance(crop, str):
            failed[photo_id] = f"{job.view.name}: {crop}"
        else:
            ids.append(photo_id)
            arrays.append(crop)
    return ids, arrays, failed


def _together(pieces: list[Piece]) -> Piece:
    failed: Failures = {}
    for piece in pieces:
        failed |= piece.failed
    return Piece(
        np.concatenate([piece.ids for piece in pieces]), np.concatenate([piece.vectors for piece in pieces]), failed
    )


# --- the machine


def device_of(wanted: str | None) -> str:
    """Return the device that all work of a call is done on: the one that is wanted, else a GPU where there is one.

    Raises:
        EncoderError: there is no such device.
    """
    import torch

    if wanted is None:
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.empty(0, device=wanted)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0] if str(error) else ""
        raise EncoderError(f"There is no device {wanted}", reason, "Leave the device out, or say cpu.") from error
    return wanted


def free_memory(device: str) -> int:
    """Free bytes on the device."""
    import torch

    if torch.device(device).type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    names = os.sysconf_names if hasattr(os, "sysconf_names") else {}
    if "SC_AVPHYS_PAGES" not in names:
        return 8 * 2**30
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
