"""Reads the metadata tables of image folders: parquet, JSON lines or CSV, as in Hugging Face's ImageFolder."""

from __future__ import annotations

import csv
import io
import stat
from collections.abc import Callable, Sequence
from numbers import Number
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tracer.base.parquet import as_series, check_cells, errors_in_words, open_parquet
from tracer.base.parsing import parse_json_object
from tracer.base.reading import json_lines, open_regular, records_of_csv
from tracer.base.text import clean_text, quoted_path, visible_text
from tracer.errors import DataSetError, why

if TYPE_CHECKING:
    import pandas as pd

NAMES: Final = ("metadata.parquet", "metadata.jsonl", "metadata.csv")
"""In order of preference: parquet keeps all types, JSON lines tell numbers from strings, CSV has only strings."""

_INTEGERS: Final = ("subject_idx", "scene_idx", "width", "height", "orientation", "jpeg_quality")
_BOOLEANS: Final = ("Is Smartphone", "edited")
_TRUTH: Final = {"true": True, "false": False, "1": True, "0": False, "1.0": True, "0.0": False}

MOST_BYTES: Final = 2 << 30
"""The most bytes of a text file, and of the columns of a parquet file in memory."""
_MOST_COLUMNS: Final = 1000


def find_metadata(folder: Path) -> Path | None:
    """Return the metadata file of a folder, parquet first; None where there is none.

    Anything of that name counts, except a folder: reading a named pipe or a broken link then says what is wrong.
    """
    return next((folder / name for name in NAMES if _is_there(folder / name)), None)


