"""HTTP/1.1 on a socket: reads requests, sends replies whole or as a fault wants them, and hangs up when the server stops."""

from __future__ import annotations

import socket
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from tests.helpers.fake_flickr.faults import page
from tests.helpers.fake_flickr.log import Outcome, Record
from tests.helpers.fake_flickr.written import Delivery, Reply

if TYPE_CHECKING:
    from tests.helpers.fake_flickr.server import FakeFlickr

PATH = "/services/rest/"

_BLOCK = bytes(1 << 16)
_MOST_SENT = 1 << 30
"""Bytes after which even an endless body ends: a caller that reads so far has failed the test long ago."""


class Server(ThreadingHTTPServer):
    """Listens on the loopback address; keeps the open connections, so that none is left when it stops."""

    daemon_threads = False
    block_on_close = True
    request_queue_size = 128

    def __init__(self, fake: FakeFlickr, port: int) -> None:
        self.fake = fake
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__(("127.0.0.1", port), Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection and remember it."""
        connection, address = super().get_request()
        with self._guard:
            self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        """Close a connection and forget it."""
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """End the connections that callers keep alive; their threads then end too."""
        with self._guard:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:  # the caller was first
                    continue

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep what the fake itself did wrong; a caller that went away is nothing wrong."""
        error = sys.exception()
        if error is not None and not isinstance(error, ConnectionError):
            self.fake.failures.append(error)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing: the records are the log."""

    def do_GET(self) -> None:
        """Answer a GET request."""
        fake, parts = cast("Server", self.server).fake, urlsplit(self.path)
        host = self.headers.get("Host", "")
        if parts.path.startswith("/control/"):
            self._send(fake.control(parts.query, parts.path))
        elif parts.path.rstrip("/") == PATH.rstrip("/"):
            self._deliver(*fake.call(parts.query, host))
        elif parts.path.startswith(("/live/", "/photo_unavailable")):
            self._deliver(*fake.image(self.path, host, str(self.headers)))
        else:
            self._send(page(404, "Not Found"))

    def _deliver(self, reply: Reply, record: Record) -> None:
        """Send a reply; the record is kept before, so that whoever has the reply also finds the record."""
        fake = cast("Server", self.server).fake
        fake.put(record)
        try:
            sent = self._send(reply)
        except ConnectionError:
            self.close_connection = True
            if record.outcome in (Outcome.ANSWERED, Outcome.REFUSED):
                fake.amend(record, outcome=Outcome.LOST)
            return
        if reply.delivery is Delivery.ENDLESS:
            fake.amend(record, sent=sent)

    def _send(self, reply: Reply) -> int:
        """Send a reply as its delivery says, and return the number of its body's bytes that were sent."""
        stopping = cast("Server", self.server).fake.stopping
        endless, whole = reply.delivery is Delivery.ENDLESS, reply.delivery is Delivery.WHOLE
        self.close_connection = self.close_connection or not whole
        if reply.delivery is Delivery.CLOSED:
            return 0
        if whole:
            stopping.wait(reply.wait)
            self.connection.sendall(self._head(reply, len(reply.body)) + reply.body)
            return len(reply.body)
        if endless:
            return self._send_on(reply)
        if reply.delivery is Delivery.HALF:
            half = reply.body[: len(reply.body) // 2]
            self.connection.sendall(self._head(reply, len(reply.body)) + half)
            return len(half)
        self.connection.sendall(self._head(reply, len(reply.body)))
        stopping.wait(reply.wait)
        return 0

    def _send_on(self, reply: Reply) -> int:
        """Send a body up to the length that it claims, or without end, until the caller hangs up."""
        stopping, sent = cast("Server", self.server).fake.stopping, len(reply.body)
        try:
            self.connection.sendall(self._head(reply, reply.length) + reply.body)
            while sent < (reply.length or _MOST_SENT) and not stopping.is_set():
                self.connection.sendall(_BLOCK)
                sent += len(_BLOCK)
        except ConnectionError:
            return sent
        return sent

    def _head(self, reply: Reply, length: int | None) -> bytes:
        lines = [f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}", f"Date: {self.date_time_string()}"]
        lines += [f"Content-Type: {reply.kind}", *(f"{name}: {value}" for name, value in reply.headers)]
        lines += [] if length is None else [f"Content-Length: {length}"]
        lines += ["Connection: close"] if self.close_connection else []
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
