"""JPEG: the first picture's own segments, byte for byte, and nothing else.

Kept: all segments that decoding needs, JFIF without its thumbnail, Adobe's colour transform, the ICC profile. Not
kept: every other APPn segment (Exif, XMP, IPTC, MPF, makers' own), comments, DNL, and all that follows the end of the
picture: second images of an MPO, gain maps, the video of a motion photo. Bytes inside the coded data that no picture
needs are reported by `scans`.
Source: ITU-T T.871 (JFIF), T.872 (Adobe); ICC.1 annex B.4.
"""

from __future__ import annotations

import hashlib
import io
import struct

from curate.containers.jpeg import APP0, APP1, APP2, APP14, COM, DNL, PICTURE, SOS, segments
from curate.containers.stream import Part
from curate.export.strip import CannotClean, Parts
from curate.export.strip.icc import clean_profile

_EXIF, _JFIF, _ADOBE, _ICC = b"Exif\0", b"JFIF\0", b"Adobe", b"ICC_PROFILE\0"
_ICC_PIECE = 65519


def strip(data: bytes, exif: bytes | None) -> bytes:
    """Return the JPEG with nothing but its picture, colour information and the given Exif block (a TIFF structure)."""
    before_scan = True
    picture: list[bytes] = []
    jfif = adobe = b""
    profile: list[bytes] = []
    for segment in _parse(data)[0]:
        marker, payload = segment.type, segment.of(data)
        if marker in PICTURE:
            before_scan &= marker != SOS
            picture.append(segment.whole(data))
        elif before_scan and marker == APP0 and payload.startswith(_JFIF) and len(payload) >= 14 and not jfif:
            jfif = _packed(APP0, payload[:12] + b"\0\0")
        elif before_scan and marker == APP14 and payload.startswith(_ADOBE) and len(payload) >= 12:
            adobe = _packed(APP14, payload[:12])  # decoders obey the last one
        elif before_scan and marker == APP2 and payload.startswith(_ICC):
            profile.append(payload[len(_ICC) :])
    if exif and len(exif) > 65000:
        raise CannotClean("its labels do not fit into an Exif segment")
    head = [jfif, _packed(APP1, b"Exif\0\0" + exif) if exif else b"", adobe, *_profile_segments(_joined(profile))]
    return b"\xff\xd8" + b"".join([*head, *picture]) + b"\xff\xd9"


def private_parts(data: bytes) -> Parts:
    """Return what the JPEG holds besides its picture and colour information."""
    found, end = _parse(data)
    foreign: list[str] = []
    exif: list[bytes] = []
    profile: list[bytes] = []
    for segment in found:
        marker, payload = segment.type, segment.of(data)
        if marker in PICTURE or (marker == APP14 and payload.startswith(_ADOBE) and len(payload) == 12):
            continue
        if marker == APP0 and payload.startswith(_JFIF) and len(payload) == 14:
            continue
        if marker == APP1 and payload.startswith(_EXIF):
            exif.append(payload[6:])
        elif marker == APP2 and payload.startswith(_ICC):
            profile.append(payload[len(_ICC) :])
        else:
            foreign.append({COM: "a comment", DNL: "a DNL segment"}.get(marker, f"an APP{marker - APP0} segment"))
    if profile and clean_profile(_joined(profile)) != _joined(profile):
        foreign.append("a colour profile with more than colour in it")
    if end < len(data):
        foreign.append(f"{len(data) - end} bytes after the picture")
    return Parts(tuple(foreign), tuple(exif))


def picture_digest(data: bytes) -> str:
    """Return the sha256 of the first picture's own segments: frame, tables, scans."""
    digest = hashlib.sha256()
    for segment in _parse(data)[0]:
        if segment.type in PICTURE:
            digest.update(segment.whole(data))
    return digest.hexdigest()


def _parse(data: bytes) -> tuple[list[Part[int]], int]:
    """Return the first picture's segments without the end-of-image marker, and where the picture ends."""
    *found, last = segments(io.BytesIO(data), strict=True)
    if not any(segment.type == SOS for segment in found):
        raise CannotClean("it holds no scan")
    return found, last.stop


def _packed(marker: int, payload: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


def _joined(pieces: list[bytes]) -> bytes:
    """Return the profile that APP2 pieces (number, count, data) make up, or nothing where they do not fit together."""
    if any(len(piece) < 2 for piece in pieces) or {piece[1] for piece in pieces} - {len(pieces)}:
        return b""
    if sorted(piece[0] for piece in pieces) != list(range(1, len(pieces) + 1)):
        return b""
    return b"".join(piece[2:] for piece in sorted(pieces))


def _profile_segments(profile: bytes) -> list[bytes]:
    cleaned = clean_profile(profile)
    if cleaned is None:
        return []
    pieces = [cleaned[i : i + _ICC_PIECE] for i in range(0, len(cleaned), _ICC_PIECE)]
    return [_packed(APP2, _ICC + bytes([number, len(pieces)]) + piece) for number, piece in enumerate(pieces, start=1)]
