"""What commands share: the options that many take, and a workspace's catalogue, opened."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from curate.errors import UsageError, command
from curate.workspace import Workspace
from curate.workspace.settings import SETTINGS
from tracer.base.console import note, print_csv, print_json_rows, print_lines, print_table
from tracer.base.text import quoted_path


class Style(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    JSONL = "jsonl"
    CSV = "csv"


Where = Annotated[Path, typer.Option("--workspace", "-w", help="The workspace; the current folder where left out.")]
WhereBelow = Annotated[Path | None, typer.Option("--workspace", "-w", help="The workspace.")]
"""The same after a subcommand: `curate cameras -w DIR set MAKE MODEL TYPE` and `curate cameras set MAKE MODEL TYPE -w DIR`."""
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Format = Annotated[
    Style | None, typer.Option("--format", help="How rows are printed; as a table for a person where left out.")
]
HERE = Path()


def print_rows(rows: Iterable[Mapping[str, Any]], style: Style, columns: Sequence[str]) -> None:
    """Print rows: JSON lines and CSV whole, as they come; a table of the given columns for a person."""
    if style is Style.JSONL:
        print_lines(rows)
    elif style is Style.CSV:
        print_csv(rows)
    else:
        print_table(rows, columns)


def rows_as(format: Style | None, json: bool) -> Style | None:
    """Return how rows are printed; None for one JSON object that holds them.

    Raises:
        UsageError: both were asked for.
    """
    if json and format is not None:
        raise UsageError(
            "rows are printed in one way", f"--json and --format {format} were both given", "Leave one out."
        )
    return None if json else format or Style.TABLE


def print_listing(name: str, rows: Iterable[Mapping[str, Any]], style: Style | None, columns: Sequence[str]) -> None:
    """Print rows in the way that `rows_as` returned; `name` is their key in the JSON object."""
    if style is None:
        print_json_rows(name, rows)
    else:
        print_rows(rows, style, columns)


def say_next(catalog: Any) -> None:
    """End a command with the next step, on standard error."""
    from curate.status import in_words, next_step, status

    note(in_words(next_step(status(catalog)), catalog.workspace.root))


@contextlib.contextmanager
def opened(workspace: Path, writing: str | None = None) -> Iterator[Any]:
    """Open a workspace's catalogue; with `writing` (the command's name) also hold its lock."""
    from curate.catalog.store import Catalog

    place = Workspace.open(workspace)
    if not (place.root / SETTINGS).exists():
        note(
            f"{quoted_path(place.root)} has no {SETTINGS}: the default settings hold; "
            f"written again by: {command('new', place.root)}"
        )
    with (
        place.writing(writing) if writing else contextlib.nullcontext(),
        Catalog.open(place, read_only=not writing) as catalog,
    ):
        yield catalog
