"""The connections to the server that have not yet shown the token.

Any user of this computer can open connections and send nothing, or half a request. Such connections have a limited time, and
there is a limited number of them: a new one takes the place of the oldest. Those with the token are not counted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from aiohttp import web

MOST_WAITING = 32
SECONDS = 10.0
"""How many connections wait at a time, and for how long. A browser sends its request at once."""


class Lobby:
    """Makes the handlers of connections, and closes those that do not show the token.

    Args:
        handler: makes the handler of a connection, as aiohttp's server does.
    """

    def __init__(self, handler: Callable[[], web.RequestHandler]) -> None:
        self._handler = handler
        self._waiting: dict[web.RequestHandler, asyncio.TimerHandle] = {}

    def __call__(self) -> web.RequestHandler:
        """Return the handler of a connection that was just made."""
        if len(self._waiting) >= MOST_WAITING:
            self._turn_away(next(iter(self._waiting)))
        new = self._handler()
        self._waiting[new] = asyncio.get_running_loop().call_later(SECONDS, self._turn_away, new)
        return new

    def let_in(self, handler: web.RequestHandler) -> None:
        """Let a connection stay, because it has shown the token."""
        timer = self._waiting.pop(handler, None)
        if timer is not None:
            timer.cancel()

    def _turn_away(self, handler: web.RequestHandler) -> None:
        self._waiting.pop(handler).cancel()
        if handler.transport is not None:
            handler.transport.abort()
