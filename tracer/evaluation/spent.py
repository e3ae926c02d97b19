"""The time that a run took over all calls: one that was interrupted did a part of the work."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tracer.base.files import read_sealed, write_sealed

_FILE: Final = "seconds"


def spent(run: Path) -> float:
    """Return the seconds of earlier calls; 0 where there were none, or the file is damaged."""
    try:
        return float(read_sealed(run / "kept" / _FILE) or b"0")
    except ValueError:
        return 0.0


def note_spent(run: Path, seconds: float) -> None:
    """Write the seconds of all calls, where the run keeps anything yet."""
    if (run / "kept").is_dir() or (run / "shards").is_dir():
        (run / "kept").mkdir(exist_ok=True)
        write_sealed(run / "kept" / _FILE, f"{seconds:.3f}".encode())
