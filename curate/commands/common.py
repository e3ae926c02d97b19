"""What commands share: the options that many take, and a workspace's catalogue, opened."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from curate.output import Style, note
from curate.workspace import Workspace

Where = Annotated[Path, typer.Option("--workspace", "-w", help="The workspace; the current folder where left out.")]
WhereBelow = Annotated[Path | None, typer.Option("--workspace", "-w", help="The workspace.")]
"""The same after a subcommand: `curate cameras -w DIR set MAKE MODEL TYPE` and `curate cameras set MAKE MODEL TYPE -w DIR`."""
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Format = Annotated[Style, typer.Option("--format", help="How rows are printed.")]
HERE = Path()


def say_next(catalog: Any) -> None:
    """End a command with the next step, on standard error."""
    from curate.status import in_words, next_step, status

    note(in_words(next_step(status(catalog)), catalog.workspace.root))


@contextlib.contextmanager
def opened(workspace: Path, writing: str | None = None) -> Iterator[Any]:
    """Open a workspace's catalogue; with `writing` (the command's name) also hold its lock."""
    from curate.catalog.store import Catalog

    place = Workspace.open(workspace)
    with (
        place.writing(writing) if writing else contextlib.nullcontext(),
        Catalog.open(place, read_only=not writing) as catalog,
    ):
        yield catalog
