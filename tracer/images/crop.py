"""From the full-size picture to an encoder's input: Resize and CenterCrop with torchvision's geometry, on Pillow.

As in the paper, the short side is resized to the crop's side without the usual margin (256 → 224), so that the frame around a
mask is the frame of the photo.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from PIL import Image

from tracer.images.decode import ImageError

Interpolation = Literal["nearest", "bilinear", "bicubic", "lanczos", "box", "hamming"]

_RESAMPLING: Final[dict[str, Image.Resampling]] = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
    "box": Image.Resampling.BOX,
    "hamming": Image.Resampling.HAMMING,
}


@dataclass(frozen=True, slots=True)
class Crop:
    """The square input of an encoder.

    Attributes:
        size: side in pixels.
        interpolation: the filter that resizes the short side to `size`. None takes the centre at native resolution, which keeps
            the traces of the sensor and the codec; a smaller picture is padded with its mirror image.
    """

    size: int
    interpolation: Interpolation | None

    def of(self, image: Image.Image) -> Image.Image:
        """Return the `size` × `size` crop of an RGB picture.

        Raises:
            ImageError: a side of the resized picture would be longer than 65,535 pixels.

        >>> Crop(224, "bicubic").of(Image.new("RGB", (640, 480))).size
        (224, 224)
        """
        if self.interpolation is None:
            return self._native(image)
        width, height = resized(image.width, image.height, self.size)
        if max(width, height) > 65_535:
            raise ImageError(f"{image.width} × {image.height} pixels are too narrow to resize")
        if (width, height) != image.size:
            image = image.resize((width, height), _RESAMPLING[self.interpolation])
        return self._centre(image)

    def _centre(self, image: Image.Image) -> Image.Image:
        # round(), not //: torchvision rounds halves to even.
        left, top = round((image.width - self.size) / 2.0), round((image.height - self.size) / 2.0)
        return image.crop((left, top, left + self.size, top + self.size))

    def _native(self, image: Image.Image) -> Image.Image:
        missing_x, missing_y = max(0, self.size - image.width), max(0, self.size - image.height)
        if missing_x or missing_y:
            sides = (
                (missing_y // 2, missing_y - missing_y // 2),
                (missing_x // 2, missing_x - missing_x // 2),
                (0, 0),
            )
            image = Image.fromarray(np.pad(np.asarray(image), sides, mode="symmetric"))
        return self._centre(image)


def resized(width: int, height: int, short_side: int) -> tuple[int, int]:
    """Return width and height after resizing the short side to `short_side`. The long side is rounded down, as in torchvision.

    >>> resized(4000, 3000, 224)
    (298, 224)
    """
    if width <= height:
        return short_side, int(short_side * height / width)
    return int(short_side * width / height), short_side
