"""How well copies are told from other shots, and how long a large library takes. Exits 1 where a bar is missed.

Usage: python -m benchmarks.duplicates [--photos N] [--hashes N]

Photos are those of LENSTRACE_CORPUS (natural-images, and pairs: the same scene with two cameras), else virtual ones: a scene
photographed by six cameras. Of each, copies are made as people and services make them. Everything passes through previews,
as in a workspace. Recall: the share of copies found, by kind. Precision: of the pairs of different shots whose hashes are
within reach of each other, the ones called copies are wrong; they are counted with what the files say of themselves (camera,
second) and without, as where a service took it away, and beside them what the hash alone would say.

Bars: 98 % of the copies that keep the whole frame found (of real photos also 60 % of those cut by up to 2 % at each side);
with their metadata no other shot is called a copy; 100,000 hashes in under 60 seconds.
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
from curate.duplicates.likeness import alike_by_hash, join_alike, may_be_copies
from curate.duplicates.pictures import same_picture, small_picture
from tracer.base.progress import finish

FRAME_KEPT = ("recompressed", "half size", "thumbnail", "brighter", "more contrast", "grey")
CUT = ("cut up to 2 %", "cut up to 5 %")


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo's identity, what its file says, and what is compared: perceptual hash and small picture, uint8 (96, 96)."""

    name: str
    row: dict[str, Any]
    hash: int
    small: NDArray[np.uint8]


def _photo(name: str, image: Image.Image, row: dict[str, Any]) -> Photo:
    """What a workspace would hold of a picture: a preview of at most 640 px is hashed and compared."""
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
    """Yield copies of a picture by what was done to it."""
    yield "recompressed", _recompressed(image, 60)
    yield "half size", _smaller(image, max(image.size) // 2, 85)
    yield "thumbnail", _smaller(image, 240, 40)
    yield "brighter", _recompressed(ImageEnhance.Brightness(image).enhance(1.2), 85)
    yield "more contrast", _recompressed(ImageEnhance.Contrast(image).enhance(1.3), 85)
    yield "grey", _recompressed(ImageOps.grayscale(image).convert("RGB"), 85)
    yield CUT[0], _cut(image, 0.02, random)
    yield CUT[1], _cut(image, 0.05, random)


def real_photos(corpus: Path, limit: int) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Real photos with what is known of their cameras; the lens-degraded twins of a scene are copies and left out."""
    pairs = sorted((corpus / "pairs" / "images").glob("*_H.jpg"))
    natural = sorted(path for path in (corpus / "natural-images").rglob("*") if path.suffix.lower() in (".jpg", ".png"))
    for path in [*pairs, *natural[: max(0, limit - len(pairs))]]:
        camera = path.stem.split("_")[1] if path in pairs else None
        yield path, {"Model": camera, "make_normalized": camera}


def virtual_photos(folder: Path, limit: int) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Virtual photos: scenes shot by six cameras; the camera is in the file's name."""
    import csv

    from curate.demo.collection import write_photos

    finish(write_photos(folder, max(2, limit // 6), 7, 2))
    with (folder / "truth.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            path = folder / (row.get("file") or row["path"])
            yield path, {"Model": row.get("model") or row.get("camera"), "make_normalized": row.get("make") or ""}


def measure(found: list[tuple[Path, dict[str, Any]]], cut_bar: float) -> bool:
    """Print recall by kind of copy and the errors among different shots; return whether the bars hold."""
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
        f"\nof {len(originals) * (len(originals) - 1) // 2} pairs of different shots {reach} have hashes within reach; "
        f"called copies: {with_metadata} with metadata, {by_pixels} by pixels alone, {by_hash} by a hash within "
        f"{NEAR_BITS} bits"
    )
    whole = sum(hit[kind] for kind in FRAME_KEPT) / sum(made[kind] for kind in FRAME_KEPT)
    cut = hit[CUT[0]] / made[CUT[0]]
    print(f"found of copies that keep the frame: {100 * whole:.1f} %; cut up to 2 %: {100 * cut:.1f} %")
    return whole >= 0.98 and cut >= cut_bar and with_metadata == 0


def scale(count: int) -> bool:
    """Time the grouping of random hashes with one planted neighbour each hundred; return whether it is quick and right."""
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
    """Print both measures; return 1 where a bar is missed."""
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
