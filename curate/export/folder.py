"""Writes a set's folder atomically: beside its destination first, then moved there in one step.

The set is written to `<set>.partial`. When it is complete, it is renamed to its destination, or exchanged with the set that it
replaces, which is then at `<set>.partial` and is deleted. On a file system that cannot exchange two folders, the old set is
first moved to `.<set>.replaced`. If the process is killed at any moment, the old or the new set is still complete, and the
next run cleans up.

The destination is checked before the export and again at the swap; a file or folder that appeared in between is not touched.
Only files and folders that are known to be parts of a set are ever deleted.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from curate.errors import ExportError, StorageError, UsageError
from curate.export.place import is_set, remove_parts, why_no_set, why_not_replaced
from curate.sources.made import IMAGES, SPLITS
from tracer.base.files import can_exchange, exchange, move_to_free_name, sync
from tracer.base.text import command_line, quoted_path, shell_word

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_TAKEN = {errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR}


class SetFolder:
    """A set that is being written; made by `writing`.

    Attributes:
        out: its destination.
        partial: the folder that it is written to.
        aside: the folder of the old set during a swap without exchange, see above.
        hashes: path relative to the set, with `/` -> sha256 of each file written so far.
        in_place: whether the new set is at its destination.
    """

    def __init__(self, out: Path, replace: bool) -> None:
        self.out, self._replace = out, replace
        self._was_empty = False
        self._old: os.stat_result | None = None
        self.partial, self.aside = out.with_name(f"{out.name}.partial"), out.with_name(f".{out.name}.replaced")
        self.hashes: dict[str, str] = {}
        self.in_place = False

    def write(self, name: str, data: bytes) -> None:
        """Write one file and sync it to the disk."""
        path = self.partial / name
        path.parent.mkdir(exist_ok=True)
        with path.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        self.hashes[name] = hashlib.sha256(data).hexdigest()

    def remove(self, name: str) -> None:
        """Remove a file that was written."""
        (self.partial / name).unlink()
        del self.hashes[name]

    def check_place(self) -> None:
        """Check the destination before anything is written.

        Raises:
            UsageError: something is there, and --replace was not given.
            ExportError: what is there must not be replaced.
        """
        if not os.path.lexists(self.out):
            return
        self._was_empty = self.out.is_dir() and not self.out.is_symlink() and not any(self.out.iterdir())
        if self._was_empty:
            return
        why = why_not_replaced(self.out)
        if not self._replace:
            another = "Choose another place" if why else "Choose another place, or replace it with --replace"
            raise UsageError(f"{quoted_path(self.out)} already exists", why or "", f"{another}.")
        if why is not None:
            raise ExportError(
                f"{quoted_path(self.out)} cannot be replaced", why, "Choose another place, or move what is there away."
            )
        self._old = self.out.stat()

    def commit(self) -> None:
        """Move the finished set to its destination, and delete the set that it replaces.

        Raises:
            ExportError: something else has appeared at the destination.
            StorageError, OSError: the disk cannot be written.
        """
        for folder in (self.partial / IMAGES, self.partial / SPLITS, self.partial):
            if folder.exists():
                sync(folder)
        if self._old is not None and os.path.lexists(self.out):
            self._swap()
        else:
            self._put()

    def recover(self) -> None:
        """Finish or undo the swap of a killed run."""
        for folder in (self.partial, self.aside):
            stranger = why_no_set(folder) if os.path.lexists(folder) else None
            if stranger is not None:
                raise ExportError(f"{quoted_path(folder)} is in the way", stranger, "Move it away.")
        if not self.aside.exists():
            return
        if not os.path.lexists(self.out) and is_set(self.aside):
            # killed between two renames; the manifest is written last, so a new set that has one is complete
            move_to_free_name(self.partial if is_set(self.partial) else self.aside, self.out)
            sync(self.out.parent)
        if self.aside.exists():
            _remove(self.aside)

    def _put(self) -> None:
        """Move the set to a destination where nothing or an empty folder is."""
        try:
            if self._was_empty:
                self.partial.rename(self.out)  # this never replaces a file or a folder that is not empty
            else:
                move_to_free_name(self.partial, self.out)
        except OSError as error:
            if error.errno in _TAKEN and os.path.lexists(self.out):
                raise self._taken(_what_is_at(self.out)) from error
            raise
        self.in_place = True
        sync(self.out.parent)

    def _swap(self) -> None:
        """Exchange the new set with the old one, check that it is the old one, and delete it."""
        if (why := self._why_another(self.out)) is not None:
            raise self._taken(why)
        lock = os.open(self.out, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # so that no other export uses it as its `.partial`
            old = self._exchanged()
            if (why := self._why_another(old)) is not None:  # it appeared between the check and the exchange
                self._bring_back(old)
                raise self._taken(why)
            self.in_place = True
            sync(self.out.parent)
            _remove(old)
        finally:
            os.close(lock)

    def _why_another(self, folder: Path) -> str | None:
        """Return in words why a folder is not the set that was checked before; None if it is."""
        same = self._old is not None and os.path.samestat(folder.lstat(), self._old)
        return why_not_replaced(folder) if same else _what_is_at(folder)

    def _exchanged(self) -> Path:
        """Move the new set to its destination, and return the path of the old one."""
        try:
            exchange(self.partial, self.out)
            return self.partial
        except OSError as error:
            if can_exchange(error):
                raise
        move_to_free_name(self.out, self.aside)
        try:
            move_to_free_name(self.partial, self.out)
        except BaseException:
            self._bring_back(self.aside)
            raise
        return self.aside

    def _bring_back(self, old: Path) -> None:
        """Undo the exchange: move what is at `old` back to the destination."""
        try:
            if old == self.partial:
                exchange(self.partial, self.out)
            else:
                if not self.partial.exists():
                    self.out.rename(self.partial)
                move_to_free_name(old, self.out)
            sync(self.out.parent)
        except OSError as error:
            raise StorageError(
                f"the set {quoted_path(self.out)} could not be replaced, and the old one could not be moved back",
                f"it is complete at {quoted_path(old)} ({error.strerror})",
                "Move away what is at its place now, then move it back: " + command_line("mv", old, self.out),
            ) from error

    def _taken(self, why: str) -> ExportError:
        return ExportError(
            f"{quoted_path(self.out)} appeared or changed during the export",
            why,
            "It was not touched, and the new set was discarded. Move what is there away or choose another place, and "
            "export again.",
        )

    def storage_error(self, error: OSError) -> StorageError:
        """Return a message that says what a disk error means for the set in its present state."""
        why = "the disk is full" if error.errno in _FULL else (error.strerror or str(error))
        if not self.in_place:
            way_out = (
                "Free some space, or export to another disk"
                if error.errno in _FULL
                else "Choose a place that can be written"
            )
            return StorageError(
                f"the set {quoted_path(self.out)} cannot be written",
                why,
                f"{way_out}; an older set there is unchanged.",
            )
        left = next((folder for folder in (self.partial, self.aside) if os.path.lexists(folder)), None)
        if left is None:
            return StorageError(
                f"the new set is at {quoted_path(self.out)}, but the disk did not confirm it",
                why,
                f"Check the disk, then check the set: curate verify {shell_word(self.out)}",
            )
        return StorageError(
            f"the new set is at {quoted_path(self.out)}, but the one that it replaces could not be deleted",
            f"{quoted_path(left)}: {why}",
            f"Delete it; the next export to this place does so too: rm -r {shell_word(left)}",
        )


@contextmanager
def writing(out: Path, replace: bool) -> Iterator[SetFolder]:
    """Yield a set's folder to write to; call its `commit` at the end, or else everything written is removed.

    Args:
        out: the destination.
        replace: whether an older set there may be replaced.

    Raises:
        UsageError: something is there, and `replace` is false.
        ExportError: what is there must not be replaced, or another process is writing there.
        StorageError: the disk is full or cannot be written; the message says what is at the destination.
    """
    folder = SetFolder(out, replace)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        lock = _lock(folder)
        try:
            folder.check_place()
            yield folder
        finally:
            # after a commit the name is free or belongs to another process; only this process's folder may be removed
            with suppress(OSError):
                if os.path.samestat(folder.partial.lstat(), os.fstat(lock)):
                    _remove(folder.partial)
            os.close(lock)
    except OSError as error:
        raise folder.storage_error(error) from error


def _what_is_at(place: Path) -> str:
    if place.is_symlink():
        return "there is a link"
    if not place.is_dir():
        return "there is a file"
    if is_set(place):
        return "there is a set"
    names = sorted(os.listdir(place))
    return f"there is a folder with {quoted_path(names[0])}" if names else "there is an empty folder"


def _lock(folder: SetFolder) -> int:
    """Return a descriptor of an empty `.partial` folder that this process has locked; the system unlocks it at exit."""
    while True:
        with suppress(FileExistsError):
            folder.partial.mkdir()
        if folder.partial.is_symlink() or not folder.partial.is_dir():
            raise ExportError(f"{folder.partial} is in the way", "it is not a folder", "Move it away.")
        lock = os.open(folder.partial, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            folder.recover()
            # the recovery, or the process that held the lock before, may have moved the folder to its destination
            if folder.partial.exists() and os.path.samestat(folder.partial.stat(), os.fstat(lock)):
                remove_parts(folder.partial)
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


def _remove(folder: Path) -> None:
    remove_parts(folder)
    folder.rmdir()
