"""What a JPEG file's header says: quality, chroma subsampling, progressive or not, and its size."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

from curate.containers.jpeg import DQT, FRAMES, segments
from tracer.setformat.jpeg_tables import Table, quality_of, subsampling_of

_ZIGZAG = tuple(
    8 * row + column
    for row, column in sorted(
        ((r, c) for r in range(8) for c in range(8)),
        key=lambda p: (p[0] + p[1], p[0] if (p[0] + p[1]) % 2 else p[1]),
    )
)
"""Position in the file -> position in the table."""

_BASELINE, _PROGRESSIVE = (0xC0, 0xC1), (0xC2,)


@dataclass(frozen=True, slots=True)
class JpegTables:
    """What the header of a JPEG file says.

    Attributes:
        width, height: pixels as stored; height 0 is possible, and means "told later".
        progressive: several scans that refine each other.
        decodable: baseline, extended or progressive Huffman coding; lossless JPEG (inside RAW files) is not.
        subsampling: `4:2:0`, …; `4:0:0` for one channel; None for other layouts.
        quality: 1 to 100, None without tables.
        standard: the tables are libjpeg's at that quality, so `quality` is exact; otherwise it is the nearest.
    """

    width: int
    height: int
    progressive: bool
    decodable: bool
    subsampling: str | None
    quality: int | None
    standard: bool | None


def jpeg_tables(file: BinaryIO, start: int = 0) -> JpegTables | None:
    """Return what the JPEG that begins at `start` says of itself; None where no frame header is found."""
    tables: dict[int, Table] = {}
    frame: tuple[int, bytes] | None = None
    for segment in segments(file, start):
        if segment.type == DQT:
            tables.update(_parse_tables(segment.read(file)))
        elif segment.type in FRAMES and frame is None:
            frame = (segment.type, segment.read(file))
    if frame is None or len(frame[1]) < 6:
        return None
    marker, data = frame
    _, height, width, count = struct.unpack_from(">BHHB", data)
    parts = [tuple(data[6 + 3 * i : 9 + 3 * i]) for i in range(count)]
    if not parts or any(len(p) < 3 for p in parts):
        return None
    quality, standard = quality_of([tables[i] for i in dict.fromkeys(p[2] for p in parts) if i in tables])
    return JpegTables(
        width=width,
        height=height,
        progressive=marker in _PROGRESSIVE,
        decodable=marker in (*_BASELINE, *_PROGRESSIVE),
        subsampling=subsampling_of([(p[1] >> 4, p[1] & 15) for p in parts]),
        quality=quality,
        standard=standard,
    )


def _parse_tables(data: bytes) -> dict[int, Table]:
    """Number -> 64 values, row by row, of each table in a DQT segment."""
    found: dict[int, Table] = {}
    at = 0
    while at < len(data):
        wide, number = data[at] >> 4, data[at] & 15
        form = ">64H" if wide else ">64B"
        if at + 1 + struct.calcsize(form) > len(data):
            break
        in_file = struct.unpack_from(form, data, at + 1)
        table = [0] * 64
        for position, value in zip(_ZIGZAG, in_file, strict=True):
            table[position] = value
        found[number] = tuple(table)
        at += 1 + struct.calcsize(form)
    return found
