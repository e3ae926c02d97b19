"""Flag pairs and write notes on them, as decisions of the log."""

from __future__ import annotations

import os

from curate.catalog import decisions
from curate.catalog.pairs import pair_of
from curate.catalog.remarks import remark_of
from curate.catalog.store import Catalog
from curate.errors import UsageError
from tracer.base.text import clean_text

LONGEST = 2000
"""Number of characters that a note may have."""


def flag(catalog: Catalog, phone: str, other: str, on: bool) -> bool:
    """Flag a pair, or take its flag off; returns whether that changed anything.

    Args:
        catalog: open for writing.
        phone: sha256 of the phone photo.
        other: sha256 of the other photo.
        on: whether the pair is to be flagged.
    """
    with catalog.transaction():
        before = remark_of(catalog, phone, other).flagged
        if before != on:
            decisions.append(catalog, "flag", {"phone": phone, "other": other, "on": on, "before": before})
        return before != on


def write_note(catalog: Catalog, phone: str, other: str, text: str) -> bool:
    """Write a note on a pair in place of an earlier one; returns whether that changed anything.

    Args:
        catalog: open for writing.
        phone: sha256 of the phone photo.
        other: sha256 of the other photo.
        text: the note; an empty one removes it.

    Raises:
        UsageError: the note is too long.
    """
    if len(text) > LONGEST:
        raise UsageError("that note is too long", f"{len(text):,} characters", f"Write at most {LONGEST:,} characters.")
    said = (clean_text(text, LONGEST) or "").strip()
    with catalog.transaction():
        before = remark_of(catalog, phone, other).note
        if before != said:
            decisions.append(catalog, "note", {"phone": phone, "other": other, "text": said, "before": before})
        return before != said


def flag_by_path(catalog: Catalog, phone: str | os.PathLike[str], other: str | os.PathLike[str], on: bool) -> bool:
    """Flag the pair of two photos, named as `pairs.pair_of` reads them, or take its flag off."""
    one, two = pair_of(catalog, phone, other)
    return flag(catalog, one.content, two.content, on)


def note_by_path(catalog: Catalog, phone: str | os.PathLike[str], other: str | os.PathLike[str], text: str) -> bool:
    """Write a note on the pair of two photos, named as `pairs.pair_of` reads them."""
    one, two = pair_of(catalog, phone, other)
    return write_note(catalog, one.content, two.content, text)
