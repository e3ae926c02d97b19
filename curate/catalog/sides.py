"""The two sides of a pair: photos by smartphones, and by the cameras that they are paired with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from curate.cameras.types import CameraType, Side
from curate.catalog.facts import COMPARED
from curate.catalog.photos import Photo
from curate.catalog.store import Catalog
from curate.photos.facts import Status, TakenPrecision

_SIDES = {kind: kind.side for kind in CameraType if kind.side is not None}


def side_of(catalog: Catalog, photo: Photo) -> Side | None:
    """Return which side of a pair a photo stands on; None where its camera's type does not tell."""
    kind = catalog.cameras.type_of(photo.camera)
    return None if kind is None else kind.side


def photos_by_side(catalog: Catalog) -> tuple[int, int]:
    """Return how many photos are by smartphones, and how many by the cameras that these are paired with."""
    sides: Counter[Side | None] = Counter()
    for kind, photos in catalog.counts("camera_type"):
        sides[None if kind is None else CameraType(kind).side] += photos
    return sides["phone"], sides["other"]


@dataclass(frozen=True, slots=True)
class SidePhoto:
    """A photo of one side, with what pairing asks of it.

    Attributes:
        id: its row ID.
        path: as shown.
        status, sha256, phash: of its file; the hashes are None where it could not be read.
        side: which side of a pair it stands on.
        camera: `make|model`.
        taken_at, taken_precision, utc_offset, gps_utc: its times.
        latitude, longitude: degrees.
        width, height: pixels, as stored.
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
        only: row IDs of the few photos that are wanted; None for all.
    """
    among = "" if only is None else f" AND photo.id IN ({','.join('?' * len(only))})"
    rows = catalog.connection.execute(
        "SELECT photo.id, path, status, sha256, phash, camera.type, "
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


def keep_compared(catalog: Catalog) -> None:
    """Remember how many photos of each side there were when pairs were looked for."""
    COMPARED.keep(catalog.connection, photos_by_side(catalog))


def compared(catalog: Catalog) -> tuple[int, int] | None:
    """Return how many phone and other photos there were when pairs were last looked for; None where they never were."""
    return COMPARED.read(catalog.connection)
