"""getExif's list for a photo, and the same values as a file's EXIF block."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import piexif

from tests.helpers.fake_flickr.cameras import Shot
from tests.helpers.fake_flickr.chance import draw
from tests.helpers.fake_flickr.universe import Universe

Tag = dict[str, Any]

LABELS = {
    "ModifyDate": "Date and Time (Modified)",
    "ExposureTime": "Exposure",
    "FNumber": "Aperture",
    "ISO": "ISO Speed",
    "DateTimeOriginal": "Date and Time (Original)",
    "CreateDate": "Date and Time (Digitized)",
    "FocalLength": "Focal Length",
    "XResolution": "X-Resolution",
}
"""What Flickr calls tags in `label`, where that differs from exiftool's name."""


def listed(universe: Universe, number: int, drift: bool) -> list[Tag]:
    """The tags that getExif lists.

    Args:
        universe: Where the photo is.
        number: The photo's.
        drift: Whether whole numbers in `raw` may come as numbers.
    """
    if not universe.has_exif(number):
        return []
    shot, chance = universe.shot(number), draw(universe.seed, "listing", number)
    if not universe.has_camera(number):
        tags = _plain(shot.taken)
    else:
        tags = _camera(shot, hours=chance % 25 - 12)
        if chance >> 10 & 1:
            tags = _xmp(shot) + tags if chance >> 11 & 1 else tags + _xmp(shot)
    if chance >> 8 & 1:
        tags = _thumbnail(chance) + tags if chance >> 9 & 1 else tags + _thumbnail(chance)
    if drift and chance >> 12 & 1:
        for tag in tags:
            if tag["raw"]["_content"].isdigit():
                tag["raw"] = {"_content": int(tag["raw"]["_content"])}
    return tags


def _tag(space: str, name: str, raw: str, clean: str | None = None) -> Tag:
    tag: Tag = {
        "tagspace": space,
        "tagspaceid": 0,
        "tag": name,
        "label": LABELS.get(name, name),
        "raw": {"_content": raw},
    }
    return tag | ({} if clean is None else {"clean": {"_content": clean}})


def _plain(taken: str | None) -> list[Tag]:
    """A file that an editor wrote: its software and nothing of the camera."""
    tags = [
        _tag("JFIF", "JFIFVersion", "1.01"),
        _tag("IFD0", "Software", "Editor 2.0"),
        _tag("IFD0", "XResolution", "72", "72 dpi"),
    ]
    return tags + ([_tag("IFD0", "ModifyDate", taken)] if taken else [])


def _camera(shot: Shot, hours: int) -> list[Tag]:
    raw = shot.raw
    tags = [
        _tag("IFD0", "ImageDescription", ""),
        _tag("IFD0", "Make", raw["Make"]),
        _tag("IFD0", "Model", raw["Model"]),
        _tag("IFD0", "Orientation", "Horizontal (normal)"),
        _tag("IFD0", "XResolution", "72", "72 dpi"),
        _tag("IFD0", "ResolutionUnit", "inches"),
        _tag("IFD0", "Software", "Ver.1.0"),
        _tag("ExifIFD", "ExposureTime", raw["ExposureTime"], _seconds(shot)),
        _tag("ExifIFD", "FNumber", raw["FNumber"], f"f/{raw['FNumber']}"),
        _tag("ExifIFD", "ExposureProgram", "Program AE"),
        _tag("ExifIFD", "ISO", raw["ISO"]),
        _tag("ExifIFD", "ExifVersion", "0221"),
        _tag("ExifIFD", "MaxApertureValue", "1.6"),
        _tag("ExifIFD", "MeteringMode", "Multi-segment"),
        _tag("ExifIFD", "Flash", raw["Flash"], "Yes" if shot.flash & 1 else "No"),
        _tag("ExifIFD", "FocalLength", raw["FocalLength"], raw["FocalLength"].replace(".0 mm", " mm")),
        _tag("ExifIFD", "UserComment", ""),
        _tag("ExifIFD", "FileSource", "Digital Camera"),
        _tag("InteropIFD", "InteropIndex", "R98 - DCF basic file (sRGB)"),
    ]
    if shot.taken:
        clean = _utc(shot.taken, hours)
        tags.insert(7, _tag("IFD0", "ModifyDate", shot.taken, clean))
        tags.insert(13, _tag("ExifIFD", "DateTimeOriginal", shot.taken, clean))
        tags.insert(14, _tag("ExifIFD", "CreateDate", shot.taken, clean))
    return tags


