"""How long a worker process has been at its job, by its own time.

A wall clock would blame a file for a laptop's closed lid (SIGSTOP, a suspended machine) and for the other programs that want
the same cores. What counts is the processor time that the process used, and the time that it slept: waiting for a disk, a
server, a pipe. Time in which this process itself was stopped, and time in which the other waited for a core, does not count.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Final

LOOK_S: Final = 0.25
"""How often a clock wants to be looked at. More than twice as much at once is time in which nobody looked, the parent itself
being stopped; of it no more is counted."""

_RUNS: Final = "R"
"""The state, as Linux names it, of a thread that runs or waits for a core; in all others it waits for something else."""


class ProcessClock:
    """The own time of one process.

    Without /proc (macOS) all time in which the parent ran counts.
    """

    def __init__(self, process: int) -> None:
        """Args: process: its id."""
        self._folder = Path(f"/proc/{process}")
        self._used = self._processor = self._looked = 0.0
        self.begin()

    def begin(self) -> None:
        """Start from zero."""
        self._used, self._looked = 0.0, time.monotonic()
        self._processor = self._processor_time() or 0.0

    def look(self) -> float:
        """Seconds of own time since `begin`; call it every `LOOK_S` seconds."""
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
        """Seconds of processor time of all its threads; None where the system does not tell."""
        fields = _stat(self._folder)
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") if fields else None

    def _sleeps(self) -> bool:
        """Whether none of its threads runs or waits for a core."""
        try:
            threads = list((self._folder / "task").iterdir())
        except OSError:
            return True
        states = [fields[0] for thread in threads if (fields := _stat(thread))]
        return _RUNS not in states


def _stat(folder: Path) -> list[str]:
    """The fields of a process's or thread's `stat` after its name: the state first; empty where there is none."""
    try:
        return (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return []
