"""Reading whole files: facts, previews, and a status for everything that is wrong with a file."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import imagehash
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from photo_samples import camera_exif, encoded, picture, png_header, samples, tiff
from PIL import Image, ImageCms, ImageOps

from curate.containers.sniff import is_picture
from curate.errors import StorageError
from curate.photos.facts import PhotoFacts, Status
from curate.photos.read import read_photo


def write(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("name", sorted(samples()))
def test_facts_of_every_format(name: str, tmp_path: Path) -> None:
    """Each format yields its hash, size, format, camera, perceptual hash and a preview."""
    data = samples()[name]
    facts = read_photo(write(tmp_path, name, data), tmp_path / "preview.jpg")
    assert (facts.status, facts.error) == (Status.OK, None)
    assert (facts.sha256, facts.size) == (hashlib.sha256(data).hexdigest(), len(data))
    assert (facts.width, facts.height) == (96, 64)
    assert (
        facts.format
        == {"jpg": "JPEG", "png": "PNG", "tif": "TIFF", "webp": "WEBP", "heic": "HEIF", "avif": "AVIF"}[
            name.split(".")[1]
        ]
    )
    assert facts.exif.model == "Canon EOS 40D"
    assert facts.phash is not None
    assert len(facts.phash) == 16
    assert (facts.jpeg_quality, facts.jpeg_subsampling) == ((85, "4:2:0") if name.endswith("jpg") else (None, None))
    with Image.open(tmp_path / "preview.jpg") as preview:
        assert (preview.format, preview.mode, preview.size) == ("JPEG", "RGB", (96, 64))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "HEIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_previews_are_upright(kind: str, orientation: int, tmp_path: Path) -> None:
    """In every format and orientation the preview looks as Pillow's own transposition does, turned once."""
    exif = camera_exif(orientation)
    shown = Image.new("RGB", (96, 64))
    shown.paste(picture())
    shown.getexif()[0x0112] = orientation
    expected = ImageOps.exif_transpose(shown)
    data = encoded(kind, exif, quality=95) if kind != "PNG" else encoded(kind, exif)
    facts = read_photo(write(tmp_path, "photo", data), tmp_path / "preview.jpg")
    with Image.open(tmp_path / "preview.jpg") as preview:
        assert preview.size == expected.size
        difference = np.asarray(preview, dtype=float) - np.asarray(expected, dtype=float)
    assert np.abs(difference).mean() < 12
    assert facts.status is Status.OK
    if kind != "HEIF":  # its container has been turned by the writer
        assert (facts.width, facts.height) == (96, 64)


def test_preview_and_hash_are_of_the_same_small_picture(tmp_path: Path) -> None:
    """The long side is 640, nothing is enlarged, and the hash is imagehash's of what is seen."""
    image = picture(1500, 1000)
    facts = read_photo(write(tmp_path, "a.jpg", encoded("JPEG", None, image, quality=90)), tmp_path / "p.jpg")
    assert (facts.width, facts.height) == (1500, 1000)
    with Image.open(tmp_path / "p.jpg") as preview:
        assert preview.size == (640, 427)
        own = imagehash.phash(preview)
    assert own - imagehash.hex_to_hash(str(facts.phash)) <= 2  # the preview went through JPEG once more
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.jpg", "p.jpg"]


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "I;16", "1", "CMYK", "F", "I"])
def test_unusual_modes_become_rgb(mode: str, tmp_path: Path) -> None:
    """Grey, palette, transparent, 16-bit, float, bilevel and CMYK pictures all have a preview that looks like them."""
    if mode in ("I;16", "I"):
        image = Image.fromarray(np.asarray(picture(mode="L")).astype(np.uint16 if mode == "I;16" else np.int32) * 257)
    elif mode == "F":
        image = Image.fromarray(np.asarray(picture(mode="L")).astype(np.float32) / 255)
    else:
        image = picture().convert(mode)
    facts = read_photo(write(tmp_path, "a.tif", encoded("TIFF", None, image)), tmp_path / "p.jpg")
    assert (facts.status, facts.error) == (Status.OK, None)
    with Image.open(tmp_path / "p.jpg") as preview:
        seen = np.asarray(preview.convert("L"), dtype=float)
    assert preview.mode == "RGB"
    expected = np.asarray(picture().convert("1" if mode == "1" else "L").convert("L"), dtype=float)
    assert np.abs(seen - expected).mean() < 16


def test_transparency_is_laid_on_white(tmp_path: Path) -> None:
    """A transparent picture is seen on white, not on whatever its hidden colours are."""
    image = Image.new("RGBA", (40, 40), (255, 0, 0, 0))
    read_photo(write(tmp_path, "a.png", encoded("PNG", None, image)), tmp_path / "p.jpg")
    with Image.open(tmp_path / "p.jpg") as preview:
        assert preview.getpixel((20, 20)) == (255, 255, 255)


