"""`metadata.parquet`: the label columns with exact types."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from curate.catalog.labels import LABEL_COLUMNS, PRIVATE_COLUMNS, ColumnType
from curate.catalog.phototable import PhotoTable

EXTRA_COLUMNS: dict[str, ColumnType] = {"scene_idx": "int64"}
"""Columns besides the label columns; `scene_idx` numbers the scenes that photos are known to show."""

_TYPES = {"string": pa.string(), "int64": pa.int64(), "float64": pa.float64(), "bool": pa.bool_()}
_REQUIRED = ("file_name", "photo_id", "sha256")


def schema(keep_gps: bool = False, extra: Sequence[str] = ()) -> pa.Schema:
    """Return the table's schema: the label columns in order, private ones only with `keep_gps`, then the extra ones."""
    columns: dict[str, ColumnType] = {
        name: kind for name, kind in LABEL_COLUMNS.items() if keep_gps or name not in PRIVATE_COLUMNS
    }
    columns |= {name: EXTRA_COLUMNS[name] for name in extra}
    return pa.schema([pa.field(name, _TYPES[kind], nullable=name not in _REQUIRED) for name, kind in columns.items()])


def extra_columns(photos: PhotoTable) -> list[str]:
    """Return the extra columns that hold any value."""
    return [name for name in EXTRA_COLUMNS if photos.present(name).any()]


def packed(photos: PhotoTable, keep_gps: bool = False) -> bytes:
    """Return the photos as a parquet file; absent values are null. The same photos give the same bytes."""
    columns = schema(keep_gps, extra_columns(photos))
    table = pa.table({field.name: photos.arrow(field.name, field.type) for field in columns}, schema=columns)
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()
