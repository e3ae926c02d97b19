"""Labels from the tags of flickr.photos.getExif."""

from __future__ import annotations

import io
import os
import shutil
from pathlib import Path
from random import Random

import piexif
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from benchmarks.flickr_exif import DEGREES, exiftool_answers, row
from curate.photos.facts import Exif, TakenPrecision
from curate.photos.metadata.exif import read_exif
from curate.sources.flickr.exif import ExifTag, exif_from_labels, exif_from_tags
from tests.helpers.programs import benchmark

CORPUS = Path(os.environ.get("LENSTRACE_CORPUS", "")).absolute() / "exif-corpus"

PHONE = [
    ExifTag("IFD0", "Make", "Apple"),
    ExifTag("IFD0", "Model", "iPhone 4S"),
    ExifTag("IFD0", "Orientation", "Rotate 90 CW"),
    ExifTag("IFD0", "Software", "6.1.3"),
    ExifTag("ExifIFD", "ExposureTime", "1/50"),
    ExifTag("ExifIFD", "FNumber", "2.4"),
    ExifTag("ExifIFD", "ISO", "400"),
    ExifTag("ExifIFD", "DateTimeOriginal", "2013:05:04 12:30:00"),
    ExifTag("ExifIFD", "SubSecTimeOriginal", "25"),
    ExifTag("ExifIFD", "OffsetTimeOriginal", "+02:00"),
    ExifTag("ExifIFD", "Flash", "Off, Did not fire"),
    ExifTag("ExifIFD", "FocalLength", "4.3 mm"),
    ExifTag("ExifIFD", "LensModel", "iPhone 4S back camera 4.28mm f/2.4"),
    ExifTag("ExifIFD", "FileSource", "Digital Camera"),
    ExifTag("GPS", "GPSLatitudeRef", "South"),
    ExifTag("GPS", "GPSLatitude", "43 deg 28' 2.81\""),
    ExifTag("GPS", "GPSLongitudeRef", "East"),
    ExifTag("GPS", "GPSLongitude", "11 deg 53' 6.45\""),
    ExifTag("GPS", "GPSTimeStamp", "10:30:02.5"),
    ExifTag("GPS", "GPSDateStamp", "2013:05:04"),
]


def test_every_label_of_an_answer() -> None:
    """The whole record of a phone's photo."""
    assert exif_from_tags(PHONE) == Exif(
        make="Apple",
        model="iPhone 4S",
        exposure_s=0.02,
        aperture=2.4,
        focal_mm=4.3,
        iso=400,
        flash_fired=False,
        taken_at="2013-05-04T12:30:00.250",
        taken_precision=TakenPrecision.SECOND,
        utc_offset="+02:00",
        gps_utc="2013-05-04T10:30:02.500",
        latitude=pytest.approx(-43.4674472),  # type: ignore[arg-type]
        longitude=pytest.approx(11.8851250),  # type: ignore[arg-type]
        lens="iPhone 4S back camera 4.28mm f/2.4",
        software="6.1.3",
        orientation=6,
        file_source=3,
        readers=("flickr",),
    )
    assert exif_from_tags([]) == Exif()


KODAK = (("Kodak", "FNumber", "6.73"), ("Kodak", "ISO", "0"))
ROUNDED = (("ExifIFD", "ISO", "65535"), ("ExifIFD", "FNumber", "6.7"))
CANON = (("Canon", "CameraISO", "Auto"), ("Canon", "BaseISO", "100"), ("Canon", "AutoISO", "148"))
XMP = (("Canon", "FNumber", "5.4"), ("Canon", "ExposureTime", "1/66"), ("XMP-exif", "FNumber", "5"))
IPTC = ("IPTC", "DateCreated", "2007:04:19")
NORTH, WEST = ("GPSLatitude", "43 deg 30' 0.00\" N"), ("GPSLongitude", "11 deg 15' 0.00\" W")


