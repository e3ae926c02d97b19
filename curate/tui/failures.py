"""Turns exceptions into messages; unexpected ones are also written to a file that the user can send."""

from __future__ import annotations

import platform
import traceback
from datetime import datetime
from pathlib import Path

from rich.text import Text

from curate.catalog.database import in_words
from curate.errors import CurateError, StorageError
from curate.workspace import Workspace
from tracer.base.errors import DISK_ERRORS
from tracer.base.files import write_atomically
from tracer.base.text import quoted_path, visible_lines

_HEAD = """lenstrace {lenstrace}, Python {python}, Textual {textual}, {system}
{at}, while: {doing}

This file holds no photo and no label; its last lines may name a file of yours.

"""


class Ended(Exception):
    """An unexpected error ended the app; Textual prints it after it has restored the terminal."""

    def __init__(self, message: CurateError) -> None:
        super().__init__(str(message))
        self._message = message

    def __rich__(self) -> Text:
        return Text(visible_lines("\n".join(["the app ended", *self._message.lines()])))


def as_message(error: Exception, doing: str, workspace: Workspace) -> CurateError:
    """Return an error that the user can act on; for an unexpected one, write a report file and name it.

    Args:
        error: the exception.
        doing: what was being done, in words.
        workspace: the workspace; the report goes into its cache folder.
    """
    if isinstance(error, CurateError):
        return error
    if (told := in_words(error, workspace.catalog)) is not None:
        return told
    if isinstance(error, OSError) and error.errno in DISK_ERRORS:
        return StorageError("the disk cannot be read or written", str(error), "Check the disk and its free space")
    what, why = "an error in lenstrace", _in_a_line(error)
    try:
        place = _written(error, doing, workspace.cache)
    except OSError as refused:
        return CurateError(what, why, f"The report could not be written: {refused.strerror}")
    return CurateError(what, why, f"All decisions are saved; please send {quoted_path(place)} to its developers")


_COMMANDS = (
    ("Quit the app with q, and run the command again", "Close that window"),
    ("run the command again", "do the same again"),
)
"""What errors say of commands -> the same for a person in the app."""


def told_here(error: CurateError) -> str:
    """Return an error in one line, in words for a person in the app."""
    said = ". ".join(error.lines())
    for of_a_command, here in _COMMANDS:
        said = said.replace(of_a_command, here)
    return said


def _in_a_line(error: Exception) -> str:
    said = str(error).strip().splitlines()
    return f"{type(error).__name__}: {said[0]}" if said else type(error).__name__


def _written(error: Exception, doing: str, folder: Path) -> Path:
    from importlib.metadata import version

    now = datetime.now()
    head = _HEAD.format(
        lenstrace=version("lenstrace"),
        python=platform.python_version(),
        textual=version("textual"),
        system=platform.platform(),
        at=now.isoformat(timespec="seconds"),
        doing=doing,
    )
    place = folder / f"failure-{now:%Y%m%d-%H%M%S-%f}.txt"
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(place, (head + "".join(traceback.format_exception(error))).encode(errors="backslashreplace"))
    return place
