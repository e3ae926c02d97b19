"""PNG: the chunks that decoding needs, byte for byte, and nothing else.

Kept: the picture, its palette and transparency, its colour space, its pixel size, the frames of an animation. Not kept:
text, time, Exif, chunks of single programs (previews, provenance), and all that follows the end chunk.
Source: W3C PNG, third edition.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from curate.export.strip import CannotClean, Parts
from curate.export.strip.icc import clean_profile

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PICTURE = frozenset({b"IHDR", b"PLTE", b"IDAT", b"tRNS", b"acTL", b"fcTL", b"fdAT"})
_COLOUR = frozenset({b"cHRM", b"gAMA", b"sRGB", b"cICP", b"mDCV", b"cLLI", b"sBIT", b"bKGD", b"pHYs"})
_CRITICAL = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND"})
_PROFILE_NAME = b"ICC profile\0\0"
_MOST_PROFILE = 16 << 20
_MOST_CHUNKS = 1_000_000


class _Chunk(NamedTuple):
    """One chunk; `raw` is all of it, with length, type and checksum."""

    type: bytes
    body: bytes
    raw: bytes


def strip(data: bytes, exif: bytes | None) -> bytes:
    """Return the PNG with nothing but its picture, colour information and the given Exif block (a TIFF structure)."""
    chunks, _ = _parse(data)
    out = [_SIGNATURE]
    waiting = exif
    for chunk in chunks:
        if chunk.type == b"IDAT" and waiting:
            out.append(_packed(b"eXIf", waiting))
            waiting = None
        if chunk.type == b"iCCP":
            profile = _profile(chunk.body)
            cleaned = clean_profile(profile) if profile else None
            if cleaned is not None:
                out.append(_packed(b"iCCP", _PROFILE_NAME + zlib.compress(cleaned, 9)))
        elif chunk.type in _PICTURE or chunk.type in _COLOUR or chunk.type == b"IEND":
            out.append(chunk.raw)
    return b"".join(out)


def private_parts(data: bytes) -> Parts:
    """Return what the PNG holds besides its picture and colour information."""
    chunks, end = _parse(data)
    foreign: list[str] = []
    exif: list[bytes] = []
    for chunk in chunks:
        if chunk.type == b"eXIf":
            exif.append(chunk.body)
        elif chunk.type == b"iCCP":
            profile = _profile(chunk.body)
            if not profile or clean_profile(profile) != profile or not chunk.body.startswith(_PROFILE_NAME):
                foreign.append("a colour profile with more than colour in it")
        elif chunk.type not in _PICTURE and chunk.type not in _COLOUR and chunk.type != b"IEND":
            foreign.append(f"a {chunk.type.decode('latin-1')} chunk")
    if end < len(data):
        foreign.append(f"{len(data) - end} bytes after the picture")
    return Parts(tuple(foreign), tuple(exif))


def picture_digest(data: bytes) -> str:
    """Return the sha256 of the chunks that hold the picture."""
    digest = hashlib.sha256()
    for chunk in _parse(data)[0]:
        if chunk.type in _PICTURE:
            digest.update(chunk.raw)
    return digest.hexdigest()


def _parse(data: bytes) -> tuple[list[_Chunk], int]:
    if not data.startswith(_SIGNATURE):
        raise CannotClean("it does not begin like a PNG")
    chunks = list(_walk(data))
    types = [chunk.type for chunk in chunks]
    if types[0] != b"IHDR" or b"IDAT" not in types or types[-1] != b"IEND":
        raise CannotClean("it is no whole PNG")
    return chunks, len(_SIGNATURE) + sum(len(chunk.raw) for chunk in chunks)


def _walk(data: bytes) -> Iterator[_Chunk]:
    """Yield the chunks up to the end chunk."""
    at = len(_SIGNATURE)
    for _ in range(_MOST_CHUNKS):
        if at + 12 > len(data):
            raise CannotClean("it ends before the end chunk of a PNG")
        length, type_ = struct.unpack_from(">I4s", data, at)
        stop = at + 12 + length
        if stop > len(data):
            raise CannotClean("it ends within a PNG chunk")
        if not type_.isalpha():
            raise CannotClean("it has a PNG chunk without a name")
        if type_[0:1].isupper() and type_ not in _CRITICAL:
            raise CannotClean("it has a critical PNG chunk that the standard does not know")
        yield _Chunk(type_, data[at + 8 : stop - 4], data[at:stop])
        if type_ == b"IEND":
            return
        at = stop
    raise CannotClean("it has too many PNG chunks")


def _packed(type_: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body), type_) + body + struct.pack(">I", zlib.crc32(type_ + body))


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
