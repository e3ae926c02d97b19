"""Stated scenes, and the photos of groups with their classes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from curate.catalog.store import Catalog

ClassBy = Literal["camera", "make", "type", "class"]
"""The property of the camera that is the class of a photo."""

_COLUMN: dict[ClassBy, str] = {
    "camera": "coalesce(\"Make\", '') || '|' || coalesce(\"Model\", '')",
    "make": "make_normalized",
    "type": "camera_type",
    "class": "camera_class",
}


@dataclass(frozen=True, slots=True)
class Member:
    """A photo of a group.

    Attributes:
        sha256: hash of the file.
        path: path of the file, as shown.
        label: its class.
        paired: whether it is in an accepted pair.
    """

    sha256: str
    path: str
    label: str | None
    paired: bool


def stated_scenes(catalog: Catalog) -> list[tuple[str, str]]:
    """Return (sha256, name of the scene) of the photos whose scene was stated."""
    rows = catalog.connection.execute(
        "SELECT DISTINCT sha256, scene FROM photo WHERE scene IS NOT NULL AND sha256 IS NOT NULL ORDER BY scene, sha256"
    )
    return [(row["sha256"], row["scene"]) for row in rows]


def photos_by_class(catalog: Catalog, by: ClassBy) -> Iterator[Member]:
    """Yield the readable photos in the order of their paths; exact copies only once.

    Args:
        catalog: the workspace's catalogue.
        by: the class of the photos: camera (`make|model`), make, type, or phone against other cameras.
    """
    rows = catalog.connection.execute(
        f"SELECT sha256, resolved(min(stored_path)) AS path, {_COLUMN[by]} AS class, subject_idx FROM label "
        "WHERE sha256 IS NOT NULL AND status = 'ok' GROUP BY sha256 ORDER BY min(stored_path)"
    )
    for row in rows:
        yield Member(row["sha256"], row["path"], row["class"], row["subject_idx"] is not None)