def _is_there(path: Path) -> bool:
    try:
        return not stat.S_ISDIR((path.stat() if path.exists() else path.lstat()).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


def read_metadata(path: Path) -> pd.DataFrame:
    """Return a metadata file as a table of strings and plain values; absent values are None. Types are not guessed from strings.

    Columns of lists, objects or bytes are left out, since labels are strings, numbers, dates or booleans.

    Raises:
        DataSetError: the file is unreadable, damaged, too large, or lacks the column `file_name`.
    """
    readers: dict[str, Callable[[Path], pd.DataFrame]] = {
        ".parquet": _read_parquet,
        ".jsonl": _read_json_lines,
        ".csv": _read_csv,
    }
    table = readers[path.suffix](path)
    nested = [name for name in table.columns if any(isinstance(value, list | dict | bytes) for value in table[name])]
    table = table.drop(columns=nested)
    if "file_name" not in table.columns and {"Flickr ID", "url"} <= {*table.columns}:
        raise DataSetError(
            f"{quoted_path(path.parent)} holds no pictures",
            f"{path.name} has the addresses and labels of {len(table):,} photos",
            "Download the pictures and export a set with them; for photos of a workspace: curate flickr download",
        )
    if "file_name" not in table.columns:
        raise DataSetError(
            f"{quoted_path(path)} has no column file_name",
            "its columns are " + ", ".join(map(str, table.columns[:12])) if len(table.columns) else "it is empty",
            "Each row needs file_name, the picture's path relative to the metadata file.",
        )
    plain: pd.DataFrame = table.astype(object).where(table.notna(), None)
    return plain


def with_types(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Give the label columns their types: nullable integers and booleans, and cleaned strings; blank strings become None.

    Raises:
        DataSetError: a value does not have its column's type.
    """
    import pandas as pd

    typed: dict[str, Any] = {}
    for name in table.columns:
        values = table[name].tolist()
        if name in _INTEGERS:
            typed[name] = pd.array([_integer(value, name, path) for value in values], dtype="Int64")
        elif name in _BOOLEANS:
            typed[name] = pd.array([_boolean(value, name, path) for value in values], dtype="boolean")
        elif not all(value is None or isinstance(value, Number) for value in values):
            typed[name] = pd.Series([_string(value) for value in values], dtype=object, index=table.index)
        else:
            typed[name] = table[name].infer_objects()
    return pd.DataFrame(typed, index=table.index)


def as_integer(value: object) -> int | None:
    """Return an integer, a float without a fraction, or a string of digits as an int; None for anything else.

    >>> [as_integer(value) for value in (7, 7.0, " 7 ", 7.5, "7.0", True)]
    [7, 7, 7, None, None, None]
    """
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        text = value.strip()
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None
    try:
        number = int(value)  # type: ignore[call-overload]  # numpy's and pandas' scalars; the next line checks
        return int(number) if number == value and abs(number) < 2**63 else None
    except (TypeError, ValueError, OverflowError):
        return None


def _integer(value: object, name: str, path: Path) -> int | None:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    number = as_integer(value)
    if number is None:
        raise DataSetError(
            f"{quoted_path(path)} has {clean_text(str(value))!r} in the column {name}",
            "whole numbers are expected there",
        )
    return number


def _boolean(value: object, name: str, path: Path) -> bool | None:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    truth = _TRUTH.get(str(value).strip().lower())
    if truth is None:
        raise DataSetError(
            f"{quoted_path(path)} has {clean_text(str(value))!r} in the column {name}",
            "True or False is expected there",
        )
    return truth


def _string(value: object) -> str | None:
    return None if value is None else clean_text(str(value))


def _read_parquet(path: Path) -> pd.DataFrame:
    """The flat columns. Their size is added up while they are read, since the footer may state less than the pages hold."""
    import pandas as pd
    import pyarrow as pa

    try:
        with open_parquet(path) as file:
            fields = [field for field in file.schema if _is_flat(field.type)]
            flat = [field.name for field in fields]
            _check_names(flat)
            check_cells(file.rows, len(flat))
            groups, taken = [pa.schema(fields).empty_table()], 0
            for group, _ in file.groups(flat):
                taken += group.nbytes
                if taken > MOST_BYTES:
                    raise ValueError(f"its columns take more than {MOST_BYTES >> 20:,} MB")
                groups.append(group)
            with errors_in_words():
                table = pa.concat_tables(groups[1:] or groups)
                columns = {
                    name: as_series(table.column(name)) for name in flat if not name.startswith("__index_level_")
                }
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    return pd.DataFrame(columns, index=range(table.num_rows))


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _inner(kind: Any) -> Any:
    """The type of a dictionary's values; any other type unchanged."""
    import pyarrow as pa

    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _is_flat(kind: Any) -> bool:
    import pyarrow as pa

    inner = _inner(kind)
    plain = pa.types.is_null(inner) or pa.types.is_primitive(inner) or pa.types.is_decimal(inner)
    return _is_text(inner) or bool(plain)


def _check_names(names: Sequence[str]) -> None:
    if len(names) > _MOST_COLUMNS:
        raise ValueError(f"it has {len(names):,} columns, and at most {_MOST_COLUMNS:,} are read")
    odd = next((name for name in names if not isinstance(name, str) or not _is_unicode(name)), None)
    if odd is not None:
        raise ValueError(f"the name of a column is not text: {visible_text(str(odd))!r}")
    doubled = next((name for at, name in enumerate(names) if name in names[:at]), None)
    if doubled is not None:
        raise ValueError(f"it has more than one column {visible_text(str(doubled))!r}")


def _is_unicode(text: str) -> bool:
    """Whether a text can be encoded as UTF-8, which a lone surrogate cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _read_json_lines(path: Path) -> pd.DataFrame:
    import pandas as pd

    rows: list[dict[str, Any]] = []
    names: dict[str, None] = {}
    try:
        with io.TextIOWrapper(open_regular(path, MOST_BYTES), encoding="utf-8-sig") as file:
            for line in json_lines(file):
                row = parse_json_object(line)
                if not row.keys() <= names.keys():
                    names |= dict.fromkeys(row)
                    _check_names(list(names))
                rows.append(row)
                check_cells(len(rows), len(names))
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    return pd.DataFrame(rows, columns=list(names), dtype=object)


def _read_csv(path: Path) -> pd.DataFrame:
    import pandas as pd

    try:
        with io.TextIOWrapper(open_regular(path, MOST_BYTES), encoding="utf-8-sig", newline="") as file:
            names, found = records_of_csv(file, strict=True)
            _check_names(names)
            rows = []
            for row in found:
                rows.append({name: value or None for name, value in row.items()})
                check_cells(len(rows), len(names))
    except (OSError, ValueError, csv.Error) as error:
        raise _unreadable(path, error) from error
    return pd.DataFrame(rows, columns=names, dtype=object)


def _unreadable(path: Path, error: Exception) -> DataSetError:
    return DataSetError(f"{quoted_path(path)} cannot be read", why(error), "Write the set again, or repair the file.")
