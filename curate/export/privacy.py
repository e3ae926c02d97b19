"""Removes metadata from picture files, and checks what is left beside the picture.

The picture data stay bit-identical, since recompression would change the very traces that are studied. A file that cannot
be cleaned like that (TIFF, RAW, damaged files) is left out with a reason.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Protocol

from curate.containers.sniff import HEAD, Format, sniff
from curate.containers.stream import DamagedFile
from curate.export.strip import CannotClean, Parts, heif, jpeg, png, webp
from curate.export.strip.exif import KeptExif, exif_block, foreign_tags, orientation_of

__all__ = [
    "DECODED",
    "CannotClean",
    "Container",
    "clean",
    "container",
    "header_size",
    "orientation",
    "picture_digest",
    "private_left",
]


class Container(StrEnum):
    """The kinds of file that can be cleaned; the value is the extension of the exported file."""

    JPEG = "jpg"
    PNG = "png"
    WEBP = "webp"
    HEIC = "heic"
    AVIF = "avif"


DECODED = frozenset({Container.JPEG, Container.WEBP})
"""Kinds whose coded data only a decoder knows the end of: `strip.scans` looks for what is hidden in them."""

_KINDS = {
    Format.JPEG: Container.JPEG,
    Format.PNG: Container.PNG,
    Format.WEBP: Container.WEBP,
    Format.HEIF: Container.HEIC,
    Format.AVIF: Container.AVIF,
}


class _Checks(Protocol):
    """What the modules of `strip` have in common; their own docstrings say more."""

    def private_parts(self, data: bytes) -> Parts: ...

    def picture_digest(self, data: bytes) -> str: ...


_MODULES: dict[Container, _Checks] = {
    Container.JPEG: jpeg,
    Container.PNG: png,
    Container.WEBP: webp,
    Container.HEIC: heif,
    Container.AVIF: heif,
}
_REBUILT = {Container.JPEG: jpeg.strip, Container.PNG: png.strip, Container.WEBP: webp.strip}
"""Kinds that are put together anew from the parts that stay; the others are overwritten in place."""


@contextmanager
def _damage_refused() -> Iterator[None]:
    """Turn what a strict walker says of a damaged file into a refusal."""
    try:
        yield
    except DamagedFile as damage:
        raise CannotClean(str(damage)) from damage


def container(data: bytes) -> Container:
    """Return a file's kind, told by its first bytes.

    Raises:
        CannotClean: it is of another kind.
    """
    return _KINDS[_format(data)]


def _format(data: bytes) -> Format:
    found = sniff(data[:HEAD])
    if found not in _KINDS:
        raise CannotClean("its format cannot be cleaned without encoding it again")
    return found


@_damage_refused()
def clean(data: bytes, values: KeptExif) -> bytes:
    """Return a photo's file without metadata but the given values; the picture data are the same bytes.

    The result is read back: it is returned only if nothing private is left and the picture data are unchanged.

    Raises:
        CannotClean: the file's structure is not understood; the message says why.
    """
    rebuild = _REBUILT.get(container(data))
    if rebuild is not None:
        cleaned = rebuild(data, exif_block(values))
    else:
        blocks = [exif_block(values, orientation=False, text=text) for text in (True, False)]
        cleaned = heif.strip(data, [block for block in blocks if block])
        if header_size(cleaned) != header_size(data):
            raise CannotClean("after cleaning it could not be read")
    left = private_left(cleaned, keep_gps=values.place is not None)
    if left:
        raise CannotClean(f"after cleaning it still holds {left[0]}")
    if picture_digest(cleaned) != picture_digest(data):
        raise CannotClean("its picture data would have changed")
    return cleaned


@_damage_refused()
def private_left(data: bytes, keep_gps: bool = False) -> list[str]:
    """Return what a file holds besides its picture, its colours and the allowed tags, one phrase each.

    Raises:
        CannotClean: the file's structure is not understood.
    """
    parts = _parts(data)
    return [*parts.foreign, *(tag for block in parts.exif for tag in foreign_tags(block, keep_gps))]


@_damage_refused()
def picture_digest(data: bytes) -> str:
    """Return the sha256 of a file's picture data alone: it is the same before and after cleaning.

    Raises:
        CannotClean: the file's structure is not understood.
    """
    return _MODULES[container(data)].picture_digest(data)


def header_size(data: bytes) -> tuple[int, int] | None:
    """Return a picture's width and height as stored, as a decoder reads them without decoding; None where it cannot.

    Raises:
        CannotClean: it is of a kind that cannot be cleaned.
    """
    from curate.photos.picture import picture_size  # the decoders take long to load

    return picture_size(io.BytesIO(data), _format(data))


@_damage_refused()
def orientation(data: bytes) -> int:
    """Return the EXIF orientation that turns the picture; 1 where there is none, or where it has no say (HEIF).

    Raises:
        CannotClean: the file's structure is not understood.
    """
    if container(data) in (Container.HEIC, Container.AVIF):
        return 1
    return next((found for block in _parts(data).exif if (found := orientation_of(block)) is not None), 1)


def _parts(data: bytes) -> Parts:
    return _MODULES[container(data)].private_parts(data)
