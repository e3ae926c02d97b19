"""HEIC and AVIF: cleaned in place, so that no byte of the picture moves.

These files are tables of items (picture tiles, thumbnails, depth maps, Exif, XMP) that point into one block of data.
Kept are the items that the main picture is made of, and its alpha plane. Every other item is renamed `free`, which
readers pass over, and all data that no kept item owns becomes zeros; so do boxes that a picture does not need. The Exif
item is overwritten with a small block where it is long enough. Orientation is a property (`irot`, `imir`) that stays.
Source: ISO/IEC 23008-12 (HEIF), 23000-22 (MIAF), AV1 image file format 1.1.
"""

from __future__ import annotations

import hashlib
import io
import struct
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from curate.containers.isobmff import Item, Reference, associations, boxes, items, locations, primary_item, references
from curate.containers.stream import DamagedFile, Part
from curate.export.strip import CannotClean, Parts
from curate.export.strip.icc import clean_profile

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

_Range = tuple[int, int]
_Box = Part[bytes]


@dataclass(slots=True)
class _File:
    """What a file's boxes say.

    Attributes:
        items: by their number.
        ranges: number of an item -> where its data lie.
        primary: the item that is shown.
        references: from item to items.
        associations: number of an item -> numbers of its properties, from 1.
        properties: boxes that say how items are coded and shown.
        stores: contents of `mdat` and `idat` boxes, where items' data may lie.
        empty: boxes whose content means nothing, or may not stay; not yet zeroed.
        handler: the box that says what kind of file it is, and may name a program.
    """

    items: dict[int, Item] = field(default_factory=dict)
    ranges: dict[int, list[_Range]] = field(default_factory=lambda: defaultdict(list))
    primary: int | None = None
    references: list[Reference] = field(default_factory=list)
    associations: dict[int, list[int]] = field(default_factory=dict)
    properties: list[_Box] = field(default_factory=list)
    stores: list[_Range] = field(default_factory=list)
    empty: list[_Box] = field(default_factory=list)
    handler: _Box | None = None

    def kept(self, data: bytes) -> list[Item]:
        """Return the items that the main picture is made of, by ID."""
        if self.primary is None or self.primary not in self.items:
            raise CannotClean("its main picture is missing")
        parts: dict[int, set[int]] = defaultdict(set)
        for reference in self.references:
            if reference.type == b"dimg":
                parts[reference.origin].update(reference.targets)
            elif reference.type == b"auxl" and self._is_alpha(reference.origin, data):
                for target in reference.targets:
                    parts[target].add(reference.origin)
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

    def exif(self) -> Item | None:
        """Return the Exif item of the main picture."""
        described = (r for r in self.references if r.type == b"cdsc" and self.primary in r.targets)
        items = (self.items.get(reference.origin) for reference in described)
        return next((item for item in items if item is not None and item.type == b"Exif"), None)

    def data_of(self, *items: Item) -> list[_Range]:
        """Return where the data of items lie."""
        return [place for item in items for place in self.ranges[item.id]]

    def _is_alpha(self, item: int, data: bytes) -> bool:
        boxes = [self.properties[i - 1] for i in self.associations.get(item, []) if 0 < i <= len(self.properties)]
        return any(box.type == b"auxC" and data[box.body + 4 : box.end].startswith(_ALPHA) for box in boxes)


def strip(data: bytes, exif_blocks: list[bytes]) -> bytes:
    """Return the file with all but its main picture overwritten; its length and all offsets stay.

    Args:
        exif_blocks: TIFF structures, best first; the first that fits over the old Exif item is written.
    """
    parsed = _parse(data)
    kept = parsed.kept(data)
    out = bytearray(data)
    exif = parsed.exif()
    room = parsed.data_of(exif) if exif else []
    payload = next((p for p in map(_exif_payload, exif_blocks) if exif and len(p) <= _length(room)), None)
    owned = parsed.data_of(*kept)
    if payload is not None and exif is not None:
        if _overlap(owned, room):
            raise CannotClean("its Exif block and its picture overlap")
        owned += room
        kept.append(exif)
    kept_ids = {item.id for item in kept}
    _check_inside(owned, parsed.stores)
    for start, stop in _gaps(parsed.stores, owned):
        out[start:stop] = bytes(stop - start)
    if payload is not None:
        rest = payload.ljust(_length(room), b"\0")
        for start, stop in room:
            out[start:stop], rest = rest[: stop - start], rest[stop - start :]
    for box in parsed.empty:
        out[box.start + 4 : box.start + 8] = b"free"
        out[box.body : box.end] = bytes(box.end - box.body)
    for item in parsed.items.values():
        after = item.type_at + 4
        if item.id not in kept_ids:
            out[item.type_at : after] = b"free"
        out[after : item.entry.end] = bytes(item.entry.end - after)  # names, and what followed them
    for box in parsed.properties:
        _clean_property(out, box)
    if parsed.handler is not None:
        name = parsed.handler.body + 24
        out[name : parsed.handler.end] = bytes(max(0, parsed.handler.end - name))
    return bytes(out)


