"""What a photo's file tells of its camera before the picture is looked at: format, size, shape and compression.

These go with the camera, and an encoder can see them: a photo is scaled by its size, and compression leaves blocks. If they tell
the classes of a set apart, the set cannot say whether an encoder reads the camera or the file. The audit and the matching of
exports use the same values as the probe of matched photos, so a set that is matched for the one is matched for the other.

Values are coarse enough to be shared by several photos. "unknown" is a value like any other: a property that is known for only
one class separates the classes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

COARSE: Final = ("format", "resolution", "aspect", "orientation", "jpeg_quality", "jpeg_subsampling")
"""Properties with values that cameras share; the probe matches photos in them."""
EXACT: Final = "size"
"""Width and height: hardly two camera models share them, so that photos could not be matched in them."""
WORDS: Final = "format, size, shape and compression"
UNKNOWN: Final = "unknown"
"""The value of a property that a photo's row does not give."""

Row = Mapping[str, Any]
"""Label columns of a photo, or what the header of its file says; absent values are None."""

_SIZE = ("width", "height")
_ASPECTS = {"1:1": 1.0, "5:4": 1.25, "4:3": 4 / 3, "3:2": 1.5, "16:10": 1.6, "16:9": 16 / 9, "2:1": 2.0}
_QUALITIES = (50, 70, 80, 85, 90, 93, 96, 98)
_TURNED = range(5, 9)
_UPRIGHT_FORMATS = frozenset({"HEIF", "AVIF"})
"""Formats whose width and height are those of the displayed picture: their own turn counts, EXIF's does not."""


@dataclass(frozen=True, slots=True)
class Property:
    """A property of a photo.

    Attributes:
        name: its name in options and reports.
        what: its description, with the steps of its values.
        columns: the columns that it is computed from.
        value_of: computes its value from a row.
    """

    name: str
    what: str
    columns: tuple[str, ...]
    value_of: Callable[[Row], str]


def column_property(name: str, what: str, column: str) -> Property:
    """Return the property whose values are those of a column."""
    return Property(name, what, (column,), lambda row: UNKNOWN if row.get(column) in (None, "") else str(row[column]))


def _number(row: Row, name: str) -> int | None:
    """A whole number; None where it is absent (None, NaN) or is not one."""
    try:
        return int(row[name])
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def _sides(row: Row) -> tuple[int, int] | None:
    """The longer and the shorter side in pixels; None unless both are positive."""
    width, height = (_number(row, name) or 0 for name in _SIZE)
    return (max(width, height), min(width, height)) if min(width, height) > 0 else None


def _size(row: Row) -> str:
    sides = _sides(row)
    return UNKNOWN if sides is None else f"{sides[0]}x{sides[1]}"


def _resolution(row: Row) -> str:
    """The megapixels in octaves: 8 to 16, 16 to 32, …"""
    sides = _sides(row)
    if sides is None:
        return UNKNOWN
    step = math.floor(math.log2(sides[0] * sides[1] / 1e6))
    return f"{2.0**step:g}-{2.0 ** (step + 1):g} MP"


def _aspect(row: Row) -> str:
    """The nearest usual aspect ratio within 2 %, or "other"."""
    sides = _sides(row)
    if sides is None:
        return UNKNOWN
    ratio = sides[0] / sides[1]
    name, usual = min(_ASPECTS.items(), key=lambda item: abs(math.log(ratio / item[1])))
    return name if abs(ratio / usual - 1) <= 0.02 else "other"


def _orientation(row: Row) -> str:
    """The orientation of the displayed picture, with the EXIF orientation tag applied."""
    if _sides(row) is None:
        return UNKNOWN
    width, height = int(row["width"]), int(row["height"])
    if _number(row, "orientation") in _TURNED and row.get("format") not in _UPRIGHT_FORMATS:
        width, height = height, width
    return "landscape" if width > height else "portrait" if width < height else "square"


def _jpeg_quality(row: Row) -> str:
    quality = _number(row, "jpeg_quality")
    if quality is None:
        return UNKNOWN
    edges = [0, *(edge for edge in _QUALITIES if edge <= quality)]
    above = [edge for edge in _QUALITIES if edge > quality]
    return f"{edges[-1]}-{above[0] - 1}" if above else f"{edges[-1]}-100"


FILE_PROPERTIES: Mapping[str, Property] = MappingProxyType(
    {
        p.name: p
        for p in (
            column_property("format", "file format", "format"),
            Property("resolution", "megapixels, in octaves", _SIZE, _resolution),
            Property("size", "exact width and height", _SIZE, _size),
            Property("aspect", "ratio of the sides", _SIZE, _aspect),
            Property("orientation", "portrait or landscape, as seen", (*_SIZE, "orientation", "format"), _orientation),
            column_property("exif_orientation", "the file's orientation tag", "orientation"),
            Property("jpeg_quality", "JPEG quality, in steps", ("jpeg_quality",), _jpeg_quality),
            column_property("jpeg_subsampling", "JPEG chroma subsampling", "jpeg_subsampling"),
        )
    }
)
"""Name -> property, in the order of reports."""
