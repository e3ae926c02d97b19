"""Where a picture file keeps its metadata: finds the Exif (TIFF) and XMP blocks inside each container.

The blocks are then read by libraries (`tags.py`). Finding them here rather than leaving it to those libraries is what
makes every container readable: they stop at large vendor segments, assert on some HEIC files, and know no CR3, RAF or
JPEG XL. The walkers are bounded: they follow at most `MAX_PARTS` parts, copy at most `MAX_BLOCK` bytes of any one, and
never loop, because every step moves forwards.

Sources: JPEG (ITU T.81 annex B), Exif 3.0 §4.7, XMP part 3, PNG (W3C, 3rd edition), WebP container, ISO/IEC 14496-12
and 23008-12 (HEIF), 18181-2 (JPEG XL), TIFF 6.0.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from typing import BinaryIO

from curate.photos.formats import TIFF_LIKE, Format

MAX_PARTS = 4096
"""Segments, chunks, boxes or items looked at in one file."""

MAX_BLOCK = 16 << 20
"""Bytes copied of one metadata block."""

_CANON_UUID = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
_XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_TIFF_MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_XMP_HEADER = b"http://ns.adobe.com/xap/1.0/\0"


class Directory(StrEnum):
    """What a TIFF block's first directory holds. Only Canon's CR3 splits them up."""

    IMAGE = "image"
    EXIF = "exif"
    GPS = "gps"


@dataclass(frozen=True, slots=True)
class TiffBlock:
    """One TIFF structure: the stream's position 0 is its header."""

    stream: BinaryIO
    directory: Directory = Directory.IMAGE


@dataclass(frozen=True, slots=True)
class CiffBlock:
    """One of Canon's CIFF structures, from `start` to `end` in the file."""

    file: BinaryIO
    start: int
    end: int


@dataclass(slots=True)
class Metadata:
    """The metadata blocks of one file, in the order they appear."""

    blocks: list[TiffBlock | CiffBlock] = field(default_factory=list)
    xmp: list[bytes] = field(default_factory=list)

    def add_exif(self, data: bytes, directory: Directory = Directory.IMAGE) -> None:
        """Add an Exif block, with or without its `Exif\\0\\0` prefix."""
        at = next((i for i in (0, 6, 12) if data[i : i + 4] in _TIFF_MAGIC), None)
        if at is not None and _credible(data, at):
            self.blocks.append(TiffBlock(io.BytesIO(data[at:]), directory))


def _credible(data: bytes, at: int) -> bool:
    """Whether at least half of the first directory lies inside the block; otherwise its entries are noise."""
    if data[at + 2 : at + 3] == b"+" or data[at + 3 : at + 4] == b"+":  # BigTIFF counts otherwise
        return True
    order = "<" if data[at : at + 2] == b"II" else ">"
    if len(data) < at + 8:
        return False
    first: int = at + struct.unpack_from(order + "I", data, at + 4)[0]
    if first + 2 > len(data):
        return False
    count: int = struct.unpack_from(order + "H", data, first)[0]
    return 2 * (len(data) - first - 2) >= 12 * count


def find_metadata(file: BinaryIO, kind: Format) -> Metadata:
    """Return the metadata blocks of an open picture file; a damaged file yields what lies before the damage."""
    found = Metadata()
    if kind in (Format.JPEG, Format.MPO):
        _from_jpeg(file, found)
    elif kind is Format.EXV:
        _from_jpeg(file, found, start=5)
    elif kind is Format.PNG:
        _from_png(file, found)
    elif kind is Format.WEBP:
        _from_webp(file, found)
    elif kind in (Format.HEIF, Format.AVIF):
        _from_heif(file, found)
    elif kind is Format.CR3:
        _from_cr3(file, found)
    elif kind is Format.JXL:
        _from_jxl(file, found)
    elif kind is Format.RAF:
        _from_raf(file, found)
    elif kind is Format.MRW:
        _from_mrw(file, found)
    elif kind is Format.CRW:
        found.blocks.append(CiffBlock(file, 0, file_size(file)))
    elif kind is Format.GIF:
        _from_gif(file, found)
    elif kind in TIFF_LIKE:
        found.blocks.append(TiffBlock(_as_tiff(file)))
    return found


def read_at(file: BinaryIO, offset: int, count: int) -> bytes:
    """Return up to `count` bytes at an offset; fewer where the file ends, none at an impossible offset."""
    if offset < 0 or offset >= 1 << 63 or count <= 0:
        return b""
    file.seek(offset)
    return file.read(min(count, MAX_BLOCK))


