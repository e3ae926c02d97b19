"""The decode guard: one decode of a picture, bounded, that serves the preview and the perceptual hash.

Pillow may only try the formats of the allow-list, and only up to our own pixel limit: its default refuses genuine
108 and 200 MP photos of phones. JPEGs are decoded at a reduced scale (libjpeg's DCT scaling), which is what makes
ingest fast. RAW files are not developed; the largest JPEG inside stands for them.
"""

from __future__ import annotations

import io
import math
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import BinaryIO

import imagehash
import numpy as np
import pillow_heif
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageCms,
    Jpeg2KImagePlugin,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    PsdImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from curate.containers.isobmff import boxes
from curate.containers.jpeg_tables import jpeg_tables
from curate.containers.sniff import DECODED, Format
from curate.containers.stream import MAX_PARTS, Window, file_size, read_at
from curate.photos.facts import NEEDS_MEMORY
from curate.photos.metadata.tags import PILLOW_ERRORS
from tracer.base.text import cut_at_word

MAX_PIXELS = 300_000_000
"""Pixels of the largest picture that is decoded; the largest phone photos have 200 million."""

PREVIEW_SIDE = 640
"""Pixels of a preview's long side; smaller pictures are not enlarged."""

_NO_DECODER = "could not create decoder object"
"""What Pillow says of a WebP file whose head is damaged, or whose picture it found no room for."""

_SCAN_STEP = 4 << 20
_MAX_EMBEDDED = 64

# Imported so that Pillow knows them and never loads its other plug-ins.
_PLUGINS = (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Jpeg2KImagePlugin,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    PsdImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)
pillow_heif.register_heif_opener(thumbnails=False, decode_threads=1)  # processes are the parallelism here

DECODE_ERRORS = (*PILLOW_ERRORS, Image.DecompressionBombError)
"""What Pillow and its plug-ins raise on a damaged picture."""


class PictureError(Exception):
    """A picture cannot be decoded; the text says why in one line."""


class TooLargeError(PictureError):
    """It has more pixels, or needs more memory, than is allowed."""


class TruncatedError(PictureError):
    """Its data end early."""


class UnknownVariantError(PictureError):
    """The decoder of its format does not know this variant of it."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What decoding yields: the format as the decoder names it, the size as stored, and the upright small picture."""

    format: str
    width: int
    height: int
    small: Image.Image

    def phash(self) -> str:
        """The 64-bit perceptual hash, as 16 hex digits."""
        return str(imagehash.phash(self.small))


def decode(
    file: BinaryIO, kind: Format, orientation: int | None, max_pixels: int = MAX_PIXELS, *, whole: bool = False
) -> Picture:
    """Decode an open picture to its upright preview.

    Args:
        file: the open file, or a window on a picture inside it.
        kind: its format by content; must be in `DECODED`.
        orientation: EXIF's, 1 to 8. HEIF, AVIF and TIFF decoders turn the picture themselves.
        max_pixels: more than these are refused before anything is decoded.
        whole: decode a JPEG 2000 picture with all its detail, and not only what a preview needs.

    Raises:
        PictureError: it cannot be decoded (`TooLargeError`, `TruncatedError`, `UnknownVariantError`: with that cause).
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about oddities in metadata; what matters raises
            file.seek(0)
            with _without_pillows_limit(), Image.open(file, formats=DECODED[kind]) as image:
                if isinstance(image, Jpeg2KImagePlugin.Jpeg2KImageFile) and not whole:
                    _leave_out_detail(image, file)
                return _decoded(image, kind, orientation, max_pixels)
    except MemoryError as error:
        raise TooLargeError(NEEDS_MEMORY) from error
    except DECODE_ERRORS as error:
        if kind is Format.JP2 and not whole:  # Pillow cannot take every file at every one of its sizes
            return decode(file, kind, orientation, max_pixels, whole=True)
        raise _reason(error) from error


def picture_size(file: BinaryIO, kind: Format) -> tuple[int, int] | None:
    """Return (width, height) as stored, without decoding; None where the decoder can't tell."""
    try:
        with warnings.catch_warnings(), _without_pillows_limit():
            warnings.simplefilter("ignore")
            file.seek(0)
            with Image.open(file, formats=DECODED[kind]) as image:
                return _stored_size(image)
    except (MemoryError, *DECODE_ERRORS):
        return None


