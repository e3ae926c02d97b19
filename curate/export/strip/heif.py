"""HEIC and AVIF: cleaned in place, so that no byte of the picture moves.

These files are tables of items (picture tiles, thumbnails, depth maps, Exif, XMP) that point into one block of data.
Kept are the items that the main picture is made of, and its alpha plane. Every other item is renamed `free`, which
readers pass over, and all data that no kept item owns becomes zeros; so do boxes that a picture does not need. The Exif
item is overwritten with a small block where it is long enough. Orientation is a property (`irot`, `imir`) that stays.
Source: ISO/IEC 14496-12 (boxes), 23008-12 (HEIF), 23000-22 (MIAF), AV1 image file format 1.1.
"""

from __future__ import annotations

import hashlib
import struct
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from curate.export.strip import CannotClean, Parts
from curate.export.strip.icc import clean_profile

_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"mif2", b"avif"})
_SEQUENCE = frozenset({b"moov", b"moof", b"mfra"})
_EMPTY = frozenset({b"free", b"skip"})
_META = frozenset({b"pitm", b"iinf", b"iloc", b"iref", b"iprp", b"idat", b"hdlr", b"grpl"})
_PICTURE_ITEMS = frozenset({b"hvc1", b"av01", b"avc1", b"vvc1", b"unci", b"grid", b"iovl", b"iden"})
_PROPERTIES = frozenset(
    b"hvcC av1C avcC vvcC uncC cmpd cmpC icef ispe pixi colr pasp irot imir clap auxC a1op a1lx lsel rloc rref clli "
    b"mdcv cclv amve iscl".split()
)
_ALPHA = (
    b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0",
    b"urn:mpeg:hevc:2015:auxid:1\0",
    b"urn:mpeg:avc:2015:auxid:1\0",
)
_MOST_BOXES = 100_000

_Range = tuple[int, int]


class _Box(NamedTuple):
    """A box: its type, where it begins, where its content begins, where it ends."""

    type: bytes
    start: int
    body: int
    stop: int


@dataclass(slots=True)
class _Item:
    """An item: its type, where its entry in the item table is, and where its data lie."""

    id: int
    type: bytes
    entry: _Box
    type_at: int
    ranges: list[_Range] = field(default_factory=list)


@dataclass(slots=True)
class _File:
    """What a file's boxes say.

    Attributes:
        stores: contents of `mdat` and `idat` boxes, where items' data may lie.
        empty: boxes whose content means nothing, or may not stay; not yet zeroed.
        references: (type, from item, to items).
    """

    items: dict[int, _Item] = field(default_factory=dict)
    primary: int | None = None
    references: list[tuple[bytes, int, tuple[int, ...]]] = field(default_factory=list)
    associations: dict[int, list[int]] = field(default_factory=dict)
    properties: list[_Box] = field(default_factory=list)
    stores: list[_Range] = field(default_factory=list)
    empty: list[_Box] = field(default_factory=list)
    handler: _Box | None = None

    def kept(self, data: bytes) -> list[_Item]:
        """Return the items that the main picture is made of, by ID."""
        if self.primary is None or self.primary not in self.items:
            raise CannotClean("its main picture is missing")
        parts: dict[int, set[int]] = defaultdict(set)
        for type_, origin, targets in self.references:
            if type_ == b"dimg":
                parts[origin].update(targets)
            elif type_ == b"auxl" and self._is_alpha(origin, data):
                for target in targets:
                    parts[target].add(origin)
        found, new = {self.primary}, [self.primary]
        while new:
            fresh = parts[new.pop()] - found
            found |= fresh
            new += fresh
        if not found <= self.items.keys():
            raise CannotClean("a part of its main picture is missing")
        kept = [self.items[i] for i in sorted(found)]
        if any(item.type not in _PICTURE_ITEMS for item in kept):
            raise CannotClean("its main picture is of a kind that is not known here")
        return kept

    def exif(self) -> _Item | None:
        """Return the Exif item of the main picture."""
        for type_, origin, targets in self.references:
            item = self.items.get(origin)
            if type_ == b"cdsc" and item is not None and item.type == b"Exif" and self.primary in targets:
                return item
        return None

    def _is_alpha(self, item: int, data: bytes) -> bool:
        boxes = [self.properties[i - 1] for i in self.associations.get(item, []) if 0 < i <= len(self.properties)]
        return any(box.type == b"auxC" and data[box.body + 4 : box.stop].startswith(_ALPHA) for box in boxes)


