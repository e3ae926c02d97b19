"""The errors that curate raises on purpose, and the exit code each one ends a command with.

    CurateError                 1   something failed; what, why, and the way out
    ├── UsageError              2   the words of a command do not fit
    ├── WorkspaceError          1
    │   ├── NotAWorkspace       2   the folder holds no workspace
    │   ├── WorkspaceBusy       1   another process is writing to it
    │   └── NewerSchema         1   its catalogue was made by a newer lenstrace
    ├── StorageError            1   the disk is full or refuses to be written
    ├── SourceError             1   a folder or sidecar cannot be taken in
    ├── ExportError             1   a set cannot be written as asked
    ├── HandoffError            1   the evaluator could not be run, or failed
    ├── LeakFound               4   a split shares what it must not share
    └── CredentialsError        5   a key is missing or refused

Exit code 3 is no error: the work is done, and some items, which can be listed, failed.
"""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """What a command's exit code says (fixed: scripts rely on it)."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    SOME_FAILED = 3
    LEAK = 4
    CREDENTIALS = 5
    INTERRUPTED = 130


class CurateError(Exception):
    """A failure that a person can act on.

    Args:
        what: what could not be done, as a sentence without a full stop.
        why: the cause, as far as it is known.
        way_out: what to do about it.
    """

    exit_code = Exit.FAILED

    def __init__(self, what: str, why: str = "", way_out: str = "") -> None:
        self.what, self.why, self.way_out = what, why, way_out
        super().__init__(": ".join(part for part in (what, why) if part))

    def lines(self) -> list[str]:
        """The message as lines for a terminal: what and why, then the way out."""
        return [str(self)] + ([self.way_out] if self.way_out else [])


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


class StorageError(CurateError):
    """The disk is full or refuses to be written."""


class SourceError(CurateError):
    """A folder, file or sidecar cannot be taken in."""


class ExportError(CurateError):
    """A set cannot be written as asked."""


class HandoffError(CurateError):
    """The evaluator could not be run, or failed."""


class LeakFound(CurateError):
    """A split shares photos, scenes or people that it must not share."""

    exit_code = Exit.LEAK


class CredentialsError(CurateError):
    """A key is missing or was refused."""

    exit_code = Exit.CREDENTIALS
