"""Speed of ingests, as ratios within one run on one machine. Other load on the machine distorts them.

Usage: python -m benchmarks.ingest [--files N] [--megabytes M …] [--unchanged N] [--corpus DIR]

1. A whole ingest of 12-megapixel JPEGs (walk, hash, metadata, tables, one reduced decode, perceptual hash, preview, catalogue;
   including the start of its processes) is compared with a bare loop that only does the reduced decode on as many processes
   (target: 70 %), and, per core, with a plain loop on one core: `imagehash.phash(Image.open(f))`, exifread, and a Pillow
   thumbnail (target: 5 times). The photos are generated: 1/f noise and grain at several file sizes, four pictures under many
   names, each with its own EXIF.
2. A second ingest of unchanged files (target: 5 s for 100,000), and the peak memory of the parent process at two sizes.
3. EXIF alone is compared with `exiftool -fast2 -j` on a corpus of real photos (target: 8 times): one process of curate with one
   of exiftool, and all cores with one process of exiftool. Left out without exiftool or a corpus (LENSTRACE_CORPUS).

Exits with 1 where a target is missed.
"""

from __future__ import annotations

import argparse
import io
import json
import multiprocessing
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import exifread
import imagehash
import numpy as np
import piexif
from PIL import Image

from curate.catalog.store import Catalog
from curate.containers.sniff import promised
from curate.ingest import ingest
from curate.photos.metadata.exif import read_exif
from curate.photos.read import read_photo
from curate.workspace import Workspace
from tracer.base.progress import finish

OF_BARE, OVER_PLAIN, OVER_EXIFTOOL, UNCHANGED_SECONDS = 0.70, 5.0, 8.0, 5.0
PICTURES = 4
REPEATS = 8
CORES = os.cpu_count() or 1
CAMERAS = (
    ("Canon", "Canon EOS 40D"),
    ("Apple", "iPhone X"),
    ("samsung", "SM-G991B"),
    ("NIKON CORPORATION", "NIKON D5500"),
)


