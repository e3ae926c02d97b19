"""How the app of a window speaks with the server: Textual's packets, and an end whenever the server ends."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading

from textual import messages
from textual.drivers.web_driver import WebDriver

_SECONDS_TO_END = 10.0
"""Seconds that the app has for ending by itself."""


class WindowDriver(WebDriver):
    """Ends the app when its window is closed, and when the server was killed: an app that nobody sees would hold the lock."""

    def start_application_mode(self) -> None:
        """Start, and remember the loop that the thread of the keys speaks to."""
        self._loop = asyncio.get_running_loop()
        super().start_application_mode()

    def run_input_thread(self) -> None:
        """Pass keys on until the server's end of the pipe is closed."""
        super().run_input_thread()
        if not self.exit_event.is_set():
            with contextlib.suppress(RuntimeError):  # the loop ended at the same time
                self._loop.call_soon_threadsafe(self._app.post_message, messages.ExitApp())
            _end_soon()

    def on_meta(self, packet_type: str, payload: dict[str, object]) -> None:
        """Do what the server says."""
        super().on_meta(packet_type, payload)
        if packet_type == "quit":
            _end_soon()

    def write(self, data: str) -> None:
        """Draw; nothing where nobody reads any more."""
        with contextlib.suppress(BrokenPipeError):
            super().write(data)

    def write_meta(self, data: dict[str, object]) -> None:
        """Tell the server something; nothing where nobody reads any more."""
        with contextlib.suppress(BrokenPipeError):
            super().write_meta(data)


def _end_soon() -> None:
    """End the process after some seconds, in which the app usually ends by itself. All that was decided is saved by then."""
    timer = threading.Timer(_SECONDS_TO_END, os._exit, [1])
    timer.daemon = True
    timer.start()
