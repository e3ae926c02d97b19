"""The command that serves the app to a browser."""

from __future__ import annotations

from typing import Annotated

import typer

from curate.commands.common import HERE, Where
from curate.workspace import Workspace

app = typer.Typer()


@app.command()
def serve(
    workspace: Where = HERE,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port on this computer; 0 for any free one.")] = 0,
) -> None:
    """Serve the app to a browser on this computer, and print its address.

    Whoever has the address can use the app. The first window writes, further ones only read. Other computers cannot reach it;
    from there: ssh -L PORT:127.0.0.1:PORT and the name of this computer.
    """
    from curate.tui.web.serving import serve as serve_app

    serve_app(Workspace.open(workspace), port)
