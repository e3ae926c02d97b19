"""All printing of both programs: data on stdout; progress, notes and errors on stderr.

Printed text may come from file names, metadata, users and libraries. Control characters, escape sequences and bidirectional
marks in it never reach the terminal: text for a person shows them written out (``\\x1b``), and JSON escapes them, which keeps
the values the same.
"""

# ruff: noqa: T201  # printing is what this module does

from __future__ import annotations

import codecs
import contextlib
import csv
import io
import json
import logging
import os
import shutil
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import chain, islice
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, TextIO, TypeVar

from tracer.base.errors import LenstraceError
from tracer.base.longtable import LEAST, MANY, in_words, print_long
from tracer.base.progress import Progress, Work, finish
from tracer.base.text import is_harmless, no_formula, quoted_path, shortened_path, visible_lines, visible_text

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.progress import ProgressColumn, Task

Result = TypeVar("Result")

PROGRESS: Final = "LENSTRACE_PROGRESS"
"""The environment variable by which the parent of a process asks for progress as lines of JSON (value `json`)."""

PAUSE: Final = 15.0
"""Seconds between two lines of progress where stderr is not a terminal."""

_PATHS: Final = ("path", "phone", "other", "keeper")
"""Columns that hold paths. A table shows the last two parts of a path; JSON lines and CSV hold the whole path."""

_WIDE: Final = 100
"""Columns of a terminal from which bars are long."""

_SHORT: Final = 12
"""A column whose longest text has at most so many characters is never wrapped."""


# --- words


def say(text: str | Path, file: TextIO | None = None) -> None:
    """Print text for a person: the output that was asked for.

    Args:
        text: a message of any number of lines, or a path, which is quoted.
        file: where to print; stdout by default.
    """
    words = quoted_path(text) if isinstance(text, Path) else visible_lines(text)
    print(words, file=file or sys.stdout, flush=file is not None)


def note(text: str) -> None:
    """Print a message to stderr and flush it."""
    print(visible_lines(text), file=sys.stderr, flush=True)


def complain(program: str, error: LenstraceError) -> None:
    """Print what failed and why on one line that begins with the program's name (curate looks for it), then what to do."""
    first, *way_out = error.lines()
    note(f"{program}: {' '.join(first.splitlines())}")
    for line in way_out:
        note(line)


# --- data


def as_json(value: Any) -> str:
    r"""Return a value as one line of JSON, with control and format characters escaped as ``\uXXXX``.

    Raises:
        ValueError: a number in it is not finite, which JSON cannot hold.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    if text.isprintable():
        return text
    return "".join(char if is_harmless(char) else json.dumps(char)[1:-1] for char in text)


def print_json(value: Mapping[str, Any]) -> None:
    """Print one object."""
    print(as_json(value))


def print_json_rows(name: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Print one object that holds a list of rows under `name`. Each row is printed as it comes."""
    print(f"{{{as_json(name)}: [", end="")
    for number, row in enumerate(rows):
        print(", " * (number > 0) + as_json(row), end="")
    print("]}")


def print_lines(rows: Iterable[Mapping[str, Any]]) -> None:
    """Print JSON lines. Each row is printed as it comes."""
    for row in rows:
        print(as_json(row))


def print_csv(rows: Iterable[Mapping[str, Any]]) -> None:
    """Print CSV. Each row is printed as it comes; the keys of the first row are the header.

    What a spreadsheet would take for a formula gets an apostrophe before it. CSV has no escapes, so control characters are
    written out as in a table.
    """
    writer = csv.writer(sys.stdout)
    for number, row in enumerate(rows):
        if number == 0:
            writer.writerow(map(_cell_of_csv, row))
        writer.writerow(map(_cell_of_csv, row.values()))


def _cell_of_csv(value: Any) -> Any:
    if isinstance(value, dict | list):
        return as_json(value)
    if not isinstance(value, str):
        return value
    return visible_text(no_formula(value), limit=None)


