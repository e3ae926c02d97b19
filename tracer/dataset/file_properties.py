"""What a photo's file tells of its camera before the picture is looked at: format, size, shape and compression.

These go with the camera, and an encoder can see them: a photo is scaled by its size, and compression leaves blocks. Where they
tell the classes of a set apart, the set cannot say whether an encoder reads the camera or the file.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

COARSE: Final = ("format", "resolution", "aspect", "orientation", "jpeg_quality", "jpeg_subsampling")
"""Properties with values that cameras share; photos are matched in them."""
EXACT: Final = "size"
"""Width and height: hardly two camera models share them, so that photos could not be matched in them."""
WORDS: Final = "format, size, shape and compression"
UNKNOWN: Final = "unknown"
_ASPECTS: Final = {"1:1": 1.0, "5:4": 1.25, "4:3": 4 / 3, "3:2": 1.5, "16:10": 1.6, "16:9": 16 / 9, "2:1": 2.0}
_QUALITIES: Final = (50, 70, 80, 85, 90, 93, 96, 98)
_TURNED: Final = range(5, 9)
_UPRIGHT_FORMATS: Final = frozenset({"HEIF", "AVIF"})
"""Formats whose width and height are those of the displayed picture: their own turn counts, EXIF's does not."""


def file_properties(table: pd.DataFrame) -> dict[str, NDArray[Any]]:
    """Return each property of the photos of a set's table, as (N,) strings.

    Columns of the set are taken where it has width and height; otherwise the files' headers are read.
    """
    entries: Sequence[Mapping[str, Any]]
    if {"width", "height"} <= set(table.columns):
        names = ("width", "height", "orientation", "format", "jpeg_quality", "jpeg_subsampling")
        columns = [
            [None if absent else value for value, absent in zip(table[name].tolist(), table[name].isna(), strict=True)]
            if name in table
            else [None] * len(table)
            for name in names
        ]
        entries = [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]
    else:
        from tracer.images.guard import headers

        entries = list(headers(map(Path, table["path"].tolist())))
    texts = [_texts(entry) for entry in entries]
    return {name: np.array([text[name] for text in texts], dtype=object) for name in (*COARSE, EXACT)}


def _texts(entry: Mapping[str, Any]) -> dict[str, str]:
    """The properties of one photo from its width, height, orientation, format, jpeg_quality and jpeg_subsampling."""
    width, height, quality = (_number(entry.get(name)) for name in ("width", "height", "jpeg_quality"))
    if _number(entry.get("orientation")) in _TURNED and entry.get("format") not in _UPRIGHT_FORMATS:
        width, height = height, width
    found = dict.fromkeys((*COARSE, EXACT), UNKNOWN)
    for name in ("format", "jpeg_subsampling"):
        found[name] = str(entry.get(name) or UNKNOWN)
    if quality is not None:
        found["jpeg_quality"] = str(sum(edge <= quality for edge in _QUALITIES))
    if width and height:
        long, short = max(width, height), min(width, height)
        name, usual = min(_ASPECTS.items(), key=lambda item: abs(math.log(long / short / item[1])))
        found[EXACT] = f"{long}x{short}"
        found["resolution"] = str(math.floor(math.log2(long * short)))
        found["aspect"] = name if abs(long / short / usual - 1) <= 0.02 else "other"
        found["orientation"] = "landscape" if width > height else "portrait" if width < height else "square"
    return found


def _number(value: object) -> int | None:
    """A whole number; None where it is absent (None, NaN, pandas' NA) or is not one."""
    try:
        return int(value)  # type: ignore[call-overload,no-any-return]
    except (TypeError, ValueError):
        return None
