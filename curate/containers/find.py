"""Where a picture file keeps its metadata: finds the Exif (TIFF) and XMP blocks inside each container.

The blocks are then read by libraries (`curate.photos.metadata.tags`). They are found here because those libraries stop at
large vendor segments, fail on some HEIC files, and do not know CR3, RAF or JPEG XL.

Sources: Exif 3.0 §4.7, XMP part 3, and the formats' own specifications.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from itertools import chain, pairwise
from typing import BinaryIO

from curate.containers import jpeg, photoshop, png, webp
from curate.containers.blocks import TIFF_MAGIC, CiffBlock, Metadata, TiffBlock
from curate.containers.find_in_boxes import from_cr3, from_heif, from_jpeg_boxes
from curate.containers.sniff import TIFF_LIKE, Format
from curate.containers.stream import MAX_BLOCK, MAX_PARTS, Part, Window, file_size, read_at
from curate.containers.tiff import read_ifd
from curate.containers.x3f import jpeg_in, properties, sections

_XMP_HEADER = b"http://ns.adobe.com/xap/1.0/\0"
_MORE_XMP_HEADER = b"http://ns.adobe.com/xmp/extension/\0"


def find_metadata(file: BinaryIO, kind: Format) -> Metadata:
    """Return the metadata blocks of an open picture file; a damaged file yields what lies before the damage."""
    found = Metadata()
    finder = _FINDERS.get(kind)
    if finder is not None:
        finder(file, found)
    _from_photoshop(found)
    return found


def _from_photoshop(found: Metadata) -> None:
    """Photoshop's resources hold the Exif block of a picture too; it counts where the file has none of its own."""
    bare = not found.blocks
    for number, data in photoshop.image_resources(found.photoshop):
        if number == photoshop.EXIF and bare:
            found.add_exif(data)
        elif number == photoshop.XMP:
            found.xmp.append(data)


# --- JPEG


def _from_jpeg(file: BinaryIO, found: Metadata, start: int = 0, *, picture: bool = True) -> None:
    """Read the segments that a whole one follows, as exiftool does; else the file was cut and has no picture.

    A store of metadata alone needs no picture, so there every whole segment counts.
    """
    exif = b""
    more_xmp: dict[bytes, list[bytes]] = {}
    parts = jpeg.segments(file, start)
    if not picture:
        parts = chain(parts, (Part(jpeg.EOI, 0, 0, 0, 0),))
    for part, _ in pairwise(parts):
        marker = part.type
        if marker == jpeg.APP0 and read_at(file, part.body + 6, 8) == b"HEAPJPGM":
            found.blocks.append(CiffBlock(file, part.body, part.end))
        elif marker == jpeg.APP12:
            found.app12.append(part.read(file))
        elif marker == jpeg.APP13 and len(found.photoshop) < MAX_BLOCK:
            data = part.read(file)
            if data.startswith(photoshop.SEGMENT_HEADER):
                found.photoshop += data[len(photoshop.SEGMENT_HEADER) :]
        if marker != jpeg.APP1:
            continue
        data = part.read(file)
        if data[:5] == b"Exif\0":
            if exif and data[6:10] not in TIFF_MAGIC and len(exif) < MAX_BLOCK:
                exif += data[6:]  # a block of more than 64 kB goes on in the next segment
                found.blocks.pop()
            else:
                exif = data
            found.add_exif(exif)
        elif data.startswith(_XMP_HEADER):
            found.xmp.append(data[len(_XMP_HEADER) :])
        elif data.startswith(_MORE_XMP_HEADER):
            rest = data[len(_MORE_XMP_HEADER) :]  # an identifier, the whole length, this part's offset, the part
            more_xmp.setdefault(rest[:32], []).append(rest[36:])
        elif data[:8] in (b"<x:xmpme", b"<?xpacke"):
            found.xmp.append(data)
    for pieces in more_xmp.values():  # behind the main packet, which speaks first
        found.xmp.append(b"".join(piece[4:] for piece in sorted(pieces, key=lambda piece: piece[:4])))


def _from_exv(file: BinaryIO, found: Metadata) -> None:
    """Exiv2's store of metadata: five bytes, then segments as in JPEG."""
    _from_jpeg(file, found, start=5, picture=False)


# --- PNG, WebP, GIF


def _from_png(file: BinaryIO, found: Metadata, start: int = 0) -> None:
    for chunk in png.chunks(file, start):
        if chunk.type == b"eXIf":
            found.add_exif(chunk.read(file))
        elif chunk.type in (b"iTXt", b"zTXt", b"tEXt"):
            _png_text(chunk.type, chunk.read(file), found)


def _png_text(name: bytes, data: bytes, found: Metadata) -> None:
    """XMP in iTXt; and the hexadecimal profiles that ImageMagick wrote before eXIf was standard."""
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
    elif keyword in (b"Raw profile type iptc", b"Raw profile type 8bim") and not found.photoshop:
        found.photoshop = _raw_profile(_inflate(text) if packed else text)


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
    for chunk in webp.chunks(file):
        if chunk.type == b"EXIF":
            found.add_exif(chunk.read(file))
        elif chunk.type == b"XMP ":
            found.xmp.append(chunk.read(file))


