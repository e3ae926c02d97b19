"""Decoding, processing, masks and crops, against Pillow and torchvision."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageEnhance

from tests.helpers.input_photos import picture
from tracer.dataset import open_set
from tracer.errors import UsageError
from tracer.experiments.sheets.thumbnails import write_thumbs
from tracer.images.crop import Crop
from tracer.images.decode import PIXEL_LIMIT, ImageError, decode
from tracer.images.masking import compress_before_mask, mask, mask_box
from tracer.images.processing import GROUPS, Processing, process, random_scale
from tracer.images.views import View, render, view


def _same(a: Image.Image, b: Image.Image) -> bool:
    return a.size == b.size and np.array_equal(np.asarray(a), np.asarray(b))


def _quadrants() -> Image.Image:
    """Red, green / blue, white: each corner tells itself."""
    pixels = np.zeros((32, 48, 3), dtype=np.uint8)
    pixels[:16, :24], pixels[:16, 24:], pixels[16:, :24], pixels[16:, 24:] = (
        (255, 0, 0),
        (0, 255, 0),
        (0, 0, 255),
        (255,) * 3,
    )
    return Image.fromarray(pixels)


def test_red_and_blue_keep_their_places(tmp_path: Path) -> None:
    """Channels come out as RGB."""
    _quadrants().save(tmp_path / "q.png")
    pixels = np.asarray(decode(tmp_path / "q.png"))
    assert pixels[0, 0].tolist() == [255, 0, 0] and pixels[-1, 0].tolist() == [0, 0, 255]


@pytest.mark.parametrize("kind", ["jpg", "png", "tif", "webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_comes_out_upright(tmp_path: Path, orientation: int, kind: str) -> None:
    """A picture stored in any of the eight orientations decodes to the same upright one."""
    upright = _quadrants()
    # What a camera stores so that the tag's instruction brings it back: the inverse of the tag's own turn.
    inverse = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(inverse[orientation]) if orientation in inverse else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"quality": 95, "subsampling": "4:4:4"} if kind == "jpg" else {"lossless": True} if kind == "webp" else {}
    stored.save(tmp_path / f"p.{kind}", exif=exif, **options)
    decoded = np.asarray(decode(tmp_path / f"p.{kind}"), dtype=int)
    assert decoded.shape == (32, 48, 3)
    assert np.abs(decoded - np.asarray(upright, dtype=int)).mean() < 3


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")  # Pillow's; a program would not see it
def test_nonsense_in_exif_is_upright(tmp_path: Path) -> None:
    """An EXIF block that cannot be read, and an orientation of 99, leave the picture as it is."""
    exif = Image.Exif()
    exif[0x0112] = 99
    _quadrants().save(tmp_path / "a.jpg", exif=exif)
    _quadrants().save(tmp_path / "b.jpg", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff")
    assert decode(tmp_path / "a.jpg").size == decode(tmp_path / "b.jpg").size == (48, 32)


def test_heic_opens_and_is_upright(tmp_path: Path) -> None:
    """A HEIC with an orientation is decoded once turned, not twice."""
    import pillow_heif

    pillow_heif.register_heif_opener()
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = _quadrants().resize((96, 64), Image.Resampling.NEAREST).transpose(Image.Transpose.ROTATE_90)
    stored.info["exif"] = exif.tobytes()  # pillow-heif writes its own rotation box from this
    stored.save(tmp_path / "p.heic", quality=95)
    decoded = decode(tmp_path / "p.heic")
    assert decoded.size == (96, 64)
    assert np.asarray(decoded)[8, 8].tolist()[0] > 180 and np.asarray(decoded)[-8, 8].tolist()[2] > 180


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "CMYK", "P", "1", "I;16"])
def test_other_modes_become_rgb(tmp_path: Path, mode: str) -> None:
    """Grey, palette, alpha, CMYK and 16-bit pictures come out as 8-bit RGB of about the same brightness."""
    grey = Image.fromarray(np.tile(np.linspace(0, 255, 64, dtype=np.uint8), (64, 1)))
    if mode == "I;16":
        stored = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    elif mode == "P":
        stored = grey.convert("RGBA").quantize(64)
    else:
        stored = grey.convert(mode)
    path = tmp_path / ("p.tif" if mode == "CMYK" else "p.png")
    stored.save(path)
    decoded = decode(path)
    assert decoded.mode == "RGB"
    assert abs(np.asarray(decoded).mean() - np.asarray(grey).mean()) < 6


def _png_of(width: int, height: int) -> bytes:
    """A PNG that claims a size and has almost no data."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def test_what_cannot_be_decoded_gives_its_reason(tmp_path: Path) -> None:
    """Missing, empty, text, truncated, too large, and formats that no camera writes: each an ImageError with a
    reason."""
    buffer = io.BytesIO()
    picture(1, width=400, height=300).save(buffer, "JPEG")
    cases = {
        "text.jpg": (b"not a picture", "no picture"),
        "empty.jpg": (b"", "no picture"),
        "cut.jpg": (buffer.getvalue()[:3000], "cannot be decoded"),
        "cut.png": (_png_of(50, 50), "cannot be decoded"),
        "bomb.png": (_png_of(20_000, 20_000), "limit|cannot be decoded"),
        "page.eps": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", "no picture"),
    }
    for name, (content, words) in cases.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ImageError, match=words):
            decode(tmp_path / name)
    with pytest.raises(ImageError, match="No such file"):
        decode(tmp_path / "nothing.jpg")