def main() -> int:
    """Print the ratios; return 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=1000, help="photos of 12 megapixels for each size")
    parser.add_argument("--megabytes", type=float, nargs="*", default=[4.5, 2.0], help="about the size of a photo")
    parser.add_argument("--unchanged", type=int, default=100_000, help="files of the second ingest")
    parser.add_argument("--corpus", default=os.environ.get("LENSTRACE_CORPUS"), help="real photos")
    options = parser.parse_args()
    missed: list[str] = []

    def judge(text: str, reached: bool) -> None:
        print(f"  {text}{'' if reached else '   MISSED'}", flush=True)
        if not reached:
            missed.append(text)

    for megabytes in options.megabytes:
        with tempfile.TemporaryDirectory() as folder:
            photos_of_12_megapixels(Path(folder), options.files, megabytes, judge)
    if options.unchanged:
        with tempfile.TemporaryDirectory() as folder:
            unchanged_files(Path(folder), options.unchanged, judge)
    if options.corpus and shutil.which("exiftool"):
        exif_alone(Path(options.corpus), judge)
    return int(bool(missed))


# --- 12 megapixels


def photos_of_12_megapixels(folder: Path, count: int, megabytes: float, judge: Callable[[str, bool], None]) -> None:
    """Compare a whole ingest with the bare and the plain loop."""
    paths = make_photos(folder / "photos", count, megabytes)
    size = sum(path.stat().st_size for path in paths) / 1e6 / count
    print(f"{count} JPEGs of 12 megapixels, {size:.1f} MB each, {CORES} cores")
    workspace = Workspace.create(folder / "workspace")

    def whole() -> None:
        with Catalog.open(workspace) as catalog:
            counts = finish(ingest(catalog, [folder / "photos"], jobs=CORES))
        assert counts.added == count and not counts.unreadable

    some = paths[: max(8, count // 10)]
    # the bare loop runs before and after, to show whether the machine's load changes
    before = cost(lambda: bare_loop(paths), count)
    ours = cost(whole, count)
    after = cost(lambda: bare_loop(paths), count)
    plain = cost(lambda: [plain_loop(path) for path in some], len(some))
    alone = cost(lambda: [read_photo(path, folder / "preview.jpg") for path in some], len(some))
    for name, cores, (rate, cpu) in (
        ("bare reduced decode, before", CORES, before),
        ("bare reduced decode, after", CORES, after),
        ("whole ingest", CORES, ours),
        ("reading without worker, catalogue", 1, alone),
        ("plain loop", 1, plain),
    ):
        print(f"  {name:32} {cores} processes {rate:7.1f} photos/s {cpu:7.1f} ms of processor time a photo")
    bare, bare_cpu = (before[0] + after[0]) / 2, (before[1] + after[1]) / 2
    ratio = ours[0] / bare
    judge(
        f"rate relative to the bare loop: {ratio:.2f}, by processor time {bare_cpu / ours[1]:.2f} (target {OF_BARE})",
        ratio >= OF_BARE,
    )
    ratio = ours[0] / CORES / plain[0]
    text = (
        f"rate relative to the plain loop, per core: {ratio:.2f}, by processor time {plain[1] / ours[1]:.2f} "
        f"(target {OVER_PLAIN:g})"
    )
    judge(text, ratio >= OVER_PLAIN)
    print(
        f"  rate of the bare loop relative to the plain one (an upper bound): {plain[1] / bare_cpu:.2f} by processor time"
    )


def cost(work: Callable[[], object], photos: int) -> tuple[float, float]:
    """Photos a second, and milliseconds of processor time a photo, of this process and its ended children."""

    def used() -> float:
        usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(part.ru_utime + part.ru_stime for part in usage)

    before, start = used(), time.perf_counter()
    work()
    return photos / (time.perf_counter() - start), 1000 * (used() - before) / photos


def make_photos(folder: Path, count: int, megabytes: float) -> list[Path]:
    """Write 4000 × 3000 JPEGs of about that size: few pictures, each file with its own EXIF."""
    folder.mkdir(parents=True)
    pictures = [_near_size(_picture(seed), megabytes) for seed in range(PICTURES)]
    paths = []
    for number in range(count):
        paths.append(folder / f"{number // 100:03d}" / f"IMG_{number:04d}.jpg")
        paths[-1].parent.mkdir(exist_ok=True)
        piexif.insert(_exif(number), pictures[number % PICTURES], str(paths[-1]))
    return paths


def _picture(seed: int) -> np.ndarray:
    """A scene with the statistics of photos: noise whose amplitude decreases with frequency, and grain."""
    random = np.random.default_rng(seed)
    scene = np.zeros((3000, 4000, 3), np.float32)
    for octave in range(8):
        size = (max(2, 4000 >> octave), max(2, 3000 >> octave))
        noise = random.normal(0, 1, (size[1], size[0], 3)).astype(np.float32)
        noise = 0.4 * noise + noise.mean(axis=2, keepdims=True)
        layer = [Image.fromarray(noise[..., c]).resize((4000, 3000), Image.Resampling.BICUBIC) for c in range(3)]
        scene += np.stack([np.asarray(part) for part in layer], axis=2) * (1.6 * 1.7**octave)
    return np.asarray((scene + 118).clip(0, 255).astype(np.uint8))


def _near_size(pixels: np.ndarray, megabytes: float) -> bytes:
    """The JPEG, 4:2:0 as in most cameras, of the quality whose size is nearest."""
    low, high = 30, 98
    image = Image.fromarray(pixels)
    while low < high:
        middle = (low + high) // 2
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=middle, subsampling=2)
        low, high = (middle + 1, high) if buffer.tell() < megabytes * 1e6 else (low, middle)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=low, subsampling=2)
    return buffer.getvalue()


def _exif(number: int) -> bytes:
    """As much EXIF as cameras write: about fifty tags, a thumbnail, a MakerNote."""
    stamp = f"2019:07:{1 + number % 28:02d} 12:{number // 60 % 60:02d}:{number % 60:02d}"
    thumbnail = io.BytesIO()
    Image.new("RGB", (160, 120), (number % 256, 90, 60)).save(thumbnail, "JPEG")
    image, exif, gps = piexif.ImageIFD, piexif.ExifIFD, piexif.GPSIFD
    make, model = CAMERAS[number % len(CAMERAS)]
    blocks = {
        "0th": {
            image.Make: make, image.Model: model, image.Orientation: 1, image.XResolution: (72, 1),
            image.YResolution: (72, 1), image.ResolutionUnit: 2, image.Software: "1.0", image.DateTime: stamp,
            image.YCbCrPositioning: 1, image.Artist: "", image.Copyright: "",
        },
        "Exif": {
            exif.ExposureTime: (1, 125), exif.FNumber: (28, 10), exif.ExposureProgram: 2, exif.ISOSpeedRatings: 200,
            exif.ExifVersion: b"0230", exif.DateTimeOriginal: stamp, exif.DateTimeDigitized: stamp, exif.Flash: 16,
            exif.ComponentsConfiguration: b"\1\2\3\0", exif.ShutterSpeedValue: (6966, 1000), exif.ApertureValue: (297, 100),
            exif.BrightnessValue: (5, 1), exif.ExposureBiasValue: (0, 1), exif.MaxApertureValue: (2, 1), exif.MeteringMode: 5,
            exif.LightSource: 0, exif.FocalLength: (50, 1), exif.MakerNote: os.urandom(4096), exif.SubSecTime: "12",
            exif.SubSecTimeOriginal: "12", exif.FlashpixVersion: b"0100", exif.ColorSpace: 1, exif.PixelXDimension: 4000,
            exif.PixelYDimension: 3000, exif.SensingMethod: 2, exif.FileSource: b"\3", exif.SceneType: b"\1",
            exif.CustomRendered: 0, exif.ExposureMode: 0, exif.WhiteBalance: 0, exif.FocalLengthIn35mmFilm: 75,
            exif.SceneCaptureType: 0, exif.LensModel: "50mm f/2.8", exif.BodySerialNumber: "1",
        },
        "GPS": {
            gps.GPSLatitudeRef: "N", gps.GPSLatitude: ((47, 1), (38, 1), (3050, 100)), gps.GPSLongitudeRef: "E",
            gps.GPSLongitude: ((8, 1), (30, 1), (number % 6000, 100)),
        },
        "1st": {image.Compression: 6},
        "thumbnail": thumbnail.getvalue(),
    }  # fmt: skip
    return bytes(piexif.dump(blocks))


def bare_loop(paths: list[Path]) -> None:
    """Decode on all cores, and do nothing else."""
    with ProcessPoolExecutor(CORES, mp_context=multiprocessing.get_context("fork")) as pool:
        for _ in pool.map(bare_decode, paths):
            pass


def bare_decode(path: Path) -> tuple[int, int]:
    """Decode at the scale that a 640-pixel preview needs."""
    with Image.open(path) as image:
        image.draft("RGB", (640, 480))
        image.load()
        return image.size


def plain_loop(path: Path) -> str:
    """The obvious program: each library opens the file."""
    hashed = str(imagehash.phash(Image.open(path)))
    with path.open("rb") as file:
        exifread.process_file(file)
    with Image.open(path) as image:
        image.thumbnail((640, 640))
        image.save(io.BytesIO(), "JPEG")
    return hashed


# --- unchanged files, memory


def unchanged_files(folder: Path, count: int, judge: Callable[[str, bool], None]) -> None:
    """Time ingests of unchanged files, and measure the parent process's memory at two sizes."""
    bar = UNCHANGED_SECONDS * count / 100_000
    weights = []
    for size in (count // 10, count):
        place = folder / str(size)
        make_small_photos(place / "photos", size)
        Workspace.create(place / "workspace")
        first = _in_a_process(place)
        second = _in_a_process(place)
        assert first["added"] == size and second["unchanged"] == size
        weights.append((first["peak_mb"], second["peak_mb"]))
        print(f"{size:,} small files: first {first['seconds']:.1f} s, second {second['seconds']:.2f} s", end="")
        print(f" ({second['processor']:.2f} s of processor time with the start of Python)")
    judge(f"second ingest of {count:,}: {second['seconds']:.2f} s (bar {bar:g} s)", second["seconds"] < bar)
    for name, (small, large) in zip(("first", "second"), zip(*weights, strict=True), strict=True):
        text = f"peak memory of the {name} ingest's parent: {small:.0f} MB at {count // 10:,}, {large:.0f} MB at {count:,} files"
        judge(text, large < small + 30)


def make_small_photos(folder: Path, count: int) -> None:
    """Write many small files: a JPEG with a different comment in each."""
    buffer = io.BytesIO()
    Image.new("RGB", (32, 24), "teal").save(buffer, "JPEG")
    data = buffer.getvalue()
    for number in range(count):
        place = folder / f"{number // 1000:04d}"
        if number % 1000 == 0:
            place.mkdir(parents=True)
        (place / f"{number}.jpg").write_bytes(data + number.to_bytes(4, "big"))


def _in_a_process(place: Path) -> dict[str, float]:
    """Run an ingest in a separate process; return its counts and its peak memory."""
    code = "import sys; from benchmarks.ingest import weigh; weigh(sys.argv[1])"
    done = subprocess.run([sys.executable, "-c", code, str(place)], check=True, capture_output=True, text=True)
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


def weigh(place: str) -> None:
    """Run an ingest here and print its counts and this process's peak memory."""
    with Catalog.open(Workspace.open(Path(place) / "workspace")) as catalog:
        counts = finish(ingest(catalog, [Path(place) / "photos"]))
    print(json.dumps({**counts.as_json(), "peak_mb": peak_megabytes(), "processor": time.process_time()}))


def peak_megabytes() -> float:
    """The peak memory of this program (`ru_maxrss` would include its parent's memory when it was started)."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


# --- EXIF alone


def exif_alone(corpus: Path, judge: Callable[[str, bool], None]) -> None:
    """Compare reading labels with exiftool; each the best of three, to reduce the effects of other load and the disk's cache."""
    once = [path for path in sorted(corpus.rglob("*")) if path.is_file() and promised(path.name)]
    size = sum(path.stat().st_size for path in once) / 1e6
    files = once * REPEATS
    count = len(files)
    with tempfile.NamedTemporaryFile("w", suffix=".args") as names:
        names.write("\n".join(map(str, files)))
        names.flush()
        command = ["exiftool", "-fast2", "-j", "-@", names.name]
        theirs = best(lambda: subprocess.run(command, capture_output=True), count)
    one = best(lambda: [read_exif(path) for path in files], count)
    every = best(lambda: _on_all_cores(files), count)
    print(
        f"EXIF alone, {len(once)} real files of {size:.0f} MB, each {REPEATS} times, so that the start has little weight"
    )
    for name, (rate, cpu) in (
        ("exiftool -fast2 -j", theirs),
        ("ours, one process", one),
        (f"ours, {CORES} processes", every),
    ):
        print(f"  {name:24} {rate:8.1f} files/s {cpu:7.2f} ms of processor time a file")
    print(
        f"  one process of ours against one exiftool: {one[0] / theirs[0]:.1f} times, "
        f"by processor time {theirs[1] / one[1]:.1f}"
    )
    ratio = every[0] / theirs[0]
    judge(
        f"all {CORES} cores against one exiftool: {ratio:.1f} times (target {OVER_EXIFTOOL:g})", ratio >= OVER_EXIFTOOL
    )


def best(work: Callable[[], object], count: int) -> tuple[float, float]:
    """The best of three, to reduce the effects of the disk's cache and of other load."""
    runs = [cost(work, count) for _ in range(3)]
    return max(rate for rate, _ in runs), min(cpu for _, cpu in runs)


def _on_all_cores(files: list[Path]) -> None:
    with ProcessPoolExecutor(CORES, mp_context=multiprocessing.get_context("fork")) as pool:
        for _ in pool.map(read_exif, files, chunksize=32):
            pass


if __name__ == "__main__":
    sys.exit(main())
