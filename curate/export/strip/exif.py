"""The small Exif block of an exported photo: an allow-list of tags, written from parsed values, never copied.

Nothing of the source's Exif block is carried over as bytes, so that what a reader does not know (a MakerNote, a
thumbnail, a tag of a later standard) cannot slip through. We write the block ourselves because of two faults in the
libraries: piexif ends inner directories without the link that the standard asks for, Pillow loses text beyond ASCII.
Source: Exif 3.0, clause 4.6; TIFF 6.0, section 2.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from PIL.ExifTags import GPS, Base

from curate.catalog.labels import LabelRow

_BYTE, _ASCII, _SHORT, _LONG, _RATIONAL, _UNDEFINED = 1, 2, 3, 4, 5, 7
"""TIFF 6.0 value types."""

_VALUE_BYTES = {
    _BYTE: 1,
    _ASCII: 1,
    _SHORT: 2,
    _LONG: 4,
    _RATIONAL: 8,
    6: 1,
    _UNDEFINED: 1,
    8: 2,
    9: 4,
    10: 8,
    11: 4,
    12: 8,
}
"""TIFF 6.0 value type -> bytes of one value."""

_IMAGE_TAGS = {Base.Make, Base.Model, Base.Orientation, Base.Software, Base.ExifOffset}
_PHOTO_TAGS = {
    Base.ExifVersion,
    Base.ExposureTime,
    Base.FNumber,
    Base.ISOSpeedRatings,
    Base.DateTimeOriginal,
    Base.OffsetTimeOriginal,
    Base.SubsecTimeOriginal,
    Base.Flash,
    Base.FocalLength,
    Base.LensModel,
}
_GPS_TAGS = {GPS.GPSVersionID, GPS.GPSLatitudeRef, GPS.GPSLatitude, GPS.GPSLongitudeRef, GPS.GPSLongitude}


@dataclass(frozen=True, slots=True)
class KeptExif:
    """The values that an exported file's Exif block holds; absent ones are None.

    Attributes:
        make: the camera's maker.
        model: the camera's model.
        orientation: 1 to 8.
        software: the program or firmware that wrote the source.
        lens: the lens's model.
        exposure: seconds.
        aperture: F number.
        focal: focal length in millimetres.
        iso: ISO speed.
        flash: whether it fired.
        taken: `YYYY:MM:DD HH:MM:SS`.
        subsec: digits after the point.
        offset: from UTC, `+02:00`.
        place: latitude and longitude in degrees, only where asked for.
    """

    make: str | None = None
    model: str | None = None
    orientation: int | None = None
    software: str | None = None
    lens: str | None = None
    exposure: Fraction | None = None
    aperture: Fraction | None = None
    focal: Fraction | None = None
    iso: int | None = None
    flash: bool | None = None
    taken: str | None = None
    subsec: str | None = None
    offset: str | None = None
    place: tuple[float, float] | None = None


class _Entry(NamedTuple):
    """One tag of a directory: its value as big-endian bytes."""

    tag: int
    type: int
    values: int
    data: bytes


def kept_exif(row: LabelRow, keep_gps: bool = False) -> KeptExif:
    """Return a label row's values for the Exif block, so that the file says what `metadata.parquet` says."""
    taken = subsec = None
    if row.get("taken_at") and row.get("taken_precision", "second") == "second":
        day, _, time = row["taken_at"].partition("T")
        time, _, subsec = time.partition(".")
        taken = f"{day.replace('-', ':')} {time}"
    iso = row.get("ISO Speed")
    place = row.get("latitude"), row.get("longitude")
    return KeptExif(
        make=row.get("Make"),
        model=row.get("Model"),
        orientation=row.get("orientation"),
        software=row.get("software"),
        lens=row.get("lens"),
        exposure=_fraction(row.get("Exposure")),
        aperture=_fraction(row.get("Aperture")),
        focal=_fraction(row.get("Focal Length")),
        iso=int(iso) if iso and iso.isdecimal() else None,
        flash={"with flash": True, "without flash": False}.get(row.get("Flash") or ""),
        taken=taken if taken and len(taken) == 19 else None,
        subsec=subsec or None,
        offset=row.get("utc_offset"),
        place=place if keep_gps and None not in place else None,  # type: ignore[arg-type]
    )


