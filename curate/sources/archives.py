"""Reads zip files, and folders with their content, that others made: what a member claims is checked before it is read.

A member is never written under its own name. Members that name a place outside of the archive, links, encrypted members and
members that would grow beyond limits are refused with a reason; archives inside an archive are not opened.
"""

from __future__ import annotations

import contextlib
import lzma
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tracer.base.reading import check_regular, open_regular
from tracer.base.text import visible_text

MOST_BYTES = 200_000_000
"""Most bytes of a member."""

MOST_MEMBERS = 200_000
"""Most members of a zip file."""

_PIECE = 1 << 20
_MOST_RATIO, _RATIO_FROM = 100, 1 << 20
"""Most times that a member may grow, for members of so many bytes."""

_ENCRYPTED = 0x1
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)
_DRIVE = re.compile(r"[A-Za-z]:")
_ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")

DAMAGE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError, OSError, ValueError)
"""What `zipfile` raises for an archive that it cannot read: RuntimeError for an encrypted member, a method of compression or a
version that it does not support; the others for damage, and for sizes and offsets that are wrong."""


class Refused(Exception):
    """A member or an archive is not read; the message says why."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive or a folder.

    Attributes:
        place: the path of the archive and the member's name in it; or the path of the file.
        name: the last part of its name.
        size: bytes, as the archive claims.
        inside: its entry in the zip file; None for a file in a folder.
    """

    place: bytes
    name: str
    size: int
    inside: zipfile.ZipInfo | None = None


@dataclass(frozen=True, slots=True)
class Archive:
    """A zip file, or the files of a folder.

    Attributes:
        path: the zip file; the folder.
        files: the files of the folder; None for a zip file.
    """

    path: Path
    files: tuple[Path, ...] | None = None

    @contextlib.contextmanager
    def opened(self) -> Iterator[OpenArchive]:
        """Open the archive.

        Raises:
            Refused: it is damaged, or claims too much.
        """
        with contextlib.ExitStack() as stack:
            opened = None
            if self.files is None:
                try:
                    file = stack.enter_context(open_regular(self.path))
                    opened = stack.enter_context(zipfile.ZipFile(file))
                except DAMAGE as error:
                    raise Refused(f"the zip file cannot be read: {in_words(error)}") from error
                _check_whole(opened, os.fstat(file.fileno()).st_size)
            yield OpenArchive(self, opened)


@dataclass(frozen=True, slots=True)
class OpenArchive:
    """An archive that is open."""

    archive: Archive
    _opened: zipfile.ZipFile | None

    def members(self) -> Iterator[tuple[Member, str | None]]:
        """Yield the members, each with the reason why it is refused; None where it may be read. Folders are left out."""
        if self._opened is None:
            for path in self.archive.files or ():
                try:
                    size, why = check_regular(path).st_size, None
                except OSError as error:
                    size, why = 0, in_words(error)
                yield Member(os.fsencode(path), path.name, size), why or _why_not_size(size)
            return
        for info in self._opened.infolist():
            if info.is_dir():
                continue
            place = os.fsencode(self.archive.path) + b"/" + visible_text(info.orig_filename, 300).encode()
            name = info.filename.replace("\\", "/").rpartition("/")[2]
            yield Member(place, name, info.file_size, info), _why_not(info)

    def read(self, member: Member) -> Iterator[bytes]:
        """Yield the content of a member in pieces.

        Raises:
            Refused: it cannot be read, or has more bytes than it claims.
        """
        read = 0
        try:
            with self._open(member) as file:
                while piece := file.read(_PIECE):
                    read += len(piece)
                    if read > MOST_BYTES:
                        raise Refused(f"it has more than {MOST_BYTES:,} bytes")
                    yield piece
        except DAMAGE as error:
            raise Refused(f"it cannot be read: {in_words(error)}") from error

    def _open(self, member: Member) -> IO[bytes]:
        if member.inside is None:
            return open_regular(os.fsdecode(member.place), MOST_BYTES)
        assert self._opened is not None
        return self._opened.open(member.inside)


def in_words(error: Exception) -> str:
    """Return the reason of an error, cleaned."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return visible_text(str(error) or type(error).__name__, 200)


def _check_whole(opened: zipfile.ZipFile, size: int) -> None:
    infos = opened.infolist()
    if len(infos) > MOST_MEMBERS:
        raise Refused(f"the zip file claims {len(infos):,} members; at most {MOST_MEMBERS:,} are read")
    claimed = sum(info.file_size for info in infos)
    if claimed > max(_RATIO_FROM, size) * _MOST_RATIO:
        raise Refused(f"the zip file would grow from {size:,} to {claimed:,} bytes")


def _why_not(info: zipfile.ZipInfo) -> str | None:
    """Return why a member of a zip file is refused; None where it may be read."""
    name = info.orig_filename
    parts = re.split(r"[/\\]", name)
    kind = info.external_attr >> 16  # the file's mode, where a Unix system made the archive
    if not name or "\0" in name or name[0] in "/\\" or _DRIVE.match(name) or ".." in parts:
        return "its name leads out of the archive"
    if any(_DEVICE.fullmatch(part) for part in parts):
        return "its name is that of a device"
    if stat.S_IFMT(kind) not in (0, stat.S_IFREG):
        return "it is a link" if stat.S_ISLNK(kind) else "it is not a regular file"
    if info.flag_bits & _ENCRYPTED:
        return "it is encrypted"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # zipfile unpacks others without a limit
        return "it is compressed in another way than by deflate"
    if name.lower().endswith(_ARCHIVES):
        return "it is an archive inside the archive, which is not opened"
    if info.file_size > _RATIO_FROM and info.file_size > _MOST_RATIO * max(1, info.compress_size):
        return f"it would grow from {info.compress_size:,} to {info.file_size:,} bytes"
    return _why_not_size(info.file_size)


def _why_not_size(size: int) -> str | None:
    return f"it has {size:,} bytes; at most {MOST_BYTES:,} are read" if size > MOST_BYTES else None
