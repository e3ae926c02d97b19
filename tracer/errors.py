"""The errors that tracer raises for its users, with their exit codes.

TracerError                 1   something failed; it says what, why, and what to do
├── UsageError              2   wrong arguments of a command
├── DataSetError            1   the folder is not a data set, or lacks what an experiment needs
│   ├── NoFolder            2   the folder does not exist
│   └── NotASet             2   the folder is a curate workspace, a run, or a folder of sets
├── EmbeddingsError         1   an embedding file is missing, damaged or does not fit its set
├── EncoderError            1   the weights of an encoder are missing or unusable
│   └── UnknownEncoder      2   there is no encoder of that name
└── TooFew                  1   too few photos, classes or pairs for a figure
"""

from __future__ import annotations

from tracer.base.errors import Exit as Exit
from tracer.base.errors import LenstraceError
from tracer.base.text import cut_at_word


class TracerError(LenstraceError):
    """A failure of tracer that a user can act on."""


class UsageError(TracerError):
    """The arguments of a command are wrong."""

    exit_code = Exit.USAGE


class DataSetError(TracerError):
    """The folder is not a data set, or lacks what an experiment needs."""


class NoFolder(DataSetError):
    """The folder does not exist."""

    exit_code = Exit.USAGE


class NotASet(DataSetError):
    """The folder is not a data set but a curate workspace, a run, or a folder of sets."""

    exit_code = Exit.USAGE


class EmbeddingsError(TracerError):
    """An embedding file is missing, damaged or does not fit its set."""


class EncoderError(TracerError):
    """An encoder's weights are missing or unusable."""


class UnknownEncoder(EncoderError):
    """There is no encoder of that name."""

    exit_code = Exit.USAGE


def why(error: Exception) -> str:
    """Return the reason of a system's or library's error as one line, without the path, which the message names already."""
    said = (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
    return cut_at_word(said.splitlines()[0], 300)


class TooFew(TracerError):
    """There are too few photos, classes or pairs for a figure."""
