"""The few labels that stand in the maker's own block alone, or better there than in Exif.

Older Canon, Casio and Kodak cameras wrote their ISO speed nowhere else. Kodak's block also has the exposure as it was,
where Exif has it rounded to a nominal value; exiftool prefers the former, and so do we.

MakerNotes are undocumented by their makers; what is read here are the few values that several independent
descriptions agree on: Canon's camera settings and shot information, Casio's two layouts, Kodak's first one. Nikon's
pair of numbers is left alone, since its first is usually zero and the meaning of the second changed.

Everything is read at given places with bounds, and no count is trusted: a directory has at most `_MAX_ENTRIES`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

from curate.photos.blocks import TiffBlock, read_at
from curate.photos.tags import EXIF_POINTER, MAKER_NOTE

_MAX_ENTRIES = 256
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}

Entry = tuple[int, int, int]
"""Type, count, and where the value lies in the block."""

_CANON_SETTINGS, _CANON_SHOT = 0x0001, 0x0004
_MAX_STOPS = 32 * 20  # twenty stops: beyond any sensor
_CANON_CODES = {16: 50, 17: 100, 18: 200, 19: 400, 20: 800}


@dataclass(frozen=True, slots=True)
class MakerNote:
    """Labels from a MakerNote: ISO speed, and Kodak's exposure time in seconds and F number."""

    iso: float | None = None
    exposure_s: float | None = None
    aperture: float | None = None


def read_maker_note(block: TiffBlock, make: str | None) -> MakerNote:
    """Return what a block's MakerNote adds.

    Args:
        block: the TIFF structure that the picture's Exif is in.
        make: the camera's maker as EXIF has it; decides which layout is tried.
    """
    maker = (make or "").lower()
    if not maker.startswith(("canon", "casio", "kodak", "eastman kodak")):
        return MakerNote()
    stream = block.stream
    order = {b"II": "<", b"MM": ">"}.get(read_at(stream, 0, 2))
    head = read_at(stream, 4, 4)
    if order is None or len(head) < 4:
        return MakerNote()
    image = _directory(stream, order, struct.unpack(order + "I", head)[0])
    pointer = _integers(stream, order, image.get(EXIF_POINTER), 1)
    photo = _directory(stream, order, pointer[0]) if pointer else {}
    note = photo.get(MAKER_NOTE) or image.get(MAKER_NOTE)
    if note is None:
        return MakerNote()
    if maker.startswith("canon"):
        return MakerNote(_canon(stream, order, note[2]))
    if maker.startswith("casio"):
        return MakerNote(_casio(stream, order, note[2]))
    return _kodak(read_at(stream, note[2], min(note[1], 256)))


def canon_iso(settings: tuple[int, ...], shot: tuple[int, ...]) -> float | None:
    """Return ISO from Canon's two arrays: the setting where it names a speed, else base speed times the automatic gain.

    Args:
        settings: 16-bit numbers; the 16th (from 0) is the ISO setting, a code or the speed with bit 14 set.
        shot: the 1st is the automatic gain, the 2nd the base speed, both in 1/32 stops.

    Each array begins with its own length in bytes; where it does not, a program has moved the block and the offsets
    point at something else.
    """
    settings, shot = (a if a and a[0] == 2 * len(a) else () for a in (settings, shot))
    code = settings[16] if len(settings) > 16 else 0
    if code in _CANON_CODES:
        return float(_CANON_CODES[code])
    if code & 0xC000 == 0x4000 and code != 0x7FFF:
        return float(code & 0x3FFF)
    if len(shot) > 2 and 0 < shot[2] < _MAX_STOPS and shot[1] < _MAX_STOPS:
        return float(100 / 32 * 2.0 ** ((shot[1] + shot[2]) / 32))
    return None


def _canon(stream: BinaryIO, order: str, start: int) -> float | None:
    order, entries = _note(stream, order, start)
    return canon_iso(
        _integers(stream, order, entries.get(_CANON_SETTINGS), 256),
        _integers(stream, order, entries.get(_CANON_SHOT), 256),
    )


def _casio(stream: BinaryIO, order: str, start: int) -> float | None:
    second_layout = read_at(stream, start, 6) in (b"QVC\0\0\0", b"DCI\0\0\0")
    order, entries = _note(stream, order, start + 6 if second_layout else start)
    values = _integers(stream, order, entries.get(0x3014 if second_layout else 0x0014), 1)
    return float(values[0]) if values and values[0] >= 25 else None


def _kodak(note: bytes) -> MakerNote:
    if len(note) < 8 + 0x62 or note[:3] != b"KDK":
        return MakerNote()
    order = ">" if note[:8] == b"KDK INFO" else "<"
    aperture, exposure = struct.unpack_from(order + "HI", note, 8 + 0x1E)
    iso = struct.unpack_from(order + "H", note, 8 + 0x60)[0]
    return MakerNote(float(iso) if iso < 0xFFFF else None, exposure / 1e5, aperture / 100)


def _note(stream: BinaryIO, order: str, offset: int) -> tuple[str, dict[int, Entry]]:
    """A MakerNote's directory and its byte order: programs that rewrite a file keep the note's own order."""
    for tried in (order, "<" if order == ">" else ">"):
        entries = _directory(stream, tried, offset)
        if entries:
            return tried, entries
    return order, {}


def _directory(stream: BinaryIO, order: str, offset: int) -> dict[int, Entry]:
    """Tag -> entry of the directory at an offset; nothing where there is none."""
    head = read_at(stream, offset, 2)
    if len(head) < 2:
        return {}
    count = struct.unpack(order + "H", head)[0]
    if count > _MAX_ENTRIES:
        return {}
    data = read_at(stream, offset + 2, 12 * count)
    found: dict[int, Entry] = {}
    for i in range(len(data) // 12):
        tag, kind, values, pointer = struct.unpack_from(order + "HHII", data, 12 * i)
        if kind in _SIZES:
            inline = values * _SIZES[kind] <= 4
            found[tag] = (kind, values, offset + 2 + 12 * i + 8 if inline else pointer)
    return found


def _integers(stream: BinaryIO, order: str, entry: Entry | None, most: int) -> tuple[int, ...]:
    """The first numbers of an entry of 16- or 32-bit integers."""
    if entry is None or entry[0] not in (3, 4, 8, 9, 13):
        return ()
    code = "H" if _SIZES[entry[0]] == 2 else "I"
    data = read_at(stream, entry[2], _SIZES[entry[0]] * min(entry[1], most))
    whole = len(data) // _SIZES[entry[0]]
    return struct.unpack_from(f"{order}{whole}{code}", data)
