"""Metadata tables of image folders: parquet, JSON lines or CSV, as Hugging Face's ImageFolder has them."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tracer.base.text import clean_text, quoted_path
from tracer.errors import DataSetError

if TYPE_CHECKING:
    import pandas as pd

NAMES: Final = ("metadata.parquet", "metadata.jsonl", "metadata.csv")
"""In the order of preference: parquet keeps types, JSON lines keep strings, CSV keeps neither."""

_INTEGERS: Final = ("subject_idx", "scene_idx", "width", "height", "orientation", "jpeg_quality")
_BOOLEANS: Final = ("Is Smartphone", "edited")
_TRUTH: Final = {"true": True, "false": False, "1": True, "0": False, "1.0": True, "0.0": False}


def find_metadata(folder: Path) -> Path | None:
    """The metadata file of a folder, parquet first; None where there is none."""
    return next((folder / name for name in NAMES if (folder / name).is_file()), None)


def read_metadata(path: Path) -> pd.DataFrame:
    """A metadata file as strings and plain values, absent ones None; nothing is guessed from how a value looks.

    Raises:
        DataSetError: unreadable, damaged, or without the column `file_name`.
    """
    readers: dict[str, Callable[[Path], pd.DataFrame]] = {
        ".parquet": _read_parquet,
        ".jsonl": _read_json_lines,
        ".csv": _read_csv,
    }
    table = readers[path.suffix](path)
    if "file_name" not in table.columns:
        raise DataSetError(
            f"{quoted_path(path)} has no column file_name",
            "its columns are " + ", ".join(map(str, table.columns[:12])) if len(table.columns) else "it is empty",
            "Each row needs file_name, the picture's path relative to the metadata file.",
        )
    plain: pd.DataFrame = table.astype(object).where(table.notna(), None)
    return plain


def with_types(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Give the label columns their types: nullable integers and booleans; strings cleaned, blank ones absent.

    Raises:
        DataSetError: a value does not fit its column.
    """
    import pandas as pd

    typed: dict[str, Any] = {}
    for name in table.columns:
        values = table[name].tolist()
        if name in _INTEGERS:
            typed[name] = pd.array([_integer(value, name, path) for value in values], dtype="Int64")
        elif name in _BOOLEANS:
            typed[name] = pd.array([_boolean(value, name, path) for value in values], dtype="boolean")
        elif any(isinstance(value, str) for value in values):
            typed[name] = pd.Series([_string(value) for value in values], dtype=object, index=table.index)
        else:
            typed[name] = table[name].infer_objects()
    return pd.DataFrame(typed, index=table.index)


def as_integer(value: object) -> int | None:
    """A whole number from an integer, a whole float or its digits; None for anything else."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        text = value.strip()
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None
    try:
        number = int(value)  # type: ignore[call-overload]  # numpy's and pandas' scalars; the next line checks
        return int(number) if number == value else None
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


def _string(value: object) -> object:
    return clean_text(value) if isinstance(value, str) else value


def _read_parquet(path: Path) -> pd.DataFrame:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        # A file handle, not a path: pyarrow would read key=value folder names as columns.
        with path.open("rb") as file:
            frame: pd.DataFrame = pq.read_table(file).to_pandas(integer_object_nulls=True)
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(path, error) from error
    return frame


def _read_json_lines(path: Path) -> pd.DataFrame:
    import pandas as pd

    try:
        with path.open(encoding="utf-8-sig") as file:
            rows = [json.loads(line) for line in file if line.strip()]
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    if not all(isinstance(row, dict) for row in rows):
        raise _unreadable(path, "a line is no JSON object")
    return pd.DataFrame(rows, dtype=object)


def _read_csv(path: Path) -> pd.DataFrame:
    import pandas as pd

    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            rows = [{key: value or None for key, value in row.items() if key is not None} for row in reader]
            names = reader.fieldnames or []
    except (OSError, ValueError, csv.Error) as error:
        raise _unreadable(path, error) from error
    return pd.DataFrame(rows, columns=list(names), dtype=object)


def _unreadable(path: Path, why: object) -> DataSetError:
    return DataSetError(f"{quoted_path(path)} cannot be read", str(why), "Write the set again, or repair the file.")
