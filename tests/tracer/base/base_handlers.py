"""Handlers that behave and misbehave, for the tests of workers; a worker imports them by name."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from tracer.base.worker import HEAD, Handler, Reply

MEGABYTE = 1 << 20


def by_name() -> Handler:
    """Do what a job says: [what, how much]."""
    pipes = [int(entry.name) for entry in Path("/proc/self/fd").iterdir() if str(entry.resolve()).count("pipe:")]
    answers = max(pipes)

    def serve(job: Any) -> Reply:
        what, much = job
        if what == "burn":
            end = time.process_time() + much
            while time.process_time() < end:
                pass
        elif what == "yield":  # ready to run for so many seconds of a clock, and at the end of the queue
            os.nice(19)
            end = time.monotonic() + much
            while time.monotonic() < end:
                pass
        elif what == "nice":
            return Reply(os.nice(0))
        elif what == "environment":
            return Reply(sorted(os.environ))
        elif what == "sleep":
            time.sleep(much)
        elif what == "open":
            Path(much).read_bytes()
        elif what == "take":
            kept = bytearray(much * MEGABYTE)
            return Reply([len(kept) // MEGABYTE, siblings()])
        elif what == "short":
            return Reply(siblings(), short_of_memory=True)
        elif what == "abort":
            os.abort()
        elif what == "babble":
            os.write(answers, HEAD.pack(1 << 30, 1 << 30))
            time.sleep(600)
        elif what == "data":
            return Reply(much, os.urandom(16) * (much // 16))
        return Reply(os.getpid())

    return serve


def siblings() -> int:
    """Workers of this worker's parent, itself one of them."""
    found = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                words = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            found += parent == os.getppid() and b"tracer.base.worker" in words
    return found
