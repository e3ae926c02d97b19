"""Benchmarks as programs: some tests run one in small."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def benchmark(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m benchmarks.<name> …`, with variables beside those of this process."""
    command = [sys.executable, "-m", f"benchmarks.{words[0]}", *words[1:]]
    environment = {**os.environ, **environment}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
