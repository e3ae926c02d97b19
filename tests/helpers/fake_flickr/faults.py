"""The fault injector: what goes wrong between a question and its answer, and what a key may not do."""

from __future__ import annotations

import json
import random
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from enum import Enum, StrEnum, auto


class Delivery(Enum):
    """How a reply reaches the caller."""

    WHOLE = auto()
    HALF = auto()  # the length is right, half of the body comes, and the connection is closed
    CLOSED = auto()  # the connection is closed with no answer
    STALLED = auto()  # the head comes, then nothing for a while, then the connection is closed


@dataclass(frozen=True)
class Reply:
    """What the server sends."""

    status: int
    body: bytes = b""
    kind: str = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)  # `_` stands for `-`
    delivery: Delivery = Delivery.WHOLE
    wait: float = 0.0  # seconds before it is sent (or, where it stalls, after the head)


def page(status: int, text: str) -> Reply:
    """A page of HTML."""
    return Reply(
        status, f"<!DOCTYPE html>\n<html><head><title>{text}</title></head><body>{text}</body></html>\n".encode()
    )


class Fault(StrEnum):
    """Ways in which a question gets no answer (XML and SLOW are answers of an unusual form)."""

    HTTP_500 = "http 500"
    HTTP_502 = "http 502"
    HTTP_503 = "http 503"
    TOO_MANY = "429"
    TOO_MANY_WAIT = "429 with Retry-After"
    CLOSED = "connection closed"
    HALF = "half a body"
    HALF_VALID = "half a body of the length it claims"
    TRAILING_COMMA = "trailing comma"
    XML = "xml where json was asked"
    CODE_105 = "code 105"
    CODE_10 = "code 10"
    CODE_0 = "code 0, not available"
    CODE_201 = "code 201, not available"
    HTML = "html with 200"
    EMPTY = "empty body"
    STALL = "stall"
    SLOW = "slow"


IMAGE_KINDS = (
    Fault.HTTP_500, Fault.HTTP_502, Fault.HTTP_503, Fault.TOO_MANY, Fault.TOO_MANY_WAIT, Fault.CLOSED, Fault.HALF, Fault.HTML,
    Fault.STALL, Fault.SLOW,
)  # fmt: skip
"""Those that the image host has."""

_MESSAGES = {105: "Service currently unavailable", 10: "Sorry, the Flickr search API is not currently available."}


