"""`curate clocks`: how far the clocks of cameras differ."""

from __future__ import annotations

from typing import Annotated

import typer

from curate.commands.common import HERE, Format, Json, Where, WhereBelow, opened, print_listing, rows_as
from curate.errors import command
from tracer.base.console import note, say

app = typer.Typer()


@app.callback(invoke_without_command=True)
def clocks(context: typer.Context, workspace: Where = HERE, format: Format = None, json: Json = False) -> None:
    """List how far the clocks of two cameras differ: estimated from the photos by `curate pair`, or stated by a person."""
    from curate.catalog.clocks import clock_offsets

    context.obj = workspace
    if context.invoked_subcommand is None:
        style = rows_as(format, json)
        with opened(workspace) as catalog:
            offsets = [
                offset.to_dict() | {"origin": "person" if offset.source == "person" else "photos"}
                for offset in clock_offsets(catalog)
            ]
        columns = ("camera_a", "camera_b", "seconds", "margin", "spread", "support", "source", "since", "until", "jump")
        print_listing("offsets", offsets, style, columns)


# lets -5 be a number instead of an option; a misspelt option then fails as a surplus argument or as not a number
@app.command("set", context_settings={"ignore_unknown_options": True})
def clocks_set(
    context: typer.Context,
    camera_a: Annotated[str, typer.Argument(help="make|model, as `curate clocks` prints it.")],
    camera_b: str,
    seconds: float,
    workspace: WhereBelow = None,
) -> None:
    """State by how many seconds the clock of camera B is ahead of that of camera A; `curate undo` takes it back."""
    from curate.pairing.clocks.workspace_offsets import state_clock_offset

    with opened(workspace or context.obj, "clocks set") as catalog:
        state_clock_offset(catalog, camera_a, camera_b, seconds)
        root = catalog.workspace.root
    say(f"{camera_b} against {camera_a}: {seconds:,g} s")
    note(f"to use it: {command('pair', workspace=root)}; to take it back: {command('undo', workspace=root)}")


@app.command("unset")
def clocks_unset(
    context: typer.Context,
    camera_a: Annotated[str, typer.Argument(help="make|model, as `curate clocks` prints it.")],
    camera_b: str,
    workspace: WhereBelow = None,
) -> None:
    """Withdraw a stated offset between two clocks; the next `curate pair` estimates it from the photos again."""
    from curate.pairing.clocks.workspace_offsets import withdraw_clock_offset

    with opened(workspace or context.obj, "clocks unset") as catalog:
        withdraw_clock_offset(catalog, camera_a, camera_b)
        root = catalog.workspace.root
    say(f"{camera_b} against {camera_a}: no offset is stated")
    note(
        f"to estimate it from the photos: {command('pair', workspace=root)}; to state it again: {command('undo', workspace=root)}"
    )
