"""Labels from the properties of Sigma's X3F files; newer cameras keep Exif in the preview instead."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from curate.photos.values import numbers_of, positive, taken_labels, whole
from tracer.base.text import clean_text


def x3f_labels(found: dict[str, str]) -> dict[str, Any]:
    """Labels from properties; only those that are there. TIME is the camera's clock, counted as if it were UTC."""

    def number(name: str) -> float | None:
        return next(iter(numbers_of(found.get(name))), None)

    seconds = positive(number("TIME"))
    taken = f"{datetime.fromtimestamp(seconds, UTC):%Y:%m:%d %H:%M:%S}" if seconds and seconds < 2**32 else None
    labels = {
        "make": clean_text(found.get("CAMMANUF")),
        "model": clean_text(found.get("CAMMODEL")),
        "exposure_s": positive(number("SHUTTER")),
        "aperture": positive(number("APERTURE")),
        "focal_mm": positive(number("FLENGTH")),
        "iso": whole(number("ISO")),
        **taken_labels(taken, None, None),
    }
    return {name: value for name, value in labels.items() if value is not None}
