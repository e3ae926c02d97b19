"""`curate duplicates`: copies of photos, and which copy is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from curate.commands.common import HERE, Format, Json, Where, WhereBelow, opened, print_rows, rows_as
from tracer.base.console import note, print_json, say

app = typer.Typer()


@app.callback(invoke_without_command=True)
def duplicates(context: typer.Context, workspace: Where = HERE, json: Json = False, format: Format = None) -> None:
    """List exact and near copies, and which copy of each group is kept and why."""
    from curate.export.run import duplicate_report

    context.obj = workspace
    if context.invoked_subcommand is None:
        style = rows_as(format, json)
        with opened(workspace) as catalog:
            report = duplicate_report(catalog)
        if style is None:
            print_json(report.as_json())
            return
        groups = (
            {"kind": kind, **group.as_json()}
            for kind, found in (("exact", report.exact), ("near", report.near))
            for group in found
        )
        print_rows(groups, style, ("kind", "keeper", "reason", "photos"))


@app.command("keep")
def duplicates_keep(
    context: typer.Context,
    photo: Annotated[Path, typer.Argument(help="The copy to keep: any path that curate prints.")],
    workspace: WhereBelow = None,
) -> None:
    """State which copy of a group is kept; the decision is logged, and `curate undo` takes it back."""
    from curate.duplicates.groups import keep
    from curate.export.run import duplicate_report

    with opened(workspace or context.obj, "duplicates keep") as catalog:
        kept, news = keep(catalog, photo, duplicate_report(catalog))
    say(f"kept: {kept}")
    if not news:
        note("a person had already chosen it; nothing was logged")
