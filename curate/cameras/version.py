"""Which rules gave a camera's type: types that are kept go out of date when the rules change."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from curate.cameras.table import TABLE
from curate.resources import data_file

_ASKED = ("lensfunpy", "device-detector")
"""Packages whose data bases are asked."""


@cache
def rules_version() -> str:
    """Return a name for all that answers rest on: our table, the rules of this package, the data bases that are asked.

    The rules' own text is their version, so that nobody has to remember to raise a number. A changed comment costs one
    more look at the distinct cameras.
    """
    digest = hashlib.sha256(data_file(TABLE).read_bytes())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    for package in _ASKED:
        with suppress(PackageNotFoundError):  # it is not asked then
            digest.update(f"{package} {version(package)}".encode())
    return digest.hexdigest()