def print_table(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Print a table for a person. Where the terminal is too narrow, empty columns are left out.

    Where it has no room even for numbers and a few letters of each text, each row is printed in words instead (`in_words`). A
    table of more than `MANY` rows is printed as its rows come (`longtable`).
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    rest = iter(rows)
    first = list(islice(rest, MANY + 1))
    if not first:
        say("nothing to show")
        return
    heads = [visible_text(column) for column in columns]
    if len(first) > MANY:
        every = ([_cell_of_table(column, row.get(column)) for column in columns] for row in chain(first, rest))
        print_long(heads, every, sys.stdout, shutil.get_terminal_size().columns if sys.stdout.isatty() else None)
        return
    cells = [[_cell_of_table(column, row.get(column)) for column in columns] for row in first]
    numeric = {column for column in columns if any(type(row.get(column)) in (int, float) for row in first)}
    # A pipe has no width; each row stays one line there.
    console = Console(width=None if sys.stdout.isatty() else 1000)
    longest = [max(len(head), *(len(row[k]) for row in cells)) for k, head in enumerate(heads)]
    fits = sum(longest) + 2 * len(columns) <= console.width
    shown = [k for k in range(len(columns)) if fits or any(row[k] for row in cells)]
    least = [longest[k] if longest[k] <= _SHORT else LEAST for k in shown]
    if sum(least) + 2 * len(shown) > console.width:  # Rich would cut numbers off
        say("\n".join(in_words([heads[k] for k in shown], [[row[k] for k in shown] for row in cells], console.width)))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for k in shown:
        # Where there is too little room, long texts wrap and short ones and numbers do not.
        side = "right" if columns[k] in numeric else "left"
        table.add_column(Text(heads[k]), justify=side, overflow="fold", no_wrap=longest[k] <= _SHORT)  # type: ignore[arg-type]
    for cell in cells:
        # Text, not str: Rich would take a camera called "[red]" for markup.
        table.add_row(*(Text(cell[k]) for k in shown))
    console.print(table)


def _cell_of_table(column: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3f}"
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    if column in _PATHS and isinstance(value, str):
        text = shortened_path(value)
    return visible_text(text)


# --- progress


def run_with_progress(work: Work[Result]) -> Result:
    """Run work to its end and return its result, with progress on stderr: bars on a terminal, else a line now and then.

    A parent that reads the progress asks for lines of JSON with `PROGRESS`, which `step_of` reads back.
    """
    shown = _reports() if os.environ.get(PROGRESS) == "json" else _bars() if sys.stderr.isatty() else _lines()
    with shown as show, contextlib.closing(work):
        return finish(work, show)


@contextlib.contextmanager
def _lines(every: float = PAUSE) -> Iterator[Callable[[Progress], None]]:
    """Print a line when a stage begins, every `every` seconds while it lasts and its words change, and when it ends."""
    last: Progress | None = None
    printed, at, said = True, 0.0, ""

    def show(step: Progress) -> None:
        nonlocal last, printed, at, said
        begins = last is None or last.stage != step.stage
        if last and begins and not printed and _in_words(last) != said:
            note(_in_words(last))
        words, now = _in_words(step), time.monotonic()
        last, printed = step, begins or now - at >= every
        if printed:
            if begins or words != said:
                note(words)
            at, said = now, words

    yield show
    if last and not printed and _in_words(last) != said:
        note(_in_words(last))


@contextlib.contextmanager
def _reports(every: float = 0.2) -> Iterator[Callable[[Progress], None]]:
    """Print a line of JSON when a stage begins, and every `every` seconds while it lasts."""
    at, stage = 0.0, ""

    def show(step: Progress) -> None:
        nonlocal at, stage
        if step.what != stage or time.monotonic() - at >= every:
            at, stage = time.monotonic(), step.what
            print(as_json({"progress": asdict(step)}), file=sys.stderr, flush=True)

    yield show


def step_of(line: str) -> Progress | None:
    """Return the step that a line of `_reports` tells; None for any other line."""
    if not line.startswith('{"progress": '):
        return None
    try:
        return Progress(**json.loads(line)["progress"])
    except (ValueError, TypeError, KeyError):
        return None


@contextlib.contextmanager
def _bars() -> Iterator[Callable[[Progress], None]]:
    """Show a bar for each stage, or how much is left in words where a step says it.

    The bar of a stage that counts nothing is removed when the next stage begins.
    """
    from rich.console import Console
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    console = Console(stderr=True)
    with Bars(*_columns(console.width), console=console, expand=True) as bars:
        tasks: dict[str, TaskID] = {}
        passing = leaving = ""

        def show(step: Progress) -> None:
            nonlocal passing, leaving
            stage = step.stage
            if leaving and not _count(step):  # a wait in the middle of that stage
                bars.update(tasks[leaving], description=_what(step))
                return
            leaving = stage if step.left else ""
            if passing and passing != stage:
                bars.remove_task(tasks.pop(passing))
                passing = ""
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=step.total, count="", left="")
            if not _count(step):
                passing = stage
            bars.update(
                tasks[stage], description=_what(step), completed=step.done, total=step.total, count=_count(step),
                left=step.left,
            )  # fmt: skip

        yield show
        if passing:
            bars.remove_task(tasks[passing])


