"""Camera metadata from the tags of one answer of flickr.photos.getExif, as reading the original file gives them.

An answer holds the tags that exiftool finds, each with its directory (`space`) and its value in exiftool's words (`raw`). They
are brought to the form in which a file's tags are read and labelled by the same functions: EXIF first, then XMP, the maker's
block, IPTC. The directories of thumbnails (IFD1 and further ones) never give a label. Tags that files are not read for (a
maker's lens, a Composite aperture) do not give one here either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from curate.containers.sniff import Format
from curate.photos.facts import Exif
from curate.photos.metadata.ciff import CIFF_EXPOSURE
from curate.photos.metadata.labels import labels_from_tags, merged
from curate.photos.metadata.tags import Group, Tags, Value
from curate.photos.metadata.xmp import labels_from_xmp
from curate.photos.values import known, positive, taken_labels, whole
from curate.sources.flickr import printed
from tracer.base.text import clean_text

READER = "flickr"


@dataclass(frozen=True, slots=True)
class ExifTag:
    """One tag of an answer.

    Attributes:
        space: the directory, as exiftool names it (`IFD0`, `ExifIFD`, `GPS`, `XMP-tiff`, `Canon`, …).
        tag: exiftool's name of the tag.
        raw: the value as exiftool prints it, cleaned.
    """

    space: str
    tag: str
    raw: str


_EXIF = {
    "Make": 0x010F, "Model": 0x0110, "Orientation": 0x0112, "Software": 0x0131, "ExposureTime": 0x829A, "FNumber": 0x829D,
    "ISO": 0x8827, "ISOSpeedRatings": 0x8827, "PhotographicSensitivity": 0x8827, "DateTimeOriginal": 0x9003,
    "OffsetTimeOriginal": 0x9011, "Flash": 0x9209, "FocalLength": 0x920A, "SubSecTimeOriginal": 0x9291, "FileSource": 0xA300,
    "LensModel": 0xA434,
}  # fmt: skip
_GPS = {
    "GPSLatitudeRef": 1, "GPSLatitude": 2, "GPSLongitudeRef": 3, "GPSLongitude": 4, "GPSTimeStamp": 7, "GPSDateStamp": 0x1D,
}  # fmt: skip
_FIRST_DIRECTORY = frozenset({0x010F, 0x0110, 0x0112})
"""The tags that Exif has in its first directory."""

_EXIF_NUMBERS, _GPS_NUMBERS = ({str(n): n for n in table.values()} for table in (_EXIF, _GPS))
"""Flickr's documentation shows tags by their numbers in decimal, so both are known."""

_SPACES = {
    "ifd0": Group.IMAGE,
    "tiff": Group.IMAGE,
    "exififd": Group.EXIF,
    "exif": Group.EXIF,
    "": Group.EXIF,
    "gps": Group.GPS,
}
_CIFF_SPACES = frozenset({"canonraw", "ciff"})

_XMP = {
    "Make": "tiff:Make", "Model": "tiff:Model", "Software": "tiff:Software", "Orientation": "tiff:Orientation",
    "ExposureTime": "exif:ExposureTime", "FNumber": "exif:FNumber", "FocalLength": "exif:FocalLength",
    "ISO": "exif:ISOSpeedRatings", "ISOSpeedRatings": "exif:ISOSpeedRatings", "Flash": "exif:Flash", "FlashFired": "exif:Fired",
    "DateTimeOriginal": "exif:DateTimeOriginal", "GPSLatitude": "exif:GPSLatitude", "GPSLongitude": "exif:GPSLongitude",
    "PhotographicSensitivity": "exifEX:PhotographicSensitivity", "LensModel": "exifEX:LensModel", "Lens": "aux:Lens",
}  # fmt: skip
"""exiftool's names of the XMP properties that are labels, in the namespaces that count."""

_NUMBERS = frozenset({"ExposureTime", "FNumber", "FocalLength", "ISO", "ISOSpeedRatings", "PhotographicSensitivity"})

_EXPOSURE = {"ExposureTime": "exposure_s", "FNumber": "aperture", "FocalLength": "focal_mm", "ISO": "iso"}
_MAKERS = {
    "canon": ("ExposureTime", "FNumber", "FocalLength"), "casio": ("ISO", "FocalLength"),
    "kodak": ("ISO", "ExposureTime", "FNumber", "FocalLength"), "minolta": ("ISO", "ExposureTime", "FNumber"),
    "nikon": ("ISO",), "panasonic": ("ISO",), "pentax": ("ISO",), "sony": ("ISO", "ExposureTime", "FNumber"),
}  # fmt: skip
"""What is read of each maker's block in files (`curate.photos.metadata.makers`)."""

