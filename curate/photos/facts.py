"""What is known about one photo file: the records that reading it yields."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

READER = 3
"""Version of the reader: raised when it yields more or other facts of the same files, so that they are read again."""

NEEDS_MEMORY = "reading it needs more memory than is allowed"
"""The `error` of facts with status `too_large` that another memory limit would have prevented."""


class Status(StrEnum):
    """How reading a file ended; `LISTED` and `GONE` are states of published photos without a file.

    A published photo is `LISTED` until its camera metadata came, and `GONE` when it was deleted or made private.
    """

    OK = "ok"
    MISSING = "missing"
    TRUNCATED = "truncated"
    INVALID = "invalid"
    TIMEOUT = "timeout"
    TOO_LARGE = "too_large"
    DENIED = "denied"
    LISTED = "listed"
    GONE = "gone"


UNREADABLE = frozenset(Status) - {Status.OK, Status.LISTED, Status.GONE}
"""The states of a file that could not be read."""


class TakenPrecision(StrEnum):
    """How exactly the time of a photo is known. Only `SECOND` is evidence to the second."""

    SECOND = "second"
    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Exif:
    """Camera metadata of one file, parsed once; absent values are None.

    Strings went through `clean_text`. `make` and `model` are as the camera wrote them.

    Attributes:
        make: the camera's maker.
        model: the camera's model.
        exposure_s: exposure time in seconds.
        aperture: F number.
        focal_mm: focal length in millimetres.
        iso: ISO speed.
        flash_fired: bit 0 of the Flash tag.
        taken_at: local wall time, `YYYY-MM-DDTHH:MM:SS[.fff]`, of DateTimeOriginal alone (no file's or editor's date).
        utc_offset: `+02:00`.
        gps_utc: time of the GPS fix in UTC, `YYYY-MM-DDTHH:MM:SS[.fff]`.
        latitude: degrees, south negative.
        longitude: degrees, west negative.
        lens: the lens's model.
        software: the program or firmware that wrote the file.
        orientation: 1 to 8; any other value is read as 1.
        file_source: tag 0xA300 (1 film scanner, 2 print scanner, 3 digital camera).
        readers: which reader gave the values ("exifread", "pillow", "xmp", …), for the record.
        disagreements: one line for each tag on which two readers disagree.
    """

    make: str | None = None
    model: str | None = None
    exposure_s: float | None = None
    aperture: float | None = None
    focal_mm: float | None = None
    iso: int | None = None
    flash_fired: bool | None = None
    taken_at: str | None = None
    taken_precision: TakenPrecision = TakenPrecision.UNKNOWN
    utc_offset: str | None = None
    gps_utc: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    lens: str | None = None
    software: str | None = None
    orientation: int | None = None
    file_source: int | None = None
    readers: tuple[str, ...] = ()
    disagreements: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The record as JSON takes it; see `PhotoFacts.as_json`."""
        return {item.name: getattr(self, item.name) for item in fields(self)}


@dataclass(frozen=True, slots=True)
class PhotoFacts:
    """All facts that reading one file yields.

    EXIF can be known for a picture that cannot be decoded, so facts may be there with any status.

    Attributes:
        status: how reading ended.
        error: why it did not end with `OK`, in one line.
        sha256: of the file's bytes, in hex.
        size: of the file, in bytes.
        format: `JPEG`, `MPO`, `PNG`, `TIFF`, `WEBP`, `HEIF`, … by content, not by name.
        width: pixels as stored, before the orientation is applied.
        height: likewise.
        exif: the camera metadata.
        jpeg_quality: 1 to 100, from the quantisation tables.
        jpeg_subsampling: `4:2:0`, `4:4:4`, ….
        jpeg_progressive: whether the picture is coded in scans that refine each other.
        jpeg_standard_tables: the tables are libjpeg's, so the quality is exact; otherwise it is the nearest.
        phash: 64-bit perceptual hash of the upright picture, 16 hex digits.
        edited: whether the file was changed since the camera wrote it; None where that is not known.
        edited_reason: the evidence for that.
        screenshot: the sign that it is a picture of a screen; None where there is none.
        burst: what the photos of one burst have in common, where the file or its name says so.
    """

    status: Status
    error: str | None = None
    sha256: str | None = None
    size: int | None = None
    format: str | None = None
    width: int | None = None
    height: int | None = None
    exif: Exif = field(default_factory=Exif)
    jpeg_quality: int | None = None
    jpeg_subsampling: str | None = None
    jpeg_progressive: bool | None = None
    jpeg_standard_tables: bool | None = None
    phash: str | None = None
    edited: bool | None = None
    edited_reason: str | None = None
    screenshot: str | None = None
    burst: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The record as JSON takes it. All values are plain, so nothing is copied (`dataclasses.asdict` copies deeply)."""
        record = {item.name: getattr(self, item.name) for item in fields(self)}
        record["exif"] = self.exif.as_json()
        return record
