"""One file -> its facts. Bad files have facts too: a status and the reason in one line."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from curate.containers.jpeg_tables import jpeg_tables
from curate.containers.sniff import HEAD, RAW_FORMATS, TIFF_LIKE, Format, promised, sniff
from curate.errors import StorageError
from curate.photos.facts import NEEDS_MEMORY, PhotoFacts, Status
from curate.photos.metadata.exif import Reading, read_metadata
from curate.photos.picture import (
    MAX_PIXELS,
    Picture,
    PictureError,
    TooLargeError,
    TruncatedError,
    UnknownVariantError,
    decode,
    embedded_jpeg,
    picture_size,
)
from curate.photos.previews import write_preview
from curate.photos.signs import edited
from curate.photos.signs.bursts import burst_of
from curate.photos.signs.screenshots import screenshot_sign
from tracer.base.text import clean_text, printable_path

_READ_ONLY = RAW_FORMATS | {Format.JXL, Format.JXR, Format.BPG, Format.PGF}
"""Only their metadata are read here, and the pictures inside RAW files."""

_IN_VARIANTS = {Format.PSD, Format.JP2}
"""Formats with variants that their decoder does not know (16 bits a channel, files beyond 2 GB): those are read only."""

READ_AT_ONCE = 64 << 20
"""Bytes of a file that is taken into memory; larger ones are read again where they are parsed."""


_DISK_ERRORS = (errno.EIO, errno.ENXIO, errno.ENODEV, errno.ESTALE, errno.ETIMEDOUT, errno.EHOSTDOWN, errno.EREMOTEIO)
"""A failing or vanished disk or server; the photo is read again the next time."""

_SYSTEM_ERRORS = {
    **dict.fromkeys((errno.ENOENT, errno.ENOTDIR), (Status.MISSING, "the file is not there any more")),
    **dict.fromkeys((errno.EACCES, errno.EPERM), (Status.DENIED, "no permission to read it")),
    **dict.fromkeys(_DISK_ERRORS, (Status.DENIED, "its disk does not give it ({reason})")),
    errno.ELOOP: (Status.INVALID, "a loop of symbolic links"),
}
"""Error of the system -> the file's status, and the reason in words."""


def read_photo(path: Path, preview: Path | None = None, max_pixels: int = MAX_PIXELS) -> PhotoFacts:
    """Return the facts of one photo file, and write its preview if asked; never raises for a bad file.

    RAW files, JPEG XL, JPEG XR, BPG and PGF are not decoded, nor are variants of PSD and JPEG 2000 that the decoders do not know:
    a RAW's preview and hash come from the largest JPEG inside. Where there is none they stay None, and the status is OK as
    long as the metadata could be read.

    Width and height are the decoder's: as stored in the file, except that HEIF pictures, which their container turns,
    come turned (their EXIF orientation has been used up). Call it from one thread at a time: silencing the decoders'
    warnings is a setting of the whole process.

    Args:
        path: the file; only regular files are opened.
        preview: where to write the upright preview, a JPEG of at most 640 pixels; its folder must exist.
        max_pixels: larger pictures are not decoded (status `too_large`), but their metadata is read.

    Raises:
        StorageError: the preview could not be written; that is the disk's fault, not the photo's.
    """
    try:
        with _open_regular(path) as file:
            return _read_open(file, path, preview, max_pixels)
    except MemoryError:
        return PhotoFacts(Status.TOO_LARGE, NEEDS_MEMORY)
    except OSError as error:
        return _unreadable(error)


def _open_regular(path: Path) -> BinaryIO:
    """Open a regular file. A FIFO would make us wait for ever, a device could do anything: both are refused."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is not a regular file")
    return os.fdopen(descriptor, "rb", buffering=1 << 16)


def _unreadable(error: OSError) -> PhotoFacts:
    other = Status.INVALID, "it cannot be read ({reason})"
    status, words = _SYSTEM_ERRORS.get(error.errno or 0, other)
    return PhotoFacts(status, words.format(reason=error.strerror or type(error).__name__))


def _read_open(file: BinaryIO, path: Path, preview: Path | None, max_pixels: int) -> PhotoFacts:
    file, sha256, size = _hashed(file)
    file.seek(0)
    kind = sniff(file.read(HEAD), path.name)
    facts = PhotoFacts(Status.OK, sha256=sha256, size=size, format=kind)
    if kind is None:
        hint = promised(path.name)
        what = "it is empty" if size == 0 else f"its content is not {hint or 'a picture'}, nor another picture format"
        return replace(facts, status=Status.INVALID, error=what)
    reading = read_metadata(file, kind)
    facts = _pictured(file, kind, replace(facts, exif=reading.exif), reading, preview, max_pixels)
    return _with_signs(facts, reading, kind, path.name)


def _with_signs(facts: PhotoFacts, reading: Reading, kind: Format, name: str) -> PhotoFacts:
    """What a file's metadata, name and size together say of where it comes from."""
    size = (facts.width, facts.height) if facts.status is Status.OK and facts.width and facts.height else None
    screenshot = clean_text(screenshot_sign(reading, name, kind, size))
    was_edited, reason = edited.judge(reading, name, kind, size)
    burst = clean_text(burst_of(reading, name))
    return replace(facts, edited=was_edited, edited_reason=clean_text(reason), screenshot=screenshot, burst=burst)


