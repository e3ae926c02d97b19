"""How the app of a window speaks with the server: Textual's packets, the pictures in view, and an end when the server ends."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading

from textual import messages
from textual.drivers.web_driver import WebDriver
from textual.message import Message

from curate.tui.terminal_images import PAGE
from curate.tui.widgets.pagepicture import Shown, pictures_in_view

_SECONDS_TO_END = 10.0
"""Seconds that the app has for ending by itself."""


_MOST_WAITING = 500
"""Keys that wait for the app; those that a page sends beyond that wait in the pipe."""


class WindowDriver(WebDriver):
    """Ends the app when its window is closed, and when the server was killed: an app that nobody sees would hold the lock."""

    def start_application_mode(self) -> None:
        """Start, and remember the loop that the thread of the keys speaks to."""
        self._loop = asyncio.get_running_loop()
        self._shown: list[Shown] = []
        super().start_application_mode()

    def send_message(self, message: Message) -> None:
        """Pass a key on, after most of those before it."""
        taken = threading.Event()
        while self._app.message_queue_size > _MOST_WAITING and not self.exit_event.wait(0.01):
            pass
        super().send_message(message)
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(taken.set)
            taken.wait(1.0)

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
        elif packet_type == "cell" and isinstance(payload["aspect"], float):
            PAGE.cell_aspect = payload["aspect"]

    def write(self, data: str) -> None:
        """Draw, and tell which pictures are in view now; nothing where nobody reads any more."""
        with contextlib.suppress(BrokenPipeError):
            super().write(data)
            self._tell_pictures()

    def _tell_pictures(self) -> None:
        """Tell the page which pictures are in view, if others are than before. The data of a picture are sent where it is new."""
        found = pictures_in_view(self._app.screen) if self._app.screen_stack else []
        shown, before = [place for place, _ in found], {number for number, *_ in self._shown}
        if shown == self._shown:
            return
        self._shown = shown
        told = [
            {"number": number, "at": at, "within": within, "data": "" if number in before else picture.jpeg()}
            for (number, at, within), picture in found
        ]
        self.write_meta({"type": "pictures", "room": self._app.size, "shown": told})

    def write_meta(self, data: dict[str, object]) -> None:
        """Tell the server something; nothing where nobody reads any more."""
        with contextlib.suppress(BrokenPipeError):
            super().write_meta(data)


def _end_soon() -> None:
    """End the process after some seconds, in which the app usually ends by itself. All that was decided is saved by then."""
    timer = threading.Timer(_SECONDS_TO_END, os._exit, [1])
    timer.daemon = True
    timer.start()
