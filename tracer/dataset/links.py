"""Links in a data set: those that stay in it are followed, those that lead out of it are not.

A set may come from anybody. A link to a picture elsewhere on this disk would put that picture into the report, and one to a file
that is not a picture would have it read. A set that was made of links to one's own pictures is copied first, with what they lead
to: `cp -RL SET COPY`.
"""

from __future__ import annotations

import os
from pathlib import Path

from tracer.base.text import command_line, quoted_path
from tracer.errors import DataSetError

LINK_OUT = "a link out of the set is not followed"


class Links:
    """Tells which files of a set are links out of it, or lie behind one. `root` is absolute, without links."""

    def __init__(self, root: Path) -> None:
        self._root = os.path.join(root, "")
        self._inside: dict[str, bool] = {}

    def lead_out(self, path: Path | str) -> bool:
        """Whether what a path leads to lies outside the set. A folder is looked at once."""
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
        DataSetError: it is.
    """
    if Links(root).lead_out(path):
        raise DataSetError(f"{quoted_path(path)} cannot be read", LINK_OUT, copy_with_targets(root))


def copy_with_targets(root: Path) -> str:
    """The way out: a copy of the set that holds what its links lead to."""
    command = command_line("cp", "-RL", root, f"{root}-copy")
    return f"Where you trust its links, copy the set with what they lead to, and name the copy: {command}"
