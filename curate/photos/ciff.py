"""Canon's CIFF, the camera image file format: `.crw` files, and a segment in JPEGs of Canon's first cameras.

A heap of values whose directory lies at its end; directories can hold heaps. Only what EXIF labels need is read, and
given as EXIF tags. Source: Canon, CIFF specification on image data file, version 1.0 revision 4.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import BinaryIO

from curate.photos.blocks import CiffBlock, read_at
from curate.photos.makernote import canon_iso
from curate.photos.tags import Group, Tags

_MAX_DEPTH, _MAX_ENTRIES = 6, 512

_MODEL_NAME, _CAPTURED_TIME, _IMAGE_SPEC = 0x080A, 0x180E, 0x1810
_SHOT_INFO, _CAMERA_SETTINGS = 0x102A, 0x102D
_WANTED = (_MODEL_NAME, _CAPTURED_TIME, _IMAGE_SPEC, _SHOT_INFO, _CAMERA_SETTINGS)
_ROTATION = {0: 1, 90: 6, 180: 3, 270: 8}


def ciff_tags(block: CiffBlock) -> Tags:
    """Return make, model, capture time, rotation and ISO as EXIF tags; a damaged heap yields what could be reached."""
    head = read_at(block.file, block.start, 6)
    if len(head) < 6 or head[:2] not in (b"II", b"MM"):
        return {}
    order = "<" if head[:2] == b"II" else ">"
    start = block.start + struct.unpack(order + "I", head[2:])[0]
    found: Tags = {}
    arrays: dict[int, tuple[int, ...]] = {}
    for tag, data in _values(block.file, order, start, block.end, 0):
        if tag == _MODEL_NAME:
            make, _, model = data.partition(b"\0")
            found[Group.IMAGE, 0x010F], found[Group.IMAGE, 0x0110] = make, model.split(b"\0")[0]
        elif tag == _CAPTURED_TIME and len(data) >= 4:
            seconds = struct.unpack_from(order + "I", data)[0]
            if seconds:  # of the camera's own clock, not of UTC
                found[Group.EXIF, 0x9003] = datetime.fromtimestamp(seconds, UTC).strftime("%Y:%m:%d %H:%M:%S")
        elif tag == _IMAGE_SPEC and len(data) >= 16:
            rotation = struct.unpack_from(order + "i", data, 12)[0] % 360
            found[Group.IMAGE, 0x0112] = (_ROTATION.get(rotation, 1),)
        elif tag in (_SHOT_INFO, _CAMERA_SETTINGS):
            arrays[tag] = struct.unpack_from(f"{order}{len(data) // 2}H", data)
    iso = canon_iso(arrays.get(_CAMERA_SETTINGS, ()), arrays.get(_SHOT_INFO, ()))
    if iso is not None:
        found[Group.EXIF, 0x8827] = (round(iso),)
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
