"""Metadata out of picture files: nothing private is left, and not one byte of the picture changes."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import zlib
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from dirty_pictures import FORMATS, SECRET, dirty, jpeg_segment, noise, pixels, png_chunk
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from curate.export.privacy import CannotClean, clean, container, orientation, picture_digest, private_left
from curate.export.strip.exif import KeptExif, exif_block, foreign_tags, kept_exif

pillow_heif.register_heif_opener()

VALUES = KeptExif(
    make="Äcme",
    model="Cam 1",
    orientation=6,
    software="1.0",
    lens="Lens 50 mm",
    exposure=Fraction(1, 125),
    aperture=Fraction(28, 10),
    focal=Fraction(42, 10),
    iso=400,
    flash=True,
    taken="2020:01:02 03:04:05",
    subsec="25",
    offset="+02:00",
)
PRIVATE_NAMES = ("MakerNote", "OwnerName", "CameraOwnerName", "ThumbnailImage", "PreviewImage", "Artist", "By-line")
PRIVATE_NAMES += ("City", "Location", "Sub-location")


@pytest.mark.parametrize("kind", FORMATS)
def test_no_secret_is_left_and_the_picture_is_the_same(kind: str) -> None:
    """The secret stands in every private place before, nowhere after; pixels and picture data are identical."""
    before = dirty(kind)
    assert SECRET in before
    assert private_left(before)
    after = clean(before, VALUES)
    assert SECRET not in after
    assert private_left(after) == []
    assert picture_digest(after) == picture_digest(before)
    old, new = pixels(before), pixels(after)
    assert np.array_equal(old[0], new[0])
    assert (old[1] is None) == (new[1] is None), "the colour profile stays"
    assert clean(after, VALUES) == after, "cleaning twice changes nothing"


@pytest.mark.parametrize("kind", FORMATS)
def test_the_allowed_tags_are_written(kind: str) -> None:
    """Another reader finds the values in the cleaned file; HEIF keeps its orientation in the container."""
    with Image.open(io.BytesIO(clean(dirty(kind), VALUES))) as image:
        exif = image.getexif()
        photo = exif.get_ifd(0x8769)
    assert exif[0x0110] == "Cam 1"
    if kind != "avif":  # Pillow's reader of AVIF encodes the text once more, as ASCII
        assert exif[0x010F].encode("latin-1").decode() == "Äcme"
    assert (photo[0x829A], photo[0x829D], photo[0x920A]) == (Fraction(1, 125), Fraction(28, 10), Fraction(42, 10))
    assert (photo[0x8827], photo[0x9209], photo[0x9003]) == (400, 1, "2020:01:02 03:04:05")
    assert (photo[0x9291], photo[0x9011]) == ("25", "+02:00")
    if kind in ("jpg", "png", "webp"):
        assert orientation(clean(dirty(kind), VALUES)) == exif[0x0112] == 6
        assert photo[0xA434] == "Lens 50 mm"


@pytest.mark.system
@pytest.mark.parametrize("kind", FORMATS)
def test_exiftool_finds_nothing_private(kind: str, tmp_path: Path, program: Callable[[str], str]) -> None:
    """Exiftool, which knows every tag, finds none of the private ones, and complains about nothing we wrote."""
    path = tmp_path / f"a.{kind}"
    path.write_bytes(clean(dirty(kind), VALUES))
    command = [program("exiftool"), "-j", "-a", "-G1", "-validate", "-warning", "-all", str(path)]
    tags = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)[0]
    for tag in tags:
        group, _, name = tag.partition(":")
        assert group != "GPS"
        assert "GPS" not in name
        assert "Serial" not in name
        assert name not in PRIVATE_NAMES
    complaints = [str(v) for k, v in tags.items() if k.endswith("Warning") and "Missing required" not in str(v)]
    assert complaints == []


@pytest.mark.slow
@pytest.mark.system
@pytest.mark.corpus
def test_the_corpus(corpus: Path, tmp_path: Path, program: Callable[[str], str]) -> None:
    """Real photos of every container: exiftool finds no private tag, and its hash of the image data is the same."""
    sources: list[Path] = []
    reasons: dict[str, int] = {}
    for path in sorted(p for p in (corpus / "exif-corpus/images").rglob("*") if p.is_file()):
        data = path.read_bytes()
        try:
            cleaned = clean(data, VALUES)
        except CannotClean as reason:
            reasons[str(reason)] = reasons.get(str(reason), 0) + 1
            continue
        (tmp_path / f"{len(sources):04d}.{container(cleaned)}").write_bytes(cleaned)
        sources.append(path)
    assert len(sources) >= 250
    assert sum(reasons.values()) + len(sources) == 317
    exiftool = [program("exiftool"), "-j", "-a", "-q", "-q"]

    command = [*exiftool, "-G1", "-r", str(tmp_path)]
    tags = json.loads(subprocess.run(command, capture_output=True, text=True, check=False).stdout)
    names = {tag for entry in tags for tag in entry}
    assert len(tags) == len(sources)
    assert not [t for t in names if "GPS" in t or "Serial" in t or t.partition(":")[2] in PRIVATE_NAMES]

    argument_file = tmp_path / "sources.txt"
    argument_file.write_text("\n".join(map(str, sources)))
    hashing = [*exiftool, "-ImageDataHash", "-api", "ImageHashType=SHA256"]
    texts = [
        subprocess.run([*hashing, *what], capture_output=True, text=True, check=False).stdout
        for what in (["-@", str(argument_file)], sorted(map(str, tmp_path.glob("[0-9]*"))))
    ]
    before, after = ([entry.get("ImageDataHash") for entry in json.loads(text)] for text in texts)
    compared = [
        (path.name, a == b)
        for path, a, b in zip(sorted(tmp_path.glob("[0-9]*")), before, after, strict=True)
        if path.suffix != ".heic"  # exiftool's hash takes thumbnails and depth maps in, and they go
    ]
    assert [name for name, same in compared if not same] == []
    assert len(compared) >= 240


@pytest.mark.slow
@pytest.mark.corpus
def test_heic_of_real_phones_decode_to_the_same_pixels(corpus: Path) -> None:
    """HEIC files are changed in place: decoded pixels stay, also where thumbnails and depth maps went."""
    decoded = 0
    for path in sorted((corpus / "exif-corpus/images").rglob("*")):
        if path.suffix.lower() not in (".heic", ".hif", ".avif") or path.stat().st_size > 1_000_000:
            continue
        data = path.read_bytes()
        try:
            cleaned = clean(data, VALUES)
        except CannotClean:
            continue
        try:
            before, after = pixels(data)[0], pixels(cleaned)[0]
        except (OSError, ValueError):
            continue  # the decoder cannot read the source either
        decoded += 1
        assert np.array_equal(before, after), path.name
    assert decoded >= 10


@pytest.mark.parametrize("kind", ["jpg", "png", "webp", "heic"])
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_damaged_files_are_cleaned_or_refused(kind: str, data: st.DataObject) -> None:
    """Whatever bytes are turned, cut or added: the file is left out with a reason, or what comes out is clean."""
    content = bytearray(dirty(kind))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, min(len(content) - 1, data.draw(st.sampled_from([40, 400, 10**6])))))
        change = data.draw(st.sampled_from(["set", "cut", "insert", "huge"]))
        if change == "set":
            content[at] = data.draw(st.integers(0, 255))
        elif change == "cut":
            del content[at : at + data.draw(st.integers(1, 64))]
        elif change == "insert":
            content[at:at] = data.draw(st.binary(min_size=1, max_size=16))
        else:
            content[at : at + 4] = b"\xff\xff\xff\xff"
    try:
        cleaned = clean(bytes(content), VALUES)
    except CannotClean as reason:
        assert str(reason)
    else:
        assert private_left(cleaned) == []


@pytest.mark.parametrize("head", [b"", b"GIF89a", b"II*\0" + bytes(40), b"\0\0\0\x18ftypcrx " + bytes(40), b"%PDF-1.7"])
def test_other_formats_are_refused(head: bytes) -> None:
    """TIFF, raw files and anything else that cannot be cleaned without encoding it again is left out."""
    with pytest.raises(CannotClean, match="encoding"):
        clean(head, VALUES)


def test_jpeg_keeps_what_decoding_needs() -> None:
    """CMYK with Adobe's marker, progressive scans and restart markers decode as before."""
    for mode, options in (
        ("CMYK", {}),
        ("RGB", {"progressive": True}),
        ("L", {}),
        ("RGB", {"restart_marker_blocks": 2}),
    ):
        out = io.BytesIO()
        noise().convert(mode).save(out, "JPEG", comment=SECRET, **options)
        cleaned = clean(out.getvalue(), KeptExif())
        assert SECRET not in cleaned
        assert np.array_equal(pixels(out.getvalue())[0], pixels(cleaned)[0])


