"""What commands share: the options that many take, and a workspace's catalogue, opened."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from curate.output import Style
from curate.workspace import Workspace

Where = Annotated[Path, typer.Option("--workspace", "-w", help="The workspace; the current folder where left out.")]
WhereBelow = Annotated[Path | None, typer.Option("--workspace", "-w", help="The workspace.")]
"""The same after a subcommand: `curate cameras -w DIR set …` and `curate cameras set … -w DIR` mean the same."""
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Format = Annotated[Style, typer.Option("--format", help="How rows are printed.")]
HERE = Path()


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
