"""Formats that archives and cameras beside the usual ones keep: RAW files of more makers, Photoshop, JPEG 2000, JPEG XR, BPG."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from photo_samples import box, camera_exif, encoded, jpeg_with, picture, tiff
from PIL import Image, Jpeg2KImagePlugin

from curate.containers.sniff import Format
from curate.containers.stream import read_at
from curate.photos.facts import Exif, PhotoFacts, Status
from curate.photos.metadata.exif import read_exif
from curate.photos.picture import decode
from curate.photos.read import read_photo

BLOCK = camera_exif().tobytes().removeprefix(b"Exif\0\0")
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Model="Q2"/></rdf:RDF></x:xmpmeta>'
)
IPTC = b"\x1c\x02\x37\0\x0820190714" + b"\x1c\x02\x3c\0\x06092111"
SIGNATURE = b"\0\0\0\x0cjP  \r\n\x87\n"
EXIF_UUID = b"JpgTiffExif->JP2"


def read(folder: Path, name: str, data: bytes, max_pixels: int = 10_000_000) -> PhotoFacts:
    """Write a file and read it, with its preview beside it."""
    (folder / name).write_bytes(data)
    return read_photo(folder / name, folder / "preview.jpg", max_pixels)


def labels(exif: Exif) -> tuple[object, ...]:
    """Make, model, ISO and time."""
    return exif.make, exif.model, exif.iso, exif.taken_at


CAMERA = ("Canon", "Canon EOS 40D", 400, "2019-07-14T09:21:11.370")


# --- RAW


@pytest.mark.parametrize(
    ("suffix", "kind"),
    [
        ("srw", "SRW"),
        ("rwl", "RWL"),
        ("iiq", "IIQ"),
        ("3fr", "3FR"),
        ("FFF", "3FR"),
        ("erf", "ERF"),
        ("kdc", "KDC"),
        ("dcr", "DCR"),
        ("mef", "MEF"),
        ("mos", "MOS"),
        ("gpr", "GPR"),
    ],
)
def test_tiff_based_raws_of_more_makers_are_read_and_shown(suffix: str, kind: str, tmp_path: Path) -> None:
    """The whole file is one TIFF structure, and its largest JPEG stands for it."""
    facts = read(tmp_path, f"a.{suffix}", BLOCK + bytes(50) + encoded("JPEG"))
    assert (facts.status, facts.format) == (Status.OK, kind)
    assert labels(facts.exif) == CAMERA
    assert facts.phash is not None


def test_leicas_raw_in_panasonics_container_has_panasonics_iso(tmp_path: Path) -> None:
    """Panasonic's own tag 0x17 in the first directory is the ISO speed of both makers' files."""
    data = tiff([(0x0017, 3, 1, struct.pack("<H", 250))])
    facts = read(tmp_path, "a.rwl", b"IIU\0" + data[4:])
    assert (facts.format, facts.exif.iso) == ("RWL", 250)


def x3f(*parts: tuple[bytes, bytes]) -> bytes:
    """An X3F file of sections (type, content)."""
    data, directory = b"FOVb".ljust(40, b"\0"), b"SECd" + struct.pack("<II", 0x20000, len(parts))
    for kind, content in parts:
        directory += struct.pack("<II4s", len(data), len(content), kind)
        data += content
    return data + directory + struct.pack("<I", len(data))


def property_section(**values: str) -> bytes:
    """A property section of an X3F file."""
    text, places = "", b""
    for name, value in values.items():
        places += struct.pack("<II", len(text), len(text) + len(name) + 1)
        text += f"{name}\0{value}\0"
    head = b"SECp" + struct.pack("<IIIII", 0x20000, len(values), 0, 0, len(text))
    return head + places + text.encode("utf-16-le")


def test_sigmas_properties_are_labels(tmp_path: Path) -> None:
    """Cameras of the SD9's time have no Exif at all."""
    values = {
        "CAMMANUF": "SIGMA",
        "CAMMODEL": "SIGMA SD10",
        "SHUTTER": "0.005",
        "APERTURE": "8.000",
        "ISO": "100",
        "FLENGTH": "50.0",
        "TIME": "1085064322",
    }
    facts = read(tmp_path, "a.x3f", x3f((b"PROP", property_section(**values))))
    assert (facts.status, facts.format) == (Status.OK, "X3F")
    assert labels(facts.exif) == ("SIGMA", "SIGMA SD10", 100, "2004-05-20T14:45:22")
    assert (facts.exif.exposure_s, facts.exif.aperture, facts.exif.focal_mm) == (0.005, 8.0, 50.0)


