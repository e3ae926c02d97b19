"""The file properties that are tested and matched, with values coarse enough to be shared by several photos.

The same values are tested (`confounds`) and matched (`matching`), so that the report on a matched set shows the matched
properties as equal. "unknown" is a value like any other: a property that is known for only one class separates the classes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from curate.catalog.labels import LabelRow
from curate.catalog.phototable import PhotoTable, combined

CLASS_COLUMN = "camera_class"
CLASSES = ("phone", "dslr/compact")
"""The two classes of `CLASS_COLUMN`; photos of other cameras belong to neither."""

UNKNOWN = "unknown"
"""The value of a property that a photo's row does not give."""

_SIZE = ("width", "height")
_TURNED = range(5, 9)
_UPRIGHT_FORMATS = frozenset({"HEIF", "AVIF"})
"""Formats whose width and height are those of the displayed picture: their own turn counts, EXIF's does not."""
_ASPECTS = {"1:1": 1.0, "5:4": 1.25, "4:3": 4 / 3, "3:2": 1.5, "16:10": 1.6, "16:9": 16 / 9, "2:1": 2.0}
_QUALITIES = (50, 70, 80, 85, 90, 93, 96, 98)
_HOURS = 4
_CLOCK = re.compile(r".{10}[T ]([01][0-9]|2[0-3])\b")
"""A date and the hour after it, in ISO 8601 or EXIF form."""


@dataclass(frozen=True, slots=True)
class Property:
    """A property of a photo's file.

    Attributes:
        name: its name in options and reports.
        what: its description, with the steps of its values.
        columns: the label columns that it is computed from.
        value_of: computes its value, a string, from a label row.
    """

    name: str
    what: str
    columns: tuple[str, ...]
    value_of: Callable[[LabelRow], str]

    def coded(self, photos: PhotoTable) -> tuple[NDArray[np.intp], list[str]]:
        """Return the photos' values as codes (n,), and the sorted list of values that the codes index."""
        joint = combined([photos.codes(column) for column in self.columns])
        _, first, kind = np.unique(joint, return_index=True, return_inverse=True)
        texts = [self.value_of(row) for row in photos.select(self.columns).take(first).rows()]
        values, number = np.unique(np.array(texts, dtype=object), return_inverse=True)
        return number[kind], values.tolist()


def _column(name: str, what: str, column: str) -> Property:
    return Property(name, what, (column,), lambda row: UNKNOWN if row.get(column) is None else str(row[column]))


def _sides(row: LabelRow) -> tuple[int, int] | None:
    """Return the longer and the shorter side in pixels; None unless both are positive."""
    width, height = row.get("width") or 0, row.get("height") or 0
    return (max(width, height), min(width, height)) if min(width, height) > 0 else None


def _size(row: LabelRow) -> str:
    sides = _sides(row)
    return UNKNOWN if sides is None else f"{sides[0]}x{sides[1]}"


def _resolution(row: LabelRow) -> str:
    """Return the megapixels in octaves: 8 to 16, 16 to 32, …"""
    sides = _sides(row)
    if sides is None:
        return UNKNOWN
    step = math.floor(math.log2(sides[0] * sides[1] / 1e6))
    return f"{2.0**step:g}-{2.0 ** (step + 1):g} MP"


def _aspect(row: LabelRow) -> str:
    """Return the nearest usual aspect ratio within 2 %, or "other"."""
    sides = _sides(row)
    if sides is None:
        return UNKNOWN
    ratio = sides[0] / sides[1]
    name, usual = min(_ASPECTS.items(), key=lambda item: abs(math.log(ratio / item[1])))
    return name if abs(ratio / usual - 1) <= 0.02 else "other"


def _orientation(row: LabelRow) -> str:
    """Return the orientation of the displayed picture, with the EXIF orientation tag applied."""
    width, height = row.get("width"), row.get("height")
    if not width or not height:
        return UNKNOWN
    if row.get("orientation") in _TURNED and row.get("format") not in _UPRIGHT_FORMATS:
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
    """Return the hour on the camera's clock, in steps of four hours."""
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
            _column("format", "file format", "format"),
            Property("resolution", "megapixels, in octaves", _SIZE, _resolution),
            Property("size", "exact width and height", _SIZE, _size),
            Property("aspect", "ratio of the sides", _SIZE, _aspect),
            Property("orientation", "portrait or landscape, as seen", (*_SIZE, "orientation", "format"), _orientation),
            _column("exif_orientation", "the file's orientation tag", "orientation"),
            Property("jpeg_quality", "JPEG quality, in steps", ("jpeg_quality",), _jpeg_quality),
            _column("jpeg_subsampling", "JPEG chroma subsampling", "jpeg_subsampling"),
            Property("time_of_day", "hour of the day, in steps of four", ("taken_at", "taken_precision"), _time_of_day),
            _column("year", "year", "Year"),
            _column("edited", "edited since it was taken", "edited"),
            _column("semantic_label", "the semantic label", "semantic_label"),
        )
    }
)
"""Name -> property, in the order of reports."""
