"""A photo as pairing uses it: its picture, its side, and the time and place in its file."""

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
        id: the caller's key, by which results name the photo.
        sha256: hash of the source file, hex; the key of its cached features.
        preview: the upright JPEG in the cache, long side at most 640 px.
        side: `phone`, or `other` for the cameras that phones are paired with.
        camera: `make|model`. Photos with the same camera share one clock and are never offered as a pair.
        taken_at: reading of the camera's clock, local ISO time.
        taken_precision: the precision of `taken_at`.
        utc_offset: the zone that the file states, such as `+02:00`.
        gps_utc: UTC time of the GPS fix, ISO.
        latitude: degrees, north positive.
        longitude: degrees, east positive.
        phash: 64-bit perceptual hash, 16 hex digits.
        name: name of the file.
        width: width of the source file in pixels.
        height: height of the source file in pixels.
        album: path of the folder that the file lies in. Photos of both sides in one folder are likely of one occasion.
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
        """The camera's clock reading in seconds since 1970, read as UTC; None unless it is known to the second."""
        return _seconds(self.taken_at) if self.taken_precision is TakenPrecision.SECOND else None

    @property
    def gps_clock(self) -> float | None:
        """The GPS time in seconds since 1970, UTC; None where it is missing."""
        return _seconds(self.gps_utc)

    @property
    def place(self) -> tuple[float, float] | None:
        """Latitude and longitude in degrees; None where either is missing or out of range."""
        if self.latitude is None or self.longitude is None:
            return None
        if not (-90 <= self.latitude <= 90 and -180 <= self.longitude <= 180):
            return None
        return self.latitude, self.longitude

    @property
    def hash_value(self) -> int | None:
        """The perceptual hash as a number; None where it is missing or not 16 hex digits."""
        if self.phash is None or len(self.phash) != 16:
            return None
        try:
            return int(self.phash, 16)
        except ValueError:
            return None


def _seconds(iso: str | None) -> float | None:
    """Return the seconds since 1970 of an ISO time, ignoring its zone; None where it is not a time."""
    if iso is None:
        return None
    try:
        moment = datetime.fromisoformat(iso)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC).timestamp()


def zone_seconds(utc_offset: str | None) -> int | None:
    """Return the seconds east of UTC of a zone such as `+02:00`; None where the text is not a zone.

    >>> zone_seconds("+02:00"), zone_seconds("-03:30"), zone_seconds("CET")
    (7200, -12600, None)
    """
    if utc_offset is None:
        return None
    try:
        zone = datetime.strptime(utc_offset, "%z").utcoffset()
    except ValueError:
        return None
    return None if zone is None else int(zone.total_seconds())
