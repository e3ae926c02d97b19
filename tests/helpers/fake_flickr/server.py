"""The server: one port of the loopback address is the API and the image host; its log answers what tests ask of a caller."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from tests.helpers.fake_flickr.api import Api, ApiError, Question, xml
from tests.helpers.fake_flickr.faults import Delivery, Fault, Faults, Gate, Limits, Reply, page
from tests.helpers.fake_flickr.images import ImageHost, Trick
from tests.helpers.fake_flickr.universe import Universe
from tests.helpers.local_servers import LocalServer, reply, running

if TYPE_CHECKING:
    import pytest

KEY = "0123456789abcdef0123456789abcdef"
"""The key that the fake accepts: of the form of Flickr's, 32 hexadecimal digits."""

PATH = "/services/rest/"
IMAGE = "image"
"""Stands where a record has its method, for requests to the image host."""

FASTEST = 3_600_000
"""Calls an hour where there is no limit: a thousand a second."""


@dataclass(frozen=True)
class Record:
    """One request."""

    at: float  # when it arrived, in seconds of the server's clock
    method: str  # "flickr.photos.search" and so on; "image" for the image host
    arguments: tuple[tuple[str, str], ...]  # in order of the names, without the key and the form; for images the path
    photo_id: str | None
    fault: Fault | None  # what went wrong on purpose
    settled: bool  # whether the caller has what it asked for, or a reason why not
    violations: tuple[str, ...]  # what it must not do: limits, the key at the wrong place, a host that is not allowed
    complaints: tuple[str, ...]  # what Flickr ignores in silence and a careful caller doesn't send


