"""`metadata.parquet`: the label columns with exact types."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from curate.catalog.labels import LABEL_COLUMNS, PRIVATE_COLUMNS, ColumnType
from curate.catalog.phototable import PhotoTable
from curate.sources.made import Layout

EXTRA_COLUMNS: dict[str, ColumnType] = {"scene_idx": "int64"}
"""Columns besides the label columns; `scene_idx` numbers the scenes that photos are known to show."""

_TYPES = {"string": pa.string(), "int64": pa.int64(), "float64": pa.float64(), "bool": pa.bool_()}
_REQUIRED = ("file_name", "photo_id", "sha256")
_OF_A_FILE = ("file_name", "sha256")

FLICKR_EXIF = pa.schema(
    [
        pa.field("Flickr ID", pa.int64(), nullable=False),
        *(
            pa.field(name, pa.string())
            for name in ("url", "owner", "Make", "Model", "Exposure", "Aperture", "ISO Speed", "Focal Length")
        ),
    ]
)
"""The columns of FlickrExif, as its card states them."""


def schema(keep_gps: bool = False, extra: Sequence[str] = (), layout: Layout = Layout.IMAGEFOLDER) -> pa.Schema:
    """Return the schema of the table with all labels: the label columns in order, then the extra ones.

    Args:
        keep_gps: whether the private columns are in it.
        extra: further columns (`EXTRA_COLUMNS`).
        layout: a set without pictures has no names and hashes of files.
    """
    absent = {*(() if keep_gps else PRIVATE_COLUMNS), *(_OF_A_FILE if layout is Layout.URLS else ())}
    columns: dict[str, ColumnType] = {name: kind for name, kind in LABEL_COLUMNS.items() if name not in absent}
    columns |= {name: EXTRA_COLUMNS[name] for name in extra}
    return pa.schema([pa.field(name, _TYPES[kind], nullable=name not in _REQUIRED) for name, kind in columns.items()])


def extra_columns(photos: PhotoTable) -> list[str]:
    """Return the extra columns that hold any value."""
    return [name for name in EXTRA_COLUMNS if photos.present(name).any()]


def packed(photos: PhotoTable, columns: pa.Schema) -> bytes:
    """Return the photos as a parquet file with these columns; absent values are null. The same photos give the same bytes."""
    table = pa.table({field.name: photos.arrow(field.name, field.type) for field in columns}, schema=columns)
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()
