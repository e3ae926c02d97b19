"""The clock offsets of a workspace: those that a pairing run estimated, and those that a person states or withdraws."""

from __future__ import annotations

import difflib
import math

from curate.catalog import decisions
from curate.catalog.clocks import ClockRow, clock_rows, put_estimated, rows_between
from curate.catalog.store import Catalog
from curate.errors import UsageError, command
from curate.pairing.clocks.offsets import ClockOffset, canonical
from tracer.base.text import shell_word

_YEAR_S = 365.25 * 86_400
MAX_OFFSET_S = 100 * _YEAR_S
"""Clocks differ by less: one that was never set starts some decades back."""


def keep_clock_offsets(catalog: Catalog, offsets: list[ClockOffset]) -> None:
    """Keep what the photos say of the clocks; an offset that a person stated stays, and nothing stands beside it."""
    stated = {frozenset((row.camera_a, row.camera_b)) for row in clock_rows(catalog) if row.origin == "person"}
    rows = []
    numbers: dict[tuple[str, str], int] = {}
    for offset in offsets:
        cameras = offset.camera_a, offset.camera_b
        if frozenset(cameras) in stated or offset.source == "person":
            continue
        number = numbers[cameras] = numbers.get(cameras, -1) + 1
        rows.append(
            ClockRow(
                *cameras, number, offset.seconds, offset.spread, offset.support, offset.margin, "photos", offset.source,
                offset.since, offset.until, offset.drift, offset.at,
            )
        )  # fmt: skip
    put_estimated(catalog, rows)


def state_clock_offset(catalog: Catalog, camera_a: str, camera_b: str, seconds: float) -> None:
    """Keep a person's word for the offset between two clocks; it wins over what the photos say, is logged, and can be undone.

    It is kept in the order in which estimates name two cameras (the phone first), so that one pair of cameras has one row.

    Raises:
        UsageError: no photo is of such a camera, both are the same one, or no two clocks differ so much.
    """
    known = catalog.cameras.clock_names()
    for name in (camera_a, camera_b):
        if name not in known:
            raise UsageError("no photo was taken with that camera", name, _near_cameras(catalog, name))
    if camera_a == camera_b:
        raise UsageError("a clock has no offset against itself", camera_a, "Name two cameras.")
    refuse_offset(seconds)
    cameras = canonical(camera_a, camera_b, known[camera_a], known[camera_b])
    decisions.state_clock(catalog, *cameras, seconds if cameras[0] == camera_a else -seconds)


def refuse_offset(seconds: float) -> None:
    """Raise where a number cannot be the offset between two clocks.

    Raises:
        UsageError: it is not finite, or beyond `MAX_OFFSET_S`.
    """
    if abs(seconds) <= MAX_OFFSET_S:
        return
    years = abs(seconds) / _YEAR_S
    why = (
        f"{seconds:.15g} s are {years:,.0f} years"
        if math.isfinite(seconds)
        else f"{seconds:g} is not a number of seconds"
    )
    raise UsageError(
        "that cannot be the offset between two clocks",
        f"{why}; they differ by {MAX_OFFSET_S / _YEAR_S:.0f} years at most",
        "Give the seconds that the one clock is ahead, such as 3612 or -90.5.",
    )


def _near_cameras(catalog: Catalog, name: str) -> str:
    """What may be meant by a camera's name that no photo has, as `make|model`, and where all cameras are listed."""
    by_word = {
        word.casefold(): full
        for full in catalog.cameras.clock_names()
        for word in (full, full.partition("|")[2], full.replace("|", " "))
    }
    near = dict.fromkeys(by_word[word] for word in difflib.get_close_matches(name.casefold(), by_word, n=3))
    return "\n".join(
        [
            *(f"Did you mean: {shell_word(camera)}" for camera in near),
            "A camera's name is make|model, as EXIF has them; all are listed by: "
            f"{command('cameras', workspace=catalog.workspace.root)}",
        ]
    )


def withdraw_clock_offset(catalog: Catalog, camera_a: str, camera_b: str) -> None:
    """Take back a person's word for the offset between two clocks; the next pairing run estimates it from the photos.

    Raises:
        UsageError: nobody stated one.
    """
    stated = [row for row in rows_between(catalog, camera_a, camera_b) if row.origin == "person"]
    if not stated:
        raise UsageError(
            "no offset between these clocks was stated",
            f"{camera_a}, {camera_b}",
            f"Offsets are listed, with their source, by: {command('clocks', workspace=catalog.workspace.root)}",
        )
    decisions.state_clock(catalog, stated[0].camera_a, stated[0].camera_b, None)


def clock_offsets(catalog: Catalog) -> list[ClockOffset]:
    """Return the offsets in use, by cameras, the best supported of two cameras first."""
    return [
        ClockOffset(
            row.camera_a, row.camera_b, row.seconds, row.spread or 0.0, row.support, row.margin or 0.0, row.source,
            row.since, row.until, row.drift, row.drift_at,
        )
        for row in clock_rows(catalog)
    ]  # fmt: skip
