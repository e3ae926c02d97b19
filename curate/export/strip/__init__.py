"""Taking metadata out of picture files, one module a container, without touching picture data.

Each container module has

- `strip(data, exif) -> bytes`: the file with nothing but the picture, its colour profile and the given Exif block;
- `private_parts(data) -> Parts`: what a file holds besides these, and its Exif block, for checking;
- `picture_digest(data) -> str`: sha256 of the picture data alone, the same before and after.

They decide what goes and what stays; the parts of a file come from the strict walkers of `curate.containers`. All raise
`CannotClean`, and the walkers `DamagedFile`, where the file's structure is not understood; then the photo is left out,
never exported half clean.
"""

from __future__ import annotations

from dataclasses import dataclass


class CannotClean(Exception):
    """A file cannot be cleaned safely; the message is the reason, as the list of photos that were left out gives it."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What was found in a file besides the picture.

    Attributes:
        foreign: one phrase for each part that may not be there.
        exif: the TIFF structures of its Exif blocks.
    """

    foreign: tuple[str, ...]
    exif: tuple[bytes, ...]
