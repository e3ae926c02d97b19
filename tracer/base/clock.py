"""How long a worker process has worked on its job.

A wall clock would also count the time in which the machine was suspended (a closed lid, SIGSTOP) or other programs used the
cores. This clock counts the processor time that the worker used, and the time that it slept while it waited for a disk, a
server or a pipe. It does not count time in which the parent process was stopped, or in which the worker waited for a core.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Final

LOOK_S: Final = 0.25
"""Seconds between two calls of `look`. After a longer gap (the parent was stopped) at most twice as much is counted."""

_RUNS: Final = "R"
"""Linux's state of a thread that runs or waits for a core. In all other states the thread waits for something else."""


class ProcessClock:
    """Measures how long one process has worked or waited for input and output.

    Without /proc (macOS) it counts all time in which the parent ran.
    """

    def __init__(self, process: int) -> None:
        """Start from zero.

        Args:
            process: the id of the process.
        """
        self._folder = Path(f"/proc/{process}")
        self._used = self._processor = self._looked = 0.0
        self.begin()

    def begin(self) -> None:
        """Start from zero."""
        self._used, self._looked = 0.0, time.monotonic()
        self._processor = self._processor_time() or 0.0

    def look(self) -> float:
        """Return the seconds counted since `begin`. Call it every `LOOK_S` seconds."""
        now = time.monotonic()
        passed = min(now - self._looked, 2 * LOOK_S)
        if now - self._looked < LOOK_S / 2:
            return self._used
        self._looked = now
        processor = self._processor_time()
        if processor is None:
            self._used += passed
            return self._used
        worked, self._processor = processor - self._processor, processor
        self._used += worked + (max(0.0, passed - worked) if self._sleeps() else 0.0)
        return self._used

    def _processor_time(self) -> float | None:
        """Seconds of processor time of all threads of the process; None where there is no /proc."""
        fields = _stat(self._folder)
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") if fields else None

    def _sleeps(self) -> bool:
        """Whether no thread of the process runs or waits for a core."""
        try:
            threads = list((self._folder / "task").iterdir())
        except OSError:
            return True
        states = [fields[0] for thread in threads if (fields := _stat(thread))]
        return _RUNS not in states


def _stat(folder: Path) -> list[str]:
    """The fields of `/proc/…/stat` after the name, of which the state is the first; empty where there is no such file."""
    try:
        return (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return []
