"""Previews on disk: written whole or not at all.

They are a cache, made again when missing or unreadable, so they are not forced to the disk one by one: waiting for the
disk a million times would take longer than all the decoding.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING

from curate.containers.jpeg_tables import jpeg_tables
from curate.errors import StorageError
from tracer.base.files import SEAL, make_way, seal
from tracer.base.reading import open_regular, read_bytes

if TYPE_CHECKING:
    from PIL.Image import Image

_QUALITY = 90
_END = b"\xff\xd9"
_MAX_BYTES, _MAX_PIXELS = 16 << 20, 25_000_000
"""Far more than a preview has; what is larger was not written here."""


def write_preview(image: Image, target: Path, sha256: str) -> None:
    """Write an RGB picture as JPEG of quality 90 without chroma subsampling; the seal of `is_damaged` follows its end.

    Args:
        sha256: of the photo's file, which the preview is kept by.

    Raises:
        OSError: the disk is full or refuses to be written.
    """
    content = io.BytesIO()
    image.save(
        content, "JPEG", quality=_QUALITY, subsampling=0, comment=b""
    )  # Pillow takes the source's comment otherwise
    data, part = content.getvalue(), part_of(target)
    try:
        with part.open("wb") as file:
            file.write(data + seal(sha256, data))
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def keep_preview(made: Path, place: Path) -> None:
    """Move a new preview to its place in the cache; nothing happens where the photo got none.

    Raises:
        StorageError: the cache cannot be written to.
    """
    if not made.exists():
        return
    try:
        make_way(place)
        place.parent.mkdir(parents=True, exist_ok=True)
        made.replace(place)
    except OSError as error:
        raise StorageError(
            "a preview could not be saved",
            f"{place}: {error.strerror}",
            "Free some space on the disk and run the command again; finished work is kept.",
        ) from error


def is_whole(preview: Path) -> bool:
    """Whether a preview is there and has its end: a power cut leaves files that are empty or cut short."""
    try:
        with open_regular(preview) as file:
            file.seek(-len(_END) - SEAL, os.SEEK_END)
            end = file.read()
    except OSError:  # not there, or shorter than that
        return False
    return end.startswith(_END) or end.endswith(_END)  # those of earlier versions have no seal


def is_damaged(preview: Path, sha256: str) -> bool:
    """Whether a picture has a seal that does not fit: a bit of it changed, or it is another photo's preview.

    The file is read whole. One without a seal passes; `is_whole` finds those that are cut short.
    """
    try:
        content = read_bytes(preview, _MAX_BYTES)
    except OSError:
        return True
    data = content[:-SEAL]
    return data.endswith(_END) and content[-SEAL:] != seal(sha256, data)


def read_preview(preview: Path) -> bytes | None:
    """Return a preview's bytes where they are a JPEG such as `write_preview` makes; None where they are not, or not there.

    Previews are decoded outside the guarded processes, and a workspace may come from somebody else: what is progressive, or
    larger than a preview can be, could take any time and memory.
    """
    try:
        data = read_bytes(preview, _MAX_BYTES)
    except OSError:
        return None
    tables = jpeg_tables(io.BytesIO(data)) if data.startswith(b"\xff\xd8") else None
    if tables is None or tables.progressive or not 0 < tables.width * tables.height <= _MAX_PIXELS:
        return None
    return data


def open_preview(preview: Path, room: tuple[int, int] | None = None) -> Image | None:
    """Return a preview, decoded; None where it is missing or damaged.

    Args:
        preview: its file.
        room: width and height in pixels that are needed; decoding a smaller picture takes less time. None for all pixels.
    """
    import PIL.Image

    from curate.photos.picture import DECODE_ERRORS

    data = read_preview(preview)
    if data is None:
        return None
    try:
        with PIL.Image.open(io.BytesIO(data), formats=["JPEG"]) as image:
            if room is not None:
                image.draft("RGB", room)
            image.load()
            return image
    except (MemoryError, *DECODE_ERRORS):
        return None


def part_of(target: Path) -> Path:
    """Where a preview grows; a killed process may leave this behind."""
    return target.with_name(f".{target.name}.part")
