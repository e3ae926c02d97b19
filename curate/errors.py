"""The errors that curate raises on purpose, the exit code of each, and the command lines that messages name.

    CurateError                 1   something failed; it says what, why, and the way out
    ├── UsageError              2   a command line is wrong
    ├── WorkspaceError          1
    │   ├── NotAWorkspace       2   the folder is not a workspace
    │   ├── WorkspaceBusy       1   another process is writing to it
    │   │   └── ReadOnly        1   it was opened for reading alone for that reason
    │   └── NewerSchema         1   its catalogue was made by a newer lenstrace
    ├── StorageError            1   the disk is full or cannot be written
    ├── SourceError             1   a folder, file or sidecar cannot be read
    ├── ExportError             1   a set cannot be written as requested
    ├── HandoffError            1   the evaluator could not be run, or failed
    └── CredentialsError        5   the key of an API is missing or was refused

Exit code 3 is not an error: the work is done, but some items failed; they can be listed. Commands that find a leak end with 4.
"""

from __future__ import annotations

import os
from pathlib import Path

from tracer.base.errors import Exit as Exit
from tracer.base.errors import LenstraceError
from tracer.base.errors import StorageError as _StorageError
from tracer.base.text import command_line


class CurateError(LenstraceError):
    """A failure of curate that the user can act on."""


class UsageError(CurateError):
    """A command line is wrong."""

    exit_code = Exit.USAGE


class WorkspaceError(CurateError):
    """The workspace cannot be used."""


class NotAWorkspace(WorkspaceError):
    """The folder is not a workspace."""

    exit_code = Exit.USAGE


class WorkspaceBusy(WorkspaceError):
    """Another process is writing to the workspace."""


class ReadOnly(WorkspaceBusy):
    """The workspace was opened for reading alone, since another process is writing to it."""


class NewerSchema(WorkspaceError):
    """The catalogue was made by a newer lenstrace; writing to it could lose data that this version does not know."""


class StorageError(CurateError, _StorageError):
    """The disk is full or cannot be written."""


class SourceError(CurateError):
    """A folder, file or sidecar cannot be read."""


class ExportError(CurateError):
    """A set cannot be written as requested."""


class HandoffError(CurateError):
    """The evaluator could not be run, or failed."""


class CredentialsError(CurateError):
    """The key of an API is missing, or was refused."""

    exit_code = Exit.CREDENTIALS


# --- command lines that messages name


def command(*words: str | os.PathLike[str], workspace: Path | None = None) -> str:
    """Return a `curate` command line, quoted for a shell. `-w` is added unless the workspace is the current folder.

    >>> command("photos", "--where", "width > 4000")
    "curate photos --where 'width > 4000'"
    >>> command("pair", workspace=Path("/data/trip"))
    'curate pair -w /data/trip'
    """
    place = [] if workspace is None or workspace.absolute() == Path.cwd() else ["-w", shown(workspace)]
    return command_line("curate", *words, *place)


def shown(path: Path) -> str:
    """Return a path as a command line may name it: relative if it lies below the current folder, else absolute.

    >>> shown(Path("/data/trip"))
    '/data/trip'
    >>> shown(Path("exports/set"))
    'exports/set'
    >>> shown(Path("-odd"))
    './-odd'
    """
    path = path.absolute()
    if not path.is_relative_to(Path.cwd()):
        return str(path)
    relative = os.path.relpath(path)
    # a leading `-` would be read as an option, a leading `~` as the home folder
    return relative if relative[0].isalnum() else f"./{relative}"