_limit_lock = threading.Lock()


@contextmanager
def _without_pillows_limit() -> Iterator[None]:
    """Suspend Pillow's global pixel limit: ours is checked as soon as the size is known. Pillow asks when a file is opened, and
    again when a TIFF is decoded."""
    with _limit_lock:
        before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = before


def _stored_size(image: Image.Image) -> tuple[int, int]:
    tags = getattr(image, "tag_v2", None)  # TIFF: Pillow swaps the sides of a picture that is to be turned
    width, height = (tags.get(256), tags.get(257)) if tags else image.size
    if isinstance(width, int) and isinstance(height, int) and {width, height} == set(image.size):
        return width, height
    return image.size


def _decoded(image: Image.Image, kind: Format, orientation: int | None, max_pixels: int) -> Picture:
    width, height = _stored_size(image)
    if width * height > max_pixels:
        raise TooLargeError(f"{width} × {height} pixels are more than the limit of {max_pixels / 1e6:.0f} million")
    scale = PREVIEW_SIDE / max(width, height)
    if scale < 1:
        image.draft(None, (max(1, round(width * scale)), max(1, round(height * scale))))
    image.load()
    if kind in (Format.HEIF, Format.AVIF, Format.TIFF):
        orientation = _left_to_do(image)
    if kind is Format.PSD and image.mode == "RGBA":
        image = image.convert("RGB")  # its fourth channel may be any mask, and the picture is laid on white already
    profile = image.info.get("icc_profile")
    small = _eight_bits(image)
    small.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE), Image.Resampling.HAMMING)
    small = _srgb(small, profile if isinstance(profile, bytes) else None)
    upright = small.transpose(_TURNS[orientation]) if orientation in _TURNS else small
    return Picture(image.format or kind, width, height, upright)


def _leave_out_detail(image: Jpeg2KImagePlugin.Jpeg2KImageFile, file: BinaryIO) -> None:
    """Ask for a JPEG 2000 picture at the smallest of its own sizes that a preview can be made of.

    Pillow rounds the sides of a smaller size where the standard rounds them up, and fails where that differs.
    """
    most = min(_halvings(file), int(math.log2(max(1.0, max(image.size) / PREVIEW_SIDE))))
    possible = (
        n for n in range(most, 0, -1) if all(side % (1 << n) == 0 or side >> (n - 1) & 1 for side in image.size)
    )
    image.reduce = next(possible, 0)


def _halvings(file: BinaryIO) -> int:
    """How often a JPEG 2000 picture can be halved: the fewest wavelet levels that its main header names (COD, COC)."""
    at = 2  # behind the start of a bare codestream
    if read_at(file, 0, 1) != b"\xff":
        at += next((box.body for box in boxes(file, 0, file_size(file)) if box.type == b"jp2c"), 0)
    levels: list[int] = []
    for _ in range(MAX_PARTS):
        head = read_at(file, at, 10)
        if len(head) < 10 or head[0] != 0xFF or head[1] == 0x90:  # the first tile starts
            break
        if head[1] in (0x52, 0x53):
            levels.append(head[9 if head[1] == 0x52 else 6])
        at += 2 + int.from_bytes(head[2:4], "big")
    return min(levels, default=0)


def _left_to_do(image: Image.Image) -> int | None:
    """The orientation that a decoder which turns pictures itself has left to us."""
    try:
        value = image.getexif().get(0x0112)
    except PILLOW_ERRORS:
        return None
    return value if isinstance(value, int) else None


