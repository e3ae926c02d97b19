"""The server of `curate serve`: one page, its own files, and a process of the app for each window that opens it.

textual-serve brings the terminal that runs in the browser and the packets between it and an app (`process`). Its own server
has no token, answers any name of this computer and lets its page load a font from elsewhere, so requests are answered here.
"""

from __future__ import annotations

import asyncio
import html
import json
import shlex
import sys
from collections.abc import Awaitable, Callable
from importlib import resources
from pathlib import Path
from string import Template
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web
from textual_serve.download_manager import DownloadManager

from curate.tui.web.address import OPENED, Address
from curate.tui.web.lobby import Lobby
from curate.tui.web.process import WindowProcess, send
from curate.workspace import Workspace
from tracer.base.parsing import parse_json

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_THEIRS = {
    "textual.js": "js/textual.js",
    "xterm.css": "css/xterm.css",
    "font.ttf": "fonts/RobotoMono-VariableFont_wght.ttf",
    "font-italic.ttf": "fonts/RobotoMono-Italic-VariableFont_wght.ttf",
}
"""Files of textual-serve by the names that the page gives them; no other file is served but our own."""

_OURS = {"page.css": "text/css", "page.js": "text/javascript"}

_HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",  # the address of the page holds the token
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; img-src 'self' data:; "
    "connect-src 'self'{socket}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""What the page may load: its own files, and its socket."""

_POLICY_OF_FILES = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; "
    "font-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""A report that is opened is a page of its own, which can reach neither the app nor the network."""

_RELOAD_SECONDS = 5.0
"""Seconds that a new window waits for windows that are just being closed, so that a page that is loaded again can write again."""

_PATIENCE_SECONDS = 10.0
"""Seconds for which a page waits until its app takes what it sent, of which much fits into the pipe between them."""

_LARGEST = 1000
"""Columns and rows of the largest window."""

_LONGEST_FRAME, _MOST_KEYS = 1 << 20, 1 << 16
"""Characters of what a page sends at once, and of the keys in it; a page that sends more is closed, and more keys are dropped."""


