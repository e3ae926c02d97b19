"""Runs the server of `curate serve` until it is interrupted."""

from __future__ import annotations

import contextlib
import sys

from aiohttp import web

from curate.tui.web.address import LOOPBACK, Address, listening
from curate.tui.web.site import Site
from curate.workspace import Workspace
from tracer.base.console import note, say
from tracer.base.text import quoted_path

_END_SECONDS = 15.0
"""Seconds that windows have for ending."""


def serve(workspace: Workspace, port: int) -> None:
    """Serve the app on a workspace, and print its address; Ctrl-C ends it together with its windows.

    Args:
        workspace: the workspace.
        port: the port; 0 for any that is free.

    Raises:
        UsageError: the port cannot be listened on.
    """
    listener = listening(port)
    address = Address(listener.getsockname()[1])
    site = Site(workspace, address).application()
    say(str(address))
    sys.stdout.flush()
    note(f"Open this address in a browser on this computer. It opens {quoted_path(workspace.root)}; Ctrl-C ends it.")
    way = f"ssh -L {address.port}:{LOOPBACK}:{address.port}"
    note(f"From another computer: {way} and the name of this one; then open the same address there.")
    with contextlib.redirect_stdout(sys.stderr):  # what textual-serve prints are errors of windows
        web.run_app(site, sock=listener, print=None, access_log=None, shutdown_timeout=_END_SECONDS)
