"""Commands that harvest Flickr: search, EXIF, originals, recheck, status."""

from __future__ import annotations

import typer

from curate.commands.common import HERE, Json, Where, opened
from curate.commands.parsing import add_command
from curate.operations import flickr
from curate.operations.registry import operations_in
from tracer.base.console import print_json, say

app = typer.Typer(no_args_is_help=True)

NOTICE = "This product uses the Flickr API but is not endorsed or certified by SmugMug, Inc."

for operation in operations_in(flickr):
    add_command(app, operation)


@app.command()
def status(workspace: Where = HERE, json: Json = False) -> None:
    """Print what was harvested, what waits, what was refused and why, and the calls that were made and are left."""
    from curate.sources.flickr.counts import harvest_status

    with opened(workspace) as catalog:
        found = harvest_status(catalog)
    print_json(found.as_json()) if json else say("\n".join(found.in_words()))
