"""Files to upright RGB pictures.

Orientation is applied, as the paper's loader does for camera photos; colour profiles are not, for the same reason. A
picture is always decoded in full: a draft decode would be faster, but its pixels differ, and pixels are what is
studied here.
"""

from __future__ import annotations

import functools
import struct
import warnings
from pathlib import Path
from typing import Final

from PIL import Image, UnidentifiedImageError

from tracer.base.text import clean_text
from tracer.base.worker import memory_left

PIXEL_LIMIT: Final = 300_000_000
"""Width × height that is still decoded: above the 200 MP of today's largest phone sensors, below what fills a
memory."""

FORMATS: Final = ("JPEG", "MPO", "PNG", "TIFF", "WEBP", "HEIF", "AVIF", "BMP")
"""What may be opened. Pillow knows far more formats; those that no camera writes are only ways in for crafted files."""

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
"""Extensions, in lower case, by which a file in a folder without metadata is taken for a picture."""

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
# What Pillow's and libheif's readers raise on damaged files.
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
"""What decoding may take of memory: four in Pillow, as much again while it is turned or converted, and the decoder's own."""

NEEDS_MEMORY: Final = "it needs more memory than is allowed"


class ImageError(ValueError):
    """One picture cannot be used; the text is the reason that is listed beside its id.

    Attributes:
        short_of_memory: whether it might be usable with more memory.
    """

    def __init__(self, reason: str, *, short_of_memory: bool = False) -> None:
        super().__init__(reason)
        self.short_of_memory = short_of_memory


@functools.cache
def prepare() -> tuple[str, ...]:
    """Set the decoders up, once; returns the allowed formats that this installation can open."""
    import pillow_heif

    pillow_heif.register_heif_opener(decode_threads=1)  # processes are the parallelism
    Image.init()
    # Pillow's warnings of odd metadata say nothing about the pixels.
    warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
    # Pillow's own limit would refuse the photos of 200 MP phones. It is chosen here, not lifted: Pillow refuses what has more
    # than twice the pixels of its setting, and warns below that.
    Image.MAX_IMAGE_PIXELS = PIXEL_LIMIT // 2
    warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
    return tuple(name for name in FORMATS if name in Image.OPEN)


def decode(path: Path) -> Image.Image:
    """Decode a picture in full, upright, as 8-bit RGB.

    Of a file with several pictures (MPO, HEIF, multi-page TIFF) the first one counts. An alpha channel is dropped.
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
        # Not every decoder says that it lacked memory; some say that the file is damaged.
        short = memory_left() < (pixels or PIXEL_LIMIT) * _BYTES_A_PIXEL
        perhaps = " (it may need more memory than is allowed)" if short else ""
        raise ImageError(f"cannot be decoded: {_reason(error)}{perhaps}", short_of_memory=short) from error


def camera_of(path: Path | str) -> str:
    """Make and model as a picture's EXIF has them, on one line; "" where there are none or the file cannot be read."""
    formats = prepare()
    try:
        with Image.open(path, formats=formats) as opened:
            exif = opened.getexif()
            named = [clean_text(str(exif.get(tag) or "")) for tag in (_MAKE, _MODEL)]
    except (MemoryError, *_DAMAGED):
        return ""
    return " ".join(filter(None, named))


def _reason(error: BaseException) -> str:
    """An exception's words without the path, which the list of failures holds already."""
    text = (error.strerror or "") if isinstance(error, OSError) and error.errno else str(error)
    return text or type(error).__name__


def _upright(image: Image.Image) -> Image.Image:
    # Read after loading: Pillow turns TIFF pictures itself and then drops the tag, and pillow-heif does the same.
    method = _UPRIGHT.get(_orientation(image))
    rgb = _as_rgb(image)
    upright = rgb.transpose(method) if method is not None else rgb
    upright.info.clear()  # Pillow writes comments and profiles of a source into what is made from it
    return upright


def _orientation(image: Image.Image) -> int:
    """EXIF's orientation, 1 (upright) where there is none or where the EXIF block is nonsense."""
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