def is_heif(data: bytes) -> bool:
    """Say whether a file begins like a HEIF or AVIF picture."""
    if data[4:8] != b"ftyp":
        return False
    size = min(int.from_bytes(data[:4], "big"), 1024)
    brands = {data[8:12], *(data[i : i + 4] for i in range(16, size - 3, 4))}
    return not brands.isdisjoint(_BRANDS)


def strip(data: bytes, exif_blocks: list[bytes]) -> bytes:
    """Return the file with all but its main picture overwritten; its length and all offsets stay.

    Args:
        exif_blocks: TIFF structures, best first; the first that fits over the old Exif item is written.
    """
    parsed = _parse(data)
    kept = parsed.kept(data)
    out = bytearray(data)
    exif = parsed.exif()
    payload = next((p for p in map(_exif_payload, exif_blocks) if exif and len(p) <= _length(exif.ranges)), None)
    owned = [r for item in kept for r in item.ranges]
    if payload is not None and exif is not None:
        if _overlap(owned, exif.ranges):
            raise CannotClean("its Exif block and its picture overlap")
        owned += exif.ranges
        kept.append(exif)
    kept_ids = {item.id for item in kept}
    _check_inside(owned, parsed.stores)
    for start, stop in _gaps(parsed.stores, owned):
        out[start:stop] = bytes(stop - start)
    if payload is not None and exif is not None:
        rest = payload.ljust(_length(exif.ranges), b"\0")
        for start, stop in exif.ranges:
            out[start:stop], rest = rest[: stop - start], rest[stop - start :]
    for box in parsed.empty:
        out[box.start + 4 : box.start + 8] = b"free"
        out[box.body : box.stop] = bytes(box.stop - box.body)
    for item in parsed.items.values():
        after = item.type_at + 4
        if item.id not in kept_ids:
            out[item.type_at : after] = b"free"
        out[after : item.entry.stop] = bytes(item.entry.stop - after)  # names, and what followed them
    for box in parsed.properties:
        _clean_property(out, box)
    if parsed.handler is not None:
        name = parsed.handler.body + 24
        out[name : parsed.handler.stop] = bytes(max(0, parsed.handler.stop - name))
    return bytes(out)


def private_parts(data: bytes) -> Parts:
    """Return what the file holds besides its main picture."""
    parsed = _parse(data)
    kept = parsed.kept(data)
    exif = parsed.exif()
    allowed = [*kept, exif] if exif else kept
    allowed_ids = {item.id for item in allowed}
    foreign = [
        f"a {item.type.decode('latin-1')} item that is no part of the picture"
        for item in parsed.items.values()
        if item.id not in allowed_ids and item.type != b"free"
    ]
    foreign += [
        f"a {box.type.decode('latin-1')} box that is not empty"
        for box in parsed.empty
        if box.type not in _EMPTY or data.count(0, box.body, box.stop) != box.stop - box.body
    ]
    gaps = _gaps(parsed.stores, [r for item in allowed for r in item.ranges])
    if any(data.count(0, start, stop) != stop - start for start, stop in gaps):
        foreign.append("data that belong to no part of the picture")
    payload = b"".join(data[start:stop] for start, stop in exif.ranges) if exif else b""
    start = 4 + int.from_bytes(payload[:4], "big")
    if payload[4:start] not in (b"", b"Exif\0\0"):
        foreign.append("data in front of the Exif block")
    return Parts(tuple(foreign), (payload[start:],) if exif else ())


