"""The few labels that stand in the maker's own block (MakerNote) alone, or more exactly than in Exif.

Many older cameras wrote their ISO speed nowhere else, and Kodak's blocks have the exact exposure where Exif has it
rounded. This module finds the block and opens its directory; `makers.py` reads the values.

A directory's values usually lie at offsets from the file's own TIFF header, so they are lost when a program moves the
block without rewriting them. Canon's blocks end with the offset that they were written for, so the move can be undone.
Elsewhere nothing is guessed: a value read at a wrong offset would be a wrong label.
"""

from __future__ import annotations

import struct

from curate.containers.blocks import TIFF_MAGIC, TiffBlock
from curate.containers.stream import read_at
from curate.containers.tiff import Ifd, read_ifd
from curate.photos.metadata import makers
from curate.photos.metadata.makers import MakerNote
from curate.photos.metadata.tags import EXIF_POINTER, MAKER_NOTE

_ORDERS = {b"II": "<", b"MM": ">"}
_MAX_FIXED = 512
"""Bytes of a block without directory, or of a text, that are looked at."""

_KODAK_POINTER, _KODAK_TEXT, _APPLE_BURST = 0x8290, 0x03F1, 0x000B


def read_maker_note(block: TiffBlock, make: str | None, model: str | None = None) -> MakerNote:
    """Return what a block's MakerNote adds; an empty record where there is none that is known.

    Args:
        block: the TIFF structure that the picture's Exif is in.
        make, model: the camera as EXIF has it; with the block's first bytes they decide which layout it has.
    """
    found = _locate(block)
    if found is None:
        return _kodak_text(block) if "kodak" in (make or "").lower() else MakerNote()
    order, start, size = found
    stream = block.stream
    head = read_at(stream, start, min(size, _MAX_FIXED))
    maker, model = (make or "").lower(), model or ""

    def directory(skip: int) -> Ifd:
        for tried in (
            order,
            "<" if order == ">" else ">",
        ):  # programs keep the note's order when they change the file's
            ifd = read_ifd(stream, tried, start + skip)
            if ifd is not None:
                return ifd
        return Ifd(stream, order, 0, 0, {})

    if head.startswith(b"Nikon\0\x02") and (inner := _ORDERS.get(head[10:12])):
        ifd = read_ifd(stream, inner, start + 10 + _offset(head[14:18], inner), start + 10)
        return makers.nikon(ifd) if ifd else MakerNote()
    if maker.startswith("canon"):
        return _canon(directory(0), start, size, model)
    if head.startswith((b"QVC\0", b"DCI\0")):
        return makers.casio_second(directory(6))
    if maker.startswith("casio"):
        return makers.casio_first(directory(0))
    if head.startswith(b"Panasonic\0"):
        return makers.panasonic(directory(12))
    if head.startswith((b"SONY DSC \0", b"SONY CAM \0", b"SONY MOBILE")):
        return makers.sony(directory(12))
    if "kodak" in maker and head[:2] in _ORDERS and head[2:4] != b"*\0" and head[2:4] != b"\0*":
        ifd = read_ifd(stream, _ORDERS[head[:2]], start + 2)
        if ifd is not None:
            return makers.kodak_directory(ifd)
    if maker.startswith(("pentax", "asahi")):
        return makers.pentax(directory(6 if head.startswith(b"AOC\0") else 0))
    if maker.startswith(("minolta", "konica minolta")):
        return makers.minolta(directory(0))
    if maker.startswith("sony"):
        return makers.sony(directory(0))
    return makers.kodak(head, maker, model)


def apple_burst(block: TiffBlock) -> bytes:
    """Return the BurstUUID in Apple's block, which counts its offsets from its own start; empty where there is none."""
    found = _locate(block)
    head = read_at(block.stream, found[1], 14) if found else b""
    order = _ORDERS.get(head[12:14])
    if found is None or order is None or not head.startswith(b"Apple iOS\0"):
        return b""
    ifd = read_ifd(block.stream, order, found[1] + 14, found[1])
    return ifd.data(_APPLE_BURST, 64) if ifd else b""


def first_ifd(block: TiffBlock) -> Ifd | None:
    """Return a block's first directory; None where there is none. BigTIFF, which no camera writes, has none here."""
    head = read_at(block.stream, 0, 8)
    order = _ORDERS.get(head[:2])
    if order is None or head[:4] not in (b"II*\0", b"MM\0*"):
        return None
    return read_ifd(block.stream, order, _offset(head[4:8], order))


def _locate(block: TiffBlock) -> tuple[str, int, int] | None:
    """The file's byte order, and where its MakerNote lies (offset, length)."""
    first = first_ifd(block)
    if first is None:
        return None
    pointer = first.number(EXIF_POINTER)
    photo = read_ifd(block.stream, first.order, int(pointer)) if pointer and pointer > 0 else None
    for ifd in (photo, first):  # the first directory is the picture's own in blocks that hold nothing else
        entry = ifd.entries.get(MAKER_NOTE) if ifd else None
        if entry is not None and not entry.inline:
            return first.order, entry.at, entry.size
    return None


def _offset(data: bytes, order: str) -> int:
    return int(struct.unpack(order + "I", data)[0]) if len(data) == 4 else 0


def _canon(ifd: Ifd, start: int, size: int, model: str) -> MakerNote:
    """Canon's directory; where its arrays are not where it says, its last eight bytes say where it once lay."""
    note = makers.canon(ifd, model)
    tail = read_at(ifd.stream, start + size - 8, 8) if size > 8 else b""
    order = _ORDERS.get(tail[:2])
    if note != MakerNote() or order is None or tail[:4] not in TIFF_MAGIC:
        return note
    return makers.canon(ifd.moved(start - _offset(tail[4:], order)), model)


def _kodak_text(block: TiffBlock) -> MakerNote:
    """Kodak's digital backs: a directory of Kodak's own beside Exif's, with a text in it."""
    first = first_ifd(block)
    pointer = first.number(_KODAK_POINTER) if first else None
    own = read_ifd(block.stream, first.order, int(pointer)) if first and pointer and pointer > 0 else None
    return makers.kodak_text(own.data(_KODAK_TEXT, _MAX_FIXED)) if own else MakerNote()
