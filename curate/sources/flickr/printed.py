"""Metadata values as exiftool prints them, in words and with units -> the numbers that the tags hold.

Flickr's getExif answers with these texts (`1/50`, `4.2 mm`, `Off, Did not fire`). Numbers, fractions and the spellings of older
versions are understood, too. What is not understood is None. The words are exiftool's for the tags Flash, Orientation and
FileSource.
"""

from __future__ import annotations

import re
from functools import lru_cache

from curate.photos.values import numbers_of

_NUMBER = re.compile(
    r"\s*(?:[\d.]{1,12}\s*sec\s*\(\s*(?=\d+/\d))?(?:f\s*/?|iso)?\s*"  # `0.001 sec (1/1250)`: the fraction is not rounded
    r"([+-]?\d{1,12}(?:\.\d{0,24})?(?:e[+-]?\d{1,2})?)(?![\d.]|,\d)"
    r"(?:\s*/\s*(\d{1,12}(?:\.\d{1,12})?)(?![\d.])|(?!\s*/))",
    re.IGNORECASE,
)
_MOST = float(2**32)
"""No tag holds a larger number."""
_UNKNOWN = re.compile(r"unknown \((0x[0-9a-f]{1,8}|\d{1,10})\)")
_DEGREES = re.compile(
    r"""\s*([+-]?)(\d{1,3}(?:\.\d{0,24})?)\s*(?:deg|°|,|\s|$|(?=[NSEW]))\s*
    (?:(\d{1,2}(?:\.\d{0,24})?)\s*(?:'|′|,|\s|$|(?=[NSEW]))\s*)?
    (?:(\d{1,2}(?:\.\d{0,24})?)\s*(?:"|″|''|\s|$|(?=[NSEW]))\s*)?
    (north|south|east|west|[NSEW])?\s*""",
    re.IGNORECASE | re.VERBOSE,
)
_CLOCK = re.compile(r"\s*(\d{1,2}):(\d{1,2}):(\d{1,2}(?:\.\d{0,12})?)\D*")

_ORIENTATIONS = {
    "horizontal (normal)": 1,
    "mirror horizontal": 2,
    "rotate 180": 3,
    "mirror vertical": 4,
    "mirror horizontal and rotate 270 cw": 5,
    "rotate 90 cw": 6,
    "mirror horizontal and rotate 90 cw": 7,
    "rotate 270 cw": 8,
}
_FILE_SOURCES = {"film scanner": 1, "reflection print scanner": 2, "digital camera": 3, "sigma digital camera": 3}

Position = tuple[tuple[float, ...], str | None]
"""Degrees, minutes and seconds, none of them negative; and the first letter of the direction, where the text has one."""


@lru_cache(maxsize=4096)
def number(text: str) -> float | None:
    """Return the number that a text begins with: `1/50`, `0.5`, `30 sec.`, `f/2.8`, `50.0 mm (35 mm equivalent: 75.0 mm)`."""
    match = _NUMBER.match(text)
    if not match:
        return None
    top, bottom = float(match[1]), float(match[2] or 1)
    return top / bottom if abs(top) < _MOST * bottom else None


@lru_cache(maxsize=1024)
def flash(text: str) -> int | None:
    """Return 1 where the flash fired and 0 where it did not; a number as it is, whose bit 0 says so.

    `On, Return detected` and `On, Red-eye reduction` name only the mode and what came of it: in both the flash fired.
    """
    words = text.strip().lower()
    if (code := _coded(words)) is not None:
        return code
    if re.match(r"off\b|no\b|false\b", words) or re.search(r"(?:\bnot|n't) fired?\b", words):
        return 0
    return 1 if re.match(r"on\b|yes\b|true\b", words) or re.search(r"\bfired\b", words) else None


@lru_cache(maxsize=256)
def orientation(text: str) -> int | None:
    """Return the number of `Rotate 90 CW` and the like."""
    words = text.strip().lower()
    return _ORIENTATIONS.get(words) or _coded(words)


@lru_cache(maxsize=256)
def file_source(text: str) -> int | None:
    """Return the number of `Digital Camera` and the like."""
    words = text.strip().lower()
    return _FILE_SOURCES.get(words) or _coded(words)


def position(text: str) -> Position | None:
    """Parse `43 deg 28' 2.81" N`, the same without the direction, degrees as a decimal number, and three fractions."""
    match = _DEGREES.fullmatch(text)
    if not match:
        return (fractions, None) if (fractions := _fractions(text)) else None
    parts = tuple(float(part) for part in match.groups()[1:4] if part)
    direction = match[5][0].upper() if match[5] else None
    return parts, direction or ("-" if match[1] == "-" else None)


def clock(text: str) -> tuple[float, ...] | None:
    """Parse `11:54:14.84`, or three fractions, into hours, minutes and seconds."""
    match = _CLOCK.fullmatch(text)
    return tuple(float(part) for part in match.groups()) if match else _fractions(text)


def _fractions(text: str) -> tuple[float, ...] | None:
    """Three fractions, as the tags of a position and of a time have them: `43/1 28/1 281/100`."""
    numbers = numbers_of(text) if re.fullmatch(r"\s*(?:\d{1,10}/[1-9]\d{0,9}[\s,]*){3}", text) else ()
    return numbers if len(numbers) == 3 else None


def _coded(words: str) -> int | None:
    """A whole number, also in exiftool's form for values that it has no word for: `Unknown (0x31)`."""
    match = _UNKNOWN.fullmatch(words)
    if match:
        return int(match[1], 0) if match[1].startswith("0x") else int(match[1])
    value = number(words) if re.fullmatch(r"\d{1,10}(?:\.0*)?", words) else None
    return None if value is None else int(value)
