"""How long the demo takes, step by step.

Usage: python -m benchmarks.demo [--scenes N]

Runs `curate demo` in a new folder, without a network, and prints the seconds at which each step was done. The target is 180 s on
two idle cores.

Exits with 1 where it took longer.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TARGET_S = 180.0


def main() -> int:
    """Print a line for each step; return 1 where the target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, default=75)
    options = parser.parse_args()
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, "-m", "curate", "demo", str(Path(folder, "demo")), "--scenes", str(options.scenes)]
        with subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ | {"HF_HUB_OFFLINE": "1"}
        ) as child:
            assert child.stdout
            last = ""
            for line in child.stdout:
                step = line.split(":")[0].strip()
                if step and step != last:
                    print(f"{time.perf_counter() - start:7.1f} s  {line.rstrip()}", flush=True)
                last = step
    seconds = time.perf_counter() - start
    print(f"{seconds:.0f} s, target {TARGET_S:.0f}{'' if seconds <= TARGET_S else '  MISSED'}")
    return int(child.returncode != 0 or seconds > TARGET_S)


if __name__ == "__main__":
    sys.exit(main())
