"""What the tests of imports share: run one, and list what it skipped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from curate.catalog.folders import skipped
from curate.catalog.photos import photos_where
from curate.catalog.store import Catalog
from curate.sources.flickrexif import COLUMNS

PAGE = "https://www.flickr.com/photos/{owner}/{photo}/"


def rows_of(catalog: Catalog) -> dict[int, dict[str, Any]]:
    """Return the label rows of a catalogue by photo ID."""
    return {row["photo_id"]: row for row in catalog.labels()}


def scenes_of(catalog: Catalog) -> dict[str, str | None]:
    """Return the stated scene of each photo by its path."""
    return {photo.path: photo.scene for photo in photos_where(catalog, "true")}


def why_skipped(catalog: Catalog) -> dict[str, str]:
    """Return what the last import skipped: the last part of its place -> the reason."""
    return {path.rpartition("/")[2]: reason for path, reason in skipped(catalog)}


def write_flickrexif(path: Path, rows: list[dict[str, Any]], **kinds: pa.DataType) -> Path:
    """Write a table with FlickrExif's columns; what a row lacks is null."""
    columns = {
        name: pa.array(
            [row.get(name) for row in rows], kinds.get(name, pa.int64() if name == COLUMNS[0] else pa.string())
        )
        for name in COLUMNS
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)
    return path
