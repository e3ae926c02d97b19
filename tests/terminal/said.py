"""Runs command lines of a program one after the other in this process, and marks in the output where each begins.

    python said.py curate|tracer LINES.json

A line is a list of words. `!crash` stands for a mistake in the program: a warning, a log record, and tracebacks of a thread
and of the program itself. `!locked PATH TEXT WORD…` runs a command while somebody else holds the lock at PATH, in which
TEXT stands.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib
import io
import json
import logging
import os
import sys
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tracer.base.console import take_over_messages

ANSWERS = "y\nu\nn\ns\no\n\x1b[2J\nq\n"
"""What is typed where a command asks line by line."""


def crash(text: str) -> None:
    """Let Python and libraries speak of a mistake."""
    warnings.warn(text, stacklevel=1)
    logging.getLogger("library").warning(text)

    def fail() -> None:
        raise RuntimeError(text)

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    try:
        fail()
    except RuntimeError:
        sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]


@contextlib.contextmanager
def locked(path: str, text: str) -> Iterator[None]:
    """Hold a lock as another process would."""
    with Path(path).open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(text.encode("utf-8", "surrogateescape"))
        file.flush()
        yield


def run(program: Any, words: list[str]) -> int:
    """Run one line."""
    if words[:1] == ["!crash"]:
        crash(words[1])
        return 0
    if words[:1] == ["!locked"]:
        with locked(*words[1:3]):
            return run(program, words[3:])
    sys.stdin = io.StringIO(ANSWERS)
    try:
        return int(program.run_cli(words))
    except Exception:  # noqa: BLE001  printed as the interpreter would; the test looks for it
        sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
        return -1


def draw_once() -> None:
    """Draw the pictures of one report: those of later ones would say the same and take most of the time."""
    plots = importlib.import_module("tracer.report.plots")
    draw, drawn = plots.write_plots, []

    def write(run: Any, folder: Path) -> list[Path]:
        drawn.append(folder)
        return list(draw(run, folder)) if len(drawn) == 1 else []

    plots.write_plots = write


if __name__ == "__main__":
    take_over_messages()
    if sys.argv[1] == "tracer":
        draw_once()
    cli = importlib.import_module(f"{sys.argv[1]}.cli")
    for number, line in enumerate(json.loads(Path(sys.argv[2]).read_text())):
        os.write(1, f"\n{number}\n".encode())
        code = run(cli, line)
        sys.stdout.flush()
        sys.stderr.flush()
        os.write(1, f"@={code}=@\n".encode())
