"""Reads CSV files that people write: separated by commas, semicolons or tabs, in UTF-8, with a header line."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from curate.errors import SourceError, UsageError
from tracer.base.reading import open_regular, rows_of_csv
from tracer.base.text import printable_path

MOST_BYTES = 2 << 30
_LONGEST = 1 << 20  # largest number of characters in the header line
_FORM = "It must be a CSV in UTF-8 with a header line."


@dataclass(frozen=True, slots=True)
class CsvRow:
    """A row.

    Attributes:
        line: the number of its first line, from 1.
        cells: its cells as they are in the file, including spaces.
    """

    line: int
    cells: list[str]

    def cell(self, position: int) -> str:
        """Return a cell; a missing cell is empty."""
        return self.cells[position] if position < len(self.cells) else ""


def csv_rows(path: Path, failure: str) -> Iterator[CsvRow]:
    """Yield the rows of a CSV file, the header first; blank lines are ignored.

    The separator is the first of comma, semicolon and tab that the header contains.

    Args:
        path: the file.
        failure: the first part of the error messages, e.g. "the sidecar cannot be read".

    Raises:
        UsageError: there is no such file.
        SourceError: it cannot be read, is empty, or has an unclosed quote.
    """
    shown = printable_path(path)
    try:
        with io.TextIOWrapper(open_regular(path, MOST_BYTES), encoding="utf-8-sig", newline="") as file:
            header = next((line for line in iter(lambda: file.readline(_LONGEST), "") if line.strip()), None)
            if header is None:
                raise SourceError(failure, f"{shown} is empty", _FORM)
            file.seek(0)
            separator = next((sign for sign in (",", ";", "\t") if sign in header), ",")
            for line, cells in rows_of_csv(file, delimiter=separator, strict=True):
                if any(cell.strip() for cell in cells):
                    yield CsvRow(line, cells)
    except csv.Error as error:
        way_out = "Close its quotes, and double a quote that belongs to the text."
        raise SourceError(failure, f"{shown}: {error}", way_out) from error
    except FileNotFoundError as error:
        raise UsageError(failure, f"there is no file {shown}", "Check the spelling.") from error
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise SourceError(failure, f"{shown}: {why}", _FORM) from error
