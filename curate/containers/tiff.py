"""TIFF directories read at given places, with bounds: for makers' own blocks, which no library reads safely.

No count is trusted: a directory has at most `MAX_ENTRIES` entries, a value is read up to the length that is asked for,
and no pointer is followed by itself, so a file cannot make this loop. Source: TIFF 6.0, section 2.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, replace
from typing import BinaryIO

from curate.containers.stream import read_at

MAX_ENTRIES = 512

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_CODES = {1: "B", 3: "H", 4: "I", 6: "b", 7: "B", 8: "h", 9: "i", 11: "f", 12: "d", 13: "I"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One value of a directory.

    Attributes:
        kind: its TIFF type.
        count: how many numbers or letters it has.
        at: its offset: in the stream where it is `inline`, else from the directory's base.
        inline: it lies in the directory itself.
    """

    kind: int
    count: int
    at: int
    inline: bool

    @property
    def size(self) -> int:
        """Bytes that the value takes."""
        return self.count * _SIZES[self.kind]


@dataclass(frozen=True, slots=True)
class Ifd:
    """A directory.

    Attributes:
        stream: the open file or block.
        order: `<` or `>`, as in `struct`.
        base: what the offsets of its values count from.
        end: where its entries end; values often follow.
        entries: tag -> value.
    """

    stream: BinaryIO
    order: str
    base: int
    end: int
    entries: dict[int, Entry]

    def data(self, tag: int, most: int) -> bytes:
        """The first `most` bytes of a value; empty where it is not there."""
        entry = self.entries.get(tag)
        if entry is None:
            return b""
        return read_at(self.stream, entry.at if entry.inline else self.base + entry.at, min(entry.size, most))

    def numbers(self, tag: int, most: int = 16) -> tuple[float, ...]:
        """The first numbers of a value; text, and fractions with a denominator of zero, are left out."""
        entry = self.entries.get(tag)
        if entry is None:
            return ()
        data = self.data(tag, most * _SIZES[entry.kind])
        if entry.kind in (5, 10):
            pairs = struct.iter_unpack(self.order + ("II" if entry.kind == 5 else "ii"), data[: len(data) // 8 * 8])
            return tuple(top / bottom for top, bottom in pairs if bottom)
        code = _CODES.get(entry.kind)
        if code is None:
            return ()
        return struct.unpack_from(f"{self.order}{len(data) // _SIZES[entry.kind]}{code}", data)

    def number(self, tag: int) -> float | None:
        """The first number of a value, or None where there is none, or none that is finite."""
        return next((n for n in self.numbers(tag, 1) if math.isfinite(n)), None)

    def shorts(self, tag: int, most: int = 256) -> tuple[int, ...]:
        """A value as 16-bit numbers, whatever type its writer gave it."""
        data = self.data(tag, 2 * most)
        return struct.unpack_from(f"{self.order}{len(data) // 2}H", data)

    def moved(self, shift: int) -> Ifd:
        """The same directory with its values taken from elsewhere."""
        return replace(self, base=self.base + shift)


def read_ifd(stream: BinaryIO, order: str, offset: int, base: int = 0) -> Ifd | None:
    """Return the directory at an offset; None where there is none, or most of its entries are of an unknown type."""
    head = read_at(stream, offset, 2)
    if len(head) < 2:
        return None
    count: int = struct.unpack(order + "H", head)[0]
    if not 0 < count <= MAX_ENTRIES:
        return None
    data = read_at(stream, offset + 2, 12 * count)
    entries: dict[int, Entry] = {}
    for i, (tag, kind, values, pointer) in enumerate(struct.iter_unpack(order + "HHII", data[: len(data) // 12 * 12])):
        if kind in _SIZES:
            inline = values * _SIZES[kind] <= 4
            entries[tag] = Entry(kind, values, offset + 2 + 12 * i + 8 if inline else pointer, inline)
    if 2 * len(entries) < count:
        return None
    return Ifd(stream, order, base, offset + 2 + 12 * count, entries)
