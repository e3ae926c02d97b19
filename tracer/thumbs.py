"""Small pictures of a set's photos, for retrieval sheets: `<run>/thumbs/<photo_id>.jpg`, without any metadata."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from tracer.base.workers import Limits
from tracer.dataset import PhotoSet
from tracer.files import replace_with
from tracer.images.guard import LIMITS, small_pictures

FOLDER = "thumbs"
SIDE = 132
"""Pixels of the square: the photo's centre, as encoders see it."""
QUALITY = 72


def write_thumbs(photos: PhotoSet, ids: Iterable[int], run: Path, limits: Limits = LIMITS) -> None:
    """Write those that are not there; a photo that cannot be decoded gets none (a sheet shows its place empty)."""
    from PIL import Image

    rows = {int(photo): row for row, photo in enumerate(photos.table["photo_id"].to_numpy(dtype=np.int64))}
    places = {photo: run / FOLDER / f"{photo}.jpg" for photo in ids if photo in rows}
    missing = {photo: path for photo, path in places.items() if not path.exists()}
    files = [Path(photos.table["path"].iloc[rows[photo]]) for photo in missing]
    for path, pixels in zip(missing.values(), small_pictures(files, SIDE, limits), strict=True):
        if isinstance(pixels, str):
            continue
        small = Image.fromarray(pixels)
        replace_with(path, lambda partial, small=small: small.save(partial, "JPEG", quality=QUALITY, optimize=True))  # type: ignore[misc]
