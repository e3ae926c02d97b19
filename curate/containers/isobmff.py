"""Metadata in files made of boxes: HEIF and AVIF, Canon's CR3, JPEG XL, JPEG 2000.

Sources: ISO/IEC 14496-12 (boxes), 23008-12 (HEIF: items and where they lie), 18181-2 (JPEG XL), 15444-1 and -2
(JPEG 2000), RFC 7932 (Brotli).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from curate.containers.blocks import MAX_BLOCK, MAX_PARTS, TIFF_MAGIC, Directory, Metadata, file_size, read_at
from curate.photos.metadata.iptc import iptc_resource

_CANON_UUID = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
_XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_EXIF_UUIDS = (b"JpgTiffExif->JP2", bytes.fromhex("0537cdab9d0c4431a72afa561f2a113e"))
_IPTC_UUIDS = (bytes.fromhex("33c7a4d2b81d4723a0baf1a3e097ad38"), bytes.fromhex("09a14e970c0b42e0bebf36df6f0ce36f"))
_PHOTOSHOP_UUID = bytes.fromhex("2c4c0100850440b9a03e562148d6dfeb")
_KNOWN_UUIDS = frozenset({_XMP_UUID, *_EXIF_UUIDS, *_IPTC_UUIDS, _PHOTOSHOP_UUID})


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


def from_heif(file: BinaryIO, found: Metadata) -> None:
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
    wanted = _of_primary(file, inside, kinds)
    idat = inside[b"idat"][0] if b"idat" in inside else None
    where = _item_places(read_at(file, inside[b"iloc"][0], inside[b"iloc"][1] - inside[b"iloc"][0]), set(wanted), idat)
    for item, kind in wanted.items():
        data = b"".join(read_at(file, offset, length or MAX_BLOCK) for offset, length in where.get(item, ()))
        if kind == b"mime":
            found.xmp.append(data)
        else:
            _add_exif_item(data, found)


def _add_exif_item(data: bytes, found: Metadata) -> None:
    """An Exif item starts with the distance to the TIFF header; some writers get it wrong."""
    if len(data) > 4:
        skip = 4 + struct.unpack(">I", data[:4])[0]
        found.add_exif(data[skip:] if data[skip : skip + 4] in TIFF_MAGIC else data[4:])


def _of_primary(file: BinaryIO, inside: dict[bytes, tuple[int, int]], kinds: dict[int, bytes]) -> dict[int, bytes]:
    """Of a file with several pictures, the metadata items that describe the primary one; all where none says so."""
    start, stop = inside.get(b"pitm", (0, 0))
    pitm = read_at(file, start, min(stop - start, 8))
    primary = int.from_bytes(pitm[4:6] if pitm[:1] == b"\0" else pitm[4:8], "big")
    described = _described(file, *inside.get(b"iref", (0, 0)))
    chosen: dict[int, bytes] = {}
    for kind in (b"Exif", b"mime"):
        items = [item for item, its_kind in kinds.items() if its_kind == kind]
        own = [item for item in items if primary in described.get(item, ())]
        chosen.update(dict.fromkeys(own or items, kind))
    return chosen


def _described(file: BinaryIO, start: int, stop: int) -> dict[int, set[int]]:
    """Item number -> the items that it describes (references of type `cdsc`)."""
    size, code = (2, "H") if read_at(file, start, 1) == b"\0" else (4, "I")
    described: dict[int, set[int]] = {}
    for name, a, b in boxes(file, start + 4, stop):
        data = read_at(file, a, min(b - a, 2 + size * MAX_PARTS))
        if name == b"cdsc" and len(data) >= size + 2:
            targets = data[size + 2 :]  # behind the item's own number and a count
            described[int.from_bytes(data[:size], "big")] = set(
                struct.unpack_from(f">{len(targets) // size}{code}", targets)
            )
    return described


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
    name = read_at(file, start, 16)
    data = read_at(file, start + 16, stop - start - 16) if name in _KNOWN_UUIDS else b""
    if name == _XMP_UUID:
        found.xmp.append(data)
    elif name in _EXIF_UUIDS:
        found.add_exif(data)
    elif name in _IPTC_UUIDS:
        found.photoshop = iptc_resource(data)
    elif name == _PHOTOSHOP_UUID:
        found.photoshop = data


_CR3_PARTS = {b"CMT1": Directory.IMAGE, b"CMT2": Directory.EXIF, b"CMT4": Directory.GPS}


def from_cr3(file: BinaryIO, found: Metadata) -> None:
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


def from_jpeg_boxes(file: BinaryIO, found: Metadata) -> None:
    """JPEG XL and JPEG 2000; a bare codestream (`FF 0A`, `FF 4F`) holds no metadata."""
    if read_at(file, 0, 1) == b"\xff":
        return
    unpacked: set[bytes] = set()  # one box of a kind: each may grow to MAX_BLOCK
    for name, start, stop in boxes(file, 0, file_size(file)):
        if name == b"uuid":
            _uuid(file, start, stop, found)
        elif name == b"jp2h":
            for inner, a, b in boxes(file, start, stop):
                if inner == b"uuid":
                    _uuid(file, a, b, found)
        data = read_at(file, start, stop - start) if name in (b"Exif", b"xml ", b"brob") else b""
        if name == b"brob" and data[:4] in (b"Exif", b"xml ") and data[:4] not in unpacked:
            name = data[:4]
            unpacked.add(name)
            data = _brotli(data[4:])
            if not data:
                found.unread.append(f"{name.decode().strip()}: a Brotli-compressed box, which is damaged")
        if name == b"Exif":
            _add_exif_item(data, found)
        elif name == b"xml ":
            found.xmp.append(data)


def _brotli(data: bytes) -> bytes:
    """Decompress up to `MAX_BLOCK` bytes; nothing where the stream is damaged."""
    import pyarrow as pa  # takes longer to load than most files to read, and few files need it

    try:
        with pa.CompressedInputStream(pa.BufferReader(data), "brotli") as stream:
            return bytes(stream.read(MAX_BLOCK))
    except (OSError, ValueError, NotImplementedError):  # NotImplementedError: a pyarrow that was built without Brotli
        return b""
