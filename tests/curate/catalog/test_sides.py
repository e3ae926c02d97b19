"""Which side of a pair a camera's type is on: said once, by `CameraType`, and the same in SQL."""

from __future__ import annotations

import pytest

from curate.cameras.types import CameraType
from curate.catalog import decisions
from curate.catalog.photos import photo_at, put_photo
from curate.catalog.sides import photos_by_side, photos_of_sides, side_of
from curate.catalog.store import Catalog
from curate.photos.facts import Exif, PhotoFacts, Status


@pytest.mark.parametrize("kind", list(CameraType))
def test_labels_and_sides_follow_the_type(catalog: Catalog, kind: CameraType) -> None:
    """The view's columns, the side, the count and the photos that pairing gets."""
    with catalog.transaction():
        facts = PhotoFacts(Status.OK, sha256="a" * 64, format="JPEG", exif=Exif(make="Acme", model="X100"))
        put_photo(catalog, b"/photos/1.jpg", facts, 1)
        decisions.set_camera_type(catalog, "Acme", "X100", kind)
    (row,) = catalog.labels()
    assert (row["Is Smartphone"], row["camera_class"]) == (kind.is_smartphone, kind.camera_class)
    photo, side = photo_at(catalog, "/photos/1.jpg"), {True: "phone", False: "other", None: None}[kind.is_smartphone]
    assert photo is not None and side_of(catalog, photo) == side
    assert photos_by_side(catalog) == (side == "phone", side == "other")
    assert [one.side for one, _ in photos_of_sides(catalog)] == ([side] if side else [])
