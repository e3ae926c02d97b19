"""The text that digital cameras of the late 1990s (Agfa, Epson, Olympus, Polaroid, Sanyo) put into an APP12 segment.

Lines of `Key=value` under headings in brackets; no standard describes them. Keys as collected by exiftool's tag pages:
`Shutter` in millionths of a second, `FNumber` with or without a leading F, `TimeDate` as Unix time or as text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

_LINE = re.compile(r"(?<![\w#-])([\w#-]{1,32})=([\x20-\x7e]{1,80}?)(?=\s*(?:[\r\n\0\[]|[\w#-]{1,32}=|$))")
_MAX_LENGTH = 1 << 16


@dataclass(frozen=True, slots=True)
class PictureInfo:
    """Labels from the text: seconds, F number, flash, and date and time as EXIF writes them."""

    exposure_s: float | None = None
    aperture: float | None = None
    flash_fired: bool | None = None
    taken: str | None = None


def picture_info(segment: bytes) -> PictureInfo:
    """Return what an APP12 segment says; an empty record for any other content."""
    if segment.startswith(b"Ducky"):  # Photoshop's use of the same segment
        return PictureInfo()
    found = dict(_LINE.findall(segment[:_MAX_LENGTH].decode("latin-1")))
    shutter = re.fullmatch(r"\d{1,10}", (found.get("Shutter") or found.get("shtr") or "").strip())
    number = re.fullmatch(r"[A-Za-z ]*(\d{1,3}(?:\.\d{1,3})?)", found.get("FNumber", "").strip())
    flash = found.get("Flash", "").strip()
    return PictureInfo(
        exposure_s=int(shutter[0]) / 1e6 if shutter else None,
        aperture=float(number[1]) if number else None,
        flash_fired=int(flash) % 2 == 1 if re.fullmatch(r"\d{1,3}", flash) else None,
        taken=_taken(found.get("TimeDate", "").strip()),
    )


def _taken(text: str) -> str | None:
    if re.fullmatch(r"[1-9]\d{0,9}", text):  # of the camera's own clock, not of UTC
        return datetime.fromtimestamp(int(text), UTC).strftime("%Y:%m:%d %H:%M:%S")
    return text or None