class Site:
    """The server's answers.

    Args:
        workspace: the workspace that is opened.
        address: where the server is.

    Attributes:
        lobby: where connections wait that have not shown the token.
    """

    lobby: Lobby

    def __init__(self, workspace: Workspace, address: Address) -> None:
        self._name, self._address = workspace.name, address
        # the shell ignores Ctrl-C, and so does the app until it handles it: the server ends it
        module = shlex.join([sys.executable, "-P", "-m", "curate.tui.web.window", str(workspace.root)])
        self._command = f"trap '' INT; exec {module}"
        self._files = DownloadManager()
        self._open: set[web.WebSocketResponse] = set()
        self._ending: set[asyncio.Task[None]] = set()

    def application(self) -> web.Application:
        """Return the application that aiohttp runs."""
        app = web.Application(middlewares=[self._guard])
        app.add_routes(
            [
                web.get("/{token}", self._to_the_page),
                web.get("/{token}/", self._page),
                web.get("/{token}/static/{name}", self._static),
                web.get("/{token}/ws", self._window),
                web.get(OPENED + "{key}", self._download),
            ]
        )
        app.on_shutdown.append(self._close_windows)
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse what does not come from the address that was printed, whatever it asks for."""
        why = self._address.refusal(request.host, request.path)
        if why:
            return web.Response(status=403, text=f"{why}\n", headers=_HEADERS)
        if not request.path.startswith(OPENED):
            self.lobby.let_in(request.protocol)
        try:
            return await handler(request)
        except web.HTTPException as error:  # of aiohttp itself: no such path, no such method
            return web.Response(status=error.status, text=f"{error.reason}\n", headers=_HEADERS)

    async def _to_the_page(self, _request: web.Request) -> web.Response:
        """Answer to the address without its last stroke, from which the page's own files would not be found."""
        return web.Response(status=302, headers=_HEADERS | {"Location": f"/{self._address.token}/"})

    async def _page(self, request: web.Request) -> web.Response:
        page = Template(_own("page.html"))
        socket = f"ws://{request.host}/{self._address.token}/ws"
        text = page.substitute(name=html.escape(self._name), socket=html.escape(socket))
        named = "" if "[" in request.host else f" ws://{request.host}"  # browsers do not know `[::1]` in a policy
        alone = {
            "Content-Security-Policy": _POLICY.format(socket=named),
            "Cross-Origin-Opener-Policy": "same-origin",
        }
        return web.Response(text=text, content_type="text/html", headers=_HEADERS | alone)

    async def _static(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        if name in _OURS:
            return web.Response(text=_own(name), content_type=_OURS[name], headers=_HEADERS)
        if name not in _THEIRS:
            raise web.HTTPNotFound
        theirs = resources.files("textual_serve") / "static" / _THEIRS[name]
        return web.FileResponse(Path(str(theirs)), headers=_HEADERS)

    async def _download(self, request: web.Request) -> web.StreamResponse:
        """Answer with a file that the app of a window delivers."""
        key = request.match_info["key"]
        try:
            file = await self._files.get_download_metadata(key)
        except KeyError:
            raise web.HTTPNotFound from None
        headers = {"Content-Type": file.mime_type, "Content-Security-Policy": _POLICY_OF_FILES}
        response = web.StreamResponse(headers=_HEADERS | headers)
        await response.prepare(request)
        async for part in self._files.download(key):
            await response.write(part)
        await response.write_eof()
        return response

    # --- windows

    async def _window(self, request: web.Request) -> web.StreamResponse:
        """Run the app for a window until either ends."""
        why = self._address.refusal_of_socket(request.host, request.headers.get("Origin", ""))
        if why:
            return web.Response(status=403, text=f"{why}\n", headers=_HEADERS)
        socket = web.WebSocketResponse(heartbeat=15, compress=False, max_msg_size=_LONGEST_FRAME)
        await socket.prepare(request)
        self._open.add(socket)
        if self._ending:
            await asyncio.wait(self._ending, timeout=_RELOAD_SECONDS)
        app = WindowProcess(self._command, socket, self._files)
        await app.start(_cells(request.query.get("width"), 80), _cells(request.query.get("height"), 24))
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await asyncio.wait_for(_pass_on(message.data, socket, app), _PATIENCE_SECONDS)
        except TimeoutError:  # while it waits for the app, it would not see that the page is gone
            await socket.close()
        finally:
            self._open.discard(socket)
            ending = asyncio.ensure_future(app.stop())
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)
            await asyncio.shield(ending)
        return socket

    async def _close_windows(self, _app: web.Application) -> None:
        """Close all windows, so that their apps end."""
        for socket in [*self._open]:
            await socket.close(code=WSCloseCode.GOING_AWAY)


def _own(name: str) -> str:
    return (resources.files("curate.tui.web") / name).read_text(encoding="utf-8")


def _cells(said: Any, otherwise: int) -> int:
    """Return a number of columns or rows that a browser named, within what an app can draw."""
    try:
        return min(max(int(said), 1), _LARGEST)
    except (TypeError, ValueError, OverflowError):
        return otherwise


async def _pass_on(text: str, socket: web.WebSocketResponse, app: WindowProcess) -> None:
    """Pass on what the page says: keys, its size, that of a character, whether it has the focus. The rest is dropped."""
    try:
        kind, *rest = parse_json(text.encode(errors="replace"))
    except (ValueError, TypeError):
        return
    said = rest[0] if rest else None
    if kind == "stdin" and isinstance(said, str) and len(said) <= _MOST_KEYS:
        await app.send_bytes(said.encode("utf-8", "replace"))
    elif kind == "resize" and isinstance(said, dict):
        await app.set_terminal_size(_cells(said.get("width"), 80), _cells(said.get("height"), 24))
    elif kind == "cell" and isinstance(said, float | int) and 0.5 <= said <= 10:
        await app.tell_cell(float(said))
    elif kind == "ping":
        await send(socket, json.dumps(["pong", said]))
    elif kind == "focus":
        await app.focus()
    elif kind == "blur":
        await app.blur()
