"""Metadata in the less usual places of a container."""

from __future__ import annotations

import io
import struct
import zlib

import pyarrow as pa
import pytest

from curate.containers.find import find_metadata
from curate.containers.sniff import Format
from curate.containers.stream import MAX_BLOCK
from curate.photos.metadata.exif import read_exif
from tests.curate.photos.photo_samples import box, encoded, jpeg_with, tiff

JXL = b"\0\0\0\x0cJXL \r\n\x87\n"
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Model="Q2"/></rdf:RDF></x:xmpmeta>'
)


def made_by(make: str) -> bytes:
    """A TIFF block that names a maker."""
    data = make.encode() + b"\0"
    return tiff([(0x010F, 2, len(data), data)])


def resource(number: int, data: bytes) -> bytes:
    """One of Photoshop's image resources."""
    return b"8BIM" + struct.pack(">HHI", number, 0, len(data)) + data + bytes(len(data) & 1)


def packed(data: bytes) -> bytes:
    """Data compressed with Brotli."""
    return bytes(pa.Codec("brotli").compress(data, asbytes=True))


# --- Photoshop's resources


def test_exif_and_xmp_in_photoshop_resources_are_read() -> None:
    """Programs that write Photoshop's segments alone leave the camera's Exif and XMP there."""
    data = b"Photoshop 3.0\0" + resource(0x0422, made_by("Leica")) + resource(0x0424, XMP)
    exif = read_exif(jpeg_with((0xED, data)))
    assert (exif.make, exif.model) == ("Leica", "Q2")


def test_exif_of_the_file_itself_counts_before_photoshops() -> None:
    """The copy in Photoshop's resources may be older than the Exif segment."""
    data = b"Photoshop 3.0\0" + resource(0x0422, made_by("Leica"))
    assert read_exif(jpeg_with((0xE1, b"Exif\0\0" + made_by("Canon")), (0xED, data))).make == "Canon"


@pytest.mark.parametrize("name", [b"iptc", b"8bim"])
def test_photoshop_resources_in_a_png_profile_are_read(name: bytes) -> None:
    """ImageMagick keeps Photoshop's resources of a converted JPEG as a hexadecimal text."""
    profile = resource(0x0422, made_by("Leica"))
    text = b"\n%s\n%8d\n%s\n" % (name, len(profile), profile.hex().encode())
    data = b"Raw profile type " + name + b"\0\0" + zlib.compress(text)
    chunk = struct.pack(">I", len(data)) + b"zTXt" + data + struct.pack(">I", zlib.crc32(b"zTXt" + data))
    png = encoded("PNG")
    assert read_exif(png[:33] + chunk + png[33:]).make == "Leica"


# --- JPEG


def test_metadata_right_before_the_end_of_a_file_is_read() -> None:
    """A JPEG whose last segment is Exif, followed by nothing but the end marker."""
    block = b"Exif\0\0" + made_by("Canon")
    segment = b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block
    assert read_exif(b"\xff\xd8" + segment + b"\xff\xd9").make == "Canon"
    assert read_exif(b"\xff\xd8" + segment).make is None


@pytest.mark.parametrize(
    ("names", "make", "model"),
    [
        ([b"CanonVCanon PowerShot S40\0"], "CanonV", "Canon PowerShot S40"),
        ([b"Canon\0Canon PowerShot S40\0", b"Canon\0noise\0"], "Canon", "Canon PowerShot S40"),
    ],
)
def test_ciff_names_are_told_apart_by_their_place(names: list[bytes], make: str, model: str) -> None:
    """Canon's make takes six bytes, whatever they are; of two entries of the names the first speaks."""
    heap, entries = b"", b""
    for name in names:
        entries += struct.pack("<HII", 0x080A, len(name), len(heap))
        heap += name
    heap += struct.pack("<H", len(names)) + entries + struct.pack("<I", len(heap))
    segment = b"II" + struct.pack("<I", 26) + b"HEAPJPGM".ljust(20, b"\0") + heap
    exif = read_exif(jpeg_with((0xE0, segment)))
    assert (exif.make, exif.model) == (make, model)


