"""Centre masks (PAPER §3): what is left is the frame, too thin to show the content when the ratio is high.

The order is the paper's: resize, centre crop, JPEG 95 4:4:4 of the crop, then the black box. Compressing after
masking would let the box ring into the frame.
"""

from __future__ import annotations

from math import sqrt

from PIL import Image

from tracer.images.processing import jpeg


def mask_box(width: int, height: int, ratio: float) -> tuple[int, int, int, int]:
    """The masked box (left, top, right, bottom; right and bottom exclusive), in pixels.

    A centred rectangle of the picture's aspect, each side √ratio of the picture's, edges rounded to whole pixels
    (halves to even), as in the paper's code.
    """
    side = sqrt(ratio)
    margin_x, margin_y = (width - side * width) / 2, (height - side * height) / 2
    return round(margin_x), round(margin_y), round(width - margin_x), round(height - margin_y)


def compress_before_mask(crop: Image.Image) -> Image.Image:
    """The crop as all masked views see it; made once and shared between ratios."""
    return jpeg(crop, 95, "4:4:4")


def mask(compressed_crop: Image.Image, ratio: float) -> Image.Image:
    """A copy of a compressed crop with the centre black. `ratio` is the share of the area, 0 < ratio ≤ 1."""
    masked = compressed_crop.copy()
    masked.paste((0, 0, 0), mask_box(*masked.size, ratio))
    return masked
