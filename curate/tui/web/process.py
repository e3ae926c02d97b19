"""The process of a window, as the server sees it: what it tells the page, and its end."""

from __future__ import annotations

import asyncio
import contextlib
import json

from aiohttp import web
from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

from curate.tui.web.address import OPENED

_SECONDS_TO_END = 10.0
"""Seconds that the app has for ending by itself. All that was decided is saved by then."""


class WindowProcess(AppService):
    """Runs the app of a window.

    Args:
        command: what runs it.
        socket: the socket of the page.
        files: where the files that the app delivers are announced.
    """

    def __init__(self, command: str, socket: web.WebSocketResponse, files: DownloadManager) -> None:
        async def close() -> None:
            await socket.close()

        super().__init__(
            command,
            write_bytes=lambda data: send(socket, data),
            write_str=lambda text: send(socket, _at_its_own_address(text)),
            close=close,
            download_manager=files,
        )
        self._socket = socket

    async def on_meta(self, data: bytes) -> None:
        """Pass on what the app tells; textual-serve knows nothing of pictures."""
        if data.startswith(b'{"type": "pictures"'):
            await send(self._socket, f'["pictures", {data.decode()}]')
        else:
            await super().on_meta(data)

    async def tell_cell(self, aspect: float) -> None:
        """Tell the app the height of a character on the page, divided by its width."""
        await self.send_meta({"type": "cell", "aspect": aspect})  # type: ignore[dict-item]  # any JSON is sent

    async def stop(self) -> None:
        """Ask the app to end, and end it if it does not: it may be busy with what the page sent."""
        asked = asyncio.ensure_future(super().stop())
        await asyncio.wait([asked], timeout=_SECONDS_TO_END)
        if not asked.done() and self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
        await asked


async def send(socket: web.WebSocketResponse, data: bytes | str) -> None:
    """Send to a window; nothing where it was closed, so that its app is read to its end."""
    with contextlib.suppress(ConnectionError):
        await (socket.send_bytes(data) if isinstance(data, bytes) else socket.send_str(data))


def _at_its_own_address(text: str) -> str:
    """Let the page open a delivered file at an address without the token, which scripts in the file could read and send away."""
    kind, said = json.loads(text)
    if kind != "deliver_file_start":
        return text
    return json.dumps(["open_url", {"url": f"{OPENED}{said}", "new_tab": True}])
