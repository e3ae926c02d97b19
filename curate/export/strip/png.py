"""PNG: the chunks that decoding needs, byte for byte, and nothing else.

Kept: the picture, its palette and transparency, its colour space, its pixel size, the frames of an animation. Not kept:
text, time, Exif, chunks of single programs (previews, provenance), and all that follows the end chunk. Data behind the
picture inside its own chunks cannot be taken out without coding it again: such a file is refused.
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
_COLOUR = {b"cHRM": 32, b"gAMA": 4, b"sRGB": 1, b"cICP": 4, b"mDCV": 24, b"cLLI": 8, b"sBIT": 4, b"bKGD": 6, b"pHYs": 9}
"""Chunks about colour and size, each with the most bytes that it may have."""
_LENGTHS = {b"IHDR": 13, b"PLTE": 768, b"tRNS": 256, b"acTL": 8, b"fcTL": 26, b"IEND": 0}
"""The most bytes that a picture's chunks may have; those with coded data may have any number."""
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Colour type -> values of a pixel."""
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""Passes of an interlaced picture: first column and row, steps between columns and rows."""
_PIECE = 1 << 20
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
        elif chunk.type in _PICTURE or _is_colour(chunk) or chunk.type == b"IEND":
            out.append(chunk.raw)
    return b"".join(out)


def private_parts(data: bytes) -> Parts:
    """Return what the PNG holds besides its picture and colour information."""
    chunks, end = _parse(data)
    _check_coded(chunks)
    foreign: list[str] = []
    exif: list[bytes] = []
    for chunk in chunks:
        if chunk.type == b"eXIf":
            exif.append(chunk.body)
        elif chunk.type == b"iCCP":
            profile = _profile(chunk.body)
            if not profile or clean_profile(profile) != profile or not chunk.body.startswith(_PROFILE_NAME):
                foreign.append("a colour profile with more than colour in it")
        elif chunk.type not in _PICTURE and not _is_colour(chunk) and chunk.type != b"IEND":
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
    if types[0] != b"IHDR" or b"IDAT" not in types or types[-1] != b"IEND" or len(chunks[0].body) != 13:
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
        if length > _LENGTHS.get(type_, length):
            raise CannotClean("it has a PNG chunk that is too long for what it is")
        yield _Chunk(type_, data[at + 8 : stop - 4], data[at:stop])
        if type_ == b"IEND":
            return
        at = stop
    raise CannotClean("it has too many PNG chunks")


def _is_colour(chunk: _Chunk) -> bool:
    return len(chunk.body) <= _COLOUR.get(chunk.type, -1)


def _check_coded(chunks: list[_Chunk]) -> None:
    """Refuse coded data with anything behind the picture: after the stream, or as rows below the last one.

    Raises:
        CannotClean: there is something, or a stream is damaged.
    """
    header = chunks[0].body
    pictures: list[tuple[bytes, list[bytes]]] = [(header[:8], [])]  # size and coded data, then those of each frame
    for chunk in chunks:
        if chunk.type == b"IDAT":
            pictures[0][1].append(chunk.body)
        elif chunk.type == b"fcTL":
            pictures.append((chunk.body[4:12], []))
        elif chunk.type == b"fdAT":
            pictures[-1][1].append(chunk.body[4:])
    for size, pieces in pictures:
        if len(size) < 8:
            raise CannotClean("it has a frame without a size")
        width, height = struct.unpack(">II", size)
        _check_stream(pieces, _bytes_of(width, height, header))


def _check_stream(pieces: list[bytes], expected: int) -> None:
    unpacker = zlib.decompressobj()
    found = 0
    try:
        for piece in pieces:
            rest = piece
            while rest and not unpacker.eof and found <= expected:
                found += len(unpacker.decompress(rest, _PIECE))
                rest = unpacker.unconsumed_tail
            if rest or unpacker.unused_data:
                raise CannotClean("it has data behind the picture inside its PNG chunks")
    except zlib.error:
        raise CannotClean("its coded data are damaged") from None
    if found > expected:
        raise CannotClean("it has data behind the picture inside its PNG chunks")


def _bytes_of(width: int, height: int, header: bytes) -> int:
    """Return how many bytes the rows of a picture have, each with the byte that names its filter."""
    depth, colour, interlaced = header[8], header[9], header[12]
    bits = depth * _CHANNELS.get(colour, 4)
    total = 0
    for column, row, across, down in _ADAM7 if interlaced else ((0, 0, 1, 1),):
        columns, rows = -(-(width - column) // across), -(-(height - row) // down)
        if columns > 0 and rows > 0:
            total += rows * (1 + (columns * bits + 7) // 8)
    return total


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
