"""Photo ids: read from the table or the file's name, or computed from the file's content."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

import numpy as np

from tracer.base.files import sha256_of
from tracer.base.text import counted
from tracer.dataset.files import Problem
from tracer.dataset.metadata import as_integer
from tracer.errors import DataSetError

if TYPE_CHECKING:
    import pandas as pd


_LOCAL: Final = 10**15


_LARGEST_EXACT: Final = 2**53


def photo_id_from_sha256(sha256: str) -> int:
    """Return the id of a local photo: at least 10^15, above all Flickr ids, and below 2^53, which JSON readers keep exactly.

    Args:
        sha256: of the photo's file, as hexadecimal digits.

    >>> photo_id_from_sha256("ff")
    1000000000000255
    """
    return _LOCAL + int(sha256, 16) % (_LARGEST_EXACT - _LOCAL)


def with_ids(table: pd.DataFrame) -> tuple[pd.DataFrame, list[Problem]]:
    """Add the column `photo_id`. Rows that are exact copies or cannot be read are removed and listed as problems.

    Raises:
        DataSetError: an id is negative or not unique, or no photo can be read.
    """
    given = next((name for name in ("photo_id", "Flickr ID") if name in table), None)
    if given:
        ids = [as_integer(value) for value in table[given]]
    else:
        ids = [as_integer(PurePosixPath(name).stem) for name in table["file_name"]]
        nested = any("/" in name for name in table["file_name"])
        known = [value for value in ids if value is not None]
        if nested and len(set(known)) < len(known):
            ids = [None] * len(ids)  # numbers that start again in each class folder are not ids
    problems: list[Problem] = []
    keep = np.ones(len(ids), dtype=bool)
    first: dict[int, str] = {}
    order = np.argsort(table["file_name"].to_numpy(dtype=str), kind="stable")
    for row in order:
        if ids[row] is None:
            name = table["file_name"].iloc[row]
            try:
                ids[row] = photo_id_from_sha256(sha256_of(Path(table["path"].iloc[row])))
            except OSError as error:
                problems.append(Problem(name, f"cannot be read: {error.strerror}"))
                keep[row] = False
                continue
            if ids[row] in first:
                problems.append(Problem(name, f"an exact copy of {first[ids[row]]}"))
                keep[row] = False
                continue
            first[ids[row]] = name
    table = table.drop(columns=[name for name in ("photo_id", "Flickr ID") if name in table])
    table.insert(2, "photo_id", np.array([value if value is not None else -1 for value in ids], dtype=np.int64))
    table = table[keep]
    _refuse_bad_ids(table)
    return table, problems


def _refuse_bad_ids(table: pd.DataFrame) -> None:
    if table.empty:
        raise DataSetError("No photo of the set can be read", way_out="Give yourself the right to read its files.")
    if (table["photo_id"] < 0).any():
        raise DataSetError(f"{table.loc[table['photo_id'] < 0, 'file_name'].iloc[0]} has a negative id")
    doubled = table["photo_id"].duplicated(keep=False)
    if doubled.any():
        first = table.loc[doubled, "photo_id"].iloc[0]
        names = table.loc[table["photo_id"] == first, "file_name"].tolist()
        raise DataSetError(
            f"{counted(table.loc[doubled, 'photo_id'].nunique(), 'id stands', 'ids stand')} for more than one photo",
            f"{first}: {', '.join(names[:3])}",
            "An id may name one photo only; take the others out.",
        )
