"""JPEG: the first picture's own segments, byte for byte, and nothing else.

Kept: all segments that decoding needs, JFIF without its thumbnail, Adobe's colour transform, the ICC profile. Not
kept: every other APPn segment (Exif, XMP, IPTC, MPF, makers' own), comments, DNL, and all that follows the end of the
picture: second images of an MPO, gain maps, the video of a motion photo. Bytes inside the coded data that no picture
needs are told of by `scans`.
Source: ITU-T T.81 annex B, T.871 (JFIF), T.872 (Adobe); ICC.1 annex B.4.
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Generator
from typing import NamedTuple

from curate.export.strip import CannotClean, Parts
from curate.export.strip.icc import clean_profile

_SOI, _EOI, _SOS, _COM = 0xD8, 0xD9, 0xDA, 0xFE
_APP0, _APP1, _APP2, _APP14 = 0xE0, 0xE1, 0xE2, 0xEE
_JPG = 0xC8
_DHT, _DAC, _DQT, _DNL, _DRI = 0xC4, 0xCC, 0xDB, 0xDC, 0xDD
_FRAMES = frozenset(range(0xC0, 0xD0)) - {_DHT, _JPG, _DAC}
_PICTURE = _FRAMES | {_DHT, _DAC, _SOS, _DQT, _DRI}
"""Frames, scans and their tables."""
_METADATA = frozenset(range(0xE0, 0xF0)) | {_COM, _DNL}
"""DNL states a picture's height once more, or for the first time, which no decoder that is in use understands."""

_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""In entropy-coded data 0xFF is followed by a stuffed zero or a restart number; anything else ends the data. The
pattern begins with one literal byte, which makes the search some forty times faster than a repeated one."""

_FILL = re.compile(rb"\xff+")
"""A marker may have any number of these before its code."""

_EXIF, _JFIF, _ADOBE, _ICC = b"Exif\0", b"JFIF\0", b"Adobe", b"ICC_PROFILE\0"
_ICC_PIECE = 65519
_MOST_SEGMENTS = 100_000


class _Segment(NamedTuple):
    """One marker with its data: `payload` after the length; for a scan, the entropy-coded data too."""

    marker: int
    payload: bytes
    scan: bytes = b""

    def packed(self) -> bytes:
        return b"\xff" + struct.pack(">BH", self.marker, len(self.payload) + 2) + self.payload + self.scan


def strip(data: bytes, exif: bytes | None) -> bytes:
    """Return the JPEG with nothing but its picture, colour information and the given Exif block (a TIFF structure)."""
    segments, _ = _parse(data)
    before_scan = True
    picture: list[_Segment] = []
    jfif = adobe = None
    profile: list[bytes] = []
    for segment in segments:
        marker, payload = segment.marker, segment.payload
        if marker in _PICTURE:
            before_scan &= marker != _SOS
            picture.append(segment)
        elif before_scan and marker == _APP0 and payload.startswith(_JFIF) and len(payload) >= 14 and jfif is None:
            jfif = _Segment(_APP0, payload[:12] + b"\0\0")
        elif before_scan and marker == _APP14 and payload.startswith(_ADOBE) and len(payload) >= 12:
            adobe = _Segment(_APP14, payload[:12])  # decoders obey the last one
        elif before_scan and marker == _APP2 and payload.startswith(_ICC):
            profile.append(payload[len(_ICC) :])
    head = [jfif] if jfif else []
    if exif:
        if len(exif) > 65000:
            raise CannotClean("its labels do not fit into an Exif segment")
        head.append(_Segment(_APP1, b"Exif\0\0" + exif))
    head += [adobe] if adobe else []
    head += _profile_segments(_joined(profile))
    return b"\xff\xd8" + b"".join(segment.packed() for segment in [*head, *picture]) + b"\xff\xd9"


def private_parts(data: bytes) -> Parts:
    """Return what the JPEG holds besides its picture and colour information."""
    segments, end = _parse(data)
    foreign: list[str] = []
    exif: list[bytes] = []
    profile: list[bytes] = []
    for marker, payload, _ in segments:
        if marker in _PICTURE or (marker == _APP14 and payload.startswith(_ADOBE) and len(payload) == 12):
            continue
        if marker == _APP0 and payload.startswith(_JFIF) and len(payload) == 14:
            continue
        if marker == _APP1 and payload.startswith(_EXIF):
            exif.append(payload[6:])
        elif marker == _APP2 and payload.startswith(_ICC):
            profile.append(payload[len(_ICC) :])
        else:
            foreign.append({_COM: "a comment", _DNL: "a DNL segment"}.get(marker, f"an APP{marker - _APP0} segment"))
    if profile and clean_profile(_joined(profile)) != _joined(profile):
        foreign.append("a colour profile with more than colour in it")
    if end < len(data):
        foreign.append(f"{len(data) - end} bytes after the picture")
    return Parts(tuple(foreign), tuple(exif))


def picture_digest(data: bytes) -> str:
    """Return the sha256 of the first picture's own segments: frame, tables, scans."""
    digest = hashlib.sha256()
    for segment in _parse(data)[0]:
        if segment.marker in _PICTURE:
            digest.update(segment.packed())
    return digest.hexdigest()


