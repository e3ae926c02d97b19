"""Colour profiles: they say what colours the numbers of a picture mean; that part stays, the rest goes.

Profiles of screens and printers may also hold a display's serial number (`mmod`, `meta`) or whole measurement files
(`targ`); their descriptions name a person's screen, and the time when it was calibrated. Tags that carry no colour go;
the texts of the others are made empty.
Source: ICC.1:2022, clause 7 (layout), clause 9 (tags), clause 10 (types); ICC.1:2001, clause 6.5.17 (descriptions).
"""

from __future__ import annotations

import struct
from typing import NamedTuple

_COLOUR_TAGS = frozenset(
    b"A2B0 A2B1 A2B2 A2B3 B2A0 B2A1 B2A2 B2A3 B2D0 B2D1 B2D2 B2D3 D2B0 D2B1 D2B2 D2B3 bXYZ gXYZ rXYZ bTRC gTRC rTRC "
    b"kTRC wtpt bkpt chad chrm cicp gamt lumi meas pre0 pre1 pre2 rig0 rig2 tech view aabg aagg aarg".split()
)
_TEXT_TAGS = frozenset({b"desc", b"cprt"})
"""Texts that a profile must have."""

_SIZES = {b"XYZ ": 20, b"sig ": 12, b"sf32": 44, b"view": 36, b"meas": 36, b"cicp": 12}
"""Type of a tag -> the bytes of it that are read."""
_PARAMETERS = (1, 3, 4, 5, 7)
"""How many numbers the five functions of a parametric curve have."""

_HEADER = 128
_CREATED, _ID, _RESERVED = slice(24, 36), slice(84, 100), slice(100, 128)
_NO_DATE = struct.pack(">6H", 2000, 1, 1, 0, 0, 0)
_MOST_TAGS = 1000


class _Tag(NamedTuple):
    """One tag of a profile: its name, and where its data are."""

    name: bytes
    offset: int
    length: int


def clean_profile(profile: bytes) -> bytes | None:
    """Return a profile of the same length with its colours alone, or None where it is not a valid profile.

    Gone are all tags that carry no colour, bytes that no tag needs, the texts of description and copyright, and the time
    of its creation. A profile that is clean is returned as it is.
    """
    tags = _tags(profile)
    if tags is None:
        return None
    kept = [tag for tag in tags if tag.name in _COLOUR_TAGS | _TEXT_TAGS]
    out = bytearray(len(profile))
    out[:_HEADER] = profile[:_HEADER]
    out[_CREATED], out[_RESERVED] = _NO_DATE, bytes(28)
    struct.pack_into(">I", out, _HEADER, len(kept))
    for i, tag in enumerate(kept):
        struct.pack_into(">4sII", out, _HEADER + 4 + 12 * i, *tag)
    for tag in sorted(kept, key=lambda tag: tag.name not in _TEXT_TAGS):  # where two tags overlap, colour wins
        data = profile[tag.offset : tag.offset + tag.length]
        clean = _empty_text(data) if tag.name in _TEXT_TAGS else data[: _used(data)]
        out[tag.offset : tag.offset + len(clean)] = clean
    if out == profile:
        return profile
    out[_ID] = bytes(16)  # the profile's own MD5; zero means "not computed"
    return bytes(out)


def _tags(profile: bytes) -> list[_Tag] | None:
    """Return a profile's tags in the order of its table; None where it is not a valid profile."""
    if len(profile) < _HEADER + 4 or profile[36:40] != b"acsp":
        return None
    (size,) = struct.unpack_from(">I", profile, 0)
    (count,) = struct.unpack_from(">I", profile, _HEADER)
    table_end = _HEADER + 4 + 12 * count
    if count > _MOST_TAGS or not table_end <= size <= len(profile):
        return None
    tags = [_Tag(*struct.unpack_from(">4sII", profile, _HEADER + 4 + 12 * i)) for i in range(count)]
    if any(tag.offset < table_end or tag.offset + tag.length > size for tag in tags):
        return None
    return tags


def _used(data: bytes) -> int:
    """Return how many bytes of a tag's data its type needs; all of them where that is not simple."""
    kind = data[:4]
    if kind == b"curv" and len(data) >= 12:
        return 12 + 2 * int.from_bytes(data[8:12], "big")
    if kind == b"para" and len(data) >= 12 and (function := int.from_bytes(data[8:10], "big")) < len(_PARAMETERS):
        return 12 + 4 * _PARAMETERS[function]
    return _SIZES.get(kind, len(data))


def _empty_text(data: bytes) -> bytes:
    """Return the data of a text with no text in it."""
    kind = data[:4]
    if kind == b"desc" and len(data) >= 13:
        return kind + bytes(4) + struct.pack(">I", 1)  # a count of one: the zero at its end
    if kind == b"mluc" and len(data) >= 30:
        return kind + bytes(4) + struct.pack(">II4sII", 1, 12, b"enUS", 2, 28) + " ".encode("utf-16-be")
    return (kind if kind in (b"text", b"desc", b"mluc") else b"text") + bytes(4)