@dataclass(frozen=True)
class Faults:
    """How often what goes wrong: the same for the same seed and number of the call or file, counted from 1."""

    rate: float = 0.0  # share of API calls
    kinds: tuple[Fault, ...] = tuple(Fault)  # what goes wrong, each as often
    seed: int = 0
    image_rate: float = 0.0  # share of requests for files; of `kinds`, those that the image host has
    only: range | None = None  # numbers of the calls that `rate` is about
    stubborn: Mapping[int | str, Fault] = field(default_factory=dict)
    """By photo id, or by a text that a call's query holds: a fault that every such call gets."""
    retry_after: int = 1  # seconds in Retry-After; until they are over, every call of the key is a violation
    retry_after_date: bool = False
    silent_seconds: float = 0.1  # how long a 429 without Retry-After lasts; calls that come sooner are violations too
    stall_seconds: float = 0.01  # how long a stalled or slow answer waits

    def for_call(self, number: int, query: str) -> Fault | None:
        """The fault of an API call, if any; code 10 is search's own, and other methods get 105 instead."""
        fault = next((fault for about, fault in self.stubborn.items() if str(about) in query), None)
        if fault is None and (self.only is None or number in self.only):
            fault = self._drawn(f"call {number}", self.rate, self.kinds)
        return Fault.CODE_105 if fault is Fault.CODE_10 and "photos.search" not in query else fault

    def for_image(self, number: int) -> Fault | None:
        """The fault of a request to the image host, if any; `number` counts these alone."""
        return self._drawn(
            f"image {number}", self.image_rate, tuple(kind for kind in self.kinds if kind in IMAGE_KINDS)
        )

    def _drawn(self, what: str, rate: float, kinds: tuple[Fault, ...]) -> Fault | None:
        chance = random.Random(f"{self.seed} {what}")
        return chance.choice(kinds) if kinds and chance.random() < rate else None

    def pause(self, fault: Fault | None) -> float:
        """Seconds for which the key must be quiet after a fault; 0 for all but 429."""
        return {Fault.TOO_MANY: self.silent_seconds, Fault.TOO_MANY_WAIT: self.retry_after}.get(fault, 0.0)

    def spoil(self, fault: Fault, good: Reply, xml: bytes, now: float) -> Reply:
        """The reply that a fault makes of a good one; `xml` is the same answer as XML, and `now` Unix time."""
        match fault:
            case Fault.HTTP_500 | Fault.HTTP_502 | Fault.HTTP_503:
                return page(int(fault[-3:]), "The server has hiccups")
            case Fault.TOO_MANY:
                return page(429, "Too Many Requests")
            case Fault.TOO_MANY_WAIT:
                # a date has whole seconds: round up, so that it is never before the server's own end of the pause
                date = formatdate(int(now) + 1 + self.retry_after, usegmt=True)
                wait = date if self.retry_after_date else str(self.retry_after)
                return replace(page(429, "Too Many Requests"), headers={"Retry_After": wait})
            case Fault.CLOSED:
                return replace(good, delivery=Delivery.CLOSED)
            case Fault.HALF:
                return replace(good, delivery=Delivery.HALF)
            case Fault.HALF_VALID:
                return replace(good, body=good.body[: len(good.body) // 2])
            case Fault.TRAILING_COMMA:
                return replace(good, body=b'{"stat":"fail","code":105,"message":"Service currently unavailable",}')
            case Fault.XML:
                return replace(good, body=xml, kind="text/xml; charset=utf-8")
            case Fault.CODE_105 | Fault.CODE_10 | Fault.CODE_0 | Fault.CODE_201:
                code = int(fault.split(",")[0].removeprefix("code "))
                message = _MESSAGES.get(code, "Sorry, the Flickr API service is not currently available.")
                return replace(good, body=json.dumps({"stat": "fail", "code": code, "message": message}).encode())
            case Fault.HTML:
                return page(200, "We are having a massage")
            case Fault.EMPTY:
                return replace(good, body=b"")
            case Fault.STALL:
                return replace(good, delivery=Delivery.STALLED, wait=self.stall_seconds)
            case Fault.SLOW:
                return replace(good, wait=self.stall_seconds)


IN_FLIGHT = 0.05
"""Seconds after a 429 in which calls that were already on their way may still arrive."""


@dataclass(frozen=True)
class Limits:
    """The limits of a key, for all its users together; None means none."""

    calls: int | None = None  # in any hour; a call beyond them is answered with 429 and is a violation
    pace: float | None = None  # calls a second, sustained; faster calls are answered and are violations
    jitter: float = (
        0.5  # seconds by which an arrival may be late: `pace` × (T + `jitter`) + 1 calls in T seconds are in pace
    )


class Gate:
    """Counts the calls of a key. Not safe for threads: the server holds a lock."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._hour: deque[float] = deque()
        self._last, self._left = float("-inf"), 0.0
        self._quiet_from, self._quiet_until = 0.0, 0.0

    def enter(self, now: float) -> tuple[list[str], bool]:
        """Count one call that arrived at a moment; returns what it violates, and whether it is answered with 429."""
        violations, refused, limits = [], now < self._quiet_until, self.limits
        if refused and now > self._quiet_from + IN_FLIGHT:
            violations.append("called during a pause after 429")
        while self._hour and self._hour[0] <= now - 3600:
            self._hour.popleft()
        if limits.calls is not None and len(self._hour) >= limits.calls:
            violations.append(f"more than {limits.calls} calls in an hour")
            refused = True
        else:
            self._hour.append(now)
        if limits.pace is not None:
            room = 1 + limits.pace * limits.jitter
            self._left = min(room, self._left + (now - self._last) * limits.pace) - 1
            if self._left < 0:
                self._left += 1
                violations.append(f"faster than {limits.pace:g} calls a second")
        self._last = now
        return violations, refused

    def be_quiet(self, now: float, seconds: float) -> None:
        """Start a pause in which every call of the key is a violation."""
        if now + seconds > self._quiet_until:
            self._quiet_from, self._quiet_until = now, now + seconds