_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def _eight_bits(image: Image.Image) -> Image.Image:
    """Return a copy in a mode that can be scaled: L, RGB, CMYK, LAB, or RGBA where there is transparency."""
    if image.mode in ("L", "RGB", "CMYK", "RGBA", "LAB"):
        return image.copy() if max(image.size) <= PREVIEW_SIDE else image
    if image.mode in ("LA", "La", "PA", "RGBa") or (image.mode == "P" and "transparency" in image.info):
        return image.convert("RGBA")
    if image.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode in ("I", "F"):
        values = np.asarray(image, dtype=np.float32)
        finite = values[np.isfinite(values)]
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
        if image.mode == "I" and low >= 0 and high < 65536:  # 16 bits in a wider mode
            low, high = 0.0, 65535.0
        scaled = (np.nan_to_num(values, nan=low, posinf=high, neginf=low) - low) * (255 / max(high - low, 1e-12))
        return Image.fromarray(np.clip(scaled, 0, 255).astype(np.uint8))
    return image.convert("RGB")


def _srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert to sRGB by the embedded profile (a broken one is ignored), and lay transparency on white."""
    if image.mode == "RGBA":
        solid = Image.new("RGB", image.size, "white")
        solid.paste(image, mask=image.getchannel("A"))
        image = solid
    transform = _transform(profile, image.mode) if profile and image.mode in ("RGB", "CMYK", "L") else None
    if transform is not None:
        with suppress(ImageCms.PyCMSError, ValueError):
            image = ImageCms.applyTransform(image, transform) or image
    return image if image.mode == "RGB" else image.convert("RGB")


@lru_cache(maxsize=16)  # a folder holds few distinct profiles
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """The transform to sRGB; None where it is sRGB already, or cannot be used."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if mode == "RGB" and "srgb" in ImageCms.getProfileDescription(source).lower():
            return None
        return ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


def _reason(error: BaseException) -> PictureError:
    if isinstance(error, PictureError):
        return error
    if isinstance(error, (UnidentifiedImageError, KeyError)):  # their texts hold our file object, or a table's key
        return UnknownVariantError("it cannot be decoded (the decoder does not recognise it)")
    text = cut_at_word(" ".join(str(error).split()), 200) or type(error).__name__
    lowered = text.lower()
    if lowered == _NO_DECODER:
        text += "; it may need more memory than is allowed"
    if any(
        word in lowered
        for word in ("truncat", "premature", "unexpected end", "end of file", "broken data stream", "only got")
    ):
        return TruncatedError(f"its data end early ({text})")
    return PictureError(f"it cannot be decoded ({text})")


def embedded_jpeg(file: BinaryIO) -> Window | None:
    """Return the JPEG with the most pixels inside a RAW file, or None.

    Makers keep their previews in many places (SubIFDs, MakerNotes, boxes of their own), so the file is searched for
    JPEG headers; lossless JPEG, which is sensor data, is passed over.
    """
    best: tuple[int, int] | None = None
    for start in _jpeg_starts(file):
        tables = jpeg_tables(file, start)
        if tables and tables.decodable and tables.quality and (best is None or tables.width * tables.height > best[0]):
            best = (tables.width * tables.height, start)
    return Window(file, best[1]) if best else None


def _jpeg_starts(file: BinaryIO) -> Iterator[int]:
    """Offsets of JPEG headers: a start of image followed by a segment that may stand first."""
    at, seen = 0, 0
    while True:
        file.seek(at)
        piece = file.read(_SCAN_STEP)
        if len(piece) < 4:
            return
        hit = piece.find(b"\xff\xd8\xff")
        while 0 <= hit < len(piece) - 3:
            if piece[hit + 3] in (0xDB, 0xC4, 0xFE, *range(0xE0, 0xF0), 0xC0, 0xC2):
                seen += 1
                yield at + hit
                if seen >= _MAX_EMBEDDED:
                    return
            hit = piece.find(b"\xff\xd8\xff", hit + 1)
        at += len(piece) - 3
