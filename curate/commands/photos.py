"""Commands that make workspaces, and ingest, list, label, forget and relocate photos."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from curate.commands.common import (
    HERE,
    Format,
    Json,
    Style,
    Where,
    opened,
    print_listing,
    rows_as,
    say_next,
)
from curate.commands.parsing import add_command
from curate.operations.ingest import Backup, Forget, Ingest, Label, Relocate
from curate.workspace import Workspace, is_workspace
from curate.workspace.settings import SETTINGS
from tracer.base.console import note, print_json, say
from tracer.base.text import counted, quoted_path

app = typer.Typer()


@app.command()
def new(
    directory: Path,
    recipe: Annotated[
        str, typer.Option(help="A recipe that gives the settings, such as paircams (docs/settings.md lists them).")
    ] = "",
    json: Json = False,
) -> None:
    """Make a workspace in a new or empty folder."""
    from curate.catalog.database import version_of
    from curate.catalog.store import Catalog
    from curate.sources.made import refuse_made

    whole, there = (directory / SETTINGS).exists(), is_workspace(directory)
    if not there:
        refuse_made(directory)
    workspace = Workspace.create(directory, recipe)
    lost = bool(workspace.remains()) and version_of(workspace.catalog) is None
    with workspace.writing("new"), Catalog.open(workspace, anew=True) as catalog:
        if lost:
            note("the catalogue was lost and an empty one was made; what else is in the folder stays")
        elif there and not json:
            changed = f"{'--recipe was not used and ' * bool(recipe)}nothing was changed"
            note(f"this is already a workspace; {changed if whole else f'its {SETTINGS} was written again'}")
        if json:
            print_json({"workspace": str(workspace.root)})
        else:
            say(workspace.root)
            say_next(catalog)


@app.command()
def settings(format: Format = None, json: Json = False) -> None:
    """List the settings that workspace.toml may hold, each with its default and meaning."""
    from curate.workspace.settings import all_settings

    style = rows_as(format, json)
    rows = ({"setting": name, "default": default, "meaning": meaning} for name, default, meaning in all_settings())
    print_listing("settings", rows, style, ("setting", "default", "meaning"))


@app.command()
def restore(file: Path, workspace: Where = HERE, json: Json = False) -> None:
    """Put a backup in the catalogue's place; the catalogue that is there stays beside it under another name."""
    from curate.catalog.backups import restore as put_back

    place = Workspace.open(workspace)
    with place.writing("restore"):
        done = put_back(place, file)
    if json:
        kept = None if done.kept is None else str(done.kept)
        print_json({"restored": str(done.file), "photos": done.photos, "decisions": done.decisions, "replaced": kept})
        return
    say(f"restored {counted(done.photos, 'photo')}, {counted(done.decisions, 'decision')}")
    if done.kept is not None:
        note(f"the catalogue that it replaced is kept: {quoted_path(done.kept)}")
    with opened(workspace) as catalog:
        say_next(catalog)


@app.command()
def status(workspace: Where = HERE, json: Json = False) -> None:
    """Print what the workspace holds, what is still to be decided, and the next step."""
    from curate.status import in_words, next_step
    from curate.status import status as status_of

    with opened(workspace) as catalog:
        found = status_of(catalog)
    if json:
        print_json(found.as_json())
    else:
        say("\n".join([*found.in_words(), in_words(next_step(found), found.workspace)]))


@app.command()
def photos(
    workspace: Where = HERE,
    where: Annotated[
        str | None, typer.Option(help="One SQL expression over the label columns: \"camera_type = 'dslr'\".")
    ] = None,
    format: Format = None,
    json: Json = False,
) -> None:
    """List label rows, one per photo. docs/labels.md lists the columns that `--where` knows."""
    columns = ("path", "status", "make_normalized", "model_normalized", "camera_type", "taken_at", "semantic_label")
    style = rows_as(format, json)
    with opened(workspace) as catalog:
        if style is Style.TABLE:
            failed = catalog.count("error IS NOT NULL" if where is None else f"({where}\n) AND error IS NOT NULL")
            columns = (*columns[:2], *(("error",) if failed else ()), *columns[2:])
        print_listing("photos", catalog.labels(where), style, columns)


@app.command()
def skipped(
    place: Annotated[
        Path | None,
        typer.Argument(
            metavar="[SET]",
            help="A set that was exported from the workspace, or its folder splits; lists the photos that it leaves out.",
        ),
    ] = None,
    workspace: Where = HERE,
    format: Format = None,
    json: Json = False,
) -> None:
    """List what the last ingest skipped and why, or which photos a set or its splits leave out."""
    from curate.catalog.folders import skipped
    from curate.catalog.leftout import left_out

    style = rows_as(format, json)
    with opened(workspace) as catalog:
        listed = skipped(catalog) if place is None else left_out(catalog, place)
        rows = ({"path": path, "reason": reason} for path, reason in listed)
        print_listing("skipped", rows, style, ("path", "reason"))


for operation in (Ingest, Forget, Relocate, Backup, Label):
    add_command(app, operation)
