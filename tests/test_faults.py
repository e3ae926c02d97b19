"""An error, a full disk and a kill at calls that change files: a part of what `python -m benchmarks.faults` tries."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.injected import why_not_here


@pytest.mark.parametrize(("scenario", "every"), [("export --replace", 17), ("catalogue", 7), ("embed", 11)])
def test_a_fault_leaves_the_old_state_or_the_new_one(tmp_path: Path, scenario: str, every: int) -> None:
    """As told by the message, the catalogue whole; and the next run gives the same bytes."""
    if why := why_not_here():
        pytest.skip(why)
    words = [sys.executable, "-m", "benchmarks.faults", "--scenario", scenario, "--every", str(every)]
    tried = subprocess.run(
        words, cwd=Path(__file__).parent.parent, capture_output=True, text=True, check=False,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )  # fmt: skip
    assert tried.returncode == 0, tried.stdout + tried.stderr
    assert "kill: killed, the old state" in tried.stdout
    assert "error: exit code 1" in tried.stdout
