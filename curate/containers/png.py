"""PNG: a signature, then chunks, each with a length, a name, its content and a checksum.

Source: W3C PNG, third edition.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from curate.containers.stream import MAX_PARTS, DamagedFile, Part, file_size, read_at, refuse

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CRITICAL = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND"})
_LENGTHS = {b"IHDR": 13, b"PLTE": 768, b"tRNS": 256, b"acTL": 8, b"fcTL": 26, b"IEND": 0}
"""The most bytes that a picture's chunks may have; those with coded data may have any number."""
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Colour type -> values of a pixel."""
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""Passes of an interlaced picture: first column and row, steps between columns and rows."""
_PIECE = 1 << 20
_MOST_CHUNKS = 1_000_000


def chunks(file: BinaryIO, start: int = 0, *, strict: bool = False) -> Iterator[Part[bytes]]:
    """Yield the chunks of the PNG that begins at an offset, up to the end chunk.

    Tolerant: up to the end of the file; the last chunk may be cut.

    Raises:
        DamagedFile: strict, and a chunk is cut, has no name, is too long for what it is, or is critical and unknown.
    """
    if strict and read_at(file, start, len(SIGNATURE)) != SIGNATURE:
        raise DamagedFile("it does not begin like a PNG")
    at, size = start + len(SIGNATURE), file_size(file)
    for _ in range(_MOST_CHUNKS if strict else MAX_PARTS):
        head = read_at(file, at, 8)
        if strict and at + 12 > size:
            raise DamagedFile("it ends before the end chunk of a PNG")
        if len(head) < 8:
            return
        length, name = struct.unpack(">I4s", head)
        chunk = Part(name, at, at + 8, at + 8 + length, at + 12 + length)
        if strict:
            _check(chunk, size)
        yield chunk
        if name == b"IEND":
            return
        at = chunk.stop
    refuse(strict, "it has too many PNG chunks")


def _check(chunk: Part[bytes], size: int) -> None:
    if chunk.stop > size:
        raise DamagedFile("it ends within a PNG chunk")
    if not chunk.type.isalpha():
        raise DamagedFile("it has a PNG chunk without a name")
    if chunk.type[:1].isupper() and chunk.type not in _CRITICAL:
        raise DamagedFile("it has a critical PNG chunk that the standard does not know")
    if chunk.end - chunk.body > _LENGTHS.get(chunk.type, chunk.end):
        raise DamagedFile("it has a PNG chunk that is too long for what it is")


def packed(name: bytes, content: bytes) -> bytes:
    """Return a chunk with its length and checksum."""
    return struct.pack(">I4s", len(content), name) + content + struct.pack(">I", zlib.crc32(name + content))


def check_picture_data(data: bytes, parts: Sequence[Part[bytes]]) -> None:
    """Check that coded data hold the picture and its frames alone: nothing after a stream, no rows below the last one.

    Args:
        data: the whole file.
        parts: its chunks; the first is its header (`IHDR`).

    Raises:
        DamagedFile: there is something else, or a stream is damaged.
    """
    header = parts[0].of(data)
    pictures: list[tuple[bytes, list[bytes]]] = [(header[:8], [])]  # size and coded data, then those of each frame
    for chunk in parts:
        if chunk.type == b"IDAT":
            pictures[0][1].append(chunk.of(data))
        elif chunk.type == b"fcTL":
            pictures.append((chunk.of(data)[4:12], []))
        elif chunk.type == b"fdAT":
            pictures[-1][1].append(chunk.of(data)[4:])
    for size, pieces in pictures:
        if len(size) < 8:
            raise DamagedFile("it has a frame without a size")
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
                raise DamagedFile("it has data behind the picture inside its PNG chunks")
    except zlib.error:
        raise DamagedFile("its coded data are damaged") from None
    if found > expected:
        raise DamagedFile("it has data behind the picture inside its PNG chunks")


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
