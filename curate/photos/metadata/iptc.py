"""What IPTC metadata tell: the date that a photo was taken, as archives and agencies write it, and instructions.

Both date and time must be there: a date alone is often that of a historical event, not of a photo.
Source: IPTC-NAA Information Interchange Model 4.2, datasets 2:40, 2:55 and 2:60.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from curate.containers.photoshop import IPTC, image_resources

_MAX_RECORDS = 512
_INSTRUCTIONS, _DATE_CREATED, _TIME_CREATED = 40, 55, 60


def datasets(records: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield (record, dataset, value) of IIM data; extended lengths, which no text has, end it."""
    at = 0
    for _ in range(_MAX_RECORDS):
        if len(records) < at + 5 or records[at] != 0x1C:
            return
        record, number, size = struct.unpack_from(">BBH", records, at + 1)
        if size & 0x8000:
            return
        yield record, number, records[at + 5 : at + 5 + size]
        at += 5 + size


def taken_from_resources(data: bytes) -> str | None:
    """Return the date and time of creation in Photoshop's joined segments, as EXIF writes them with the UTC offset."""
    return next((t for number, value in image_resources(data) if number == IPTC and (t := taken(value))), None)


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
        if number == IPTC:
            for record, dataset, text in datasets(value):
                if (record, dataset) == (2, _INSTRUCTIONS):
                    return text.decode("latin-1")
    return None
