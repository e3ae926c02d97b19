"""What tells of a file's way: IPTC, old cameras' text, signs of networks, screenshots, bursts."""

from __future__ import annotations

import contextlib
import json
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from photo_samples import box, camera_exif, encoded, jpeg_with, picture, tiff
from test_photo_makernote import directory, photo

from curate.catalog.database import connect
from curate.catalog.expressions import label_reader
from curate.containers.sniff import Format
from curate.errors import UsageError
from curate.photos.facts import Exif, PhotoFacts, Status
from curate.photos.metadata import others
from curate.photos.metadata.exif import Reading, read_exif
from curate.photos.read import read_photo
from curate.photos.signs.bursts import burst_of
from curate.photos.signs.edited import judge
from curate.photos.signs.screenshots import screenshot_sign


def photoshop(**texts: str) -> tuple[int, bytes]:
    """An APP13 segment with IPTC datasets; the resource before it has a name of odd length."""
    numbers = {"instructions": 40, "date": 55, "time": 60}
    data = b"".join(b"\x1c\2" + struct.pack(">BH", numbers[k], len(v)) + v.encode() for k, v in texts.items())
    before = b"8BIM" + struct.pack(">H", 0x03ED) + b"\3abc" + struct.pack(">I", 3) + b"xyz\0"
    resource = before + b"8BIM" + struct.pack(">H", 0x0404) + b"\0\0" + struct.pack(">I", len(data)) + data
    return 0xED, b"Photoshop 3.0\0" + resource


def test_iptc_dates_stand_in_for_exif() -> None:
    """Date and time of creation, with the offset; a date without a time is none, and EXIF's word comes first."""
    exif = read_exif(jpeg_with(photoshop(date="20070419", time="110315-0600")))
    assert (exif.taken_at, exif.utc_offset, exif.readers) == ("2007-04-19T11:03:15", "-06:00", ("iptc",))
    assert read_exif(jpeg_with(photoshop(date="20070419"))).taken_at is None
    block = (0xE1, b"Exif\0\0" + tiff([(0x9003, 2, 20, b"2019:07:14 09:21:11\0")]))
    assert read_exif(jpeg_with(block, photoshop(date="20070419", time="110315"))).taken_at == "2019-07-14T09:21:11"


def test_iptc_in_a_tiff_tag() -> None:
    """TIFF keeps the same records under a tag of its own."""
    data = b"\x1c\2\x37\0\x0820070419\x1c\2\x3c\0\x06110315"
    assert read_exif(tiff([(0x83BB, 7, len(data), data)])).taken_at == "2007-04-19T11:03:15"


@given(st.binary(max_size=200))
def test_random_resources_never_raise(junk: bytes) -> None:
    """Whatever Photoshop's segment holds, something or nothing is read."""
    for data in (junk, b"8BIM\4\4\0\0" + junk, b"\x1c\2" + junk):
        others.taken_from_resources(data)
        others.instructions_in_resources(data)
        others.iptc_taken(data)


def test_old_cameras_text() -> None:
    """Cameras before Exif wrote lines of text: exposure in microseconds, an F before the number, Unix time."""
    text = b"[picture info]\r\nTimeDate=923574480\r\nShutter=6460\r\nFNumber=F2.8\r\nFlash=1\r\n[end]\r\n"
    exif = read_exif(jpeg_with((0xEC, text)))
    assert (exif.aperture, exif.flash_fired) == (2.8, True)
    assert (exif.taken_at, exif.exposure_s, exif.readers) == ("1999-04-08T12:28:00", 0.00646, ("app12",))
    assert read_exif(jpeg_with((0xEC, b"Ducky\0\1\0\4\0\0\0<Shutter=5"))) == Exif()


@given(st.binary(max_size=300))
def test_random_text_never_raises(junk: bytes) -> None:
    """Whatever an APP12 segment holds, reading it returns a record."""
    assert isinstance(read_exif(jpeg_with((0xEC, b"TimeDate=99999999999\r\nFNumber=" + junk))), Exif)


def test_extended_xmp_is_joined() -> None:
    """What does not fit into the main packet comes in parts, in any order, each with its offset."""
    packet = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/"><tiff:Model>D70</tiff:Model></rdf:Description>'
        b"</rdf:RDF></x:xmpmeta>"
    )
    head = b"http://ns.adobe.com/xmp/extension/\0" + b"A" * 32 + struct.pack(">I", len(packet))
    parts = [(0xE1, head + struct.pack(">I", at) + packet[at : at + 90]) for at in range(0, len(packet), 90)]
    assert read_exif(jpeg_with(*reversed(parts))).model == "D70"


