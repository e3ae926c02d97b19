"""The version of the rules for camera types; stored types are resolved again when it changes."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from curate.resources import CAMERA_TYPES, data_file

_ASKED = ("lensfunpy", "device-detector")
"""Packages whose databases are used."""


@cache
def rules_version() -> str:
    """Return a hash of everything that types depend on: the table, the modules of this package, the versions of the databases.

    The source text of the modules is hashed, so that no version number has to be raised by hand. A changed comment only causes
    the distinct cameras to be resolved once more.
    """
    digest = hashlib.sha256(data_file(CAMERA_TYPES).read_bytes())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    for package in _ASKED:
        with suppress(PackageNotFoundError):  # it is not installed, and not used
            digest.update(f"{package} {version(package)}".encode())
    return digest.hexdigest()