def _from_gif(file: BinaryIO, found: Metadata) -> None:
    head = read_at(file, 0, MAX_BLOCK)
    at = head.find(b"\x21\xff\x0bXMP DataXMP")
    if at >= 0:  # the packet is plain, followed by a "magic trailer" that the parser never reaches
        end = head.find(b"<?xpacket end", at)
        if end > 0:
            found.xmp.append(head[at + 14 : end])


# --- Photoshop, BPG, PGF


def _from_psd(file: BinaryIO, found: Metadata) -> None:
    """A header, a palette, then the image resources; PSB differs only in what follows them."""
    head = read_at(file, 0, 30)
    if len(head) == 30:
        height, width, palette = struct.unpack(">14xII4xI", head)
        found.size = (width, height)
        length = read_at(file, 30 + palette, 4)
        found.photoshop = read_at(file, 34 + palette, int.from_bytes(length, "big"))


def _from_bpg(file: BinaryIO, found: Metadata) -> None:
    """Behind the sizes come extensions: a number, a length, the data (1: Exif, 3: XMP)."""
    head, at = read_at(file, 0, 64), 6

    def number(data: bytes) -> int:
        """Seven bits a byte, the highest set on all but the last."""
        nonlocal at
        value = 0
        for byte in data[at : at + 5]:
            at += 1
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                break
        return value

    found.size = (number(head), number(head))
    number(head)  # bytes of the picture
    if len(head) < 6 or not head[5] & 0x08:
        return
    size = number(head)
    extensions, at = read_at(file, at, size), 0
    for _ in range(MAX_PARTS):
        if at >= len(extensions):
            return
        tag, length = number(extensions), number(extensions)
        data = extensions[at : at + length]
        if tag == 1:
            found.add_exif(data.removeprefix(b"\0"))  # a byte that some writers put first
        elif tag == 3:
            found.xmp.append(data)
        at += length


def _from_pgf(file: BinaryIO, found: Metadata) -> None:
    """digiKam puts a PNG of one pixel behind the header, for its metadata alone."""
    head = read_at(file, 0, 16)
    if len(head) == 16:
        found.size = struct.unpack_from("<II", head, 8)
        if read_at(file, 24, 4) == b"\x89PNG":
            _from_png(file, found, start=24)


# --- RAW containers that are not TIFF themselves


def _from_raf(file: BinaryIO, found: Metadata) -> None:
    """Fujifilm: the header points at an embedded JPEG, whose Exif is the picture's."""
    pointer = read_at(file, 84, 4)
    if len(pointer) == 4:
        start = struct.unpack(">I", pointer)[0]
        if read_at(file, start, 2) == b"\xff\xd8":
            _from_jpeg(file, found, start)


def _from_x3f(file: BinaryIO, found: Metadata) -> None:
    """Sigma: properties, and previews whose Exif is the picture's."""
    for kind, start, length in sections(file):
        if kind == b"PROP":
            found.properties |= properties(file, start, length)
        elif kind == b"IMA2" and (picture := jpeg_in(file, start)) is not None:
            _from_jpeg(file, found, picture)


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


def _from_crw(file: BinaryIO, found: Metadata) -> None:
    found.blocks.append(CiffBlock(file, 0, file_size(file)))


# --- TIFF itself


def _from_tiff(file: BinaryIO, found: Metadata) -> None:
    """Some makers change TIFF's magic number; the readers need the standard one."""
    head = read_at(file, 0, 4)
    if head not in TIFF_MAGIC:
        file = io.BufferedReader(Window(file, head=head[:2] + (b"*\0" if head[:2] == b"II" else b"\0*")))
    found.blocks.append(TiffBlock(file))


def _from_jxr(file: BinaryIO, found: Metadata) -> None:
    """JPEG XR has tags of its own for its size."""
    _from_tiff(file, found)
    first = read_ifd(file, "<", int.from_bytes(read_at(file, 4, 4), "little"))
    width, height = (first.number(tag) or 0 for tag in (0xBC80, 0xBC81)) if first else (0, 0)
    if 1 <= width < 1 << 32 and 1 <= height < 1 << 32:
        found.size = round(width), round(height)


_FINDERS: dict[Format, Callable[[BinaryIO, Metadata], None]] = {
    **dict.fromkeys(TIFF_LIKE, _from_tiff),
    Format.JPEG: _from_jpeg,
    Format.MPO: _from_jpeg,
    Format.EXV: _from_exv,
    Format.PNG: _from_png,
    Format.WEBP: _from_webp,
    Format.HEIF: from_heif,
    Format.AVIF: from_heif,
    Format.CR3: from_cr3,
    Format.JXL: from_jpeg_boxes,
    Format.JP2: from_jpeg_boxes,
    Format.JXR: _from_jxr,
    Format.RAF: _from_raf,
    Format.MRW: _from_mrw,
    Format.CRW: _from_crw,
    Format.X3F: _from_x3f,
    Format.GIF: _from_gif,
    Format.PSD: _from_psd,
    Format.BPG: _from_bpg,
    Format.PGF: _from_pgf,
}
"""BMP is not here: it holds no metadata."""
