"""Commands that take photos in from data sets and exports of other programs: `curate import …`."""

from __future__ import annotations

import typer

from curate.commands.parsing import add_command
from curate.operations import imports
from curate.operations.registry import operations_in

app = typer.Typer()

for operation in operations_in(imports):
    add_command(app, operation)
