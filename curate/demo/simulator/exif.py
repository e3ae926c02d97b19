"""The EXIF of a virtual camera: its choice of tags, with the time on its own clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from fractions import Fraction
from typing import Any

import numpy as np
import piexif

from curate.demo.plan import Photo
from curate.demo.simulator.models import Writing

SOFTWARE = "lenstrace virtual camera"
"""A text in every photo, so that nobody takes it for a photo of a real camera."""

_STOPS = (1.0, 1.25, 1.6, 2.0, 2.5, 3.2, 4.0, 5.0, 6.4, 8.0)
_TIMES = tuple(10**power * stop for power in (0, 1, 2, 3) for stop in _STOPS[:-1])


@dataclass(frozen=True, slots=True)
class Exposure:
    """The exposure of a photo.

    Attributes:
        seconds: the exposure time.
        iso: the ISO speed.
        flash: whether the flash fired.
        missed: the exposure error, stops.
    """

    seconds: Fraction
    iso: int
    flash: bool
    missed: float


def choose_exposure(writing: Writing, exposure_value: float) -> Exposure:
    """Return the exposure that the camera's automatic programme chooses at a brightness (EV at ISO 100).

    The ISO rises when the exposure time would be too long for a steady hand, and the time rises when the ISO cannot.
    """
    flash = exposure_value < writing.flash_below
    value = exposure_value + 1.5 if flash else exposure_value
    steady = 1.0 / max(writing.focal_35mm, 30)
    full = writing.f_number**2 / 2.0**value * 100.0
    iso = float(np.clip(full / steady, writing.base_iso, writing.top_iso))
    inverse = iso / full
    if writing.standard_steps:
        series = np.array([decade * stop for decade in (10, 100, 1000) for stop in _STOPS[:-1]])
        series = series[(series >= writing.base_iso) & (series <= writing.top_iso)]
        iso = float(series[np.argmin(np.abs(np.log(series / iso)))])
        wanted = iso / full
        inverse = min(_TIMES, key=lambda t: abs(np.log(t / wanted)))
    whole = max(round(inverse), 1)
    missed = float(np.log2(round(iso) / full / whole))
    return Exposure(Fraction(1, whole), round(iso), flash, missed)


def exif_bytes(
    photo: Photo, exposure: Exposure, orientation: int, size: tuple[int, int], thumbnail: bytes | None
) -> bytes:
    """Return the photo's EXIF block, beginning with `Exif`.

    Args:
        photo: the planned photo.
        exposure: its exposure.
        orientation: 1, or 6 if the picture must be turned clockwise.
        size: the stored picture's width and height.
        thumbnail: a small JPEG to embed, or None.
    """
    camera = photo.camera
    stamp = f"{photo.clock_time:%Y:%m:%d %H:%M:%S}"
    picture: dict[int, Any] = {
        piexif.ImageIFD.Make: camera.make,
        piexif.ImageIFD.Model: camera.model,
        piexif.ImageIFD.Orientation: orientation,
        piexif.ImageIFD.XResolution: (72, 1),
        piexif.ImageIFD.YResolution: (72, 1),
        piexif.ImageIFD.ResolutionUnit: 2,
        piexif.ImageIFD.Software: SOFTWARE,
        piexif.ImageIFD.DateTime: stamp,
        piexif.ImageIFD.YCbCrPositioning: 1,
    }
    details = _details(photo, exposure, size)
    blocks: dict[str, Any] = {"0th": picture, "Exif": details}
    if photo.tagged is not None:
        blocks["GPS"] = _gps(photo, *photo.tagged)
    if thumbnail is not None:
        resolution = (piexif.ImageIFD.XResolution, piexif.ImageIFD.YResolution, piexif.ImageIFD.ResolutionUnit)
        blocks["1st"] = {piexif.ImageIFD.Compression: 6, **{tag: picture[tag] for tag in resolution}}
        blocks["thumbnail"] = thumbnail
    return bytes(piexif.dump(blocks))


def _details(photo: Photo, exposure: Exposure, size: tuple[int, int]) -> dict[int, Any]:
    """Return the tags of the Exif IFD, which describe how the photo was taken."""
    camera, writing, clock = photo.camera, photo.camera.writing, photo.clock_time
    stamp = f"{clock:%Y:%m:%d %H:%M:%S}"
    focal, aperture = (
        Fraction(writing.focal_mm).limit_denominator(100),
        Fraction(writing.f_number).limit_denominator(100),
    )
    details: dict[int, Any] = {
        piexif.ExifIFD.ExposureTime: (exposure.seconds.numerator, exposure.seconds.denominator),
        piexif.ExifIFD.FNumber: (aperture.numerator, aperture.denominator),
        piexif.ExifIFD.ExposureProgram: 2,
        piexif.ExifIFD.ISOSpeedRatings: exposure.iso,
        piexif.ExifIFD.ExifVersion: b"0232",
        piexif.ExifIFD.ComponentsConfiguration: b"\1\2\3\0",
        piexif.ExifIFD.DateTimeOriginal: stamp,
        piexif.ExifIFD.DateTimeDigitized: stamp,
        piexif.ExifIFD.Flash: 0x19 if exposure.flash else 0x10,
        piexif.ExifIFD.FocalLength: (focal.numerator, focal.denominator),
        piexif.ExifIFD.FocalLengthIn35mmFilm: writing.focal_35mm,
        piexif.ExifIFD.ColorSpace: 1,
        piexif.ExifIFD.PixelXDimension: size[0],
        piexif.ExifIFD.PixelYDimension: size[1],
        piexif.ExifIFD.WhiteBalance: 0,
    }
    if writing.subseconds:
        fraction = f"{clock.microsecond // 1000:03d}"
        details[piexif.ExifIFD.SubSecTime] = details[piexif.ExifIFD.SubSecTimeOriginal] = fraction
    if writing.offset_time:
        offset = f"{clock:%z}"
        offset = f"{offset[:3]}:{offset[3:]}"
        details[piexif.ExifIFD.OffsetTime] = details[piexif.ExifIFD.OffsetTimeOriginal] = offset
    if writing.lens:
        details[piexif.ExifIFD.LensModel] = writing.lens
    if not camera.type.is_smartphone:
        details[piexif.ExifIFD.FileSource] = b"\x03"
    if writing.serial:
        details[piexif.ExifIFD.BodySerialNumber] = writing.serial
    if writing.maker_note:
        details[piexif.ExifIFD.MakerNote] = f"{camera.make.upper()}\0virtual".encode()
    return details


def _gps(photo: Photo, latitude: float, longitude: float) -> dict[int, Any]:
    """Return the GPS tags: the position, and the true UTC time in whole seconds (rounded down), whatever the clock says."""
    utc = photo.true_time.astimezone(UTC)
    return {
        piexif.GPSIFD.GPSVersionID: (2, 3, 0, 0),
        piexif.GPSIFD.GPSLatitudeRef: "N" if latitude >= 0 else "S",
        piexif.GPSIFD.GPSLatitude: _degrees(latitude),
        piexif.GPSIFD.GPSLongitudeRef: "E" if longitude >= 0 else "W",
        piexif.GPSIFD.GPSLongitude: _degrees(longitude),
        piexif.GPSIFD.GPSTimeStamp: ((utc.hour, 1), (utc.minute, 1), (utc.second, 1)),
        piexif.GPSIFD.GPSDateStamp: f"{utc:%Y:%m:%d}",
    }


def _degrees(angle: float) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int]]:
    hundredths = round(abs(angle) * 360_000)
    return (hundredths // 360_000, 1), (hundredths // 6000 % 60, 1), (hundredths % 6000, 100)
