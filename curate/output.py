"""How commands speak: data on stdout; progress, notes and errors on stderr."""

from __future__ import annotations

import contextlib
import csv
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeVar

from curate.progress import Progress, Work
from curate.text import shortened_path, visible_text

Result = TypeVar("Result")


class Style(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    JSONL = "jsonl"
    CSV = "csv"


_PATHS = ("path", "phone", "other", "keeper")
"""Columns of which a table shows the last two names; JSON lines and CSV hold the whole path."""

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
    """Say something to the person, beside the data."""
    print(text, file=sys.stderr)


def run_with_progress(work: Work[Result]) -> Result:
    """Run work to its end with a progress bar on stderr; where stderr is no terminal, with a line a stage."""
    if not sys.stderr.isatty():
        return _run_plainly(work)
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as Bars

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=Console(stderr=True)) as bars, contextlib.closing(work):
        tasks: dict[str, Any] = {}
        while True:
            try:
                step = next(work)
            except StopIteration as end:
                result: Result = end.value
                return result
            if step.what not in tasks:
                tasks[step.what] = bars.add_task(step.what, total=step.total)
            bars.update(tasks[step.what], completed=step.done, total=step.total)


def _run_plainly(work: Work[Result]) -> Result:
    last: Progress | None = None
    with contextlib.closing(work):
        while True:
            try:
                step = next(work)
            except StopIteration as end:
                if last:
                    note(f"{last.what}: {last.done}")
                result: Result = end.value
                return result
            if last and last.what != step.what:
                note(f"{last.what}: {last.done}")
            last = step


def _harmless(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _print_table(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="ellipsis", no_wrap=True)
    count = 0
    for row in rows:
        # Text, not str: a camera called "[red]" must stay what it is
        table.add_row(*(Text(_for_a_person(column, row.get(column))) for column in columns))
        count += 1
    # a pipe has no width: nothing is cut there
    Console(width=None if sys.stdout.isatty() else 1000).print(table if count else Text("nothing to show"))


def _for_a_person(column: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.3f}"
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    if column in _PATHS and isinstance(value, str):
        text = shortened_path(value)
    return visible_text(text)  # cleaned at the door already, unless a door was forgotten
