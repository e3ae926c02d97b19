"""The walkers of containers: whole files give all their parts, damaged ones what lies before the damage, or a reason."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator
from typing import BinaryIO

import pillow_heif
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from curate.containers import isobmff, jpeg, png, webp
from curate.containers.stream import DamagedFile, Part, file_size, read_at

pillow_heif.register_heif_opener()

Walk = Callable[..., Iterator[Part]]


def boxes(file: BinaryIO, *, strict: bool = False) -> Iterator[Part]:
    """The boxes of a whole file."""
    return isobmff.boxes(file, 0, file_size(file), strict=strict)


WALKS: dict[str, Walk] = {"JPEG": jpeg.segments, "PNG": png.chunks, "WEBP": webp.chunks, "HEIF": boxes}
FRONT = {"JPEG": 2, "PNG": 8, "WEBP": 12, "HEIF": 0}
"""Bytes in front of the first part."""


def written(kind: str) -> bytes:
    """A small file with Exif."""
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "Canon"
    Image.radial_gradient("L").resize((48, 32)).convert("RGB").save(out, kind, exif=exif)
    return out.getvalue()


FILES = {kind: written(kind) for kind in WALKS}


@pytest.mark.parametrize("kind", WALKS)
def test_the_parts_of_a_whole_file_are_the_file(kind: str) -> None:
    """Put together again, the parts of a strict walk are all of it; a tolerant one tells the same as far as it goes."""
    data = FILES[kind]
    strict = list(WALKS[kind](io.BytesIO(data), strict=True))
    tolerant = list(WALKS[kind](io.BytesIO(data)))
    assert data[: FRONT[kind]] + b"".join(part.whole(data) for part in strict) == data
    assert all(part.read(io.BytesIO(data)) == part.of(data) for part in strict)
    if kind == "JPEG":  # up to the scan, which a tolerant walk does not enter
        at = [part.type for part in strict].index(jpeg.SOS)
        assert tolerant[:-1] == strict[:at]
        assert tolerant[-1]._replace(stop=strict[at].stop) == strict[at]
    else:
        assert tolerant == strict


@pytest.mark.parametrize("kind", WALKS)
def test_a_cut_file_yields_what_lies_before_the_cut(kind: str) -> None:
    """Wherever it is cut: the tolerant walk's parts are the whole file's, the strict one says that it is damaged."""
    data = FILES[kind]
    starts = [part.start for part in WALKS[kind](io.BytesIO(data))]
    for end in range(len(data)):
        cut = io.BytesIO(data[:end])
        found = [part.start for part in WALKS[kind](cut)]
        assert found == starts[: len(found)]
        if kind != "HEIF" or end not in (*starts, 0):  # a file that ends between two boxes is one
            with pytest.raises(DamagedFile):
                list(WALKS[kind](cut, strict=True))


@pytest.mark.parametrize("kind", WALKS)
@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_damage_never_raises_anything_else(kind: str, data: st.DataObject) -> None:
    """Turned and inserted bytes: parts move forwards, their number is limited, and a strict walk's lie inside the file."""
    content = bytearray(FILES[kind])
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, min(300, len(content) - 1)))
        content[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    starts = [part.start for part in WALKS[kind](io.BytesIO(content))]
    assert starts == sorted(set(starts))
    last = 0
    try:
        for part in WALKS[kind](io.BytesIO(content), strict=True):
            assert last <= part.start < part.body <= part.end <= part.stop <= len(content)
            last = part.stop
    except DamagedFile as damage:
        assert str(damage).startswith(("it ", "its "))


@given(st.binary(max_size=80), st.booleans())
@example(b"", True)
def test_tables_of_items_may_hold_anything(content: bytes, strict: bool) -> None:
    """Whatever a table holds, its reader yields records or says that it is damaged."""
    file, table = io.BytesIO(content), Part(b"iloc", 0, 0, len(content), len(content))
    for read in (isobmff.items, isobmff.references, isobmff.locations):
        try:
            assert list(read(file, table, strict=strict)) is not None
        except DamagedFile:
            assert strict
    with contextlib.suppress(DamagedFile):
        assert all(isinstance(item, int) for item, _ in isobmff.associations(file, table))
    assert isobmff.primary_item(file, table) is None or len(content) >= 6


def test_reading_is_bounded() -> None:
    """Offsets that no file has, and negative lengths, yield nothing."""
    file = io.BytesIO(b"abc")
    assert [read_at(file, *place) for place in ((1, 9), (-1, 2), (0, -1), (1 << 60, 1))] == [b"bc", b"", b"", b""]