class FakeFlickr:
    """A Flickr on this machine; a context manager that serves from entry to exit.

    Args:
        universe: Its photos; 2,000 by default; tests may relicense, delete and hide them while it runs.
        faults: What goes wrong; none by default; tests may replace them while it runs.
        limits: None by default.
        clock: Seconds, never going back: what the limits and the records go by.
    """

    def __init__(
        self,
        universe: Universe | None = None,
        faults: Faults | None = None,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.universe, self.faults, self.limits = universe or Universe(), faults or Faults(), limits or Limits()
        self.clock, self.stopping = clock, threading.Event()
        self._gate, self._lock, self._log, self._numbers = (
            Gate(self.limits),
            threading.Lock(),
            list[Record](),
            Counter[str](),
        )
        self._server, self._opened = LocalServer(self._serve, "127.0.0.1"), ExitStack()
        self.port = self._server.port
        self.hosts = f"127.0.0.1:{self.port}"
        site = f"http://{self.hosts}"
        self.endpoint, self.api, self.images = site + PATH, Api(self.universe, site), ImageHost(self.universe, site)

    def __enter__(self) -> FakeFlickr:
        self._opened.enter_context(running(self._server))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        self._opened.close()
        if self._server.failures and error is None:
            raise AssertionError("the fake itself failed") from self._server.failures[0]

    @property
    def log(self) -> tuple[Record, ...]:
        """All requests so far, by arrival."""
        with self._lock:
            return tuple(self._log)

    def environment(self) -> dict[str, str]:
        """Environment variables that point curate here, at the pace that the limits allow, or a thousand calls a second."""
        paces = [FASTEST, self.limits.calls or FASTEST, (self.limits.pace or FASTEST) * 3600]
        return {
            "FLICKR_API_KEY": KEY,
            "CURATE_FLICKR_ENDPOINT": self.endpoint,
            "CURATE_FLICKR_HOSTS": self.hosts,
            "CURATE_FLICKR_CALLS_PER_HOUR": str(int(min(paces))),
        }

    def point(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Point curate here for a test."""
        for name, value in self.environment().items():
            monkeypatch.setenv(name, value)

    def trick(self, photo_id: int, trick: Trick | None) -> None:
        """Tell the image host what to do with a photo's original; None for nothing unusual."""
        if trick is None:
            self.images.tricks.pop(photo_id, None)
        else:
            self.images.tricks[photo_id] = trick

    # --- requests ---

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer a request; its record is kept before, so that whoever has the reply also finds the record."""
        parts, host = urlsplit(handler.path), handler.headers["Host"]
        with self._lock:
            answer, record = self._call(parts.query) if parts.path == PATH else self._image(parts.path)
            if host != self.hosts:
                record = replace(record, violations=(*record.violations, f"reached as {host}"))
            if record.method == IMAGE and KEY in handler.path + str(handler.headers):
                record = replace(record, violations=(*record.violations, "the key was sent to the image host"))
            place = len(self._log)
            self._log.append(record)
        try:
            self._send(handler, answer)
        except ConnectionError:  # the caller closed the connection before the whole reply was sent
            handler.close_connection = True
            self._log[place] = replace(record, settled=False)

    def _call(self, query: str) -> tuple[Reply, Record]:
        """The reply to an API call, and its record."""
        arguments = dict(parse_qsl(query, keep_blank_values=True))
        key, at = arguments.pop("api_key", ""), self.clock()
        self._numbers["call"] += 1
        question, fault, refused, violations = Question(arguments, self._numbers["call"]), None, False, list[str]()
        if key == KEY:
            violations, refused = self._gate.enter(at)
            fault = None if refused else self.faults.for_call(question.number, query)
            self._gate.be_quiet(at, self.faults.pause(fault))
        body = self._body(question, key)
        answer = Reply(200, json.dumps(body).encode(), "application/json")
        if refused:
            answer = page(429, "Too Many Requests")
        elif fault is not None:
            answer = self.faults.spoil(fault, answer, xml(body), time.time())
        given = tuple(sorted((name, value) for name, value in arguments.items() if name not in _FORM))
        about, settled = arguments.get("photo_id"), not refused and fault in (None, Fault.SLOW, Fault.XML)
        return answer, Record(
            at, question.text("method"), given, about, fault, settled, tuple(violations), tuple(question.complaints)
        )

    def _body(self, question: Question, key: str) -> dict[str, Any]:
        try:
            if key != KEY:
                raise ApiError(100, "Invalid API Key (Key has invalid format)")
            return self.api.answer(question)
        except ApiError as error:
            return {"stat": "fail", "code": question.typed("code", error.code), "message": str(error)}

    def _image(self, path: str) -> tuple[Reply, Record]:
        """The reply to a request for a file, and its record; another path is a file that never existed."""
        self._numbers[IMAGE] += 1
        fault = self.faults.for_image(self._numbers[IMAGE])
        answer, complaints = self.images.reply(path)
        if fault in (Fault.HALF, Fault.STALL) and not answer.body:  # nothing that could be halved
            fault = Fault.CLOSED
        if fault is not None:
            answer = self.faults.spoil(fault, answer, b"", time.time())
        about, settled = self.images.photo_id(path), fault in (None, Fault.SLOW)
        return answer, Record(self.clock(), IMAGE, (("path", path),), about, fault, settled, (), tuple(complaints))

    def _send(self, handler: BaseHTTPRequestHandler, answer: Reply) -> None:
        """Send a reply as its delivery says."""
        sent = {Delivery.HALF: len(answer.body) // 2, Delivery.STALLED: 0}.get(answer.delivery, len(answer.body))
        if answer.delivery is not Delivery.WHOLE:
            handler.close_connection = True
        if answer.delivery is Delivery.CLOSED:
            return
        if answer.delivery is Delivery.WHOLE:
            self.stopping.wait(answer.wait)
        head = {"Content_Type": answer.kind, "Content_Length": str(len(answer.body)), **answer.headers}
        reply(handler, answer.status, answer.body[:sent], **head)
        if answer.delivery is Delivery.STALLED:
            self.stopping.wait(answer.wait)


_FORM = {"method", "format", "nojsoncallback"}


# --- what tests ask of a log ---


def by_method(log: Iterable[Record]) -> Counter[str]:
    """How many requests each method got."""
    return Counter(record.method for record in log)


def _again(log: Iterable[Record], of: Callable[[Record], object | None]) -> list[Record]:
    """Requests whose very question had been answered, or refused for good, before."""
    settled, again = set[object](), list[Record]()
    for record in log:
        question = of(record)
        if question is not None and question in settled:
            again.append(record)
        if record.settled:
            settled.add(question)
    return again


def asked_twice(log: Iterable[Record]) -> list[Record]:
    """Calls whose very question had been answered (or refused for good) before."""
    return _again(log, lambda record: None if record.method == IMAGE else (record.method, record.arguments))


def files_twice(log: Iterable[Record]) -> list[Record]:
    """Requests for a file of a photo whose file had been sent before."""
    return _again(log, lambda record: record.photo_id if record.method == IMAGE else None)


def violations(log: Iterable[Record]) -> list[str]:
    """What the caller did that it must not: one line each."""
    return [f"{record.method}: {text}" for record in log for text in record.violations]


def complaints(log: Iterable[Record]) -> list[str]:
    """What a careful caller would not have sent: one line each."""
    return [f"{record.method}: {text}" for record in log for text in record.complaints]
