"""How well copies are told from different shots, and how long a large library takes. Exits with 1 where a target is missed.

Usage: python -m benchmarks.duplicates [--photos N] [--hashes N]

The photos are those of LENSTRACE_CORPUS (natural-images, and pairs: the same scene with two cameras), or else virtual ones:
scenes photographed by three phones and three other cameras. Copies of each are made as people and services make them, and
everything passes through previews, as in a workspace. Recall is the share of copies found, by kind. For precision, pairs of
different shots with similar hashes are counted that are called copies: with the metadata (camera, second), without it, as
where a service removed it, and by the hash alone.

Targets: 98 % of the copies that keep the whole frame are found (of real photos also 60 % of those cropped by up to 2 % at each
side); with metadata no different shot is called a copy; 100,000 hashes take less than 60 seconds.
"""

from __future__ import annotations

import argparse
import io
import itertools
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageOps
from scipy.cluster.hierarchy import DisjointSet

from curate.duplicates.hashes import CANDIDATE_BITS, NEAR_BITS
from curate.duplicates.likeness import alike_by_hash, join_alike, may_be_copies, same_picture, small_picture
from tracer.base.progress import finish

FRAME_KEPT = ("recompressed", "half size", "thumbnail", "brighter", "more contrast", "grey")
CUT = ("cut up to 2 %", "cut up to 5 %")


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo's identity, its metadata, and what is compared: perceptual hash and small picture, uint8 (96, 96)."""

    name: str
    row: dict[str, Any]
    hash: int
    small: NDArray[np.uint8]


def _photo(name: str, image: Image.Image, row: dict[str, Any]) -> Photo:
    """Hash and small picture as a workspace would have them: from a preview of at most 640 px."""
    preview = image.convert("RGB")
    preview.thumbnail((640, 640))
    again = _recompressed(preview, 90)
    text = str(imagehash.phash(again))
    return Photo(name, {**row, "phash": text, "path": name, "sha256": name}, int(text, 16), small_picture(again))


def _recompressed(image: Image.Image, quality: int) -> Image.Image:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return Image.open(file)


def _smaller(image: Image.Image, side: int, quality: int) -> Image.Image:
    small = image.copy()
    small.thumbnail((side, side))
    return _recompressed(small, quality)


def _cut(image: Image.Image, share: float, random: np.random.Generator) -> Image.Image:
    left, top, right, bottom = random.uniform(0, share, 4)
    box = (left * image.width, top * image.height, (1 - right) * image.width, (1 - bottom) * image.height)
    return _recompressed(image.crop(tuple(round(edge) for edge in box)), 85)


