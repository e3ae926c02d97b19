"""What a JPEG file's own tables say: quality, chroma subsampling, progressive or not, and its size.

Encoders built on libjpeg scale the example tables of ITU T.81 annex K by a "quality" from 1 to 100; such tables name
their quality exactly. Makers often have tables of their own; then the quality is that of the nearest scaled ones: an
estimate that puts files in the right order, but is not a setting of the camera.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import BinaryIO

from curate.containers.jpeg import DQT, FRAMES, segments

# ITU T.81, tables K.1 and K.2, row by row.
_LUMINANCE = (
    *(16, 11, 10, 16, 24, 40, 51, 61),
    *(12, 12, 14, 19, 26, 58, 60, 55),
    *(14, 13, 16, 24, 40, 57, 69, 56),
    *(14, 17, 22, 29, 51, 87, 80, 62),
    *(18, 22, 37, 56, 68, 109, 103, 77),
    *(24, 35, 55, 64, 81, 104, 113, 92),
    *(49, 64, 78, 87, 103, 121, 120, 101),
    *(72, 92, 95, 98, 112, 100, 103, 99),
)
_CHROMINANCE = (
    *(17, 18, 24, 47, 99, 99, 99, 99),
    *(18, 21, 26, 66, 99, 99, 99, 99),
    *(24, 26, 56, 99, 99, 99, 99, 99),
    *(47, 66, 99, 99, 99, 99, 99, 99),
    *(99,) * 32,
)
_ZIGZAG = tuple(
    8 * row + column
    for row, column in sorted(
        ((r, c) for r in range(8) for c in range(8)),
        key=lambda p: (p[0] + p[1], p[0] if (p[0] + p[1]) % 2 else p[1]),
    )
)
"""Position in the file -> position in the table."""

_BASELINE, _PROGRESSIVE = (0xC0, 0xC1), (0xC2,)
_SUBSAMPLING = {(1, 1): "4:4:4", (2, 1): "4:2:2", (2, 2): "4:2:0", (1, 2): "4:4:0", (4, 1): "4:1:1", (4, 2): "4:1:0"}

Table = tuple[int, ...]


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
    quality, standard = _quality([tables[i] for i in dict.fromkeys(p[2] for p in parts) if i in tables])
    return JpegTables(
        width=width,
        height=height,
        progressive=marker in _PROGRESSIVE,
        decodable=marker in (*_BASELINE, *_PROGRESSIVE),
        subsampling=_subsampling([p[1] for p in parts]),
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


def _subsampling(factors: list[int]) -> str | None:
    """Name the layout from the components' sampling factors (horizontal in the high half-byte)."""
    if len(factors) == 1:
        return "4:0:0"
    across, down = [f >> 4 for f in factors], [f & 15 for f in factors]
    if len(factors) < 3 or 0 in across or 0 in down or len({*zip(across[1:3], down[1:3], strict=True)}) > 1:
        return None
    if across[0] % across[1] or down[0] % down[1]:
        return None
    return _SUBSAMPLING.get((across[0] // across[1], down[0] // down[1]))


@cache
def _scaled() -> tuple[tuple[Table, Table], ...]:
    """libjpeg's (luminance, chrominance) tables at quality 1 to 100."""
    scales = [5000 // q if q < 50 else 200 - 2 * q for q in range(1, 101)]
    return tuple(
        (
            tuple(min(255, max(1, (v * s + 50) // 100)) for v in _LUMINANCE),
            tuple(min(255, max(1, (v * s + 50) // 100)) for v in _CHROMINANCE),
        )
        for s in scales
    )


def _quality(tables: list[Table]) -> tuple[int | None, bool | None]:
    """The quality whose tables are these, or are nearest (sum of absolute differences), and whether it is exact."""
    if not tables:
        return None, None
    return _nearest(tuple(tables[:2]))


@lru_cache(maxsize=512)  # a folder holds few distinct tables
def _nearest(tables: tuple[Table, ...]) -> tuple[int, bool]:
    distances = [
        sum(abs(a - b) for table, own in zip(tables, pair, strict=False) for a, b in zip(table, own, strict=True))
        for pair in _scaled()
    ]
    best = min(range(100), key=distances.__getitem__)
    return best + 1, distances[best] == 0
