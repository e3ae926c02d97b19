"""Damaged and hostile files by the hundred thousand, read in guarded workers: none may cost more than its own row.

Usage: python -m benchmarks.fuzz [--files 200000] [--seed 1] [--start 0] [--minutes M] [--workers N] [--keep DIR]

Seeds are crafted files (formats written on the spot, directories that point at themselves, counts and lengths beyond
the file, pictures that promise more pixels than anybody has) and, where LENSTRACE_CORPUS is set, real photos of many
makers. File number i is a function of the seed and of i alone. It lies in memory (/dev/shm) while it is read.

Counted, and all to be 0: an exception outside a worker, a hang (no row within the limits), rows lost or given twice,
rows whose status and reason contradict each other, and text that could control a terminal. Printed beside: statuses,
workers that died or were killed, and failures that the readers did not foresee (`--keep` saves those files).
With `--minutes` it stops there and says how to go on.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import shutil
import signal
import struct
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from curate.errors import CurateError
from curate.photos.facts import PhotoFacts, Status
from curate.photos.guard import Limits, read_photos
from curate.text import clean_text

MAX_SEED = 40 << 10
"""Bytes of a seed: of larger photos only the front is taken, where the structure is."""

_NUMBERS = (0, 1, 2, 3, 4, 7, 8, 12, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0xFFFFFFFF)


@dataclass
class Tally:
    """What came back.

    Attributes:
        answered: how often each file had a row. broken: rows that contradict themselves. unsafe: rows with text that
            did not go through `clean_text`. outside: exceptions outside a worker. hung: the reading stood still.
        noted: files worth a look, as (number, what).
    """

    statuses: Counter[str] = field(default_factory=Counter)
    answered: Counter[int] = field(default_factory=Counter)
    broken: int = 0
    unsafe: int = 0
    outside: int = 0
    hung: int = 0
    noted: list[tuple[int, str]] = field(default_factory=list)

    def take(self, index: int, facts: PhotoFacts) -> None:
        """Count one row."""
        self.answered[index] += 1
        self.statuses[facts.status] += 1
        self.broken += (facts.status is Status.OK) != (facts.error is None) or facts.sha256 == ""
        texts = (facts.exif.make, facts.exif.model, facts.exif.lens, facts.exif.software, facts.error)
        self.unsafe += any(text is not None and clean_text(text) != text for text in texts)
        error = facts.error or ""
        if (
            "the process that read it" in error
            or error.startswith("reading it failed")
            or facts.status is Status.TIMEOUT
        ):
            self.noted.append((index, error))


class Hang(Exception):
    """No row came within the limits."""


def main() -> None:
    """Run, print, and exit with 1 where anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=int, default=0, help="number of the first file: goes on where a run stopped")
    parser.add_argument("--minutes", type=float, default=0, help="stop after this time; 0: never")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--keep", type=Path, help="folder for the files that the readers did not foresee")
    options = parser.parse_args()

    made, real = crafted(), corpus()
    seeds = [made, real] if real else [made]  # half of the files from each
    print(f"{len(made)} crafted seeds, {len(real)} real ones", flush=True)
    limits = Limits(seconds=20)
    begun = time.monotonic()
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="lenstrace-fuzz-", dir=memory if memory.is_dir() else None))
    tally, given = Tally(), 0

    def jobs() -> Iterator[tuple[Path, Path | None]]:
        nonlocal given
        for index in range(options.start, options.start + options.files):
            if options.minutes and time.monotonic() - begun > 60 * options.minutes:
                return
            path = folder / f"{index}.jpg"
            path.write_bytes(mutated(seeds, options.seed, index))
            given += 1
            yield path, folder / f"{index}.preview"

    def stand_still(*_: object) -> None:
        raise Hang

    patience = int(4 * limits.seconds + 60)
    before = signal.signal(signal.SIGALRM, stand_still)
    try:
        signal.alarm(patience)
        for position, facts in read_photos(jobs(), options.workers, limits):
            signal.alarm(patience)
            index = options.start + position
            tally.take(index, facts)
            for name in (f"{index}.jpg", f"{index}.preview"):
                (folder / name).unlink(missing_ok=True)
            if len(tally.answered) % 20_000 == 0:
                print(f"{len(tally.answered)} files, {time.monotonic() - begun:.0f} s", flush=True)
    except Hang:
        tally.hung += 1
    except (CurateError, OSError, ValueError, TypeError, LookupError) as error:  # counted, and the run is failed
        tally.outside += 1
        print(f"outside a worker: {type(error).__name__}: {error}")
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
        shutil.rmtree(folder, ignore_errors=True)
    if options.keep:
        keep(options.keep, tally, seeds, options.seed)
    sys.exit(report(tally, given, options, time.monotonic() - begun))


