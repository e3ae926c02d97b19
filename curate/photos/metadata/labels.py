"""Labels from the tags of EXIF, and one record from the labels of several sources.

Meanings of the tags: Exif 3.0 (CIPA DC-008), TIFF/EP, DNG 1.7.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from curate.containers.sniff import Format
from curate.photos.facts import Exif
from curate.photos.metadata.tags import Group, Tags, Value
from curate.photos.values import known, numbers_of, orientation_of, positive, taken_labels, whole
from tracer.base.text import clean_text

_IMAGE_FIRST = (Group.IMAGE, Group.EXIF, Group.OTHER)
_EXIF_FIRST = (Group.EXIF, Group.IMAGE, Group.OTHER)


def labels_from_tags(tags: Tags, kind: Format) -> dict[str, Any]:
    """Labels from one reader's tags; only those that are there."""
    if not tags:
        return {}
    iso = number_of(tags, 0x8827, _EXIF_FIRST)
    if not iso and kind in (Format.RW2, Format.RWL):
        iso = number_of(tags, 0x0017, (Group.IMAGE,))
    flash = number_of(tags, 0x9209, _EXIF_FIRST, count=1)
    taken = text_of(tags, 0x9003, _EXIF_FIRST)
    return known(
        {
            "make": text_of(tags, 0x010F, _IMAGE_FIRST),
            "model": text_of(tags, 0x0110, _IMAGE_FIRST),
            "exposure_s": positive(number_of(tags, 0x829A, _EXIF_FIRST)),
            "aperture": positive(number_of(tags, 0x829D, _EXIF_FIRST)),
            "focal_mm": positive(number_of(tags, 0x920A, _EXIF_FIRST)),
            "iso": whole(iso),
            "flash_fired": bool(int(flash) & 1) if flash is not None and flash >= 0 else None,
            "lens": text_of(tags, 0xA434, _EXIF_FIRST),
            "software": text_of(tags, 0x0131, _IMAGE_FIRST),
            "orientation": orientation_of(number_of(tags, 0x0112, (Group.IMAGE, Group.EXIF)))
            # The thumbnail's stands in where it asks for nothing: it must not turn the picture.
            or (1 if number_of(tags, 0x0112, (Group.OTHER,)) == 1 else None),
            "file_source": _file_source(tags.get((Group.EXIF, 0xA300))),
            **taken_labels(taken, text_of(tags, 0x9291, _EXIF_FIRST), text_of(tags, 0x9011, _EXIF_FIRST)),
            **_position(tags),
        }
    )


def text_of(tags: Tags, tag: int, groups: Iterable[Group]) -> str | None:
    """The first non-blank text of a tag; numbers under a text tag are its bytes."""
    for group in groups:
        value = tags.get((group, tag))
        if isinstance(value, tuple):
            value = bytes(int(v) for v in value if isinstance(v, int) and 0 <= v < 256)
        elif isinstance(value, str) and value.isascii() is False:
            value = _bytes_of(value)
        text = clean_text(value)
        if text is not None:
            return text
    return None


def _bytes_of(text: str) -> str | bytes:
    """Pillow decodes every text as Latin-1; give the bytes back so that UTF-8 is seen as such."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text


def number_of(tags: Tags, tag: int, groups: Iterable[Group], count: int | None = None) -> float | None:
    """The first of a tag's numbers; with `count`, only where the tag has as many as the standard says."""
    for group in groups:
        numbers = numbers_of(tags.get((group, tag)))
        if numbers and math.isfinite(numbers[0]) and count in (None, len(numbers)):
            return numbers[0]
    return None


def _file_source(value: Value | None) -> int | None:
    number = value[0] if value else None
    return number if isinstance(number, int) and 0 <= number < 256 else None


def _position(tags: Tags) -> dict[str, Any]:
    """Latitude, longitude and the time of the fix from the GPS directory."""
    latitude = _degrees(tags, 2, 1, "S", 90)
    longitude = _degrees(tags, 4, 3, "W", 180)
    found: dict[str, Any] = {}
    if latitude is not None and longitude is not None:
        found.update(latitude=latitude, longitude=longitude)
    clock = numbers_of(tags.get((Group.GPS, 7)))
    date = re.match(r"(\d{4})\D(\d{1,2})\D(\d{1,2})", text_of(tags, 0x1D, (Group.GPS,)) or "")
    if date and len(clock) >= 3 and all(math.isfinite(c) and 0 <= c < 61 for c in clock[:3]):
        thousandths = round(clock[2] * 1000)
        try:
            year, month, day = map(int, date.groups())
            fix = datetime(year, month, day, int(clock[0]), int(clock[1]), thousandths // 1000)
        except ValueError:
            return found
        found["gps_utc"] = fix.isoformat() + (f".{thousandths % 1000:03}" if thousandths % 1000 else "")
    return found


def _degrees(tags: Tags, tag: int, reference: int, negative: str, limit: float) -> float | None:
    parts = numbers_of(tags.get((Group.GPS, tag)))[:3]
    if not parts or not all(math.isfinite(p) for p in parts[:1]):
        return None
    total = sum(p / 60**i for i, p in enumerate(parts) if math.isfinite(p))
    sign = (text_of(tags, reference, (Group.GPS,)) or "").upper()
    total = -total if sign.startswith(negative) else total
    return total if abs(total) <= limit else None


# --- one record

# These come from one source together: one reader's precision with another's date would be no time at all.
_TOGETHER = {"taken_precision": "taken_at", "utc_offset": "taken_at", "longitude": "latitude"}


def merged(sources: dict[str, dict[str, Any]]) -> Exif:
    """The first source that has a label gives it; EXIF's two readers are compared.

    Args:
        sources: the labels by source, in the order in which the sources are believed.
    """
    values: dict[str, Any] = {}
    origin: dict[str, str] = {}
    for source, labels in sources.items():
        for name, value in labels.items():
            leader = _TOGETHER.get(name)
            if leader in origin and origin[leader] != source:
                continue
            if name not in values:
                values[name], origin[name] = value, source
    used = tuple(source for source in sources if source in origin.values())
    return Exif(
        **values, readers=used, disagreements=_disagreements(sources.get("exifread", {}), sources.get("pillow", {}))
    )


def _disagreements(first: dict[str, Any], second: dict[str, Any]) -> tuple[str, ...]:
    return tuple(
        f"{name}: exifread {first[name]!s}, pillow {second[name]!s}"
        for name in first
        if name in second and not _same(first[name], second[name])
    )


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-9)
    return bool(a == b)
