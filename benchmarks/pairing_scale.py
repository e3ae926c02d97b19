"""Many photos: time and memory of finding candidates with cached features, and whether the time per photo grows.

Ten thousand scenes are not rendered. A few dozen are, and each is copied many times. The 128 numbers of a copy's descriptors are
permuted, in the same way for the copy's phone photo and other photo: partners match as before, different copies do not match, and
words, votes and geometry see as many different photos as in a real collection.
"""

from __future__ import annotations

import io
import resource
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from benchmarks.virtual_pairs import VirtualPairs, virtual_pairs
from curate.catalog.sides import PairingPhoto
from curate.demo.plan import CollectionOptions
from curate.pairing.features import Features, cached_path, compute
from curate.pairing.find import find_pairs
from tracer.base.files import seal
from tracer.base.progress import finish

BAR_PHOTOS = 10_000
BAR_SECONDS = 300.0
BAR_MB = 2000.0
_RENDERED = 40
_START = 1_700_000_000
_PAUSE_S = 1200.0
_PARTNERED = 0.7
_CLOCKS = {"phone": (17.0, 340.0, -95.0), "other": (-5025.0, 30_000.0, 900.0)}


def tell(folder: Path, count: int) -> list[str]:
    """Print figures for a quarter of the photos and for all; return the targets missed."""
    source = virtual_pairs(folder / "scale-source", _RENDERED, 11, CollectionOptions(per_side=3), scale=0.6)
    cache = folder / "scale-cache"
    photos, scene = collection(source, cache, count)
    missed, per_photo = [], []
    for share in (4, 1):
        part = photos[: len(photos) // share]
        before, cpu = time.perf_counter(), _cpu()
        result = finish(find_pairs(part, cache, workers=2))
        if result.left_out:
            missed.append(f"{len(result.left_out)} photos without features")
        seconds, spent = time.perf_counter() - before, _cpu() - cpu
        best: dict[int, tuple[float, int]] = {}
        for c in result.candidates:
            best[c.phone_id] = max(best.get(c.phone_id, (-1.0, 0)), (c.score, -c.other_id))
        sides = {photo.id: photo.side for photo in part}
        there = {scene[k] for k, side in sides.items() if side == "other"}
        asked = [k for k, side in sides.items() if side == "phone" and scene[k] in there]
        right = sum(k in best and scene[-best[k][1]] == scene[k] for k in asked)
        per_photo.append(1000 * spent / len(part))
        print(
            f"scale: {result.phones} × {result.others} photos: {seconds:.0f} s, "
            f"{spent:.0f} s of processor time ({spent / 2:.0f} s on two free cores), {per_photo[-1]:.1f} ms a photo; "
            f"{result.compared} pairs compared; partner first {right / max(1, len(asked)):.4f} of {len(asked)}",
            flush=True,
        )
    here, children = (
        resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    print(f"scale: memory {here:.0f} MB in this process and at most {children:.0f} MB in each of 2 workers")
    print(f"scale: time per photo, all photos against a quarter of them: × {per_photo[1] / per_photo[0]:.2f}")
    if count >= BAR_PHOTOS:
        if min(seconds, spent / 2) > BAR_SECONDS:
            missed.append("seconds for 10,000 × 10,000")
        if here + 2 * children > BAR_MB:
            missed.append("memory for 10,000 × 10,000")
    return missed


def collection(source: VirtualPairs, cache: Path, count: int) -> tuple[list[PairingPhoto], dict[int, int]]:
    """Photos of `count` phones and as many others with features in the cache, and the scene of each; some without a partner."""
    shots: dict[int, dict[str, list[PairingPhoto]]] = {}
    for photo in source.photos:
        shots.setdefault(source.scene[photo.id], {}).setdefault(photo.side, []).append(photo)
    names = {side: sorted({p.camera for p in source.photos if p.side == side}) for side in ("phone", "other")}
    rendered = sorted(k for k, sides in shots.items() if len(sides) == 2)
    rng = np.random.default_rng(5)
    photos: list[PairingPhoto] = []
    scene: dict[int, int] = {}
    jobs: list[tuple[Path, Path, int]] = []
    number = copy = 0
    made = {"phone": 0, "other": 0}
    moment = float(_START)
    while min(made.values()) < count:
        moment += 240.0 + float(rng.exponential(_PAUSE_S))
        both = rng.random() < _PARTNERED
        wanted = ("phone", "other") if both else (("phone",) if made["phone"] <= made["other"] else ("other",))
        for side in wanted:
            if made[side] >= count:
                continue
            there = shots[rendered[copy % len(rendered)]][side]
            k = int(rng.integers(len(there)))
            clock = moment + float(rng.uniform(0, 60)) + _CLOCKS[side][names[side].index(there[k].camera) % 3]
            digest = f"{copy:032x}{number:032x}"
            photos.append(
                replace(
                    there[k],
                    id=number,
                    sha256=digest,
                    taken_at=datetime.fromtimestamp(round(clock), UTC).strftime("%Y-%m-%dT%H:%M:%S"),
                    utc_offset=None,
                    gps_utc=None,
                    latitude=None,
                    longitude=None,
                    phash=f"{int(rng.integers(0, 2**63)):016x}",
                )
            )
            jobs.append((cached_path(cache, digest), there[k].preview, copy))
            scene[number] = copy
            made[side] += 1
            number += 1
        copy += 1
    jobs = [job for job in jobs if not job[0].exists()]
    if jobs:
        parts = [jobs[k : k + 200] for k in range(0, len(jobs), 200)]
        with ProcessPoolExecutor(2, get_context("spawn")) as pool:
            list(pool.map(_write, parts))
    return photos, scene


_computed: dict[Path, Features] = {}


def _write(jobs: Sequence[tuple[Path, Path, int]]) -> None:
    """Write the copies' features, without a sync for each, since they can be made again."""
    import cv2

    cv2.setNumThreads(1)
    for path, preview, copy in jobs:
        if preview not in _computed:
            found = compute(preview)
            assert not isinstance(found, str), found
            _computed[preview] = found
        f = _computed[preview]
        order = np.random.default_rng((9, copy)).permutation(128)
        path.parent.mkdir(parents=True, exist_ok=True)
        content = io.BytesIO()
        np.savez(
            content,
            keypoints=np.column_stack([f.points, f.sizes, f.angles]).astype(np.float32),
            descriptors=f.descriptors[:, order],
            thumb=f.thumb,
            frame=np.array([f.width, f.height], np.int32),
        )
        path.write_bytes(seal(path.name, content.getvalue()) + content.getvalue())


def _cpu() -> float:
    """Processor seconds of this process and of its ended children."""
    return sum(
        u.ru_utime + u.ru_stime for u in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )
