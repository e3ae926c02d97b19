"""Finds photos in local folders; the folders are never written to."""

from __future__ import annotations

import errno
import os
import stat
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from curate.containers.sniff import is_picture, promised
from curate.errors import SourceError
from curate.sources.made import made_above, made_folder
from tracer.base.text import printable_path

AHEAD = 50
"""Largest number of batches found ahead of reading; with fewer in all, the number of photos is known from the start."""


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A picture file, as the folder lists it.

    Attributes:
        path: its absolute path.
        root: the absolute path of the given file or folder that it was found in.
        size: its size in bytes.
        mtime_ns: the time of its last change, nanoseconds since 1970.
    """

    path: bytes
    root: bytes
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class SkippedFile:
    """A file or folder that is not a picture, or that could not be read.

    Attributes:
        path: its absolute path.
        reason: why it was skipped, in words.
        hidden: whether files at or below the path may exist but were not looked at.
    """

    path: bytes
    reason: str
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Statements:
    """What a source states about one photo, as label -> value (`labelling.SAID_KEYS`); None withdraws an earlier value.

    Attributes:
        said: statements that count more than the file.
        folder: statements from the names of folders; those in `said` count more.
        nameless: the same, made only where the file itself does not name the model of its camera.
    """

    said: Mapping[str, str | None] = field(default_factory=dict)
    folder: Mapping[str, str | None] = field(default_factory=dict)
    nameless: Mapping[str, str | None] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.said or self.folder or self.nameless)


@dataclass(frozen=True, slots=True)
class LocalSource:
    """Where local photos come from, and what is stated about them.

    Attributes:
        roots: files and folders, absolute; known photos below them that are not found are missing.
        found: the photos and the skipped files.
        describe: returns what is stated about a photo; or why it is skipped, in words.
    """

    roots: list[bytes]
    found: Iterator[FoundFile | SkippedFile]
    describe: Callable[[FoundFile], Statements | str]


NOT_A_PICTURE, NOT_REGULAR, LINKED = "not a picture", "not a regular file", "a link to a folder is not followed"

FORGOTTEN = "it was forgotten; to ingest it again, name its own path: curate ingest PATH"


def walk(roots: list[bytes], forgotten: Collection[bytes] = ()) -> Iterator[FoundFile | SkippedFile]:
    """Yield every picture in the given files and folders, sorted by name.

    A path that is given twice, or lies in another given path, is visited once. Links to folders are not followed, because they
    can loop; a link to a file counts as the file. Hidden files and folders are included. Data sets, workspaces and runs
    (`sources.made`) are skipped, and so are forgotten paths unless they are given themselves.

    Args:
        roots: the given files and folders, absolute paths.
        forgotten: paths to skip.

    Raises:
        SourceError: a given path does not exist, or lies in a data set, in a run, or in a folder that a workspace fills itself.
    """
    there: dict[bytes, os.stat_result] = {}
    for root in roots:
        try:
            there[root] = os.stat(root)
        except OSError as error:
            raise SourceError(
                "that path cannot be ingested",
                f"{os.fsdecode(root)!r}: {error.strerror}",
                "Check the spelling, the permissions, and that its disk is mounted. To mark the photos of a deleted folder "
                "as missing, ingest the folder above it.",
            ) from error
        made = made_above(os.path.realpath(root))
        if made is not None:
            raise SourceError(
                "that folder has no photos to ingest",
                printable_path(made),
                "Name the folder of the photos themselves; folders of copies and previews are not ingested.",
            )
    passed_by = set(forgotten) - there.keys()
    for root, info in there.items():
        if any(_reaches(other, root, passed_by) for other in there if other != root):
            continue
        if stat.S_ISDIR(info.st_mode):
            yield from _walk_folder(root, root, passed_by)
        else:
            yield _judge(root, os.path.dirname(root), info)


def read_ahead(
    found: Iterator[FoundFile | SkippedFile], size: int
) -> Iterator[tuple[list[FoundFile | SkippedFile], int | None]]:
    """Yield what a walk finds in batches, each with the total number of photos, which is None until the walk has ended.

    Args:
        found: the result of `walk`.
        size: the number of entries in a batch.
    """
    waiting: deque[list[FoundFile | SkippedFile]] = deque()
    photos, ended = 0, False
    while True:
        while not ended and len(waiting) < AHEAD:
            batch = list(islice(found, size))
            ended = not batch
            if batch:
                waiting.append(batch)
                photos += sum(isinstance(entry, FoundFile) for entry in batch)
        if not waiting:
            return
        yield waiting.popleft(), photos if ended else None


def _reaches(folder: bytes, path: bytes, passed_by: Collection[bytes]) -> bool:
    """Whether a walk of the folder visits the path anyway, so that it must not be visited separately."""
    below = folder.rstrip(b"/") + b"/"
    if not path.startswith(below) or (os.path.islink(path) and os.path.isdir(path)):
        return False
    if any(place.startswith(below) and path.startswith(place.rstrip(b"/") + b"/") for place in passed_by):
        return False
    parent = os.path.dirname(path)
    inner = os.path.dirname(path[len(below) :])
    return os.path.realpath(parent) == os.path.join(os.path.realpath(folder), inner).rstrip(b"/")


def _walk_folder(folder: bytes, root: bytes, passed_by: Collection[bytes]) -> Iterator[FoundFile | SkippedFile]:
    pending = [folder]
    while pending:
        here = pending.pop()
        try:
            with os.scandir(here) as scan:
                entries = sorted(scan, key=lambda entry: entry.name)
        except OSError as error:
            yield SkippedFile(here, f"the folder cannot be read: {error.strerror}", not _gone(error))
            continue
        made = made_folder(here)
        if made is not None:
            yield SkippedFile(here, made, hidden=True)
            continue
        below: list[bytes] = []
        for entry in entries:
            if entry.path in passed_by:
                yield SkippedFile(entry.path, FORGOTTEN, hidden=True)
                continue
            try:
                if entry.is_dir(follow_symlinks=False):
                    below.append(entry.path)
                elif entry.is_dir():
                    yield SkippedFile(entry.path, LINKED)
                else:
                    yield _judge(entry.path, root, entry.stat())
            except OSError as error:
                yield SkippedFile(
                    entry.path,
                    "a link that leads nowhere" if entry.is_symlink() else f"cannot be reached: {error.strerror}",
                    not _gone(error),
                )
        pending.extend(reversed(below))


def _gone(error: OSError) -> bool:
    """Whether an error means that the path does not exist, rather than that it cannot be read."""
    return error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)


def _judge(path: bytes, root: bytes, info: os.stat_result) -> FoundFile | SkippedFile:
    if not stat.S_ISREG(info.st_mode):
        return SkippedFile(path, NOT_REGULAR)
    if promised(os.fsdecode(os.path.basename(path))) is None and not is_picture(Path(os.fsdecode(path))):
        return SkippedFile(path, NOT_A_PICTURE)
    return FoundFile(path, root, info.st_size, info.st_mtime_ns)
