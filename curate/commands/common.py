"""Options that several commands take, and functions that open a workspace's catalogue and print rows."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from curate.errors import CurateError, UsageError, command
from curate.workspace import Workspace
from curate.workspace.settings import SETTINGS
from tracer.base import console
from tracer.base.console import note, print_csv, print_json_rows, print_lines, print_table
from tracer.base.progress import Result, Work
from tracer.base.text import quoted_path


class Style(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    JSONL = "jsonl"
    CSV = "csv"


Where = Annotated[Path, typer.Option("--workspace", "-w", help="The workspace; by default the current folder.")]
WhereBelow = Annotated[Path | None, typer.Option("--workspace", "-w", help="The workspace.")]
"""The same option for subcommands: `curate cameras -w DIR set MAKE MODEL TYPE` or `curate cameras set MAKE MODEL TYPE -w DIR`."""
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Format = Annotated[Style | None, typer.Option("--format", help="How rows are printed; by default as a table.")]
HERE = Path()
_TAKE_IN = ("ingest", "import", "flickr")
"""The first words of commands that may come first in a new workspace, and then make its catalogue, as `curate new` does."""
_NAMED = 10
"""Photos that are left out for one reason and named; of more, the number is printed."""


def print_rows(rows: Iterable[Mapping[str, Any]], style: Style, columns: Sequence[str]) -> None:
    """Print rows: JSON lines and CSV with all columns, one row at a time; a table with only the given columns."""
    if style is Style.JSONL:
        print_lines(rows)
    elif style is Style.CSV:
        print_csv(rows)
    else:
        print_table(rows, columns)


def rows_as(format: Style | None, json: bool) -> Style | None:
    """Return the style in which rows are printed; None for one JSON object that holds them.

    Raises:
        UsageError: both options were given.
    """
    if json and format is not None:
        raise UsageError(
            "rows are printed in one way", f"--json and --format {format} were both given", "Leave one out."
        )
    return None if json else format or Style.TABLE


def print_listing(name: str, rows: Iterable[Mapping[str, Any]], style: Style | None, columns: Sequence[str]) -> None:
    """Print rows in the style that `rows_as` returned; `name` is their key in the JSON object."""
    if style is None:
        print_json_rows(name, rows)
    else:
        print_rows(rows, style, columns)


def run_with_progress(work: Work[Result]) -> Result:
    """Run long work to its end and return its result, with progress on standard error; tell after Ctrl-C what became of it."""
    try:
        return console.run_with_progress(work)
    except KeyboardInterrupt:
        note("Stopped. What is finished is kept; the same command can be given again.")
        raise


def say_next(catalog: Any) -> None:
    """Print the next step to standard error."""
    from curate.status import in_words, next_step, status

    note(in_words(next_step(status(catalog)), catalog.workspace.root))


@contextlib.contextmanager
def opened(workspace: Path, writing: str | None = None) -> Iterator[Any]:
    """Open a workspace's catalogue; with `writing` (the command's name), also take the writer's lock."""
    from curate.catalog.backups import keep_daily, lost
    from curate.catalog.database import version_of
    from curate.catalog.store import Catalog

    place = Workspace.open(workspace)
    if not (writing or "").startswith(_TAKE_IN) and version_of(place.catalog) is None:
        raise lost(place)
    if not (place.root / SETTINGS).exists():
        note(
            f"{quoted_path(place.root)} has no {SETTINGS}; the default settings are used; "
            f"to write it again: {command('new', place.root)}"
        )
    with (
        place.writing(writing) if writing else contextlib.nullcontext(),
        Catalog.open(place, read_only=not writing) as catalog,
    ):
        if writing:
            try:
                keep_daily(place)
            except CurateError as error:
                note(str(error))
        yield catalog
