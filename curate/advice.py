"""Commands that messages name, written so that a shell takes them as they stand."""

from __future__ import annotations

import os
from pathlib import Path

from tracer.base.text import command_line


def command(*words: str | os.PathLike[str], workspace: Path | None = None) -> str:
    """Return a `curate` command line, quoted for a shell; `-w` is added where the workspace is not the current folder."""
    place = [] if workspace is None or workspace.absolute() == Path.cwd() else ["-w", shown(workspace)]
    return command_line("curate", *words, *place)


def shown(path: Path) -> str:
    """Return a path as a command may name it: relative where it lies below the current folder, else absolute."""
    path = path.absolute()
    if not path.is_relative_to(Path.cwd()):
        return str(path)
    relative = os.path.relpath(path)
    return relative if relative[0].isalnum() else f"./{relative}"  # never an option, nor a `~`
