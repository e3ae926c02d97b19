"""The labels of one photo, each with what decided it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from curate.catalog.labelling import SAID_KEYS
from curate.catalog.photos import Origin, facts_of, labels_of
from curate.catalog.store import Catalog
from curate.photos.facts import PhotoFacts

SHOWN = (
    "camera_type", "Is Smartphone", "Make", "Model", "make_normalized", "model_normalized", "taken_at", "semantic_label", "scene",
    "subject_idx", "owner", "license", "url", "Exposure", "Aperture", "Focal Length", "ISO Speed", "Flash", "lens", "software",
    "edited", "width", "height", "orientation", "format", "jpeg_quality", "jpeg_subsampling", "screenshot", "burst", "photo_id",
    "readers_disagree",
)  # fmt: skip
"""The labels in the order in which they are shown; the others follow from these."""

_ORIGINS: tuple[tuple[Origin, str], ...] = (("person", "a person"), ("sidecar", "sidecar"), ("folder", "folder"))
_FROM_CAMERA = {
    "make_normalized": "from Make",
    "model_normalized": "from Make and Model",
    "Is Smartphone": "by its type",
}
_FROM_FILE = ("width", "height", "format", "jpeg_quality", "jpeg_subsampling", "screenshot", "burst")
_BOOLEANS = ("Is Smartphone", "edited")


@dataclass(frozen=True, slots=True)
class Explained:
    """A label and what decided it.

    Attributes:
        name: the label's column.
        value: its value, as text.
        why: the rule, the person or the part of the file that it comes from.
    """

    name: str
    value: str
    why: str


def explained(catalog: Catalog, photo: int) -> list[Explained]:
    """Return the labels of a photo that have a value; none where the photo is gone."""
    labels = labels_of(catalog, photo)
    if labels["path"] is None:
        return []
    facts, origins = facts_of(catalog, photo), _origins(catalog, photo, labels)
    found = []
    for name in SHOWN:
        value = labels.get(name)
        if value is not None and not (
            name == "camera_type" and labels["camera_type_rule"] is None and value == "unknown"
        ):
            found.append(Explained(name, _text(name, value), _why(name, labels, facts, origins)))
    return found


def _text(name: str, value: object) -> str:
    return ("no", "yes")[bool(value)] if name in _BOOLEANS else str(value)


def _why(name: str, labels: dict[str, Any], facts: PhotoFacts, origins: dict[str, str]) -> str:
    if name == "camera_type":
        return str(labels["camera_type_rule"] or "no rule knows it")
    if name in _FROM_CAMERA:
        return _FROM_CAMERA[name]
    if name in SAID_KEYS and name in origins:
        return origins[name]
    if name == "subject_idx":
        return "accepted pair"
    if name == "edited":
        return str(labels["edited_reason"] or "no sign of it")
    if name == "photo_id":
        return "sha256" if labels["source"] == "local" else str(labels["source"])
    if name in _FROM_FILE:
        return "the file"
    if name == "readers_disagree":
        return "two EXIF readers"
    if name in SAID_KEYS and name not in ("Make", "Model", "taken_at"):
        return str(labels["source"])
    return "EXIF, " + " and ".join(facts.exif.readers) if facts.exif.readers else "EXIF"


def _origins(catalog: Catalog, photo: int, labels: dict[str, Any]) -> dict[str, str]:
    """Return label -> who stated it, of the strongest origin; an imported label that does not count is passed over."""
    rows = catalog.connection.execute("SELECT * FROM assertion WHERE photo = ?", (photo,)).fetchall()
    stated = {
        (row["key"], row["origin"]) for row in rows if not row["imported"] or row["value"] == labels.get(row["key"])
    }
    return {key: words for origin, words in reversed(_ORIGINS) for key, by in stated if by == origin}
