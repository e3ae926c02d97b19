"""Which of several copies a person chose to keep. Choices are numbered, so that the latest in a group of copies wins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from curate.catalog import decisions
from curate.catalog.labelling import KEEPER
from curate.catalog.store import Catalog


def keep(catalog: Catalog, photo: int) -> None:
    """Choose, as a person, this photo among its copies. The choice is logged and can be undone like a label."""
    with catalog.transaction():
        decisions.label(catalog, [photo], KEEPER, str(_number(catalog, "max") + 1))


def keep_imported(catalog: Catalog, photo: int, note: Mapping[str, Any]) -> None:
    """Import the choice of a photo among its copies. It is weaker than all choices so far. `note`: as in `decisions.decide`."""
    decisions.label(catalog, [photo], KEEPER, str(_number(catalog, "min") - 1), note)


def choices_among(catalog: Catalog, sha256: str) -> list[tuple[int, bool]]:
    """Return the photos with a sha256 in the order of their paths, as (row ID, whether a person chose it)."""
    rows = catalog.connection.execute(
        "SELECT photo.id, assertion.value IS NOT NULL FROM photo LEFT JOIN assertion "
        "ON assertion.photo = photo.id AND assertion.key = ? WHERE sha256 = ? ORDER BY path, path_bytes",
        (KEEPER, sha256),
    )
    return [(int(row[0]), bool(row[1])) for row in rows]


def _number(catalog: Catalog, end: Literal["min", "max"]) -> int:
    """Return the smallest or the largest number of a choice; 0 if there is none."""
    row = catalog.connection.execute(
        f"SELECT coalesce({end}(CAST(value AS INTEGER)), 0) FROM assertion WHERE key = ?", (KEEPER,)
    ).fetchone()
    return int(row[0])


def chosen_groups(catalog: Catalog) -> int:
    """Return the number of groups of photos whose files are the same, and of which a person chose the one to keep."""
    row = catalog.connection.execute(
        "SELECT count(DISTINCT photo.sha256) FROM assertion JOIN photo ON photo.id = assertion.photo "
        "WHERE key = ? AND value IS NOT NULL "
        "AND EXISTS (SELECT 1 FROM photo AS copy WHERE copy.sha256 = photo.sha256 AND copy.id != photo.id)",
        (KEEPER,),
    ).fetchone()
    return int(row[0])


def kept(catalog: Catalog) -> dict[bytes, int]:
    """Return path (bytes) -> rank of the choice, from 1, for the photos that were chosen; the largest rank is the strongest."""
    rows = catalog.connection.execute(
        "SELECT resolved(path_bytes), dense_rank() OVER (ORDER BY CAST(value AS INTEGER)) "
        "FROM assertion JOIN photo ON photo.id = assertion.photo "
        "WHERE key = ? AND value IS NOT NULL",
        (KEEPER,),
    )
    return dict(tuple(row) for row in rows)
