"""Keys are handled in the order in which they were typed, however fast they come."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

from textual import events, on
from textual.message_pump import MessagePump
from textual.timer import Timer

from curate.tui.guarded import GuardedScreen
from curate.tui.interface import Host

_PATIENCE = 5.0
"""Seconds after which the next key is handled though a widget has not said that it is done with the one before."""


class KeysInOrder(Host):
    """An app that handles a key, or a pasted text, once the one before it has done what it does.

    Textual passes a key to the focused widget, from there up to the app, and only then looks for its action, which may open a
    window. Keys that come meanwhile would go to the widget that had the focus before. So they wait here: first for the
    widgets on that way, twice, since an action may send them messages of its own; then for the new screen to be drawn.
    """

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._waiting: deque[events.Key | events.Paste] = deque()
        self._under_way: events.Key | events.Paste | None = None
        self._patience: Timer | None = None
        self._until_drawn = False

    async def on_event(self, event: events.Event) -> None:
        """Handle an event; a key waits for those that were typed before it."""
        if not isinstance(event, events.Key | events.Paste) or event.is_forwarded:
            await super().on_event(event)
            return
        self._waiting.append(event)
        if self._under_way is None:
            await self._handle_next()

    async def _handle_next(self) -> None:
        key = self._under_way = self._waiting.popleft()
        self._patience = self.set_timer(_PATIENCE, lambda: self._go_on(key))
        way = [*(self.focused or self.screen).ancestors_with_self]
        try:
            await super().on_event(key)
        finally:
            self._follow(key, [*way, *way])

    def _follow(self, key: events.Key | events.Paste, way: Sequence[MessagePump]) -> None:
        """Ask each widget in turn to go on here once it has handled its messages; the last one is the app."""
        for at, pump in enumerate(way, start=1):
            if pump.is_running and pump.call_later(self._follow, key, way[at:]):
                return
        if key is self._under_way:
            screen = self.screen
            self._until_drawn = isinstance(screen, GuardedScreen) and not screen.drawn
            if not self._until_drawn:
                self.call_later(self._go_on, key)

    @on(GuardedScreen.Drawn)
    async def _handle_keys_of_a_new_screen(self) -> None:
        if self._until_drawn and self._under_way is not None:
            await self._go_on(self._under_way)

    async def _go_on(self, done: events.Key | events.Paste) -> None:
        if done is not self._under_way:
            return
        self._under_way, self._until_drawn = None, False
        if self._patience is not None:
            self._patience.stop()
        if self._waiting:
            await self._handle_next()
