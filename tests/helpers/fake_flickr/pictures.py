"""The files of the image host: small real JPEG and PNG files."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO

import numpy as np
from PIL import Image

from tests.helpers.fake_flickr import exif
from tests.helpers.fake_flickr.chance import draw
from tests.helpers.fake_flickr.universe import Universe

SHAPES = ((160, 120), (120, 160), (176, 132), (200, 150))
_VARIANTS = 64


def size(universe: Universe, number: int) -> tuple[int, int]:
    """Width and height of a photo's original, in pixels."""
    return SHAPES[draw(universe.seed, "shape", number) % len(SHAPES)]


def original(universe: Universe, number: int) -> bytes:
    """A photo's original: a JPEG with the photo's own EXIF, or a PNG; no two are the same file."""
    shape, variant = size(universe, number), draw(universe.seed, "texture", number) % _VARIANTS
    if universe.extension(number) == "png":
        return _with_end(_encoded(shape, variant, "PNG"), number)
    plain, block = _encoded(shape, variant, "JPEG"), exif.block(universe, number)
    if not block:
        return _with_end(plain, number)
    return plain[:2] + b"\xff\xe1" + (len(block) + 2).to_bytes(2, "big") + block + plain[2:]


def resized(universe: Universe, number: int) -> bytes:
    """A smaller size: a JPEG without EXIF."""
    return _encoded((80, 60), draw(universe.seed, "texture", number) % _VARIANTS, "JPEG")


def placeholder() -> bytes:
    """The picture that says that a photo is unavailable."""
    return _encoded((100, 100), 0, "PNG")


def _with_end(data: bytes, number: int) -> bytes:
    """A file with its own bytes after the end of the picture, where readers don't look."""
    return data + number.to_bytes(8, "big")


@lru_cache(maxsize=len(SHAPES) * _VARIANTS * 2)
def _encoded(shape: tuple[int, int], variant: int, form: str) -> bytes:
    random = np.random.default_rng(variant)
    coarse = Image.fromarray(random.integers(0, 256, (6, 8, 3), dtype=np.uint8))
    held = BytesIO()
    coarse.resize(shape, Image.Resampling.BICUBIC).save(held, form, quality=90)
    return held.getvalue()
