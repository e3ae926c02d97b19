"""Labels that stand in makers' own blocks, in the layouts of each, wherever the block lies."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from photo_samples import jpeg_with, tiff

from curate.photos.facts import Exif
from curate.photos.metadata.exif import read_exif

START = 200
"""Where `photo` puts the block, from the TIFF header."""


def directory(order: str, start: int, *entries: tuple[int, int, int, bytes]) -> bytes:
    """A directory whose values follow it; `start` is where it lies from what its offsets count from."""
    at = start + 2 + 12 * len(entries) + 4
    packed, heap = struct.pack(order + "H", len(entries)), b""
    for tag, kind, count, value in entries:
        if len(value) <= 4:
            packed += struct.pack(order + "HHI", tag, kind, count) + value.ljust(4, b"\0")
        else:
            packed += struct.pack(order + "HHII", tag, kind, count, at + len(heap))
            heap += value
    return packed + bytes(4) + heap


def photo(
    make: str, model: str, note: bytes, order: str = "<", exif: tuple[tuple[int, int, int, bytes], ...] = ()
) -> bytes:
    """A JPEG with a camera's names, EXIF entries and a maker's block."""
    names = ((0x010F, make.encode() + b"\0"), (0x0110, model.encode() + b"\0"))
    first_size = 2 + 3 * 12 + 4
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    first, heap, at = struct.pack(order + "H", 3), b"", 8 + first_size
    for tag, value in names:
        value = value.ljust(5, b"\0")
        first += struct.pack(order + "HHII", tag, 2, len(value), at + len(heap))
        heap += value
    exif_at = at + len(heap) + len(heap) % 2
    first += struct.pack(order + "HHII", 0x8769, 4, 1, exif_at) + bytes(4)
    own = struct.pack(order + "H", 1 + len(exif)) + b"".join(
        struct.pack(order + "HHI", tag, kind, count) + value.ljust(4, b"\0") for tag, kind, count, value in exif
    )
    own += struct.pack(order + "HHII", 0x927C, 7, len(note), START) + bytes(4)
    block = (head + first + heap).ljust(exif_at, b"\0") + own
    assert len(block) <= START
    return jpeg_with((0xE1, b"Exif\0\0" + block.ljust(START, b"\0") + note))


def shorts(order: str, *values: int) -> bytes:
    return struct.pack(f"{order}{len(values)}H", *values)


def canon(order: str = "<", start: int = START, footer: int | None = None, **values: int) -> bytes:
    """Canon's block: settings, shot information and focal length."""
    settings = [92, *[0] * 45]
    shot = [60, *[0] * 29]
    settings[16], settings[25] = values.get("code", 0), values.get("units", 0)
    shot[1], shot[2], shot[21], shot[22] = (values.get(k, 0) for k in ("gain", "base", "aperture", "time"))
    focal = [2, values.get("focal", 0), 0, 0]
    entries = [(tag, 3, len(a), shorts(order, *a)) for tag, a in ((1, settings), (2, focal), (4, shot))]
    note = directory(order, start, *entries)
    return (
        note if footer is None else note + (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", footer)
    )


@pytest.mark.parametrize("order", ["<", ">"])
def test_canon_exposure_is_read(order: str) -> None:
    """Speed, aperture (1/32 stops with thirds), exposure time and focal length, in both byte orders."""
    note = canon(order, gain=32, base=160, aperture=160, time=192 + 12, focal=2400, units=100)
    exif = read_exif(photo("Canon", "Canon PowerShot G2", note, order))
    assert (exif.iso, exif.focal_mm) == (200, 24)
    assert exif.aperture == pytest.approx(2**2.5)
    assert exif.exposure_s == pytest.approx(2 ** -(6 + 1 / 3))
    assert exif.readers[-1] == "makernote"


def test_canon_models_with_another_unit_of_time() -> None:
    """The 20D and 350D count their exposure time in another unit."""
    time = read_exif(photo("Canon", "Canon EOS 350D DIGITAL", canon(time=320))).exposure_s
    assert time == pytest.approx(2**-10 * 1000 / 32)


def test_a_note_keeps_its_byte_order_when_the_file_changes_its_own() -> None:
    """Programs that rewrite the file leave the block as it was."""
    assert read_exif(photo("Canon", "Canon EOS D30", canon("<", code=18), ">")).iso == 200


def test_canon_says_where_its_note_once_lay() -> None:
    """A moved block is read by the place that its last bytes name; without them nothing is guessed."""
    assert read_exif(photo("Canon", "Canon EOS D30", canon(start=640, footer=640, code=19))).iso == 400
    assert read_exif(photo("Canon", "Canon EOS D30", canon(start=640, code=19))).iso is None


def test_exif_speaks_before_the_note() -> None:
    """Where EXIF has a value, the block's is not taken."""
    exif = read_exif(photo("Canon", "Canon EOS 5D", canon(code=18), exif=((0x8827, 3, 1, shorts("<", 100)),)))
    assert exif.iso == 100


def nikon(order: str = ">") -> bytes:
    """Nikon's block: a TIFF of its own after ten bytes."""
    head = b"Nikon\0\x02\x10\0\0" + (b"MM\0*" if order == ">" else b"II*\0") + struct.pack(order + "I", 8)
    return head + directory(order, 8, (2, 3, 2, shorts(order, 0, 400)), (0x25, 7, 14, bytes([84]) + bytes(13)))


@pytest.mark.parametrize("order", ["<", ">"])
def test_nikon_speed_in_twelfths_of_a_stop(order: str) -> None:
    """The block has its own byte order and its offsets count from its own header."""
    assert read_exif(photo("NIKON CORPORATION", "NIKON D90", nikon(order))).iso == 400


def test_casio_layouts() -> None:
    """The first layout's number, the second's number, and its code where there is no number; the focal length."""
    first = directory(">", START, (0x14, 3, 1, shorts(">", 64)))
    assert read_exif(photo("CASIO", "QV-3000EX", first, ">")).iso == 64
    second = b"QVC\0\0\0" + directory(
        ">", START + 6, (0x3014, 3, 1, shorts(">", 80)), (0x1D, 5, 1, struct.pack(">II", 62, 10))
    )
    exif = read_exif(photo("CASIO COMPUTER CO.,LTD", "EX-Z3", second, ">"))
    assert (exif.iso, exif.focal_mm) == (80, 6.2)
    coded = b"QVC\0\0\0" + directory(">", START + 6, (0x14, 3, 1, shorts(">", 6)))
    assert read_exif(photo("CASIO COMPUTER CO.,LTD", "QV-R3", coded, ">")).iso == 100


def test_panasonic_speed_beyond_exifs_range() -> None:
    """EXIF's speed ends at 65535; the block's goes on, and all bits set mean that it says nothing."""
    capped = ((0x8827, 3, 1, b"\xff\xff"),)
    for value, expected in ((102400, 102400), (0xFFFFFFFF, 65535)):
        note = b"Panasonic\0\0\0" + directory("<", START + 12, (0xD1, 4, 1, struct.pack("<I", value)))
        assert read_exif(photo("Panasonic", "DMC-GH4", note, exif=capped)).iso == expected


def test_sony_settings_by_their_length() -> None:
    """Exposure time and aperture in eighths of a stop, big-endian whatever the file is; the speed further on."""
    settings = struct.pack(">HH", 96, 41).ljust(280, b"\0")
    focus = bytearray(19154)
    focus[0x6F] = 56
    note = b"SONY DSC \0\0\0" + directory("<", START + 12, (0x114, 7, 280, settings), (0x20, 7, 19154, bytes(focus)))
    exif = read_exif(photo("SONY", "DSLR-A200", note))
    assert (exif.exposure_s, exif.iso) == (2**-6, 200)
    assert exif.aperture == pytest.approx(2 ** ((41 / 8 - 1) / 2))


def test_pentax_speed_as_a_number_but_no_code() -> None:
    """The first cameras wrote the speed itself; later ones a code, which is no speed."""
    for value, expected in ((100, 100), (6, None)):
        note = directory(">", START, (0x14, 3, 1, shorts(">", value)))
        assert read_exif(photo("Asahi Optical Co.,Ltd", "PENTAX Optio 330", note, ">")).iso == expected


@pytest.mark.parametrize("tag", [1, 3])
def test_minolta_settings(tag: int) -> None:
    """32-bit numbers in eighths of a stop, big-endian also in a little-endian file."""
    settings = struct.pack(">11I", *[0] * 8, 56, 96, 56)
    exif = read_exif(photo("Minolta Co., Ltd.", "DiMAGE 7", directory("<", START, (tag, 7, 44, settings))))
    assert (exif.iso, exif.exposure_s, exif.aperture) == (200, 2**-6, 8)


def fixed(size: int, order: str, *values: tuple[int, str, int], head: bytes = b"") -> bytes:
    """A block without directory: numbers at offsets."""
    note = bytearray(head.ljust(size, b"\0"))
    for at, code, value in values:
        struct.pack_into(order + code, note, at, value)
    return bytes(note)


@pytest.mark.parametrize(
    ("make", "model", "note"),
    [
        (
            "EASTMAN KODAK COMPANY",
            "DX4900",
            fixed(120, ">", (38, "H", 560), (40, "I", 800), (104, "H", 140), head=b"KDK INFO"),
        ),
        (
            "EASTMAN KODAK COMPANY",
            "DC4800",
            fixed(120, "<", (38, "H", 560), (40, "I", 800), (104, "H", 140), head=b"KDK0100 "),
        ),
        (
            "EASTMAN KODAK COMPANY",
            "DC280",
            fixed(90, ">", (12, "H", 0x7D0), (0x38, "I", 800), (0x3C, "H", 560), (0x4E, "H", 140)),
        ),
        ("EASTMAN KODAK COMPANY", "KODAK CX6230", fixed(60, ">", (0x14, "I", 800), (0x1C, "H", 560), (0x1E, "H", 140))),
        ("EASTMAN KODAK COMPANY", "DX3700", fixed(60, "<", (0x10, "I", 800), (0x18, "H", 560), (0x1A, "H", 140))),
        (
            "EASTMAN KODAK COMPANY",
            "KODAK EASYSHARE C1013",
            fixed(
                80,
                "<",
                (0x10, "I", 8000),
                (0x0C, "H", 560),
                (0x34, "H", 140),
                head=b"IIII\2\0" + bytes(14) + b"2009/01/02 03:04:05",
            ),
        ),
    ],
)
def test_kodak_layouts_without_directory(make: str, model: str, note: bytes) -> None:
    """Each layout is told by its first bytes or the model; its values are as they were, so they beat EXIF's."""
    exif = read_exif(photo(make, model, note, exif=((0x8827, 3, 1, shorts("<", 100)),)))
    assert (exif.iso, exif.aperture, exif.exposure_s) == (140, 5.6, pytest.approx(0.008))
    if "C1013" in model:
        assert exif.taken_at == "2009-01-02T03:04:05"


def test_kodak_directory_behind_a_byte_order() -> None:
    """A layout that begins with its byte order and goes on as a directory."""
    entries = [(0x12, 4, 1, struct.pack(">I", 800)), (0x13, 3, 1, shorts(">", 56)), (0x14, 3, 1, shorts(">", 9))]
    exif = read_exif(photo("EASTMAN KODAK COMPANY", "V550", b"MM" + directory(">", 0, *entries)))
    assert (exif.iso, exif.aperture, exif.exposure_s) == (200, 5.6, pytest.approx(0.008))


HEADS = [
    b"",
    b"Nikon\0\2\x10\0\0MM\0*\0\0\0\x08",
    b"QVC\0\0\0",
    b"Panasonic\0\0\0",
    b"SONY DSC \0\0\0",
    b"KDK INFO",
    b"MM",
    b"IIII\2\0",
    b"Apple iOS\0\0\1MM",
]


@given(
    st.binary(max_size=300),
    st.sampled_from(HEADS),
    st.sampled_from(
        ["Canon", "NIKON", "CASIO", "SONY", "EASTMAN KODAK COMPANY", "Apple", "Panasonic", "Minolta", "PENTAX"]
    ),
    st.sampled_from("<>"),
)
def test_random_blocks_never_raise(junk: bytes, head: bytes, make: str, order: str) -> None:
    """Whatever a maker's block holds, reading it returns a record."""
    assert isinstance(read_exif(photo(make, "KODAK CX6230", head + junk, order)), Exif)


def test_canons_heap_does_not_speak_over_exifs_exposure() -> None:
    """CIFF beside Exif names the camera; its coded focal length only stands in where Exif has none."""
    name, focal = b"Canon\0Canon PowerShot A5\0", shorts("<", 2, 5, 0, 0)
    heap = name + focal
    entries = [(0x080A, len(name), 0), (0x1029, len(focal), len(name))]
    heap += struct.pack("<H", 2) + b"".join(struct.pack("<HII", *e) for e in entries)
    ciff = (
        0xE0,
        b"II" + struct.pack("<I", 26) + b"HEAPJPGM".ljust(20, b"\0") + heap + struct.pack("<I", len(name + focal)),
    )
    assert read_exif(jpeg_with(ciff)).focal_mm == 5
    own = tiff([(0x010F, 2, 5, b"FUJI\0"), (0x920A, 5, 1, struct.pack("<II", 6, 1))])
    both = read_exif(jpeg_with((0xE1, b"Exif\0\0" + own), ciff))
    assert (both.make, both.focal_mm) == ("Canon", 6)
