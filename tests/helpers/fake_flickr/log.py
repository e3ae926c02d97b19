"""What the server saw: one record a request, and questions about the records that tests ask."""

from __future__ import annotations

import json
import threading
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import IO

IMAGE = "image"
"""Stands where a record has its method, for requests to the image host."""

_FORM = {"format", "nojsoncallback", "jsoncallback"}


class Outcome(StrEnum):
    """What became of a request."""

    ANSWERED = "answered"
    REFUSED = "refused"
    """The method said stat="fail" for a reason of its own, or the image is not there."""
    BROKEN = "broken"
    """A fault: no answer that anybody can use."""
    THROTTLED = "throttled"
    """429, for the limits or during a pause."""
    LOST = "lost"
    """The caller closed the connection before the whole reply was sent."""


@dataclass(frozen=True)
class Record:
    """One request.

    Attributes:
        number: Counted from 1: API calls and requests for images each by themselves.
        at: When it arrived, in seconds of the server's clock: by default the machine's monotonic one, which all processes share.
        method: "flickr.photos.search" and so on; "image" for the image host.
        arguments: Names and values in order of the names, without the key; for images the path.
        outcome: What became of it.
        photo_id: The photo that it is about.
        code: The API's error code, or the HTTP status where that is not 200.
        fault: What went wrong on purpose.
        violations: What the caller must not do: limits, the key at the wrong place, a host that is not allowed.
        complaints: What the API ignores in silence and a careful caller doesn't send: unknown arguments, unreadable dates.
        sent: Bytes of the body that were sent, for bodies that are huge or endless (once they have ended).
    """

    number: int
    at: float
    method: str
    arguments: tuple[tuple[str, str], ...]
    outcome: Outcome
    photo_id: str | None = None
    code: int | None = None
    fault: str | None = None
    violations: tuple[str, ...] = ()
    complaints: tuple[str, ...] = ()
    sent: int = 0

    @property
    def question(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        """What was asked, whatever the form of the answer."""
        return self.method, tuple(pair for pair in self.arguments if pair[0] not in _FORM)

    @property
    def settled(self) -> bool:
        """Whether the caller has what it asked for, or a reason why not."""
        return self.outcome in (Outcome.ANSWERED, Outcome.REFUSED)


class Log:
    """The records so far, also as JSON lines in a file; a later line about the same request replaces the earlier one."""

    def __init__(self, path: Path | None = None) -> None:
        self._records: dict[tuple[bool, int], Record] = {}
        self._lock = threading.Lock()
        self._file: IO[str] | None = None if path is None else path.open("a", encoding="utf-8")

    def put(self, record: Record) -> None:
        """Add a record, or replace the one about the same request."""
        with self._lock:
            self._records[record.method == IMAGE, record.number] = record
            if self._file is not None:
                self._file.write(json.dumps(asdict(record)) + "\n")
                self._file.flush()

    def amend(self, record: Record, **changes: object) -> None:
        """Replace a record by a changed one."""
        self.put(replace(record, **changes))  # type: ignore[arg-type]

    def records(self) -> tuple[Record, ...]:
        """All records, by arrival."""
        with self._lock:
            return tuple(sorted(self._records.values(), key=lambda record: (record.at, record.number)))

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()


def read_log(path: Path) -> tuple[Record, ...]:
    """The records of a file of JSON lines; a last line that is not whole is left out."""
    log = Log()
    for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
        if line.endswith("\n"):
            told = json.loads(line)
            told["arguments"] = tuple((name, value) for name, value in told["arguments"])
            told |= {name: tuple(told[name]) for name in ("violations", "complaints")}
            log.put(Record(**told | {"outcome": Outcome(told["outcome"])}))
    return log.records()


def calls(log: Iterable[Record]) -> list[Record]:
    """The API calls, without requests for images."""
    return [record for record in log if record.method != IMAGE]


def by_method(log: Iterable[Record]) -> Counter[str]:
    """How many requests each method got."""
    return Counter(record.method for record in log)


def most_in(log: Iterable[Record], seconds: float) -> int:
    """The most API calls in any window of this length, whatever became of them."""
    most, window = 0, deque[float]()
    for record in calls(log):
        window.append(record.at)
        while window[0] <= record.at - seconds:
            window.popleft()
        most = max(most, len(window))
    return most


def asked_twice(log: Iterable[Record], methods: Sequence[str] = ()) -> list[Record]:
    """Calls whose very question had been answered (or refused for good) before.

    Args:
        log: The records.
        methods: Only these; all if empty.
    """
    settled: set[object] = set()
    again = []
    for record in calls(log):
        if methods and record.method not in methods:
            continue
        if record.question in settled:
            again.append(record)
        if record.settled:
            settled.add(record.question)
    return again


def violations(log: Iterable[Record]) -> list[str]:
    """What the caller did that it must not: one line each, with the request's number."""
    return [f"{record.method} {record.number}: {text}" for record in log for text in record.violations]


def complaints(log: Iterable[Record]) -> list[str]:
    """What a careful caller would not have sent: one line each."""
    return [f"{record.method} {record.number}: {text}" for record in log for text in record.complaints]
