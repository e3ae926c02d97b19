"""An error, a full disk and a kill at calls that change files: a part of what `python -m benchmarks.faults` tries."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.programs import benchmark

SCENARIOS = ("export --replace", "catalogue", "embed")
WORDS = [word for name in SCENARIOS for word in ("--scenario", name)]


@pytest.mark.slow
def test_a_fault_leaves_the_old_state_or_the_new_one(tmp_path: Path) -> None:
    """As told by the message, the catalogue whole; and the next run gives the same bytes."""
    tried = benchmark("faults", *WORDS, "--every", "31", TMPDIR=str(tmp_path))
    if "calls can be watched on Linux alone" in tried.stderr or "does not hand calls on" in tried.stderr:
        pytest.skip(tried.stderr)
    assert tried.returncode == 0, tried.stdout + tried.stderr
    for name in SCENARIOS:
        found = tried.stdout.partition(f"\n{name}: ")[2].partition("\n\n")[0]
        assert "kill: killed, the old state" in found, name
        assert "error: exit code 1" in found, name
