"""Symbolic links in a data set: those that stay in the set are followed, those that lead out of it are not.

A set may come from an untrusted source. A link to a picture elsewhere on the disk would put that picture into the report, and a
link to another file would have it read. A user whose own set consists of links copies it first, with their targets:
`cp -RL SET COPY`.
"""

from __future__ import annotations

import os
from pathlib import Path

from tracer.base.text import command_line, quoted_path
from tracer.errors import DataSetError

LINK_OUT = "a link out of the set is not followed"


class Links:
    """Tells which files of a set are links out of it, or lie behind such a link. `root` is absolute and without links."""

    def __init__(self, root: Path) -> None:
        self._root = os.path.join(root, "")
        self._inside: dict[str, bool] = {}

    def lead_out(self, path: Path | str) -> bool:
        """Whether a path leads to a place outside the set. Each folder is resolved once."""
        folder = os.path.dirname(path)
        if folder not in self._inside:
            self._inside[folder] = self._holds(os.path.realpath(folder))
        if not self._inside[folder]:
            return True
        return os.path.islink(path) and not self._holds(os.path.realpath(path))

    def _holds(self, real: str) -> bool:
        return os.path.join(real, "").startswith(self._root)


def refuse_link_out(root: Path, path: Path) -> None:
    """Refuse a metadata or split file that is a link out of its set.

    Raises:
        DataSetError: the file is such a link.
    """
    if Links(root).lead_out(path):
        raise DataSetError(f"{quoted_path(path)} cannot be read", LINK_OUT, copy_with_targets(root))


def copy_with_targets(root: Path) -> str:
    """Return the advice to make a copy of the set that holds the targets of its links."""
    command = command_line("cp", "-RL", root, f"{root}-copy")
    return f"If you trust its links, copy the set with their targets, and name the copy: {command}"