def test_a_marker_after_the_scan_does_not_change_decoding() -> None:
    """An Adobe marker that stands after the picture must not be moved in front of it, where decoders would obey it."""
    out = io.BytesIO()
    noise().save(out, "JPEG", quality=90)
    data = out.getvalue()[:-2] + jpeg_segment(0xEE, b"Adobe\0\x64\0\0\0\0\0") + b"\xff\xd9"
    cleaned = clean(data, KeptExif())
    assert b"Adobe" not in cleaned
    assert np.array_equal(pixels(out.getvalue())[0], pixels(cleaned)[0])


def test_a_simple_webp_gets_room_for_exif() -> None:
    """WebP files without an extended header, lossy, lossless and with alpha, take labels and keep their pixels."""
    for image, options in (
        (noise(), {"quality": 80}),
        (noise(), {"lossless": True}),
        (noise().convert("RGBA"), {"lossless": True}),
    ):
        if image.mode == "RGBA":
            image.putalpha(120)
        out = io.BytesIO()
        image.save(out, "WEBP", **options)
        cleaned = clean(out.getvalue(), VALUES)
        assert np.array_equal(pixels(out.getvalue())[0], pixels(cleaned)[0])
        assert orientation(cleaned) == 6
        assert clean(out.getvalue(), KeptExif()) == out.getvalue(), "with nothing to add, nothing changes"


