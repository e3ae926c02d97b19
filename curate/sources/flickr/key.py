"""The key of the Flickr API: from the environment, a file that only its owner can read, or the system's key store.

A key is a `SecretStr`, which shows itself as asterisks in tracebacks and logs. It is not stored anywhere by lenstrace, and no
process that the program starts gets it, but the windows of `curate serve`, which can harvest.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping, MutableMapping
from pathlib import Path

from pydantic import SecretStr

from curate.errors import CredentialsError
from tracer.base.reading import read_bytes
from tracer.base.text import command_line, quoted_path

VARIABLE = "FLICKR_API_KEY"
STORE_SERVICE, STORE_NAME = "lenstrace", "flickr"
_MOST_BYTES = 1000

_withheld: str | None = None
"""The key that was in the environment until `withhold` took it out."""


def withhold(environ: MutableMapping[str, str] = os.environ) -> None:
    """Take the key out of the environment, which child processes inherit; `find_key` finds it all the same."""
    global _withheld
    _withheld = environ.pop(VARIABLE, None)


def key_file(environ: Mapping[str, str]) -> Path:
    """Return the path of the file that may hold the key."""
    home = environ.get("XDG_CONFIG_HOME") or os.path.join(environ.get("HOME") or os.path.expanduser("~"), ".config")
    return Path(home) / "lenstrace" / "flickr-key"


def find_key(environ: Mapping[str, str], stored: Callable[[], str | None] | None = None) -> SecretStr:
    """Return the key.

    Args:
        environ: the environment.
        stored: asks the system's key store; None for the real one.

    Raises:
        CredentialsError: no key was found, what was found is not a key, or other users can read its file.
    """
    path = key_file(environ)
    places: dict[str, Callable[[], str | None]] = {
        VARIABLE: lambda: environ.get(VARIABLE) or _withheld,
        quoted_path(path): lambda: _from_file(path),
        "the system's key store": stored or _from_store,
    }
    for place, look in places.items():
        key = (look() or "").strip()
        if key and not (key.isascii() and key.isalnum()):
            raise CredentialsError(
                "the key of the Flickr API is not usable",
                f"{place} holds something else than letters and digits",
                "Copy the key again from https://www.flickr.com/services/apps/create/",
            )
        if key:
            return SecretStr(key)
    raise CredentialsError(
        "there is no key of the Flickr API",
        f"neither {VARIABLE} nor {quoted_path(path)} nor the system's key store holds one",
        f"Ask for one at https://www.flickr.com/services/apps/create/ and set {VARIABLE}, or write it to that file and run: "
        f"{command_line('chmod', '600', path)}",
    )


def _from_file(path: Path) -> str | None:
    try:
        facts = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise CredentialsError("the key's file cannot be read", f"{quoted_path(path)}: {error.strerror}") from None
    if stat.S_IMODE(facts.st_mode) & 0o077:
        raise CredentialsError(
            "others can read the key's file",
            f"{quoted_path(path)} has the mode {stat.S_IMODE(facts.st_mode):o}",
            f"Make it yours alone: {command_line('chmod', '600', path)}",
        )
    try:
        return read_bytes(path, _MOST_BYTES).decode("ascii", "replace")
    except OSError as error:
        raise CredentialsError("the key's file cannot be read", f"{quoted_path(path)}: {error.strerror}") from None


def _from_store() -> str | None:
    import keyring
    import keyring.errors

    try:
        return keyring.get_password(STORE_SERVICE, STORE_NAME)
    except keyring.errors.KeyringError:  # no key store on this system, or it is locked
        return None