def report(tally: Tally, given: int, options: argparse.Namespace, seconds: float) -> int:
    """Print the counts; return the exit code."""
    lost = given - len(tally.answered)
    twice = sum(count > 1 for count in tally.answered.values())
    print(
        f"{given} files in {seconds:.0f} s: {given / seconds:.0f} a second with {options.workers} workers, seed {options.seed}"
    )
    print("statuses: " + ", ".join(f"{name} {count}" for name, count in tally.statuses.most_common()))
    kinds = Counter(what for _, what in tally.noted)
    print("held by the guard: " + ("; ".join(f"{what}: {count}" for what, count in kinds.most_common()) or "none"))
    print("  of them the first: " + (", ".join(str(index) for index, _ in tally.noted[:12]) or "none"))
    print(
        f"outside a worker {tally.outside}, hangs {tally.hung}, rows lost {lost}, given twice {twice}, "
        f"contradictory {tally.broken}, unsafe text {tally.unsafe}"
    )
    if given < options.files:
        print(f"stopped early; go on with --start {options.start + given} --files {options.files - given}")
    return 1 if tally.outside or tally.hung or lost or twice or tally.broken or tally.unsafe else 0


def keep(folder: Path, tally: Tally, seeds: list[list[bytes]], seed: int) -> None:
    """Save the files that the guard had to hold, each once for each kind of failure up to ten."""
    folder.mkdir(parents=True, exist_ok=True)
    kinds: Counter[str] = Counter()
    for index, what in tally.noted:
        kinds[what] += 1
        if kinds[what] <= 10:
            (folder / f"{seed}-{index}.bin").write_bytes(mutated(seeds, seed, index))


# --- mutations


def mutated(seeds: list[list[bytes]], seed: int, index: int) -> bytes:
    """File number `index`: one seed file after one to eight changes."""
    rng = random.Random(f"{seed}:{index}")
    data = bytearray(rng.choice(rng.choice(seeds)))
    for _ in range(rng.choice((1, 1, 2, 3, 5, 8))):
        _change(data, rng, seeds)
    return bytes(data)


def _change(data: bytearray, rng: random.Random, seeds: list[list[bytes]]) -> None:
    # Cubing aims at the front, where the structure is.
    at = int(rng.random() ** 3 * len(data)) if rng.random() < 0.7 else int(rng.random() * len(data))
    length = rng.choice((1, 2, 4, 12, 64, 1024))
    match rng.randrange(9):
        case 0:
            data[at : at + 1] = bytes([rng.randrange(256)])
        case 1:
            if at < len(data):
                data[at] ^= 1 << rng.randrange(8)
        case 2:
            form = rng.choice(("<H", ">H", "<I", ">I"))
            number = rng.choice(_NUMBERS) & (0xFFFF if form[1] == "H" else 0xFFFFFFFF)
            data[at : at + struct.calcsize(form)] = struct.pack(form, number)
        case 3:
            del data[at : at + length]
        case 4:
            data[at:at] = rng.randbytes(length)
        case 5:
            data[at:at] = data[at : at + length]
        case 6:
            data[at : at + length] = bytes(min(length, max(0, len(data) - at)))
        case 7:
            other = rng.choice(rng.choice(seeds))
            start = int(rng.random() * len(other))
            data[at : at + length] = other[start : start + length]
        case _:
            if rng.random() < 0.3:
                del data[max(1, at) :]
            else:
                data[at : at + length] = rng.randbytes(length)


# --- seeds


def corpus() -> list[bytes]:
    """The fronts of the real photos, where there are any."""
    root = os.environ.get("LENSTRACE_CORPUS")
    folder = Path(root, "exif-corpus", "images") if root else None
    if folder is None or not folder.is_dir():
        return []
    return [path.read_bytes()[:MAX_SEED] for path in sorted(folder.rglob("*")) if path.is_file()]


def crafted() -> list[bytes]:
    """Small files of every format, and files that are hostile as they are."""
    return [*_written(), *_hostile()]