def picture_digest(data: bytes) -> str:
    """Return the sha256 of the data of all items that the main picture is made of."""
    digest = hashlib.sha256()
    for item in _parse(data).kept(data):
        digest.update(b"".join(data[start:stop] for start, stop in item.ranges))
    return digest.hexdigest()


def _exif_payload(tiff: bytes) -> bytes:
    return struct.pack(">I", 6) + b"Exif\0\0" + tiff


def _parse(data: bytes) -> _File:
    parsed = _File()
    meta = None
    try:
        for box in _boxes(data, 0, len(data)):
            if box.type in _SEQUENCE:
                raise CannotClean("it is a film or an image sequence")
            if box.type == b"meta" and meta is None:
                meta = box
            elif box.type == b"mdat":
                parsed.stores.append((box.body, box.stop))
            elif box.type != b"ftyp":
                parsed.empty.append(box)
        if meta is None:
            raise CannotClean("it has no table of items")
        children = list(_boxes(data, meta.body + 4, meta.stop))
        idat = next((child.body for child in children if child.type == b"idat"), None)
        readers: dict[bytes, Callable[[bytes, _Box, _File], None]] = {
            b"pitm": _read_primary,
            b"iinf": _read_items,
            b"iref": _read_references,
            b"iprp": _read_properties,
        }
        for child in children:
            if child.type not in _META:
                parsed.empty.append(child)
            elif child.type == b"hdlr":
                parsed.handler = child
            elif child.type == b"idat":
                parsed.stores.append((child.body, child.stop))
            elif child.type in readers:
                readers[child.type](data, child, parsed)
        for child in children:  # after the item table, which may follow it
            if child.type == b"iloc":
                _read_locations(data, child, parsed, idat)
    except (struct.error, IndexError):
        raise CannotClean("its tables are damaged") from None
    return parsed


def _boxes(data: bytes, at: int, end: int) -> Iterator[_Box]:
    for _ in range(_MOST_BOXES):
        if at == end:
            return
        if at + 8 > end:
            raise CannotClean("it has bytes that belong to no box")
        size, type_ = struct.unpack_from(">I4s", data, at)
        body = at + 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, body)
            body += 8
        elif size == 0:
            size = end - at
        if size < body - at or at + size > end:
            raise CannotClean("it ends within a box")
        yield _Box(type_, at, body, at + size)
        at += size
    raise CannotClean("it has too many boxes")


def _read_primary(data: bytes, box: _Box, parsed: _File) -> None:
    (parsed.primary,) = struct.unpack_from(">I" if data[box.body] else ">H", data, box.body + 4)


def _read_items(data: bytes, box: _Box, parsed: _File) -> None:
    first = box.body + 4 + (4 if data[box.body] else 2)
    for entry in _boxes(data, first, box.stop):
        version = data[entry.body]
        if entry.type != b"infe" or version not in (2, 3):
            raise CannotClean("its table of items is of an old kind")
        (item_id,) = struct.unpack_from(">I" if version == 3 else ">H", data, entry.body + 4)
        type_at = entry.body + (10 if version == 3 else 8)
        if type_at + 4 > entry.stop or item_id in parsed.items:
            raise CannotClean("its table of items is damaged")
        parsed.items[item_id] = _Item(item_id, data[type_at : type_at + 4], entry, type_at)


def _read_references(data: bytes, box: _Box, parsed: _File) -> None:
    wide = bool(data[box.body])
    for entry in _boxes(data, box.body + 4, box.stop):
        origin, count = struct.unpack_from(">IH" if wide else ">HH", data, entry.body)
        at = entry.body + (6 if wide else 4)
        if at + count * (4 if wide else 2) > entry.stop:
            raise CannotClean("its table of references is damaged")
        targets = struct.unpack_from(f">{count}{'I' if wide else 'H'}", data, at)
        parsed.references.append((entry.type, origin, targets))


