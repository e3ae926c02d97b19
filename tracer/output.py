"""How commands speak: data on stdout; progress, notes and errors on stderr."""

# ruff: noqa: T201  # printing is what this module does

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from tracer.progress import Work, finish

Result = TypeVar("Result")


def print_json(value: Mapping[str, Any]) -> None:
    """Print one object."""
    print(json.dumps(value, ensure_ascii=False, allow_nan=False))


def print_lines(rows: Iterable[Mapping[str, Any]]) -> None:
    """Print JSON lines."""
    for row in rows:
        print(json.dumps(row, ensure_ascii=False, allow_nan=False))


def note(text: str) -> None:
    """Say something to the person, beside the data."""
    print(text, file=sys.stderr)


def print_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Print a table for a person; columns that are empty throughout are left out."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = [column for column in columns if any(row.get(column) not in (None, "") for row in rows)]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in shown:
        numeric = any(
            isinstance(row.get(column), int | float) and not isinstance(row.get(column), bool) for row in rows
        )
        table.add_column(column, justify="right" if numeric else "left")
    for row in rows:
        # Text, not str: a label such as "[red]" must stay what it is
        table.add_row(*(Text(_for_a_person(row.get(column))) for column in shown))
    # a pipe has no width: nothing is cut there
    Console(width=None if sys.stdout.isatty() else 1000).print(table if rows else Text("nothing to show"))


def run_with_progress(work: Work[Result]) -> Result:
    """Run work to its end; with progress bars where stderr is a terminal, silently elsewhere."""
    if not sys.stderr.isatty():
        with contextlib.closing(work):
            return finish(work)
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    name = TextColumn("{task.description}", markup=False)
    with (
        Bars(
            SpinnerColumn(), name, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=Console(stderr=True)
        ) as bars,
        contextlib.closing(work),
    ):
        tasks: dict[str, Any] = {}
        while True:
            try:
                step = next(work)
            except StopIteration as end:
                result: Result = end.value
                return result
            stage, _, item = step.what.partition(": ")  # "measuring: probe of Make" is one bar with a changing name
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=step.total)
            bars.update(tasks[stage], description=f"{stage} {item}".rstrip(), completed=step.done, total=step.total)


def _for_a_person(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