def test_the_limit_lets_phones_of_200_megapixels_pass() -> None:
    """The pixel limit is chosen: above 200 MP, and not lifted."""
    assert 16_320 * 12_240 < PIXEL_LIMIT < 400_000_000


def test_fifteen_names_in_four_groups() -> None:
    """The names are the paper's, and the untouched class of sharpening and resizing is JPEG 95 4:4:4."""
    assert len(Processing) == 15
    assert [len(group) for group in GROUPS.values()] == [6, 3, 3, 4]
    assert set().union(*GROUPS.values()) | {Processing.IDENTITY} == set(Processing)
    assert GROUPS["SHARPENING"][0] == GROUPS["RESIZING"][0] == "JPEG95_444"


def _jpeg(image: Image.Image, quality: int, subsampling: int) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality, subsampling=subsampling)
    return Image.open(io.BytesIO(buffer.getvalue())).convert("RGB")


@pytest.mark.parametrize("quality", [75, 85, 95])
def test_jpeg_processings(quality: int) -> None:
    """Quality and chroma subsampling are those of the name (4:4:4 is Pillow's 0, 4:2:0 its 2)."""
    image = picture(4, width=131, height=77)
    assert _same(process(image, Processing(f"JPEG{quality}_444"), 1), _jpeg(image, quality, 0))
    assert _same(process(image, Processing(f"JPEG{quality}_420"), 1), _jpeg(image, quality, 2))


def test_sharpening_and_resizing_against_pillow_and_torchvision() -> None:
    """Each is the library's own operation on the full picture, then JPEG 95 4:4:4; sides are cut to whole pixels."""
    from torchvision.transforms import InterpolationMode
    from torchvision.transforms.functional import resize

    image = picture(5, width=131, height=77)
    for factor in (2, 4):
        expected = _jpeg(ImageEnhance.Sharpness(image).enhance(factor), 95, 0)
        assert _same(process(image, Processing(f"SHARPEN_{factor}"), 1), expected)
    for name, size in (("HALF", [38, 65]), ("DOUBLE", [154, 262])):
        expected = _jpeg(resize(image, size, InterpolationMode.BILINEAR), 95, 0)
        assert _same(process(image, Processing(f"RESIZE_{name}"), 1), expected)


@pytest.mark.parametrize("kernel", ["BILINEAR", "BICUBIC", "LANCZOS", "BOX"])
def test_interpolation_draws_its_scale_from_the_photo(kernel: str) -> None:
    """The scale is a function of seed and photo id, within 1 ± 0.2, equal for the four kernels."""
    image = picture(6, width=200, height=100)
    scale = random_scale(77, 5)
    assert 0.8 <= scale <= 1.2 and scale != random_scale(78, 5) and scale != random_scale(77, 6)
    small = image.resize((int(200 * scale), int(100 * scale)), Image.Resampling[kernel])
    assert _same(process(image, Processing(f"INTERPOLATION_{kernel}"), 77, seed=5), _jpeg(small, 95, 0))


def test_random_scales_are_uniform() -> None:
    """Over many ids the scales fill 0.8 to 1.2 evenly (each fifth within five standard deviations)."""
    scales = np.array([random_scale(photo_id, 0) for photo_id in range(2000)])
    counts = np.histogram(scales, bins=5, range=(0.8, 1.2))[0]
    assert counts.sum() == 2000 and np.abs(counts - 400).max() < 5 * np.sqrt(2000 * 0.2 * 0.8)


