"""Camera metadata from every container, and what becomes of damaged and hostile values."""

from __future__ import annotations

import struct
import time
import zlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from photo_samples import box, camera_exif, encoded, jpeg_with, samples, tiff

from curate.photos.facts import Exif, TakenPrecision
from curate.photos.metadata.exif import read_exif

ASCII, SHORT, RATIONAL = 2, 3, 5


def exif_of(*entries: tuple[int, int, int, bytes]) -> Exif:
    """What is read from a JPEG whose Exif block has these entries in its first directory."""
    return read_exif(jpeg_with((0xE1, b"Exif\0\0" + tiff(list(entries)))))


def text(tag: int, value: bytes) -> tuple[int, int, int, bytes]:
    return tag, ASCII, len(value), value


@pytest.mark.parametrize("name", sorted(samples()))
def test_every_container_gives_the_same_labels(name: str) -> None:
    """The same EXIF reads the same from JPEG, PNG, TIFF, WebP, HEIC and AVIF."""
    exif = read_exif(samples()[name])
    assert (exif.make, exif.model, exif.lens) == ("Canon", "Canon EOS 40D", "EF50mm f/1.4 USM")
    assert (exif.exposure_s, exif.aperture, exif.iso, exif.focal_mm) == (pytest.approx(1 / 125), 2.8, 400, 50)
    assert (exif.taken_at, exif.taken_precision, exif.utc_offset) == (
        "2019-07-14T09:21:11.370",
        TakenPrecision.SECOND,
        "+02:00",
    )
    assert exif.gps_utc == "2019-07-14T07:21:11.500"
    assert exif.latitude == pytest.approx(-(33 + 51 / 60 + 24.48 / 3600), abs=1e-9)
    assert exif.longitude == pytest.approx(-70.5)
    assert exif.flash_fired is True
    assert exif.software == "Firmware 1.0.8"
    assert exif.file_source == 3
    assert exif.disagreements == ()
    assert exif.orientation == (None if name.endswith("avif") else 1)  # Pillow's AVIF writer moves it out of EXIF


def test_raw_containers_are_opened() -> None:
    """CR3's split directories, RAF's JPEG, Minolta's TTW part, ORF's and RW2's own magic, and JPEG XL's box."""
    first = tiff([text(0x010F, b"Maker\0"), text(0x0110, b"Raw One\0")])
    photo = tiff([(0x8827, SHORT, 1, struct.pack("<H", 800))])
    canon = box(b"uuid", bytes.fromhex("85c0b687820f11e08111f4ce462b6a48") + box(b"CMT1", first) + box(b"CMT2", photo))
    jpeg = jpeg_with((0xE1, b"Exif\0\0" + first))
    files = {
        "cr3": box(b"ftyp", b"crx \0\0\0\1crx isom") + box(b"moov", canon),
        "raf": b"FUJIFILMCCD-RAW 0201".ljust(84, b"\0") + struct.pack(">II", 100, len(jpeg)) + b"\0" * 8 + jpeg,
        "mrw": b"\0MRM" + struct.pack(">I", 8 + len(first)) + b"\0TTW" + struct.pack(">I", len(first)) + first,
        "orf": first.replace(b"II*\0", b"IIRO", 1),
        "rw2": first.replace(b"II*\0", b"IIU\0", 1),
        "jxl": b"\0\0\0\x0cJXL \r\n\x87\n" + box(b"Exif", b"\0\0\0\0" + first),
    }
    for name, data in files.items():
        exif = read_exif(data)
        assert (exif.make, exif.model) == ("Maker", "Raw One"), name
    assert read_exif(files["cr3"]).iso == 800


def test_canon_ciff_segment_is_read() -> None:
    """Canon's first cameras wrote CIFF, not Exif: make, model and the camera's clock come from it."""
    name = b"Canon\0Canon PowerShot A5\0"
    taken = int(datetime(1998, 5, 1, 21, 33, 18, tzinfo=UTC).timestamp())
    heap = name + struct.pack("<III", taken, 0, 0)
    entries = [(0x080A, len(name), 0), (0x180E, 12, len(name))]
    heap += struct.pack("<H", 2) + b"".join(struct.pack("<HII", *e) for e in entries)
    heap += struct.pack("<I", len(name) + 12)
    exif = read_exif(jpeg_with((0xE0, b"II" + struct.pack("<I", 26) + b"HEAPJPGM".ljust(20, b"\0") + heap)))
    assert (exif.make, exif.model, exif.taken_at) == ("Canon", "Canon PowerShot A5", "1998-05-01T21:33:18")
    assert exif.readers == ("ciff",)