def test_gps_only_where_asked_for() -> None:
    """A kept place is written to 1e-7 degrees, and counts as private where it was not asked for."""
    labels = {"Make": "Acme", "latitude": -33.8567844, "longitude": 151.2152967}
    assert kept_exif(labels).place is None
    cleaned = clean(dirty("jpg"), kept_exif(labels, keep_gps=True))
    assert private_left(cleaned)
    assert private_left(cleaned, keep_gps=True) == []
    with Image.open(io.BytesIO(cleaned)) as image:
        gps = image.getexif().get_ifd(0x8825)
    assert gps[1] == "S"
    assert float(gps[2][0]) == pytest.approx(33.8567844, abs=1e-7)
    assert gps[3] == "E"
    assert float(gps[4][0]) == pytest.approx(151.2152967, abs=1e-7)


def test_labels_become_exif_values() -> None:
    """The label strings are parsed back; what cannot be a value (a date without a time, nonsense) is left out."""
    values = kept_exif(
        {
            "Exposure": "1/125",
            "Aperture": "2.8",
            "Focal Length": "4.2 mm",
            "ISO Speed": "400",
            "Flash": "without flash",
            "taken_at": "2020-01-02T03:04:05.120",
            "taken_precision": "second",
            "utc_offset": "-03:30",
        }
    )
    assert (values.exposure, values.aperture, values.focal) == (Fraction(1, 125), Fraction(14, 5), Fraction(21, 5))
    assert (values.iso, values.flash, values.taken, values.subsec) == (400, False, "2020:01:02 03:04:05", "120")
    assert kept_exif({"taken_at": "2020-01-02T00:00:00", "taken_precision": "day"}).taken is None
    assert kept_exif({"Exposure": "1/0", "Aperture": "inf", "ISO Speed": "auto"}) == KeptExif()
    assert exif_block(KeptExif()) is None
    assert exif_block(KeptExif(iso=10**6, orientation=9)) is None


