"""How commands speak: data on stdout; progress, notes and errors on stderr."""

# ruff: noqa: T201  # printing is what this module does

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

from tracer.progress import Progress, Work, finish

Result = TypeVar("Result")

PAUSE: Final = 15.0
"""Seconds between two lines of progress in a file, where each line stays."""


def print_json(value: Mapping[str, Any]) -> None:
    """Print one object."""
    print(json.dumps(value, ensure_ascii=False, allow_nan=False))


def print_lines(rows: Iterable[Mapping[str, Any]]) -> None:
    """Print JSON lines."""
    for row in rows:
        print(json.dumps(row, ensure_ascii=False, allow_nan=False))


def note(text: str) -> None:
    """Say something to the person, beside the data, at once."""
    print(text, file=sys.stderr, flush=True)


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
    """Run work to its end, with progress on stderr: bars on a terminal, elsewhere a line now and then."""
    shown = _bars() if sys.stderr.isatty() else _lines()
    with shown as show, contextlib.closing(work):
        return finish(work, show)


@contextlib.contextmanager
def _lines(every: float = PAUSE) -> Iterator[Callable[[Progress], None]]:
    """A line as a stage begins, one each `every` seconds while it lasts, and one at its end where it counts something."""
    last: Progress | None = None
    printed, at = True, 0.0

    def show(step: Progress) -> None:
        nonlocal last, printed, at
        begins = last is None or _stage(last) != _stage(step)
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
    """A bar for each stage; one that counts nothing goes away as the next begins."""
    from rich.console import Console
    from rich.progress import BarColumn, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars
    from rich.table import Column

    name = TextColumn("{task.description}", markup=False, table_column=Column(ratio=1, no_wrap=True))
    count = TextColumn("{task.fields[count]}", markup=False, table_column=Column(no_wrap=True, justify="right"))
    columns = (SpinnerColumn(), name, BarColumn(bar_width=20), count, TimeElapsedColumn())
    with Bars(*columns, console=Console(stderr=True), expand=True) as bars:
        tasks: dict[str, TaskID] = {}
        passing = ""

        def show(step: Progress) -> None:
            nonlocal passing
            stage = _stage(step)
            if passing and passing != stage:
                bars.remove_task(tasks.pop(passing))
                passing = ""
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=step.total, count="")
            if step.total is None:
                passing = stage
            bars.update(
                tasks[stage], description=step.what.replace(": ", " ", 1), completed=step.done, total=step.total,
                count=_count(step),
            )  # fmt: skip

        yield show
        if passing:
            bars.remove_task(tasks[passing])


def _stage(step: Progress) -> str:
    """The part of the work that a step belongs to: "measuring: probe of Make" is of one stage with all other measuring."""
    return step.what.partition(": ")[0]


def _count(step: Progress) -> str:
    if step.total is not None:
        return f"{step.done:,} of {step.total:,}"
    return f"{step.done:,}" if step.done else ""


def _in_words(step: Progress) -> str:
    return ": ".join(filter(None, (step.what.replace(": ", " ", 1), _count(step))))


def _for_a_person(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
