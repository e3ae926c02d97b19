"""JPEG: a chain of segments, each a marker with a length and its content; scans are followed by coded data.

Source: ITU-T T.81 annex B.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from curate.containers.stream import MAX_PARTS, DamagedFile, Part, file_size, read_at, refuse

SOI, EOI, SOS, COM = 0xD8, 0xD9, 0xDA, 0xFE
APP0, APP1, APP2, APP12, APP13, APP14 = 0xE0, 0xE1, 0xE2, 0xEC, 0xED, 0xEE
DHT, DAC, DQT, DNL, DRI = 0xC4, 0xCC, 0xDB, 0xDC, 0xDD
_JPG = 0xC8
FRAMES = frozenset(range(0xC0, 0xD0)) - {DHT, _JPG, DAC}
"""Markers of frame headers, which say how a picture is coded and how large it is."""

PICTURE = FRAMES | {DHT, DAC, SOS, DQT, DRI}
"""Frames, scans and their tables."""

_KNOWN = PICTURE | frozenset(range(0xE0, 0xF0)) | {COM, DNL}
"""Markers that a strict walker accepts."""

_BARE = frozenset({0x00, 0x01, *range(0xD0, 0xD9)})
"""Markers without length and content."""

_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""In coded data 0xFF is followed by a stuffed zero or a restart number; anything else ends the data. The pattern begins
with one literal byte, which makes the search some forty times faster than a repeated one."""

_PIECE = 1 << 20
_STRAY = 1 << 16
"""Bytes in front of a marker that are skipped at once."""
_MOST_SEGMENTS = 100_000


def segments(file: BinaryIO, start: int = 0, *, strict: bool = False) -> Iterator[Part[int]]:
    """Yield the segments of the JPEG that begins at an offset.

    Tolerant: up to the first scan, the end of the picture or the first segment that is cut; stray bytes between segments
    are skipped, as decoders do. Strict: all of the first picture, with its scans, up to the end-of-image marker, which
    is the last part.

    Raises:
        DamagedFile: strict, and there is something else than segments, or their lengths contradict their contents.
    """
    if strict and read_at(file, start, 2) != bytes((0xFF, SOI)):
        raise DamagedFile("it does not begin like a JPEG")
    at, size = start + 2, file_size(file)
    for _ in range(_MOST_SEGMENTS if strict else MAX_PARTS):
        head = read_at(file, at, 4)
        if strict and head[:1] != b"\xff":
            raise DamagedFile("it has bytes that belong to no JPEG segment")
        if len(head) < 2 or (not strict and len(head) < 4 and head[:2] != b"\xff\xd9"):
            refuse(strict, "it has no end-of-image marker")
            return
        marker = head[1]
        if head[0] != 0xFF or marker == 0xFF:
            step = _to_marker(read_at(file, at, _STRAY))
            if step is None:
                return
            at += step
            continue
        if marker == EOI:
            yield Part(EOI, at, at + 2, at + 2, at + 2)
            return
        if strict and marker not in _KNOWN:
            raise DamagedFile("it has a JPEG marker that no picture needs")
        end = at + 2 + int.from_bytes(head[2:], "big")
        if marker in _BARE or (end < at + 4 and not strict):
            at += 2
            continue
        if not at + 4 <= end <= size:
            refuse(strict, "it ends within a JPEG segment")
            return
        stop = end
        if strict:
            payload = read_at(file, at + 4, end - at - 4)
            if len(payload) != _declared_length(marker, payload):
                raise DamagedFile("it has a JPEG segment that is longer or shorter than what it says")
            stop = _end_of_scan(file, end) if marker == SOS else end
        yield Part(marker, at, at + 4, end, stop)
        if marker == SOS and not strict:
            return
        at = stop
    refuse(strict, "it has too many JPEG segments")


def _to_marker(data: bytes) -> int | None:
    """How many bytes lie in front of the next marker: stray ones, or fill bytes (0xFF) but the last; None without one."""
    if data[:1] != b"\xff":
        found = data.find(b"\xff")
        return found if found > 0 else None
    return max(1, len(data) - len(data.lstrip(b"\xff")) - 1)


def _end_of_scan(file: BinaryIO, at: int) -> int:
    """Where coded data end; fill bytes before the next marker count as theirs."""
    while len(piece := read_at(file, at, _PIECE)) >= 2:
        found = _NEXT_MARKER.search(piece)
        if found is not None:
            return at + found.start()
        at += len(piece) - 1
    raise DamagedFile("it has no end-of-image marker")


def _declared_length(marker: int, payload: bytes) -> int:
    """Return how long a frame's, scan's or table's content has to be by what it says; others may be as long as they are."""
    at = 0
    if marker in FRAMES:
        return 6 + 3 * payload[5] if len(payload) > 5 else 6
    if marker == SOS:
        return 4 + 2 * payload[0] if payload else 4
    if marker == DRI:
        return 2
    if marker == DQT:
        while at < len(payload):
            at += 129 if payload[at] >> 4 else 65
        return at
    if marker == DHT:
        while at < len(payload):
            at += 17 + sum(payload[at + 1 : at + 17])
        return at
    return len(payload)