def exif_block(values: KeptExif, orientation: bool = True, text: bool = True) -> bytes | None:
    """Return a TIFF structure with the values, or None where there are none.

    Args:
        values: what to write.
        orientation: False for containers that keep the orientation elsewhere (HEIF).
        text: False leaves out lens and software, for a place that is too small.
    """
    image: list[_Entry | None] = [
        _text(Base.Make, values.make),
        _text(Base.Model, values.model),
        _short(Base.Orientation, values.orientation if orientation and values.orientation in range(1, 9) else None),
        _text(Base.Software, values.software if text else None),
    ]
    photo: list[_Entry | None] = [
        _rational(Base.ExposureTime, values.exposure),
        _rational(Base.FNumber, values.aperture),
        _short(Base.ISOSpeedRatings, values.iso),
        _text(Base.DateTimeOriginal, values.taken),
        _text(Base.OffsetTimeOriginal, values.offset if values.taken else None),
        _short(Base.Flash, None if values.flash is None else int(values.flash)),
        _rational(Base.FocalLength, values.focal),
        _text(Base.SubsecTimeOriginal, values.subsec if values.taken else None),
        _text(Base.LensModel, values.lens if text else None),
    ]
    gps = _gps(*values.place) if values.place else []
    if not any([*image, *photo, *gps]):
        return None
    if any(photo):
        photo.append(_Entry(Base.ExifVersion, _UNDEFINED, 4, b"0232"))
    return _tiff([e for e in image if e], [e for e in photo if e], gps)


def foreign_tags(tiff: bytes, keep_gps: bool = False) -> list[str]:
    """Return what an Exif block holds besides the allow-list, one phrase each; a damaged block is one of them."""
    try:
        return sorted(set(_foreign(tiff, keep_gps)))
    except struct.error:
        return ["a damaged Exif block"]


def orientation_of(tiff: bytes) -> int | None:
    """Return an Exif block's orientation tag, or None where it has none, or is damaged."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return None
    try:
        entries, _ = _directory(tiff, order, struct.unpack_from(f"{order}I", tiff, 4)[0])
    except struct.error:
        return None
    # A SHORT stands at the beginning of its four bytes.
    values = [value >> 16 if order == ">" else value & 0xFFFF for tag, value in entries if tag == Base.Orientation]
    return values[0] if values else None


def _foreign(tiff: bytes, keep_gps: bool) -> Iterator[str]:
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        yield "an Exif block without a header"
        return
    image_tags = _IMAGE_TAGS | ({Base.GPSInfo} if keep_gps else set())
    inner_tags: dict[int, set[Base] | set[GPS]] = {Base.ExifOffset: _PHOTO_TAGS, Base.GPSInfo: _GPS_TAGS}
    first = struct.unpack_from(f"{order}I", tiff, 4)[0]
    entries, after = _directory(tiff, order, first)
    if after:
        yield "a second directory (a thumbnail)"
    used = [(0, 8), *_places(tiff, order, first)]
    for tag, value in entries:
        if tag not in image_tags:
            yield f"tag 0x{tag:04X}"
        elif tag in inner_tags:
            inner, _ = _directory(tiff, order, value)
            used += _places(tiff, order, value)
            yield from (f"tag 0x{t:04X} under 0x{tag:04X}" for t, _ in inner if t not in inner_tags[tag])
    if any(tiff[end:start].strip(b"\0") for end, start in _gaps(used, len(tiff))):
        yield "bytes in the Exif block that belong to no tag"


def _places(tiff: bytes, order: str, at: int) -> Iterator[tuple[int, int]]:
    """Yield where a directory lies, and where those of its values that lie outside of it."""
    (count,) = struct.unpack_from(f"{order}H", tiff, at)
    yield at, at + 2 + 12 * count + 4
    for i in range(count):
        _, kind, values, start = struct.unpack_from(f"{order}HHII", tiff, at + 2 + 12 * i)
        length = values * _VALUE_BYTES.get(kind, 0)
        if length > 4:
            yield start, start + length


def _gaps(used: Iterable[tuple[int, int]], size: int) -> Iterator[tuple[int, int]]:
    """Yield the stretches that no place covers."""
    end = 0
    for start, stop in sorted(used):
        if start > end:
            yield end, start
        end = max(end, stop)
    yield end, size


def _directory(tiff: bytes, order: str, at: int) -> tuple[list[tuple[int, int]], int]:
    """Return a directory's tags with their value fields as numbers, and where the next directory is (0: none)."""
    (count,) = struct.unpack_from(f"{order}H", tiff, at)
    entries = [struct.unpack_from(f"{order}HHII", tiff, at + 2 + 12 * i) for i in range(count)]
    (after,) = struct.unpack_from(f"{order}I", tiff, at + 2 + 12 * count)
    return [(tag, value) for tag, _, _, value in entries], after


