"""Measures tracer's experiments: speed of kNN and of probes, coverage of intervals, known truths, real photos.

    python -m benchmarks.experiments [--quick]

Runs the benchmarks below in turn; each can also be run alone, and its module says what it measures. `--quick` takes smaller
sizes, to check that everything still works; the figures of docs/results.md come from the full sizes. The exit code is the
number of benchmarks that missed a target.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys

WHOLE: dict[str, tuple[str, ...]] = {
    "knn_speed": (),
    "probe_speed": (),
    "coverage": (),
    "known_truths": (),
    "mitigation": (),
}
QUICK: dict[str, tuple[str, ...]] = {
    "knn_speed": ("--train", "20000", "--test", "512"),
    "probe_speed": ("--seeds", "1"),
    "coverage": ("--simulations", "300"),
    "known_truths": ("--scenes", "125", "--strengths", "0,1"),
    "mitigation": ("--methods", "leace"),
}


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmarks and return how many failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    jobs = dict(QUICK if parser.parse_args(arguments).quick else WHOLE)
    if "LENSTRACE_CORPUS" in os.environ:
        jobs["natural_images"] = ()
    failed = []
    for name, words in jobs.items():
        print(f"\n== python -m benchmarks.{name} {' '.join(words)}", flush=True)
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *words]).returncode:
            failed.append(name)
    if failed:
        print(f"\nfailed: {', '.join(failed)}")
    return len(failed)


if __name__ == "__main__":
    sys.exit(main())
