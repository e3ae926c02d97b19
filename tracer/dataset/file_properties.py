"""The file properties of a set's photos, from the columns of the set or from the headers of its files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tracer.setformat.file_properties import COARSE, EXACT, FILE_PROPERTIES

if TYPE_CHECKING:
    import pandas as pd


def file_properties(table: pd.DataFrame) -> dict[str, NDArray[Any]]:
    """Return each property of the photos of a set's table, as (N,) strings.

    Columns of the set are taken where it has width and height; otherwise the files' headers are read.
    """
    used = {name: FILE_PROPERTIES[name] for name in (*COARSE, EXACT)}
    entries: Sequence[Mapping[str, Any]]
    if {"width", "height"} <= set(table.columns):
        names = {column for one in used.values() for column in one.columns} & set(table.columns)
        columns = [
            [None if absent else value for value, absent in zip(table[name].tolist(), table[name].isna(), strict=True)]
            for name in names
        ]
        entries = [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]
    else:
        from tracer.images.guard import headers

        entries = list(headers(map(Path, table["path"].tolist())))
    return {name: np.array([one.value_of(row) for row in entries], dtype=object) for name, one in used.items()}
