"""Bytes that are hidden inside coded data, where only a decoder knows the end."""

from __future__ import annotations

import io
import os
import struct
from pathlib import Path

import numpy as np
import pytest
from dirty_pictures import SECRET, noise, pixels

from curate.export.privacy import clean
from curate.export.strip.exif import KeptExif
from curate.export.strip.scans import scan_reader


@pytest.mark.parametrize("place", ["behind the scan", "between scans", "in front of a restart marker"])
def test_bytes_inside_a_jpeg_s_picture_data(place: str, tmp_path: Path) -> None:
    """Bytes that the decoder passes over in silence are told of, wherever in the coded data they stand."""
    options = {"between scans": {"progressive": True}, "in front of a restart marker": {"restart_marker_blocks": 3}}
    out = io.BytesIO()
    noise().save(out, "JPEG", quality=95, **options.get(place, {}))
    data = out.getvalue()
    at = {
        "behind the scan": len(data) - 2,
        "between scans": data.find(b"\xff\xc4", data.find(b"\xff\xda")),
        "in front of a restart marker": data.find(b"\xff\xd1"),
    }[place]
    (tmp_path / "clean.jpg").write_bytes(data)
    (tmp_path / "dirty.jpg").write_bytes(data[:at] + SECRET * 3 + data[at:])
    with scan_reader() as scans:
        assert scans.hidden(tmp_path / "clean.jpg") is None
        assert "inside the picture data" in (scans.hidden(tmp_path / "dirty.jpg") or "")


@pytest.mark.parametrize("options", [{"quality": 80}, {"quality": 30, "exif": b"Exif\0\0MM"}, {"lossless": True}])
@pytest.mark.parametrize("size", [(64, 48), (333, 21)])
def test_bytes_behind_a_webp_s_bitstream(options: dict, size: tuple[int, int], tmp_path: Path) -> None:
    """Bytes inside the chunk of the picture that its decoder does not read are told of."""
    out = io.BytesIO()
    noise(size=size).save(out, "WEBP", **options)
    data = clean(out.getvalue(), KeptExif())
    at = data.index(b"VP8L" if "lossless" in options else b"VP8 ")
    length = int.from_bytes(data[at + 4 : at + 8], "little")
    body = data[at + 8 : at + 8 + length] + SECRET + b"1" * ((length + len(SECRET)) % 2)
    dirty_one = (
        data[:at] + data[at : at + 4] + struct.pack("<I", len(body)) + body + data[at + 8 + length + length % 2 :]
    )
    dirty_one = dirty_one[:4] + struct.pack("<I", len(dirty_one) - 8) + dirty_one[8:]
    assert np.array_equal(pixels(data)[0], pixels(dirty_one)[0])
    (tmp_path / "clean.webp").write_bytes(data)
    (tmp_path / "dirty.webp").write_bytes(dirty_one)
    with scan_reader() as scans:
        assert scans.hidden(tmp_path / "clean.webp") is None
        assert "inside the picture data" in (scans.hidden(tmp_path / "dirty.webp") or "")


def test_a_picture_that_the_decoder_does_not_survive(tmp_path: Path) -> None:
    """A picture that is not one, or takes longer than it may, counts as not checked; others are checked."""
    out = io.BytesIO()
    noise().save(out, "JPEG")
    (tmp_path / "a.jpg").write_bytes(out.getvalue())
    (tmp_path / "b.jpg").write_bytes(out.getvalue()[:60])
    with scan_reader() as scans:
        assert "could not be checked" in (scans.hidden(tmp_path / "b.jpg") or "")
        assert scans.hidden(tmp_path / "a.jpg") is None
    with scan_reader(seconds=1e-9) as scans:
        os.mkfifo(tmp_path / "c.jpg")
        assert "could not be checked" in (scans.hidden(tmp_path / "c.jpg") or "")
