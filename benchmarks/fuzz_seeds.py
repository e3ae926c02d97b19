"""Seeds of the fuzzing benchmark: small files of every format, hostile ones, and the beginnings of real photos."""

from __future__ import annotations

import io
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

MAX_SEED = 40 << 10
"""Bytes of a seed. Only the beginning of larger photos is used, since it has the structure."""


def corpus() -> list[bytes]:
    """The beginnings of the real photos, where there are any."""
    root = os.environ.get("LENSTRACE_CORPUS")
    folder = Path(root, "exif-corpus", "images") if root else None
    if folder is None or not folder.is_dir():
        return []
    return [path.read_bytes()[:MAX_SEED] for path in sorted(folder.rglob("*")) if path.is_file()]


def crafted() -> list[bytes]:
    """Small files of every format, and hostile files."""
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
    yield from _archives(tiff, image)
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


def _archives(tiff: bytes, image: Image.Image) -> Iterator[bytes]:
    """Photoshop, JPEG 2000, JPEG XR, BPG, PGF, BigTIFF, and Sigma's X3F."""
    resource = b"8BIM" + struct.pack(">HHI", 0x0422, 0, len(tiff)) + tiff
    planes = b"".join(band.tobytes() for band in image.split())
    for version, bits in ((1, 8), (1, 16), (2, 8)):
        head = struct.pack(">4sH6xHIIHH", b"8BPS", version, 3, image.height, image.width, bits, 3)
        yield (
            head
            + bytes(4)
            + struct.pack(">I", len(resource))
            + resource
            + bytes(4 * version + 2)
            + planes * (bits // 8)
        )
    for options in ({}, {"no_jp2": True}, {"tile_size": (16, 16), "offset": (1, 1)}):
        buffer = io.BytesIO()
        (image if "offset" in options else image.resize((1400, 900))).save(
            buffer, "JPEG2000", quality_mode="rates", quality_layers=[400], **options
        )
        exif = b"" if options.get("no_jp2") else _box(b"uuid", b"JpgTiffExif->JP2" + tiff)
        yield buffer.getvalue() + exif
    yield b"II\xbc\1" + _with_note(b"Nokia", b"").removeprefix(b"II*\0")
    yield (
        b"BPG\xfb\x20\x08\x30\x20\0"
        + bytes((128 + (len(tiff) + 4 >> 7), len(tiff) + 4 & 127, 1))
        + bytes((128 + (len(tiff) >> 7), len(tiff) & 127))
        + tiff
    )
    buffer = io.BytesIO()
    image.save(buffer, "PNG", exif=tiff)
    yield b"PGF6" + struct.pack("<III", 500, 48, 32) + bytes(8) + buffer.getvalue()
    buffer = io.BytesIO()
    image.save(buffer, "TIFF", big_tiff=True, tiffinfo={0x010F: "Hasselblad"})
    yield buffer.getvalue()
    text = "CAMMANUF\0SIGMA\0ISO\x00100\0".encode("utf-16-le")
    listed = b"SECp" + struct.pack("<9I", 0x20000, 2, 0, 0, len(text) // 2, 0, 9, 15, 19) + text
    jpeg = b"SECi" + struct.pack("<6I", 0x20000, 2, 18, 16, 16, 0) + _jpeg(b"Exif\0\0" + tiff)
    places = struct.pack("<II4sII4s", 40, len(listed), b"PROP", 40 + len(listed), len(jpeg), b"IMA2")
    directory = b"SECd" + struct.pack("<II", 0x20000, 2) + places
    yield b"FOVb".ljust(40, b"\0") + listed + jpeg + directory + struct.pack("<I", 40 + len(listed) + len(jpeg))


def _notes() -> Iterator[tuple[bytes, bytes]]:
    """MakerNotes of each layout that is read."""

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
    """A TIFF structure with a make at offset 60 and a MakerNote at offset 100."""
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
