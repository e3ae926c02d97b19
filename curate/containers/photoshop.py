"""Photoshop's image resources: numbered blocks in a JPEG's APP13 segments, in PSD files and in other containers.

Source: the Photoshop file format specification, image resource blocks.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

SEGMENT_HEADER = b"Photoshop 3.0\0"
"""What an APP13 segment with resources begins with."""

IPTC, EXIF, XMP = 0x0404, 0x0422, 0x0424
"""Numbers of the resources that hold metadata of these kinds."""

_SIGNATURES = (b"8BIM", b"PHUT", b"AgHg", b"DCSR", b"MeSa")  # the first is Photoshop's, the others of its companions
_MAX_RESOURCES = 512


def image_resources(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (number, content) of the resources in Photoshop's segments, joined and without their header."""
    at = 0
    for _ in range(_MAX_RESOURCES):
        if data[at : at + 4] not in _SIGNATURES or len(data) < at + 12:
            return
        name = (data[at + 6] + 2) & ~1  # a Pascal string, padded to an even length
        size_at = at + 6 + name
        if len(data) < size_at + 4:
            return
        size: int = struct.unpack_from(">I", data, size_at)[0]
        yield struct.unpack_from(">H", data, at + 4)[0], data[size_at + 4 : size_at + 4 + size]
        at = size_at + 4 + size + (size & 1)


def iptc_resource(records: bytes) -> bytes:
    """Return IPTC records as a resource, for containers that hold them bare."""
    return b"8BIM" + struct.pack(">HHI", IPTC, 0, len(records)) + records
