"""JPEG quality and layout against Pillow, which writes with libjpeg's own tables."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from photo_samples import encoded, jpeg_with, picture

from curate.containers.jpeg_tables import jpeg_tables
from tracer.images.decode import header_of

_IMAGE = picture(40, 24)
_LAYOUTS = {0: "4:4:4", 1: "4:2:2", 2: "4:2:0"}


@pytest.mark.parametrize("subsampling", sorted(_LAYOUTS))
def test_every_quality_comes_back_exactly(subsampling: int) -> None:
    """What Pillow saved at quality 1 to 100 is read as that quality, layout and mode."""
    for quality in range(1, 101):
        progressive = quality % 2 == 0
        data = encoded("JPEG", None, _IMAGE, quality=quality, subsampling=subsampling, progressive=progressive)
        tables = jpeg_tables(io.BytesIO(data))
        assert tables is not None
        assert (tables.quality, tables.standard, tables.subsampling) == (quality, True, _LAYOUTS[subsampling])
        assert (tables.progressive, tables.width, tables.height) == (progressive, 40, 24)


@pytest.mark.parametrize("quality", [35, 75, 92])
def test_grey_pictures_have_one_channel(quality: int) -> None:
    """A grey picture has a quality, and no chroma."""
    tables = jpeg_tables(io.BytesIO(encoded("JPEG", None, _IMAGE.convert("L"), quality=quality)))
    assert tables is not None
    assert (tables.quality, tables.subsampling) == (quality, "4:0:0")


def test_a_makers_own_tables_get_the_nearest_quality() -> None:
    """Tables that are not libjpeg's are said to be so, and finer tables have a higher quality."""
    estimates = []
    for step in (24, 8, 2):
        data = encoded("JPEG", None, _IMAGE, qtables=[[step + i // 8 for i in range(64)]] * 2)
        tables = jpeg_tables(io.BytesIO(data))
        assert tables is not None
        assert tables.standard is False
        estimates.append(tables.quality)
    assert estimates == sorted(estimates)
    assert len(set(estimates)) == 3


def test_both_programs_read_the_same_from_a_header(tmp_path: Path) -> None:
    """tracer finds the quality and the layout that curate finds, also with a maker's own tables, in grey and unusual layouts."""
    own = {"qtables": [[8 + i // 8 for i in range(64)], [2 + i for i in range(64)]]}
    for options, image in (
        ({"quality": 70}, _IMAGE),
        (own, _IMAGE),
        (own, _IMAGE.convert("L")),
        (own, _IMAGE.convert("CMYK")),
    ):
        data = encoded("JPEG", None, image, **options)
        frame = data.index(b"\xff\xc0")
        for sampling in (data[frame + 11], 0x12, 0x41):  # of the first component: as written, 4:4:0, 4:1:1
            (tmp_path / "a.jpg").write_bytes(data[: frame + 11] + bytes([sampling]) + data[frame + 12 :])
            header, tables = header_of(tmp_path / "a.jpg"), jpeg_tables(io.BytesIO((tmp_path / "a.jpg").read_bytes()))
            assert tables is not None and tables.quality is not None
            assert (header["jpeg_quality"], header["jpeg_subsampling"]) == (tables.quality, tables.subsampling)


def test_tables_of_sixteen_bits_are_read() -> None:
    """A DQT segment may hold 16-bit values."""
    base = encoded("JPEG", None, _IMAGE, quality=50)
    wide = b"\x10" + struct.pack(">64H", *[3] * 64)
    at = base.index(b"\xff\xdb")
    end = at + 2 + struct.unpack(">H", base[at + 2 : at + 4])[0]
    data = base[:at] + b"\xff\xdb" + struct.pack(">H", len(wide) + 2) + wide + base[end:]
    tables = jpeg_tables(io.BytesIO(data))
    assert tables is not None
    assert tables.standard is False


def test_lossless_jpeg_is_not_decodable() -> None:
    """The JPEG of sensor data inside RAW files is passed over when looking for a preview."""
    data = bytearray(encoded("JPEG", None, _IMAGE))
    data[data.index(b"\xff\xc0") + 1] = 0xC3
    tables = jpeg_tables(io.BytesIO(bytes(data)))
    assert tables is not None
    assert not tables.decodable


@given(st.binary(max_size=200))
def test_random_segments_never_raise(junk: bytes) -> None:
    """Whatever follows the start of the image, the parser ends and returns."""
    jpeg_tables(io.BytesIO(b"\xff\xd8" + junk))
    jpeg_tables(io.BytesIO(jpeg_with((0xDB, junk), (0xC0, junk))))
