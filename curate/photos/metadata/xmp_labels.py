"""Labels from XMP properties, where EXIF is gone."""

from __future__ import annotations

import math
import re
from typing import Any

from curate.photos.values import numbers_of, orientation_of, positive, taken_labels, whole
from tracer.base.text import clean_text


def labels_from_xmp(xmp: dict[str, str]) -> dict[str, Any]:
    """Labels from XMP properties; only those that are there."""
    if not xmp:
        return {}

    def number(*names: str) -> float | None:
        return next((n[0] for n in (numbers_of(xmp.get(name)) for name in names) if n), None)

    fired = xmp.get("exif:Fired", "").lower()
    flash = number("exif:Flash")
    latitude, longitude = _xmp_degrees(xmp.get("exif:GPSLatitude"), 90), _xmp_degrees(xmp.get("exif:GPSLongitude"), 180)
    labels = {
        "make": clean_text(xmp.get("tiff:Make")),
        "model": clean_text(xmp.get("tiff:Model")),
        "exposure_s": positive(number("exif:ExposureTime")),
        "aperture": positive(number("exif:FNumber")),
        "focal_mm": positive(number("exif:FocalLength")),
        "iso": whole(number("exif:ISOSpeedRatings", "exifEX:PhotographicSensitivity")),
        "flash_fired": fired == "true" if fired in ("true", "false") else bool(int(flash) & 1) if flash else None,
        "lens": clean_text(xmp.get("exifEX:LensModel") or xmp.get("aux:Lens")),
        "software": clean_text(xmp.get("tiff:Software")),
        "orientation": orientation_of(number("tiff:Orientation")),
        **taken_labels(xmp.get("exif:DateTimeOriginal"), None, None),
        **({"latitude": latitude, "longitude": longitude} if latitude is not None and longitude is not None else {}),
    }
    return {name: value for name, value in labels.items() if value is not None}


_FRACTION = r"\d{1,9}(?:/\d{1,9}|\.\d{1,12})?"
_XMP_DEGREES = re.compile(
    rf"\s*([+-]?)({_FRACTION})(?:[,\s]({_FRACTION}))?(?:[,\s]({_FRACTION}))?\s*([NSEW]?)\s*", re.I
)


def _xmp_degrees(text: str | None, limit: float) -> float | None:
    """`47,38.5N`, `47,38,30N`, a plain number, or EXIF's three fractions copied (`47/1 38/1 3050/100`)."""
    match = _XMP_DEGREES.fullmatch(text or "")
    if not match:
        return None
    parts = [n[0] for n in map(numbers_of, match.groups()[1:4]) if n]
    total = sum(p / 60**i for i, p in enumerate(parts))
    if match[1] == "-" or match[5].upper() in ("S", "W"):
        total = -total
    return total if math.isfinite(total) and abs(total) <= limit else None
