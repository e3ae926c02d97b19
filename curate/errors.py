"""The errors that curate raises on purpose, the exit code each one ends a command with, and the commands that messages name.

    CurateError                 1   something failed; what, why, and the way out
    ├── UsageError              2   the words of a command do not fit
    ├── WorkspaceError          1
    │   ├── NotAWorkspace       2   the folder holds no workspace
    │   ├── WorkspaceBusy       1   another process is writing to it
    │   └── NewerSchema         1   its catalogue was made by a newer lenstrace
    ├── StorageError            1   the disk is full or refuses to be written
    ├── SourceError             1   a folder or sidecar cannot be taken in
    ├── ExportError             1   a set cannot be written as asked
    └── HandoffError            1   the evaluator could not be run, or failed

Exit code 3 is not an error: the work is done, and some items, which can be listed, failed. Commands that find a leak end with 4.
"""

from __future__ import annotations

import os
from pathlib import Path

from tracer.base.errors import Exit as Exit
from tracer.base.errors import LenstraceError
from tracer.base.errors import StorageError as _StorageError
from tracer.base.text import command_line


class CurateError(LenstraceError):
    """A failure of curate that a person can act on."""


class UsageError(CurateError):
    """The words of a command do not fit."""

    exit_code = Exit.USAGE


class WorkspaceError(CurateError):
    """The workspace cannot be used."""


class NotAWorkspace(WorkspaceError):
    """The folder holds no workspace."""

    exit_code = Exit.USAGE


class WorkspaceBusy(WorkspaceError):
    """Another process is writing to the workspace."""


class NewerSchema(WorkspaceError):
    """The catalogue was made by a newer lenstrace; reading it could lose what this one does not know."""


class StorageError(CurateError, _StorageError):
    """The disk is full or refuses to be written."""


class SourceError(CurateError):
    """A folder, file or sidecar cannot be taken in."""


class ExportError(CurateError):
    """A set cannot be written as asked."""


class HandoffError(CurateError):
    """The evaluator could not be run, or failed."""


# --- commands that messages name


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