@given(st.binary(max_size=200))
def test_any_bytes_as_exif(data: bytes) -> None:
    """The checker of Exif blocks reports nonsense and never raises or hangs."""
    for head in (b"", b"MM\0*\0\0\0\x08", b"II*\0\x08\0\0\0"):
        assert isinstance(foreign_tags(head + data), list)


def test_bytes_in_an_exif_block_that_belong_to_no_tag() -> None:
    """Between and behind the values of an Exif block nothing but zeros may stand."""
    block = exif_block(VALUES)
    assert block is not None
    assert foreign_tags(block) == []
    assert foreign_tags(block + bytes(40)) == []
    assert foreign_tags(block + SECRET) == ["bytes in the Exif block that belong to no tag"]
    first = int.from_bytes(block[4:8], "big")
    moved = block[:4] + struct.pack(">I", len(block)) + block[8:] + block[first : first + 2 + 12 * block[first + 1] + 4]
    assert "bytes in the Exif block that belong to no tag" in foreign_tags(moved), (
        "the directory that nothing points to"
    )


def test_a_segment_that_states_the_height_again() -> None:
    """A DNL segment behind the scan, of any length, is gone, and told of where it stands."""
    out = io.BytesIO()
    noise().save(out, "JPEG", quality=90)
    data = out.getvalue()[:-2] + jpeg_segment(0xDC, b"\0\x30" + SECRET) + b"\xff\xd9"
    assert "a DNL segment" in private_left(data)
    cleaned = clean(data, VALUES)
    assert SECRET not in cleaned
    assert np.array_equal(pixels(out.getvalue())[0], pixels(cleaned)[0])


@pytest.mark.parametrize("marker", [0xC0, 0xDA, 0xDD, 0xDB, 0xC4, 0xDE, 0xDF])
def test_a_segment_that_is_longer_than_what_it_says(marker: int) -> None:
    """Bytes behind a frame's, a scan's or a table's values, and segments of hierarchical pictures: the file is refused."""
    out = io.BytesIO()
    noise().save(out, "JPEG", restart_marker_blocks=4)
    data = out.getvalue()
    at = data.find(bytes((0xFF, marker)))
    if at < 0:
        data = data[:2] + jpeg_segment(marker, SECRET) + data[2:]
    else:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        data = data[:at] + jpeg_segment(marker, data[at + 4 : end] + SECRET) + data[end:]
    with pytest.raises(CannotClean):
        clean(data, VALUES)


@pytest.mark.parametrize("place", ["behind the stream", "in a chunk of its own", "below the last row"])
@pytest.mark.parametrize("interlaced", [False, True])
def test_bytes_inside_a_png_s_picture_data(place: str, interlaced: bool) -> None:
    """Data behind the compressed picture, and rows below the last one, make a file that is refused."""
    rows = b"".join(b"\0" + bytes((row * 7 % 256,)) * 30 for row in range(8))
    header = struct.pack(">IIBBBBB", 10, 8, 8, 2, 0, 0, 0)
    if interlaced:  # one pixel and one row: the first of seven passes
        rows, header = b"\0abc", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 1)

    def png(*coded: bytes) -> bytes:
        chunks = [png_chunk(b"IHDR", header), *(png_chunk(b"IDAT", one) for one in coded), png_chunk(b"IEND", b"")]
        return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)

    packed = zlib.compress(rows)
    plain = png(packed[:9], packed[9:])
    assert clean(plain, KeptExif()) == plain
    dirty_one = {
        "behind the stream": png(packed + SECRET),
        "in a chunk of its own": png(packed, SECRET),
        "below the last row": png(zlib.compress(rows + SECRET)),
    }[place]
    assert np.array_equal(pixels(plain)[0], pixels(dirty_one)[0])
    with pytest.raises(CannotClean, match="behind the picture"):
        clean(dirty_one, KeptExif())
