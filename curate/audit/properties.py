"""The properties that are tested and matched: those of the file (`tracer.setformat`), the time, and what the photo shows.

The same values are tested (`confounds`) and matched (`matching`), so that the report on a matched set shows the matched
properties as equal.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from curate.catalog.phototable import PhotoTable, combined
from tracer.setformat.file_properties import FILE_PROPERTIES, UNKNOWN, Property, Row, column_property

CLASS_COLUMN = "camera_class"
CLASSES = ("phone", "dslr/compact")
"""The two classes of `CLASS_COLUMN`; photos of other cameras belong to neither."""

_HOURS = 4
_CLOCK = re.compile(r".{10}[T ]([01][0-9]|2[0-3])\b")
"""A date and the hour after it, in ISO 8601 or EXIF form."""


def coded(item: Property, photos: PhotoTable) -> tuple[NDArray[np.intp], list[str]]:
    """Return the photos' values of a property as codes (n,), and the sorted list of values that the codes index."""
    joint = combined([photos.codes(column) for column in item.columns])
    _, first, kind = np.unique(joint, return_index=True, return_inverse=True)
    texts = [item.value_of(row) for row in photos.select(item.columns).take(first).rows()]
    values, number = np.unique(np.array(texts, dtype=object), return_inverse=True)
    return number[kind], values.tolist()


def _time_of_day(row: Row) -> str:
    """Return the hour on the camera's clock, in steps of four hours."""
    taken = row.get("taken_at")
    hour = _CLOCK.match(taken or "") if row.get("taken_precision", "second") == "second" else None
    if hour is None:
        return UNKNOWN
    first = int(hour[1]) // _HOURS * _HOURS
    return f"{first:02d}-{first + _HOURS:02d} h"


PROPERTIES: Mapping[str, Property] = MappingProxyType(
    dict(FILE_PROPERTIES)
    | {
        p.name: p
        for p in (
            Property("time_of_day", "hour of the day, in steps of four", ("taken_at", "taken_precision"), _time_of_day),
            column_property("year", "year", "Year"),
            column_property("edited", "edited since it was taken", "edited"),
            column_property("semantic_label", "the semantic label", "semantic_label"),
        )
    }
)
"""Name -> property, in the order of reports."""
