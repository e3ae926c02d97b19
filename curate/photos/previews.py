"""Previews on disk: written whole or not at all.

They are a cache, made again when missing or unreadable, so they are not forced to the disk one by one: waiting for the
disk a million times would take longer than all the decoding.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

_QUALITY = 90
_END = b"\xff\xd9"


def write_preview(image: Image, target: Path) -> None:
    """Write an RGB picture as JPEG of quality 90 without chroma subsampling.

    Raises:
        OSError: the disk is full or refuses to be written.
    """
    part = part_of(target)
    try:
        with part.open("wb") as file:
            image.save(
                file, "JPEG", quality=_QUALITY, subsampling=0, comment=b""
            )  # Pillow takes the source's otherwise
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def is_whole(preview: Path) -> bool:
    """Whether a preview is there and has its end: a power cut leaves files that are empty or cut short."""
    try:
        with preview.open("rb", buffering=0) as file:
            file.seek(-len(_END), os.SEEK_END)
            return file.read() == _END
    except OSError:  # not there, or shorter than that
        return False


def part_of(target: Path) -> Path:
    """Where a preview grows; a killed process may leave this behind."""
    return target.with_name(f".{target.name}.part")
