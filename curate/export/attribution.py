"""`ATTRIBUTION.csv`: the owner, source and licence of each photo, for people and their spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from curate.catalog.labels import LabelRow
from curate.catalog.phototable import PhotoTable
from curate.sources.made import Layout
from tracer.base.text import no_formula

COLUMNS = ("photo_id", "file_name", "owner", "url", "license", "license_seen", "changes")
CHANGES = "metadata removed"


def packed(rows: PhotoTable | Iterable[LabelRow], layout: Layout = Layout.IMAGEFOLDER) -> bytes:
    """Return the file, one line per photo, in UTF-8. `license_seen` is the day on which Flickr stated the licence.

    An apostrophe is put before what a spreadsheet would take for a formula; programs should read `metadata.parquet`.
    """
    sink = io.BytesIO()
    with io.TextIOWrapper(sink, "utf-8", newline="", write_through=True) as text:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in PhotoTable.of(rows).select(COLUMNS).rows():
            own = {"changes": CHANGES} if layout is Layout.IMAGEFOLDER else {"file_name": None}
            cells = {**row, **own}
            writer.writerow(["" if cells.get(c) is None else no_formula(str(cells[c])) for c in COLUMNS])
        text.flush()
        return sink.getvalue()
