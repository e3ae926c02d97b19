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

CATALOG_COLUMNS: dict[str, ColumnType] = {
    "path": "string",
    "stored_path": "string",
    "status": "string",
    "error": "string",
    "scene": "string",
    "id": "int64",
    "screenshot": "string",
    "burst": "string",
    "jpeg_progressive": "bool",
    "jpeg_tables": "string",
    "readers_disagree": "string",
}
"""Further columns of a catalogue's view `label`, for `--where`; sets do not have them."""

MEANINGS: dict[str, str] = {
    "file_name": "the picture's name in a set, `images/<photo_id>.<ext>`",
    "photo_id": "the Flickr ID; for a local photo a number computed from its sha256, shared by exact copies",
    "sha256": "sha256 of the source file",
    "source": "where the photo comes from: `local`, `flickr`, `flickrexif`, `yfcc100m`, `flickr-export`",
    "owner": "the photographer, from a sidecar or a person",
    "url": "the address at which it was published",
    "license": "an SPDX id or a URL",
    "Make": "EXIF's string, cleaned",
    "Model": "EXIF's string, cleaned",
    "make_normalized": "tidy brand: `Nikon` for `NIKON CORPORATION`",
    "model_normalized": "market name: `Nexus 5X` for `bullhead`",
    "camera_type": "smartphone, feature_phone, tablet, dslr, mirrorless, compact, action, drone, camcorder, film_scanner, "
    "scanner, unknown",
    "camera_type_rule": "the rule that gave the type",
    "Is Smartphone": "1 for smartphones, 0 for dslr, mirrorless and compact, null for every other type",
    "camera_class": "`phone`, `dslr/compact`, or null, by the same rule",
    "Smartphone Model": "`Model`, where the camera is a smartphone",
    "Exposure": "seconds: `1/125`, `0.5`",
    "Aperture": "F number: `2.8`",
    "Focal Length": "`4.2 mm`",
    "ISO Speed": "`400`",
    "Flash": "`with flash`, `without flash`",
    "Year": "`2013.0`",
    "taken_at": "local time, `YYYY-MM-DDTHH:MM:SS[.fff]`; missing parts are the first month, the first day, midnight",
    "taken_precision": "second, day, month, year, unknown",
    "utc_offset": "`+02:00`",
    "lens": "EXIF's name of the lens",
    "software": "EXIF's name of the program that wrote the file last",
    "edited": "whether the file was changed after the camera wrote it; null where that is not known",
    "edited_reason": "the sign that tells",
    "width": "pixels, as stored",
    "height": "pixels, as stored",
    "orientation": "EXIF's orientation, 1 to 8; HEIF and AVIF pictures are turned by the decoder already",
    "format": "`JPEG`, `HEIF`, …",
    "jpeg_subsampling": "`4:2:0`, …",
    "jpeg_quality": "1 to 100, from the file's quantisation tables",
    "semantic_label": "the semantic label, what the photo shows: from its folder, a sidecar or a person",
    "scene": "the scene's name, stated by a sidecar or a person: photos of one scene stay together",
    "subject_idx": "the number of the accepted pair that the photo is in",
    "split": "null in a catalogue; in a set the side that is disjoint across all attributes",
    "latitude": "degrees north, from GPS",
    "longitude": "degrees east, from GPS",
    "path": "the source file",
    "stored_path": "the same; of a file inside the workspace relative to its folder, as `./originals/…`",
    "status": "ok, missing, truncated, invalid, timeout, too_large, denied; of a photo without a file also listed (its EXIF did "
    "not come yet) and gone (it was deleted or made private)",
    "error": "why the file could not be read; null where it could",
    "id": "the catalogue's own number of the photo",
    "screenshot": "the sign that the file is a screenshot; null where there is none",
    "burst": "the identifier that the photos of one burst share",
    "jpeg_progressive": "whether the JPEG is progressive",
    "jpeg_tables": "the JPEG's quantisation tables: `libjpeg` for the standard ones, else `own`",
    "readers_disagree": "the fields for which two EXIF readers give different values; null where they agree",
}
"""Column -> what it holds, as docs/labels.md lists it."""

PRIVATE_COLUMNS = ("latitude", "longitude")
"""Columns that an export leaves out unless they are asked for."""

_NOT_A_TARGET = {"file_name", "photo_id", "sha256", "url", "subject_idx", "split", "taken_at", *PRIVATE_COLUMNS}
ATTRIBUTES = tuple(column for column in LABEL_COLUMNS if column not in _NOT_A_TARGET)
"""The label columns that can be the target of a split."""

LOCAL_ID_BASE = 10**15
"""The smallest ID of a local photo. Flickr's IDs are far smaller; JSON numbers are exact up to 2^53."""

LabelRow = dict[str, Any]
"""One photo: every label column (absent values are None), and `path`, `status`, `error`."""


def local_photo_id(sha256: str) -> int:
    """Return the integer ID of a local photo, computed from the hex sha256 of its file; exact copies share it."""
    return LOCAL_ID_BASE + int(sha256, 16) % (2**53 - LOCAL_ID_BASE)
