"""The two sides of a pair: photos by smartphones, and photos by the cameras that they are paired with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

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
class SidePhoto:
    """A photo of one side, with the labels that pairing uses.

    Attributes:
        id: its row ID.
        path: its path, as shown.
        status: state of its file.
        sha256: hash of its file; None where it could not be read.
        phash: perceptual hash; None where the picture could not be decoded.
        side: its side of a pair.
        camera: `make|model`.
        taken_at: reading of the camera's clock, local ISO time.
        taken_precision: the precision of `taken_at`.
        utc_offset: the zone that the file states, such as `+02:00`.
        gps_utc: UTC time of the GPS fix, ISO.
        latitude: degrees, north positive.
        longitude: degrees, east positive.
        width: width in pixels, as stored.
        height: height in pixels, as stored.
    """

    id: int
    path: str
    status: Status
    sha256: str | None
    phash: str | None
    side: Side
    camera: str
    taken_at: str | None
    taken_precision: TakenPrecision
    utc_offset: str | None
    gps_utc: str | None
    latitude: float | None
    longitude: float | None
    width: int | None
    height: int | None


def photos_of_sides(catalog: Catalog, only: Sequence[int] | None = None) -> Iterator[SidePhoto]:
    """Yield the photos of both sides in the order of their paths.

    Args:
        catalog: the workspace's catalogue.
        only: row IDs of the photos to yield; None for all.
    """
    among = "" if only is None else f" AND photo.id IN ({','.join('?' * len(only))})"
    rows = catalog.connection.execute(
        "SELECT photo.id, resolved(path), status, sha256, phash, camera.type, "
        "coalesce(camera.make, '') || '|' || coalesce(camera.model, ''), taken_at, taken_precision, utc_offset, gps_utc, "
        "latitude, longitude, width, height FROM photo JOIN camera ON camera.id = photo.camera "
        f"WHERE camera.type IN ({','.join('?' * len(_SIDES))}){among} ORDER BY photo.path_bytes",
        (*_SIDES, *(only or ())),
    )
    for number, path, status, sha256, phash, kind, camera, taken_at, precision, *rest in rows:
        side = _SIDES[CameraType(kind)]
        yield SidePhoto(
            number, path, Status(status), sha256, phash, side, camera, taken_at, TakenPrecision(precision), *rest
        )


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