def _pictured(
    file: BinaryIO, kind: Format, facts: PhotoFacts, reading: Reading, preview: Path | None, max_pixels: int
) -> PhotoFacts:
    """What decoding adds."""
    if kind is Format.EXV:
        return replace(facts, status=Status.INVALID, error="it holds metadata alone, no picture (EXV)")
    if kind in _READ_ONLY:
        return _undecoded(file, kind, facts, reading, preview, max_pixels)
    if kind is Format.JPEG:
        facts = _with_tables(file, facts)
    try:
        picture = decode(file, kind, reading.exif.orientation, max_pixels)
    except PictureError as error:
        if kind in _IN_VARIANTS and isinstance(error, UnknownVariantError):
            return _undecoded(file, kind, facts, reading, preview, max_pixels)
        width, height = (facts.width, facts.height) if facts.width else picture_size(file, kind) or (None, None)
        return replace(facts, width=width, height=height, status=_status(error), error=clean_text(str(error)))
    facts = replace(facts, format=picture.format, width=picture.width, height=picture.height)
    return _facts_of(picture, facts, preview)


def _hashed(file: BinaryIO) -> tuple[BinaryIO, str, int]:
    """Hash a file; return what to read on from, the hex sha256, and the size.

    A file of ordinary size is read once, so what is parsed is what was hashed, even if somebody is writing to it.
    """
    # asked for by its size: making room for the largest file takes longer than reading an ordinary one
    expected = os.fstat(file.fileno()).st_size
    data = file.read(min(expected + 1, READ_AT_ONCE))
    if len(data) <= expected and len(data) < READ_AT_ONCE:
        return io.BytesIO(data), hashlib.sha256(data).hexdigest(), len(data)
    digest, size = hashlib.sha256(data), len(data)
    while data := file.read(1 << 20):
        digest.update(data)
        size += len(data)
    return file, digest.hexdigest(), size


def _with_tables(file: BinaryIO, facts: PhotoFacts) -> PhotoFacts:
    tables = jpeg_tables(file)
    if tables is None:
        return facts
    return replace(
        facts,
        width=tables.width or None,
        height=tables.height or None,
        jpeg_quality=tables.quality,
        jpeg_standard_tables=tables.standard,
        jpeg_subsampling=tables.subsampling,
        jpeg_progressive=tables.progressive,
    )


def _undecoded(
    file: BinaryIO, kind: Format, facts: PhotoFacts, reading: Reading, preview: Path | None, max_pixels: int
) -> PhotoFacts:
    """What no decoder reads here: the metadata, and what a RAW file's embedded JPEG gives."""
    width, height = reading.stored_size or reading.pixel_size or (None, None)
    facts = replace(facts, width=width, height=height)
    for inside, inside_kind in _pictures_inside(file, kind):
        try:
            picture = decode(inside, inside_kind, reading.exif.orientation, max_pixels)
        except PictureError:
            continue  # the photo itself may be whole
        facts = replace(facts, width=width or picture.width, height=height or picture.height)
        return _facts_of(picture, facts, preview)
    if not reading.exif.readers:
        why = f"; {reading.unread[0]}" if reading.unread else ""
        return replace(
            facts, status=Status.INVALID, error=f"neither its picture nor metadata could be read ({kind}{why})"
        )
    return facts


def _facts_of(picture: Picture, facts: PhotoFacts, preview: Path | None) -> PhotoFacts:
    if preview is not None:
        try:
            write_preview(picture.small, preview, facts.sha256 or "")
        except OSError as error:
            raise StorageError(
                "A preview could not be written",
                f"{printable_path(preview)}: {error.strerror or error}",
                "Make room on the disk, or put the workspace where it can be written, and run the command again.",
            ) from error
    return replace(facts, phash=picture.phash())


def _pictures_inside(file: BinaryIO, kind: Format) -> Iterator[tuple[BinaryIO, Format]]:
    """What may stand for a RAW file: its largest JPEG, or the plain thumbnail that its first directory describes."""
    if kind in RAW_FORMATS:
        window = embedded_jpeg(file)
        if window is not None:
            yield io.BufferedReader(window), Format.JPEG
        if kind in TIFF_LIKE:
            yield file, Format.TIFF


def _status(error: PictureError) -> Status:
    if isinstance(error, TooLargeError):
        return Status.TOO_LARGE
    return Status.TRUNCATED if isinstance(error, TruncatedError) else Status.INVALID
