"""Worker processes."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import sys
import time
from multiprocessing import resource_tracker
from pathlib import Path

import pytest

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
        assert pool.submit(os.nice, 0).result(60) == min(os.nice(0) + 5, 19)  # others have the cores first


@pytest.mark.parametrize("blow", [signal.SIGTERM, signal.SIGKILL])
def test_processes_end_with_a_killed_parent(blow: signal.Signals, tmp_path: Path) -> None:
    """A pool whose process is killed leaves no process behind, neither one that works nor one that waits."""
    script = tmp_path / "parent.py"
    script.write_text(
        "import os, time\n"
        "from curate.pairing.processes import process_pool\n"
        "from tests.curate.pairing.test_processes import nothing\n"
        "if __name__ == '__main__':\n"
        "    with process_pool(2, nothing) as pool:\n"
        "        print(pool.submit(os.getpid).result(60), flush=True)\n"
        "        pool.submit(time.sleep, 600)\n"
        "        pool.submit(os.getpid).result(60)\n"
        "        print(*pool._processes, flush=True)\n"
        "        time.sleep(600)\n"
    )
    path = os.pathsep.join([str(Path.cwd()), os.environ.get("PYTHONPATH", "")])
    with subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": path}
    ) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        workers = [int(number) for number in parent.stdout.readline().split()]
        assert len(workers) == 2 and all(map(runs, workers))
        parent.send_signal(blow)
    until = time.monotonic() + 30
    while any(map(runs, workers)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(map(runs, workers))


def runs(process: int) -> bool:
    """Whether a process is there and has not ended (proc(5))."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False