def test_broken_xmp_is_read_behind_the_damage() -> None:
    """Programs write XML that is none; properties behind it are found by their usual prefixes."""
    packet = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><d:x="y=> z=</d:x><tiff:Make>Canon</tiff:Make>'
        b"<r:D exif:FNumber='71/10' tiff:Model=\"EOS\"/>"
    )
    exif = read_exif(jpeg_with((0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet)))
    assert (exif.make, exif.model, exif.aperture) == ("Canon", "EOS", 7.1)


def test_a_damaged_compressed_box_is_told(tmp_path: Path) -> None:
    """JPEG XL can hold its Exif compressed; that it is there and could not be read is said."""
    path = tmp_path / "a.jxl"
    path.write_bytes(b"\0\0\0\x0cJXL \r\n\x87\n" + box(b"brob", b"Exif" + b"\xff" * 20))
    facts = read_photo(path)
    assert facts.status is Status.INVALID
    assert "Brotli" in (facts.error or "")


CAMERA = Exif(
    make="Canon", model="Canon EOS 40D", exposure_s=0.01, aperture=4, focal_mm=50, taken_at="2019-01-02T03:04:05"
)


@pytest.mark.parametrize(
    "name",
    [
        "IMG-20190714-WA0001.jpg",
        "WhatsApp Image 2019-07-14 at 09.21.11.jpeg",
        "FB_IMG_1563088871000.jpg",
        "received_10157321234567890.jpeg",
        "photo_2019-07-14_09-21-11.jpg",
        "signal-2019-07-14-092111.jpg",
        "mmexport1563088871000.jpg",
    ],
)
def test_messengers_names_count_where_nothing_of_a_camera_is_left(name: str) -> None:
    """The same name on a file with a camera's EXIF proves nothing."""
    assert judge(Reading(), name, Format.JPEG)[0] is True
    assert judge(Reading(CAMERA, maker_note=True), name, Format.JPEG)[0] is None
    assert judge(Reading(), f"holiday {name}", Format.JPEG)[0] is None


def test_facebooks_mark_is_known(tmp_path: Path) -> None:
    """Facebook and Instagram sign in IPTC, whatever the file is called."""
    path = tmp_path / "a.jpg"
    path.write_bytes(jpeg_with(photoshop(instructions="FBMD01000abc")))
    facts = read_photo(path)
    assert (facts.edited, facts.edited_reason) == (True, "Facebook or Instagram: IPTC instructions FBMD")


@pytest.mark.parametrize(
    ("named", "size", "verdict"),
    [
        ((4000, 3000), (1000, 750), "resized"),
        ((4000, 3000), (750, 1000), "resized"),
        ((4000, 3000), (4000, 2250), "cropped"),
        ((4000, 3000), (4000, 3000), None),
        ((3000, 4000), (4000, 3000), None),
        ((4000, 3000), (4000, 2992), None),
        ((160, 120), (4000, 3000), None),
        (None, (4000, 3000), None),
    ],
)
def test_fewer_pixels_than_were_taken(
    named: tuple[int, int] | None, size: tuple[int, int], verdict: str | None
) -> None:
    """Smaller than EXIF says is a sign, turned or padded to whole blocks is none, larger says nothing."""
    was_edited, reason = judge(Reading(CAMERA, maker_note=True, pixel_size=named), "a.jpg", Format.JPEG, size)
    assert (was_edited, (reason or "").split(":")[0] or None) == ((True, verdict) if verdict else (None, None))


def test_a_camera_without_its_makers_block() -> None:
    """All of a camera's EXIF without the block that its maker always writes; phones and other makers are not asked."""
    assert judge(Reading(CAMERA, maker_note=False), "a.jpg", Format.JPEG)[0] is True
    assert judge(Reading(CAMERA, maker_note=True), "a.jpg", Format.JPEG)[0] is None
    assert judge(Reading(CAMERA, maker_note=False), "a.tif", Format.TIFF)[0] is None
    phone = Exif(
        make="samsung", model="SM-G991B", exposure_s=0.01, aperture=4, focal_mm=5, taken_at="2019-01-02T03:04:05"
    )
    assert judge(Reading(phone, maker_note=False), "a.jpg", Format.JPEG)[0] is None


@pytest.mark.parametrize(
    "name", ["Screenshot_20190714-092111_Chrome.jpg", "Screen Shot 2019-07-14 at 09.21.11.png", "Bildschirmfoto 1.png"]
)
def test_screenshots_by_name(name: str) -> None:
    """Systems name them; a camera's EXIF is stronger than a name."""
    assert screenshot_sign(Reading(), name, Format.JPEG, (500, 400))
    assert screenshot_sign(Reading(CAMERA), name, Format.JPEG, (500, 400)) is None


