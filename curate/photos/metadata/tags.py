"""Two readers of one TIFF block, exifread and Pillow, brought to one form so that they can check each other.

exifread runs with `details=False`: with MakerNotes on it loops over counts that an attacker chooses. Neither library
promises to raise only its own errors on hostile input, so each has a list of what it raises, from its source and from
fuzzing. The guard (`curate.photos.reader.guard`) deals with hangs and crashes.
"""

from __future__ import annotations

import logging
import struct
import warnings
from enum import StrEnum
from fractions import Fraction
from typing import Any

import exifread
from exifread.core.exceptions import ExifError
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from curate.containers.blocks import Directory, TiffBlock
from curate.containers.stream import read_at

logging.getLogger("exifread").setLevel(logging.CRITICAL)  # its warnings would go to the terminal

Number = int | float
Value = str | bytes | tuple[Number, ...]
"""A tag's value: text (decoded, or the bytes where that failed), or numbers; a fraction over zero is inf or nan."""


class Group(StrEnum):
    """The directory that a tag was found in, by `Directory`'s names. OTHER: the thumbnail's and further ones, which fill gaps."""

    IMAGE = "image"
    EXIF = "exif"
    GPS = "gps"
    OTHER = "other"


Tags = dict[tuple[Group, int], Value]

EXIF_POINTER, GPS_POINTER, MAKER_NOTE = 0x8769, 0x8825, 0x927C
_MAX_VALUES = 64
"""Numbers kept of one tag: none of the wanted tags has more than a handful."""

_WANTED = frozenset(
    {
        *(0x000B, 0x0017, 0x010F, 0x0110, 0x0112, 0x0131, 0x0132, 0x02BC),
        *(0x829A, 0x829D, 0x8827, 0x9003, 0x9011, 0x9209, 0x920A, 0x9286, 0x9291, MAKER_NOTE),
        *(0xA002, 0xA003, 0xA300, 0xA434),
    }
)
_WANTED_GPS = frozenset({1, 2, 3, 4, 7, 0x1D})
"""Tags that a label is made of; converting the others would take most of the time."""

EXIFREAD_ERRORS = (
    ExifError,
    AssertionError,
    AttributeError,
    EOFError,
    IndexError,
    KeyError,
    OSError,
    OverflowError,
    RecursionError,
    TypeError,
    ValueError,
    ZeroDivisionError,
    struct.error,
)
"""What exifread raises on damaged blocks: it indexes, unpacks and formats values without checking their types."""

PILLOW_ERRORS = (
    AttributeError,
    EOFError,
    IndexError,
    KeyError,
    OSError,
    OverflowError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    ZeroDivisionError,
    struct.error,
)
"""What Pillow raises on damaged blocks and pictures; SyntaxError is its way to say "not this format"."""


def exifread_tags(block: TiffBlock) -> Tags:
    """Read a block with exifread.

    Raises:
        EXIFREAD_ERRORS: the block is damaged beyond what it bears.
    """
    found: Tags = {}
    groups = {"Image": Group(block.directory), "EXIF": Group.EXIF, "GPS": Group.GPS}
    block.stream.seek(0)
    for key, tag in exifread.process_file(block.stream, details=False, extract_thumbnail=False).items():
        prefix = key.split(" ", 1)[0]
        group = groups.get(prefix, Group.OTHER)
        if prefix != "Interoperability" and tag.tag in (_WANTED_GPS if group is Group.GPS else _WANTED):
            found[group, tag.tag] = _value(tag.values)
    return found


def pillow_tags(block: TiffBlock) -> Tags:
    """Read a block with Pillow, which also knows BigTIFF (in little-endian order) and sees whether a MakerNote is there.

    Raises:
        PILLOW_ERRORS: the block is damaged beyond what it bears.
    """
    found: Tags = {}
    first = Group(block.directory)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "Corrupt EXIF data" and the like would go to the terminal
        exif = _opened(block)
        _take(found, first, exif)
        if block.directory is Directory.IMAGE:
            for pointer, group in ((EXIF_POINTER, Group.EXIF), (GPS_POINTER, Group.GPS)):
                try:
                    _take(found, group, exif.get_ifd(pointer))
                except PILLOW_ERRORS:  # one damaged directory does not cost the others
                    continue
    return found


def largest_size(block: TiffBlock) -> tuple[int, int] | None:
    """Return (width, height) of the largest picture that the block's first directory and its children describe.

    In RAW files the first directory is often a thumbnail's; the sensor's picture is in a child (tag 0x014A).
    """
    sizes: list[tuple[int, int]] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            exif = _opened(block)
            directories = [exif]
            children = exif.get(0x014A, ())
            for offset in (children if isinstance(children, tuple) else (children,))[:8]:
                child = Image.Exif()
                child.endian, child.bigtiff = exif.endian, exif.bigtiff
                child.load_from_fp(block.stream, offset)
                directories.append(child)
            for directory in directories:
                width, height = directory.get(0x0100), directory.get(0x0101)
                if isinstance(width, int) and isinstance(height, int):
                    sizes.append((width, height))
        except PILLOW_ERRORS:  # what was read before the damage stands
            pass
    return max(sizes, key=lambda size: size[0] * size[1], default=None)


def _opened(block: TiffBlock) -> Image.Exif:
    """The first directory of a block. Pillow reads only TIFF's short header itself; BigTIFF's is read here."""
    exif = Image.Exif()
    head = read_at(block.stream, 0, 16)
    block.stream.seek(0)
    if head[:4] == b"II+\0" and len(head) == 16:
        exif.endian, exif.bigtiff = "<", True
        exif.load_from_fp(block.stream, struct.unpack_from("<Q", head, 8)[0])
    else:
        exif.load_from_fp(block.stream)
    return exif


def _take(found: Tags, group: Group, directory: Any) -> None:
    wanted = _WANTED_GPS if group is Group.GPS else _WANTED
    for tag in wanted.intersection(directory):
        try:
            value = directory[tag]
        except PILLOW_ERRORS:
            continue
        if not isinstance(value, dict):
            found[group, tag] = _value(value)


def _value(raw: Any) -> Value:
    if isinstance(raw, (str, bytes)):
        return raw
    if not isinstance(raw, (list, tuple)):
        return (_number(raw),)
    return tuple(_number(item[0] if isinstance(item, tuple) and item else item) for item in raw[:_MAX_VALUES])


def _number(raw: Any) -> Number:
    if type(raw) is int or type(raw) is float:
        return raw
    if isinstance(raw, (Fraction, IFDRational)):
        top, bottom = raw.numerator, raw.denominator
        if bottom == 0:
            return float("inf") if top else float("nan")
        return float(top) / float(bottom)
    return raw if isinstance(raw, (int, float)) else float("nan")
