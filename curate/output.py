"""How commands speak: data on stdout; progress, notes and errors on stderr."""

from __future__ import annotations

import contextlib
import csv
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeVar

from curate.progress import Progress, Work, finish
from curate.text import shortened_path, visible_text

Result = TypeVar("Result")


class Style(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    JSONL = "jsonl"
    CSV = "csv"


PAUSE = 15.0
"""Seconds between two lines of progress in a file, where each line stays."""

_PATHS = ("path", "phone", "other", "keeper")
"""Columns of which a table shows the last two names; JSON lines and CSV hold the whole path."""

_SHORT = 12
"""Characters of the longest text of a column whose texts are never broken."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def print_json(value: Mapping[str, Any]) -> None:
    """Print one object."""
    print(json.dumps(value, ensure_ascii=False))


def print_rows(rows: Iterable[Mapping[str, Any]], style: Style, columns: Sequence[str]) -> None:
    """Print rows as they come: JSON lines and CSV whole, a table of the given columns for a person.

    CSV is what spreadsheets open, and a cell that begins with `=` is a formula there: such a cell gets a leading
    apostrophe. JSON lines hold the values as they are.
    """
    if style is Style.JSONL:
        for row in rows:
            print(json.dumps(row, ensure_ascii=False))
    elif style is Style.CSV:
        writer = csv.writer(sys.stdout)
        for number, row in enumerate(rows):
            if number == 0:
                writer.writerow(row)
            writer.writerow(_harmless(value) for value in row.values())
    else:
        _print_table(rows, columns)


def note(text: str) -> None:
    """Say something to the person, beside the data, at once."""
    print(text, file=sys.stderr, flush=True)


def run_with_progress(work: Work[Result]) -> Result:
    """Run work to its end, with progress on stderr: bars on a terminal, elsewhere a line now and then."""
    shown = _bars() if sys.stderr.isatty() else _lines()
    with shown as show, contextlib.closing(work):
        return finish(work, show)


@contextlib.contextmanager
def _lines(every: float = PAUSE) -> Iterator[Callable[[Progress], None]]:
    """A line as a step begins, one each `every` seconds while it lasts, and one at its end where it counts something."""
    last: Progress | None = None
    printed, at = True, 0.0

    def show(step: Progress) -> None:
        nonlocal last, printed, at
        begins = last is None or last.what != step.what
        if last and begins and not printed:
            note(_in_words(last))
        last, printed, now = step, begins or time.monotonic() - at >= every, time.monotonic()
        if printed:
            note(_in_words(step))
            at = now

    yield show
    if last and not printed:
        note(_in_words(last))


@contextlib.contextmanager
def _bars() -> Iterator[Callable[[Progress], None]]:
    """A bar for each step; one that counts nothing goes away as the next begins."""
    from rich.console import Console
    from rich.progress import BarColumn, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    name, count = TextColumn("{task.description}", markup=False), TextColumn("{task.fields[count]}", markup=False)
    columns = (SpinnerColumn(), name, BarColumn(bar_width=20), count, TimeElapsedColumn(), TimeRemainingColumn())
    with Bars(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, TaskID] = {}
        passing = ""

        def show(step: Progress) -> None:
            nonlocal passing
            if passing and passing != step.what:
                bars.remove_task(tasks.pop(passing))
                passing = ""
            if step.what not in tasks:
                tasks[step.what] = bars.add_task(step.what, total=step.total, count="")
            if not _count(step):
                passing = step.what
            bars.update(tasks[step.what], completed=step.done, total=step.total, count=_count(step))

        yield show
        if passing:
            bars.remove_task(tasks[passing])


def _count(step: Progress) -> str:
    if step.total is not None:
        return f"{step.done:,} of {step.total:,}"
    return f"{step.done:,}" if step.done else ""


def _in_words(step: Progress) -> str:
    return ": ".join(filter(None, (step.what, _count(step))))


def _harmless(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _print_table(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    cells = [[_for_a_person(column, row.get(column)) for column in columns] for row in rows]
    if not cells:
        print("nothing to show")
        return
    # a pipe has no width: every row stays one line there
    console = Console(width=None if sys.stdout.isatty() else 1000)
    longest = [max(len(column), *(len(row[k]) for row in cells)) for k, column in enumerate(columns)]
    fits = sum(longest) + 2 * len(columns) <= console.width
    shown = [k for k in range(len(columns)) if fits or any(row[k] for row in cells)]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for k in shown:
        # where there is too little room, long texts go on in the next line, and numbers stay whole
        table.add_column(columns[k], overflow="fold", no_wrap=longest[k] <= _SHORT)
    for row in cells:
        # Text, not str: a camera called "[red]" must stay what it is
        table.add_row(*(Text(row[k]) for k in shown))
    console.print(table)


def _for_a_person(column: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.3f}"
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    if column in _PATHS and isinstance(value, str):
        text = shortened_path(value)
    return visible_text(text)  # cleaned at the door already, unless a door was forgotten
