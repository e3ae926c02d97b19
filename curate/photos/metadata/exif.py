"""Camera metadata of one picture file; docs/reading.md compares them with exiftool's.

Exifread and Pillow both read each TIFF block that the container holds. A label comes from exifread; what it lacks comes
from Pillow, then from the other sources in the order of `_sources`. Where the two readers disagree, the record says so.
Meanings of the tags: Exif 3.0 (CIPA DC-008), TIFF/EP, DNG 1.7.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from curate.containers.blocks import CiffBlock, Metadata, TiffBlock
from curate.containers.find import find_metadata
from curate.containers.sniff import HEAD, RAW_FORMATS, Format, sniff
from curate.photos.facts import Exif
from curate.photos.metadata.ciff import CIFF_EXPOSURE, ciff_tags
from curate.photos.metadata.iptc import instructions_in_resources, taken_from_resources
from curate.photos.metadata.iptc import taken as iptc_taken
from curate.photos.metadata.makernote import apple_burst, first_ifd, read_maker_note
from curate.photos.metadata.pictureinfo import PictureInfo, picture_info
from curate.photos.metadata.tags import (
    EXIFREAD_ERRORS,
    MAKER_NOTE,
    PILLOW_ERRORS,
    Group,
    Tags,
    Value,
    exifread_tags,
    largest_size,
    pillow_tags,
)
from curate.photos.metadata.x3f import x3f_labels
from curate.photos.metadata.xmp import xmp_properties
from curate.photos.metadata.xmp_labels import labels_from_xmp
from curate.photos.values import numbers_of, orientation_of, parse_stamp, positive, taken_labels, whole
from tracer.base.text import clean_text

_IMAGE_FIRST = (Group.IMAGE, Group.EXIF, Group.OTHER)
_EXIF_FIRST = (Group.EXIF, Group.IMAGE, Group.OTHER)

_IPTC_TAG, _MAX_IPTC = 0x83BB, 1 << 16


@dataclass(frozen=True, slots=True)
class Reading:
    """What the metadata of a file say.

    Attributes:
        exif: the labels.
        creator_tool: XMP's CreatorTool, the program that made the file.
        processing_software: EXIF's ProcessingSoftware.
        maker_note: whether the maker's own block is there; None where there is no EXIF.
        changed_at: when the file was last changed by its own account (EXIF's DateTime), as `taken_at`.
        pixel_size: (width, height) of the largest picture that the metadata describe.
        stored_size: (width, height) as the container has them, of pictures that may not be decoded.
        comment: EXIF's UserComment.
        instructions: IPTC's special instructions, where Facebook leaves its mark.
        burst: what the photos of one burst share, where the file says so (`apple:…`, `google:…`).
        unread: metadata that are there and could not be read, in words.
    """

    exif: Exif = field(default_factory=Exif)
    creator_tool: str | None = None
    processing_software: str | None = None
    maker_note: bool | None = None
    changed_at: str | None = None
    pixel_size: tuple[int, int] | None = None
    stored_size: tuple[int, int] | None = None
    comment: str | None = None
    instructions: str | None = None
    burst: str | None = None
    unread: tuple[str, ...] = ()


def read_exif(source: Path | bytes) -> Exif:
    """Return the camera metadata of a picture file or its bytes; an empty record where there is none.

    Raises:
        OSError: the file cannot be read.
    """
    if isinstance(source, bytes):
        return _read_open(io.BytesIO(source), "").exif
    with source.open("rb") as file:
        return _read_open(file, source.name).exif


def exif_from_tags(tags: Tags, kind: Format, reader: str) -> Exif:
    """Return what one reader's tags say by themselves; for comparing readers."""
    return _merged({reader: _from_tags(tags, kind)})


def _read_open(file: BinaryIO, name: str) -> Reading:
    kind = sniff(file.read(HEAD), name)
    return read_metadata(file, kind) if kind else Reading()


def read_metadata(file: BinaryIO, kind: Format) -> Reading:
    """Return the metadata of an open picture file whose format is known.

    Raises:
        OSError: the file cannot be read.
    """
    blocks = find_metadata(file, kind)
    sources, by_exifread, by_pillow, packets = _sources(blocks, kind)
    exif = _merged(sources)
    note = (Group.EXIF, MAKER_NOTE) in by_pillow if by_pillow or by_exifread else None
    return Reading(
        exif,
        creator_tool=clean_text(packets.get("xmp:CreatorTool")),
        processing_software=_text(by_exifread or by_pillow, 0x000B, (Group.IMAGE,)),
        maker_note=note,
        changed_at=(parse_stamp(_text(by_exifread or by_pillow, 0x0132, (Group.IMAGE,))) or (None,))[0],
        pixel_size=_pixel_size(by_exifread or by_pillow, blocks, kind),
        stored_size=blocks.size,
        comment=_comment(by_pillow.get((Group.EXIF, 0x9286))) or clean_text(packets.get("exif:UserComment")),
        instructions=clean_text(instructions_in_resources(blocks.photoshop)),
        burst=_burst(blocks, exif.make, packets),
        unread=tuple(blocks.unread),
    )


def _comment(value: Value | None) -> str | None:
    """UserComment begins with eight bytes that name its encoding."""
    if not isinstance(value, bytes):
        return clean_text(value) if isinstance(value, str) else None
    if value.startswith(b"UNICODE\0"):
        return clean_text(value[8:].decode("utf-16-be" if value[8:9] == b"\0" else "utf-16-le", errors="replace"))
    return clean_text(value[8:] if value[:8] in (b"ASCII\0\0\0", bytes(8)) else value)


def _burst(blocks: Metadata, make: str | None, packets: dict[str, str]) -> str | None:
    """Apple's BurstUUID or Google's BurstID."""
    if (make or "").lower() == "apple":
        for block in blocks.blocks:
            uuid = clean_text(apple_burst(block)) if isinstance(block, TiffBlock) else None
            if uuid:
                return f"apple:{uuid}"
    google = clean_text(packets.get("GCamera:BurstID"))
    return f"google:{google}" if google else None


def _sources(blocks: Metadata, kind: Format) -> tuple[dict[str, dict[str, Any]], Tags, Tags, dict[str, str]]:
    """Labels by source, in the order in which they are believed; and the tags and XMP properties behind them."""
    by_exifread, by_pillow, by_ciff = _read_blocks(blocks)
    packets = {k: v for packet in reversed(_packets(blocks, by_pillow)) for k, v in xmp_properties(packet).items()}
    sources = {
        "exifread": _from_tags(by_exifread, kind),
        "pillow": _from_tags(by_pillow, kind),
        "ciff": _from_tags(by_ciff, kind),
        "xmp": labels_from_xmp(packets),
        "x3f": x3f_labels(blocks.properties),
    }
    merged = _merged(sources)
    sources["makernote"], stronger = _from_maker_note(blocks, merged.make, merged.model)
    sources["iptc"] = _from_iptc(blocks)
    sources["app12"] = _from_app12(blocks)
    if stronger:  # Exif has these values rounded or capped; exiftool, too, prefers the block's
        for label in sources["makernote"]:
            for reader in ("exifread", "pillow", "ciff", "xmp"):
                sources[reader].pop(label, None)
    return sources, by_exifread, by_pillow, packets


def _from_maker_note(blocks: Metadata, make: str | None, model: str | None) -> tuple[dict[str, Any], bool]:
    """Labels from the first MakerNote that has any, and whether they count more than Exif's."""
    for block in blocks.blocks:
        if isinstance(block, TiffBlock):
            note = read_maker_note(block, make, model)
            labels = {
                "iso": whole(note.iso),
                "exposure_s": positive(note.exposure_s),
                "aperture": positive(note.aperture),
                "focal_mm": positive(note.focal_mm),
                **taken_labels(note.taken, None, None),
            }
            labels = {name: value for name, value in labels.items() if value is not None}
            if labels:
                return labels, note.stronger
    return {}, False


def _from_iptc(blocks: Metadata) -> dict[str, Any]:
    """The date of creation from Photoshop's segments, or from the tag that TIFF has for IPTC."""
    taken = taken_from_resources(blocks.photoshop)
    for block in blocks.blocks:
        if taken is None and isinstance(block, TiffBlock):
            first = first_ifd(block)
            taken = iptc_taken(first.data(_IPTC_TAG, _MAX_IPTC)) if first else None
    return taken_labels(taken, None, None)


def _from_app12(blocks: Metadata) -> dict[str, Any]:
    """Labels from the text of cameras older than Exif."""
    for segment in blocks.app12:
        info = picture_info(segment)
        if info != PictureInfo():
            labels = {
                "exposure_s": positive(info.exposure_s),
                "aperture": positive(info.aperture),
                "flash_fired": info.flash_fired,
                **taken_labels(info.taken, None, None),
            }
            return {name: value for name, value in labels.items() if value is not None}
    return {}


def _pixel_size(tags: Tags, blocks: Metadata, kind: Format) -> tuple[int, int] | None:
    """The size that EXIF names, or a larger one from a RAW file's directories."""
    named = tuple(whole(_first_number(tags, tag, (Group.EXIF,))) for tag in (0xA002, 0xA003))
    sizes = [named] if all(named) else []
    if kind in RAW_FORMATS:
        sizes += [s for b in blocks.blocks if isinstance(b, TiffBlock) and (s := largest_size(b))]
    return max(sizes, key=lambda size: size[0] * size[1], default=None)  # type: ignore[operator,return-value]


def _read_blocks(blocks: Metadata) -> tuple[Tags, Tags, Tags]:
    """The tags of all blocks by reader; a later block's values replace an earlier one's, as in exiftool."""
    by_exifread: Tags = {}
    by_pillow: Tags = {}
    by_ciff: Tags = {}
    for block in blocks.blocks:
        if isinstance(block, CiffBlock):
            by_ciff.update(ciff_tags(block))
            for tag in by_ciff:
                if tag not in CIFF_EXPOSURE:  # coded anew there: Exif's own numbers are better
                    by_exifread.pop(tag, None)
                    by_pillow.pop(tag, None)
            continue
        # What one reader gives up on the other may still read; a file that neither reads has no labels.
        with suppress(*EXIFREAD_ERRORS):
            by_exifread.update(exifread_tags(block))
        with suppress(*PILLOW_ERRORS):
            by_pillow.update(pillow_tags(block))
    return by_exifread, by_pillow, by_ciff


def _packets(blocks: Metadata, tags: Tags) -> list[bytes]:
    """XMP packets: the container's own, and the one inside a TIFF directory (tag 700)."""
    inside = tags.get((Group.IMAGE, 0x02BC))
    packed = inside if isinstance(inside, bytes) else bytes(int(v) & 255 for v in inside or () if isinstance(v, int))
    return [*blocks.xmp, *([packed] if packed else [])]


# --- from EXIF tags


def _from_tags(tags: Tags, kind: Format) -> dict[str, Any]:
    """Labels from one reader's tags; only those that are there."""
    if not tags:
        return {}
    iso = _first_number(tags, 0x8827, _EXIF_FIRST)
    if not iso and kind in (Format.RW2, Format.RWL):
        iso = _first_number(tags, 0x0017, (Group.IMAGE,))
    flash = _first_number(tags, 0x9209, _EXIF_FIRST, count=1)
    taken = _text(tags, 0x9003, _EXIF_FIRST)
    labels = {
        "make": _text(tags, 0x010F, _IMAGE_FIRST),
        "model": _text(tags, 0x0110, _IMAGE_FIRST),
        "exposure_s": positive(_first_number(tags, 0x829A, _EXIF_FIRST)),
        "aperture": positive(_first_number(tags, 0x829D, _EXIF_FIRST)),
        "focal_mm": positive(_first_number(tags, 0x920A, _EXIF_FIRST)),
        "iso": whole(iso),
        "flash_fired": bool(int(flash) & 1) if flash is not None and flash >= 0 else None,
        "lens": _text(tags, 0xA434, _EXIF_FIRST),
        "software": _text(tags, 0x0131, _IMAGE_FIRST),
        "orientation": orientation_of(_first_number(tags, 0x0112, (Group.IMAGE, Group.EXIF)))
        # The thumbnail's stands in where it asks for nothing: it must not turn the picture.
        or (1 if _first_number(tags, 0x0112, (Group.OTHER,)) == 1 else None),
        "file_source": _file_source(tags.get((Group.EXIF, 0xA300))),
        **taken_labels(taken, _text(tags, 0x9291, _EXIF_FIRST), _text(tags, 0x9011, _EXIF_FIRST)),
        **_position(tags),
    }
    return {name: value for name, value in labels.items() if value is not None}


def _text(tags: Tags, tag: int, groups: Iterable[Group]) -> str | None:
    """The first non-blank text of a tag; numbers under a text tag are its bytes."""
    for group in groups:
        value = tags.get((group, tag))
        if isinstance(value, tuple):
            value = bytes(int(v) for v in value if isinstance(v, int) and 0 <= v < 256)
        elif isinstance(value, str) and value.isascii() is False:
            value = _bytes_of(value)
        text = clean_text(value)
        if text is not None:
            return text
    return None


def _bytes_of(text: str) -> str | bytes:
    """Pillow decodes every text as Latin-1; give the bytes back so that UTF-8 is seen as such."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text


def _first_number(tags: Tags, tag: int, groups: Iterable[Group], count: int | None = None) -> float | None:
    """The first of a tag's numbers; with `count`, only where the tag has as many as the standard says."""
    for group in groups:
        numbers = numbers_of(tags.get((group, tag)))
        if numbers and math.isfinite(numbers[0]) and count in (None, len(numbers)):
            return numbers[0]
    return None


def _file_source(value: Value | None) -> int | None:
    number = value[0] if value else None
    return number if isinstance(number, int) and 0 <= number < 256 else None


def _position(tags: Tags) -> dict[str, Any]:
    """Latitude, longitude and the time of the fix from the GPS directory."""
    latitude = _degrees(tags, 2, 1, "S", 90)
    longitude = _degrees(tags, 4, 3, "W", 180)
    found: dict[str, Any] = {}
    if latitude is not None and longitude is not None:
        found.update(latitude=latitude, longitude=longitude)
    clock = numbers_of(tags.get((Group.GPS, 7)))
    date = re.match(r"(\d{4})\D(\d{1,2})\D(\d{1,2})", _text(tags, 0x1D, (Group.GPS,)) or "")
    if date and len(clock) >= 3 and all(math.isfinite(c) and 0 <= c < 61 for c in clock[:3]):
        thousandths = round(clock[2] * 1000)
        try:
            year, month, day = map(int, date.groups())
            fix = datetime(year, month, day, int(clock[0]), int(clock[1]), thousandths // 1000)
        except ValueError:
            return found
        found["gps_utc"] = fix.isoformat() + (f".{thousandths % 1000:03}" if thousandths % 1000 else "")
    return found


def _degrees(tags: Tags, tag: int, reference: int, negative: str, limit: float) -> float | None:
    parts = numbers_of(tags.get((Group.GPS, tag)))[:3]
    if not parts or not all(math.isfinite(p) for p in parts[:1]):
        return None
    total = sum(p / 60**i for i, p in enumerate(parts) if math.isfinite(p))
    sign = (_text(tags, reference, (Group.GPS,)) or "").upper()
    total = -total if sign.startswith(negative) else total
    return total if abs(total) <= limit else None


# --- one record

# These come from one source together: one reader's precision with another's date would be no time at all.
_TOGETHER = {"taken_precision": "taken_at", "utc_offset": "taken_at", "longitude": "latitude"}


def _merged(sources: dict[str, dict[str, Any]]) -> Exif:
    """The first source that has a label gives it; EXIF's two readers are compared."""
    values: dict[str, Any] = {}
    origin: dict[str, str] = {}
    for source, labels in sources.items():
        for name, value in labels.items():
            leader = _TOGETHER.get(name)
            if leader in origin and origin[leader] != source:
                continue
            if name not in values:
                values[name], origin[name] = value, source
    used = tuple(source for source in sources if source in origin.values())
    return Exif(
        **values, readers=used, disagreements=_disagreements(sources.get("exifread", {}), sources.get("pillow", {}))
    )


def _disagreements(first: dict[str, Any], second: dict[str, Any]) -> tuple[str, ...]:
    return tuple(
        f"{name}: exifread {first[name]!s}, pillow {second[name]!s}"
        for name in first
        if name in second and not _same(first[name], second[name])
    )


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-9)
    return bool(a == b)
