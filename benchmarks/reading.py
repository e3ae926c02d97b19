"""How fast photos are read: the guarded reader against a bare loop that only decodes, in one run on one machine.

Usage: python -m benchmarks.reading [--files N] [--workers N] [--noise SIGMA]

Twelve-megapixel JPEGs are made on the spot (a blurred random picture with sensor-like noise). The bare loop opens
each and decodes it at the reduced scale, on as many processes; the reader also hashes the file, reads its metadata
and tables, computes the perceptual hash and writes the preview. Both are timed from the second result on, and with
their start. The cost of the guard itself is measured on pictures of a few pixels.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from curate.photos.guard import read_photos
from curate.photos.read import read_photo


def main() -> None:
    """Print the rates and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=96)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--noise", type=float, default=7.0, help="standard deviation of the noise; sets the file size")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = make_photos(Path(folder), options.files, options.noise)
        size = paths[0].stat().st_size / 1e6
        print(f"{options.files} JPEGs of 12 megapixels and {size:.1f} MB, {options.workers} processes")
        with ProcessPoolExecutor(options.workers) as pool:
            bare = rate(lambda: pool.map(bare_decode, paths), len(paths))
        jobs = [(path, path.with_suffix(".preview")) for path in paths]
        ours = rate(lambda: read_photos(jobs, options.workers), len(paths))
        for name, (steady, whole) in (("bare draft decode", bare), ("guarded reader", ours)):
            print(f"{name:20} {steady:7.1f} photos/s, {whole:7.1f} with the start of its processes")
        print(f"ratio                {ours[0] / bare[0]:7.2f}         {ours[1] / bare[1]:7.2f}")
        print(f"guard alone          {guard_cost(Path(folder)):7.2f} ms a file")


def make_photos(folder: Path, count: int, noise: float) -> list[Path]:
    """Write one 4000 × 3000 photo under many names."""
    rng = np.random.default_rng(1)
    soft = Image.fromarray(rng.integers(0, 255, (300, 400, 3), dtype=np.uint8)).filter(ImageFilter.GaussianBlur(2))
    grain = rng.normal(0, noise, (3000, 4000, 1))
    pixels = np.asarray(soft.resize((4000, 3000), Image.Resampling.BICUBIC)) + grain
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0112] = "Maker", "Model", 1
    first = folder / "0.jpg"
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(first, quality=93, subsampling=0, exif=exif)
    paths = [first, *(folder / f"{i}.jpg" for i in range(1, count))]
    for path in paths[1:]:
        path.write_bytes(first.read_bytes())
    return paths


def bare_decode(path: Path) -> tuple[int, int]:
    """Decode at the scale that a 640-pixel preview needs, and nothing else."""
    with Image.open(path) as image:
        image.draft("RGB", (640, 480))
        image.load()
        return image.size


def rate(work: Callable[[], Iterable[object]], count: int) -> tuple[float, float]:
    """Results a second, from the first result on and from the start."""
    start = time.perf_counter()
    results: Iterator[object] = iter(work())
    next(results)
    first = time.perf_counter()
    for _ in results:
        pass
    end = time.perf_counter()
    return (count - 1) / (end - first), count / (end - start)


def guard_cost(folder: Path) -> float:
    """Milliseconds that handing one file to a worker adds to reading it."""
    path = folder / "tiny.png"
    Image.new("RGB", (8, 8)).save(path)
    count = 400
    read_photo(path)
    start = time.perf_counter()
    for _ in range(count):
        read_photo(path)
    here = (time.perf_counter() - start) / count
    steady, _ = rate(lambda: read_photos([(path, None)] * count, 1), count)
    return 1000 * (1 / steady - here)


if __name__ == "__main__":
    main()