def _columns(width: int) -> Iterator[ProgressColumn]:
    """Yield the columns of bars. Where a step says in words how much is left, those that it makes superfluous are empty.

    Args:
        width: of the terminal in characters.
    """
    from rich.progress import (
        BarColumn,
        ProgressColumn,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.table import Column
    from rich.text import Text

    class Unless(ProgressColumn):
        def __init__(self, column: ProgressColumn) -> None:
            self._column = column
            super().__init__()

        def render(self, task: Task) -> RenderableType:
            return Text() if task.fields["left"] else self._column.render(task)

    bar = BarColumn(bar_width=20)
    yield SpinnerColumn()
    yield TextColumn("{task.description}", markup=False, table_column=Column(ratio=1, no_wrap=True))
    yield bar if width >= _WIDE else Unless(bar)
    yield TextColumn("{task.fields[count]}", markup=False, table_column=Column(no_wrap=True, justify="right"))
    yield Unless(TimeElapsedColumn())
    yield Unless(TimeRemainingColumn())


def _what(step: Progress) -> str:
    return visible_text(step.what.replace(": ", " ", 1))


def _count(step: Progress) -> str:
    if step.left:
        return visible_text(step.left)
    if step.total is not None:
        return f"{step.done:,} of {step.total:,}"
    return f"{step.done:,}" if step.done else ""


def _in_words(step: Progress) -> str:
    return ": ".join(filter(None, (_what(step), _count(step))))


# --- messages of Python and of libraries


def take_over_messages() -> None:
    """Print tracebacks, warnings and unhandled log records through this module, too. Call it when a program starts."""
    sys.excepthook = _print_traceback
    threading.excepthook = lambda args: _print_traceback(args.exc_type, args.exc_value, args.exc_traceback)
    warnings.showwarning = lambda *said: note(warnings.formatwarning(*said[:4]).rstrip("\n"))
    logging.lastResort = _Noted(logging.WARNING)


def prepare_streams() -> None:
    r"""Let a program run whatever its standard streams are. Call it when the program starts.

    Closed standard input is read from nothing; otherwise its number would go to the next file that is opened. Characters that
    the encoding of standard output lacks are printed as ``\u65e5``, which is also how JSON writes them.
    """
    if sys.stdin is None:
        sys.stdin = os.fdopen(os.open(os.devnull, os.O_RDONLY), encoding="utf-8")
    if isinstance(sys.stdout, io.TextIOWrapper):
        codecs.register_error("as-json", _escaped)
        sys.stdout.reconfigure(errors="as-json")


def _escaped(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


def _print_traceback(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    note("".join(traceback.format_exception(kind, error, trace)).rstrip("\n"))


class _Noted(logging.Handler):
    """Prints log records as notes."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print one record."""
        note(self.format(record))
