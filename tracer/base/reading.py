"""Reading files that others wrote: regular files alone, and no larger than what is asked for can be.

A path that a person or a data set names may be a FIFO, whose reader waits for ever, a device without end, or a file of many
gigabytes. All functions raise OSError as `open` does; its `strerror` says in words what is wrong.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from io import BufferedReader
from pathlib import Path
from typing import Any, Final

from tracer.base.parsing import parse_json

MOST_JSON: Final = 256 << 20
"""The largest JSON file that is read, in bytes: a set of a million photos lists them in half of it."""


def check_regular(path: Path | str, most: int | None = None) -> os.stat_result:
    """Return a file's status where it is a regular file of at most `most` bytes; a link counts as what it leads to.

    Raises:
        OSError: it is not, or it is not there.
    """
    return _checked(os.stat(path), path, most)


def open_regular(path: Path | str, most: int | None = None) -> BufferedReader:
    """Open a regular file of at most `most` bytes for reading; never waits.

    Raises:
        OSError: it is something else, larger, or cannot be opened.
    """
    check_regular(path, most)  # a device is not even opened
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        _checked(os.fstat(descriptor), path, most)  # another file may have come in its place
    except OSError:
        os.close(descriptor)
        raise
    return open(descriptor, "rb")


def read_bytes(path: Path | str, most: int) -> bytes:
    """Return the content of a regular file of at most `most` bytes.

    Raises:
        OSError: as `open_regular`.
    """
    with open_regular(path, most) as file:
        content = file.read(min(most, os.fstat(file.fileno()).st_size) + 1)  # a buffer of that size is made at once
    if len(content) > most:  # it grew
        raise _too_large(path, len(content), most)
    return content


def read_text(path: Path | str, most: int) -> str:
    """Return the text of a file in UTF-8, without a byte order mark.

    Raises:
        OSError: as `open_regular`. UnicodeDecodeError: it is not UTF-8.
    """
    return read_bytes(path, most).decode("utf-8-sig")


def read_json(path: Path | str, most: int = MOST_JSON, constant: Callable[[str], Any] | None = None) -> Any:
    """Return the value of a JSON file. `constant` stands for NaN and the infinities, which are floats without it.

    Raises:
        OSError: as `open_regular`. Unparsable: as `parse_json`.
    """
    return parse_json(read_bytes(path, most), constant)


def _checked(status: os.stat_result, path: Path | str, most: int | None) -> os.stat_result:
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder, not a file", str(path))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, f"it is {_kind(status.st_mode)}, not a regular file", str(path))
    if most is not None and status.st_size > most:
        raise _too_large(path, status.st_size, most)
    return status


def _kind(mode: int) -> str:
    kinds = {stat.S_IFIFO: "a named pipe", stat.S_IFSOCK: "a socket"}
    return kinds.get(stat.S_IFMT(mode), "a device")


def _too_large(path: Path | str, size: int, most: int) -> OSError:
    return OSError(errno.EFBIG, f"it has {size:,} bytes, and at most {most:,} are read", str(path))
