"""Photos without pictures, for parts of pairing that go by what is known of a photo."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from curate.catalog.sides import PairingPhoto
from curate.photos.facts import TakenPrecision


def photo(number: int, side: str, camera: str, taken: str | None = None, **other: object) -> PairingPhoto:
    """A photo of which only what is given is known."""
    known = PairingPhoto(
        id=number,
        sha256=f"{number:064x}",
        preview=Path("none.jpg"),
        side="phone" if side == "phone" else "other",
        camera=camera,
        taken_at=taken,
        taken_precision=TakenPrecision.SECOND if taken else TakenPrecision.UNKNOWN,
        utc_offset=None,
        gps_utc=None,
        latitude=None,
        longitude=None,
        phash=None,
        name=f"{number}.jpg",
    )
    return replace(known, **other)  # type: ignore[arg-type]


def stamp(seconds: float) -> str:
    """An ISO time so many seconds after a fixed noon."""
    return str(np.datetime64("2024-05-04T12:00:00") + np.timedelta64(round(seconds), "s"))