def private_parts(data: bytes) -> Parts:
    """Return what the file holds besides its main picture."""
    parsed = _parse(data)
    kept = parsed.kept(data)
    exif = parsed.exif()
    allowed = [*kept, exif] if exif else kept
    allowed_ids = {item.id for item in allowed}
    foreign = [
        f"a {item.type.decode('latin-1')} item that is not part of the picture"
        for item in parsed.items.values()
        if item.id not in allowed_ids and item.type != b"free"
    ]
    foreign += [
        f"a {box.type.decode('latin-1')} box that is not empty"
        for box in parsed.empty
        if box.type not in _EMPTY or data.count(0, box.body, box.end) != box.end - box.body
    ]
    gaps = _gaps(parsed.stores, parsed.data_of(*allowed))
    if any(data.count(0, start, stop) != stop - start for start, stop in gaps):
        foreign.append("data that belong to no part of the picture")
    payload = b"".join(data[start:stop] for start, stop in parsed.data_of(exif)) if exif else b""
    start = 4 + int.from_bytes(payload[:4], "big")
    if payload[4:start] not in (b"", b"Exif\0\0"):
        foreign.append("data in front of the Exif block")
    return Parts(tuple(foreign), (payload[start:],) if exif else ())


def picture_digest(data: bytes) -> str:
    """Return the sha256 of the data of all items that the main picture is made of."""
    digest = hashlib.sha256()
    parsed = _parse(data)
    for start, stop in parsed.data_of(*parsed.kept(data)):
        digest.update(data[start:stop])
    return digest.hexdigest()


def _exif_payload(tiff: bytes) -> bytes:
    return struct.pack(">I", 6) + b"Exif\0\0" + tiff


def _parse(data: bytes) -> _File:
    file = io.BytesIO(data)
    parsed = _File()
    meta = None
    for box in boxes(file, 0, len(data), strict=True):
        if box.type in _SEQUENCE:
            raise CannotClean("it is a film or an image sequence")
        if box.type == b"meta" and meta is None:
            meta = box
        elif box.type == b"mdat":
            parsed.stores.append((box.body, box.end))
        elif box.type != b"ftyp":
            parsed.empty.append(box)
    if meta is None:
        raise CannotClean("it has no table of items")
    children = list(boxes(file, meta.body + 4, meta.end, strict=True))
    for box in children:
        if box.type == b"idat":
            parsed.stores.append((box.body, box.end))
        elif box.type == b"hdlr":
            parsed.handler = box
        elif box.type == b"pitm":
            parsed.primary = primary_item(file, box)
        elif box.type == b"iinf":
            _add_items(file, box, parsed)
        elif box.type == b"iref":
            parsed.references += references(file, box, strict=True)
        elif box.type == b"iprp":
            _add_properties(file, box, parsed)
        elif box.type not in _META:
            parsed.empty.append(box)
    idat = next((box.body for box in children if box.type == b"idat"), None)
    for box in children:  # after the item table, which may follow it
        if box.type == b"iloc":
            _add_ranges(file, box, parsed, idat)
    return parsed


def _add_items(file: io.BytesIO, table: _Box, parsed: _File) -> None:
    for item in items(file, table, strict=True):
        if item.id in parsed.items:
            raise DamagedFile("its table of items is damaged")
        parsed.items[item.id] = item


def _add_properties(file: io.BytesIO, box: _Box, parsed: _File) -> None:
    for child in boxes(file, box.body, box.end, strict=True):
        if child.type == b"ipco":
            parsed.properties += boxes(file, child.body, child.end, strict=True)
        elif child.type == b"ipma":
            parsed.associations.update(associations(file, child))
        else:
            parsed.empty.append(child)
    parsed.empty += [p for p in parsed.properties if p.type not in _PROPERTIES]


def _add_ranges(file: io.BytesIO, table: _Box, parsed: _File, idat: int | None) -> None:
    for place in locations(file, table, strict=True):
        item = parsed.items.get(place.item)
        if item is None or item.type not in _PICTURE_ITEMS | {b"Exif"}:
            continue
        origin = {0: 0, 1: idat}.get(place.method)
        for offset, length in place.extents:
            if place.elsewhere or origin is None or not length:
                raise CannotClean("a part of it lies where it cannot be followed")
            parsed.ranges[item.id].append((origin + offset, origin + offset + length))


def _clean_property(out: bytearray, box: _Box) -> None:
    """Keep of a colour profile only what says colour."""
    if box.type == b"colr" and bytes(out[box.body : box.body + 4]) in (b"prof", b"rICC"):
        profile = bytes(out[box.body + 4 : box.end])
        cleaned = clean_profile(profile)
        if cleaned is None:
            raise CannotClean("its colour profile is damaged")
        out[box.body + 4 : box.end] = cleaned


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