def _fraction(text: str | None) -> Fraction | None:
    """Return the number of a label: `1/125`, `2.8`, `4.2 mm`."""
    if not text:
        return None
    try:
        value = Fraction(text.removesuffix("mm").strip()).limit_denominator(100_000)
    except (ValueError, ZeroDivisionError):
        return None
    return value if 0 < value < 2**32 else None


def _text(tag: int, value: str | None) -> _Entry | None:
    data = value.encode() + b"\0" if value else b""
    return _Entry(tag, _ASCII, len(data), data) if data else None


def _short(tag: int, value: int | None) -> _Entry | None:
    return None if value is None or not 0 <= value <= 0xFFFF else _Entry(tag, _SHORT, 1, struct.pack(">H", value))


def _rational(tag: int, *values: Fraction | None) -> _Entry | None:
    numbers = [number for value in values if value is not None for number in value.as_integer_ratio()]
    return _Entry(tag, _RATIONAL, len(values), struct.pack(f">{len(numbers)}I", *numbers)) if numbers else None


def _gps(latitude: float, longitude: float) -> list[_Entry | None]:
    # In degrees alone, to 1e-7 of one: minutes and seconds would only add rounding.
    north, east = (Fraction(round(abs(value) * 10**7), 10**7) for value in (latitude, longitude))
    return [
        _Entry(GPS.GPSVersionID, _BYTE, 4, b"\2\3\0\0"),
        _text(GPS.GPSLatitudeRef, "N" if latitude >= 0 else "S"),
        _rational(GPS.GPSLatitude, north, Fraction(0), Fraction(0)),
        _text(GPS.GPSLongitudeRef, "E" if longitude >= 0 else "W"),
        _rational(GPS.GPSLongitude, east, Fraction(0), Fraction(0)),
    ]


def _tiff(image: list[_Entry], photo: list[_Entry], gps: list[_Entry | None]) -> bytes:
    """Return a big-endian TIFF structure of the three directories, the inner ones after the first."""
    header = b"MM\0*\0\0\0\x08"
    inner = [(tag, [e for e in entries if e]) for tag, entries in ((Base.ExifOffset, photo), (Base.GPSInfo, gps))]
    inner = [(tag, entries) for tag, entries in inner if entries]
    pointers = [_Entry(tag, _LONG, 1, bytes(4)) for tag, _ in inner]
    at = len(header) + len(_packed(image + pointers, 0))
    blocks = []
    for i, (tag, entries) in enumerate(inner):
        pointers[i] = _Entry(tag, _LONG, 1, struct.pack(">I", at))
        blocks.append(_packed(entries, at))
        at += len(blocks[-1])
    return header + _packed(image + pointers, len(header)) + b"".join(blocks)


def _packed(entries: list[_Entry], at: int) -> bytes:
    """Return one directory that begins at an offset, its longer values behind it at even places."""
    entries = sorted(entries, key=lambda entry: entry.tag)
    values_at = at + 2 + 12 * len(entries) + 4
    table, values = struct.pack(">H", len(entries)), b""
    for entry in entries:
        table += struct.pack(">HHI", entry.tag, entry.type, entry.values)
        if len(entry.data) <= 4:
            table += entry.data.ljust(4, b"\0")
        else:
            table += struct.pack(">I", values_at + len(values))
            values += entry.data + bytes(len(entry.data) % 2)
    return table + bytes(4) + values
