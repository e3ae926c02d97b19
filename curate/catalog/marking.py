"""Flag pairs, write notes on them, and state clock offsets, as decisions of the log."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from curate.catalog import decisions
from curate.catalog.clocks import offsets_between
from curate.catalog.pairs import pair_of
from curate.catalog.remarks import LONGEST, remark_of
from curate.catalog.store import Catalog
from curate.errors import UsageError
from tracer.base.text import clean_text


def flag(catalog: Catalog, phone: str, other: str, on: bool, note: Mapping[str, Any] = decisions.NO_NOTE) -> bool:
    """Flag a pair, or take its flag off; returns whether that changed anything.

    Args:
        catalog: open for writing.
        phone: sha256 of the phone photo.
        other: sha256 of the other photo.
        on: whether the pair is to be flagged.
        note: as in `decisions.decide`.
    """
    with catalog.transaction():
        before = remark_of(catalog, phone, other).flagged
        if before != on:
            decisions.append(catalog, "flag", {"phone": phone, "other": other, "on": on, "before": before, **note})
        return before != on


def write_note(
    catalog: Catalog, phone: str, other: str, text: str, note: Mapping[str, Any] = decisions.NO_NOTE
) -> bool:
    """Write a note on a pair in place of an earlier one; returns whether that changed anything.

    Args:
        catalog: open for writing.
        phone: sha256 of the phone photo.
        other: sha256 of the other photo.
        text: the note; an empty one removes it.
        note: as in `decisions.decide`.

    Raises:
        UsageError: the note is too long.
    """
    if len(text) > LONGEST:
        raise UsageError("that note is too long", f"{len(text):,} characters", f"Write at most {LONGEST:,} characters.")
    said = (clean_text(text, LONGEST) or "").strip()
    with catalog.transaction():
        before = remark_of(catalog, phone, other).note
        if before != said:
            decisions.append(catalog, "note", {"phone": phone, "other": other, "text": said, "before": before, **note})
        return before != said


def state_clock(
    catalog: Catalog, camera_a: str, camera_b: str, seconds: float | None, note: Mapping[str, Any] = decisions.NO_NOTE
) -> None:
    """State by how many seconds the clock of camera B is ahead of that of camera A; None withdraws the statement.

    Args:
        catalog: open for writing.
        camera_a: `make|model` of the camera that offsets name first (`clocks.canonical`).
        camera_b: `make|model` of the other camera.
        seconds: the offset, or None.
        note: as in `decisions.decide`.
    """
    with catalog.transaction():
        before = [asdict(row) for row in offsets_between(catalog, camera_a, camera_b)]
        said = {"camera_a": camera_a, "camera_b": camera_b, "seconds": seconds, "before": before}
        decisions.append(catalog, "clock", {**said, **note})


def flag_by_path(catalog: Catalog, phone: str | os.PathLike[str], other: str | os.PathLike[str], on: bool) -> bool:
    """Flag the pair of two photos, named as `pairs.pair_of` reads them, or take its flag off."""
    one, two = pair_of(catalog, phone, other)
    return flag(catalog, one.content, two.content, on)


def note_by_path(catalog: Catalog, phone: str | os.PathLike[str], other: str | os.PathLike[str], text: str) -> bool:
    """Write a note on the pair of two photos, named as `pairs.pair_of` reads them."""
    one, two = pair_of(catalog, phone, other)
    return write_note(catalog, one.content, two.content, text)
