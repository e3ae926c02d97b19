"""Labels from metadata that are neither EXIF nor XMP: IPTC, the text of old cameras, and Sigma's properties.

IPTC-NAA Information Interchange Model 4.2, datasets 2:40, 2:55 and 2:60, tells the date that a photo was taken, as archives and
agencies write it, and instructions. Both date and time must be there: a date alone is often that of a historical event, not of
a photo.

Digital cameras of the late 1990s (Agfa, Epson, Olympus, Polaroid, Sanyo) put a text into an APP12 segment: lines of `Key=value`
under headings in brackets. No standard describes them. Keys as collected by exiftool's tag pages: `Shutter` in millionths of a
second, `FNumber` with or without a leading F, `TimeDate` as Unix time or as text.

Sigma's X3F files have properties; newer cameras keep Exif in the preview instead.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from curate.containers.photoshop import IPTC, image_resources
from curate.photos.values import known, numbers_of, positive, taken_labels, whole
from tracer.base.text import clean_text

_MAX_RECORDS = 512
_INSTRUCTIONS, _DATE_CREATED, _TIME_CREATED = 40, 55, 60
_LINE = re.compile(r"(?<![\w#-])([\w#-]{1,32})=([\x20-\x7e]{1,80}?)(?=\s*(?:[\r\n\0\[]|[\w#-]{1,32}=|$))")
_MAX_LENGTH = 1 << 16


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
    return next((t for number, value in image_resources(data) if number == IPTC and (t := iptc_taken(value))), None)


def iptc_taken(records: bytes) -> str | None:
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


def labels_of_old_cameras(segment: bytes) -> dict[str, Any]:
    """Labels from the text in an APP12 segment; only those that are there."""
    if segment.startswith(b"Ducky"):  # Photoshop's use of the same segment
        return {}
    found = dict(_LINE.findall(segment[:_MAX_LENGTH].decode("latin-1")))
    shutter = re.fullmatch(r"\d{1,10}", (found.get("Shutter") or found.get("shtr") or "").strip())
    number = re.fullmatch(r"[A-Za-z ]*(\d{1,3}(?:\.\d{1,3})?)", found.get("FNumber", "").strip())
    flash = found.get("Flash", "").strip()
    taken = found.get("TimeDate", "").strip()
    if re.fullmatch(r"[1-9]\d{0,9}", taken):  # of the camera's own clock, not of UTC
        taken = datetime.fromtimestamp(int(taken), UTC).strftime("%Y:%m:%d %H:%M:%S")
    return known(
        {
            "exposure_s": positive(int(shutter[0]) / 1e6) if shutter else None,
            "aperture": positive(float(number[1])) if number else None,
            "flash_fired": int(flash) % 2 == 1 if re.fullmatch(r"\d{1,3}", flash) else None,
            **taken_labels(taken, None, None),
        }
    )


def x3f_labels(found: dict[str, str]) -> dict[str, Any]:
    """Labels from properties; only those that are there. TIME is the camera's clock, counted as if it were UTC."""

    def number(name: str) -> float | None:
        return next(iter(numbers_of(found.get(name))), None)

    seconds = positive(number("TIME"))
    taken = f"{datetime.fromtimestamp(seconds, UTC):%Y:%m:%d %H:%M:%S}" if seconds and seconds < 2**32 else None
    return known(
        {
            "make": clean_text(found.get("CAMMANUF")),
            "model": clean_text(found.get("CAMMODEL")),
            "exposure_s": positive(number("SHUTTER")),
            "aperture": positive(number("APERTURE")),
            "focal_mm": positive(number("FLENGTH")),
            "iso": whole(number("ISO")),
            **taken_labels(taken, None, None),
        }
    )