def _written() -> Iterator[bytes]:
    import pillow_heif
    from PIL import Image

    pillow_heif.register_heif_opener()
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0112], exif[0x0132] = "Canon", "Canon EOS 40D", 6, "2019:07:14 09:21:11"
    photo = exif.get_ifd(0x8769)
    photo[0x9003], photo[0x829A], photo[0x829D], photo[0x8827] = "2019:07:14 09:21:11", (1, 125), (28, 10), 400
    exif.get_ifd(0x8825)[1] = "N"
    block = exif.tobytes()
    image = Image.radial_gradient("L").resize((48, 32)).convert("RGB")
    for kind in ("JPEG", "PNG", "TIFF", "WEBP", "HEIF", "AVIF", "GIF", "BMP"):
        buffer = io.BytesIO()
        image.save(buffer, kind, **({} if kind in ("GIF", "BMP") else {"exif": block}))
        yield buffer.getvalue()
    for options in ({"progressive": True}, {"subsampling": 0, "quality": 98}):
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", exif=block, **options)
        yield buffer.getvalue()
    tiff = block.removeprefix(b"Exif\0\0")
    yield b"\0\0\0\x0cJXL \r\n\x87\n" + _box(b"Exif", b"\0\0\0\0" + tiff) + _box(b"brob", b"Exif" + bytes(20))
    yield from _unusual_places(tiff)
    yield _box(b"ftyp", b"crx \0\0\0\1crx isom") + _box(
        b"moov", _box(b"uuid", bytes.fromhex("85c0b687820f11e08111f4ce462b6a48") + _box(b"CMT1", tiff))
    )
    yield b"FUJIFILMCCD-RAW 0201".ljust(84, b"\0") + struct.pack(">II", 100, 400) + bytes(8) + _jpeg(b"Exif\0\0" + tiff)
    yield b"\0MRM" + struct.pack(">I", 8 + len(tiff)) + b"\0TTW" + struct.pack(">I", len(tiff)) + tiff
    for magic in (b"IIRO", b"IIU\0", b"II+\0"):
        yield magic + tiff[4:]
    yield from (_jpeg(b"Exif\0\0" + _with_note(make, note)) for make, note in _notes())


def _unusual_places(tiff: bytes) -> Iterator[bytes]:
    """An Exif block in Brotli, a stream that grows to gigabytes, Photoshop's resources, and two items of a HEIF file."""
    import pyarrow as pa

    brotli = pa.Codec("brotli")
    for content in (b"\0\0\0\0" + tiff, bytes(1 << 28)):
        yield b"\0\0\0\x0cJXL \r\n\x87\n" + _box(b"brob", b"Exif" + brotli.compress(content, asbytes=True)) * 20
    resource = b"8BIM" + struct.pack(">HHI", 0x0422, 0, len(tiff)) + tiff
    yield _jpeg(b"Photoshop 3.0\0" + resource, marker=0xED)
    infos = b"".join(_box(b"infe", b"\2\0\0\0" + struct.pack(">HH", item, 0) + b"Exif\0") for item in (3, 4))
    references = b"".join(_box(b"cdsc", struct.pack(">HHH", item, 1, item - 2)) for item in (3, 4))
    places = b"".join(struct.pack(">HHHHII", item, 1, 0, 1, 0, len(tiff) + 4) for item in (3, 4))
    yield _box(b"ftyp", b"heic\0\0\0\0mif1heic") + _box(
        b"meta",
        bytes(4)
        + _box(b"pitm", bytes(4) + b"\0\1")
        + _box(b"iinf", bytes(4) + b"\0\2" + infos)
        + _box(b"iref", bytes(4) + references)
        + _box(b"iloc", b"\1\0\0\0\x44\0\0\2" + places)
        + _box(b"idat", bytes(4) + tiff),
    )


def _notes() -> Iterator[tuple[bytes, bytes]]:
    """Makers' blocks of each layout that is read."""

    def directory(order: str, *entries: tuple[int, int, int, int]) -> bytes:
        packed = b"".join(struct.pack(order + "HHII", *entry) for entry in entries)
        return struct.pack(order + "H", len(entries)) + packed + bytes(4)

    arrays = struct.pack("<40H", 80, *range(1, 40)) * 2
    yield b"Canon", directory("<", (1, 3, 40, 142), (4, 3, 40, 222), (2, 3, 4, 142)) + arrays + b"II*\0" + bytes(4)
    yield b"CASIO", directory(">", (0x14, 3, 1, 64 << 16))
    yield b"CASIO", b"QVC\0\0\0" + directory(">", (0x3014, 3, 1, 80 << 16), (0x1D, 5, 1, 150)) + bytes(40)
    yield b"NIKON", b"Nikon\0\2\x10\0\0MM\0*\0\0\0\x08" + directory(">", (0x25, 7, 14, 60), (2, 3, 2, 200)) + bytes(60)
    yield b"Panasonic", b"Panasonic\0\0\0" + directory("<", (0xD1, 4, 1, 102400))
    yield b"SONY", b"SONY DSC \0\0\0" + directory("<", (0x114, 7, 280, 160), (0x20, 7, 19154, 160)) + bytes(300)
    for head in (
        b"KDK INFO",
        b"KDK0100",
        bytes(12) + b"\x07",
        b"\0\x1a\x18\0",
        b"MM" + directory(">", (0x14, 3, 1, 9 << 16)),
    ):
        yield b"EASTMAN KODAK COMPANY", head + bytes(range(1, 160))
    yield b"Kodak", b"IIII\2\0" + bytes(14) + b"2009/01/02 03:04:05" + bytes(range(60))