def _read_properties(data: bytes, box: _Box, parsed: _File) -> None:
    for child in _boxes(data, box.body, box.stop):
        if child.type == b"ipco":
            parsed.properties += _boxes(data, child.body, child.stop)
        elif child.type == b"ipma":
            _read_associations(data, child, parsed)
        else:
            parsed.empty.append(child)
    parsed.empty += [p for p in parsed.properties if p.type not in _PROPERTIES]


def _read_associations(data: bytes, box: _Box, parsed: _File) -> None:
    version, wide = data[box.body], data[box.body + 3] & 1
    (count,) = struct.unpack_from(">I", data, box.body + 4)
    at = box.body + 8
    for _ in range(count):
        (item_id,) = struct.unpack_from(">I" if version else ">H", data, at)
        at += 4 if version else 2
        number = data[at]
        at += 1
        step = 2 if wide else 1
        if at + number * step > box.stop:
            raise CannotClean("its table of properties is damaged")
        raw = [int.from_bytes(data[at + i * step : at + (i + 1) * step], "big") for i in range(number)]
        parsed.associations[item_id] = [value & (0x7FFF if wide else 0x7F) for value in raw]
        at += number * step


def _read_locations(data: bytes, box: _Box, parsed: _File, idat: int | None) -> None:
    version = data[box.body]
    sizes = data[box.body + 4], data[box.body + 5]
    offset_size, length_size, base_size = sizes[0] >> 4, sizes[0] & 15, sizes[1] >> 4
    index_size = sizes[1] & 15 if version in (1, 2) else 0
    if (
        version > 2
        or offset_size + length_size == 0
        or not {offset_size, length_size, base_size, index_size} <= {0, 4, 8}
    ):
        raise CannotClean("its table of places is of an unknown kind")
    at = box.body + 6

    def take(size: int) -> int:
        nonlocal at
        at += size
        if at > box.stop:
            raise CannotClean("its table of places is damaged")
        return int.from_bytes(data[at - size : at], "big")

    for _ in range(take(4 if version == 2 else 2)):
        item = parsed.items.get(take(4 if version == 2 else 2))
        method = take(2) & 15 if version else 0
        elsewhere = take(2)
        base = take(base_size)
        for _ in range(take(2)):
            take(index_size)
            start = base + take(offset_size)
            length = take(length_size)
            if item is None or item.type not in _PICTURE_ITEMS | {b"Exif"}:
                continue
            if elsewhere or method > 1 or not length or (method == 1 and idat is None):
                raise CannotClean("a part of it lies where it cannot be followed")
            start += (idat or 0) if method == 1 else 0
            item.ranges.append((start, start + length))


def _clean_property(out: bytearray, box: _Box) -> None:
    """Keep of a colour profile only what says colour."""
    if box.type == b"colr" and bytes(out[box.body : box.body + 4]) in (b"prof", b"rICC"):
        profile = bytes(out[box.body + 4 : box.stop])
        cleaned = clean_profile(profile)
        if cleaned is None:
            raise CannotClean("its colour profile is damaged")
        out[box.body + 4 : box.stop] = cleaned


def _length(ranges: list[_Range]) -> int:
    return sum(stop - start for start, stop in ranges)


def _overlap(a: list[_Range], b: list[_Range]) -> bool:
    return any(x[0] < y[1] and y[0] < x[1] for x in a for y in b)


def _check_inside(ranges: list[_Range], stores: list[_Range]) -> None:
    for start, stop in ranges:
        if not any(low <= start and stop <= high for low, high in stores):
            raise CannotClean("a part of it lies outside its data")


def _gaps(stores: list[_Range], owned: list[_Range]) -> Iterator[_Range]:
    """Yield the stretches of the stores that nobody owns."""
    owned = sorted(owned)
    for low, high in stores:
        for start, stop in owned:
            if start >= high:
                break
            if start > low:
                yield low, start
            low = max(low, stop)
        if low < high:
            yield low, high
