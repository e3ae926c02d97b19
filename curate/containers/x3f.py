"""Sigma's X3F: sections of properties and pictures, and a directory of them at the end of the file.

Source: the X3F file format as Foveon published it (versions 2 and 3), which later versions keep to.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from curate.containers.stream import file_size, read_at

_MAX_SECTIONS, _MAX_PROPERTIES, _MAX_LIST = 64, 256, 1 << 18
_JPEG, _PICTURE_HEADER = 18, 28


def sections(file: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """Yield (type, start, length) of the sections; the last four bytes of the file say where their directory is."""
    end = file_size(file)
    at = int.from_bytes(read_at(file, end - 4, 4), "little")
    head = read_at(file, at, 12)
    if head[:4] != b"SECd" or len(head) < 12:
        return
    count: int = struct.unpack_from("<I", head, 8)[0]
    entries = read_at(file, at + 12, 12 * min(count, _MAX_SECTIONS))
    for start, length, kind in struct.iter_unpack("<II4s", entries[: len(entries) // 12 * 12]):
        yield kind, start, length


def jpeg_in(file: BinaryIO, start: int) -> int | None:
    """Where the JPEG of a picture section starts; None where the section holds a picture of another kind."""
    head = read_at(file, start, 16)
    is_jpeg = head[:4] == b"SECi" and head[12:] == struct.pack("<I", _JPEG)
    return start + _PICTURE_HEADER if is_jpeg else None


def properties(file: BinaryIO, start: int, length: int) -> dict[str, str]:
    """Return the names and values of a property section: pairs of positions in a text of UTF-16, each ended by NUL."""
    data = read_at(file, start, min(length, _MAX_LIST))
    if data[:4] != b"SECp" or len(data) < 24:
        return {}
    count = min(struct.unpack_from("<I", data, 8)[0], _MAX_PROPERTIES, (len(data) - 24) // 8)
    text = data[24 + 8 * count :].decode("utf-16-le", errors="replace")
    pairs = struct.iter_unpack("<II", data[24 : 24 + 8 * count])
    return {_until_nul(text, name): _until_nul(text, value) for name, value in pairs}


def _until_nul(text: str, at: int) -> str:
    return text[at : at + 256].split("\0", 1)[0]
