"""The two sides of a pair: photos by smartphones, and photos by the cameras that they are paired with."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from curate.cameras.types import CameraType, Side
from curate.catalog.clocks import stated_offsets
from curate.catalog.facts import COMPARED, COMPARED_CLOCKS
from curate.catalog.photos import Photo
from curate.catalog.store import Catalog
from curate.photos.facts import Status, TakenPrecision

_SIDES = {kind: kind.side for kind in CameraType if kind.side is not None}


def side_of(catalog: Catalog, photo: Photo) -> Side | None:
    """Return which side of a pair a photo stands on; None where its camera's type is of neither side."""
    kind = catalog.cameras.type_of(photo.camera)
    return None if kind is None else kind.side


def photos_by_side(catalog: Catalog) -> tuple[int, int]:
    """Return the number of photos by smartphones, and of photos by the cameras that they are paired with."""
    sides: Counter[Side | None] = Counter()
    for kind, photos in catalog.counts("camera_type"):
        sides[None if kind is None else CameraType(kind).side] += photos
    return sides["phone"], sides["other"]


@dataclass(frozen=True, slots=True)
class PairingPhoto:
    """A photo of one side, as pairing uses it: its preview, and the time and place in its file.

    Attributes:
        id: its row ID, by which results name the photo.
        sha256: hash of the source file, hex; the key of its cached features. Empty where the file could not be read.
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
    album: str | None = None

    @property
    def path(self) -> str:
        """Its path, as shown."""
        return os.path.join(self.album or "", self.name)

    @property
    def clock(self) -> float | None:
        """The camera's clock reading in seconds since 1970, read as UTC; None unless it is known to the second."""
        return _seconds(self.taken_at) if self.taken_precision is TakenPrecision.SECOND else None

    @property
    def gps_clock(self) -> float | None:
        """The GPS time in seconds since 1970, UTC; None where it is missing."""
        return _seconds(self.gps_utc)

    @property
    def zone(self) -> int | None:
        """Seconds east of UTC of the zone that the file states; None where it states none, or something else."""
        if self.utc_offset is None:
            return None
        try:
            zone = datetime.strptime(self.utc_offset, "%z").utcoffset()
        except ValueError:
            return None
        return None if zone is None else int(zone.total_seconds())

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


def photos_of_sides(catalog: Catalog, only: Sequence[int] | None = None) -> Iterator[tuple[PairingPhoto, Status]]:
    """Yield the photos of both sides, each with the state of its file, in the order of their paths.

    Args:
        catalog: the workspace's catalogue.
        only: row IDs of the photos to yield; None for all.
    """
    among = "" if only is None else f" AND photo.id IN ({','.join('?' * len(only))})"
    rows = catalog.connection.execute(
        "SELECT photo.id, resolved(path), status, coalesce(sha256, ''), camera.type, "
        "coalesce(camera.make, '') || '|' || coalesce(camera.model, ''), taken_at, taken_precision, utc_offset, gps_utc, "
        "latitude, longitude, phash FROM photo JOIN camera ON camera.id = photo.camera "
        f"WHERE camera.type IN ({','.join('?' * len(_SIDES))}){among} ORDER BY photo.path_bytes",
        (*_SIDES, *(only or ())),
    )
    for number, path, status, sha256, kind, camera, taken_at, precision, *rest in rows:
        album, name = os.path.split(path)
        preview, side = catalog.workspace.preview(sha256), _SIDES[CameraType(kind)]
        rest += [name, album or None]
        photo = PairingPhoto(number, sha256, preview, side, camera, taken_at, TakenPrecision(precision), *rest)
        yield photo, Status(status)


def keep_compared(catalog: Catalog, stated: Sequence[tuple[str, str, float]]) -> None:
    """Store what a pairing run compared: the number of photos of each side, and the stated clock offsets that it used."""
    COMPARED.keep(catalog.connection, photos_by_side(catalog))
    COMPARED_CLOCKS.keep(catalog.connection, list(stated))


def compared(catalog: Catalog) -> tuple[int, int] | None:
    """Return the numbers of phone photos and other photos at the last pairing run; None where there was none."""
    return COMPARED.read(catalog.connection)


def are_clocks_compared(catalog: Catalog) -> bool:
    """Return whether the last pairing run used the clock offsets that are stated now."""
    return stated_offsets(catalog) == (COMPARED_CLOCKS.read(catalog.connection) or [])