# --- JPEG


def jpeg_segments(file: BinaryIO, start: int = 0) -> Iterator[tuple[int, int, int]]:
    """Yield (marker, offset of the payload, its length) of each whole segment, up to start of scan or the end.

    Stray bytes between segments are skipped, as decoders do.
    """
    at, size = start + 2, file_size(file)
    for _ in range(MAX_PARTS):
        head = read_at(file, at, 4)
        if len(head) < 4:
            return
        if head[0] != 0xFF:
            window = read_at(file, at, 1 << 16)
            skip = window.find(b"\xff")
            if skip < 0:
                return
            at += skip
            continue
        marker = head[1]
        if marker == 0xFF:  # fill byte
            run = read_at(file, at, 1 << 16)
            at += max(1, len(run) - len(run.lstrip(b"\xff")) - 1)
            continue
        if marker == 0 or marker == 0x01 or 0xD0 <= marker <= 0xD8:  # no payload
            at += 2
            continue
        if marker == 0xD9:
            yield marker, at + 2, 0
            return
        length = struct.unpack(">H", head[2:])[0] - 2
        if length < 0:
            at += 2
            continue
        if at + 4 + length > size:
            return
        yield marker, at + 4, length
        if marker == 0xDA:
            return
        at += 4 + length


def _from_jpeg(file: BinaryIO, found: Metadata, start: int = 0) -> None:
    """Read the segments that a whole one follows, as exiftool does; else the file was cut and has no picture."""
    exif = b""
    for (marker, offset, length), _ in pairwise(jpeg_segments(file, start)):
        if marker == 0xE0 and read_at(file, offset + 6, 8) == b"HEAPJPGM":
            found.blocks.append(CiffBlock(file, offset, offset + length))
        if marker != 0xE1:
            continue
        data = read_at(file, offset, length)
        if data[:5] == b"Exif\0":
            if exif and data[6:10] not in _TIFF_MAGIC and len(exif) < MAX_BLOCK:
                exif += data[6:]  # a block of more than 64 kB goes on in the next segment
                found.blocks.pop()
            else:
                exif = data
            found.add_exif(exif)
        elif data.startswith(_XMP_HEADER):
            found.xmp.append(data[len(_XMP_HEADER) :])
        elif data[:8] in (b"<x:xmpme", b"<?xpacke"):
            found.xmp.append(data)


# --- PNG, WebP, GIF


def _from_png(file: BinaryIO, found: Metadata) -> None:
    at = 8
    for _ in range(MAX_PARTS):
        head = read_at(file, at, 8)
        if len(head) < 8 or head[4:] == b"IEND":
            return
        length, name = struct.unpack(">I4s", head)
        if name == b"eXIf":
            found.add_exif(read_at(file, at + 8, length))
        elif name in (b"iTXt", b"zTXt", b"tEXt"):
            _png_text(name, read_at(file, at + 8, length), found)
        at += 12 + length


def _png_text(name: bytes, data: bytes, found: Metadata) -> None:
    """XMP in iTXt; and the hexadecimal Exif profiles that ImageMagick wrote before eXIf was standard."""
    keyword, _, rest = data.partition(b"\0")
    if name == b"iTXt":
        packed, parts = rest[:1] == b"\1", rest[2:].split(b"\0", 2)
        text = parts[2] if len(parts) == 3 else b""
    else:
        packed, text = name == b"zTXt", rest[1:] if name == b"zTXt" else rest
    if keyword == b"XML:com.adobe.xmp":
        found.xmp.append(_inflate(text) if packed else text)
    elif keyword in (b"Raw profile type exif", b"Raw profile type APP1", b"Raw profile type xmp"):
        profile = _raw_profile(_inflate(text) if packed else text)
        if profile.startswith(_XMP_HEADER):
            found.xmp.append(profile[len(_XMP_HEADER) :])
        elif keyword.endswith(b"xmp"):
            found.xmp.append(profile)
        else:
            found.add_exif(profile)


def _raw_profile(text: bytes) -> bytes:
    """Decode ImageMagick's form: a name, a length, then lines of hexadecimal digits."""
    words = text.split(None, 2)
    if len(words) < 3:
        return b""
    try:
        return bytes.fromhex(words[2].decode("ascii", errors="replace"))
    except ValueError:
        return b""


