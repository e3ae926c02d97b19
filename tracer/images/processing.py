"""The paper's processings (PAPER §3). They are applied to the full-size picture, before the encoder's resizing and cropping.

There are fourteen processings and IDENTITY. Sharpening, resizing and interpolation end with JPEG 95 4:4:4, so that all classes of
a group have the same last compression. The unprocessed class of the groups "sharpening" and "resizing" is therefore JPEG95_444,
not IDENTITY, and the fourteen processings form four groups of 6, 3, 3 and 4 classes.
"""

from __future__ import annotations

import io
from enum import StrEnum
from typing import Final

import numpy as np
from PIL import Image, ImageEnhance
from PIL.JpegImagePlugin import JpegImageFile

from tracer.images.decode import ImageError


class Processing(StrEnum):
    """A processing, by the name that it has in file paths."""

    IDENTITY = "IDENTITY"
    JPEG75_420 = "JPEG75_420"
    JPEG75_444 = "JPEG75_444"
    JPEG85_420 = "JPEG85_420"
    JPEG85_444 = "JPEG85_444"
    JPEG95_420 = "JPEG95_420"
    JPEG95_444 = "JPEG95_444"
    SHARPEN_2 = "SHARPEN_2"
    SHARPEN_4 = "SHARPEN_4"
    RESIZE_HALF = "RESIZE_HALF"
    RESIZE_DOUBLE = "RESIZE_DOUBLE"
    INTERPOLATION_BILINEAR = "INTERPOLATION_BILINEAR"
    INTERPOLATION_BICUBIC = "INTERPOLATION_BICUBIC"
    INTERPOLATION_LANCZOS = "INTERPOLATION_LANCZOS"
    INTERPOLATION_BOX = "INTERPOLATION_BOX"


P = Processing

GROUPS: Final[dict[str, tuple[Processing, ...]]] = {
    "JPEG": (P.JPEG75_420, P.JPEG75_444, P.JPEG85_420, P.JPEG85_444, P.JPEG95_420, P.JPEG95_444),
    "SHARPENING": (P.JPEG95_444, P.SHARPEN_2, P.SHARPEN_4),
    "RESIZING": (P.JPEG95_444, P.RESIZE_HALF, P.RESIZE_DOUBLE),
    "INTERPOLATION": (
        P.INTERPOLATION_BILINEAR,
        P.INTERPOLATION_BICUBIC,
        P.INTERPOLATION_LANCZOS,
        P.INTERPOLATION_BOX,
    ),
}
"""The classes of each group in the paper's order. The paper's "none" and "original" are JPEG95_444."""

_JPEG: Final = {name: (int(name[4:6]), f"4:{name[8]}:{name[9]}") for name in GROUPS["JPEG"]}
_SHARPNESS: Final = {P.SHARPEN_2: 2.0, P.SHARPEN_4: 4.0}
_SCALE: Final = {P.RESIZE_HALF: 0.5, P.RESIZE_DOUBLE: 2.0}
_INTERPOLATION: Final = {
    P.INTERPOLATION_BILINEAR: Image.Resampling.BILINEAR,
    P.INTERPOLATION_BICUBIC: Image.Resampling.BICUBIC,
    P.INTERPOLATION_LANCZOS: Image.Resampling.LANCZOS,
    P.INTERPOLATION_BOX: Image.Resampling.BOX,
}
_SCALE_RANGE: Final = 0.2
_LONGEST_JPEG: Final = 65_500  # libjpeg's own limit


def jpeg(image: Image.Image, quality: int, subsampling: str) -> Image.Image:
    """Compress an RGB picture as JPEG in memory, and decode it again.

    Args:
        image: the picture.
        quality: 1 to 95.
        subsampling: of the chroma: "4:2:0", "4:4:4".

    Raises:
        ImageError: a side is longer than JPEG allows (65,500 pixels).
    """
    if max(image.size) > _LONGEST_JPEG:
        raise ImageError(f"{image.width} × {image.height} pixels cannot be JPEG-compressed")
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality, subsampling=subsampling)
    buffer.seek(0)
    return JpegImageFile(buffer).convert("RGB")  # not `open`, whose pixel limit is for untrusted files


def random_scale(photo_id: int, seed: int) -> float:
    """Return 1 + U(−0.2, 0.2), which depends only on the photo and the seed.

    The paper's draw depends on the number of loader workers as well. The four interpolations of a photo have the same scale, so
    that they differ only in the kernel.

    >>> random_scale(12, seed=0) == random_scale(12, seed=0) != random_scale(13, seed=0)
    True
    """
    return 1.0 + float(np.random.default_rng([seed, photo_id]).uniform(-_SCALE_RANGE, _SCALE_RANGE))


def is_random(processing: Processing) -> bool:
    """Whether a processing depends on the seed.

    >>> is_random(Processing.INTERPOLATION_BOX), is_random(Processing.JPEG75_420)
    (True, False)
    """
    return processing in _INTERPOLATION


def process(image: Image.Image, processing: Processing, photo_id: int, seed: int = 0) -> Image.Image:
    """Apply one processing to a full-size RGB picture. IDENTITY returns the same object.

    Args:
        image: the picture.
        processing: what to do.
        photo_id: non-negative; with `seed` it determines the random scale of the interpolations.
        seed: of the random scale.

    Raises:
        ImageError: the picture is too small to halve, or too large for JPEG once doubled.

    >>> process(Image.new("RGB", (640, 480)), Processing.RESIZE_HALF, photo_id=12).size
    (320, 240)
    """
    if processing is P.IDENTITY:
        return image
    if processing in _JPEG:
        return jpeg(image, *_JPEG[processing])
    if processing in _SHARPNESS:
        processed = ImageEnhance.Sharpness(image).enhance(_SHARPNESS[processing])
    elif processing in _SCALE:
        processed = _rescale(image, _SCALE[processing], Image.Resampling.BILINEAR)
    else:
        processed = _rescale(image, random_scale(photo_id, seed), _INTERPOLATION[processing])
    return jpeg(processed, 95, "4:4:4")


def _rescale(image: Image.Image, scale: float, resampling: Image.Resampling) -> Image.Image:
    width, height = int(image.width * scale), int(image.height * scale)
    if min(width, height) < 1:
        raise ImageError(f"{image.width} × {image.height} pixels are too few to scale by {scale:.2f}")
    return image.resize((width, height), resampling)
