"""curate's own table, `datasets/camera_types.csv`: types that makers state and the databases lack.

Columns: make, model, type, market_name, source, date. Make and model are tidied like those of a photo, so rows may use any
spelling. `source` names the origin of the fact. `market_name` is the name under which the device is sold, where its model is
a code.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from curate.cameras.brands import tidy
from curate.cameras.keys import squashed
from curate.cameras.types import CameraType
from curate.errors import CurateError
from curate.resources import CAMERA_TYPES, data_file


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of the table.

    Attributes:
        brand: the tidy brand.
        model: the tidy model.
        type: its type.
        market_name: the name under which it is sold, where the model is a code; else None.
        source: origin of the fact.
        date: date of the source.
    """

    brand: str
    model: str
    type: CameraType
    market_name: str | None
    source: str
    date: str


@dataclass(frozen=True, slots=True)
class CameraTable:
    """The rows of the table, for look-ups.

    Attributes:
        by_camera: (squashed brand, squashed model) -> row.
        by_model: squashed model -> row; None where several makers have it.
    """

    by_camera: Mapping[tuple[str, str], TableRow]
    by_model: Mapping[str, TableRow | None]

    def find(self, brand: str | None, model: str | None) -> TableRow | None:
        """Return the row of a tidy (brand, model); without a brand, the row of the model where only one maker has it."""
        if not model:
            return None
        if brand is None:
            return self.by_model.get(squashed(model))
        return self.by_camera.get((squashed(brand), squashed(model)))


def read_table(path: Path) -> CameraTable:
    """Read a camera table.

    Raises:
        CurateError: a row has no make, no model, an unknown type, no source, or repeats a camera.
    """
    by_camera: dict[tuple[str, str], TableRow] = {}
    by_model: dict[str, TableRow | None] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for number, cells in enumerate(csv.DictReader(file), start=2):
            brand, model = tidy(cells.get("make"), cells.get("model"))
            kind = (cells.get("type") or "").strip()
            source, date = (cells.get("source") or "").strip(), (cells.get("date") or "").strip()
            if not (brand and model and source and date) or kind not in list(CameraType):
                raise _bad(
                    path, number, f"make {brand!r}, model {model!r}, type {kind!r}, source {source!r}, date {date!r}"
                )
            row = TableRow(
                brand, model, CameraType(kind), (cells.get("market_name") or "").strip() or None, source, date
            )
            key = (squashed(brand), squashed(model))
            if key in by_camera:
                raise _bad(path, number, f"{brand} {model} already has a row")
            by_camera[key] = row
            bare = squashed((cells.get("model") or "").strip())
            by_model[bare] = None if bare in by_model else row
    return CameraTable(by_camera, by_model)


def _bad(path: Path, line: int, why: str) -> CurateError:
    return CurateError(
        f"{path.name} cannot be read, line {line}",
        why,
        "each row needs make, model, a known type, source and date, once for each camera",
    )


@cache
def shipped_table() -> CameraTable:
    """Return the table that comes with curate, read once."""
    return read_table(data_file(CAMERA_TYPES))
