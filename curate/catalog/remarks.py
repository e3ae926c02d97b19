"""Flags and notes on pairs, as they follow from the decision log. `marking` makes them."""

from __future__ import annotations

from dataclasses import dataclass

from curate.catalog.store import Catalog

LONGEST = 2000
"""Number of characters that a note may have."""


@dataclass(frozen=True, slots=True)
class Remark:
    """What a person remarked on a pair.

    Attributes:
        flagged: whether the pair is flagged.
        note: the note; empty where there is none.
    """

    flagged: bool = False
    note: str = ""


def remark_of(catalog: Catalog, phone: str, other: str) -> Remark:
    """Return the remark on the pair of two photos, named by their sha256 in any order; an empty one where there is none."""
    row = catalog.connection.execute(
        "SELECT flagged, note FROM remark WHERE one = ? AND two = ?", _key(phone, other)
    ).fetchone()
    return Remark(bool(row["flagged"]), row["note"]) if row else Remark()


def put_remark(catalog: Catalog, phone: str, other: str, remark: Remark) -> None:
    """Replace the remark on a pair; an empty one removes it."""
    if remark == Remark():
        catalog.connection.execute("DELETE FROM remark WHERE one = ? AND two = ?", _key(phone, other))
    else:
        catalog.connection.execute(
            "INSERT OR REPLACE INTO remark (one, two, flagged, note) VALUES (?, ?, ?, ?)",
            (*_key(phone, other), int(remark.flagged), remark.note),
        )


def remarks(catalog: Catalog) -> dict[frozenset[str], Remark]:
    """Return all remarks by the sha256 of the two photos."""
    rows = catalog.connection.execute("SELECT one, two, flagged, note FROM remark")
    return {frozenset((row["one"], row["two"])): Remark(bool(row["flagged"]), row["note"]) for row in rows}


def _key(phone: str, other: str) -> tuple[str, str]:
    return min(phone, other), max(phone, other)
