"""Reading files that others wrote: only regular files, and only up to a size limit.

A path that a user or a data set names may be a named pipe, whose reader blocks for ever, an endless device, or a file of many
gigabytes. All functions raise OSError as `open` does; its `strerror` says what is wrong.
"""

from __future__ import annotations

import csv
import errno
import os
import stat
from collections.abc import Callable, Iterator
from io import BufferedReader
from pathlib import Path
from typing import Any, Final, TextIO

from tracer.base.parsing import Unparsable, parse_json

MOST_JSON: Final = 256 << 20
"""The largest JSON file that is read, in bytes. The manifest of a million photos takes half of it."""

MOST_ROW: Final = 1 << 20
"""The most characters of a row of a CSV file, whose cells take many times as much memory."""

MOST_LINE: Final = 16 << 20
"""The most characters of a line of JSON."""


def check_regular(path: Path | str, most: int | None = None) -> os.stat_result:
    """Return the status of a regular file of at most `most` bytes. Symbolic links are followed.

    Raises:
        OSError: it is missing, larger, or not a regular file.
    """
    return _checked(os.stat(path), path, most)


def open_regular(path: Path | str, most: int | None = None) -> BufferedReader:
    """Open a regular file of at most `most` bytes for reading. Never blocks.

    Raises:
        OSError: it is not a regular file, is larger, or cannot be opened.
    """
    check_regular(path, most)  # before opening: to open a device may have effects
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        _checked(os.fstat(descriptor), path, most)  # again: the path may lead to another file by now
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
        content = file.read(min(most, os.fstat(file.fileno()).st_size) + 1)  # `read` allocates that much at once
    if len(content) > most:  # the file has grown
        raise _too_large(path, len(content), most)
    return content


def read_text(path: Path | str, most: int) -> str:
    """Return the text of a file in UTF-8, without its byte order mark.

    Raises:
        OSError: as `open_regular`.
        UnicodeDecodeError: the file is not UTF-8.
    """
    return read_bytes(path, most).decode("utf-8-sig")


def read_json(path: Path | str, most: int = MOST_JSON, constant: Callable[[str], Any] | None = None) -> Any:
    """Return the value of a JSON file. `constant` is that of `parse_json`.

    Raises:
        OSError: as `open_regular`.
        Unparsable: as `parse_json`.
    """
    return parse_json(read_bytes(path, most), constant)


def rows_of_csv(file: TextIO, **form: Any) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a CSV file, each with the number of its first line, from 1.

    Args:
        file: opened with `newline=""`.
        form: the arguments of `csv.reader`.

    Raises:
        csv.Error: a row is not CSV, or has more than `MOST_ROW` characters.
    """
    room = MOST_ROW

    def lines() -> Iterator[str]:
        nonlocal room
        while line := file.readline(room + 1):
            room -= len(line)
            if room < 0:
                raise csv.Error(f"it has more than {MOST_ROW:,} characters")
            yield line

    reader, first = csv.reader(lines(), **form), 1
    try:
        for cells in reader:
            yield first, cells
            first, room = reader.line_num + 1, MOST_ROW
    except csv.Error as error:
        raise csv.Error(f"in the row that begins on line {first}: {error}") from error


def records_of_csv(file: TextIO, **form: Any) -> tuple[list[str], Iterator[dict[str, str]]]:
    """Return the names in the header of a CSV file, and its rows by name, without blank rows and cells that have no name.

    Args and errors as `rows_of_csv`.
    """
    rows = rows_of_csv(file, **form)
    names = next((cells for _, cells in rows), [])
    return names, (dict(zip(names, cells, strict=False)) for _, cells in rows if cells)


def json_lines(file: TextIO) -> Iterator[bytes]:
    """Yield the lines of a file of JSON lines that are not blank, to be parsed.

    Raises:
        Unparsable: a line has more than `MOST_LINE` characters.
    """
    while line := file.readline(MOST_LINE + 1):
        if len(line) > MOST_LINE:
            raise Unparsable(f"a line has more than {MOST_LINE:,} characters")
        if line.strip():
            yield line.encode(errors="replace")


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
