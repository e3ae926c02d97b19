"""Small pictures of a set's photos, for retrieval sheets: `<run>/thumbs/<photo_id>.jpg`, without any metadata."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from tracer.dataset import PhotoSet
from tracer.files import replace_with

FOLDER = "thumbs"
SIDE = 132
"""Pixels of the square: the photo's centre, as encoders see it."""
QUALITY = 72


def write_thumbs(photos: PhotoSet, ids: Iterable[int], run: Path) -> None:
    """Write those that are not there; a photo that cannot be decoded gets none (a sheet shows its place empty)."""
    from PIL import Image, ImageOps

    from tracer.images.decode import ImageError, decode

    rows = {int(photo): row for row, photo in enumerate(photos.table["photo_id"].to_numpy(dtype=np.int64))}
    for photo in ids:
        path = run / FOLDER / f"{photo}.jpg"
        if path.exists() or photo not in rows:
            continue
        try:
            picture = decode(Path(photos.table["path"].iloc[rows[photo]]))
        except ImageError:
            continue
        small = ImageOps.fit(picture, (SIDE, SIDE), Image.Resampling.LANCZOS)
        replace_with(path, lambda partial, small=small: small.save(partial, "JPEG", quality=QUALITY, optimize=True))  # type: ignore[misc]
