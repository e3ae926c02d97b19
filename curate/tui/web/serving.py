"""Runs the server of `curate serve` until it is interrupted."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import signal
import socket
import sys
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from curate.tui.web.address import LOOPBACK, Address, listening
from curate.tui.web.lobby import MOST_WAITING, Lobby
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
    listeners = listening(port)
    address = Address(listeners[0].getsockname()[1])
    say(str(address))
    sys.stdout.flush()
    note(f"Open this address in a browser on this computer. It opens {quoted_path(workspace.root)}; Ctrl-C ends it.")
    way = f"ssh -L {address.port}:{LOOPBACK}:{address.port}"
    note(f"From another computer: {way} and the name of this one; then open the same address there.")
    with contextlib.redirect_stdout(sys.stderr):  # what textual-serve prints are errors of windows
        asyncio.run(_serve(Site(workspace, address), listeners))


async def _serve(site: Site, listeners: Sequence[socket.socket]) -> None:
    """Answer until the process is interrupted."""
    loop, interrupted = asyncio.get_running_loop(), asyncio.Event()
    loop.set_exception_handler(_without_accept_errors)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupted.set)
    runner = web.AppRunner(site.application(), access_log=None, shutdown_timeout=_END_SECONDS)
    await runner.setup()
    assert runner.server is not None
    site.lobby = Lobby(runner.server)
    servers = [await loop.create_server(site.lobby, sock=listener, backlog=MOST_WAITING) for listener in listeners]
    await interrupted.wait()
    for server in servers:
        server.close()
    await runner.cleanup()


def _without_accept_errors(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Say nothing of connections for which no file is free: the loop tries again, and would tell each time with a traceback."""
    error = context.get("exception")
    if not (isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)):
        loop.default_exception_handler(context)
