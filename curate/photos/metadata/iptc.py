"""What IPTC metadata tell: the date that a photo was taken, as archives and agencies write it, and instructions.

Source: IPTC-NAA Information Interchange Model 4.2, datasets 2:40, 2:55 and 2:60; the Photoshop file format's image resource
blocks, of which number 0x0404 holds them in JPEG files. Both date and time must be there: a date alone is often that of a
historical event, not of a photo.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

PHOTOSHOP = b"Photoshop 3.0\0"
_SIGNATURES = (b"8BIM", b"PHUT", b"AgHg", b"DCSR", b"MeSa")  # the first is Photoshop's, the others of its companions
_IPTC, _MAX_PARTS = 0x0404, 512
_INSTRUCTIONS, _DATE_CREATED, _TIME_CREATED = 40, 55, 60


def image_resources(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (number, data) of the resource blocks in Photoshop's segments, joined and without their header."""
    at = 0
    for _ in range(_MAX_PARTS):
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
    """Return IIM data as Photoshop keeps them, for containers that have them bare."""
    return b"8BIM" + struct.pack(">HHI", _IPTC, 0, len(records)) + records


def datasets(records: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield (record, dataset, value) of IIM data; extended lengths, which no text has, end it."""
    at = 0
    for _ in range(_MAX_PARTS):
        if len(records) < at + 5 or records[at] != 0x1C:
            return
        record, number, size = struct.unpack_from(">BBH", records, at + 1)
        if size & 0x8000:
            return
        yield record, number, records[at + 5 : at + 5 + size]
        at += 5 + size


def taken_from_resources(data: bytes) -> str | None:
    """Return the date and time of creation in Photoshop's joined segments, as EXIF writes them with the UTC offset."""
    return next((t for number, value in image_resources(data) if number == _IPTC and (t := taken(value))), None)


def taken(records: bytes) -> str | None:
    """Return the date and time of creation in IIM data, as EXIF writes them with the UTC offset."""
    found = {number: value.decode("latin-1") for record, number, value in datasets(records) if record == 2}
    date = re.fullmatch(r"(\d{4})(\d\d)(\d\d)", found.get(_DATE_CREATED, ""))
    time = re.fullmatch(r"(\d\d)(\d\d)(\d\d)(?:([+-]\d\d)(\d\d))?", found.get(_TIME_CREATED, ""))
    if not date or not time:
        return None
    offset = f"{time[4]}:{time[5]}" if time[4] else ""
    return f"{date[1]}:{date[2]}:{date[3]} {time[1]}:{time[2]}:{time[3]}{offset}"


def instructions_in_resources(data: bytes) -> str | None:
    """Return the special instructions in Photoshop's joined segments."""
    for number, value in image_resources(data):
        if number == _IPTC:
            for record, dataset, text in datasets(value):
                if (record, dataset) == (2, _INSTRUCTIONS):
                    return text.decode("latin-1")
    return None
