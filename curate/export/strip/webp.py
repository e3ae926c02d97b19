"""WebP: the chunks that decoding needs, byte for byte, and nothing else.

Kept: bitstreams, alpha, frames of an animation, the colour profile. Not kept: Exif, XMP, unknown chunks, bytes after
the RIFF container. Source: RFC 9649.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator

from curate.export.strip import CannotClean, Parts
from curate.export.strip.icc import clean_profile

_PICTURE = (b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF")
_IN_FRAME = (b"VP8 ", b"VP8L", b"ALPH")
_ICC_FLAG, _ALPHA_FLAG, _EXIF_FLAG, _ANIMATION_FLAG = 0x20, 0x10, 0x08, 0x02
_FRAME_HEADER = 16
_MOST_CHUNKS = 100_000

_Chunk = tuple[bytes, bytes]


def strip(data: bytes, exif: bytes | None) -> bytes:
    """Return the WebP with nothing but its picture, colour profile and the given Exif block (a TIFF structure)."""
    chunks, _ = _parse(data)
    if chunks[0][0] == b"VP8X":
        header = chunks[0][1]
        if len(header) < 10:
            raise CannotClean("its WebP header is cut")
        picture = [(type_, _clean_frame(type_, body)) for type_, body in chunks[1:] if type_ in _PICTURE]
        profile = next((clean_profile(body) for type_, body in chunks if type_ == b"ICCP"), None)
        flags, canvas = header[0] & (_ALPHA_FLAG | _ANIMATION_FLAG), header[4:10]
    else:
        picture, profile = chunks[:1], None
        if exif is None:
            return _container(picture)
        flags, canvas = _simple_header(*chunks[0])
    flags |= (_ICC_FLAG if profile else 0) | (_EXIF_FLAG if exif else 0)
    out: list[_Chunk] = [(b"VP8X", bytes([flags, 0, 0, 0]) + canvas)]
    out += [(b"ICCP", profile)] if profile else []
    out += picture
    out += [(b"EXIF", exif)] if exif else []
    return _container(out)


def private_parts(data: bytes) -> Parts:
    """Return what the WebP holds besides its picture and colour profile."""
    chunks, end = _parse(data)
    foreign: list[str] = []
    exif: list[bytes] = []
    for type_, body in chunks:
        if type_ == b"EXIF":
            exif.append(body.removeprefix(b"Exif\0\0"))
        elif type_ == b"ICCP":
            if clean_profile(body) != body:
                foreign.append("a colour profile with more than colour in it")
        elif type_ not in _PICTURE and type_ != b"VP8X":
            foreign.append(f"a {type_.decode('latin-1').strip()!r} chunk")
        elif _clean_frame(type_, body) != body:
            foreign.append("an unknown chunk inside a frame")
    if end < len(data):
        foreign.append(f"{len(data) - end} bytes after the picture")
    return Parts(tuple(foreign), tuple(exif))


def bitstreams(data: bytes, cut: int = 0) -> Iterator[bytes]:
    """Yield each bitstream (one, or one a frame) as a file of its own, without so many bytes at its end."""
    for type_, body in _parse(data)[0]:
        inside = _walk(body, _FRAME_HEADER, len(body)) if type_ == b"ANMF" else [(type_, body)]
        for kind, stream in inside:
            if kind in (b"VP8 ", b"VP8L"):
                yield _container([(kind, stream[: max(0, len(stream) - cut)])])


def picture_digest(data: bytes) -> str:
    """Return the sha256 of the chunks that hold the picture."""
    digest = hashlib.sha256()
    chunks = _parse(data)[0]
    for type_, body in chunks if chunks[0][0] == b"VP8X" else chunks[:1]:
        if type_ in _PICTURE:
            digest.update(_packed((type_, _clean_frame(type_, body))))
    return digest.hexdigest()


def _parse(data: bytes) -> tuple[list[_Chunk], int]:
    if len(data) < 12 or data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        raise CannotClean("it does not begin like a WebP")
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data):
        raise CannotClean("it ends within the WebP container")
    chunks = list(_walk(data, 12, end))
    if not chunks or chunks[0][0] not in (b"VP8 ", b"VP8L", b"VP8X"):
        raise CannotClean("it holds no WebP picture")
    return chunks, end


def _walk(data: bytes, at: int, end: int) -> Iterator[_Chunk]:
    for _ in range(_MOST_CHUNKS):
        if at == end:
            return
        if at + 8 > end:
            raise CannotClean("it ends within a WebP chunk")
        type_, size = struct.unpack_from("<4sI", data, at)
        if at + 8 + size > end:
            raise CannotClean("it ends within a WebP chunk")
        yield type_, data[at + 8 : at + 8 + size]
        at = min(end, at + 8 + size + size % 2)
    raise CannotClean("it has too many WebP chunks")


def _clean_frame(type_: bytes, body: bytes) -> bytes:
    """Return an animation frame without chunks that are no picture; other chunks as they are."""
    if type_ != b"ANMF":
        return body
    inside = [chunk for chunk in _walk(body, _FRAME_HEADER, len(body)) if chunk[0] in _IN_FRAME]
    return body[:_FRAME_HEADER] + b"".join(map(_packed, inside))


def _simple_header(type_: bytes, body: bytes) -> tuple[int, bytes]:
    """Return flags and canvas of the extended header that a simple file needs before it can hold Exif."""
    if type_ == b"VP8 " and body[3:6] == b"\x9d\x01\x2a" and len(body) >= 10:
        width, height = (value & 0x3FFF for value in struct.unpack_from("<HH", body, 6))
        alpha = False
    elif type_ == b"VP8L" and body[:1] == b"\x2f" and len(body) >= 5:
        bits = int.from_bytes(body[1:5], "little")
        width, height, alpha = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1)
    else:
        raise CannotClean("its WebP bitstream has no header")
    if not width or not height:
        raise CannotClean("its WebP bitstream has no size")
    canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return _ALPHA_FLAG if alpha else 0, canvas


def _packed(chunk: _Chunk) -> bytes:
    type_, body = chunk
    return type_ + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def _container(chunks: list[_Chunk]) -> bytes:
    body = b"".join(map(_packed, chunks))
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body