def test_sigmas_later_cameras_keep_exif_in_the_preview(tmp_path: Path) -> None:
    """Its JPEG is a picture section of format 18; sections of other formats are passed over."""
    jpeg = b"SECi" + struct.pack("<6I", 0x20000, 2, 18, 96, 64, 0) + encoded("JPEG", camera_exif())
    other = b"SECi" + struct.pack("<6I", 0x20000, 2, 3, 96, 64, 0) + jpeg_with((0xE1, b"Exif\0\0" + tiff([])))
    facts = read(tmp_path, "a.x3f", x3f((b"IMA2", other), (b"IMA2", jpeg)))
    assert labels(facts.exif) == CAMERA
    assert facts.phash is not None


# --- Photoshop


def resource(number: int, data: bytes, signature: bytes = b"8BIM") -> bytes:
    return signature + struct.pack(">HHI", number, 0, len(data)) + data + bytes(len(data) & 1)


def psd(resources: bytes = b"", *, image: Image.Image | None = None, version: int = 1, bits: int = 8) -> bytes:
    """A Photoshop file without layers: RGB, or RGB with a mask."""
    image = image or picture()
    planes = b"".join(band.tobytes() for band in image.split())
    if bits == 16:
        planes = b"".join(bytes((value, value)) for value in planes)
    head = struct.pack(">4sH6xHIIHH", b"8BPS", version, len(image.getbands()), image.height, image.width, bits, 3)
    layers = bytes(4 if version == 1 else 8)
    return head + bytes(4) + struct.pack(">I", len(resources)) + resources + layers + b"\0\0" + planes


def test_photoshop_files_have_labels_and_a_preview(tmp_path: Path) -> None:
    """Exif is one of the image resources; the flattened picture is decoded."""
    facts = read(tmp_path, "a.psd", psd(resource(0x03ED, bytes(3), b"MeSa") + resource(0x0422, BLOCK)))
    assert (facts.status, facts.format, facts.width, facts.height) == (Status.OK, "PSD", 96, 64)
    assert labels(facts.exif) == CAMERA
    assert facts.phash == read(tmp_path, "a.png", encoded("PNG")).phash


@pytest.mark.parametrize(("version", "bits"), [(1, 16), (2, 8)])
def test_photoshop_files_that_no_decoder_knows_have_labels_alone(version: int, bits: int, tmp_path: Path) -> None:
    """16 bits a channel, and the variant for large files (PSB): like a RAW without preview."""
    facts = read(tmp_path, "a.psb", psd(resource(0x0422, BLOCK), version=version, bits=bits))
    assert (facts.status, facts.error, facts.width, facts.height, facts.phash) == (Status.OK, None, 96, 64, None)
    assert labels(facts.exif) == CAMERA
    facts = read(tmp_path, "bare.psb", psd(version=version, bits=bits))
    assert (facts.status, facts.error) == (
        Status.INVALID,
        "neither its picture nor metadata could be read (PSD)",
    )


def test_a_mask_beside_the_colours_hides_nothing_of_a_photoshop_picture(tmp_path: Path) -> None:
    """A saved selection is a fourth channel; it is no transparency."""
    masked = picture().convert("RGBA")
    masked.putalpha(0)
    assert read(tmp_path, "a.psd", psd(image=masked)).phash == read(tmp_path, "b.psd", psd()).phash


def test_xmp_and_iptc_of_photoshop_files_are_read() -> None:
    """They are resources, too."""
    exif = read_exif(psd(resource(0x0424, XMP) + resource(0x0404, IPTC)))
    assert (exif.model, exif.taken_at) == ("Q2", "2019-07-14T09:21:11")


def test_a_damaged_photoshop_picture_is_told(tmp_path: Path) -> None:
    """One that is cut keeps its labels and its status says so."""
    facts = read(tmp_path, "a.psd", psd(resource(0x0422, BLOCK))[:-3000])
    assert (facts.status, facts.exif.make) == (Status.TRUNCATED, "Canon")


# --- JPEG 2000


def jp2(*boxes: bytes, image: Image.Image | None = None, **options: object) -> bytes:
    """A JPEG 2000 file with further boxes before its picture."""
    data = encoded("JPEG2000", image=image, **options)
    at = data.index(b"jp2c") - 4
    return data[:at] + b"".join(boxes) + data[at:]


def test_jpeg_2000_has_labels_and_a_preview(tmp_path: Path) -> None:
    """Exif stands in a box with an identifier of its own."""
    facts = read(tmp_path, "a.jp2", jp2(box(b"uuid", EXIF_UUID + BLOCK)))
    assert (facts.status, facts.format, facts.width, facts.height) == (Status.OK, "JPEG2000", 96, 64)
    assert labels(facts.exif) == CAMERA
    assert facts.phash == read(tmp_path, "a.png", encoded("PNG")).phash


