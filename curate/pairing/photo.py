"""A photo as pairing sees it: its picture, its side, and what its file says of time and place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from curate.cameras.types import Side
from curate.photos.facts import TakenPrecision


@dataclass(frozen=True, slots=True)
class PairingPhoto:
    """One photo of the collection.

    Attributes:
        id: the caller's key; results name photos by it.
        sha256: of the source file, hex; the key of its cached features.
        preview: the upright JPEG from the cache, long side at most 640 px.
        side: `phone`, or `other` for the cameras that phones are paired with.
        camera: `make|model`. Two photos with the same one are never offered as a pair, and share one clock.
        taken_at: what the camera's clock read, local ISO time, with the precision that it is known to.
        utc_offset: `+02:00`. gps_utc: UTC time of the GPS fix, ISO.
        latitude, longitude: degrees. phash: 64-bit perceptual hash, 16 hex digits.
        name: the file's name. width, height: pixels of the source file.
        album: the folder that it lies in, as a path; photos of both sides in one folder are likely of one occasion.
    """

    id: int
    sha256: str
    preview: Path
    side: Side
    camera: str
    taken_at: str | None
    taken_precision: TakenPrecision
    utc_offset: str | None
    gps_utc: str | None
    latitude: float | None
    longitude: float | None
    phash: str | None
    name: str
    width: int
    height: int
    album: str | None = None

    @property
    def clock(self) -> float | None:
        """The camera's clock reading in seconds since 1970 as if it were UTC; None unless it is known to the second."""
        return _seconds(self.taken_at) if self.taken_precision is TakenPrecision.SECOND else None

    @property
    def gps_clock(self) -> float | None:
        """The GPS time in seconds since 1970, UTC; None where there is none."""
        return _seconds(self.gps_utc)

    @property
    def place(self) -> tuple[float, float] | None:
        """Latitude and longitude in degrees, where both are there and possible."""
        if self.latitude is None or self.longitude is None:
            return None
        if not (-90 <= self.latitude <= 90 and -180 <= self.longitude <= 180):
            return None
        return self.latitude, self.longitude

    @property
    def hash_value(self) -> int | None:
        """The perceptual hash as a number; None where it is missing or no 16 hex digits."""
        if self.phash is None or len(self.phash) != 16:
            return None
        try:
            return int(self.phash, 16)
        except ValueError:
            return None


def _seconds(iso: str | None) -> float | None:
    """Seconds since 1970 of an ISO time, its zone (if any) left out of account; None where it is no time."""
    if iso is None:
        return None
    try:
        moment = datetime.fromisoformat(iso)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC).timestamp()


def zone_seconds(utc_offset: str | None) -> int | None:
    """Seconds east of UTC of `+02:00`; None where it is no such text."""
    if utc_offset is None:
        return None
    try:
        zone = datetime.strptime(utc_offset, "%z").utcoffset()
    except ValueError:
        return None
    return None if zone is None else int(zone.total_seconds())
