"""Colour profiles: kept, since they say what the numbers of a picture mean, but only with the tags that do so.

Profiles of screens and printers may also hold a display's serial number (`mmod`, `meta`) or whole measurement files
(`targ`). Source: ICC.1:2022, clause 7 (layout) and clause 9 (tags).
"""

from __future__ import annotations

import struct

_COLOUR_TAGS = frozenset(
    b"A2B0 A2B1 A2B2 A2B3 B2A0 B2A1 B2A2 B2A3 B2D0 B2D1 B2D2 B2D3 D2B0 D2B1 D2B2 D2B3 bXYZ gXYZ rXYZ bTRC gTRC rTRC "
    b"kTRC wtpt bkpt chad chrm cicp clro clrt clot cprt desc gamt lumi meas ncl2 pre0 pre1 pre2 pseq rig0 rig2 tech "
    b"view vued dmnd dmdd aabg aagg aarg dscm".split()
)
_HEADER = 128
_MOST_TAGS = 1000


def clean_profile(profile: bytes) -> bytes | None:
    """Return a profile of the same length without tags that carry no colour, or None where it is no valid profile.

    A profile that holds nothing else is returned as it is.
    """
    if len(profile) < _HEADER + 4 or profile[36:40] != b"acsp":
        return None
    (size,) = struct.unpack_from(">I", profile, 0)
    (count,) = struct.unpack_from(">I", profile, _HEADER)
    table_end = _HEADER + 4 + 12 * count
    if count > _MOST_TAGS or not table_end <= size <= len(profile):
        return None
    kept: list[tuple[bytes, int, int]] = []
    dropped = 0
    for i in range(count):
        tag, offset, length = struct.unpack_from(">4sII", profile, _HEADER + 4 + 12 * i)
        if offset < table_end or offset + length > size:
            return None
        if tag in _COLOUR_TAGS:
            kept.append((tag, offset, length))
        else:
            dropped += 1
    used = bytearray(size)
    used[:table_end] = b"\1" * table_end
    for _, offset, length in kept:
        used[offset : offset + length] = b"\1" * length
    stray = any(not u and byte for u, byte in zip(used, profile[:size], strict=True)) or any(profile[size:])
    if not dropped and not stray:
        return profile

    out = bytearray(byte if u else 0 for u, byte in zip(used, profile[:size], strict=True))
    out[_HEADER:table_end] = bytes(table_end - _HEADER)
    struct.pack_into(">I", out, _HEADER, len(kept))
    for i, entry in enumerate(kept):
        struct.pack_into(">4sII", out, _HEADER + 4 + 12 * i, *entry)
    out[84:100] = bytes(16)  # the profile's own MD5; zero means "not computed"
    return bytes(out) + bytes(len(profile) - size)