@pytest.mark.parametrize(
    "found",
    [
        box(b"uuid", bytes.fromhex("0537cdab9d0c4431a72afa561f2a113e") + BLOCK),
        box(b"jp2h", box(b"uuid", EXIF_UUID + b"Exif\0\0" + BLOCK)),
        box(b"uuid", bytes.fromhex("2c4c0100850440b9a03e562148d6dfeb") + resource(0x0422, BLOCK)),
    ],
)
def test_exif_in_other_boxes_of_jpeg_2000_is_read(found: bytes) -> None:
    """Another identifier, inside the header box, or among Photoshop's resources."""
    assert labels(read_exif(SIGNATURE + found)) == CAMERA


@pytest.mark.parametrize("uuid", ["33c7a4d2b81d4723a0baf1a3e097ad38", "09a14e970c0b42e0bebf36df6f0ce36f"])
def test_xmp_and_iptc_of_jpeg_2000_are_read(uuid: str) -> None:
    """XMP in its box or in the plain XML box, IPTC under two identifiers."""
    iptc = box(b"uuid", bytes.fromhex(uuid) + IPTC)
    xmp = box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + XMP)
    for data in (SIGNATURE + xmp + iptc, SIGNATURE + box(b"xml ", XMP) + iptc):
        exif = read_exif(data)
        assert (exif.model, exif.taken_at) == ("Q2", "2019-07-14T09:21:11")


@pytest.mark.parametrize("levels", [1, 2, 6])
@pytest.mark.parametrize("bare", [True, False])
def test_a_large_jpeg_2000_is_decoded_at_one_of_its_own_sizes(levels: int, bare: bool) -> None:
    """The preview is the same, whatever sizes the file holds; without its container, too."""
    image = picture(3000, 2000)
    data = encoded("JPEG2000", image=image, num_resolutions=levels, no_jp2=bare)
    made = decode(io.BytesIO(data), Format.JP2, None)
    assert (made.width, made.height, made.small.size) == (3000, 2000, (640, 427))
    plain = decode(io.BytesIO(encoded("PNG", image=image)), Format.PNG, None)
    difference = np.abs(np.asarray(made.small, dtype=float) - np.asarray(plain.small, dtype=float))
    assert difference.mean() < 2


def test_a_jpeg_2000_that_cannot_be_halved_is_decoded_whole() -> None:
    """Pillow fails on the smaller sizes of a picture that starts beside the corner of its grid; the picture is sound."""
    data = encoded("JPEG2000", image=picture(2592, 1944), tile_size=(64, 64), offset=(3, 5))
    opened = Image.open(io.BytesIO(data))
    opened.reduce = 1  # type: ignore[method-assign,assignment]
    with pytest.raises(OSError, match="broken data stream"):
        opened.load()
    made = decode(io.BytesIO(data), Format.JP2, None)
    assert (made.width, made.height, made.small.size) == (2592, 1944, (640, 480))