def copies(image: Image.Image, random: np.random.Generator) -> Iterator[tuple[str, Image.Image]]:
    """Yield copies of a picture, each with the kind of change."""
    yield "recompressed", _recompressed(image, 60)
    yield "half size", _smaller(image, max(image.size) // 2, 85)
    yield "thumbnail", _smaller(image, 240, 40)
    yield "brighter", _recompressed(ImageEnhance.Brightness(image).enhance(1.2), 85)
    yield "more contrast", _recompressed(ImageEnhance.Contrast(image).enhance(1.3), 85)
    yield "grey", _recompressed(ImageOps.grayscale(image).convert("RGB"), 85)
    yield CUT[0], _cut(image, 0.02, random)
    yield CUT[1], _cut(image, 0.05, random)


def real_photos(corpus: Path, limit: int) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Real photos with their known cameras, without the lens-degraded versions of a scene, which are copies."""
    pairs = sorted((corpus / "pairs" / "images").glob("*_H.jpg"))
    natural = sorted(path for path in (corpus / "natural-images").rglob("*") if path.suffix.lower() in (".jpg", ".png"))
    for path in [*pairs, *natural[: max(0, limit - len(pairs))]]:
        camera = path.stem.split("_")[1] if path in pairs else None
        yield path, {"Model": camera, "make_normalized": camera}


def virtual_photos(folder: Path, limit: int) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Virtual photos: scenes shot by three phones and three other cameras; the file's name has the camera."""
    import csv

    from curate.demo.collection import write_photos
    from curate.demo.plan import CollectionOptions

    finish(write_photos(folder, max(2, limit // 6), 7, 2, CollectionOptions(per_side=3)))
    with (folder / "truth.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            path = folder / (row.get("file") or row["path"])
            yield path, {"Model": row.get("model") or row.get("camera"), "make_normalized": row.get("make") or ""}


def measure(found: list[tuple[Path, dict[str, Any]]], cut_bar: float) -> bool:
    """Print recall by kind of copy and the errors among different shots; return whether the targets are met."""
    random = np.random.default_rng(1)
    originals, made, within, hit = [], Counter[str](), Counter[str](), Counter[str]()
    for path, row in found:
        with Image.open(path) as opened:
            image = ImageOps.exif_transpose(opened).convert("RGB")
        image.thumbnail((2000, 2000))
        original = _photo(str(path), image, row)
        originals.append(original)
        for kind, picture in copies(image, random):
            copy = _photo(f"{path}#{kind}", picture, row)
            made[kind] += 1
            near = (original.hash ^ copy.hash).bit_count() <= CANDIDATE_BITS
            within[kind] += near
            hit[kind] += near and same_picture(original.small, copy.small)
    print(f"\n{len(originals)} photos\n\n| copy | within {CANDIDATE_BITS} bits | found |\n|---|---|---|")
    for kind in made:
        print(f"| {kind} | {100 * within[kind] / made[kind]:.1f} % | {100 * hit[kind] / made[kind]:.1f} % |")

    reach, by_pixels, with_metadata, by_hash = 0, 0, 0, 0
    for a, b in itertools.combinations(originals, 2):
        if (a.hash ^ b.hash).bit_count() > CANDIDATE_BITS:
            continue
        same = same_picture(a.small, b.small)
        reach += 1
        by_pixels += same
        with_metadata += same and may_be_copies(a.row, b.row)
        by_hash += alike_by_hash({**a.row, "Model": None}, {**b.row, "Model": None})
    print(
        f"\nof {len(originals) * (len(originals) - 1) // 2} pairs of different shots {reach} have similar hashes; "
        f"called copies: {with_metadata} with metadata, {by_pixels} by pixels only, {by_hash} by a hash within "
        f"{NEAR_BITS} bits"
    )
    whole = sum(hit[kind] for kind in FRAME_KEPT) / sum(made[kind] for kind in FRAME_KEPT)
    cut = hit[CUT[0]] / made[CUT[0]]
    print(f"found: {100 * whole:.1f} % of copies that keep the frame, {100 * cut:.1f} % of those cropped by up to 2 %")
    return whole >= 0.98 and cut >= cut_bar and with_metadata == 0


def scale(count: int) -> bool:
    """Time the grouping of random hashes, each hundredth similar to its predecessor; return whether it is fast and right."""
    random = np.random.default_rng(0)
    values = random.integers(0, 2**63, count, dtype=np.uint64)
    planted = np.arange(100, count, 100)
    values[planted] = values[planted - 1] ^ np.uint64(0b1011)
    rows = [{"phash": f"{value:016x}", "path": str(i), "sha256": str(i)} for i, value in enumerate(values.tolist())]
    sets = DisjointSet()
    start = time.perf_counter()
    join_alike(sets, [row["phash"] for row in rows], rows, _always)
    seconds = time.perf_counter() - start
    joined = len(sets) - sets.n_subsets
    print(f"\n{count} hashes grouped in {seconds:.1f} s; {joined} joined, {len(planted)} planted")
    return joined >= len(planted) and (seconds < 60 or count > 100_000)


_always: Callable[[Any, Any], bool] = lambda _a, _b: True  # noqa: E731


def main(arguments: list[str]) -> int:
    """Print both measurements; return 1 where a target is missed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--photos", type=int, default=120)
    parser.add_argument("--hashes", type=int, default=100_000)
    options = parser.parse_args(arguments)
    corpus = os.environ.get("LENSTRACE_CORPUS")
    with tempfile.TemporaryDirectory() as folder:
        photos = real_photos(Path(corpus), options.photos) if corpus else virtual_photos(Path(folder), options.photos)
        held = measure(list(photos), 0.60 if corpus else 0.0)
    return 0 if scale(options.hashes) and held else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
