"""Compute the label columns of a photo from the facts of its file and from what people and sidecars state. Pure.

The spellings are the paper's: `1/125`, `2.8`, `50.0 mm`, `400`, `with flash`, `2013.0`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from curate.catalog.labels import local_photo_id
from curate.photos.facts import PhotoFacts, TakenPrecision
from tracer.base.text import clean_text

SAID_KEYS = ("Make", "Model", "taken_at", "owner", "license", "url", "semantic_label", "scene")
"""Labels that a sidecar or a person can set. `scene` is a name: photos with one name show one scene."""

RIGHTS = ("owner", "license", "url")
"""Labels that say whose a photo is. If its source states one, only a person of this workspace replaces it, never an import."""

MEANT = {
    "label": "semantic_label", "labels": "semantic_label", "class": "semantic_label", "category": "semantic_label",
    "tag": "semantic_label", "topic": "semantic_label", "caption": "semantic_label", "description": "semantic_label",
    "author": "owner", "artist": "owner", "photographer": "owner", "user": "owner", "copyright": "license",
    "licence": "license", "rights": "license", "link": "url", "source_url": "url", "scene_id": "scene", "scene_idx": "scene",
    "subject": "scene", "subject_idx": "scene", "group": "scene", "location": "scene", "date": "taken_at", "time": "taken_at",
    "datetime": "taken_at", "timestamp": "taken_at", "datetimeoriginal": "taken_at", "brand": "Make", "manufacturer": "Make",
    "camera_make": "Make", "camera": "Model", "camera_model": "Model", "device": "Model", "phone": "Model",
}  # fmt: skip
"""Other names that people use for these labels, in lower case."""

PHOTO_ID = "photo_id"
"""The key under which a listing states the ID of a published photo (`catalog.listing`)."""

KEEPER = "keeper"
"""The key under which the choice of the copy to keep is stored (`catalog.keepers`); it is not a label."""

EXTENSIONS = {
    "JPEG": "jpg", "MPO": "jpg", "PNG": "png", "TIFF": "tif", "WEBP": "webp", "HEIF": "heic", "AVIF": "avif", "JPEG2000": "jp2",
    "GIF": "gif", "BMP": "bmp", "JXL": "jxl",
}  # fmt: skip

_TAKEN = re.compile(
    r"(?P<year>\d{4})(?:[-:/](?P<month>\d\d?)(?:[-:/](?P<day>\d\d?)"
    r"(?:[T ](?P<hour>\d\d?):(?P<minute>\d\d)(?::(?P<second>\d\d)(?P<fraction>\.\d+)?)?)?)?)?"
    r"\s*(?P<offset>Z|[+-]\d\d:?\d\d)?"
)


_LEAST = {"year": 1, "month": 1, "day": 1, "hour": 0, "minute": 0, "second": 0}
"""The values that fill the missing parts of a date."""


@dataclass(frozen=True, slots=True)
class PhotoLabels:
    """The effective labels of one photo, apart from its camera's type.

    Attributes:
        make: make of its camera. Make, model and file source are the key of the camera table.
        model: model of its camera.
        file_source: EXIF's FileSource.
        columns: column of the `photo` table -> value.
    """

    make: str | None
    model: str | None
    file_source: int | None
    columns: dict[str, Any]


def meant_among(name: str, keys: Sequence[str], called: Mapping[str, str]) -> str | None:
    """Return the key that is probably meant by a name: by its other names, else the most similar key; None where none is.

    Args:
        name: the name, as a person wrote it.
        keys: the keys to choose from.
        called: other name, in lower case -> key.
    """
    word = name.strip().lower().replace(" ", "_").replace("-", "_")
    if word in called:
        return called[word]
    by_lower = {key.lower(): key for key in keys}
    near = difflib.get_close_matches(word, list(by_lower), n=1, cutoff=0.75)
    return by_lower[near[0]] if near else None


def label_photo(facts: PhotoFacts, said: Mapping[str, str | None]) -> PhotoLabels:
    """Return the labels of a photo.

    Args:
        facts: the facts of its file.
        said: the stated labels (`SAID_KEYS`) and the ID of a published photo, from the strongest origin only; a value of
            None makes the label empty, whatever the file says.
    """
    exif = facts.exif
    taken_at, precision, offset = exif.taken_at, exif.taken_precision, exif.utc_offset
    if "taken_at" in said:
        taken_at, precision, offset = parse_taken(said["taken_at"])
    stated_id = said.get(PHOTO_ID)
    local_id = local_photo_id(facts.sha256) if facts.sha256 else None
    columns: dict[str, Any] = {
        "status": facts.status.value,
        "error": facts.error,
        "size": facts.size,
        "sha256": facts.sha256,
        "photo_id": local_id if stated_id is None else int(stated_id),
        "extension": EXTENSIONS.get(
            facts.format or ("" if stated_id is None else "JPEG"), (facts.format or "bin").lower()
        ),
        "owner": said.get("owner"),
        "url": said.get("url"),
        "license": said.get("license"),
        "exposure": exposure_label(exif.exposure_s),
        "aperture": number_label(exif.aperture),
        "focal_length": number_label(exif.focal_mm, " mm"),
        "iso_speed": None if exif.iso is None else str(exif.iso),
        "flash": {True: "with flash", False: "without flash", None: None}[exif.flash_fired],
        "year": f"{int(taken_at[:4])}.0" if taken_at else None,
        "taken_at": taken_at,
        "taken_precision": precision.value,
        "utc_offset": offset,
        "gps_utc": exif.gps_utc,
        "lens": exif.lens,
        "software": exif.software,
        "edited": None if facts.edited is None else int(facts.edited),
        "edited_reason": facts.edited_reason,
        "width": facts.width,
        "height": facts.height,
        "orientation": exif.orientation,
        "format": facts.format,
        "jpeg_subsampling": facts.jpeg_subsampling,
        "jpeg_quality": facts.jpeg_quality,
        "phash": facts.phash,
        "semantic_label": said.get("semantic_label"),
        "scene": said.get("scene"),
        "latitude": exif.latitude,
        "longitude": exif.longitude,
    }
    make = said.get("Make", exif.make)
    model = said.get("Model", exif.model)
    return PhotoLabels(make, model, exif.file_source, columns)


def exposure_label(seconds: float | None) -> str | None:
    """Return `1/125` for exposures up to a quarter of a second, else seconds to one decimal; None for impossible values."""
    if seconds is None or seconds < 1e-5:  # no shutter is that fast
        return None
    return f"1/{round(1 / seconds)}" if seconds < 0.25001 else f"{seconds:.1f}"


def number_label(value: float | None, unit: str = "") -> str | None:
    """Return a number to one decimal with its unit (`2.8`, `50.0 mm`)."""
    return None if value is None else f"{value:.1f}{unit}"


def parse_taken(value: str | None) -> tuple[str | None, TakenPrecision, str | None]:
    """Parse a time that a person wrote (`2013`, `2013-05`, `2013-05-04 12:30`, `2013:05:04 12:30:00`, ISO 8601).

    Missing parts are filled with the first month, the first day and midnight; the precision tells. A time to the minute has
    the precision `day`, because there is none between day and second, and `second` would make it evidence to the second.

    Returns:
        (local time, precision, UTC offset); (None, unknown, None) where the text is not a time.
    """
    match = _TAKEN.fullmatch((clean_text(value) or "").strip())
    if not match:
        return None, TakenPrecision.UNKNOWN, None
    try:
        numbers = (int(match[name] or least) for name, least in _LEAST.items())
        datetime(*numbers)  # type: ignore[arg-type]
    except ValueError:  # the 31st of February, 25 o'clock, the year 0
        return None, TakenPrecision.UNKNOWN, None
    if match["second"]:
        precision = TakenPrecision.SECOND
    elif match["day"]:
        precision = TakenPrecision.DAY
    else:
        precision = TakenPrecision.MONTH if match["month"] else TakenPrecision.YEAR
    local = (
        f"{match['year']}-{int(match['month'] or 1):02d}-{int(match['day'] or 1):02d}"
        f"T{int(match['hour'] or 0):02d}:{match['minute'] or '00'}:{match['second'] or '00'}"
    )
    if match["fraction"]:
        local += f"{float(match['fraction']):.3f}"[1:]
    offset = match["offset"]
    if offset:
        offset = "+00:00" if offset == "Z" else f"{offset[:3]}:{offset[-2:]}"
    return local, precision, offset
