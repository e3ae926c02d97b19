"""A set's folder on its way: written beside its place, then put there in one step, whole or not at all.

`<set>.partial` is being written. When it is whole it takes the place, or is exchanged with the set that is replaced, which
then lies at `<set>.partial` and is deleted. Where a file system cannot exchange two folders, the old set first goes aside,
to `.<set>.replaced`. A kill at any moment leaves the old set or the new one whole, and the next run tidies up.

What lies at the place is looked at before, and once more at the moment of the swap: a file or folder that came in between
is not touched. Nothing is ever deleted that is not known as a part of a set of ours.
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
        out: its place. partial: where it is written. aside: where an older set lies for a moment, see above.
        hashes: name -> sha256 of each file written so far; names are relative, with `/`.
        in_place: the new set has taken the place.
    """

    def __init__(self, out: Path, replace: bool) -> None:
        self.out, self._replace = out, replace
        self._was_empty = False
        self._old: os.stat_result | None = None
        self.partial, self.aside = out.with_name(f"{out.name}.partial"), out.with_name(f".{out.name}.replaced")
        self.hashes: dict[str, str] = {}
        self.in_place = False

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

    def check_place(self) -> None:
        """Look at the place before anything is written.

        Raises:
            UsageError: something is there, and nobody asked to replace it. ExportError: it may not be replaced.
        """
        if not os.path.lexists(self.out):
            return
        self._was_empty = self.out.is_dir() and not self.out.is_symlink() and not any(self.out.iterdir())
        if self._was_empty:
            return
        why = why_not_replaced(self.out)
        if not self._replace:
            another = "Choose another place" if why else "Choose another place, or replace it with --replace"
            raise UsageError(f"{quoted_path(self.out)} is there already", why or "", f"{another}.")
        if why is not None:
            raise ExportError(
                f"{quoted_path(self.out)} is not replaced", why, "Choose another place, or move what is there away."
            )
        self._old = self.out.stat()

    def commit(self) -> None:
        """Put the finished set in its place, and delete the one that it replaces.

        Raises:
            ExportError: something else lies at the place by now. StorageError, OSError: the disk refuses.
        """
        for folder in (self.partial / IMAGES, self.partial / SPLITS, self.partial):
            if folder.exists():
                sync(folder)
        if self._old is not None and os.path.lexists(self.out):
            self._swap()
        else:
            self._put()

    def recover(self) -> None:
        """Finish or undo what a killed run left behind."""
        for folder in (self.partial, self.aside):
            stranger = why_no_set(folder) if os.path.lexists(folder) else None
            if stranger is not None:
                raise ExportError(f"{quoted_path(folder)} is in the way", stranger, "Move it away.")
        if not self.aside.exists():
            return
        if not os.path.lexists(self.out) and is_set(self.aside):
            # Between two renames. The manifest is written last: where it is, the new set is whole.
            move_to_free_name(self.partial if is_set(self.partial) else self.aside, self.out)
            sync(self.out.parent)
        if self.aside.exists():
            _remove(self.aside)

    def _put(self) -> None:
        """Take a place at which nothing is, or the empty folder that was there."""
        try:
            if self._was_empty:
                self.partial.rename(self.out)  # a folder never replaces a file, nor a folder that holds something
            else:
                move_to_free_name(self.partial, self.out)
        except OSError as error:
            if error.errno in _TAKEN and os.path.lexists(self.out):
                raise self._taken(_what_is_at(self.out)) from error
            raise
        self.in_place = True
        sync(self.out.parent)

    def _swap(self) -> None:
        """Exchange the new set with the old one, look at what came out, and delete it."""
        if (why := self._why_another(self.out)) is not None:
            raise self._taken(why)
        lock = os.open(self.out, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # as `.partial`, no other export takes it for its own
            old = self._exchanged()
            if (why := self._why_another(old)) is not None:  # it came between the look and the exchange
                self._bring_back(old)
                raise self._taken(why)
            self.in_place = True
            sync(self.out.parent)
            _remove(old)
        finally:
            os.close(lock)

    def _why_another(self, folder: Path) -> str | None:
        """Return why a folder is not the set that was looked at before, in words; None where it is."""
        same = self._old is not None and os.path.samestat(folder.lstat(), self._old)
        return why_not_replaced(folder) if same else _what_is_at(folder)

    def _exchanged(self) -> Path:
        """Put the new set in the place of the old one; returns where the old one lies then."""
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
        """Undo the exchange: what lies at `old` was at the place before."""
        try:
            if old == self.partial:
                exchange(self.partial, self.out)
                return
            if not self.partial.exists():
                self.out.rename(self.partial)
            move_to_free_name(old, self.out)
        except OSError as error:
            raise StorageError(
                f"the set {quoted_path(self.out)} could not be replaced, and what was there could not be put back",
                f"it lies at {quoted_path(old)}, whole ({error.strerror})",
                "Move away what is at the place now, then put it back: " + command_line("mv", old, self.out),
            ) from error

    def _taken(self, why: str) -> ExportError:
        return ExportError(
            f"{quoted_path(self.out)} was put there or changed during the export",
            why,
            "Nothing there was touched, and the new set was discarded. Move what is there away or choose another place, and "
            "export again.",
        )

    def storage_error(self, error: OSError) -> StorageError:
        """Return what an error of the disk means for the set, as it lies there now."""
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
                f"{way_out}; a set that was there before is unchanged.",
            )
        left = next((folder for folder in (self.partial, self.aside) if os.path.lexists(folder)), None)
        if left is None:
            return StorageError(
                f"the new set is at {quoted_path(self.out)}, but the disk did not confirm it",
                why,
                f"Look at the disk, then check the set: curate verify {shell_word(self.out)}",
            )
        return StorageError(
            f"the new set is at {quoted_path(self.out)}, but the one that it replaces could not be deleted",
            f"{quoted_path(left)}: {why}",
            f"Delete it; the next export to this place does so too: rm -r {shell_word(left)}",
        )


@contextmanager
def writing(out: Path, replace: bool) -> Iterator[SetFolder]:
    """Yield a set's folder to write to; call its `commit` at the end. Without it nothing remains.

    Raises:
        UsageError: something is there, and nobody asked to replace it.
        ExportError: something is at the place that may not be replaced, or another process is writing there.
        StorageError: the disk is full or refuses to be written; the message says what lies at the place.
    """
    folder = SetFolder(out, replace)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        lock = _lock(folder)
        try:
            folder.check_place()
            yield folder
        finally:
            # After a commit the name is free (or another process's), and only our own folder may go.
            with suppress(OSError):
                if os.path.samestat(folder.partial.lstat(), os.fstat(lock)):
                    _remove(folder.partial)
            os.close(lock)
    except OSError as error:
        raise folder.storage_error(error) from error


def _what_is_at(place: Path) -> str:
    if place.is_symlink():
        return "a link lies there"
    if not place.is_dir():
        return "a file lies there"
    if is_set(place):
        return "a set lies there"
    names = sorted(os.listdir(place))
    return f"a folder with {quoted_path(names[0])} lies there" if names else "an empty folder lies there"


def _lock(folder: SetFolder) -> int:
    """Return a descriptor of an empty `.partial` folder that only this process holds; the system frees it at exit."""
    while True:
        with suppress(FileExistsError):
            folder.partial.mkdir()
        if folder.partial.is_symlink() or not folder.partial.is_dir():
            raise ExportError(f"{folder.partial} is in the way", "it is not a folder", "Move it away.")
        lock = os.open(folder.partial, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            folder.recover()
            # The folder may have gone to its place meanwhile, by recovery or by the process that held it before.
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