def test_exif_behind_large_vendor_segments_is_found() -> None:
    """Phones put whole segments of their own before Exif; the walk goes on behind them."""
    block = b"Exif\0\0" + tiff([text(0x010F, b"samsung\0")])
    data = jpeg_with((0xE4, b"\xff" * 65000), (0xEB, b"\xff\xe1" * 30000), (0xE1, block))
    assert read_exif(data).make == "samsung"


def test_exif_longer_than_a_segment_is_joined() -> None:
    """A block that goes on in a second Exif segment is read as one."""
    block = tiff([text(0x010E, b"x" * 70000 + b"\0"), text(0x0110, b"Model at the end\0")])
    data = jpeg_with((0xE1, b"Exif\0\0" + block[:60000]), (0xE1, b"Exif\0\0" + block[60000:]))
    assert read_exif(data).model == "Model at the end"


def test_metadata_before_a_cut_are_not_taken_for_a_pictures() -> None:
    """A file that ends inside the segment after its Exif holds no picture, and exiftool reads no labels from it."""
    data = jpeg_with((0xE1, b"Exif\0\0" + tiff([text(0x010F, b"Canon\0")])), (0xE2, b"x" * 500))
    end = data.index(b"x" * 500)
    assert read_exif(data[: end + 100]).make is None
    assert read_exif(data).make == "Canon"


def test_noise_in_place_of_a_directory_is_not_read() -> None:
    """A directory that lies mostly outside its block is no directory."""
    block = bytearray(tiff([(0x0112, SHORT, 1, b"\6\0\0\0"), text(0x010F, b"Canon\0")]))
    block[8:10] = struct.pack("<H", 400)
    assert read_exif(jpeg_with((0xE1, b"Exif\0\0" + bytes(block)))) == Exif()


def test_legacy_png_profile_is_read() -> None:
    """ImageMagick's hexadecimal profile in zTXt, from before PNG had eXIf."""
    profile = b"Exif\0\0" + tiff([text(0x010F, b"Leica\0")])
    body = b"\nexif\n" + str(len(profile)).encode() + b"\n" + profile.hex().encode() + b"\n"
    data = b"Raw profile type exif\0\0" + zlib.compress(body)
    chunk = struct.pack(">I", len(data)) + b"zTXt" + data + struct.pack(">I", zlib.crc32(b"zTXt" + data))
    png = encoded("PNG")
    assert read_exif(png[:33] + chunk + png[33:]).make == "Leica"


XMP = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/"
 tiff:Make="NIKON" exif:FNumber="56/10" exif:GPSLatitude="47,38.5N" exif:GPSLongitude="122,8.25W">
<tiff:Model>D70</tiff:Model><exif:ISOSpeedRatings><rdf:Seq><rdf:li>640</rdf:li><rdf:li>1</rdf:li></rdf:Seq>
</exif:ISOSpeedRatings><exif:Flash rdf:parseType="Resource"><exif:Fired>True</exif:Fired></exif:Flash>
<exif:DateTimeOriginal>2011-05-30T12:00:01.25-07:00</exif:DateTimeOriginal>
</rdf:Description></rdf:RDF></x:xmpmeta>"""


def test_xmp_stands_in_for_exif() -> None:
    """Attributes, elements, lists and structures of XMP give labels where EXIF has none."""
    exif = read_exif(jpeg_with((0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP.encode())))
    assert (exif.make, exif.model, exif.aperture, exif.iso) == ("NIKON", "D70", 5.6, 640)
    assert exif.flash_fired is True
    assert (exif.taken_at, exif.utc_offset) == ("2011-05-30T12:00:01.250", "-07:00")
    assert (exif.latitude, exif.longitude) == (pytest.approx(47.641667, abs=1e-6), pytest.approx(-122.1375))
    assert exif.readers == ("xmp",)


def test_exif_speaks_before_xmp() -> None:
    """A label that EXIF has is never replaced by XMP's."""
    block = b"Exif\0\0" + tiff([text(0x010F, b"Canon\0")])
    exif = read_exif(jpeg_with((0xE1, block), (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP.encode())))
    assert (exif.make, exif.model) == ("Canon", "D70")


def test_xmp_with_a_document_type_is_refused() -> None:
    """Entities are never expanded: a packet that declares any is not read."""
    bomb = '<!DOCTYPE x [<!ENTITY a "Canon">]>' + XMP.replace("NIKON", "&a;")
    assert read_exif(jpeg_with((0xE1, b"http://ns.adobe.com/xap/1.0/\0" + bomb.encode()))) == Exif()


