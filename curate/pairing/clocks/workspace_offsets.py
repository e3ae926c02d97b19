"""The clock offsets that a person states and withdraws in a workspace."""

from __future__ import annotations

import difflib
import math

from curate.catalog.clocks import MAX_OFFSET_S, canonical, offsets_between
from curate.catalog.marking import state_clock
from curate.catalog.store import Catalog
from curate.errors import UsageError, command
from tracer.base.text import shell_word

_YEAR_S = 365.25 * 86_400


def state_clock_offset(catalog: Catalog, camera_a: str, camera_b: str, seconds: float) -> None:
    """Store the offset between two clocks that a person stated. It replaces estimates, is logged, and can be undone.

    The two cameras are stored in the order that estimates use (the phone first), so that two cameras have one row.

    Args:
        catalog: open for writing.
        camera_a: `make|model` of the first camera.
        camera_b: `make|model` of the second camera.
        seconds: reading of the second clock minus reading of the first.

    Raises:
        UsageError: no photo is by one of the cameras, both are the same camera, or the offset is beyond `MAX_OFFSET_S`.
    """
    known = catalog.cameras.clock_names()
    for name in (camera_a, camera_b):
        if name not in known:
            raise UsageError("no photo was taken with that camera", name, _near_cameras(catalog, name))
    if camera_a == camera_b:
        raise UsageError("a clock has no offset against itself", camera_a, "Name two cameras.")
    refuse_offset(seconds)
    cameras = canonical(camera_a, camera_b, known[camera_a], known[camera_b])
    state_clock(catalog, *cameras, seconds if cameras[0] == camera_a else -seconds)


def refuse_offset(seconds: float) -> None:
    """Refuse a number that cannot be the offset between two clocks.

    Raises:
        UsageError: the number is not finite, or beyond `MAX_OFFSET_S`.

    >>> refuse_offset(-3600.0)
    >>> refuse_offset(4e9)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    curate.errors.UsageError: that cannot be the offset between two clocks: 4000000000 s are 127 years; ...
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
        "Give the seconds by which the second clock is ahead of the first, such as 3612 or -90.5.",
    )


def _near_cameras(catalog: Catalog, name: str) -> str:
    """Suggest similar names (`make|model`) for a camera that no photo has, and the command that lists all cameras."""
    by_word = {
        word.casefold(): full
        for full in catalog.cameras.clock_names()
        for word in (full, full.partition("|")[2], full.replace("|", " "))
    }
    near = dict.fromkeys(by_word[word] for word in difflib.get_close_matches(name.casefold(), by_word, n=3))
    return "\n".join(
        [
            *(f"Did you mean: {shell_word(camera)}" for camera in near),
            "A camera's name is make|model, as in EXIF; all are listed by: "
            f"{command('cameras', workspace=catalog.workspace.root)}",
        ]
    )


def withdraw_clock_offset(catalog: Catalog, camera_a: str, camera_b: str) -> None:
    """Withdraw the offset that a person stated between two clocks; the next pairing run estimates it from the photos.

    Raises:
        UsageError: no offset was stated between these cameras.
    """
    stated = [one for one in offsets_between(catalog, camera_a, camera_b) if one.source == "person"]
    if not stated:
        raise UsageError(
            "no offset between these clocks was stated",
            f"{camera_a}, {camera_b}",
            f"Offsets are listed, with their source, by: {command('clocks', workspace=catalog.workspace.root)}",
        )
    state_clock(catalog, stated[0].camera_a, stated[0].camera_b, None)