@pytest.mark.parametrize(("width", "halvings"), [(3000, 2), (3001, 1), (1279, 0)])
def test_a_jpeg_2000_is_not_decoded_at_full_size(width: int, halvings: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Decoding all of a scan takes seconds; the size nearest above the preview's that Pillow can make is asked for."""
    asked: list[int] = []
    plugin = Jpeg2KImagePlugin.Jpeg2KImageFile
    load = plugin.load
    monkeypatch.setattr(plugin, "load", lambda image: (asked.append(image._reduce), load(image))[1])
    decode(
        io.BytesIO(jp2(box(b"uuid", EXIF_UUID + BLOCK), image=picture(width, 2000 * width // 3000))), Format.JP2, None
    )
    assert set(asked) == {halvings}


@pytest.mark.parametrize("kept", [30, 300])
def test_a_jpeg_2000_that_was_cut_is_told(kept: int, tmp_path: Path) -> None:
    """Cut inside its boxes or inside its picture, its data end early."""
    data = jp2(image=picture(300, 200))
    assert read(tmp_path, "a.jp2", data[:kept]).status is Status.TRUNCATED


@pytest.mark.parametrize("name", ["a.psd", "a.jp2"])
def test_pictures_beyond_the_limit_are_not_decoded(name: str, tmp_path: Path) -> None:
    """The pixel limit holds for these decoders as for the others."""
    facts = read(tmp_path, name, psd() if name == "a.psd" else jp2(), max_pixels=1000)
    assert (facts.status, facts.width, facts.height) == (Status.TOO_LARGE, 96, 64)


# --- JPEG XR, BPG, PGF, BigTIFF


def test_jpeg_xr_is_a_tiff_structure_with_a_mark_of_its_own(tmp_path: Path) -> None:
    """Exif and XMP stand in its directory; its picture is not decoded."""
    make, size = b"Nokia\0", struct.pack("<II", 300, 200)
    entries = [(0x010F, 2, 6, make), (0x02BC, 1, len(XMP), XMP), (0xBC80, 4, 1, size[:4]), (0xBC81, 4, 1, size[4:])]
    facts = read(tmp_path, "a.jxr", b"II\xbc\1" + tiff(entries)[4:])
    assert (facts.status, facts.format, facts.phash) == (Status.OK, "JXR", None)
    assert (facts.exif.make, facts.exif.model, facts.width, facts.height) == ("Nokia", "Q2", 300, 200)


def test_the_size_of_a_picture_that_is_not_decoded_is_its_own(tmp_path: Path) -> None:
    """Exif tells what was taken; the container tells what is left of it."""
    exif = camera_exif()
    exif.get_ifd(0x8769)[0xA002], exif.get_ifd(0x8769)[0xA003] = 3000, 2000
    facts = read(tmp_path, "a.bpg", bpg((1, exif.tobytes())))
    assert (facts.width, facts.height) == (300, 200)
    assert facts.edited_reason == "resized: taken with 3000 × 2000 pixels, now 300 × 200"


def bpg(*extensions: tuple[int, bytes]) -> bytes:
    """A BPG file of 300 x 200 pixels with extensions (number, data)."""

    def number(value: int) -> bytes:
        return bytes((value >> 14 & 127 | 128, value >> 7 & 127 | 128, value & 127))

    packed = b"".join(number(tag) + number(len(data)) + data for tag, data in extensions)
    return b"BPG\xfb\x20\x08" + number(300) + number(200) + number(0) + number(len(packed)) + packed


@pytest.mark.parametrize("before", [b"", b"\0"])
def test_bpg_keeps_exif_and_xmp_in_extensions(before: bytes, tmp_path: Path) -> None:
    """Some writers put a byte before the Exif block."""
    facts = read(tmp_path, "a.bpg", bpg((4, b"thumbnail"), (1, before + BLOCK)))
    assert (facts.status, facts.format, facts.width, facts.height) == (Status.OK, "BPG", 300, 200)
    assert labels(facts.exif) == CAMERA
    assert read_exif(bpg((3, XMP))).model == "Q2"


def test_bpg_that_says_it_has_no_extensions_has_none() -> None:
    """What follows the sizes is then the picture."""
    data = bytearray(bpg((1, BLOCK)))
    data[5] = 0
    assert read_exif(bytes(data)) == Exif()


def test_pgf_keeps_its_metadata_in_a_png(tmp_path: Path) -> None:
    """digiKam's format: a PNG of one pixel between the header and the picture."""
    head = b"PGF6" + struct.pack("<III", 500, 300, 200) + bytes(8)
    facts = read(tmp_path, "a.pgf", head + encoded("PNG", camera_exif()))
    assert (facts.status, facts.format, facts.width, facts.height) == (Status.OK, "PGF", 300, 200)
    assert labels(facts.exif) == CAMERA


def test_labels_of_a_bigtiff_are_read(tmp_path: Path) -> None:
    """Scans beyond 4 GB are BigTIFF."""
    buffer = io.BytesIO()
    picture().save(buffer, "TIFF", big_tiff=True, tiffinfo={0x010F: "Hasselblad", 0x0110: "Flextight X5"})
    facts = read(tmp_path, "a.tif", buffer.getvalue())
    assert (facts.status, facts.exif.make, facts.exif.model) == (Status.OK, "Hasselblad", "Flextight X5")


# --- Hostile files


def test_an_impossible_place_costs_nothing_but_itself(tmp_path: Path) -> None:
    """File systems refuse to go to places that no file has; that is no failing disk."""
    (tmp_path / "a").write_bytes(b"data")
    with (tmp_path / "a").open("rb") as file:
        assert read_at(file, 1 << 62, 4) == b""
        assert read_at(file, 1, 4) == b"ata"


@pytest.mark.parametrize(
    "data",
    [
        b"8BPS\0\1" + bytes(20) + b"\xff" * 40,
        b"BPG\xfb\x20\x08" + b"\xff" * 60,
        x3f((b"PROP", b"SECp" + struct.pack("<IIIII", 0, 0xFFFFFFFF, 0, 0, 0) + b"\xff" * 40)),
        b"FOVb" + b"\xff" * 60,
        b"PGF6" + b"\xff" * 60,
        b"II\xbc\1" + b"\xff" * 60,
        SIGNATURE + box(b"jp2h", box(b"uuid", EXIF_UUID) * 50) + b"\xff" * 60,
        b"\xff\x4f\xff\x51" + b"\xff\x52\0\0" * 60,
    ],
)
def test_counts_and_places_beyond_the_file_end_in_a_status(data: bytes, tmp_path: Path) -> None:
    """Nothing is believed: the row says that the file is bad."""
    facts = read(tmp_path, "a", data)
    assert facts.status in (Status.INVALID, Status.TRUNCATED)
    assert facts.error