_STRONGER = ("kodak", "panasonic")
"""The makers whose values replace Exif's, which are rounded or capped."""

_KODAK_CHILDREN = frozenset({"SceneMode", "SceneModeUsed", "SensorWidth"})
"""Tags of Kodak's blocks with directories inside, whose exposure neither exiftool nor we prefer."""

Answer = dict[str, dict[str, str]]
"""Directory in lower case -> tag -> value."""


def exif_from_tags(tags: Iterable[ExifTag]) -> Exif:
    """Return the labels of a photo from the tags of its answer."""
    answer: Answer = {}
    for tag in tags:
        if tag.raw.strip():  # a later tag of the same name counts, as in files
            answer.setdefault(tag.space.strip().lower(), {})[tag.tag.strip()] = tag.raw
    maker, stronger = _maker_labels(answer)
    ciff = _tags(answer, _CIFF_SPACES)
    sources = {
        **({"makernote": maker} if stronger else {}),
        "exif": labels_from_tags(
            {k: v for k, v in _tags(answer).items() if k not in ciff or k in CIFF_EXPOSURE}, Format.JPEG
        ),
        "ciff": labels_from_tags(ciff, Format.JPEG),
        "xmp": labels_from_xmp(_xmp(answer)),
        **({} if stronger else {"makernote": maker}),
        "iptc": _iptc_labels(answer.get("iptc", {})),
        "app12": _app12_labels(answer.get("pictureinfo", {})),
        "composite": _composite_labels(answer.get("composite", {})),
    }
    exif = merged(sources)
    return replace(exif, readers=(READER,)) if exif.readers else exif


def exif_from_labels(labels: Mapping[str, str | None]) -> Exif:
    """Return the record of a photo whose label columns are given as text, as FlickrExif has them.

    Args:
        labels: the columns `Make`, `Model`, `Exposure`, `Aperture`, `ISO Speed`, `Focal Length` in the spellings of
            exiftool or of our own labels; others are not used.
    """
    get = labels.get
    exposure, aperture, focal, iso = (get(name) for name in ("Exposure", "Aperture", "Focal Length", "ISO Speed"))
    return Exif(
        make=clean_text(get("Make")),
        model=clean_text(get("Model")),
        exposure_s=positive(printed.number(exposure)) if exposure else None,
        aperture=positive(printed.number(aperture)) if aperture else None,
        focal_mm=positive(printed.number(focal)) if focal else None,
        iso=whole(printed.number(iso)) if iso else None,
        readers=(READER,),
    )


# --- the answer's tags in the form that files' tags have


def _tags(answer: Answer, spaces: frozenset[str] | None = None) -> Tags:
    """EXIF's tags, or those of other directories that hold the same tags."""
    found: Tags = {}
    for space, values in answer.items():
        group = (Group.EXIF if space in spaces else None) if spaces else _group(space)
        if group is None:
            continue
        for name, raw in values.items():
            if (number := _GPS.get(name) or (_GPS_NUMBERS.get(name) if group is Group.GPS else None)) is not None:
                _take_gps(found, number, raw)
            elif group is not Group.GPS and (number := _EXIF.get(name) or _EXIF_NUMBERS.get(name)):
                value = _value(number, raw)
                if value is not None:
                    found[Group.IMAGE if spaces and number in _FIRST_DIRECTORY else group, number] = value
    return found


def _group(space: str) -> Group | None:
    """Return the group of an EXIF directory; None for the directory of the thumbnail and for other tag spaces."""
    return Group.OTHER if space.startswith("subifd") else _SPACES.get(space)


_NUMBERS_OF: dict[int, Callable[[str], float | None]] = {
    **dict.fromkeys((0x829A, 0x829D, 0x8827, 0x920A), printed.number), 0x9209: printed.flash, 0x0112: printed.orientation,
    0xA300: printed.file_source,
}  # fmt: skip
"""The EXIF tags that are numbers -> what reads them; the others are texts."""


def _value(tag: int, raw: str) -> Value | None:
    """The value of an EXIF tag from its text."""
    if tag not in _NUMBERS_OF:
        return raw
    number = _NUMBERS_OF[tag](raw)
    return None if number is None else (number,)


