"""Bounded reading of an open file: bytes at an offset, the parts of a container, a window on an embedded file."""

from __future__ import annotations

import io
from typing import BinaryIO, Generic, NamedTuple, TypeVar

MAX_PARTS = 4096
"""Segments, chunks, boxes or items that a tolerant walker looks at in one file."""

MAX_BLOCK = 16 << 20
"""Bytes copied of one metadata block."""

_MAX_OFFSET = 1 << 43
"""More than any file has: file systems refuse to go to larger ones, which would look like a failing disk."""

Kind = TypeVar("Kind")


class DamagedFile(Exception):
    """A file's structure is not as its format demands; the message says what is wrong, and calls the file "it"."""


class Part(NamedTuple, Generic[Kind]):
    """One part of a container: a JPEG segment, a PNG or WebP chunk, an ISO box. All places are offsets in the file.

    Attributes:
        type: a segment's marker code, or the four letters of a chunk or box.
        start: where the part begins, with its type and length.
        body: where its content begins.
        end: where its content ends.
        stop: where the part ends: behind a checksum, padding, or the coded data that follow a JPEG scan's header.
    """

    type: Kind
    start: int
    body: int
    end: int
    stop: int

    def read(self, file: BinaryIO, most: int = MAX_BLOCK) -> bytes:
        """Return the first `most` bytes of the content; fewer where the file ends."""
        return read_at(file, self.body, min(self.end - self.body, most))

    def of(self, data: bytes) -> bytes:
        """Return the content, given the whole file."""
        return data[self.body : self.end]

    def whole(self, data: bytes) -> bytes:
        """Return all of the part, given the whole file."""
        return data[self.start : self.stop]


def refuse(strict: bool, what: str) -> None:
    """Raise `DamagedFile` where a walker is strict; a tolerant one goes on, or ends."""
    if strict:
        raise DamagedFile(what)


def read_at(file: BinaryIO, offset: int, count: int) -> bytes:
    """Return up to `count` bytes at an offset; fewer where the file ends, none at an impossible offset."""
    if not 0 <= offset < _MAX_OFFSET or count <= 0:
        return b""
    file.seek(offset)
    return file.read(min(count, MAX_BLOCK))


def file_size(file: BinaryIO) -> int:
    """Return the length of an open file."""
    return file.seek(0, io.SEEK_END)


class Window(io.RawIOBase):
    """A file seen from an offset on, with other first bytes if asked: an embedded picture, or a maker's own TIFF."""

    def __init__(self, file: BinaryIO, start: int = 0, head: bytes = b"") -> None:
        self._file, self._start, self._head, self._at = file, start, head, 0
        self._size = max(0, file_size(file) - start)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        if self._at >= self._size:
            return 0
        self._file.seek(self._start + self._at)
        data = bytearray(self._file.read(len(buffer)))
        covered = self._head[self._at : self._at + len(data)]
        data[: len(covered)] = covered
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)
