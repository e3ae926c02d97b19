"""A CSV beside the photos that says what their files do not."""

from __future__ import annotations

import csv
import os
from pathlib import Path

from curate.catalog.labelling import SAID_KEYS, parse_taken
from curate.errors import SourceError
from curate.text import clean_text

_PATH_COLUMNS = ("path", "file", "file_name")
_BY_LOWER = {key.lower(): key for key in SAID_KEYS}


def read_sidecar(path: Path, roots: list[bytes]) -> tuple[dict[bytes, dict[str, str | None]], list[tuple[bytes, str]]]:
    """Return what a sidecar says: absolute path of a photo -> label column -> value; None for an empty cell.

    An empty cell says nothing, and takes back what it said when the sidecar was read before. Beside it the cells that cannot
    be used, as (path, reason): they count as empty.

    A path in it is absolute, or relative to the CSV's folder, or to one of the folders that are taken in: the first of
    these that exists.

    Raises:
        SourceError: the file cannot be read, or names no photos.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            header = [(name or "").strip() for name in reader.fieldnames or ()]
            reader.fieldnames = header
            where = next((name for wanted in _PATH_COLUMNS for name in header if name.lower() == wanted), None)
            if where is None:
                raise SourceError(
                    "the sidecar names no photos",
                    f"{path} has the columns {', '.join(header) or 'none'}",
                    "Give it a column path, file or file_name.",
                )
            columns = {name: _BY_LOWER[name.lower()] for name in header if name.lower() in _BY_LOWER}
            bases = [os.fsencode(path.parent.absolute()), *roots]
            said: dict[bytes, dict[str, str | None]] = {}
            unusable: list[tuple[bytes, str]] = []
            for row in reader:
                if not (row[where] or "").strip():
                    continue
                values = {key: clean_text(row[name]) or None for name, key in columns.items()}
                photo = _locate(os.fsencode(row[where].strip()), bases)
                taken = values.get("taken_at")
                if taken is not None and parse_taken(taken)[0] is None:
                    unusable.append((photo, f"the sidecar's taken_at is no time: {taken}"))
                    values["taken_at"] = None
                said[photo] = values
            return said, unusable
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SourceError(
            "the sidecar cannot be read", f"{path}: {error}", "It must be a CSV in UTF-8 with a header line."
        ) from error


def _locate(name: bytes, bases: list[bytes]) -> bytes:
    candidates = [os.path.abspath(os.path.join(base, name)) for base in bases]
    return next((path for path in candidates if os.path.exists(path)), candidates[0])