def test_processings_that_a_picture_cannot_take() -> None:
    """One pixel cannot be halved, and 70,000 pixels cannot be a JPEG; the reason says so."""
    with pytest.raises(ImageError, match="too few"):
        process(Image.new("RGB", (1, 40)), Processing.RESIZE_HALF, 1)
    with pytest.raises(ImageError, match="cannot be JPEG-compressed"):
        process(Image.new("RGB", (40_000, 2)), Processing.RESIZE_DOUBLE, 1)


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic", "lanczos"])
@settings(deadline=None)
@given(width=st.integers(1, 130), height=st.integers(1, 130), size=st.sampled_from([31, 32, 64]))
def test_crop_equals_torchvision(interpolation: str, width: int, height: int, size: int) -> None:
    """Resize and CenterCrop give torchvision's pixels, odd sizes and enlargements included."""
    from torchvision.transforms import CenterCrop, Compose, InterpolationMode, Resize

    image = picture(width * 131 + height, width=width, height=height)
    theirs = Compose([Resize(size, InterpolationMode(interpolation)), CenterCrop(size)])(image)
    assert _same(Crop(size, interpolation).of(image), theirs)  # type: ignore[arg-type]


def test_native_crop_keeps_pixels_and_mirrors_what_is_missing() -> None:
    """The centre comes out untouched; a smaller picture is continued by its mirror image on all sides."""
    image = picture(8, width=101, height=64)
    assert _same(Crop(64, None).of(image), image.crop((18, 0, 82, 64)))
    small = picture(9, width=20, height=30)
    padded = np.asarray(Crop(64, None).of(small))
    assert padded.shape == (64, 64, 3)
    assert np.array_equal(padded[17:47, 22:42], np.asarray(small))
    assert np.array_equal(padded[17:47, 21], np.asarray(small)[:, 0])


def test_a_hair_of_a_picture_is_refused() -> None:
    """A picture of 2 × 4,000 pixels would become 224 × 448,000."""
    with pytest.raises(ImageError, match="too narrow"):
        Crop(224, "bicubic").of(Image.new("RGB", (2, 4000)))


@settings(deadline=None)
@given(width=st.integers(1, 600), height=st.integers(1, 600), ratio=st.floats(0.01, 1.0))
def test_mask_covers_its_share_in_the_middle(width: int, height: int, ratio: float) -> None:
    """The box is centred, keeps the aspect, and covers the ratio of the area up to the rounding of its four edges."""
    left, top, right, bottom = mask_box(width, height, ratio)
    assert abs(left - (width - right)) <= 1 and abs(top - (height - bottom)) <= 1
    assert abs((right - left) - np.sqrt(ratio) * width) <= 1 and abs((bottom - top) - np.sqrt(ratio) * height) <= 1


def test_mask_boxes_by_hand() -> None:
    """224 pixels at 0.95: margin 112·(1 − √0.95) = 2.84, so 3 pixels stay; at 0.90 it is 5.75, so 6; odd sides round
    half to even."""
    assert mask_box(224, 224, 0.95) == (3, 3, 221, 221)
    assert mask_box(224, 224, 0.90) == (6, 6, 218, 218)
    assert mask_box(260, 260, 0.95) == (3, 3, 257, 257)
    assert mask_box(5, 7, 0.25) == (1, 2, 4, 5)
    assert mask_box(9, 9, 1.0) == (0, 0, 9, 9)


def test_masking_compresses_first() -> None:
    """Outside the box stand the pixels of the compressed crop, inside it is black; the crop itself is not changed."""
    crop = picture(10, width=64, height=64)
    compressed = compress_before_mask(crop)
    assert _same(compressed, _jpeg(crop, 95, 0))
    before = np.asarray(compressed).copy()
    pixels = np.asarray(mask(compressed, 0.5))
    left, top, right, bottom = mask_box(64, 64, 0.5)
    inside = np.zeros((64, 64), dtype=bool)
    inside[top:bottom, left:right] = True
    assert (pixels[inside] == 0).all() and np.array_equal(pixels[~inside], before[~inside])
    assert np.array_equal(np.asarray(compressed), before)


