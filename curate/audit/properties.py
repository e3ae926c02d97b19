"""What a photo's file is like, besides its camera, in values coarse enough to be shared by several photos.

The same values are tested (`confounds`) and matched (`matching`): what a matched set is equal in, its report shows as equal.
A value that is not known is a value of its own: known for one class alone, it tells the classes apart.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from curate.catalog.labels import LabelRow

CLASS_COLUMN = "camera_class"
CLASSES = ("phone", "dslr/compact")
"""The two classes of `CLASS_COLUMN`; photos of other cameras belong to neither."""

UNKNOWN = "unknown"
"""The value where a photo does not say."""

_TURNED = range(5, 9)
_ASPECTS = {"1:1": 1.0, "5:4": 1.25, "4:3": 4 / 3, "3:2": 1.5, "16:10": 1.6, "16:9": 16 / 9, "2:1": 2.0}
_QUALITIES = (50, 70, 80, 85, 90, 93, 96, 98)
_HOURS = 4
_CLOCK = re.compile(r".{10}[T ]([01][0-9]|2[0-3])\b")
"""A date and the hour after it, ISO's or EXIF's."""


@dataclass(frozen=True, slots=True)
class Property:
    """Something that a photo's row says of its file.

    Attributes:
        name: as options and reports spell it. what: in words, with the classes of its values.
        value_of: a label row's value, as a string.
    """

    name: str
    what: str
    value_of: Callable[[LabelRow], str]


def _column(name: str) -> Callable[[LabelRow], str]:
    return lambda row: UNKNOWN if row.get(name) is None else str(row[name])


def _sides(row: LabelRow) -> tuple[int, int] | None:
    """The longer and the shorter side, pixels; None where a table says none, or less."""
    width, height = row.get("width") or 0, row.get("height") or 0
    return (max(width, height), min(width, height)) if min(width, height) > 0 else None


def _size(row: LabelRow) -> str:
    sides = _sides(row)
    return UNKNOWN if sides is None else f"{sides[0]}x{sides[1]}"


def _resolution(row: LabelRow) -> str:
    """Megapixels in octaves: 8 to 16, 16 to 32, …"""
    sides = _sides(row)
    if sides is None:
        return UNKNOWN
    step = math.floor(math.log2(sides[0] * sides[1] / 1e6))
    return f"{2.0**step:g}-{2.0 ** (step + 1):g} MP"


def _aspect(row: LabelRow) -> str:
    """The nearest usual ratio, within 2 %."""
    sides = _sides(row)
    if sides is None:
        return UNKNOWN
    ratio = sides[0] / sides[1]
    name, usual = min(_ASPECTS.items(), key=lambda item: abs(math.log(ratio / item[1])))
    return name if abs(ratio / usual - 1) <= 0.02 else "other"


def _orientation(row: LabelRow) -> str:
    """As it is seen: the tag's turn applied."""
    width, height = row.get("width"), row.get("height")
    if not width or not height:
        return UNKNOWN
    if row.get("orientation") in _TURNED:
        width, height = height, width
    return "landscape" if width > height else "portrait" if width < height else "square"


def _jpeg_quality(row: LabelRow) -> str:
    quality = row.get("jpeg_quality")
    if quality is None:
        return UNKNOWN
    edges = [0, *(edge for edge in _QUALITIES if edge <= quality)]
    above = [edge for edge in _QUALITIES if edge > quality]
    return f"{edges[-1]}-{above[0] - 1}" if above else f"{edges[-1]}-100"


def _time_of_day(row: LabelRow) -> str:
    """The hour on the camera's clock, in steps of four hours."""
    taken = row.get("taken_at")
    hour = _CLOCK.match(taken or "") if row.get("taken_precision", "second") == "second" else None
    if hour is None:
        return UNKNOWN
    first = int(hour[1]) // _HOURS * _HOURS
    return f"{first:02d}-{first + _HOURS:02d} h"


PROPERTIES: Mapping[str, Property] = MappingProxyType(
    {
        p.name: p
        for p in (
            Property("format", "file format", _column("format")),
            Property("resolution", "megapixels, in octaves", _resolution),
            Property("size", "exact width and height", _size),
            Property("aspect", "ratio of the sides", _aspect),
            Property("orientation", "portrait or landscape, as seen", _orientation),
            Property("exif_orientation", "the file's orientation tag", _column("orientation")),
            Property("jpeg_quality", "JPEG quality, in steps", _jpeg_quality),
            Property("jpeg_subsampling", "JPEG chroma subsampling", _column("jpeg_subsampling")),
            Property("time_of_day", "hour of the day, in steps of four", _time_of_day),
            Property("year", "year", _column("Year")),
            Property("edited", "edited since it was taken", _column("edited")),
            Property("semantic_label", "what the photo shows", _column("semantic_label")),
        )
    }
)
"""Name -> property, in the order of reports."""
