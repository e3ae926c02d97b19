"""The errors that tracer raises on purpose.

TracerError                 1   something failed; what, why, and the way out
├── UsageError              2   the words of a command do not fit
├── DataSetError            1   the folder is no data set, or lacks what an experiment needs
│   ├── NoFolder            2   there is no such folder
│   └── NotASet             2   the folder is something else: a curate workspace, a run, a folder of sets
├── EmbeddingsError         1   an embedding file is missing, damaged or does not fit its set
├── EncoderError            1   the weights of an encoder cannot be had
│   └── UnknownEncoder      2   there is no encoder of that name
└── TooFew                  1   too few photos, classes or pairs for the figure that was asked for
"""

from __future__ import annotations

from tracer.base.errors import Exit as Exit
from tracer.base.errors import LenstraceError


class TracerError(LenstraceError):
    """A failure of tracer that a person can act on."""


class UsageError(TracerError):
    """The words of a command do not fit."""

    exit_code = Exit.USAGE


class DataSetError(TracerError):
    """The folder is no data set, or lacks what an experiment needs."""


class NoFolder(DataSetError):
    """There is no such folder."""

    exit_code = Exit.USAGE


class NotASet(DataSetError):
    """The folder is something else than a data set: a curate workspace, a run, a folder of sets."""

    exit_code = Exit.USAGE


class EmbeddingsError(TracerError):
    """An embedding file is missing, damaged or does not fit its set."""


class EncoderError(TracerError):
    """An encoder's weights cannot be had."""


class UnknownEncoder(EncoderError):
    """There is no encoder of that name."""

    exit_code = Exit.USAGE


def why(error: Exception) -> str:
    """What an error of the system or of a library says, in one line and without the path, which the message names."""
    said = (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
    return said.splitlines()[0][:300]


class TooFew(TracerError):
    """Too few photos, classes or pairs for the figure that was asked for."""
