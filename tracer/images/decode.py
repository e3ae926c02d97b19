"""Decodes files into upright RGB pictures.

As in the paper's loader for camera photos, EXIF's orientation is applied and colour profiles are not. Pictures are decoded in
full: a draft decode would be faster, but gives other pixels.
"""

from __future__ import annotations

import functools
import struct
import warnings
from pathlib import Path
from typing import Final

from PIL import Image, UnidentifiedImageError
from PIL.JpegImagePlugin import JpegImageFile

from tracer.base.text import clean_text
from tracer.base.worker import memory_left
from tracer.setformat.jpeg_tables import quality_of, subsampling_of

PIXEL_LIMIT: Final = 300_000_000
"""The most pixels (width × height) that are decoded: more than the 200 MP of the largest phone sensors."""

FORMATS: Final = ("JPEG", "MPO", "PNG", "TIFF", "WEBP", "HEIF", "AVIF", "BMP")
"""The formats that are opened. Pillow reads many more; those that cameras do not write only add ways to attack a decoder."""

SUFFIXES: Final = frozenset(
    (
        ".jpg",
        ".jpeg",
        ".jpe",
        ".jfif",
        ".mpo",
        ".png",
        ".tif",
        ".tiff",
        ".webp",
        ".heic",
        ".heif",
        ".hif",
        ".avif",
        ".bmp",
    )
)
"""The extensions (lower case) of pictures in a folder without a metadata file."""

_MAKE: Final = 0x010F
_MODEL: Final = 0x0110
_ORIENTATION: Final = 0x0112
_UPRIGHT: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# The exceptions that Pillow's and libheif's readers raise on damaged files.
_DAMAGED: Final = (
    OSError,
    EOFError,
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    OverflowError,
    ZeroDivisionError,
    AttributeError,
    RuntimeError,
    struct.error,
    Image.DecompressionBombError,
)
_BYTES_A_PIXEL: Final = 16
"""Bytes of memory for each pixel: four in Pillow, four while the picture is turned or converted, and the decoder's own."""

NEEDS_MEMORY: Final = "it needs more memory than is allowed"


class ImageError(ValueError):
    """A picture cannot be used. The message is the reason that is listed with its id.

    Attributes:
        short_of_memory: whether it might be usable with more memory.
    """

    def __init__(self, reason: str, *, short_of_memory: bool = False) -> None:
        super().__init__(reason)
        self.short_of_memory = short_of_memory


@functools.cache
def prepare() -> tuple[str, ...]:
    """Set the decoders up (once) and return those of `FORMATS` that this installation can open."""
    import pillow_heif

    pillow_heif.register_heif_opener(decode_threads=1)  # processes are the parallelism
    Image.init()
    # Pillow's warnings about odd metadata do not concern the pixels.
    warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
    # Pillow's default limit would refuse the photos of 200 MP phones. Pillow refuses pictures of more than twice
    # MAX_IMAGE_PIXELS, and warns of those above it.
    Image.MAX_IMAGE_PIXELS = PIXEL_LIMIT // 2
    warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
    return tuple(name for name in FORMATS if name in Image.OPEN)


def decode(path: Path) -> Image.Image:
    """Decode a picture in full, upright, as 8-bit RGB.

    Only the first picture of a file with several (MPO, HEIF, multi-page TIFF) is decoded. An alpha channel is dropped.
    Sixteen-bit grey is scaled to eight bits.

    Raises:
        ImageError: the file is missing, unreadable, damaged, too large or of a format that is not allowed.
    """
    formats, pixels = prepare(), 0
    try:
        with Image.open(path, formats=formats) as opened:
            pixels = opened.width * opened.height
            opened.load()
            return _upright(opened)
    except ImageError:
        raise
    except UnidentifiedImageError:
        raise ImageError("no picture of a known format") from None
    except Image.DecompressionBombError as error:
        raise ImageError(f"more than {PIXEL_LIMIT / 1e6:.0f} million pixels: {_reason(error)}") from error
    except MemoryError as error:
        raise ImageError(f"cannot be decoded: {NEEDS_MEMORY}", short_of_memory=True) from error
    except _DAMAGED as error:
        # Some decoders report a lack of memory as a damaged file.
        short = memory_left() < (pixels or PIXEL_LIMIT) * _BYTES_A_PIXEL
        perhaps = " (it may need more memory than is allowed)" if short else ""
        raise ImageError(f"cannot be decoded: {_reason(error)}{perhaps}", short_of_memory=short) from error


def camera_of(path: Path | str) -> str:
    """Return EXIF's Make and Model of a picture on one line; "" where there are none or the file cannot be read."""
    formats = prepare()
    try:
        with Image.open(path, formats=formats) as opened:
            exif = opened.getexif()
            named = [clean_text(str(exif.get(tag) or "")) for tag in (_MAKE, _MODEL)]
    except (MemoryError, *_DAMAGED):
        return ""
    return " ".join(filter(None, named))


def header_of(path: Path | str) -> dict[str, int | str | None]:
    """Return format, width, height, orientation, jpeg_quality and jpeg_subsampling of a picture; {} where it cannot be read.

    The last two are None where the picture is not a JPEG.
    """
    formats = prepare()
    try:
        with Image.open(path, formats=formats) as opened:
            tables, parts = ({}, []) if not isinstance(opened, JpegImageFile) else (opened.quantization, opened.layer)
            return {
                "format": opened.format,
                "width": opened.width,
                "height": opened.height,
                "orientation": _orientation(opened),
                "jpeg_quality": quality_of(
                    [tuple(tables[n]) for n in dict.fromkeys(p[3] for p in parts) if n in tables]
                )[0],
                "jpeg_subsampling": subsampling_of([(p[1], p[2]) for p in parts]),
            }
    except (MemoryError, *_DAMAGED):
        return {}


def _reason(error: BaseException) -> str:
    """An exception's message without the path, which the list of failures holds already."""
    text = (error.strerror or "") if isinstance(error, OSError) and error.errno else str(error)
    return text or type(error).__name__


def _upright(image: Image.Image) -> Image.Image:
    # Read after loading: Pillow (for TIFF) and pillow-heif turn the picture themselves and then drop the tag.
    method = _UPRIGHT.get(_orientation(image))
    rgb = _as_rgb(image)
    upright = rgb.transpose(method) if method is not None else rgb
    upright.info.clear()  # else Pillow would save the source's comments and profiles with every picture made from it
    return upright


def _orientation(image: Image.Image) -> int:
    """EXIF's orientation; 1 (upright) where it is absent or the EXIF block is damaged."""
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except _DAMAGED:
        return 1
    return value if isinstance(value, int) else 1


def _as_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16"):
        import numpy as np

        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert("RGB")
    if image.mode in ("I", "F"):
        raise ImageError(f"pixels of 32 bits (mode {image.mode}) have no defined range")
    if image.mode == "P" and "transparency" in image.info:
        image = image.convert("RGBA")
    return image.convert("RGB")