def _take_gps(found: Tags, tag: int, raw: str) -> None:
    """Take one GPS tag. The direction in a position's own text counts only where the answer has no tag of it."""
    if tag in (2, 4):
        position = printed.position(raw)
        if position is not None:
            parts, direction = position
            found[Group.GPS, tag] = parts
            if direction:
                found.setdefault((Group.GPS, tag - 1), {2: "S", 4: "W"}[tag] if direction == "-" else direction)
    elif tag == 7:
        clock = printed.clock(raw)
        if clock is not None:
            found[Group.GPS, tag] = clock
    else:
        found[Group.GPS, tag] = raw


def _xmp(answer: Answer) -> dict[str, str]:
    """XMP's properties under their own names, with numbers as files have them."""
    found: dict[str, str] = {}
    for space, values in answer.items():
        if not space.startswith("xmp"):
            continue
        for name, raw in values.items():
            key = _XMP.get(name)
            if key is None or space not in ("xmp", f"xmp-{key.split(':')[0].lower()}"):
                continue
            text = _xmp_text(name, raw)
            if text is not None:
                found[key] = text
    return found


def _xmp_text(name: str, raw: str) -> str | None:
    if name in ("GPSLatitude", "GPSLongitude"):
        position = printed.position(raw)
        if position is None:
            return None
        direction = position[1] or ""
        minus = "-" if direction == "-" else ""
        return minus + ",".join(f"{part:.12f}" for part in position[0]) + direction.removeprefix("-")
    number: float | None
    if name in _NUMBERS:
        number = printed.number(raw)
        return None if number is None else f"{number:.12f}"
    if name in ("Flash", "Orientation"):
        number = printed.flash(raw) if name == "Flash" else printed.orientation(raw)
        return None if number is None else str(number or 16)  # 16: the flash did not fire
    return raw


# --- the sources beside EXIF and XMP


def _exposure_labels(values: Mapping[str, str], names: Iterable[str]) -> dict[str, Any]:
    numbers = {_EXPOSURE[name]: printed.number(values[name]) for name in names if name in values}
    return known({label: whole(n) if label == "iso" else positive(n) for label, n in numbers.items()})


def _maker_labels(answer: Answer) -> tuple[dict[str, Any], bool]:
    """Labels from the first maker's block that has any, and whether they count more than Exif's."""
    for maker, names in _MAKERS.items():
        values = answer.get(maker)
        if not values:
            continue
        if maker == "nikon" and not values.keys() & {"ISO2", "ISOExpansion"}:
            continue  # the older pair of numbers alone, which is not read in files
        if maker == "kodak" and values.keys() & _KODAK_CHILDREN:
            continue
        labels = _exposure_labels(values, names)
        if maker == "canon":
            labels |= known({"iso": _canon_iso(values, answer.get("composite", {}))})
        if maker == "kodak":
            labels |= known(taken_labels(values.get("DateTimeOriginal"), None, None))
        if labels:
            return labels, maker in _STRONGER
    return {}, False


def _canon_iso(values: Mapping[str, str], composite: Mapping[str, str]) -> int | None:
    """exiftool's own sum of the three tags, else the setting where it is a number, else base speed times automatic gain."""
    for text in (composite.get("ISO"), values.get("CameraISO")):
        if text and (iso := whole(printed.number(text))):
            return iso
    base, gain = (printed.number(values.get(name, "")) for name in ("BaseISO", "AutoISO"))
    return whole(base * gain / 100) if base and gain else None


def _iptc_labels(values: Mapping[str, str]) -> dict[str, Any]:
    """The date of creation; a date without a time is often that of an event, not of a photo."""
    date, time = values.get("DateCreated"), values.get("TimeCreated")
    return known(taken_labels(f"{date} {time}", None, None)) if date and time else {}


def _app12_labels(values: Mapping[str, str]) -> dict[str, Any]:
    """Labels from the text of cameras older than Exif."""
    fired = printed.flash(values.get("Flash", ""))
    return {
        **_exposure_labels(values, ("ExposureTime", "FNumber")),
        **({} if fired is None else {"flash_fired": bool(fired & 1)}),
        **known(taken_labels(values.get("DateTimeOriginal"), None, None)),
    }


def _composite_labels(values: Mapping[str, str]) -> dict[str, Any]:
    """The position, where exiftool's sum of the GPS tags came without these."""
    return labels_from_tags(_tags({"gps": {k: v for k, v in values.items() if k.startswith("GPS")}}), Format.JPEG)