def _with_note(make: bytes, note: bytes) -> bytes:
    """A TIFF structure with a make at 60 and a maker's block at 100."""
    first = struct.pack("<HHHIIHHIII", 2, 0x010F, 2, len(make) + 1, 60, 0x8769, 4, 1, 38, 0)
    photo = struct.pack("<HHHIII", 1, 0x927C, 7, len(note), 100, 0)
    head = (b"II*\0" + struct.pack("<I", 8) + first + photo).ljust(60, b"\0")
    return head + make.ljust(40, b"\0") + note


def _hostile() -> Iterator[bytes]:
    def tiff(*entries: tuple[int, int, int, int], following: int = 0) -> bytes:
        packed = b"".join(struct.pack("<HHII", *entry) for entry in entries)
        return b"II*\0" + struct.pack("<IH", 8, len(entries)) + packed + struct.pack("<I", following)

    blocks = [
        tiff((0x927C, 7, 0xFFFFFFFF, 8)),  # a count that takes minutes to count
        tiff((0x8769, 4, 1, 8), following=8),  # directories that are their own children and successors
        tiff((0x014A, 4, 4096, 8), (0x8825, 4, 1, 8), (0x8769, 4, 1, 8), following=8),
        tiff(*((0x010F, 2, 0x7FFFFFFF, 0) for _ in range(500))),
        tiff((0x0100, 4, 1, 1 << 30), (0x0101, 4, 1, 1 << 30), (0x0111, 4, 1, 8), (0x0117, 4, 1, 0xFFFFFFFF)),
        tiff((0x010F, 2, 12, 26), (0x0110, 2, 60, 26)) + b"\x1b]52;c;WA==\x07\x9b2J\xe2\x80\xae[/x]" * 4,
    ]
    yield from blocks
    yield from (_jpeg(b"Exif\0\0" + block) for block in blocks)
    heads = (
        ((b"meta", bytes(4) + _box(b"iloc", b"\2\0\0\0\x44\0" + b"\xff" * 60) + _box(b"iinf", bytes(6))),),
        ((b"meta", bytes(4) + _box(b"iinf", b"\0\0\0\0\xff\xff" + _box(b"infe", b"\2\0\0\0\0\1\0\0Exif\0") * 50)),),
    )
    for boxes in heads:
        yield _box(b"ftyp", b"heic\0\0\0\0mif1heic") + b"".join(_box(*inner) for inner in boxes)
    yield struct.pack(">I", 0xFFFFFFFF) + b"ftypheic" + bytes(8) + struct.pack(">I4sQ", 1, b"meta", 1 << 62) + bytes(64)
    for width, height in ((20_000, 20_000), (65_535, 65_535), (16_320, 12_240)):
        yield _png(width, height, zlib.compress(bytes(1 << 16)))
    yield _jpeg(b"Exif\0\0" + blocks[0]) + b"\xff\xd8\xff\xe1" * 200
    packet = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">' + b"<a>" * 3000
    yield _jpeg(b"http://ns.adobe.com/xap/1.0/\0" + packet)
    yield _jpeg(b'http://ns.adobe.com/xap/1.0/\0<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>')
    yield (
        b"\xff\xd8"
        + b"\xff\xed\x00\x40Photoshop 3.0\x008BIM\x04\x04\0\0\xff\xff\xff\xff".ljust(66, b"\x1c")
        + b"\xff\xd9"
    )
    yield (
        b"\xff\xd8"
        + b"\xff\xc2\0\x11\x08\xff\xff\xff\xff\3\1\x22\0\2\x11\1\3\x11\1"
        + b"\xff\xda\0\x0c\3\1\0\2\x11\3\x11\0\x3f\0" * 60
    )


def _box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), name) + content


def _jpeg(payload: bytes, marker: int = 0xE1) -> bytes:
    """A small JPEG with a segment, APP1 unless another is named."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("RGB", (16, 16), (90, 120, 60)).save(buffer, "JPEG")
    data = buffer.getvalue()
    return data[:2] + bytes((0xFF, marker)) + struct.pack(">H", len(payload) + 2) + payload + data[2:]


def _png(width: int, height: int, pixels: bytes) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


if __name__ == "__main__":
    main()