def test_colour_profiles_are_applied(tmp_path: Path) -> None:
    """A profile with another encoding changes the preview; sRGB's and a broken one do not."""
    image = Image.new("RGB", (64, 64), (120, 60, 30))
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    # The same profile under another name, with red and blue exchanged.
    swapped = srgb.replace(b"rXYZ", b"?XYZ").replace(b"bXYZ", b"rXYZ").replace(b"?XYZ", b"bXYZ")
    swapped = swapped.replace("sRGB".encode("utf-16-be"), "Swap".encode("utf-16-be"))

    def seen(profile: bytes | None) -> tuple[int, ...]:
        data = encoded("PNG", None, image, **({"icc_profile": profile} if profile else {}))
        facts = read_photo(write(tmp_path, "a.png", data), tmp_path / "p.jpg")
        assert facts.status is Status.OK
        with Image.open(tmp_path / "p.jpg") as preview:
            pixel = preview.getpixel((32, 32))
        assert isinstance(pixel, tuple)
        return pixel

    plain = seen(None)
    assert seen(srgb) == plain
    assert seen(b"broken" * 40) == plain
    red, _, blue = seen(swapped)
    assert abs(red - plain[2]) < 12
    assert abs(blue - plain[0]) < 12


def test_raw_files_are_seen_through_their_largest_jpeg(tmp_path: Path) -> None:
    """A RAW's preview is the largest embedded JPEG, upright; its own size comes from its directories."""
    small, large = encoded("JPEG", None, picture(32, 24)), encoded("JPEG", None, picture(160, 120))
    head = tiff(
        [
            (0x0100, 4, 1, (6000).to_bytes(4, "little")),
            (0x0101, 4, 1, (4000).to_bytes(4, "little")),
            (0x010F, 2, 6, b"NIKON\0"),
            (0x0112, 3, 1, (6).to_bytes(2, "little")),
        ]
    )
    facts = read_photo(write(tmp_path, "a.nef", head + small + b"\xff\xd8\xff\xc4junk" + large), tmp_path / "p.jpg")
    assert (facts.status, facts.format, facts.width, facts.height) == (Status.OK, "NEF", 6000, 4000)
    with Image.open(tmp_path / "p.jpg") as preview:
        assert preview.size == (120, 160)


def test_a_raw_without_a_picture_is_ok_if_its_metadata_were_read(tmp_path: Path) -> None:
    """No preview and no hash, but the labels are there."""
    facts = read_photo(write(tmp_path, "a.nef", tiff([(0x010F, 2, 6, b"NIKON\0")])), tmp_path / "p.jpg")
    assert (facts.status, facts.exif.make, facts.phash) == (Status.OK, "NIKON", None)
    assert not (tmp_path / "p.jpg").exists()


@pytest.mark.parametrize(
    ("name", "data", "status"),
    [
        ("empty.jpg", b"", Status.INVALID),
        ("text.jpg", b"hello", Status.INVALID),
        ("zeros.heic", bytes(5000), Status.INVALID),
        ("header.jpg", b"\xff\xd8\xff\xe0", Status.INVALID),
        ("cut.jpg", encoded("JPEG", camera_exif(), picture(640, 480))[:6000], Status.TRUNCATED),
        ("cut.png", encoded("PNG", None, picture(640, 480))[:900], Status.TRUNCATED),
        ("bomb10k.png", png_header(20000, 20000), Status.TOO_LARGE),
        ("bomb60k.png", png_header(60000, 60000), Status.TOO_LARGE),
        ("bare.jxl", b"\xff\x0a" + bytes(50), Status.INVALID),
    ],
)
def test_bad_files_have_a_status_and_a_reason(name: str, data: bytes, status: Status, tmp_path: Path) -> None:
    """What is wrong is said in one line, and no preview is left behind."""
    facts = read_photo(write(tmp_path, name, data), tmp_path / "p.jpg")
    assert facts.status is status
    assert facts.error
    assert "\n" not in facts.error
    assert facts.size == len(data)
    assert not (tmp_path / "p.jpg").exists()


def test_a_truncated_photo_keeps_its_labels(tmp_path: Path) -> None:
    """The EXIF of a cut file is still read, and the size it promises."""
    data = encoded("JPEG", camera_exif(), picture(640, 480))[:6000]
    facts = read_photo(write(tmp_path, "cut.jpg", data))
    assert (facts.exif.make, facts.width, facts.height, facts.jpeg_quality) == ("Canon", 640, 480, 75)


@pytest.mark.parametrize(("width", "height"), [(12000, 9000), (16320, 12240)])
def test_genuine_phone_sizes_pass(width: int, height: int, tmp_path: Path) -> None:
    """Photos of 108 and 200 million pixels, which Pillow's default refuses, are read."""
    data = encoded("JPEG", camera_exif(), Image.new("L", (width, height), 128), quality=50)
    facts = read_photo(write(tmp_path, "big.jpg", data), tmp_path / "p.jpg")
    assert (facts.status, facts.width, facts.height) == (Status.OK, width, height)


def test_metadata_without_a_picture_are_said_to_be_so(tmp_path: Path) -> None:
    """An EXV store called .jpg has labels and no picture; called by its own name it is not looked at."""
    data = b"\xff\x01Exiv2" + encoded("JPEG", camera_exif())[2:]
    facts = read_photo(write(tmp_path, "a.jpg", data))
    assert (facts.status, facts.exif.make) == (Status.INVALID, "Canon")
    assert not is_picture(write(tmp_path, "a.exv", data))


