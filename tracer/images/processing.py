"""The paper's processings (PAPER §3): applied to the full-size picture, before the encoder's own resizing and cropping.

Fourteen processings and IDENTITY. Sharpening, resizing and interpolation end with JPEG 95 4:4:4, so that all classes
of a group share the last compression. The untouched class of the groups "sharpening" and "resizing" is therefore
JPEG95_444 itself, not IDENTITY: that is how four groups of 6, 3, 3 and 4 classes come out of fourteen names.
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
    """One processing by the name that it has in file paths."""

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
"""The labels of each group in the paper's order; "none" and "original" are JPEG95_444."""

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
    """An RGB picture after one JPEG compression in memory (`subsampling` as in "4:2:0").

    Raises:
        ImageError: a side is longer than JPEG allows.
    """
    if max(image.size) > _LONGEST_JPEG:
        raise ImageError(f"{image.width} × {image.height} pixels cannot be JPEG-compressed")
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality, subsampling=subsampling)
    buffer.seek(0)
    return JpegImageFile(buffer).convert("RGB")  # not `open`: the pixel limit is for files of others


def random_scale(photo_id: int, seed: int) -> float:
    """1 + U(−0.2, 0.2), a function of the photo and the seed alone.

    The paper's own draw depends on the number of loader workers; here no order and no worker count can change it.
    The four interpolations of one photo share their scale, so that they differ in nothing but the kernel.
    """
    return 1.0 + float(np.random.default_rng([seed, photo_id]).uniform(-_SCALE_RANGE, _SCALE_RANGE))


def is_random(processing: Processing) -> bool:
    """Whether a seed has a say in it."""
    return processing in _INTERPOLATION


def process(image: Image.Image, processing: Processing, photo_id: int, seed: int = 0) -> Image.Image:
    """Apply one processing to a full-size RGB picture; IDENTITY gives the same object back.

    Args:
        photo_id: non-negative; with `seed` it decides the interpolations' random scale.

    Raises:
        ImageError: the picture is too small to halve, or too large for JPEG once doubled.
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