def test_text_is_cut_at_nul_stripped_and_harmless() -> None:
    """Padding goes, and escape sequences that would control a terminal do not survive."""
    exif = exif_of(text(0x010F, b"NIKON CORPORATION  \0junk"), text(0x0110, b"\x1b]52;c;ZXZpbA==\x1b\\D70\x9b2J\0"))
    assert exif.make == "NIKON CORPORATION"
    assert exif.model is not None
    assert "\x1b" not in exif.model
    assert "\x9b" not in exif.model


def test_utf8_names_stay_themselves() -> None:
    """Makers write UTF-8 where the standard says ASCII."""
    assert exif_of(text(0x010F, "Škoda 相机\0".encode())).make == "Škoda 相机"


@pytest.mark.parametrize(
    "value", [b"0000:00:00 00:00:00\0", b"    :  :     :  :  \0", b"\0", b"2019:13:40 10:00:00\0", b"soon\0"]
)
def test_dates_that_no_calendar_has_are_absent(value: bytes) -> None:
    """Zeros, blanks and nonsense are no date."""
    exif = exif_of(text(0x9003, value))
    assert (exif.taken_at, exif.taken_precision) == (None, TakenPrecision.UNKNOWN)


def test_a_date_without_a_time_is_no_evidence_to_the_second() -> None:
    """Precision says how much of the time was written."""
    assert exif_of(text(0x9003, b"2019:03:04\0")).taken_precision is TakenPrecision.DAY


def test_a_time_without_seconds_is_no_evidence_to_the_second() -> None:
    """The time is kept, and its precision is the day: there is none between day and second."""
    exif = exif_of(text(0x9003, b"2008:02:15 16:00\0"))
    assert (exif.taken_at, exif.taken_precision) == ("2008-02-15T16:00:00", TakenPrecision.DAY)


@pytest.mark.parametrize(("top", "bottom"), [(0, 0), (1, 0), (0, 1)])
def test_impossible_fractions_are_absent(top: int, bottom: int) -> None:
    """Zero and division by zero are no exposure, aperture or focal length."""
    value = struct.pack("<II", top, bottom)
    exif = exif_of(*((tag, RATIONAL, 1, value) for tag in (0x829A, 0x829D, 0x920A)))
    assert (exif.exposure_s, exif.aperture, exif.focal_mm) == (None, None, None)


@pytest.mark.parametrize(("written", "read"), [(6, 6), (1, 1), (0, 1), (9, 1), (65535, 1)])
def test_nonsense_orientations_are_one(written: int, read: int) -> None:
    """Only 1 to 8 turn a picture."""
    assert exif_of((0x0112, SHORT, 1, struct.pack("<H", written))).orientation == read


def test_disagreeing_readers_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the two readers differ, exifread's value stands and the row says so."""
    from curate.photos.metadata import exif as module
    from curate.photos.metadata.tags import Group

    monkeypatch.setattr(module, "pillow_tags", lambda block: {(Group.IMAGE, 0x010F): "Other"})
    exif = exif_of(text(0x010F, b"Canon\0"))
    assert exif.make == "Canon"
    assert exif.disagreements == ("make: exifread Canon, pillow Other",)


@pytest.mark.parametrize("tag", [0x927C, 0x010F, 0x9286, 0x0111])
@pytest.mark.parametrize("kind", [1, 2, 3, 4, 5, 7, 12, 13])
def test_a_huge_count_costs_nothing(tag: int, kind: int) -> None:
    """A TIFF of a few bytes that claims four billion values is answered at once."""
    head = b"II*\0" + struct.pack("<I", 8)
    data = head + struct.pack("<HHHII", 1, tag, kind, 0xFFFFFFFF, 26) + struct.pack("<I", 0) + b"\0" * 14
    start = time.perf_counter()
    read_exif(data)
    assert time.perf_counter() - start < 1


def test_directories_that_point_at_themselves_end() -> None:
    """Loops of directories are left."""
    entry = struct.pack("<HHII", 0x8769, 4, 1, 8) + struct.pack("<HHII", 0x8825, 4, 1, 8)
    data = b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 2) + entry + struct.pack("<I", 8)
    assert read_exif(data).make is None


@given(st.binary(max_size=300), st.sampled_from(["II*\0", "MM\0*", "Exif\0\0II*\0"]))
def test_random_blocks_never_raise(junk: bytes, head: str) -> None:
    """Whatever an Exif block holds, reading it returns a record."""
    assert isinstance(read_exif(jpeg_with((0xE1, b"Exif\0\0" + head.encode("latin-1") + junk))), Exif)


