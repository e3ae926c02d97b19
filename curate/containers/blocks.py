"""The metadata blocks of a picture file: what looking for metadata finds."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass, field
from enum import StrEnum
from typing import BinaryIO

TIFF_MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
"""TIFF's and BigTIFF's first bytes, in both byte orders."""


class Directory(StrEnum):
    """What a TIFF block's first directory holds; always `IMAGE` but in Canon's CR3, which has one block a directory."""

    IMAGE = "image"
    EXIF = "exif"
    GPS = "gps"


@dataclass(frozen=True, slots=True)
class TiffBlock:
    """One TIFF structure: the stream's position 0 is its header."""

    stream: BinaryIO
    directory: Directory = Directory.IMAGE


@dataclass(frozen=True, slots=True)
class CiffBlock:
    """One of Canon's CIFF structures, from `start` to `end` in the file."""

    file: BinaryIO
    start: int
    end: int


@dataclass(slots=True)
class Metadata:
    """The metadata blocks of one file, in the order they appear.

    Attributes:
        blocks: TIFF and CIFF structures.
        xmp: XMP packets.
        photoshop: Photoshop's image resources, of all their segments.
        app12: APP12 segments, in which old cameras wrote text.
        properties: name -> value of Sigma's properties.
        size: (width, height) in pixels as the container has them, for formats that are not decoded here.
        unread: metadata that are there and could not be read, one phrase each.
    """

    blocks: list[TiffBlock | CiffBlock] = field(default_factory=list)
    xmp: list[bytes] = field(default_factory=list)
    photoshop: bytes = b""
    app12: list[bytes] = field(default_factory=list)
    properties: dict[str, str] = field(default_factory=dict)
    size: tuple[int, int] | None = None
    unread: list[str] = field(default_factory=list)

    def add_exif(self, data: bytes, directory: Directory = Directory.IMAGE) -> None:
        """Add an Exif block, with or without its `Exif\\0\\0` prefix."""
        at = next((i for i in (0, 6, 12) if data[i : i + 4] in TIFF_MAGIC), None)
        if at is not None and _credible(data, at):
            self.blocks.append(TiffBlock(io.BytesIO(data[at:]), directory))


def _credible(data: bytes, at: int) -> bool:
    """Whether at least half of the first directory lies inside the block; otherwise its entries are not taken for tags."""
    if data[at + 2 : at + 3] == b"+" or data[at + 3 : at + 4] == b"+":  # BigTIFF counts otherwise
        return True
    order = "<" if data[at : at + 2] == b"II" else ">"
    if len(data) < at + 8:
        return False
    first: int = at + struct.unpack_from(order + "I", data, at + 4)[0]
    if first + 2 > len(data):
        return False
    count: int = struct.unpack_from(order + "H", data, first)[0]
    return 2 * (len(data) - first - 2) >= 12 * count