def _inflate(data: bytes) -> bytes:
    """Decompress up to `MAX_BLOCK` bytes; what a damaged stream yields before the damage is lost, not an error."""
    try:
        return zlib.decompressobj().decompress(data, MAX_BLOCK)
    except zlib.error:
        return b""


def _from_webp(file: BinaryIO, found: Metadata) -> None:
    at = 12
    for _ in range(MAX_PARTS):
        head = read_at(file, at, 8)
        if len(head) < 8:
            return
        name, length = struct.unpack("<4sI", head)
        if name == b"EXIF":
            found.add_exif(read_at(file, at + 8, length))
        elif name == b"XMP ":
            found.xmp.append(read_at(file, at + 8, length))
        at += 8 + length + (length & 1)


def _from_gif(file: BinaryIO, found: Metadata) -> None:
    head = read_at(file, 0, MAX_BLOCK)
    at = head.find(b"\x21\xff\x0bXMP DataXMP")
    if at >= 0:  # the packet is plain, followed by a "magic trailer" that the parser never reaches
        end = head.find(b"<?xpacket end", at)
        if end > 0:
            found.xmp.append(head[at + 14 : end])


# --- ISO base media: HEIF, AVIF, CR3, and JPEG XL's boxes


def boxes(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield (type, start of the content, end of the content) of the boxes in a range of the file."""
    at = start
    for _ in range(MAX_PARTS):
        head = read_at(file, at, 16)
        if len(head) < 8 or at >= end:
            return
        size, name = struct.unpack_from(">I4s", head)
        content = at + 8
        if size == 1 and len(head) == 16:
            size = struct.unpack_from(">Q", head, 8)[0]
            content = at + 16
        stop = end if size == 0 else at + size
        if stop < content:
            return
        yield name, content, min(stop, end)
        at = stop


def file_size(file: BinaryIO) -> int:
    """Return the length of an open file."""
    return file.seek(0, io.SEEK_END)


def _from_heif(file: BinaryIO, found: Metadata) -> None:
    end = file_size(file)
    for name, start, stop in boxes(file, 0, end):
        if name == b"meta":
            _heif_items(file, start + 4, stop, found)
        elif name == b"uuid":
            _uuid(file, start, stop, found)


def _heif_items(file: BinaryIO, start: int, stop: int, found: Metadata) -> None:
    inside = {name: (a, b) for name, a, b in boxes(file, start, stop)}
    if b"iinf" not in inside or b"iloc" not in inside:
        return
    kinds = _item_kinds(file, *inside[b"iinf"])
    wanted = {item: kind for item, kind in kinds.items() if kind in (b"Exif", b"mime")}
    idat = inside[b"idat"][0] if b"idat" in inside else None
    where = _item_places(read_at(file, inside[b"iloc"][0], inside[b"iloc"][1] - inside[b"iloc"][0]), set(wanted), idat)
    for item, kind in wanted.items():
        data = b"".join(read_at(file, offset, length or MAX_BLOCK) for offset, length in where.get(item, ()))
        if kind == b"mime":
            found.xmp.append(data)
        elif len(data) > 4:
            # The item starts with the distance to the TIFF header; some writers get it wrong.
            skip = 4 + struct.unpack(">I", data[:4])[0]
            found.add_exif(data[skip:] if data[skip : skip + 4] in _TIFF_MAGIC else data[4:])


def _item_kinds(file: BinaryIO, start: int, stop: int) -> dict[int, bytes]:
    """Item number -> its four-letter type; `mime` only where it says XML."""
    version = read_at(file, start, 1)
    first = start + (6 if version == b"\0" else 8)
    kinds: dict[int, bytes] = {}
    for name, a, b in boxes(file, first, stop):
        data = read_at(file, a, min(b - a, 512))
        if name != b"infe" or len(data) < 12 or data[0] < 2:
            continue
        if data[0] == 2:
            item, kind, rest = struct.unpack_from(">H", data, 4)[0], data[8:12], data[12:]
        else:
            item, kind, rest = struct.unpack_from(">I", data, 4)[0], data[10:14], data[14:]
        if kind == b"Exif" or (kind == b"mime" and b"rdf+xml" in rest):
            kinds[item] = kind
    return kinds


def _item_places(iloc: bytes, wanted: set[int], idat: int | None) -> dict[int, list[tuple[int, int]]]:
    """Item number -> its extents as (offset in the file, length); items stored elsewhere are left out."""
    places: dict[int, list[tuple[int, int]]] = {}
    try:
        version = iloc[0]
        offset_size, length_size, base_size, index_size = iloc[4] >> 4, iloc[4] & 15, iloc[5] >> 4, iloc[5] & 15
        wide = version == 2
        at = 6

        def number(size: int) -> int:
            nonlocal at
            if at + size > len(iloc):
                raise IndexError
            at += size
            return int.from_bytes(iloc[at - size : at], "big")

        for _ in range(min(number(4 if wide else 2), MAX_PARTS)):
            item = number(4 if wide else 2)
            method = number(2) & 15 if version in (1, 2) else 0
            number(2)  # data reference: 0 is this file
            base = number(base_size)
            extents = []
            for _ in range(min(number(2), MAX_PARTS)):
                if version in (1, 2):
                    number(index_size)
                extents.append((base + number(offset_size), number(length_size)))
            if item in wanted and method == 0:
                places[item] = extents
            elif item in wanted and method == 1 and idat is not None:
                places[item] = [(idat + offset, length) for offset, length in extents]
    except IndexError:
        pass  # the table ends early: what was read of it stands
    return places


def _uuid(file: BinaryIO, start: int, stop: int, found: Metadata) -> None:
    if read_at(file, start, 16) == _XMP_UUID:
        found.xmp.append(read_at(file, start + 16, stop - start - 16))


_CR3_PARTS = {b"CMT1": Directory.IMAGE, b"CMT2": Directory.EXIF, b"CMT4": Directory.GPS}


def _from_cr3(file: BinaryIO, found: Metadata) -> None:
    end = file_size(file)
    for name, start, stop in boxes(file, 0, end):
        if name == b"uuid":
            _uuid(file, start, stop, found)
        elif name == b"moov":
            for inner, a, b in boxes(file, start, stop):
                if inner == b"uuid" and read_at(file, a, 16) == _CANON_UUID:
                    for part, c, d in boxes(file, a + 16, b):
                        if part in _CR3_PARTS:
                            found.add_exif(read_at(file, c, d - c), _CR3_PARTS[part])


def _from_jxl(file: BinaryIO, found: Metadata) -> None:
    if read_at(file, 0, 2) == b"\xff\x0a":  # a bare codestream holds no metadata
        return
    for name, start, stop in boxes(file, 0, file_size(file)):
        if name == b"Exif":
            data = read_at(file, start, stop - start)
            if len(data) > 4:
                found.add_exif(data[4 + struct.unpack(">I", data[:4])[0] :])
        elif name == b"xml ":
            found.xmp.append(read_at(file, start, stop - start))


# --- RAW containers that are not TIFF themselves


def _from_raf(file: BinaryIO, found: Metadata) -> None:
    """Fujifilm: the header points at an embedded JPEG, whose Exif is the picture's."""
    pointer = read_at(file, 84, 4)
    if len(pointer) == 4:
        start = struct.unpack(">I", pointer)[0]
        if read_at(file, start, 2) == b"\xff\xd8":
            _from_jpeg(file, found, start)


def _from_mrw(file: BinaryIO, found: Metadata) -> None:
    """Minolta: named parts, one of which (`TTW`) is a TIFF structure."""
    head = read_at(file, 0, 8)
    end = 8 + struct.unpack(">I", head[4:])[0] if len(head) == 8 else 0
    at = 8
    for _ in range(MAX_PARTS):
        part = read_at(file, at, 8)
        if len(part) < 8 or at >= end:
            return
        name, length = struct.unpack(">4sI", part)
        if name == b"\0TTW":
            found.add_exif(read_at(file, at + 8, length))
        at += 8 + length


class Window(io.RawIOBase):
    """A file seen from an offset on, with other first bytes if asked: an embedded picture, or a maker's own TIFF."""

    def __init__(self, file: BinaryIO, start: int = 0, head: bytes = b"") -> None:
        self._file, self._start, self._head, self._at = file, start, head, 0
        self._size = max(0, file_size(file) - start)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        if self._at >= self._size:
            return 0
        self._file.seek(self._start + self._at)
        data = bytearray(self._file.read(len(buffer)))
        covered = self._head[self._at : self._at + len(data)]
        data[: len(covered)] = covered
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


def _as_tiff(file: BinaryIO) -> BinaryIO:
    """Some makers change TIFF's magic number; the readers need the standard one."""
    head = read_at(file, 0, 4)
    if head in _TIFF_MAGIC:
        return file
    return io.BufferedReader(Window(file, head=head[:2] + (b"*\0" if head[:2] == b"II" else b"\0*")))
