"""Metadata in files made of boxes: HEIF and AVIF, Canon's CR3, JPEG XL, JPEG 2000.

Sources: ISO/IEC 23008-12 (HEIF), 18181-2 (JPEG XL), 15444-1 and -2 (JPEG 2000), RFC 7932 (Brotli).
"""

from __future__ import annotations

import struct
from typing import BinaryIO

from curate.containers.blocks import TIFF_MAGIC, Directory, Metadata
from curate.containers.isobmff import Item, boxes, items, locations, primary_item, references
from curate.containers.photoshop import iptc_resource
from curate.containers.stream import MAX_BLOCK, Part, file_size, read_at

_CANON_UUID = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
_XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_EXIF_UUIDS = (b"JpgTiffExif->JP2", bytes.fromhex("0537cdab9d0c4431a72afa561f2a113e"))
_IPTC_UUIDS = (bytes.fromhex("33c7a4d2b81d4723a0baf1a3e097ad38"), bytes.fromhex("09a14e970c0b42e0bebf36df6f0ce36f"))
_PHOTOSHOP_UUID = bytes.fromhex("2c4c0100850440b9a03e562148d6dfeb")
_KNOWN_UUIDS = frozenset({_XMP_UUID, *_EXIF_UUIDS, *_IPTC_UUIDS, _PHOTOSHOP_UUID})
_CR3_PARTS = {b"CMT1": Directory.IMAGE, b"CMT2": Directory.EXIF, b"CMT4": Directory.GPS}
_MAX_ENTRY = 512
"""Bytes of an item's entry that are searched for what its data are."""


def from_heif(file: BinaryIO, found: Metadata) -> None:
    """Add the Exif and XMP items of the picture that a HEIF or AVIF file shows."""
    for box in boxes(file, 0, file_size(file)):
        if box.type == b"meta":
            _heif_items(file, box, found)
        elif box.type == b"uuid":
            _uuid(file, box, found)


def _heif_items(file: BinaryIO, meta: Part[bytes], found: Metadata) -> None:
    tables = {box.type: box for box in boxes(file, meta.body + 4, meta.end)}
    if b"iinf" not in tables or b"iloc" not in tables:
        return
    wanted = _of_primary(file, tables)
    idat = tables[b"idat"].body if b"idat" in tables else None
    places: dict[int, list[tuple[int, int]]] = {}
    for place in locations(file, tables[b"iloc"]):
        origin = {0: 0, 1: idat}.get(place.method)
        if origin is not None:
            places[place.item] = [(origin + offset, length) for offset, length in place.extents]
    for item, kind in wanted.items():
        data = b"".join(read_at(file, offset, length or MAX_BLOCK) for offset, length in places.get(item, ()))
        if kind == b"mime":
            found.xmp.append(data)
        else:
            _add_exif_item(data, found)


def _of_primary(file: BinaryIO, tables: dict[bytes, Part[bytes]]) -> dict[int, bytes]:
    """Number -> type of the metadata items that describe the picture that is shown; all where none says so."""
    kinds = {item.id: item.type for item in items(file, tables[b"iinf"]) if _is_metadata(file, item)}
    primary = primary_item(file, tables[b"pitm"]) if b"pitm" in tables else None
    described: dict[int, tuple[int, ...]] = {}
    if b"iref" in tables:
        described = {r.origin: r.targets for r in references(file, tables[b"iref"]) if r.type == b"cdsc"}
    chosen: dict[int, bytes] = {}
    for kind in (b"Exif", b"mime"):
        of_kind = [item for item, its_kind in kinds.items() if its_kind == kind]
        own = [item for item in of_kind if primary in described.get(item, ())]
        chosen.update(dict.fromkeys(own or of_kind, kind))
    return chosen


def _is_metadata(file: BinaryIO, item: Item) -> bool:
    """Exif, or data of a MIME type that says XML, which is XMP."""
    return item.type == b"Exif" or (item.type == b"mime" and b"rdf+xml" in item.entry.read(file, _MAX_ENTRY))


def _add_exif_item(data: bytes, found: Metadata) -> None:
    """An Exif item starts with the distance to the TIFF header; some writers get it wrong."""
    if len(data) > 4:
        skip = 4 + struct.unpack(">I", data[:4])[0]
        found.add_exif(data[skip:] if data[skip : skip + 4] in TIFF_MAGIC else data[4:])


def _uuid(file: BinaryIO, box: Part[bytes], found: Metadata) -> None:
    name = read_at(file, box.body, 16)
    data = read_at(file, box.body + 16, box.end - box.body - 16) if name in _KNOWN_UUIDS else b""
    if name == _XMP_UUID:
        found.xmp.append(data)
    elif name in _EXIF_UUIDS:
        found.add_exif(data)
    elif name in _IPTC_UUIDS:
        found.photoshop = iptc_resource(data)
    elif name == _PHOTOSHOP_UUID:
        found.photoshop = data


def from_cr3(file: BinaryIO, found: Metadata) -> None:
    """Add the TIFF blocks of Canon's CR3, one for each directory, and its XMP."""
    for box in boxes(file, 0, file_size(file)):
        if box.type == b"uuid":
            _uuid(file, box, found)
        elif box.type == b"moov":
            for inner in boxes(file, box.body, box.end):
                if inner.type == b"uuid" and read_at(file, inner.body, 16) == _CANON_UUID:
                    for part in boxes(file, inner.body + 16, inner.end):
                        if part.type in _CR3_PARTS:
                            found.add_exif(part.read(file), _CR3_PARTS[part.type])


def from_jpeg_boxes(file: BinaryIO, found: Metadata) -> None:
    """Add what JPEG XL and JPEG 2000 hold; a bare codestream (`FF 0A`, `FF 4F`) holds no metadata."""
    if read_at(file, 0, 1) == b"\xff":
        return
    unpacked: set[bytes] = set()  # one box of a kind: each may grow to MAX_BLOCK
    for box in boxes(file, 0, file_size(file)):
        name = box.type
        if name == b"uuid":
            _uuid(file, box, found)
        elif name == b"jp2h":
            for inner in boxes(file, box.body, box.end):
                if inner.type == b"uuid":
                    _uuid(file, inner, found)
        data = box.read(file) if name in (b"Exif", b"xml ", b"brob") else b""
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
