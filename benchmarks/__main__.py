"""Runs every benchmark in turn: `make bench`.

Those that need real photos run only where LENSTRACE_CORPUS names a folder of them. Each prints its own figures. Failed ones do
not stop the others and are listed at the end.
"""

from __future__ import annotations

import os
import subprocess
import sys

ALWAYS = (
    ("camera_types",),
    ("demo",),
    ("app", "--pairs", "60"),
    ("app_library",),
    ("duplicates",),
    ("ingest", "--files", "200", "--unchanged", "20000"),
    ("faults",),
    ("kills", "--files", "600", "--kills", "9"),
    ("flickr_harvest", "--photos", "1000", "--dense", "200", "--kills", "6", "--simulated", "4000"),
    ("large_catalog", "--photos", "200000", "--commands"),
    ("fuzz", "--files", "5000"),
    ("fuzz_read_back", "--inputs", "2000"),
    ("embed", "120"),
    ("pairing",),
    ("learning",),
    ("experiments", "--quick"),
    ("flickrexif",),
    ("large_set",),
    ("ties",),
    ("unseen_cameras",),
    ("names",),
    ("plan",),
)


def main() -> int:
    """Run all benchmarks and return how many failed."""
    jobs = list(ALWAYS)
    corpus = os.environ.get("LENSTRACE_CORPUS")
    if corpus:
        jobs[:0] = [(name, os.path.join(corpus, "exif-corpus")) for name in ("labels", "flickr_exif")]
    failed = []
    for name, *words in jobs:
        print(f"\n== python -m benchmarks.{name} {' '.join(words)}", flush=True)
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *words]).returncode:
            failed.append(name)
    if failed:
        print(f"\nfailed: {', '.join(failed)}")
    return len(failed)


if __name__ == "__main__":
    sys.exit(main())
