"""Commands that find, list and decide pairs."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from curate.commands.common import (
    HERE,
    Format,
    Json,
    Where,
    opened,
    print_listing,
    rows_as,
)
from curate.commands.parsing import add_command
from curate.operations.decisions import Accept, AcceptAllAbove, ImportDecisions, Redo, Reject, Undo, note_gone
from curate.operations.pairs import FindPairs, ImportPairs
from tracer.base.console import note, print_json, print_lines, say
from tracer.base.text import counted, quoted_path

app = typer.Typer()
pairs_app = typer.Typer(rich_markup_mode=None)
decide_app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)
decisions_app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)
app.add_typer(pairs_app, name="pairs", help="List pairs, the best first; import known ones.")
app.add_typer(decide_app, name="decide", help="Accept or reject pairs without the app.")
app.add_typer(decisions_app, name="decisions", help="Export and import decisions as JSON lines.")


PhotoPath = Annotated[Path, typer.Argument(help="A photo: any path that curate prints.")]


class Status(StrEnum):
    """What was decided about a pair; of the candidates, the proposed ones are those that a review asks about first."""

    PROPOSED = "proposed"
    CANDIDATE = "candidate"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


@pairs_app.callback(invoke_without_command=True)
def pairs(
    context: typer.Context,
    workspace: Where = HERE,
    status: Annotated[
        Status | None,
        typer.Option(help="Only pairs with this status; proposed are those candidates that a review asks about first."),
    ] = None,
    remarks: Annotated[
        bool, typer.Option("--remarks", help="Only pairs with a flag or a note, and print these.")
    ] = False,
    format: Format = None,
    json: Json = False,
) -> None:
    """List pairs, the best first."""
    from curate.catalog import decisions
    from curate.catalog.pairs import pairs as all_pairs
    from curate.catalog.pairs import remarked

    context.obj = workspace
    if context.invoked_subcommand is not None:
        return
    style = rows_as(format, json)
    with opened(workspace) as catalog:
        for line in note_gone(decisions.gone(catalog), catalog.workspace.root):
            note(line)
        found = all_pairs(catalog, status.value if status else None)
        rows = (row.as_json() for row in found) if not remarks else remarked(catalog, found)
        last = ("flagged", "note") if remarks else ("subject_idx",)
        print_listing("pairs", rows, style, ("score", "status", "phone", "other", *last))


@app.command()
def matches(
    phone: PhotoPath,
    other: PhotoPath,
    output: Annotated[Path, typer.Option("--output", "-o", help="The PNG to write; not in a folder of originals.")],
    workspace: Where = HERE,
    replace: Annotated[bool, typer.Option("--replace", help="Replace an existing file.")] = False,
    json: Json = False,
) -> None:
    """Draw two photos side by side, with lines between the matching points that fit one view of the scene."""
    from curate.pairing.run import draw_pair

    with opened(workspace) as catalog:
        count = draw_pair(catalog, phone, other, output, replace=replace)
    if not count:
        note("no matching points of the two photos fit one view: the drawing has no lines")
    answer = {"output": str(output.absolute()), "matches": count}
    print_json(answer) if json else say(f"{counted(count, 'matching point')}: {quoted_path(output.absolute())}")


class ClassBy(StrEnum):
    """What decides the class of a photo."""

    CAMERA = "camera"
    MAKE = "make"
    TYPE = "type"
    CLASS = "class"


@app.command()
def groups(
    workspace: Where = HERE,
    by: Annotated[ClassBy, typer.Option(help="What decides the class of a photo.")] = ClassBy.CAMERA,
    draw: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="ONE TWO", help="Draw one photo of each of two classes from every scene that has both."),
    ] = None,
    format: Format = None,
    json: Json = False,
) -> None:
    """List the photos of each scene, from all cameras, or draw a two-class set from them."""
    from curate.pairing.groups import drawn
    from curate.pairing.groups import groups as all_groups

    style = rows_as(format, json)
    with opened(workspace) as catalog:
        found = all_groups(catalog, by.value)
    rows: Iterable[dict[str, Any]]
    if draw is None:
        rows = (
            {"scene_idx": scene, "path": member.path, "class": member.label, "paired": member.paired}
            for scene, members in found.items()
            for member in members
        )
        print_listing("groups", rows, style, ("scene_idx", "class", "paired", "path"))
    else:
        chosen = drawn(found, *draw)
        rows = ({"scene_idx": scene, draw[0]: one.path, draw[1]: two.path} for scene, one, two in chosen)
        print_listing("groups", rows, style, ("scene_idx", *draw))


add_command(app, FindPairs)
add_command(pairs_app, ImportPairs)
for decision in (Accept, Reject, AcceptAllAbove):
    add_command(decide_app, decision)
for step in (Undo, Redo):
    add_command(app, step)
add_command(decisions_app, ImportDecisions)


@decisions_app.command("export")
def decisions_export(workspace: Where = HERE) -> None:
    """Print the decision log as JSON lines that another workspace can import."""
    from curate.catalog.exchange import exported

    with opened(workspace) as catalog:
        print_lines(exported(catalog))
