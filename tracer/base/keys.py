"""This user's key, by which what the program measured here is told from what others wrote.

It lies in the user's state folder (`$XDG_STATE_HOME/lenstrace/key`), readable by nobody else. Whoever lacks it cannot make a mark
that is taken for this user's own.
"""

from __future__ import annotations

import functools
import hmac
import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from tracer.base.reading import open_regular

_LENGTH: Final = 32
_OTHERS: Final = 0o077


def mark(data: bytes) -> str:
    """Return this user's mark of some data, as 64 hexadecimal digits."""
    return hmac.digest(_key(_place()), data, "sha256").hex()


def is_own(data: bytes, given: object) -> bool:
    """Whether a mark of some data is this user's."""
    return isinstance(given, str) and hmac.compare_digest(mark(data).encode(), given.encode(errors="replace"))


def _place() -> Path:
    state = os.environ.get("XDG_STATE_HOME", "")
    return Path(state if os.path.isabs(state) else os.path.expanduser("~/.local/state"), "lenstrace", "key")


@functools.cache
def _key(path: Path) -> bytes:
    """The key, which is made where there is none. Where it cannot be kept, it is one of this process alone."""
    made = secrets.token_bytes(_LENGTH)
    try:
        if (found := _read(path)) is not None:
            return found
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent)  # nobody else may read it
        try:
            with open(handle, "wb") as file:
                file.write(made)
                file.flush()
                os.fsync(handle)
            with suppress(FileExistsError):  # another process has made it meanwhile
                os.link(temporary, path)
        finally:
            os.unlink(temporary)
        return _read(path) or made
    except OSError:
        return made


def _read(path: Path) -> bytes | None:
    """The key in a file; None where there is none. One that is damaged, or that others could read or write, is removed."""
    try:
        with open_regular(path) as file:
            status, content = os.fstat(file.fileno()), file.read(_LENGTH + 1)
    except FileNotFoundError:
        return None
    if len(content) == _LENGTH and status.st_uid == os.geteuid() and not status.st_mode & _OTHERS:
        return content
    path.unlink()
    return None
