"""Values as files write them -> numbers, times and orientations; None for what is absent or nonsense."""

from __future__ import annotations

import math
import re
from datetime import datetime
from typing import Any

from curate.photos.facts import TakenPrecision
from curate.photos.metadata.tags import Value
from tracer.base.text import clean_text

_DATE = re.compile(
    r"\s*(\d{4})[:\-/. ](\d{1,2})[:\-/. ](\d{1,2})(?:[T\s:]+(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d{1,9}))?)?)?"
    r"\s*(Z|[+-]\d{1,2}:?\d{2})?"
)
_OFFSET = re.compile(r"\s*(?:(Z)|([+-])(\d{1,2}):?(\d{2}))\s*$")


def numbers_of(value: Value | None) -> tuple[float, ...]:
    """Numbers, also where the writer stored them as text."""
    if value is None:
        return ()
    if isinstance(value, tuple):
        return value
    text = clean_text(value) or ""
    numbers = []
    for word in re.split(r"[\s,]+", text)[:8]:
        match = re.fullmatch(r"([+-]?\d{1,12}(?:\.\d{1,12})?)(?:/(\d{1,12}))?", word)
        if match:
            bottom = float(match[2] or 1)
            numbers.append(float(match[1]) / bottom if bottom else math.nan)
    return tuple(numbers)


def known(labels: dict[str, Any]) -> dict[str, Any]:
    """Return the labels that have a value."""
    return {name: value for name, value in labels.items() if value is not None}


def positive(number: float | None) -> float | None:
    return float(number) if number is not None and math.isfinite(number) and number > 0 else None


def whole(number: float | None) -> int | None:
    number = positive(number)
    return round(number) if number is not None and 1 <= number < 2**32 else None


def orientation_of(number: float | None) -> int | None:
    if number is None:
        return None
    return int(number) if number in (1, 2, 3, 4, 5, 6, 7, 8) else 1


def taken_labels(text: str | None, fraction: str | None, offset: str | None) -> dict[str, Any]:
    """`taken_at`, its precision and the UTC offset, from the tag's text and its two companions."""
    stamp = parse_stamp(text)
    if stamp is None:
        return {}
    when, precision, own_fraction, own_offset = stamp
    digits = re.match(r"\d{1,9}", own_fraction or fraction or "")
    if digits and precision is TakenPrecision.SECOND:
        when += f".{digits[0][:3].ljust(3, '0')}"
    return {"taken_at": when, "taken_precision": precision, "utc_offset": utc_offset_of(own_offset or offset)}


def parse_stamp(text: str | None) -> tuple[str, TakenPrecision, str | None, str | None] | None:
    """Parse EXIF's and ISO 8601's forms; None for blanks, zeros and dates that no calendar has."""
    match = _DATE.match(text or "")
    if not match:
        return None
    year, month, day, hour, minute, second = (int(part) if part else 0 for part in match.groups()[:6])
    try:
        when = datetime(year, month, day, hour, minute, second)
    except ValueError:
        return None
    precision = TakenPrecision.SECOND if match[6] else TakenPrecision.DAY  # a time to the minute is none to the second
    return when.isoformat(timespec="seconds"), precision, match[7], match[8]


def utc_offset_of(text: str | None) -> str | None:
    match = _OFFSET.match(text or "")
    if not match:
        return None
    if match[1]:
        return "+00:00"
    hours, minutes = int(match[3]), int(match[4])
    return f"{match[2]}{hours:02}:{minutes:02}" if hours <= 14 and minutes < 60 else None