def test_the_pixel_limit_is_ours_and_leaves_pillows_alone(tmp_path: Path) -> None:
    """A lower limit refuses before decoding, and the library's global setting is as before."""
    before = Image.MAX_IMAGE_PIXELS
    facts = read_photo(write(tmp_path, "a.png", encoded("PNG")), None, max_pixels=1000)
    assert facts.status is Status.TOO_LARGE
    assert (facts.width, facts.height) == (96, 64)
    assert before == Image.MAX_IMAGE_PIXELS


@pytest.mark.slow
def test_a_tiff_of_182_megapixels_is_read(tmp_path: Path) -> None:
    """Pillow, whose own limit lies at 179, asks again when it decodes a TIFF; a JPEG of that size was read all along."""
    Image.new("1", (13_500, 13_500), 1).save(tmp_path / "a.tif", compression="group4")
    before = Image.MAX_IMAGE_PIXELS
    facts = read_photo(tmp_path / "a.tif", tmp_path / "preview.jpg")
    assert (facts.status, facts.width, facts.height) == (Status.OK, 13_500, 13_500)
    with Image.open(tmp_path / "preview.jpg") as preview:
        assert preview.size == (640, 640)
    assert before == Image.MAX_IMAGE_PIXELS


@pytest.mark.parametrize(
    "data", [b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", b"SIMPLE  =                    T" + b" " * 2880]
)
def test_formats_off_the_list_never_reach_a_decoder(data: bytes, tmp_path: Path) -> None:
    """EPS and FITS are refused by content, whatever they are called."""
    assert read_photo(write(tmp_path, "a.jpg", data)).status is Status.INVALID


def test_missing_special_and_forbidden_files(tmp_path: Path) -> None:
    """A vanished file, a folder, a FIFO and a loop of links each have a row, at once."""
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "loop.jpg").symlink_to(tmp_path / "loop.jpg")
    (tmp_path / "folder.jpg").mkdir()
    assert read_photo(tmp_path / "gone.jpg").status is Status.MISSING
    assert read_photo(tmp_path / "pipe.jpg").status is Status.INVALID
    assert read_photo(tmp_path / "folder.jpg").status is Status.INVALID
    assert read_photo(tmp_path / "loop.jpg").status is Status.INVALID


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_without_permission_is_denied(tmp_path: Path) -> None:
    """Permission is a status of its own."""
    path = write(tmp_path, "a.jpg", encoded("JPEG"))
    path.chmod(0)
    assert read_photo(path).status is Status.DENIED


def test_a_disk_that_refuses_the_preview_is_not_the_photos_fault(tmp_path: Path) -> None:
    """A preview that can't be written is an error of the storage, not a status of the photo."""
    path = write(tmp_path, "a.jpg", encoded("JPEG"))
    with pytest.raises(StorageError, match="preview"):
        read_photo(path, tmp_path / "no such folder" / "p.jpg")


def test_reading_twice_gives_the_same(tmp_path: Path) -> None:
    """Facts and preview are functions of the bytes."""
    path = write(tmp_path, "a.jpg", encoded("JPEG", camera_exif(6), picture(900, 700), quality=88))
    first, second = read_photo(path, tmp_path / "1.jpg"), read_photo(path, tmp_path / "2.jpg")
    assert first == second
    assert (tmp_path / "1.jpg").read_bytes() == (tmp_path / "2.jpg").read_bytes()


def test_large_files_are_hashed_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file larger than what is taken into memory at once has the same facts."""
    path = write(tmp_path, "a.jpg", encoded("JPEG", camera_exif(), picture(300, 200)))
    whole = read_photo(path)
    monkeypatch.setattr("curate.photos.read.READ_AT_ONCE", 1000)
    assert read_photo(path) == whole


_SAMPLES = samples()


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    name=st.sampled_from(sorted(_SAMPLES)),
    flips=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), max_size=12),
    keep=st.floats(0.02, 1.0),
)
def test_mutated_files_never_raise(name: str, flips: list[tuple[float, int]], keep: float, tmp_path: Path) -> None:
    """Flipped bytes and cut ends give a row with a status, never an exception."""
    data = bytearray(_SAMPLES[name])
    for where, value in flips:
        # Squaring aims at the front, where the structure is.
        data[int(where**2 * len(data))] ^= value
    facts = read_photo(write(tmp_path, name, bytes(data[: max(1, int(keep * len(data)))])), tmp_path / "p.jpg")
    assert isinstance(facts, PhotoFacts)
    assert (facts.status is Status.OK) == (facts.error is None)


def test_pictures_in_memory_are_not_left_open(tmp_path: Path) -> None:
    """No file handle outlives the reading."""
    path = write(tmp_path, "a.tif", encoded("TIFF", camera_exif()))
    before = len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").exists() else 0
    for _ in range(5):
        read_photo(path)
    after = len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").exists() else 0
    assert after == before
