"""WebP: a RIFF container of chunks, each with a name, a length, its content and padding to an even length.

Source: RFC 9649.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from curate.containers.stream import MAX_PARTS, DamagedFile, Part, file_size, read_at, refuse

ICC_FLAG, ALPHA_FLAG, EXIF_FLAG, ANIMATION_FLAG = 0x20, 0x10, 0x08, 0x02
"""Bits of the first byte of the extended header (`VP8X`)."""

FRAME_HEADER = 16
"""Bytes of an animation frame (`ANMF`) in front of its own chunks."""

_HEADER = 12
_MOST_CHUNKS = 100_000


def chunks(
    file: BinaryIO, start: int = _HEADER, end: int | None = None, *, strict: bool = False
) -> Iterator[Part[bytes]]:
    """Yield the chunks of a WebP file.

    Args:
        file: the open file.
        start: where the first chunk begins.
        end: where the last one ends: of the chunks inside an animation frame, the end of the frame. None stands for the
            end of the container, or, in a tolerant walk, of the file: the last chunk may be cut.
        strict: raise on damage.

    Raises:
        DamagedFile: strict, and the container or a chunk is cut.
    """
    size = file_size(file)
    if end is None:
        end = _container_end(file, size) if strict else size
    at = start
    for _ in range(_MOST_CHUNKS if strict else MAX_PARTS):
        if at == end:
            return
        head = read_at(file, at, 8)
        if len(head) < 8 or at + 8 > end:
            refuse(strict, "it ends within a WebP chunk")
            return
        name, length = struct.unpack("<4sI", head)
        body_end = at + 8 + length
        if strict and body_end > end:
            raise DamagedFile("it ends within a WebP chunk")
        chunk = Part(name, at, at + 8, body_end, min(end, body_end + length % 2))
        yield chunk
        at = chunk.stop
    refuse(strict, "it has too many WebP chunks")


def _container_end(file: BinaryIO, size: int) -> int:
    head = read_at(file, 0, _HEADER)
    if len(head) < _HEADER or head[:4] != b"RIFF" or head[8:] != b"WEBP":
        raise DamagedFile("it does not begin like a WebP")
    end = 8 + int.from_bytes(head[4:8], "little")
    if end > size:
        raise DamagedFile("it ends within the WebP container")
    return end


def canvas(name: bytes, bitstream: bytes) -> tuple[int, int, bool]:
    """Return (width, height, whether there is transparency) as the header of a bitstream says.

    Args:
        name: `VP8 ` (lossy) or `VP8L` (lossless).
        bitstream: the chunk's content.

    Raises:
        DamagedFile: it has no header, or says that it has no size.
    """
    if name == b"VP8 " and bitstream[3:6] == b"\x9d\x01\x2a" and len(bitstream) >= 10:
        width, height = (value & 0x3FFF for value in struct.unpack_from("<HH", bitstream, 6))
        alpha = False
    elif name == b"VP8L" and bitstream[:1] == b"\x2f" and len(bitstream) >= 5:
        bits = int.from_bytes(bitstream[1:5], "little")
        width, height, alpha = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1)
    else:
        raise DamagedFile("its WebP bitstream has no header")
    if not width or not height:
        raise DamagedFile("its WebP bitstream has no size")
    return width, height, alpha


def packed(name: bytes, content: bytes) -> bytes:
    """Return a chunk with its length and padding."""
    return name + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)


def container(parts: Iterable[bytes]) -> bytes:
    """Return a WebP file of packed chunks."""
    body = b"".join(parts)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body
