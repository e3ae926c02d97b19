"""Reads tables of photos from Parquet, CSV or JSON lines, and normalises their values for comparison.

Values of the columns that the audit uses become text, integers, booleans or null; other columns are not read. Text is kept as
written, because two IDs may differ only in a control character; control characters are escaped when text is printed.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, time
from decimal import Decimal
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any

from curate.audit.models import MODEL_COLUMNS
from curate.catalog.phototable import Builder, PhotoTable
from curate.errors import UsageError
from tracer.base.parquet import check_cells, open_parquet, values
from tracer.base.parsing import parse_json_object
from tracer.base.reading import json_lines, open_regular, records_of_csv
from tracer.base.text import quoted_path

_AT_ONCE = 5_000
_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,17}")
_FLAGS = {"true": True, "1": True, "1.0": True, "false": False, "0": False, "0.0": False}


def as_key(value: Any) -> int | str | None:
    """Return the ID of a photo or scene: an integer, also if it is written as text or as 7.0, or else the text itself."""
    if isinstance(value, str):
        return int(value) if _WHOLE.fullmatch(value) else value or None  # "007" is not the same ID as 7
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if type(value) is int else None


def _text(value: Any) -> str | None:
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value) if isinstance(value, str | int | float | Decimal) else None


def _owner(value: Any) -> str | None:
    """Return the owner; Flickr writes it as an object with an `nsid`."""
    return _text(value.get("nsid") if isinstance(value, Mapping) else value)


def _whole(value: Any) -> int | None:
    if isinstance(value, str | Decimal):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 2**63:
        return None
    return int(value) if value == int(value) else None


def _flag(value: Any) -> bool | None:
    return _FLAGS.get(str(value).casefold())


MOST_BYTES = 2 << 30
"""The largest size of a CSV or JSON lines file."""

COLUMNS: Mapping[str, Callable[[Any], int | str | bool | None]] = MappingProxyType(
    dict.fromkeys(("photo_id", "subject_idx", "scene_idx", "duplicate_idx"), as_key)
    | dict.fromkeys(("file_name", "sha256", "phash", "camera_class", "split"), _text)
    | dict.fromkeys(MODEL_COLUMNS, _text)
    | dict.fromkeys(("Year", "taken_at", "taken_precision", "format", "jpeg_subsampling", "semantic_label"), _text)
    | dict.fromkeys(("width", "height", "orientation", "jpeg_quality"), _whole)
    | dict.fromkeys(("Is Smartphone", "edited"), _flag)
    | {"owner": _owner}
)
"""Column that the audit uses -> function that normalises a value for comparison; None if the value is not usable."""


def read_table(path: Path, unused: Counter[str]) -> PhotoTable:
    """Read those columns of a set's table that the audit uses.

    Args:
        path: a Parquet, CSV or JSON lines file, by its suffix.
        unused: is increased, by column, by the number of values that cannot be compared; they become null.

    Raises:
        UsageError: the table cannot be read.
    """
    read = {".parquet": _parquet, ".csv": _csv}.get(path.suffix, _json_lines)
    built = Builder()
    try:
        for columns, length in read(path):
            tidy = {name: _tidy(name, column, unused) for name, column in columns.items() if name in COLUMNS}
            built.add(tidy, length)
    except (OSError, ValueError, ArithmeticError, csv.Error, MemoryError) as error:
        raise UsageError(
            "the set's table cannot be read", f"{quoted_path(path)}: {error}", "Check the file."
        ) from error
    return built.table()


def _tidy(column: str, values: Sequence[Any], unused: Counter[str]) -> list[int | str | bool | None]:
    form = COLUMNS[column]
    types = {type(value) for value in values if value is not None}
    if types <= {str} or types <= {int} or types <= {float}:  # other values may be equal (1, True) or unhashable
        forms = {value: None if _absent(value) else form(value) for value in set(values)}
        tidy = [forms[value] for value in values]
    else:
        tidy = [None if _absent(value) else form(value) for value in values]
    unused[column] += sum(
        new is None and not _absent(old) for old, new in zip(values, tidy, strict=True) if new is None
    )
    return tidy


def _absent(value: Any) -> bool:
    return value is None or value == "" or value != value  # NaN is how pandas writes null


_Part = tuple[Mapping[str, Sequence[Any]], int]
"""The columns of some photos, and their number."""


def _parquet(path: Path) -> Iterator[_Part]:
    with open_parquet(path) as file:
        wanted = [name for name in file.schema.names if name in COLUMNS]
        check_cells(file.rows, len(wanted))
        for batch in file.batches(wanted, _AT_ONCE):
            columns = zip(batch.schema.names, batch.columns, strict=True)  # a name may occur twice
            yield {name: values(column) for name, column in columns}, len(batch)


def _in_parts(rows: Iterable[Mapping[Any, Any]]) -> Iterator[_Part]:
    rest = iter(rows)
    while part := list(islice(rest, _AT_ONCE)):
        names = {name for row in part for name in row}
        yield {name: [row.get(name) for row in part] for name in COLUMNS if name in names}, len(part)


def _csv(path: Path) -> Iterator[_Part]:
    with io.TextIOWrapper(open_regular(path, MOST_BYTES), encoding="utf-8-sig", errors="replace", newline="") as file:
        yield from _in_parts(records_of_csv(file)[1])


def _json_lines(path: Path) -> Iterator[_Part]:
    with io.TextIOWrapper(open_regular(path, MOST_BYTES), encoding="utf-8-sig", errors="replace") as file:
        yield from _in_parts(map(parse_json_object, json_lines(file)))