# --- HEIF


def heif(primary: int, described: dict[int, int], blocks: dict[int, bytes]) -> bytes:
    """A HEIF file's metadata: Exif items by number, and which picture each describes."""
    items = b"".join(box(b"infe", b"\2\0\0\0" + struct.pack(">HH", i, 0) + b"Exif\0") for i in blocks)
    refs = b"".join(box(b"cdsc", struct.pack(">HHH", item, 1, target)) for item, target in described.items())
    places, heap = b"", b""
    for item, block in blocks.items():
        data = bytes(4) + block
        places += struct.pack(">HHHHII", item, 1, 0, 1, len(heap), len(data))  # method 1: in `idat`
        heap += data
    iloc = b"\1\0\0\0\x44\0" + struct.pack(">H", len(blocks)) + places
    parts = (
        box(b"pitm", bytes(4) + struct.pack(">H", primary)),
        box(b"iinf", bytes(4) + struct.pack(">H", len(blocks)) + items),
        box(b"iref", bytes(4) + refs) if refs else b"",
        box(b"iloc", iloc),
        box(b"idat", heap),
    )
    return box(b"ftyp", b"heic\0\0\0\0mif1heic") + box(b"meta", bytes(4) + b"".join(parts))


@pytest.mark.parametrize(("primary", "make"), [(1, "Apple"), (2, "samsung")])
def test_the_primary_pictures_exif_speaks(primary: int, make: str) -> None:
    """A HEIF file of several pictures has Exif for each; the one that is shown counts, wherever it stands."""
    data = heif(primary, {3: 1, 4: 2}, {3: made_by("Apple"), 4: made_by("samsung")})
    assert read_exif(data).make == make


@pytest.mark.parametrize("described", [{}, {3: 7}])
def test_exif_that_describes_no_primary_picture_is_still_read(described: dict[int, int]) -> None:
    """Writers that leave out the reference, or refer to a part, lose nothing."""
    assert read_exif(heif(1, described, {3: made_by("Apple")})).make == "Apple"


# --- JPEG XL


def test_compressed_boxes_of_jpeg_xl_are_read() -> None:
    """cjxl compresses Exif and XMP with Brotli unless it is told not to."""
    exif = read_exif(
        JXL + box(b"brob", b"Exif" + packed(bytes(4) + made_by("Google"))) + box(b"brob", b"xml " + packed(XMP))
    )
    assert (exif.make, exif.model) == ("Google", "Q2")


def test_a_compressed_box_grows_to_the_limit_of_a_block() -> None:
    """A few hundred bytes can promise gigabytes; of many such boxes one is opened."""
    bomb = box(b"brob", b"xml " + packed(b" " * (MAX_BLOCK + 1000)))
    found = find_metadata(io.BytesIO(JXL + 50 * bomb), Format.JXL)
    assert [len(packet) for packet in found.xmp] == [MAX_BLOCK]


def test_a_wrong_distance_in_jpeg_xl_is_mended() -> None:
    """The distance to the TIFF header that an Exif box starts with is wrong in some files, as in HEIF."""
    assert read_exif(JXL + box(b"Exif", b"\0\0\1\0" + made_by("Google"))).make == "Google"


@pytest.mark.parametrize("cut", [0, 1, 10])
def test_a_damaged_compressed_box_is_named(cut: int) -> None:
    """A stream that ends early yields no block, and what could not be read is said."""
    data = JXL + box(b"brob", b"Exif" + packed(bytes(4) + made_by("Google"))[:cut])
    found = find_metadata(io.BytesIO(data), Format.JXL)
    assert (found.blocks, found.unread) == ([], ["Exif: a Brotli-compressed box, which is damaged"])
