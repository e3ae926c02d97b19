"""Content hashes, and atomic writes: after an interruption a file or folder is in its old or in its new state."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import hashlib
import os
import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tracer.base import machine

OWNER = re.compile("([0-9a-f]{8})-([0-9a-f]{8})-([0-9]{1,18})")
_PARTIAL = re.compile(rf"\..+\.({OWNER.pattern})\.partial(-wal|-shm|-journal)?", re.DOTALL)
_WEEK = 7 * 86_400.0
"""Seconds after which a temporary file of another host that was not written to since counts as abandoned."""
_LONGEST = 200
"""How many bytes of a name its temporary name repeats; file systems allow 255 in all."""

_AT_FDCWD = -100
_NO_REPLACE, _EXCHANGE = 1, 2  # Linux: RENAME_NOREPLACE, RENAME_EXCHANGE
_MAC_SWAP, _MAC_EXCLUSIVE = 2, 4  # macOS: RENAME_SWAP, RENAME_EXCL
_CANNOT = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}
SEAL = 32
"""Length of a seal in bytes."""


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file's content as 64 hexadecimal digits.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def replace_with(path: Path, write: Callable[[Path], object], *, durable: bool = True) -> None:
    """Let `write` fill a temporary file beside `path`, sync it to the disk, and rename it to `path`.

    A reader sees the old file or the whole new one. The temporary name names the process, so that two processes do not
    write into one file.

    Args:
        path: the file to replace; its folder is created.
        write: writes the content to the path that it is given.
        durable: whether to sync. A cache that is checked when it is read does not need it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = partial_of(path)
    try:
        write(partial)
        if durable:
            sync(partial)
        move(partial, path) if durable else partial.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):  # the first error is the one that counts
            partial.unlink()
        raise


def write_atomically(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Write a file so that after any interruption it is whole or unchanged."""
    replace_with(path, lambda partial: partial.write_bytes(data), durable=durable)


def partial_of(path: Path) -> Path:
    """The temporary path that this process writes to before it renames it to `path`."""
    name = os.fsdecode(os.fsencode(path.name)[:_LONGEST])
    return path.with_name(f".{name}.{owner()}.partial")


def owner() -> str:
    """Return a name of this process among all that may share a disk: its host, the host's start, and its number."""
    return f"{machine.host()}-{machine.boot()}-{os.getpid()}"


def is_partial(name: str) -> bool:
    """Whether a file name is a temporary name of `replace_with`."""
    return _PARTIAL.fullmatch(name) is not None


def remove_abandoned(folder: Path, name: str = "") -> None:
    """Remove the temporary files of processes that no longer exist (they were killed).

    Args:
        folder: files anywhere below it are removed.
        name: if given, only temporary files of this name are removed, and only directly in the folder.
    """
    places = (
        [(os.fspath(folder), os.listdir(folder))] if name else ((place, names) for place, _, names in os.walk(folder))
    )
    for place, names in places:
        for one in names:
            found = _PARTIAL.fullmatch(one)
            if found and one.startswith(f".{name}") and is_abandoned(Path(place, one), found[1]):
                Path(place, one).unlink(missing_ok=True)


def is_abandoned(path: Path, name: str) -> bool:
    """Whether the process has ended that made a temporary file or folder. Of another host it is told by the file's age.

    Args:
        path: the file or folder.
        name: the process, as `owner` named it.
    """
    if not is_running(name):
        return True
    with contextlib.suppress(FileNotFoundError):
        return not name.startswith(machine.host()) and time.time() - path.lstat().st_mtime > _WEEK
    return False


def is_running(name: str) -> bool:
    """Whether a process that `owner` named may still run. Those of other hosts may."""
    found = OWNER.fullmatch(name)
    if found is None or found[1] != machine.host():
        return True
    try:
        os.kill(int(found[3]), 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return found[2] == machine.boot()


def move(source: Path, target: Path) -> None:
    """Rename a file to a name in the same folder, in place of what is there, and sync the folder."""
    source.replace(target)
    sync(target.parent)


def sync(path: Path) -> None:
    """Sync a file, or the entries of a folder, to the disk. Windows cannot open folders and makes renames durable itself."""
    if os.name != "posix" and path.is_dir():
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# --- exchanging folders


def can_exchange(error: OSError) -> bool:
    """Whether the system and the file system support `exchange`, judged by the error that it raised."""
    return error.errno not in _CANNOT


def exchange(one: Path, other: Path) -> None:
    """Swap the names of two files or folders in one atomic step, so that neither name is ever free.

    Raises:
        OSError: they were not swapped; `can_exchange` says whether swapping is supported there.
    """
    _rename(one, other, _EXCHANGE, _MAC_SWAP)


def move_to_free_name(source: Path, target: Path) -> None:
    """Rename a folder to a name that is not taken, not even by an empty folder.

    Raises:
        FileExistsError: the name is taken.
        OSError: the rename failed.
    """
    try:
        _rename(source, target, _NO_REPLACE, _MAC_EXCLUSIVE)
    except OSError as error:
        if can_exchange(error):
            raise
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from None
        source.rename(target)  # a renamed folder replaces neither a file nor a folder that is not empty


def _rename(source: Path, target: Path, linux: int, mac: int) -> None:
    names = os.fsencode(source), os.fsencode(target)
    system = ctypes.CDLL(None, use_errno=True) if os.name == "posix" else None
    if system is not None and hasattr(system, "renameat2"):
        failed = system.renameat2(_AT_FDCWD, names[0], _AT_FDCWD, names[1], linux)
    elif system is not None and hasattr(system, "renamex_np"):
        failed = system.renamex_np(*names, mac)
    else:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS), str(source), None, str(target))
    if failed:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), str(source), None, str(target))


# --- cache files


def write_sealed(path: Path, data: bytes, *, durable: bool = False) -> None:
    """Write a cache file: a sha256 over the file's name and the data, then the data. `read_sealed` checks it.

    A folder or file in the way is moved aside (`make_way`).

    Raises:
        OSError: the disk is full or cannot be written.
    """
    make_way(path)
    write_atomically(path, seal(path.name, data) + data, durable=durable)


def read_sealed(path: Path) -> bytes | None:
    """Return the data of a cache file; None where it is absent, unreadable, damaged, or was written under another name."""
    try:
        content = path.read_bytes() if path.is_file() else b""  # reading a named pipe would block for ever
    except OSError:
        return None
    data = content[SEAL:]
    return data if content[:SEAL] == seal(path.name, data) else None


def seal(name: str, data: bytes) -> bytes:
    """Return the checksum (`SEAL` bytes) of a cache file: the sha256 of its name and its data."""
    return hashlib.sha256(os.fsencode(name) + b"\0" + data).digest()


def make_way(path: Path) -> None:
    """Move aside what keeps a cache file from being written: a folder at its path, or a file where its parent folder belongs.

    Nothing is deleted.

    Raises:
        OSError: it cannot be moved.
    """
    in_the_way = [path] if path.is_dir() and not path.is_symlink() else [up for up in path.parents if up.is_file()]
    for other in in_the_way:
        other.rename(Path(tempfile.mkdtemp(prefix=f"{other.name}.aside-", dir=other.parent)) / other.name)
        sync(other.parent)
