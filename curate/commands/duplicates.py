"""`curate duplicates`: copies and keepers."""

from __future__ import annotations

import typer

from curate.commands.common import HERE, Json, Where, opened
from curate.output import Style, print_json, print_rows

app = typer.Typer()


@app.command()
def duplicates(workspace: Where = HERE, json: Json = False) -> None:
    """Exact and near copies, and which one is kept."""
    from curate.duplicates import report_json
    from curate.export.run import export_rows

    with opened(workspace) as catalog:
        report = report_json(list(export_rows(catalog)))
    if json:
        print_json(report)
        return
    for kind in ("exact", "near"):
        print_rows(({"kind": kind, **group} for group in report[kind]), Style.TABLE, ("kind", "keeper", "photos"))
