"""Worker processes."""

from __future__ import annotations

import contextlib
import io
from multiprocessing import resource_tracker

from curate.pairing.processes import process_pool


class Captured(io.StringIO):
    """What the app puts in the place of sys.stderr."""

    def fileno(self) -> int:
        return -1


def nothing() -> None:
    """Set nothing up."""


def test_processes_start_where_stderr_is_no_file() -> None:
    """In the app sys.stderr has the file number -1, which no process can be given."""
    resource_tracker._resource_tracker._stop()  # type: ignore[attr-defined]
    with contextlib.redirect_stderr(Captured()), process_pool(1, nothing) as pool:
        assert pool.submit(abs, -3).result(60) == 3
