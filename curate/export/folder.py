"""A set's folder on its way: written beside its place, then put there by renaming, whole or not at all.

`<set>.partial` is being written, `<set>.old` is being replaced. A kill at any moment leaves either the old set or the
new one whole, and the next run tidies up: it finishes an interrupted swap and clears an unfinished `.partial`. Nothing
is ever deleted that does not look like a set of ours.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from curate.errors import ExportError, StorageError, UsageError
from curate.sources.made import FILES, IMAGES, MANIFEST, SPLITS
from curate.sources.manifest import read_manifest
from tracer.base.text import quoted_path

IMAGE_NAME = re.compile(r"(0|[1-9][0-9]{0,18})\.(jpg|png|webp|heic|avif)")
SPLIT_NAME = re.compile(r"split_data_target_attribute=([A-Za-z_ ]+)\.json")

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class SetFolder:
    """A set that is being written; made by `writing`.

    Attributes:
        hashes: name -> sha256 of each file written so far; names are relative, with `/`.
    """

    def __init__(self, out: Path) -> None:
        self.out = out
        self.partial, self.old = out.with_name(f"{out.name}.partial"), out.with_name(f"{out.name}.old")
        self.hashes: dict[str, str] = {}

    def write(self, name: str, data: bytes) -> None:
        """Write one file, through to the disk."""
        path = self.partial / name
        path.parent.mkdir(exist_ok=True)
        with path.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        self.hashes[name] = hashlib.sha256(data).hexdigest()

    def remove(self, name: str) -> None:
        """Take back a file."""
        (self.partial / name).unlink()
        del self.hashes[name]

    def commit(self) -> None:
        """Put the finished set in its place; an older one goes aside first and is deleted last."""
        for folder in (self.partial / IMAGES, self.partial / SPLITS, self.partial):
            if folder.exists():
                _sync(folder)
        if self.out.exists():
            self.out.rename(self.old)
        self.partial.rename(self.out)
        _sync(self.out.parent)
        if self.old.exists():
            shutil.rmtree(self.old)

    def recover(self) -> None:
        """Finish or undo what a killed run left behind."""
        for folder in (self.partial, self.old):
            stranger = why_no_set(folder) if folder.exists() else None
            if stranger is not None:
                raise ExportError(f"{quoted_path(folder)} is in the way", stranger, "Move it away.")
        if self.old.exists() and not self.out.exists():
            # Between the two renames: the manifest is written last, so where it is, the new set is whole.
            (self.partial if (self.partial / MANIFEST).exists() else self.old).rename(self.out)
            _sync(self.out.parent)
        if self.old.exists():
            shutil.rmtree(self.old)


@contextmanager
def writing(out: Path, replace: bool) -> Iterator[SetFolder]:
    """Yield a set's folder to write to; call its `commit` at the end. Without it nothing remains.

    Raises:
        UsageError: something is there, and nobody asked to replace it.
        ExportError: something is at the place that may not be replaced, or another process is writing there.
        StorageError: the disk is full or refuses to be written; nothing of an existing set was changed.
    """
    folder = SetFolder(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        lock = _lock(folder)
        try:
            _check_place(out, replace)
            yield folder
        finally:
            # After a commit the name is free (or another process's), and only our own folder may go.
            with suppress(OSError):
                if os.path.samestat(folder.partial.stat(), os.fstat(lock)):
                    shutil.rmtree(folder.partial)
            os.close(lock)
    except OSError as error:
        raise _storage_error(out, error) from error


def why_no_set(folder: Path) -> str | None:
    """Return why a folder cannot be (a part of) a set, or None where it holds nothing that a set does not hold."""
    if folder.is_symlink() or not folder.is_dir():
        return "it is no folder"
    for entry in _entries(folder):
        if entry.name in FILES and entry.is_file(follow_symlinks=False):
            continue
        pattern = {IMAGES: IMAGE_NAME, SPLITS: SPLIT_NAME}.get(entry.name)
        if pattern is None or not entry.is_dir(follow_symlinks=False):
            return f"it holds {entry.name}, which no set holds"
        for inner in _entries(entry.path):
            if not pattern.fullmatch(inner.name) or not inner.is_file(follow_symlinks=False):
                return f"it holds {entry.name}/{inner.name}, which no set holds"
    return None


def _entries(folder: Path | str) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)


def _check_place(out: Path, replace: bool) -> None:
    if not out.exists() and not out.is_symlink():
        return
    if out.is_dir() and not out.is_symlink() and not any(out.iterdir()):
        out.rmdir()
        return
    if not replace:
        raise UsageError(
            f"{quoted_path(out)} is there already", way_out="Choose another place, or replace it with --replace."
        )
    stranger = why_no_set(out)
    if stranger is None and not is_set(out):
        stranger = "it holds no manifest of a set"
    if stranger is not None:
        raise ExportError(
            f"{quoted_path(out)} is not replaced", stranger, "Choose another place, or move what is there away."
        )


def is_set(folder: Path) -> bool:
    """Whether a folder holds a set of ours: its manifest says so."""
    return read_manifest(folder) is not None


def _lock(folder: SetFolder) -> int:
    """Return a descriptor of an empty `.partial` folder that only this process holds; the system frees it at exit."""
    while True:
        folder.partial.mkdir(exist_ok=True)
        lock = os.open(folder.partial, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            folder.recover()
            # The folder may have gone to its place meanwhile, by recovery or by the process that held it before.
            if folder.partial.exists() and os.path.samestat(folder.partial.stat(), os.fstat(lock)):
                _clear(folder.partial)
                return lock
        except BlockingIOError:
            os.close(lock)
            raise ExportError(
                f"{quoted_path(folder.out)} is being written by another process",
                way_out="Wait until that export is done.",
            ) from None
        except BaseException:
            os.close(lock)
            raise
        os.close(lock)


def _clear(folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _storage_error(out: Path, error: OSError) -> StorageError:
    full = error.errno in _FULL
    return StorageError(
        f"the set {quoted_path(out)} cannot be written",
        "the disk is full" if full else (error.strerror or str(error)),
        "Free some space, or export to another disk; a set that was there before is unchanged."
        if full
        else "Choose a place that can be written; a set that was there before is unchanged.",
    )
