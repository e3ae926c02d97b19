"""The server: one port of the loopback address is the API and the image host."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl

from tests.helpers.fake_flickr import written
from tests.helpers.fake_flickr.faults import Fault, Faults, page
from tests.helpers.fake_flickr.handler import PATH, Server
from tests.helpers.fake_flickr.images import ImageHost, Trick
from tests.helpers.fake_flickr.limits import Gate, Limits
from tests.helpers.fake_flickr.listing import Lies
from tests.helpers.fake_flickr.log import IMAGE, Log, Outcome, Record
from tests.helpers.fake_flickr.methods import Api
from tests.helpers.fake_flickr.question import ApiError, Question
from tests.helpers.fake_flickr.universe import Universe
from tests.helpers.fake_flickr.written import Reply

KEY = "0123456789abcdef0123456789abcdef"
"""The key that the fake accepts: of the form of Flickr's, 32 hexadecimal digits."""

FASTEST = 3_600_000
"""Calls an hour where there is no limit: a thousand a second."""


class FakeFlickr:
    """A Flickr on this machine; a context manager that serves from entry to exit.

    Attributes:
        universe: Its photos; tests may relicense, delete and hide them while it runs.
        faults: What goes wrong; may be replaced while it runs.
        endpoint: The API's address, for CURATE_FLICKR_ENDPOINT.
        hosts: For CURATE_FLICKR_HOSTS: "127.0.0.1:8000".
        site: "http://127.0.0.1:8000".

    Args:
        universe: The photos; 2,000 by default.
        faults: None by default.
        limits: None by default.
        lies: As Flickr's by default.
        key: The only key that is valid.
        port: 0 for any that is free.
        log_path: A file for the records, as JSON lines.
        clock: Seconds, never going back: what the limits and the records go by.
    """

    def __init__(
        self,
        universe: Universe | None = None,
        faults: Faults | None = None,
        limits: Limits | None = None,
        lies: Lies | None = None,
        *,
        key: str = KEY,
        port: int = 0,
        log_path: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.universe, self.faults = universe or Universe(), faults or Faults()
        self.limits, self.lies, self.key = limits or Limits(), lies or Lies(), key
        self.clock, self.stopping = clock, threading.Event()
        self.failures: list[BaseException] = []
        self._gate, self._lock, self._numbers = Gate(self.limits), threading.Lock(), {True: 0, False: 0}
        self._log = Log(log_path)
        self._server = Server(self, port)
        self.hosts = f"127.0.0.1:{self._server.server_address[1]}"
        self.site = f"http://{self.hosts}"
        self.endpoint = self.site + PATH
        self.api, self.images = Api(self.universe, self.lies, self.site), ImageHost(self.universe, self.site)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, name="fake Flickr"
        )

    def __enter__(self) -> FakeFlickr:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.hang_up()
        self._server.server_close()
        self._log.close()
        if self.failures and error is None:
            raise AssertionError("the fake itself failed") from self.failures[0]

    @property
    def log(self) -> tuple[Record, ...]:
        """All requests so far, by arrival."""
        return self._log.records()

    def environment(self, calls_per_hour: int | None = None) -> dict[str, str]:
        """Environment variables that point curate here.

        Args:
            calls_per_hour: For CURATE_FLICKR_CALLS_PER_HOUR; by default what the limits allow, or a thousand calls a second.
        """
        if calls_per_hour is None:
            paces = [FASTEST / 3600 if self.limits.pace is None else self.limits.pace]
            if self.limits.calls is not None:
                paces.append(self.limits.calls / self.limits.seconds)
            calls_per_hour = int(min(paces) * 3600)
        return {
            "FLICKR_API_KEY": self.key,
            "CURATE_FLICKR_ENDPOINT": self.endpoint,
            "CURATE_FLICKR_HOSTS": self.hosts,
            "CURATE_FLICKR_CALLS_PER_HOUR": str(calls_per_hour),
        }

    def trick(self, photo_id: int | str, trick: Trick | None) -> None:
        """Tell the image host what to do with a photo's original; None for nothing unusual."""
        if trick is None:
            self.images.tricks.pop(int(photo_id), None)
        else:
            self.images.tricks[int(photo_id)] = trick

    # --- for the handler ---

    def call(self, query: str, host: str) -> tuple[Reply, Record]:
        """The reply to an API call, and its record."""
        arguments = dict(parse_qsl(query, keep_blank_values=True))
        key = arguments.pop("api_key", "")
        method, photo_id = arguments.get("method", ""), arguments.get("photo_id")
        with self._lock:
            at = self.clock()
            self._numbers[False] += 1
            number = self._numbers[False]
            violations, refused = self._gate.enter(at) if key == self.key else ([], False)
            fault = None
            if key == self.key and not refused:
                fault = self.faults.for_call(number, method, photo_id)
            if fault is not None and self.faults.pause(fault):
                self._gate.be_quiet(at, self.faults.pause(fault))
        if host != self.hosts:
            violations.append(f"reached as {host}")
        question = Question(arguments, number, self.lies.types)
        reply, outcome, code = self._answer(question, key)
        if refused:
            reply, outcome, code = page(429, "Too Many Requests"), Outcome.THROTTLED, 429
        elif fault is not None:
            reply = self.faults.spoil(
                fault, reply, self._xml(question, key) if fault is Fault.XML else b"", time.time()
            )
            if fault is not Fault.SLOW:
                outcome, code = Outcome.BROKEN, None if reply.status == 200 else reply.status
        given = tuple(sorted(arguments.items()))
        record = Record(
            number, at, method, tuple(pair for pair in given if pair[0] != "method"), outcome, photo_id, code, fault,
            tuple(violations), tuple(question.complaints),
        )  # fmt: skip
        return reply, record

    def _body(self, question: Question, key: str) -> tuple[dict[str, Any], int | None]:
        try:
            if key != self.key:
                raise ApiError(100, "Invalid API Key (Key has invalid format)")
            if (form := question.text("format")) not in ("", "rest", "json"):
                raise ApiError(111, f'Format "{form}" not found')
            return self.api.answer(question) | {"stat": "ok"}, None
        except ApiError as error:
            return {"stat": "fail", "code": question.typed("code", error.code), "message": error.message}, error.code

    def _answer(self, question: Question, key: str) -> tuple[Reply, Outcome, int | None]:
        body, code = self._body(question, key)
        plain = question.text("nojsoncallback") == "1"
        callback = None if plain else question.text("jsoncallback") or "jsonFlickrApi"
        reply = written.answer(body, question.text("format"), callback)
        return reply, Outcome.ANSWERED if code is None else Outcome.REFUSED, code

    def _xml(self, question: Question, key: str) -> bytes:
        return written.xml(self._body(Question(question.arguments, question.number, self.lies.types), key)[0])

    def image(self, target: str, host: str, head: str) -> tuple[Reply, Record]:
        """The reply to a request for a file, and its record."""
        with self._lock:
            at = self.clock()
            self._numbers[True] += 1
            number = self._numbers[True]
            fault = self.faults.for_image(number)
        violations = [f"reached as {host}"] if host != self.hosts else []
        if self.key in target or self.key in head:
            violations.append("the key was sent to the image host")
        reply, complaints = self.images.reply(target)
        outcome = Outcome.ANSWERED if reply.status < 400 else Outcome.REFUSED
        if fault in (Fault.HALF, Fault.STALL) and not reply.body:  # nothing that could be halved
            fault = Fault.CLOSED
        if fault is not None:
            reply = self.faults.spoil(fault, reply, b"", time.time())
            outcome = outcome if fault is Fault.SLOW else Outcome.BROKEN
        code = None if reply.status == 200 else reply.status
        record = Record(
            number, at, IMAGE, (("path", target.replace(self.key, "KEY")),), outcome, self.images.photo_id(target), code, fault,
            tuple(violations), tuple(complaints),
        )  # fmt: skip
        return reply, record

    def put(self, record: Record) -> None:
        """Keep a record."""
        self._log.put(record)

    def amend(self, record: Record, **changes: object) -> None:
        """Keep a changed record in place of one."""
        self._log.amend(record, **changes)

    def control(self, query: str, path: str) -> Reply:
        """Change the universe from another process: /control/relicense?id=…&license=…, delete, restore, hide, trick."""
        given = dict(parse_qsl(query))
        match path.removeprefix("/control/"):
            case "relicense":
                self.universe.relicense(given["id"], int(given["license"]))
            case "delete":
                self.universe.delete(given["id"])
            case "restore":
                self.universe.restore(given["id"])
            case "hide":
                self.universe.hide(given["id"])
            case "trick":
                self.trick(given["id"], Trick(given["trick"]) if given.get("trick") else None)
            case _:
                return Reply(404)
        return Reply(200, b"done\n", "text/plain")