@pytest.mark.parametrize(
    ("tags", "labels"),
    [
        # the form of Flickr's own documentation: numbers as names, fractions as values
        (
            (("TIFF", "271", "Canon"), ("EXIF", "33437", "90/10"), ("EXIF", "ISOSpeedRatings", "100")),
            {"make": "Canon", "aperture": 9.0, "iso": 100},
        ),
        # the order of files: EXIF, XMP, the maker's block; a blank tag does not hide a later source
        (
            (
                *XMP,
                ("XMP-tiff", "Make", "Canon"),
                ("XMP-exif", "ExposureTime", "1/64"),
                ("IFD0", "Make", " "),
                ("ExifIFD", "FNumber", "5.6"),
            ),
            {"make": "Canon", "aperture": 5.6, "exposure_s": 1 / 64},
        ),
        # Kodak's and Panasonic's values are exact where EXIF's are rounded or capped, but not in Kodak's inner directories
        ((*ROUNDED, ("Panasonic", "ISO", "102400")), {"iso": 102400}),
        ((*ROUNDED, *KODAK), {"aperture": 6.73, "iso": 65535}),
        ((*ROUNDED, *KODAK, ("Kodak", "SensorWidth", "4032")), {"aperture": 6.7}),
        # Canon's older cameras have the ISO in parts; Nikon's older pair of numbers is not read, here as in files
        (CANON, {"iso": 148}),
        ((*CANON, ("Canon", "CameraISO", "200")), {"iso": 200}),
        ((("Nikon", "ISO", "200"),), {"iso": None}),
        ((("Nikon", "ISO", "200"), ("Nikon", "ISO2", "200")), {"iso": 200}),
        # a position without a GPS directory: XMP's, and exiftool's Composite one
        *(
            (((space, *NORTH), (space, *WEST)), {"latitude": 43.5, "longitude": -11.25})
            for space in ("XMP-exif", "Composite")
        ),
        # date and time of creation together are when the photo was taken; a date alone is not
        (
            (IPTC, ("IPTC", "TimeCreated", "11:03:15-06:00")),
            {"taken_at": "2007-04-19T11:03:15", "utc_offset": "-06:00"},
        ),
        ((IPTC,), {"taken_at": None}),
    ],
)
def test_which_tag_counts(tags: tuple[tuple[str, str, str], ...], labels: dict[str, object]) -> None:
    """Of several that say the same, as in the files themselves."""
    exif = exif_from_tags([ExifTag(*tag) for tag in tags])
    assert {name: getattr(exif, name) for name in labels} == labels


SPACES = [
    *sorted({tag.space for tag in PHONE}),
    "XMP-exif",
    "XMP-tiff",
    "Canon",
    "Kodak",
    "Composite",
    "IPTC",
    "PictureInfo",
    "CIFF",
]
NAMES = sorted({tag.tag for tag in PHONE} | {"DateCreated", "TimeCreated", "FlashFired", "BaseISO", "AutoISO"})
NUMERALS = st.from_regex(r"-?\d{1,30}([./]\d{0,30}){0,3}", fullmatch=True)
TAGS = st.builds(
    ExifTag,
    st.sampled_from(SPACES) | st.text(),
    st.sampled_from(NAMES) | st.text(),
    st.sampled_from([tag.raw for tag in PHONE]) | st.text() | NUMERALS,
)


@given(st.lists(TAGS, max_size=30))
def test_any_answer_gives_a_record(tags: list[ExifTag]) -> None:
    """No answer raises, and every record makes a label row."""
    row(exif_from_tags(tags))


@given(
    st.lists(TAGS, max_size=20), st.lists(TAGS, max_size=20), st.sampled_from(["IFD1", "ifd1", "IFD2"]), st.randoms()
)
def test_the_thumbnail_never_gives_a_label(
    tags: list[ExifTag], others: list[ExifTag], space: str, random: Random
) -> None:
    """Tags of the thumbnail's directory change nothing, wherever they stand."""
    mixed = list(tags)
    for tag in others:
        mixed.insert(random.randrange(len(mixed) + 1), ExifTag(space, tag.tag, tag.raw))
    assert exif_from_tags(mixed) == exif_from_tags(tags)