@given(
    st.text(max_size=60), st.sampled_from(["GPSLatitude", "FNumber", "ISOSpeedRatings", "DateTimeOriginal", "Flash"])
)
def test_random_xmp_values_never_raise(value: str, name: str) -> None:
    """Whatever an XMP property says, reading it returns a record."""
    from xml.sax.saxutils import quoteattr

    packet = XMP.replace('tiff:Make="NIKON"', f"exif:{name}={quoteattr(value)}").replace('exif:FNumber="56/10"', "")
    assert isinstance(read_exif(jpeg_with((0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet.encode()))), Exif)


def test_orientation_of_the_thumbnail_does_not_turn_the_picture() -> None:
    """Only the first directory's orientation counts."""
    exif = camera_exif()
    del exif[0x0112]
    assert read_exif(encoded("JPEG", exif)).orientation is None


def camera_with_note(make: bytes, note: bytes, order: str = "<") -> bytes:
    """A JPEG whose Exif directory holds a MakerNote and no ISO."""
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    first = struct.pack(order + "H", 2) + struct.pack(order + "HHII", 0x010F, 2, len(make) + 1, 60)
    first += struct.pack(order + "HHII", 0x8769, 4, 1, 38) + struct.pack(order + "I", 0)
    photo = struct.pack(order + "H", 1) + struct.pack(order + "HHII", 0x927C, 7, len(note), 100) + struct.pack("I", 0)
    return jpeg_with(
        (0xE1, b"Exif\0\0" + (head + first + photo).ljust(60, b"\0") + (make + b"\0").ljust(40, b"\0") + note)
    )


def canon_note(settings: list[int], shot: list[int]) -> bytes:
    """Canon's block: two arrays of 16-bit numbers, at offsets from the TIFF header (the note lies at 100)."""
    at = 100 + 2 + 24 + 4
    settings[0], shot[0] = 2 * len(settings), 2 * len(shot)  # each begins with its own length
    entries = struct.pack("<HHII", 1, 3, len(settings), at) + struct.pack(
        "<HHII", 4, 3, len(shot), at + 2 * len(settings)
    )
    return struct.pack("<H", 2) + entries + bytes(4) + struct.pack(f"<{len(settings) + len(shot)}H", *settings, *shot)


@pytest.mark.parametrize(
    ("code", "gain", "base", "expected"),
    [(17, 0, 160, 100), (0x4000 | 640, 0, 0, 640), (15, 0, 128, 50), (15, 64, 128, 200), (0, 0, 0, None)],
)
def test_canon_iso_is_read_from_the_note(code: int, gain: int, base: int, expected: int | None) -> None:
    """The setting where it names a speed, else the base speed times the automatic gain in 1/32 stops."""
    data = camera_with_note(b"Canon", canon_note([0] * 16 + [code] + [0] * 4, [8, gain, base, 0]))
    exif = read_exif(data)
    assert exif.iso == expected
    assert ("makernote" in exif.readers) == (expected is not None)


def test_casio_and_kodak_labels_are_read_from_the_note() -> None:
    """Casio's second layout, also in the other byte order than the file's, and Kodak's fixed one."""
    casio = b"QVC\0\0\0" + struct.pack(">H", 1) + struct.pack(">HHIHH", 0x3014, 3, 1, 80, 0) + bytes(4)
    assert read_exif(camera_with_note(b"CASIO COMPUTER CO.,LTD", casio)).iso == 80
    kodak = b"KDK INFO" + bytes(0x1E) + struct.pack(">HI", 673, 464) + bytes(0x60 - 0x24) + struct.pack(">H", 140)
    exif = read_exif(camera_with_note(b"EASTMAN KODAK COMPANY", kodak + bytes(20)))
    assert (exif.iso, exif.aperture, exif.exposure_s) == (140, 6.73, pytest.approx(0.00464))


def test_a_moved_canon_note_is_not_trusted() -> None:
    """Where an array does not begin with its own length, its offset points at something else."""
    note = bytearray(canon_note([0] * 16 + [17] + [0] * 4, [8, 0, 160, 0]))
    note[30:32] = b"\5\0"
    assert read_exif(camera_with_note(b"Canon", bytes(note))).iso == 100  # by the other array
    note[30 + 42 : 30 + 44] = b"\5\0"
    assert read_exif(camera_with_note(b"Canon", bytes(note))).iso is None


@given(st.binary(max_size=200), st.sampled_from([b"Canon", b"CASIO", b"Kodak"]))
def test_random_notes_never_raise(note: bytes, make: bytes) -> None:
    """Whatever a maker's block holds, reading it returns a record."""
    assert isinstance(read_exif(camera_with_note(make, note)), Exif)
