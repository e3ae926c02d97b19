"""Canon's CIFF, the camera image file format: `.crw` files, and a segment in JPEGs of Canon's first cameras.

A heap of values whose directory lies at its end; directories can hold heaps. Only what EXIF labels need is read, and
given as EXIF tags. Source: Canon, CIFF specification on image data file, version 1.0 revision 4.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import BinaryIO

from curate.containers.blocks import CiffBlock, read_at
from curate.photos.metadata.makers import canon_arrays
from curate.photos.metadata.tags import Group, Tags

_MAX_DEPTH, _MAX_ENTRIES = 6, 512
_MAKE_LENGTH = len(b"Canon\0")

_MODEL_NAME, _CAPTURED_TIME, _IMAGE_SPEC = 0x080A, 0x180E, 0x1810
_FOCAL_LENGTH, _SHOT_INFO, _CAMERA_SETTINGS = 0x1029, 0x102A, 0x102D
_WANTED = (_MODEL_NAME, _CAPTURED_TIME, _IMAGE_SPEC, _FOCAL_LENGTH, _SHOT_INFO, _CAMERA_SETTINGS)
CIFF_EXPOSURE = frozenset((Group.EXIF, tag) for tag in (0x829A, 0x829D, 0x8827, 0x920A))
"""The tags that come from Canon's coded arrays."""

_ROTATION = {90: 6, 180: 3, 270: 8}


def ciff_tags(block: CiffBlock) -> Tags:
    """Return make, model, capture time, rotation and exposure as EXIF tags; a damaged heap yields what could be reached."""
    head = read_at(block.file, block.start, 6)
    if len(head) < 6 or head[:2] not in (b"II", b"MM"):
        return {}
    order = "<" if head[:2] == b"II" else ">"
    start = block.start + struct.unpack(order + "I", head[2:])[0]
    found: Tags = {}
    arrays: dict[int, tuple[int, ...]] = {}
    for tag, data in _values(block.file, order, start, block.end, 0):
        if tag == _MODEL_NAME:
            make, model = data[:_MAKE_LENGTH], data[_MAKE_LENGTH:]
            found.setdefault((Group.IMAGE, 0x010F), make.split(b"\0")[0])
            found.setdefault((Group.IMAGE, 0x0110), model.split(b"\0")[0])
        elif tag == _CAPTURED_TIME and len(data) >= 4:
            seconds = struct.unpack_from(order + "I", data)[0]
            if seconds:  # of the camera's own clock, not of UTC
                found[Group.EXIF, 0x9003] = datetime.fromtimestamp(seconds, UTC).strftime("%Y:%m:%d %H:%M:%S")
        elif tag == _IMAGE_SPEC and len(data) >= 16:
            rotation = struct.unpack_from(order + "i", data, 12)[0] % 360
            if rotation in _ROTATION:
                found[Group.IMAGE, 0x0112] = (_ROTATION[rotation],)
        elif tag in (_FOCAL_LENGTH, _SHOT_INFO, _CAMERA_SETTINGS):
            arrays[tag] = struct.unpack_from(f"{order}{len(data) // 2}H", data)
    settings, shot, focal = (arrays.get(tag, ()) for tag in (_CAMERA_SETTINGS, _SHOT_INFO, _FOCAL_LENGTH))
    name = found.get((Group.IMAGE, 0x0110))
    model_name = name.decode("latin-1") if isinstance(name, bytes) else ""
    raw = block.start == 0  # a file of its own; else a segment in a JPEG
    note = canon_arrays(settings, shot, focal, model_name, raw=raw, sure=True)
    for exif_tag, value in (
        (0x829A, note.exposure_s),
        (0x829D, note.aperture),
        (0x8827, None if note.iso is None else round(note.iso)),
        (0x920A, note.focal_mm),
    ):
        if value is not None:
            found[Group.EXIF, exif_tag] = (value,)
    return found


def _values(file: BinaryIO, order: str, start: int, end: int, depth: int) -> Iterator[tuple[int, bytes]]:
    """Yield (tag, bytes) of the wanted values in a heap and the heaps inside it."""
    tail = read_at(file, end - 4, 4)
    if depth > _MAX_DEPTH or end - start < 6 or len(tail) < 4:
        return
    directory = start + struct.unpack(order + "I", tail)[0]
    count = read_at(file, directory, 2)
    if len(count) < 2 or directory >= end:
        return
    entries = read_at(file, directory + 2, 10 * min(struct.unpack(order + "H", count)[0], _MAX_ENTRIES))
    for kind, size, offset in struct.iter_unpack(order + "HII", entries[: len(entries) // 10 * 10]):
        tag, inside = kind & 0x3FFF, start + offset
        if kind & 0xC000 == 0x4000:  # the value lies in the entry itself
            yield tag, struct.pack(order + "II", size, offset)
        elif kind & 0x3800 in (0x2800, 0x3000):
            if start <= inside and inside + size < end:  # strictly inside its parent, so this ends
                yield from _values(file, order, inside, inside + size, depth + 1)
        elif tag in _WANTED:
            yield tag, read_at(file, inside, min(size, 256))
