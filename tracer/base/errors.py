"""The base class of all errors that a user can act on, and the exit codes of both programs."""

from __future__ import annotations

import errno
from enum import IntEnum


class Exit(IntEnum):
    """The exit codes of both programs. They are fixed, since scripts rely on them."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    SOME_FAILED = 3
    LEAK = 4
    CREDENTIALS = 5
    INTERRUPTED = 130


DISK_ERRORS = frozenset(
    {
        *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM),
        *(errno.ENAMETOOLONG, errno.EIO, errno.ENXIO, errno.ENODEV, errno.ESTALE, errno.ENOTCONN, errno.ETIMEDOUT),
    }
)
"""Error numbers of a disk or file system that cannot be read or written; a user can act on them."""


class LenstraceError(Exception):
    """A failure that a user can act on.

    Args:
        what: what could not be done, as a sentence without a full stop.
        why: the cause, where it is known.
        way_out: what to do about it.
    """

    exit_code = Exit.FAILED

    def __init__(self, what: str, why: str = "", way_out: str = "") -> None:
        self.what, self.why, self.way_out = what, why, way_out
        super().__init__(": ".join(part for part in (what, why) if part))

    def lines(self) -> list[str]:
        """The message as lines for a terminal: what and why, then what to do."""
        return [str(self)] + ([self.way_out] if self.way_out else [])


class StorageError(LenstraceError):
    """The disk is full or cannot be written."""
