"""Commands that messages name, written so that a shell takes them as they stand."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from curate.text import visible_text


def command(*words: str | os.PathLike[str], workspace: Path | None = None) -> str:
    """Return a `curate` command line, quoted for a shell; `-w` is added where the workspace is not the current folder."""
    place = [] if workspace is None or workspace.absolute() == Path.cwd() else ["-w", shown(workspace)]
    line = " ".join(_quoted(word) for word in ["curate", *(os.fspath(word) for word in words), *place])
    return visible_text(line, limit=10_000)


def _quoted(word: str) -> str:
    """Return a word as a shell takes it; an expression that holds quotes itself stays readable."""
    plain = not set(word) & set('"$`\\') and "!" not in word.replace("!=", "")
    return f'"{word}"' if "'" in word and plain else shlex.quote(word)


def shown(path: Path) -> str:
    """Return a path as a command may name it: relative where it lies below the current folder, else absolute."""
    path = path.absolute()
    if not path.is_relative_to(Path.cwd()):
        return str(path)
    relative = os.path.relpath(path)
    return relative if relative[0].isalnum() else f"./{relative}"  # never an option, nor a `~`
