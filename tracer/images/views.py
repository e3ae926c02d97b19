"""Views of a photo: a processing and a mask. The name of a view is a folder name in the layout of embeddings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from PIL import Image

from tracer.errors import UsageError
from tracer.images.crop import Crop
from tracer.images.decode import NEEDS_MEMORY, ImageError
from tracer.images.masking import compress_before_mask, mask
from tracer.images.processing import Processing, process

_NO_MEMORY: Final = (MemoryError, OSError)
"""The exceptions that Pillow raises where it lacks memory. Its JPEG codec raises OSError."""


@dataclass(frozen=True, slots=True, order=True)
class View:
    """A processing and a mask.

    Attributes:
        processing: applied to the full-size picture.
        mask_ratio: the share of the crop's area that is masked; 0.0: none.
    """

    processing: Processing = Processing.IDENTITY
    mask_ratio: float = 0.0

    @property
    def name(self) -> str:
        """The view's name: `IDENTITY`, `JPEG75_420`, `MASK_95`, `JPEG75_420+MASK_95`.

        >>> View(mask_ratio=0.975).name
        'MASK_97.5'
        """
        if not self.mask_ratio:
            return str(self.processing)
        masked = f"MASK_{100 * self.mask_ratio:.6g}"
        return masked if self.processing is Processing.IDENTITY else f"{self.processing}+{masked}"

    @property
    def folder(self) -> str:
        """The folder of the view's embeddings; "" for the unprocessed picture without a mask."""
        return "" if self == View() else self.name


def view(processing: str = "IDENTITY", mask_ratio: float = 0.0) -> View:
    """Return a view by the name of its processing.

    Args:
        processing: a processing, or the name of a view (`MASK_95`, `JPEG75_420+MASK_95`).
        mask_ratio: the masked share of the area, rounded to six decimals. It has to be 0 or the same where `processing` names a
            mask.

    Raises:
        UsageError: an unknown processing, or a ratio outside 0 … 1.

    >>> view("JPEG75_420+MASK_95") == view("JPEG75_420", 0.95)
    True
    """
    name, _, masked = processing.rpartition("+") if "+" in processing else ("", "", processing)
    if masked.startswith("MASK_"):
        try:
            ratio = round(float(masked.removeprefix("MASK_")) / 100, 6)
        except ValueError:
            raise _unknown(processing) from None
        if mask_ratio not in (0.0, ratio):
            raise UsageError(f"{processing} and a mask of {mask_ratio} contradict each other")
        processing, mask_ratio = name or "IDENTITY", ratio
    if not 0.0 <= mask_ratio <= 1.0:
        raise UsageError(f"A mask of {mask_ratio} is impossible", "it is a share of the area, from 0 to 1")
    try:
        return View(Processing(processing), round(float(mask_ratio), 6))
    except ValueError:
        raise _unknown(processing) from None


def _unknown(processing: str) -> UsageError:
    return UsageError(
        f"There is no processing {processing}",
        way_out="Choose from " + ", ".join(Processing) + ", each also with +MASK_95 or any other ratio.",
    )


def render(
    image: Image.Image, photo_id: int, crops: Iterable[Crop], views: Iterable[View], seed: int = 0
) -> Iterator[tuple[Crop, View, Image.Image | ImageError]]:
    """Make every crop of every view of one decoded photo. Steps that several of them need are done once.

    Yields:
        (crop, view, picture): the picture is RGB, `crop.size` × `crop.size`, or the ImageError that prevented it. A photo that is
        too small to be halved still has its other views.

    >>> photo, crops = Image.new("RGB", (64, 48)), [Crop(32, "bilinear")]
    >>> [(shown.name, picture.size) for _, shown, picture in render(photo, 12, crops, [view(), view("MASK_95")])]
    [('IDENTITY', (32, 32)), ('MASK_95', (32, 32))]
    """
    crops = list(dict.fromkeys(crops))
    ratios: dict[Processing, list[float]] = {}
    for wanted in dict.fromkeys(views):
        ratios.setdefault(wanted.processing, []).append(wanted.mask_ratio)
    for processing, masks in ratios.items():
        processed: Image.Image | ImageError
        try:
            processed = process(image, processing, photo_id, seed)
        except ImageError as error:
            processed = error
        except _NO_MEMORY:
            processed = ImageError(NEEDS_MEMORY, short_of_memory=True)
        for crop in crops:
            yield from ((crop, View(processing, ratio), picture) for ratio, picture in _masked(processed, crop, masks))


def _masked(
    processed: Image.Image | ImageError, crop: Crop, ratios: list[float]
) -> Iterator[tuple[float, Image.Image | ImageError]]:
    if isinstance(processed, ImageError):
        yield from ((ratio, processed) for ratio in ratios)
        return
    try:
        cropped = crop.of(processed)
        compressed = compress_before_mask(cropped) if any(ratios) else cropped
    except ImageError as error:
        yield from ((ratio, error) for ratio in ratios)
        return
    except _NO_MEMORY:
        yield from ((ratio, ImageError(NEEDS_MEMORY, short_of_memory=True)) for ratio in ratios)
        return
    for ratio in ratios:
        yield ratio, mask(compressed, ratio) if ratio else cropped
