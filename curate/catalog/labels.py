"""The label columns: their order, types and meaning. Fixed: they are the paper's own names and spellings."""

from __future__ import annotations

from typing import Any, Literal

ColumnType = Literal["string", "int64", "float64", "bool"]

LABEL_COLUMNS: dict[str, ColumnType] = {
    "file_name": "string",
    "photo_id": "int64",
    "sha256": "string",
    "source": "string",
    "owner": "string",
    "url": "string",
    "license": "string",
    "Make": "string",
    "Model": "string",
    "make_normalized": "string",
    "model_normalized": "string",
    "camera_type": "string",
    "camera_type_rule": "string",
    "Is Smartphone": "bool",
    "camera_class": "string",
    "Smartphone Model": "string",
    "Exposure": "string",
    "Aperture": "string",
    "Focal Length": "string",
    "ISO Speed": "string",
    "Flash": "string",
    "Year": "string",
    "taken_at": "string",
    "taken_precision": "string",
    "utc_offset": "string",
    "lens": "string",
    "software": "string",
    "edited": "bool",
    "edited_reason": "string",
    "width": "int64",
    "height": "int64",
    "orientation": "int64",
    "format": "string",
    "jpeg_subsampling": "string",
    "jpeg_quality": "int64",
    "semantic_label": "string",
    "subject_idx": "int64",
    "split": "string",
    "latitude": "float64",
    "longitude": "float64",
}
"""Column -> type, in the order of `metadata.parquet`; every column is nullable except the first three."""

PRIVATE_COLUMNS = ("latitude", "longitude")
"""Absent from an export unless asked for."""

LOCAL_ID_BASE = 10**15
"""Flickr's IDs lie far below; JSON numbers stay exact up to 2^53."""

LabelRow = dict[str, Any]
"""One photo: every label column (absent values are None), and `path`, `status`, `error`."""


def local_photo_id(sha256: str) -> int:
    """Return a local photo's integer ID, from the hex sha256 of its file; exact copies share it."""
    return LOCAL_ID_BASE + int(sha256, 16) % (2**53 - LOCAL_ID_BASE)
