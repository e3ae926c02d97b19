"""The work of embedding: batches of photos, decoded once, fanned out to crops, views and encoders.

On a CPU every thread embeds whole batches by itself, one core each: on shared machines that is faster than one network
on all cores, and the result does not depend on how many there are. On a GPU the threads decode, and the networks run in
the calling thread.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracer.base.progress import Progress, Work
from tracer.encoders.encoder import Encoder
from tracer.errors import EmbeddingsError, EncoderError
from tracer.images.crop import Crop
from tracer.images.decode import ImageError, decode
from tracer.images.views import View, render
from tracer.shards import Failures, Piece, Shards

_BATCH: Final = {"cpu": 4, "cuda": 64}
_MEMORY_SHARE: Final = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """One encoder and one view of the set, and where it is kept while it grows."""

    encoder: Encoder
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


_Crops = dict[tuple[Crop, View], tuple[list[int], list[NDArray[np.uint8]]]]


def compute(
    jobs: Sequence[Job], photos: list[tuple[int, Path]], device: str, batch_size: int | None, workers: int, seed: int
) -> Work[tuple[int, float]]:
    """Make all missing shards; returns the photos decoded and the seconds that took."""
    import torch

    on_cpu = torch.device(device).type == "cpu"
    size = batch_size or _BATCH["cpu" if on_cpu else "cuda"]
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
            for batch_done in _run(batches, workers, seed, on_cpu=on_cpu):
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
    budget = _memory(device) * _MEMORY_SHARE
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


def _run(batches: Sequence[_Batch], workers: int, seed: int, *, on_cpu: bool) -> Iterator[int]:
    """Embed batches in order and write each shard as its last batch is done; yields the photos of each batch."""
    import torch

    def prepare(batch: _Batch) -> tuple[_Crops, dict[Job, Failures]]:
        return _crops(batch, seed)

    def whole(batch: _Batch) -> list[Piece]:
        return _encode(batch, *prepare(batch))

    pool = (
        ThreadPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(1,))
        if on_cpu
        else ThreadPoolExecutor(workers)
    )
    waiting: deque[tuple[_Batch, Future[Any]]] = deque()
    queue = iter(batches)
    open_pieces: dict[Job, list[Piece]] = {}
    try:
        while True:
            while len(waiting) < workers + 2 and (upcoming := next(queue, None)) is not None:
                waiting.append((upcoming, pool.submit(whole if on_cpu else prepare, upcoming)))
            if not waiting:
                return
            batch, future = waiting.popleft()
            pieces: list[Piece] = future.result() if on_cpu else _encode(batch, *future.result())
            for job, piece in zip(batch.jobs, pieces, strict=True):
                open_pieces.setdefault(job, []).append(piece)
                if batch.closes:
                    job.shards.write(batch.shard, _together(open_pieces.pop(job)))
            yield len(batch.photos)
    finally:
        pool.shutdown(cancel_futures=True)


def _crops(batch: _Batch, seed: int) -> tuple[_Crops, dict[Job, Failures]]:
    """Decode a batch's photos and render what its jobs need: for each crop and view the photo ids and uint8 (size,
    size, 3) arrays."""
    crops: _Crops = {(job.encoder.crop, job.view): ([], []) for job in batch.jobs}
    failed: dict[Job, Failures] = {job: {} for job in batch.jobs}
    for photo_id, path in batch.photos:
        try:
            image = decode(path)
        except ImageError as error:
            for job in batch.jobs:
                failed[job][photo_id] = str(error)
            continue
        wanted_crops, wanted_views = [crop for crop, _ in crops], [shown for _, shown in crops]
        for crop, shown, picture in render(image, photo_id, wanted_crops, wanted_views, seed):
            if (crop, shown) not in crops:
                continue  # two encoders may need different views
            if isinstance(picture, ImageError):
                for job in batch.jobs:
                    if (job.encoder.crop, job.view) == (crop, shown):
                        failed[job][photo_id] = f"{shown.name}: {picture}"
                continue
            ids, arrays = crops[crop, shown]
            ids.append(photo_id)
            arrays.append(np.asarray(picture))
    return crops, failed


def _encode(batch: _Batch, crops: _Crops, failed: dict[Job, Failures]) -> list[Piece]:
    """The embeddings of a prepared batch, a piece for each job."""
    import torch

    pieces = []
    for job in batch.jobs:
        ids, arrays = crops[job.encoder.crop, job.view]
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
        pieces.append(Piece(np.array(ids, dtype=np.int64), vectors, failed[job]))
    return pieces


def _together(pieces: list[Piece]) -> Piece:
    failed: Failures = {}
    for piece in pieces:
        failed |= piece.failed
    return Piece(
        np.concatenate([piece.ids for piece in pieces]), np.concatenate([piece.vectors for piece in pieces]), failed
    )


# --- the machine


def device_of(wanted: str | None) -> str:
    import torch

    if wanted is None:
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.empty(0, device=wanted)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0] if str(error) else ""
        raise EncoderError(f"There is no device {wanted}", reason, "Leave the device out, or say cpu.") from error
    return wanted


def _memory(device: str) -> int:
    """Free bytes on the device."""
    import torch

    if torch.device(device).type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    names = os.sysconf_names if hasattr(os, "sysconf_names") else {}
    if "SC_AVPHYS_PAGES" not in names:
        return 8 * 2**30
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