def _thumbnail(chance: int) -> list[Tag]:
    """The thumbnail's tags: none describes the photo."""
    return [
        _tag("IFD1", "Compression", "JPEG (old-style)"),
        _tag("IFD1", "Make", "Thumbnail maker"),
        _tag("IFD1", "Model", "Thumbnail model"),
        _tag("IFD1", "ModifyDate", "1999:01:01 00:00:00"),
        _tag("IFD1", "ExposureTime", "1/3"),
        _tag("IFD1", "FNumber", "3.3"),
        _tag("IFD1", "ISO", "33"),
        _tag("IFD1", "ThumbnailOffset", str(chance % 5000 + 500)),
        _tag("IFD1", "ThumbnailLength", str(chance % 9000 + 1000)),
    ]


def _xmp(shot: Shot) -> list[Tag]:
    """The editor's notes, which repeat the camera in their own spelling."""
    return [
        _tag("XMP-x", "XMPToolkit", "XMP Core 4.4.0"),
        _tag("XMP-tiff", "Make", shot.make.upper()),
        _tag("XMP-tiff", "Model", shot.model.upper()),
        _tag("XMP-xmp", "CreatorTool", "Editor 2.0"),
        _tag("XMP-exif", "DateTimeOriginal", "2001:09:09 01:46:40"),
        _tag("XMP-aux", "Lens", "18.0-55.0 mm"),
        _tag("XMP-dc", "Creator", "[bold]somebody[/x]\x1b[31m"),
    ]


def _seconds(shot: Shot) -> str:
    over, under = shot.exposure_value
    return f"{over / under:.4g} sec ({shot.exposure})" if under > 2 else f"{shot.exposure} sec"


def _utc(taken: str, hours: int) -> str:
    """`clean` of a date: in UTC, where `raw` is the camera's wall time."""
    if taken.startswith("0000"):
        return taken
    moment = datetime.strptime(taken, "%Y:%m:%d %H:%M:%S") - timedelta(hours=hours)
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def block(universe: Universe, number: int) -> bytes:
    """The EXIF of the original file, as it stands in a JPEG's APP1 segment; empty where the file has none."""
    if not universe.has_camera(number):
        return b""
    shot = universe.shot(number)
    model = "Rewritten by an editor" if differs(universe, number) else shot.model
    zeroth = {piexif.ImageIFD.Make: shot.make, piexif.ImageIFD.Model: model, piexif.ImageIFD.Orientation: 1}
    exif = {
        piexif.ExifIFD.ExposureTime: shot.exposure_value,
        piexif.ExifIFD.FNumber: (shot.aperture, 10),
        piexif.ExifIFD.ISOSpeedRatings: shot.iso,
        piexif.ExifIFD.Flash: shot.flash,
        piexif.ExifIFD.FocalLength: (shot.focal, 10),
        piexif.ExifIFD.ImageUniqueID: f"{number:032x}",
    }
    if shot.taken:
        zeroth[piexif.ImageIFD.DateTime] = shot.taken
        exif |= {piexif.ExifIFD.DateTimeOriginal: shot.taken, piexif.ExifIFD.DateTimeDigitized: shot.taken}
    dumped: bytes = piexif.dump({"0th": zeroth, "Exif": exif})
    return dumped


def differs(universe: Universe, number: int) -> bool:
    """Whether the original's EXIF names another model than getExif does."""
    return draw(universe.seed, "original exif", number) / 2**64 < universe.rates.other_original
