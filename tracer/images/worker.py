"""The jobs of a decoding process, as handlers for `tracer.base.worker`.

A process sends back the pixels of the crops (a few hundred kilobytes), never the whole picture.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from tracer.base.worker import Handler, Reply
from tracer.images.crop import Crop
from tracer.images.decode import ImageError, camera_of, decode, header_of, prepare
from tracer.images.processing import Processing
from tracer.images.views import View, render

Wanted = tuple[Crop, View]


def views_job(path: Path, photo_id: int, seed: int, wanted: tuple[Wanted, ...]) -> list[Any]:
    """Return a job of `views` as a JSON value."""
    crops = [[crop.size, crop.interpolation, shown.processing, shown.mask_ratio] for crop, shown in wanted]
    return [str(path), photo_id, seed, crops]


def views() -> Handler:
    """Return the handler that makes crops of views.

    Its reply's value is {"failed": reason}, or {"views": [None or why the crop is missing, …]} in the order of the job's
    crops. Its data are the pixels of the crops that were made, uint8 (size, size, 3), one after another.
    """
    prepare()

    def serve(job: Any) -> Reply:
        path, photo_id, seed, crops = job
        wanted = [
            (Crop(size, interpolation), View(Processing(processing), ratio))
            for size, interpolation, processing, ratio in crops
        ]
        try:
            image = decode(Path(path))
        except ImageError as error:
            return Reply({"failed": str(error)}, short_of_memory=error.short_of_memory)
        every = [crop for crop, _ in wanted], [shown for _, shown in wanted]
        needed = set(wanted)  # two encoders may need different views
        made = {
            (crop, shown): picture if isinstance(picture, ImageError) else picture.tobytes()
            for crop, shown, picture in render(image, photo_id, *every, seed)
            if (crop, shown) in needed
        }
        pictures = [made[one] for one in wanted]
        errors = [one if isinstance(one, ImageError) else None for one in pictures]
        return Reply(
            {"views": [None if error is None else str(error) for error in errors]},
            b"".join(one for one in pictures if isinstance(one, bytes)),
            any(error is not None and error.short_of_memory for error in errors),
        )

    return serve


def small(side: str) -> Handler:
    """Return the handler that makes small square pictures of a photo's centre.

    Its reply's value is {"failed": reason} or {}; its data are the pixels, uint8 (side, side, 3).
    """
    prepare()
    size = (int(side), int(side))

    def serve(path: Any) -> Reply:
        try:
            picture = ImageOps.fit(decode(Path(path)), size, Image.Resampling.LANCZOS)
        except ImageError as error:
            return Reply({"failed": str(error)}, short_of_memory=error.short_of_memory)
        return Reply({}, picture.tobytes())

    return serve


def camera() -> Handler:
    """Return the handler that reads the camera's name. Its reply's value is {"camera": make and model}."""
    prepare()
    return lambda path: Reply({"camera": camera_of(Path(path))})


def header() -> Handler:
    """Return the handler that reads a picture's header. Its reply's value is that of `header_of`."""
    prepare()
    return lambda path: Reply(header_of(Path(path)))
