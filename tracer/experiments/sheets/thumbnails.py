"""Small pictures of a set's photos, for retrieval sheets: `<run>/thumbs/<photo_id>.jpg`, without any metadata."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from tracer.base.files import make_way, replace_with
from tracer.base.workers import Limits
from tracer.dataset import PhotoSet
from tracer.images.guard import LIMITS, small_pictures

FOLDER = "thumbs"
SIDE = 132
"""Pixels of the square: the photo's centre, as encoders see it."""
QUALITY = 72


def write_thumbs(photos: PhotoSet, ids: Iterable[int], run: Path, limits: Limits = LIMITS) -> None:
    """Write them anew, since those that are there may be damaged.

    A photo that cannot be decoded gets none: a sheet shows its place empty.
    """
    from PIL import Image

    rows = {int(photo): row for row, photo in enumerate(photos.table["photo_id"].to_numpy(dtype=np.int64))}
    places = {photo: run / FOLDER / f"{photo}.jpg" for photo in ids if photo in rows}
    files = [Path(photos.table["path"].iloc[rows[photo]]) for photo in places]
    for path, pixels in zip(places.values(), small_pictures(files, SIDE, limits), strict=True):
        if isinstance(pixels, str):
            continue
        small = Image.fromarray(pixels)
        make_way(path)
        replace_with(path, lambda partial, small=small: small.save(partial, "JPEG", quality=QUALITY, optimize=True))  # type: ignore[misc]
