"""Reads a sidecar: a CSV with labels that the photos' files do not hold."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from curate.catalog.assigning import usable
from curate.catalog.labelling import MEANT, SAID_KEYS, meant_among
from curate.errors import SourceError
from curate.sources.csvfile import csv_rows
from tracer.base.text import clean_text, counted, quoted_path, visible_text

PATH_COLUMNS = ("path", "file", "file_name")
"""The columns that name a row's photo; the first of these in the header is used."""

_FAILURE = "the sidecar cannot be read"

UNMATCHED = "the sidecar names it, but no such photo was found"

COLUMNS_HELP = f"one of {', '.join(PATH_COLUMNS)}, and any of {', '.join(SAID_KEYS)}"
"""The columns of a sidecar, in words."""

_BY_LOWER = {key.lower(): key for key in SAID_KEYS}
_MEANT_PATHS = {
    "filename": "file_name", "filepath": "path", "file_path": "path", "image": "file", "image_path": "path", "photo": "file",
    "name": "file_name",
}  # fmt: skip
"""Other names that people use for the columns that name the photo."""

_TYPES = ("type", "camera_type")


@dataclass
class Sidecar:
    """The content of a sidecar.

    Attributes:
        said: absolute path of a photo -> label column -> value. None stands for an empty or unusable cell; it withdraws the
            value that an earlier reading of the sidecar gave.
        unusable: rows with cells that cannot be used, as (path, reason).
        unfit: reason -> number of cells that cannot be used.
        remarks: sentences about its columns.
        empty: column -> number of empty cells.
        odd_rows: reason -> number of rows.
    """

    said: dict[bytes, dict[str, str | None]] = field(default_factory=dict)
    unusable: list[tuple[bytes, str]] = field(default_factory=list)
    unfit: Counter[str] = field(default_factory=Counter)
    remarks: list[str] = field(default_factory=list)
    empty: Counter[str] = field(default_factory=Counter)
    odd_rows: Counter[str] = field(default_factory=Counter)

    def remarks_on_rows(self, unmatched: int) -> list[str]:
        """Return remarks about rows that were not used. `unmatched` is the number of named photos that were not found."""
        remarks = [f"the sidecar: {reason}: {counted(count, 'row')}" for reason, count in self.odd_rows.items()]
        remarks += [
            f"the sidecar: {column} is empty in {counted(count, 'row')}, which give no value for it"
            for column, count in self.empty.items()
        ]
        remarks += [
            f"the sidecar: {reason} in {counted(count, 'row')}; `curate skipped` lists them"
            for reason, count in self.unfit.items()
        ]
        if unmatched:
            remarks.append(
                f"the sidecar: no photo was found for {counted(unmatched, 'row')}; `curate skipped` lists them"
            )
        return remarks


def read_sidecar(path: Path, roots: list[bytes]) -> Sidecar:
    """Read a sidecar.

    A path in it is absolute, or relative to the CSV's folder or to one of the ingested folders; the first that exists is used.

    Args:
        path: the CSV.
        roots: the files and folders that are ingested, absolute.

    Raises:
        UsageError: there is no such file.
        SourceError: it cannot be read, or has no column that names photos.
    """
    sidecar = Sidecar()
    rows = csv_rows(path, _FAILURE)
    header = next(rows).cells
    where, columns, sidecar.remarks = _columns(path, header)
    bases = [os.fsencode(path.parent.absolute()), *roots]
    for row in rows:
        name = row.cell(where)
        if not name.strip():
            sidecar.odd_rows["rows without a photo are not used"] += 1
            continue
        if len(row.cells) > len(header):
            sidecar.odd_rows["rows have more cells than the header; the surplus cells are not used"] += 1
        if any("\n" in cell for cell in row.cells):
            sidecar.odd_rows["rows hold a cell of several lines; is a quote missing?"] += 1
        photo = _locate(name, bases)
        if photo in sidecar.said:
            sidecar.odd_rows["rows name a photo that an earlier row names; the later row counts"] += 1
        values = {key: clean_text(row.cell(at)) for at, key in columns.items()}
        sidecar.empty.update(key for key, value in values.items() if value is None)
        sidecar.said[photo], why = usable(values)
        sidecar.unfit.update(why.values())
        if why:
            reasons = "; ".join(f"the sidecar's {reason}: {values[key]}" for key, reason in why.items())
            sidecar.unusable.append((photo, reasons))
    return sidecar


def remarks_on_columns(path: Path) -> list[str]:
    """Return remarks about a sidecar's columns, without reading its rows.

    Raises:
        SourceError: as `read_sidecar`.
    """
    return _columns(path, next(csv_rows(path, _FAILURE)).cells)[2]


def _columns(path: Path, header: Iterable[str]) -> tuple[int, dict[int, str], list[str]]:
    """Return the index of the path column, a map from index to label column, and remarks about the other columns."""
    names = [name.strip() for name in header]
    lower = [name.lower() for name in names]
    where = next((lower.index(name) for name in PATH_COLUMNS if name in lower), None)
    if where is None:
        near = next(
            (f"; did you mean {wanted} by {name}?" for name in names if (wanted := meant(name)) in PATH_COLUMNS), ""
        )
        listed = ", ".join(map(visible_text, names)) or "none"
        raise SourceError(
            "the sidecar has no column that names photos",
            f"{quoted_path(path)} has the columns {listed}{visible_text(near)}",
            f"Give it a column {', '.join(PATH_COLUMNS[:-1])} or {PATH_COLUMNS[-1]}.",
        )
    columns: dict[int, str] = {}
    unknown: list[str] = []
    remarks: list[str] = []
    for at, name in enumerate(lower):
        if name in _BY_LOWER:
            key = _BY_LOWER[name]
            if key in columns.values():
                remarks.append(f"the sidecar has the column {key} more than once; the first one counts")
            else:
                columns[at] = key
        elif name not in PATH_COLUMNS and name:
            unknown.append(visible_text(names[at]))
    if unknown:
        remarks.append(
            f"the sidecar's columns {', '.join(unknown)} are not used; the columns are: {COLUMNS_HELP}"
            if len(unknown) > 1
            else f"the sidecar's column {unknown[0]} is not used; the columns are: {COLUMNS_HELP}"
        )
        remarks += [
            f"{name}: did you mean {wanted}?"
            for name in unknown
            if (wanted := meant(name)) is not None and wanted not in PATH_COLUMNS and wanted not in columns.values()
        ]
        remarks += [
            f"{name}: a camera's type is stated with: curate cameras set MAKE MODEL TYPE"
            for name in unknown
            if name.lower() in _TYPES
        ]
    return where, columns, remarks


def meant(name: str) -> str | None:
    """Return the column that is probably meant by a name; None if no column is similar."""
    return meant_among(name, (*SAID_KEYS, *PATH_COLUMNS), MEANT | _MEANT_PATHS)


def _locate(name: str, bases: list[bytes]) -> bytes:
    """Return the path that a cell names. Spaces around it are ignored, unless a file with these spaces exists."""
    stripped = os.fsencode(name.strip())
    candidates = [os.path.abspath(os.path.join(base, n)) for n in (os.fsencode(name), stripped) for base in bases]
    there = (path for path in candidates if os.path.exists(path))
    return next(there, os.path.abspath(os.path.join(bases[0], stripped)))
