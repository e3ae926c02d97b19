"""A lock file in a folder that one process at a time works in. It is free once that process has ended, however it ended."""

from __future__ import annotations

import errno
import fcntl
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from tracer.base.text import clean_text

LOCK: Final = ".lenstrace.lock"
_READ_ONLY: Final = (errno.EACCES, errno.EPERM, errno.EROFS)


class Held(Exception):
    """Another process holds the lock. The message names the process and its machine."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder, which is made if it is missing. Its file goes at the end, and with it a folder that is empty.

    A folder that cannot be written to is not locked, since nobody changes it; neither is one on a file system without locks.

    Raises:
        Held: another process, or another call in this one, holds it.
        OSError: the folder or the file cannot be made.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / LOCK
    handle = _taken(path)
    try:
        yield
    finally:
        if handle is not None:
            with suppress(OSError):
                path.unlink()
                folder.rmdir()
            os.close(handle)


def _taken(path: Path) -> int | None:
    """The descriptor of the lock file, locked; None where there can be no lock."""
    while True:
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, 0o644)
        except OSError as error:
            if error.errno in _READ_ONLY:
                return None
            raise
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with suppress(FileNotFoundError):
                if os.path.samestat(os.stat(path), os.fstat(handle)):  # else its last holder has just removed it
                    os.pwrite(handle, f"process {os.getpid()} on {platform.node()}".encode(), 0)
                    return handle
        except BlockingIOError:
            holder = clean_text(os.pread(handle, 200, 0).decode(errors="replace")) or "another process"
            os.close(handle)
            raise Held(holder) from None
        except OSError:  # the file system has no locks
            os.close(handle)
            return None
        os.close(handle)