@given(
    st.floats(1e-4, 100),
    st.floats(0.7, 64),
    st.floats(1, 2000),
    st.integers(1, 2**31),
    st.sampled_from(["Canon", "KODAK é", "日本"]),
)
def test_our_own_label_columns_are_read_as_they_were(
    exposure: float, aperture: float, focal: float, iso: int, make: str
) -> None:
    """The columns of a label row, read again, give the same row."""
    first = row(Exif(make=make, exposure_s=exposure, aperture=aperture, focal_mm=focal, iso=iso))
    columns = {"Exposure": "exposure", "Aperture": "aperture", "Focal Length": "focal_length", "ISO Speed": "iso_speed"}
    labels = {"Make": make, "Model": None, **{name: first[column] for name, column in columns.items()}}
    again = row(exif_from_labels(labels))
    assert {name: again[name] for name in columns.values()} == {name: first[name] for name in columns.values()}
    assert (again["Make"], again["Model"]) == (make, None)


def test_blank_columns_are_absent() -> None:
    """Missing columns, nulls and blanks are no labels."""
    assert exif_from_labels({"Make": " ", "Model": None, "Exposure": "", "ISO Speed": "Auto"}) == Exif(
        readers=("flickr",)
    )


def _written(folder: Path) -> None:
    """JPEGs with every value of Flash and Orientation, and exposures, dates and positions of many forms."""
    (folder / "images").mkdir()
    picture = io.BytesIO()
    Image.new("RGB", (16, 16)).save(picture, "JPEG")
    times = [(1, 8000), (1, 3), (10, 600), (13, 10), (30, 1), (0, 1), (1, 0), (333, 10000)]
    numbers = [(95, 100), (14, 10), (18, 10), (28, 10), (63, 10), (11, 1), (0, 0)]
    lengths = [(415, 100), (50, 1), (4200, 1000), (0, 1), (18249, 1000)]
    dates = [
        b"2013:05:04 12:30:00",
        b"0000:00:00 00:00:00",
        b"2013:05:04 12:30",
        b"2013-05-04T12:30:00",
        b"2013:02:31 10:00:00",
        b"",
    ]
    seconds = [b"06", b"1", b"123456", b"abc"]
    positions = [
        ((43, 1), (28, 1), (281, 100)),
        ((8, 1), (575125, 10000), (0, 1)),
        ((12345678, 1000000), (0, 1), (0, 1)),
    ]
    for i in range(0x60):
        tags = {
            "0th": {
                0x010F: [b" NIKON ", b"Canon", b"0012"][i % 3], 0x0110: [b"D70\0x", b"6230"][i % 2], 0x0112: i % 10,
                0x0131: b"1.00",
            },
            "Exif": {
                0x829A: times[i % 8], 0x829D: numbers[i % 7], 0x920A: lengths[i % 5], 0x8827: [100, 65535, 0][i % 3], 0x9209: i,
                0x9003: dates[i % 5], 0x9291: seconds[i % 4], 0x9011: [b"+02:00", b"Z", b""][i % 3], 0xA300: bytes([i % 4]),
                0xA434: b"EF50mm f/1.8",
            },
            "GPS": {
                1: [b"N", b"S", b""][i % 3], 2: positions[i % 3], 3: [b"E", b"W"][i % 2], 4: positions[i % 3],
                7: ((10, 1), (30, 1), (250, 100)), 0x1D: b"2013:05:04",
            },
        }  # fmt: skip
        piexif.insert(piexif.dump(tags), picture.getvalue(), str(folder / "images" / f"{i}.jpg"))


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")
def test_values_as_exiftool_prints_them(tmp_path: Path) -> None:
    """Files with many values have the same label row from exiftool's answer as from their bytes."""
    _written(tmp_path)
    answers = dict(exiftool_answers(tmp_path))
    assert len(answers) == 0x60
    for name, tags in answers.items():
        api, original = row(exif_from_tags(tags)), row(read_exif(tmp_path / name))
        for axis in ("latitude", "longitude"):
            assert api.pop(axis) == pytest.approx(original.pop(axis), abs=DEGREES)
        assert api == original, name


@pytest.mark.slow
@pytest.mark.corpus
@pytest.mark.skipif(
    not os.environ.get("LENSTRACE_CORPUS") or not CORPUS.is_dir(), reason="LENSTRACE_CORPUS holds no exif-corpus"
)
def test_labels_agree_with_the_original_files() -> None:
    """On real files of many makers, at least 99 % of the values of each label equal the file's."""
    result = benchmark("flickr_exif", str(CORPUS), "-v")
    assert result.returncode == 0, result.stdout
    assert "targets missed: none" in result.stdout