@pytest.mark.parametrize(
    ("processing", "ratio", "name", "folder"),
    [
        ("IDENTITY", 0.0, "IDENTITY", ""),
        ("IDENTITY", 0.95, "MASK_95", "MASK_95"),
        ("MASK_95", 0.0, "MASK_95", "MASK_95"),
        ("JPEG75_420", 0.0, "JPEG75_420", "JPEG75_420"),
        ("JPEG75_420", 0.9, "JPEG75_420+MASK_90", "JPEG75_420+MASK_90"),
        ("JPEG75_420+MASK_97.5", 0.0, "JPEG75_420+MASK_97.5", "JPEG75_420+MASK_97.5"),
    ],
)
def test_view_names(processing: str, ratio: float, name: str, folder: str) -> None:
    """Views are named as in the paths, and a name is understood again."""
    shown = view(processing, ratio)
    assert (shown.name, shown.folder) == (name, folder)
    assert view(shown.name) == shown


@settings(deadline=None)
@given(st.sampled_from(list(Processing)), st.integers(0, 1000))
def test_view_names_are_read_back(processing: Processing, permille: int) -> None:
    """Every view of a ratio in per mille survives being written as a name."""
    shown = View(processing, permille / 1000)
    assert view(shown.name) == shown


@pytest.mark.parametrize(
    ("processing", "ratio"), [("JPEG75", 0.0), ("MASK_x", 0.0), ("MASK_95", 0.5), ("IDENTITY", 1.5)]
)
def test_views_that_do_not_exist(processing: str, ratio: float) -> None:
    """Unknown names, contradicting and impossible ratios are usage errors."""
    with pytest.raises(UsageError):
        view(processing, ratio)


def test_render_makes_each_view_as_if_alone() -> None:
    """Sharing steps between views changes no pixel, and a view that fails leaves the others."""
    image = picture(11, width=90, height=60)
    crops = [Crop(32, "bicubic"), Crop(32, None)]
    views = [
        view(name, ratio) for name in ("IDENTITY", "JPEG75_420", "INTERPOLATION_BOX") for ratio in (0.0, 0.9, 0.95)
    ]
    together = {(crop, shown): got for crop, shown, got in render(image, 3, crops, views)}
    assert len(together) == 18
    for (crop, shown), got in together.items():
        (_, _, alone), *_ = render(image, 3, [crop], [shown])
        assert isinstance(got, Image.Image) and isinstance(alone, Image.Image) and _same(got, alone)
    thin = Image.new("RGB", (1, 30), (9, 9, 9))
    mixed = {shown.name: got for _, shown, got in render(thin, 1, [Crop(8, "bicubic")], [view(), view("RESIZE_HALF")])}
    assert isinstance(mixed["IDENTITY"], Image.Image) and isinstance(mixed["RESIZE_HALF"], ImageError)


@pytest.mark.corpus
def test_real_photos_decode_as_the_papers_loader_does(corpus: Path) -> None:
    """Upright RGB pixels equal Pillow's own transposition on real photos; whatever fails has a reason."""
    from PIL import ImageOps

    paths = sorted((corpus / "exif-corpus" / "images" / "ianare__exif-samples").rglob("*.jpg"))[:25]
    assert paths
    for path in paths:
        with Image.open(path) as image:
            expected = ImageOps.exif_transpose(image).convert("RGB")
        assert _same(decode(path), expected)


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_small_picture_carries_nothing_but_its_pixels(tmp_path: Path, orientation: int) -> None:
    """Comment, EXIF, profile and XMP of a photo are not in the small picture that the report shows of it."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = orientation, "secret make"
    extras = {
        "comment": b"secret comment",
        "icc_profile": b"secret profile" * 9,
        "xmp": b"secret xmp",
        "dpi": (301, 301),
    }
    (tmp_path / "set").mkdir()
    for number in range(2):
        picture = Image.effect_noise((200 + number, 160), 50).convert("RGB")
        picture.save(tmp_path / "set" / f"{number + 1}.jpg", exif=exif, **extras)
    write_thumbs(open_set(tmp_path / "set"), (1, 2), tmp_path / "run")
    for small in (tmp_path / "run" / "thumbs" / "1.jpg", tmp_path / "run" / "thumbs" / "2.jpg"):
        data, segments, at = small.read_bytes(), [], 2
        while data[at + 1] != 0xDA:
            segments.append(data[at + 1])
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        assert set(segments) <= {0xE0, 0xDB, 0xC0, 0xC4} and b"secret" not in data  # JFIF, tables and the frame
        assert data[2:20] == bytes.fromhex("ffe000104a46494600010100000100010000")
