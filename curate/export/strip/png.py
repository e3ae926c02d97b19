"""PNG: the chunks that decoding needs, byte for byte, and nothing else.

Kept: the picture, its palette and transparency, its colour space, its pixel size, the frames of an animation. Not kept:
text, time, Exif, chunks of single programs (previews, provenance), and all that follows the end chunk. Data behind the
picture inside its own chunks cannot be taken out without coding it again: such a file is refused.
Source: W3C PNG, third edition.
"""

from __future__ import annotations

import hashlib
import io
import zlib

from curate.containers.png import SIGNATURE, check_picture_data, chunks, packed
from curate.containers.stream import Part
from curate.export.strip import CannotClean, Parts
from curate.export.strip.icc import clean_profile

_PICTURE = frozenset({b"IHDR", b"PLTE", b"IDAT", b"tRNS", b"acTL", b"fcTL", b"fdAT"})
_COLOUR = {b"cHRM": 32, b"gAMA": 4, b"sRGB": 1, b"cICP": 4, b"mDCV": 24, b"cLLI": 8, b"sBIT": 4, b"bKGD": 6, b"pHYs": 9}
"""Chunks about colour and size, each with the most bytes that it may have."""
_PROFILE_NAME = b"ICC profile\0\0"
_MOST_PROFILE = 16 << 20


def strip(data: bytes, exif: bytes | None) -> bytes:
    """Return the PNG with nothing but its picture, colour information and the given Exif block (a TIFF structure)."""
    out = [SIGNATURE]
    waiting = exif
    for chunk in _parse(data):
        if chunk.type == b"IDAT" and waiting:
            out.append(packed(b"eXIf", waiting))
            waiting = None
        if chunk.type == b"iCCP":
            profile = _profile(chunk.of(data))
            cleaned = clean_profile(profile) if profile else None
            if cleaned is not None:
                out.append(packed(b"iCCP", _PROFILE_NAME + zlib.compress(cleaned, 9)))
        elif _stays(chunk):
            out.append(chunk.whole(data))
    return b"".join(out)


def private_parts(data: bytes) -> Parts:
    """Return what the PNG holds besides its picture and colour information."""
    found = _parse(data)
    check_picture_data(data, found)
    foreign: list[str] = []
    exif: list[bytes] = []
    for chunk in found:
        if chunk.type == b"eXIf":
            exif.append(chunk.of(data))
        elif chunk.type == b"iCCP":
            body = chunk.of(data)
            profile = _profile(body)
            if not profile or clean_profile(profile) != profile or not body.startswith(_PROFILE_NAME):
                foreign.append("a colour profile with more than colour in it")
        elif not _stays(chunk):
            foreign.append(f"a {chunk.type.decode('latin-1')} chunk")
    end = found[-1].stop
    if end < len(data):
        foreign.append(f"{len(data) - end} bytes after the picture")
    return Parts(tuple(foreign), tuple(exif))


def picture_digest(data: bytes) -> str:
    """Return the sha256 of the chunks that hold the picture."""
    digest = hashlib.sha256()
    for chunk in _parse(data):
        if chunk.type in _PICTURE:
            digest.update(chunk.whole(data))
    return digest.hexdigest()


def _parse(data: bytes) -> list[Part[bytes]]:
    """Return the chunks, from the header to the end chunk."""
    found = list(chunks(io.BytesIO(data), strict=True))
    header, types = found[0], {chunk.type for chunk in found}
    if header.type != b"IHDR" or b"IDAT" not in types or header.end - header.body != 13:
        raise CannotClean("it is not a whole PNG")
    return found


def _stays(chunk: Part[bytes]) -> bool:
    """Whether a chunk is the picture's, the end chunk, or about colour and not longer than it may be."""
    if chunk.type in _PICTURE or chunk.type == b"IEND":
        return True
    return chunk.end - chunk.body <= _COLOUR.get(chunk.type, -1)


def _profile(body: bytes) -> bytes | None:
    """Return an iCCP chunk's profile, or None where it cannot be unpacked."""
    name, separator, rest = body.partition(b"\0")
    if not separator or len(name) > 79 or rest[:1] != b"\0":
        return None
    unpacker = zlib.decompressobj()
    try:
        profile = unpacker.decompress(rest[1:], _MOST_PROFILE)
    except zlib.error:
        return None
    return profile if unpacker.eof and not unpacker.unused_data else None