def test_screenshots_by_size_and_comment(tmp_path: Path) -> None:
    """A PNG of a screen's size, upright or not; a comment of the system's, whatever the size."""
    assert screenshot_sign(Reading(), "a.png", Format.PNG, (1170, 2532))
    assert screenshot_sign(Reading(), "a.png", Format.PNG, (2532, 1170))
    assert screenshot_sign(Reading(), "a.png", Format.PNG, (1000, 2000)) is None
    assert screenshot_sign(Reading(), "a.jpg", Format.JPEG, (1170, 2532)) is None
    exif = camera_exif()
    exif.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0Screenshot"
    path = tmp_path / "a.heic"
    path.write_bytes(encoded("HEIF", exif))
    assert read_photo(path).screenshot == "UserComment: Screenshot"


@pytest.mark.parametrize(
    ("names", "shot"),
    [
        (["IMG_20190714_092111_BURST001_COVER.jpg", "IMG_20190714_092111_BURST012.jpg"], "IMG_20190714_092111"),
        (
            ["00000IMG_00000_BURST20190714092111123_COVER.jpg", "00003IMG_00003_BURST20190714092111123.jpg"],
            "20190714092111123",
        ),
        (
            ["PXL_20210714_092111123.BURST-01.COVER.jpg", "PXL_20210714_092111123.BURST-02.jpg"],
            "PXL_20210714_092111123",
        ),
        (["20160714_092111_001.jpg", "20160714_092111_014.jpg"], "20160714_092111"),
    ],
)
def test_bursts_by_name(names: list[str], shot: str) -> None:
    """Photos of one burst share what their names begin with."""
    assert {burst_of(Reading(), name) for name in names} == {f"name:{shot}"}


@pytest.mark.parametrize(
    "name", ["IMG_20190714_092111.jpg", "20160714_092111.jpg", "DSC_0001.JPG", "IMG_0001.JPG", "burst.jpg"]
)
def test_single_shots_are_no_bursts(name: str) -> None:
    """Ordinary names say nothing."""
    assert burst_of(Reading(), name) is None


def test_bursts_by_what_the_file_says(tmp_path: Path) -> None:
    """Apple's UUID in its block, whose offsets count from its own start, and Google's in XMP."""
    uuid = b"7F9A1C7B-0A36-4E8B-A8A5-1E9D11F52D53\0"
    note = b"Apple iOS\0\0\1MM" + directory(">", 14, (1, 9, 1, bytes(4)), (0x0B, 2, len(uuid), uuid))
    path = tmp_path / "IMG_0001.JPG"
    path.write_bytes(photo("Apple", "iPhone 6s", note))
    assert read_photo(path).burst == f"apple:{uuid[:-1].decode()}"
    packet = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<r:Description xmlns:GCamera="http://ns.google.com/photos/1.0/camera/" GCamera:BurstID="ab-12"/></r:RDF></x:xmpmeta>'
    )
    path.write_bytes(
        jpeg_with((0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet), base=encoded("JPEG", None, picture()))
    )
    assert read_photo(path).burst == "google:ab-12"


def test_filters_see_what_files_say(tmp_path: Path) -> None:
    """Screenshots, bursts, tables and disagreements can be asked for beside the fixed labels; the readings stay hidden."""
    catalog = tmp_path / "catalog.sqlite"
    facts = PhotoFacts(
        Status.OK,
        jpeg_progressive=True,
        jpeg_standard_tables=False,
        screenshot="its name, and nothing of a camera",
        burst="google:ab-12",
        exif=Exif(disagreements=("iso: exifread 100, pillow 200", "lens: exifread a, pillow b")),
    )
    with contextlib.closing(connect(catalog)) as connection:
        connection.execute(
            "INSERT INTO photo (id, path_bytes, path, source, status) VALUES (1, x'61', 'a', 'local', 'ok')"
        )
        connection.execute("INSERT INTO reading VALUES (1, ?)", (json.dumps(facts.as_json()),))
    with label_reader(catalog) as reader:
        wanted = "screenshot, burst, jpeg_progressive, jpeg_tables, readers_disagree"
        row = next(reader.rows(f"SELECT {wanted} FROM label WHERE burst IS NOT NULL AND readers_disagree LIKE '%iso%'"))
        assert tuple(row) == (
            *(facts.screenshot, facts.burst, 1, "own"),
            "iso: exifread 100, pillow 200; lens: exifread a, pillow b",
        )
        with pytest.raises(UsageError):
            list(reader.rows("SELECT facts FROM reading"))
