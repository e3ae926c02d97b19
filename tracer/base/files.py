"""Files: content hashes, and writing, exchanging and keeping them so that an interruption leaves the old or the new state."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import hashlib
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

_PARTIAL = re.compile(r"\..+\.([0-9]+)\.partial", re.DOTALL)
_LONGEST = 200
"""Bytes of a name that a temporary name repeats; file systems take 255 in all."""

_AT_FDCWD = -100
_NO_REPLACE, _EXCHANGE = 1, 2  # Linux: RENAME_NOREPLACE, RENAME_EXCHANGE
_MAC_SWAP, _MAC_EXCLUSIVE = 2, 4  # macOS: RENAME_SWAP, RENAME_EXCL
_CANNOT = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}
SEAL = 32
"""Bytes of a seal."""


def sha256_of(path: Path) -> str:
    """The sha256 of a file's bytes, as 64 hexadecimal digits. Raises OSError where it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def replace_with(path: Path, write: Callable[[Path], object], *, durable: bool = True) -> None:
    """Let `write` fill a temporary file beside `path`, bring it to the disk, then put it in place of `path`.

    A reader sees the old file or the whole new one. The temporary name holds the process id, so that two processes do not
    write into one file.

    Args:
        durable: wait for the disk. A cache that is checked when it is read can do without.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = partial_of(path)
    try:
        write(partial)
        if durable:
            sync(partial)
        partial.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):  # the first error is the one that counts
            partial.unlink()
        raise
    if durable:
        sync(path.parent)


def write_atomically(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Write a file so that it is there whole or not at all, whatever happens in between."""
    replace_with(path, lambda partial: partial.write_bytes(data), durable=durable)


def partial_of(path: Path) -> Path:
    """The temporary name beside a file that this process uses while it writes it."""
    name = os.fsdecode(os.fsencode(path.name)[:_LONGEST])
    return path.with_name(f".{name}.{os.getpid()}.partial")


def is_partial(name: str) -> bool:
    """Whether a name is a temporary one of `replace_with`."""
    return _PARTIAL.fullmatch(name) is not None


def remove_abandoned(folder: Path) -> None:
    """Remove, anywhere below a folder, the temporary files of processes that are no longer there (they were killed)."""
    for place, _, names in os.walk(folder):
        for name in names:
            found = _PARTIAL.fullmatch(name)
            if found and not _is_running(int(found[1])):
                Path(place, name).unlink(missing_ok=True)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True


def sync(path: Path) -> None:
    """Bring a file, or the names in a folder, to the disk. Windows cannot open folders, and keeps renames by itself."""
    if os.name != "posix" and path.is_dir():
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# --- exchanging folders


def can_exchange(error: OSError) -> bool:
    """Whether an error of `exchange` is one of the rename itself; False: system or file system do not know how to exchange."""
    return error.errno not in _CANNOT


def exchange(one: Path, other: Path) -> None:
    """Give each of two files or folders the other's name in one step: there is no moment at which a name is free.

    Raises:
        OSError: it was not done; `can_exchange` says whether it can be done there at all.
    """
    _rename(one, other, _EXCHANGE, _MAC_SWAP)


def move_to_free_name(source: Path, target: Path) -> None:
    """Rename a folder to a name that nothing has, not even an empty folder.

    Raises:
        FileExistsError: something has the name. OSError: the rename failed.
    """
    try:
        _rename(source, target, _NO_REPLACE, _MAC_EXCLUSIVE)
    except OSError as error:
        if can_exchange(error):
            raise
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from None
        source.rename(target)  # a folder never replaces a file, nor a folder that holds something


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


# --- files of a cache


def write_sealed(path: Path, data: bytes, *, durable: bool = False) -> None:
    """Write a file of a cache: a sha256 over the file's name and the data, then the data. `read_sealed` checks it.

    What is in the way is moved aside (`make_way`).

    Raises:
        OSError: the disk is full or refuses to be written.
    """
    make_way(path)
    write_atomically(path, seal(path.name, data) + data, durable=durable)


def read_sealed(path: Path) -> bytes | None:
    """Return the data of a file of a cache; None where it is absent, cannot be read, is damaged, or is another file's."""
    try:
        content = path.read_bytes() if path.is_file() else b""  # a pipe would make us wait for ever
    except OSError:
        return None
    data = content[SEAL:]
    return data if content[:SEAL] == seal(path.name, data) else None


def seal(name: str, data: bytes) -> bytes:
    """Return the `SEAL` bytes by which a file of a cache is known as whole and as the one of that name."""
    return hashlib.sha256(os.fsencode(name) + b"\0" + data).digest()


def make_way(path: Path) -> None:
    """Make it possible to put a file of a cache at a path: a folder of its name, or a file in the place of a folder above
    it, is moved aside. Nothing is deleted.

    Raises:
        OSError: it cannot be moved.
    """
    in_the_way = [path] if path.is_dir() and not path.is_symlink() else [up for up in path.parents if up.is_file()]
    for other in in_the_way:
        other.rename(Path(tempfile.mkdtemp(prefix=f"{other.name}.aside-", dir=other.parent)) / other.name)
