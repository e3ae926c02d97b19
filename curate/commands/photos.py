"""Commands that make workspaces, and ingest, list, label and forget photos."""

from __future__ import annotations

from enum import StrEnum
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
    report_counts,
    rows_as,
    run_with_progress,
    say_next,
)
from curate.workspace import Workspace, is_workspace
from curate.workspace.settings import SETTINGS
from tracer.base.console import note, print_json, say

app = typer.Typer()


class LabelFrom(StrEnum):
    """The source of the semantic label."""

    FOLDER = "folder"


@app.command()
def new(
    directory: Path,
    recipe: Annotated[
        str, typer.Option(help="A recipe that gives the settings, such as paircams (docs/settings.md lists them).")
    ] = "",
    json: Json = False,
) -> None:
    """Make a workspace in a new or empty folder."""
    from curate.catalog.store import Catalog
    from curate.sources.made import refuse_made

    whole, there = (directory / SETTINGS).exists(), is_workspace(directory)
    if not there:
        refuse_made(directory)
    workspace = Workspace.create(directory, recipe)
    with workspace.writing("new"), Catalog.open(workspace) as catalog:
        if there and not json:
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
def ingest(
    paths: list[Path],
    workspace: Where = HERE,
    jobs: Annotated[int | None, typer.Option(min=0, help="Worker processes; 0 means one per core.")] = None,
    label_from: Annotated[
        LabelFrom | None, typer.Option(help="Take the semantic label from the photo's folder.")
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option(
            help="A sidecar CSV. Its columns, in any case: path (or file, file_name; relative to the CSV or to PATH), and any of "
            "Make, Model, taken_at, owner, license, url, semantic_label, scene (photos with one scene name show one scene)."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Ingest local photos; a later ingest reads only what changed. The folders are only read."""
    from curate.ingest import ingest as take_in
    from curate.sources.sidecar import remarks_on_columns

    said_before = remarks_on_columns(labels) if labels else []
    for remark in said_before:  # shown before a long ingest instead of after it
        note(remark)
    with opened(workspace, "ingest") as catalog:
        counts = run_with_progress(
            take_in(catalog, paths, jobs=jobs, label_from="folder" if label_from else None, labels=labels)
        )
        if counts.updated or counts.missing:  # stated scenes and replaced files change the proposed pairs
            from curate.pairing.score.learning import follow

            follow(catalog)
        for remark in counts.remarks[len(said_before) :]:
            note(remark)
        report_counts(catalog, counts, json)


@app.command()
def forget(
    paths: Annotated[
        list[Path], typer.Argument(help="Photos, as any command prints them, and folders; they may no longer exist.")
    ],
    workspace: Where = HERE,
    json: Json = False,
) -> None:
    """Remove photos, or all photos in folders, from the catalogue; the files stay. `curate undo` takes it back."""
    from curate.catalog.forgetting import forget as take_out
    from curate.pairing.score.learning import follow

    with opened(workspace, "forget") as catalog:
        count = take_out(catalog, paths)
        follow(catalog)
    print_json({"forgotten": count}) if json else say(f"forgotten {count}")


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


@app.command()
def label(
    assignment: Annotated[
        str, typer.Argument(metavar="KEY=VALUE", help="semantic_label=cat; an empty value blanks the label.")
    ],
    where: Annotated[str, typer.Option(help="The photos: one SQL expression over the label columns.")],
    workspace: Where = HERE,
    json: Json = False,
) -> None:
    """Label photos. A person's label wins over every other source; it is logged."""
    from curate.catalog import decisions
    from curate.catalog.assigning import assignment as parsed
    from tracer.base.text import counted, shell_word

    key, value = parsed(assignment)
    with opened(workspace, "label") as catalog:
        picked = catalog.photo_ids_where(where)
        changed = decisions.label(catalog, picked, key, value)
    if not picked:
        note(f"no photo matches --where {shell_word(where)}; nothing was changed")
    elif not changed:
        note(f"{counted(len(picked), 'photo')} match and already have this label from a person; nothing was changed")
    print_json({"changed": changed}) if json else say(f"changed {changed}")
