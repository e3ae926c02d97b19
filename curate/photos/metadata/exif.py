"""Camera metadata of one picture file; docs/reading.md compares them with exiftool's.

Exifread and Pillow both read each TIFF block that the container holds. A label comes from exifread; what it lacks comes
from Pillow, then from the other sources in the order of `_sources`. Where the two readers disagree, the record says so.
Meanings of the tags: Exif 3.0 (CIPA DC-008), TIFF/EP, DNG 1.7.
"""

from __future__ import annotations

import io
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from curate.containers.blocks import CiffBlock, Metadata, TiffBlock
from curate.containers.find import find_metadata
from curate.containers.sniff import HEAD, RAW_FORMATS, Format, sniff
from curate.photos.facts import Exif
from curate.photos.metadata.ciff import CIFF_EXPOSURE, ciff_tags
from curate.photos.metadata.labels import labels_from_tags, merged, number_of, text_of
from curate.photos.metadata.makernote import apple_burst, first_ifd, read_maker_note
from curate.photos.metadata.others import (
    instructions_in_resources,
    iptc_taken,
    labels_of_old_cameras,
    taken_from_resources,
    x3f_labels,
)
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
from curate.photos.metadata.xmp import labels_from_xmp, xmp_properties
from curate.photos.values import known, parse_stamp, positive, taken_labels, whole
from tracer.base.text import clean_text

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
    exif = merged(sources)
    note = (Group.EXIF, MAKER_NOTE) in by_pillow if by_pillow or by_exifread else None
    return Reading(
        exif,
        creator_tool=clean_text(packets.get("xmp:CreatorTool")),
        processing_software=text_of(by_exifread or by_pillow, 0x000B, (Group.IMAGE,)),
        maker_note=note,
        changed_at=(parse_stamp(text_of(by_exifread or by_pillow, 0x0132, (Group.IMAGE,))) or (None,))[0],
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
        "exifread": labels_from_tags(by_exifread, kind),
        "pillow": labels_from_tags(by_pillow, kind),
        "ciff": labels_from_tags(by_ciff, kind),
        "xmp": labels_from_xmp(packets),
        "x3f": x3f_labels(blocks.properties),
    }
    camera = merged(sources)
    sources["makernote"], stronger = _from_maker_note(blocks, camera.make, camera.model)
    sources["iptc"] = _from_iptc(blocks)
    sources["app12"] = next(filter(None, map(labels_of_old_cameras, blocks.app12)), {})
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
            if found := known(labels):
                return found, note.stronger
    return {}, False


def _from_iptc(blocks: Metadata) -> dict[str, Any]:
    """The date of creation from Photoshop's segments, or from the tag that TIFF has for IPTC."""
    taken = taken_from_resources(blocks.photoshop)
    for block in blocks.blocks:
        if taken is None and isinstance(block, TiffBlock):
            first = first_ifd(block)
            taken = iptc_taken(first.data(_IPTC_TAG, _MAX_IPTC)) if first else None
    return taken_labels(taken, None, None)


def _pixel_size(tags: Tags, blocks: Metadata, kind: Format) -> tuple[int, int] | None:
    """The size that EXIF names, or a larger one from a RAW file's directories."""
    named = tuple(whole(number_of(tags, tag, (Group.EXIF,))) for tag in (0xA002, 0xA003))
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
