"""ISO base media files: boxes inside boxes, and the items (pictures, Exif, XMP) of HEIF and AVIF.

A box has a length, a type of four letters and its content. In HEIF and AVIF the box `meta` holds tables: which items
there are (`iinf`), which one is shown (`pitm`), what refers to what (`iref`), where their data lie (`iloc`).
Source: ISO/IEC 14496-12 (boxes), 23008-12 (HEIF).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from curate.containers.stream import MAX_PARTS, DamagedFile, Part, read_at, refuse

_MOST_BOXES = 100_000


class Item(NamedTuple):
    """An item as the table of items has it.

    Attributes:
        id: its number.
        type: its four letters.
        entry: the box of its entry.
        type_at: where in the file its type stands; its name and more follow.
    """

    id: int
    type: bytes
    entry: Part[bytes]
    type_at: int


class Reference(NamedTuple):
    """One item refers to others: `dimg` (it is made of them), `cdsc` (it describes them), `auxl`, `thmb`."""

    type: bytes
    origin: int
    targets: tuple[int, ...]


class Location(NamedTuple):
    """Where an item's data lie.

    Attributes:
        item: its number.
        method: what offsets count from: 0 the file, 1 the content of `idat`, 2 another item.
        elsewhere: 0 for this file.
        extents: (offset, length) of each piece; a length of 0 goes to the end.
    """

    item: int
    method: int
    elsewhere: int
    extents: tuple[tuple[int, int], ...]


def boxes(file: BinaryIO, start: int, end: int, *, strict: bool = False) -> Iterator[Part[bytes]]:
    """Yield the boxes in a range of the file.

    Tolerant: up to the first box that is not one; a box that goes beyond the range is cut to it.

    Raises:
        DamagedFile: strict, and the boxes do not fill the range.
    """
    at = start
    for _ in range(_MOST_BOXES if strict else MAX_PARTS):
        if at == end or (at > end and not strict):
            return
        head = read_at(file, at, 16)
        if len(head) < 8 or (at + 8 > end and strict):
            refuse(strict, "it has bytes that belong to no box")
            return
        size, name = struct.unpack_from(">I4s", head)
        body = at + 8
        if size == 1 and len(head) == 16:
            (size,) = struct.unpack_from(">Q", head, 8)
            body = at + 16
        stop = end if size == 0 else at + size
        if stop < body or (stop > end and strict):
            refuse(strict, "it ends within a box")
            return
        yield Part(name, at, body, min(stop, end), min(stop, end))
        at = stop
    refuse(strict, "it has too many boxes")


def primary_item(file: BinaryIO, box: Part[bytes]) -> int | None:
    """Return the number of the item that is shown, as the box `pitm` says; None where it is cut."""
    data = box.read(file, 8)
    size = 4 if data[:1] > b"\0" else 2
    return int.from_bytes(data[4 : 4 + size], "big") if len(data) >= 4 + size else None


def items(file: BinaryIO, table: Part[bytes], *, strict: bool = False) -> Iterator[Item]:
    """Yield the items of the box `iinf`.

    Raises:
        DamagedFile: strict, and an entry is cut or of an old kind; a tolerant walk leaves it out.
    """
    first = table.body + (6 if read_at(file, table.body, 1) == b"\0" else 8)
    for entry in boxes(file, first, table.end, strict=strict):
        data = entry.read(file, 16)
        version = data[0] if data else 0
        if entry.type != b"infe" or version < 2 or (version > 3 and strict):
            refuse(strict, "its table of items is of an old kind")
            continue
        wide = version > 2
        type_at = entry.body + (10 if wide else 8)
        if type_at + 4 > entry.end:
            refuse(strict, "its table of items is damaged")
            continue
        kind = data[type_at - entry.body :][:4]
        yield Item(int.from_bytes(data[4 : 8 if wide else 6], "big"), kind, entry, type_at)


def references(file: BinaryIO, table: Part[bytes], *, strict: bool = False) -> Iterator[Reference]:
    """Yield the references of the box `iref`.

    Tolerant: the numbers that there are count, whatever the stated count.

    Raises:
        DamagedFile: strict, and there are fewer numbers than an entry says.
    """
    size, code = (2, "H") if read_at(file, table.body, 1) == b"\0" else (4, "I")
    for entry in boxes(file, table.body + 4, table.end, strict=strict):
        data = entry.read(file)
        fit = (len(data) - size - 2) // size
        count = int.from_bytes(data[size : size + 2], "big") if strict else fit
        if fit < 0 or count > fit:
            refuse(strict, "its table of references is damaged")
            continue
        targets = struct.unpack_from(f">{count}{code}", data, size + 2)
        yield Reference(entry.type, int.from_bytes(data[:size], "big"), targets)


def locations(file: BinaryIO, table: Part[bytes], *, strict: bool = False) -> Iterator[Location]:
    """Yield where the items lie, from the box `iloc`; offsets have their base added.

    Tolerant: what was read before the table ends stands.

    Raises:
        DamagedFile: strict, and the table ends early, or is of a kind that is not known.
    """
    cursor = _Cursor(table.read(file), "its table of places is damaged")
    try:
        version, _flags, sizes = cursor.take(1), cursor.take(3), cursor.take(2)
        offset_size, length_size, base_size = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
        index_size = sizes & 15 if version in (1, 2) else 0
        known = version <= 2 and offset_size + length_size > 0
        if strict and not (known and {offset_size, length_size, base_size, index_size} <= {0, 4, 8}):
            raise DamagedFile("its table of places is of an unknown kind")
        wide = 4 if version == 2 else 2
        most = 1 << 32 if strict else MAX_PARTS
        for _ in range(min(cursor.take(wide), most)):
            item = cursor.take(wide)
            method = cursor.take(2) & 15 if version in (1, 2) else 0
            elsewhere, base = cursor.take(2), cursor.take(base_size)
            extents = []
            for _ in range(min(cursor.take(2), most)):
                cursor.take(index_size)
                extents.append((base + cursor.take(offset_size), cursor.take(length_size)))
            yield Location(item, method, elsewhere, tuple(extents))
    except DamagedFile:
        if strict:
            raise


def associations(file: BinaryIO, table: Part[bytes]) -> Iterator[tuple[int, list[int]]]:
    """Yield (item, numbers of its properties, from 1) of the box `ipma`.

    Raises:
        DamagedFile: the table ends early.
    """
    cursor = _Cursor(table.read(file), "its table of properties is damaged")
    version, flags, count = cursor.take(1), cursor.take(3), cursor.take(4)
    size = 2 if flags & 1 else 1
    for _ in range(count):
        item = cursor.take(4 if version else 2)
        yield item, [cursor.take(size) & (0x7FFF if size == 2 else 0x7F) for _ in range(cursor.take(1))]


class _Cursor:
    """Numbers taken from a table, one after the other."""

    def __init__(self, data: bytes, damage: str) -> None:
        self._data, self._at, self._damage = data, 0, damage

    def take(self, size: int) -> int:
        """Return the next number of so many bytes, big-endian.

        Raises:
            DamagedFile: the table has no more.
        """
        self._at += size
        if self._at > len(self._data):
            raise DamagedFile(self._damage)
        return int.from_bytes(self._data[self._at - size : self._at], "big")
