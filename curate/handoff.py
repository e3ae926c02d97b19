"""Runs tracer as a process of its own: torch stays out of curate, and a crash there harms nothing here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

from curate.errors import Exit, HandoffError


def evaluate(
    dataset: Path, run: Path, encoders: tuple[str, ...], *, quiet: bool = False
) -> tuple[dict[str, Any], bool]:
    """Evaluate a data set folder; its progress goes to standard error.

    Returns what `tracer evaluate --json` printed, and whether some photos could not be evaluated.

    Args:
        dataset: the set. run: the folder for results. encoders: names, or groups of them.
        quiet: keep tracer's progress back (the app owns the terminal); it is shown where tracer fails.

    Raises:
        HandoffError: tracer failed; its own message is passed on.
    """
    return _tracer("evaluate", str(dataset), "--encoders", ",".join(encoders), "-o", str(run), quiet=quiet)


def check_encoders(encoders: tuple[str, ...]) -> None:
    """Ask tracer whether there are encoders of these names, before anything is exported for them.

    Raises:
        HandoffError: there is none of one of the names (exit code 2).
    """
    _tracer("encoders", "--check", ",".join(encoders), quiet=False)


def _tracer(*words: str, quiet: bool) -> tuple[dict[str, Any], bool]:
    # -P: the current folder is not searched for modules, so that no file of the user's shadows one of ours.
    command = [sys.executable, "-P", "-m", "tracer", *words, "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE if quiet else None, text=True
    ) as child:
        try:
            out, said = child.communicate()
        except BaseException:
            child.terminate()
            raise
    if child.returncode == Exit.INTERRUPTED:
        raise KeyboardInterrupt
    if child.returncode not in (Exit.DONE, Exit.SOME_FAILED):
        why = (said or "").strip().splitlines()
        failure = HandoffError(
            "the evaluation failed",
            why[-1] if why else f"tracer ended with exit code {child.returncode}",
            f"Run it by hand to see more: tracer {' '.join(words)}",
        )
        if child.returncode == Exit.USAGE:  # a wrong word stays a wrong word on the way through
            failure.exit_code = Exit.USAGE
        raise failure
    return cast(dict[str, Any], json.loads(out)), child.returncode == Exit.SOME_FAILED
