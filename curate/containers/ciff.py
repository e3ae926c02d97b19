"""Canon's CIFF, the camera image file format: `.crw` files, and a segment in JPEGs of Canon's first cameras.

A heap of values whose directory lies at its end; directories can hold heaps.
Source: Canon, CIFF specification on image data file, version 1.0 revision 4.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import BinaryIO

from curate.containers.stream import read_at

_MAX_DEPTH, _MAX_ENTRIES, _MAX_VALUE = 6, 512, 256


@dataclass(frozen=True, slots=True)
class Heap:
    """A heap of values.

    Attributes:
        file: the open file.
        order: `<` or `>`, as in `struct`.
        start: where it begins in the file.
        end: where it ends; its last four bytes say where its directory is.
    """

    file: BinaryIO
    order: str
    start: int
    end: int


def open_heap(file: BinaryIO, start: int, end: int) -> Heap | None:
    """Return the heap of the CIFF structure that lies between two places of a file; None where there is none."""
    head = read_at(file, start, 6)
    order = {b"II": "<", b"MM": ">"}.get(head[:2])
    if order is None or len(head) < 6:
        return None
    return Heap(file, order, start + struct.unpack(order + "I", head[2:])[0], end)


def heap_values(heap: Heap, wanted: AbstractSet[int], depth: int = 0) -> Iterator[tuple[int, bytes]]:
    """Yield (tag, the first 256 bytes of its value) of the wanted tags in a heap and the heaps inside it.

    Values of eight bytes that lie in the directory itself are yielded whether they are wanted or not. A damaged heap
    yields what can be reached.
    """
    file, order, start, end = heap.file, heap.order, heap.start, heap.end
    tail = read_at(file, end - 4, 4)
    if depth > _MAX_DEPTH or end - start < 6 or len(tail) < 4:
        return
    directory = start + struct.unpack(order + "I", tail)[0]
    count = read_at(file, directory, 2)
    if len(count) < 2 or directory >= end:
        return
    entries = read_at(file, directory + 2, 10 * min(struct.unpack(order + "H", count)[0], _MAX_ENTRIES))
    for kind, size, offset in struct.iter_unpack(order + "HII", entries[: len(entries) // 10 * 10]):
        tag, inside = kind & 0x3FFF, start + offset
        if kind & 0xC000 == 0x4000:  # the value lies in the entry itself
            yield tag, struct.pack(order + "II", size, offset)
        elif kind & 0x3800 in (0x2800, 0x3000):
            if start <= inside and inside + size < end:  # strictly inside its parent, so this ends
                yield from heap_values(Heap(file, order, inside, inside + size), wanted, depth + 1)
        elif tag in wanted:
            yield tag, read_at(file, inside, min(size, _MAX_VALUE))
