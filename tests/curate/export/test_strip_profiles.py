"""Colour profiles of exported photos: the colours stay, and nothing else."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from dirty_pictures import SECRET, noise, pixels, profile
from PIL import ImageCms

from curate.export.privacy import clean
from curate.export.strip.exif import KeptExif
from curate.export.strip.icc import clean_profile


def test_colour_profiles() -> None:
    """A private tag goes, and the length stays; a clean profile stays byte for byte; nonsense is no profile."""
    plain = profile(private=False)
    dirty_profile = profile(private=True)
    cleaned = clean_profile(dirty_profile)
    assert cleaned is not None
    assert SECRET not in cleaned
    assert len(cleaned) == len(dirty_profile)
    assert clean_profile(cleaned) == cleaned
    for broken in (b"", plain[:100], plain[:36] + b"none" + plain[40:], plain[:128] + struct.pack(">I", 10**9)):
        assert clean_profile(broken) is None


def texts(kind: bytes) -> bytes:
    """Return the data of a text in a profile, of the type that is named, with the secret in it."""
    wide = SECRET.decode().encode("utf-16-be")
    if kind == b"desc":  # ASCII, then Unicode, then a script code of a Macintosh
        mac = struct.pack(">HB", 0, len(SECRET)) + SECRET.ljust(67, b"\0")
        ascii_text = struct.pack(">I", len(SECRET) + 1) + SECRET + b"\0"
        return kind + bytes(4) + ascii_text + struct.pack(">II", 0, len(SECRET)) + wide + mac
    if kind == b"mluc":
        return kind + bytes(4) + struct.pack(">II4sII", 1, 12, b"deDE", len(wide), 28) + wide
    return kind + bytes(4) + SECRET


def with_tag(plain: bytes, tag: bytes, data: bytes) -> bytes:
    """Return a profile in which a tag that it has points to other data, at its end."""
    at = plain.index(tag, 128)
    out = plain[:at] + struct.pack(">4sII", tag, len(plain), len(data)) + plain[at + 12 :] + data
    return struct.pack(">I", len(out)) + out[4:]


@pytest.mark.parametrize("tag", [b"desc", b"cprt"])
@pytest.mark.parametrize("kind", [b"desc", b"mluc", b"text", b"utf8"])
def test_a_profile_s_texts_go_and_its_colours_stay(tag: bytes, kind: bytes) -> None:
    """Description and copyright are empty afterwards in every type that they have; the same numbers are the same colours."""
    private = with_tag(profile(private=False), tag, texts(kind))
    cleaned = clean_profile(private)
    assert cleaned is not None
    needles = SECRET, SECRET.decode().encode("utf-16-be")
    assert any(needle in private for needle in needles)
    assert not any(needle in cleaned for needle in needles)
    shown = [
        ImageCms.profileToProfile(
            noise(), ImageCms.ImageCmsProfile(io.BytesIO(icc)), ImageCms.createProfile("LAB"), 0, "LAB"
        )
        for icc in (private, cleaned)
    ]
    assert np.array_equal(*map(np.asarray, shown))


@pytest.mark.parametrize("place", ["date", "reserved", "behind a curve", "behind a colour"])
def test_a_profile_holds_nothing_beside_its_values(place: str) -> None:
    """The time of its creation, reserved bytes of the header, and bytes behind a value that nobody reads are gone."""
    plain = profile(private=False)
    curve = b"para" + bytes(4) + struct.pack(">HHi", 0, 0, 2 << 16)
    private = {
        "date": plain[:24] + SECRET + b"1" + plain[36:],
        "reserved": plain[:100] + SECRET + plain[100 + len(SECRET) :],
        "behind a curve": with_tag(plain, b"rTRC", curve + SECRET),
        "behind a colour": with_tag(plain, b"rXYZ", b"XYZ " + bytes(16) + SECRET),
    }[place]
    cleaned = clean_profile(private)
    assert cleaned is not None
    assert SECRET in private
    assert SECRET not in cleaned
    assert clean_profile(cleaned) == cleaned


def test_a_profile_in_many_segments() -> None:
    """A profile of more than 64 KiB is joined, cleaned and cut again."""
    big = profile(private=True)
    big += bytes(200_000)
    big = struct.pack(">I", len(big)) + big[4:]
    out = io.BytesIO()
    noise().save(out, "JPEG", icc_profile=big)
    cleaned = clean(out.getvalue(), KeptExif())
    assert SECRET not in cleaned
    assert len(pixels(cleaned)[1] or b"") == len(big)