def _parse(data: bytes) -> tuple[list[_Segment], int]:
    """Return the first picture's segments and where it ends."""
    if not data.startswith(b"\xff\xd8"):
        raise CannotClean("it does not begin like a JPEG")
    segments = []
    walker = _walk(data)
    while True:
        try:
            segments.append(next(walker))
        except StopIteration as stop:
            end: int = stop.value
            break
        if len(segments) > _MOST_SEGMENTS:
            raise CannotClean("it has too many JPEG segments")
    if not any(segment.marker == _SOS for segment in segments):
        raise CannotClean("it holds no scan")
    return segments, end


def _walk(data: bytes) -> Generator[_Segment, None, int]:
    at = 2
    while True:
        fill = _FILL.match(data, at)
        if fill is None:
            raise CannotClean("it has bytes that belong to no JPEG segment")
        at = fill.end() - 1
        if at + 2 > len(data):
            raise CannotClean("it has no end-of-image marker")
        marker = data[at + 1]
        if marker == _EOI:
            return at + 2
        if marker not in _PICTURE and marker not in _METADATA:
            raise CannotClean("it has a JPEG marker that no picture needs")
        if at + 4 > len(data):
            raise CannotClean("it ends within a JPEG segment")
        stop = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if stop < at + 4 or stop > len(data):
            raise CannotClean("it ends within a JPEG segment")
        payload = data[at + 4 : stop]
        if len(payload) != _length(marker, payload):
            raise CannotClean("it has a JPEG segment that is longer or shorter than what it says")
        scan = b""
        if marker == _SOS:
            following = _NEXT_MARKER.search(data, stop)
            if following is None:
                raise CannotClean("it has no end-of-image marker")
            scan = data[stop : following.start()]  # with fill bytes before the next marker, where there are some
            stop = following.start()
        yield _Segment(marker, payload, scan)
        at = stop


def _length(marker: int, payload: bytes) -> int:
    """Return how long a frame's, scan's or table's payload has to be by what it says; others may be as long as they are."""
    at = 0
    if marker in _FRAMES:
        return 6 + 3 * payload[5] if len(payload) > 5 else 6
    if marker == _SOS:
        return 4 + 2 * payload[0] if payload else 4
    if marker == _DRI:
        return 2
    if marker == _DQT:
        while at < len(payload):
            at += 129 if payload[at] >> 4 else 65
        return at
    if marker == _DHT:
        while at < len(payload):
            at += 17 + sum(payload[at + 1 : at + 17])
        return at
    return len(payload)


def _joined(pieces: list[bytes]) -> bytes:
    """Return the profile that APP2 pieces (number, count, data) make up, or nothing where they do not fit together."""
    if any(len(piece) < 2 for piece in pieces) or {piece[1] for piece in pieces} - {len(pieces)}:
        return b""
    if sorted(piece[0] for piece in pieces) != list(range(1, len(pieces) + 1)):
        return b""
    return b"".join(piece[2:] for piece in sorted(pieces))


def _profile_segments(profile: bytes) -> list[_Segment]:
    cleaned = clean_profile(profile)
    if cleaned is None:
        return []
    pieces = [cleaned[i : i + _ICC_PIECE] for i in range(0, len(cleaned), _ICC_PIECE)]
    return [
        _Segment(_APP2, _ICC + bytes([number, len(pieces)]) + piece) for number, piece in enumerate(pieces, start=1)
    ]
