"""WebP: the chunks that decoding needs, byte for byte, and nothing else.

Kept: bitstreams, alpha, frames of an animation, the colour profile. Not kept: Exif, XMP, unknown chunks, bytes after
the RIFF container.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator

from curate.containers.stream import Part
from curate.containers.webp import (
    ALPHA_FLAG,
    ANIMATION_FLAG,
    EXIF_FLAG,
    FRAME_HEADER,
    ICC_FLAG,
    canvas,
    chunks,
    container,
    packed,
)
from curate.export.strip import CannotClean, Parts
from curate.export.strip.icc import clean_profile

_PICTURE = (b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF")
_IN_FRAME = (b"VP8 ", b"VP8L", b"ALPH")


def strip(data: bytes, exif: bytes | None) -> bytes:
    """Return the WebP with nothing but its picture, colour profile and the given Exif block (a TIFF structure)."""
    found = _parse(data)
    first = found[0]
    profile = None
    if first.type == b"VP8X":
        header = first.of(data)
        if len(header) < 10:
            raise CannotClean("its WebP header is cut")
        profile = next((clean_profile(chunk.of(data)) for chunk in found if chunk.type == b"ICCP"), None)
        flags, size = header[0] & (ALPHA_FLAG | ANIMATION_FLAG), header[4:10]
    else:
        if exif is None:
            return container(_picture(data, found))
        width, height, alpha = canvas(first.type, first.of(data))
        flags, size = ALPHA_FLAG if alpha else 0, b"".join((side - 1).to_bytes(3, "little") for side in (width, height))
    flags |= (ICC_FLAG if profile else 0) | (EXIF_FLAG if exif else 0)
    out = [packed(b"VP8X", bytes([flags, 0, 0, 0]) + size)]
    out += [packed(b"ICCP", profile)] if profile else []
    out += _picture(data, found)
    out += [packed(b"EXIF", exif)] if exif else []
    return container(out)


def private_parts(data: bytes) -> Parts:
    """Return what the WebP holds besides its picture and colour profile."""
    found = _parse(data)
    foreign: list[str] = []
    exif: list[bytes] = []
    for chunk in found:
        if chunk.type == b"EXIF":
            exif.append(chunk.of(data).removeprefix(b"Exif\0\0"))
        elif chunk.type == b"ICCP":
            if clean_profile(chunk.of(data)) != chunk.of(data):
                foreign.append("a colour profile with more than colour in it")
        elif chunk.type not in _PICTURE and chunk.type != b"VP8X":
            foreign.append(f"a {chunk.type.decode('latin-1').strip()!r} chunk")
        elif _clean_frame(data, chunk) != chunk.of(data):
            foreign.append("an unknown chunk inside a frame")
    end = found[-1].stop
    if end < len(data):
        foreign.append(f"{len(data) - end} bytes after the picture")
    return Parts(tuple(foreign), tuple(exif))


def bitstreams(data: bytes, cut: int = 0) -> Iterator[bytes]:
    """Yield each bitstream (one, or one a frame) as a file of its own, without so many bytes at its end.

    Raises:
        DamagedFile: the file's structure is not that of a WebP.
    """
    for chunk in _parse(data):
        for part in _inside(data, chunk) if chunk.type == b"ANMF" else [chunk]:
            if part.type in (b"VP8 ", b"VP8L"):
                stream = part.of(data)
                yield container([packed(part.type, stream[: max(0, len(stream) - cut)])])


def picture_digest(data: bytes) -> str:
    """Return the sha256 of the chunks that hold the picture."""
    return hashlib.sha256(b"".join(_picture(data, _parse(data)))).hexdigest()


def _parse(data: bytes) -> list[Part[bytes]]:
    found = list(chunks(io.BytesIO(data), strict=True))
    if not found or found[0].type not in (b"VP8 ", b"VP8L", b"VP8X"):
        raise CannotClean("it holds no WebP picture")
    return found


def _picture(data: bytes, found: list[Part[bytes]]) -> list[bytes]:
    """Return the chunks that hold the picture; in a simple file only the first chunk does."""
    own = found if found[0].type == b"VP8X" else found[:1]
    return [packed(chunk.type, _clean_frame(data, chunk)) for chunk in own if chunk.type in _PICTURE]


def _inside(data: bytes, frame: Part[bytes]) -> Iterator[Part[bytes]]:
    return chunks(io.BytesIO(data), frame.body + FRAME_HEADER, frame.end, strict=True)


def _clean_frame(data: bytes, chunk: Part[bytes]) -> bytes:
    """Return the content of an animation frame without chunks that are not its picture; other chunks as they are."""
    if chunk.type != b"ANMF":
        return chunk.of(data)
    kept = [packed(part.type, part.of(data)) for part in _inside(data, chunk) if part.type in _IN_FRAME]
    return data[chunk.body : chunk.body + FRAME_HEADER] + b"".join(kept)
