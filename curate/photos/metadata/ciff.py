"""Camera labels from Canon's CIFF, given as EXIF tags; only what labels need is read."""

from __future__ import annotations

import struct
from datetime import UTC, datetime

from curate.containers.blocks import CiffBlock
from curate.containers.ciff import heap_values, open_heap
from curate.photos.metadata.makers import canon_arrays
from curate.photos.metadata.tags import Group, Tags

_MAKE_LENGTH = len(b"Canon\0")

_MODEL_NAME, _CAPTURED_TIME, _IMAGE_SPEC = 0x080A, 0x180E, 0x1810
_FOCAL_LENGTH, _SHOT_INFO, _CAMERA_SETTINGS = 0x1029, 0x102A, 0x102D
_WANTED = {_MODEL_NAME, _CAPTURED_TIME, _IMAGE_SPEC, _FOCAL_LENGTH, _SHOT_INFO, _CAMERA_SETTINGS}
CIFF_EXPOSURE = frozenset((Group.EXIF, tag) for tag in (0x829A, 0x829D, 0x8827, 0x920A))
"""The tags that come from Canon's coded arrays."""

_ROTATION = {90: 6, 180: 3, 270: 8}


def ciff_tags(block: CiffBlock) -> Tags:
    """Return make, model, capture time, rotation and exposure as EXIF tags; a damaged heap yields what could be reached."""
    heap = open_heap(block.file, block.start, block.end)
    if heap is None:
        return {}
    order = heap.order
    found: Tags = {}
    arrays: dict[int, tuple[int, ...]] = {}
    for tag, data in heap_values(heap, _WANTED):
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
