"""Centre masks (PAPER §3): they leave a frame that is too thin to show the content when the ratio is high.

The order is the paper's: resize, centre crop, JPEG 95 4:4:4 of the crop, then the black box. JPEG compression after masking would
cause ringing around the box.
"""

from __future__ import annotations

from math import sqrt

from PIL import Image

from tracer.images.processing import jpeg


def mask_box(width: int, height: int, ratio: float) -> tuple[int, int, int, int]:
    """Return the masked box in pixels: left, top, right, bottom (right and bottom exclusive).

    The box is centred and has the picture's aspect ratio; its sides are √ratio times the picture's. Its edges are rounded to
    whole pixels (halves to even), as in the paper's code.

    >>> mask_box(224, 224, 0.95)
    (3, 3, 221, 221)
    """
    side = sqrt(ratio)
    margin_x, margin_y = (width - side * width) / 2, (height - side * height) / 2
    return round(margin_x), round(margin_y), round(width - margin_x), round(height - margin_y)


def compress_before_mask(crop: Image.Image) -> Image.Image:
    """Compress a crop as all masked views require. The result is shared between mask ratios."""
    return jpeg(crop, 95, "4:4:4")


def mask(compressed_crop: Image.Image, ratio: float) -> Image.Image:
    """Return a copy of a compressed crop with a black centre. `ratio` is the masked share of the area, 0 < ratio ≤ 1.

    >>> masked = mask(Image.new("RGB", (224, 224), "white"), 0.5)
    >>> masked.getpixel((0, 0)), masked.getpixel((112, 112))
    ((255, 255, 255), (0, 0, 0))
    """
    masked = compressed_crop.copy()
    masked.paste((0, 0, 0), mask_box(*masked.size, ratio))
    return masked
