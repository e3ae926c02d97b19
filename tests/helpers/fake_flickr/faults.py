"""What goes wrong between a question and its answer: by rate, by photo, and the same again for the same seed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from enum import StrEnum

from tests.helpers.fake_flickr.chance import draw, share
from tests.helpers.fake_flickr.written import Delivery, Reply


class Fault(StrEnum):
    """Ways in which a question gets no answer (SLOW alone is answered)."""

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

_UNAVAILABLE = "Service currently unavailable"
_CODES = {
    Fault.CODE_105: (105, _UNAVAILABLE),
    Fault.CODE_10: (10, "Sorry, the Flickr search API is not currently available."),
    Fault.CODE_0: (0, "Sorry, the Flickr API service is not currently available."),
    Fault.CODE_201: (201, "Sorry, the Flickr API service is not currently available."),
}


@dataclass(frozen=True)
class Faults:
    """How often what goes wrong.

    Attributes:
        rate: Share of API calls, from 0 to 1.
        kinds: What goes wrong, each as often.
        seed: The same seed gives the same faults to the same calls, counted from 1.
        image_rate: Share of requests to the image host; of `kinds`, those that it has.
        retry_after: Seconds in Retry-After; until they are over, every call of the key is a violation.
        retry_after_date: Whether Retry-After is a date.
        silent_seconds: How long 429 lasts when no Retry-After says so; calls that come sooner are violations too.
        stall_seconds: How long a stalled or slow answer waits.
        stubborn: By photo id, a fault that every API call about this photo gets.
    """

    rate: float = 0.0
    kinds: tuple[Fault, ...] = tuple(Fault)
    seed: int = 0
    image_rate: float = 0.0
    retry_after: int = 1
    retry_after_date: bool = False
    silent_seconds: float = 0.1
    stall_seconds: float = 0.2
    stubborn: Mapping[int, Fault] = field(default_factory=dict)

    def for_call(self, number: int, method: str, photo_id: str | None) -> Fault | None:
        """The fault of an API call, if any; code 10 is search's own, and other methods get 105 instead.

        Args:
            number: Of the call, counted from 1.
            method: Its method.
            photo_id: The photo that it is about.
        """
        fault = self.stubborn.get(int(photo_id)) if photo_id and photo_id.isdecimal() else None
        if fault is None and share(self.seed, "fault", number) < self.rate:
            fault = self.kinds[draw(self.seed, "kind of fault", number) % len(self.kinds)]
        return Fault.CODE_105 if fault is Fault.CODE_10 and method != "flickr.photos.search" else fault

    def for_image(self, number: int) -> Fault | None:
        """The fault of a request to the image host, if any; `number` counts these alone."""
        kinds = [kind for kind in self.kinds if kind in IMAGE_KINDS]
        if not kinds or share(self.seed, "image fault", number) >= self.image_rate:
            return None
        return kinds[draw(self.seed, "kind of image fault", number) % len(kinds)]

    def pause(self, fault: Fault) -> float:
        """Seconds for which the key must be quiet after a fault; 0 for all but 429."""
        return {Fault.TOO_MANY: self.silent_seconds, Fault.TOO_MANY_WAIT: float(self.retry_after)}.get(fault, 0.0)

    def spoil(self, fault: Fault, good: Reply, xml: bytes, now: float) -> Reply:
        """The reply that a fault makes of a good one.

        Args:
            fault: Which.
            good: What would be sent.
            xml: The same answer as XML.
            now: Unix time, for a Retry-After that is a date.
        """
        match fault:
            case Fault.HTTP_500 | Fault.HTTP_502 | Fault.HTTP_503:
                return page(int(fault[-3:]), "The server has hiccups")
            case Fault.TOO_MANY:
                return page(429, "Too Many Requests")
            case Fault.TOO_MANY_WAIT:
                # a date has whole seconds: round up, so that it is never before the server's own end of the pause
                wait = (
                    formatdate(int(now) + 1 + self.retry_after, usegmt=True)
                    if self.retry_after_date
                    else str(self.retry_after)
                )
                return replace(page(429, "Too Many Requests"), headers=(("Retry-After", wait),))
            case Fault.CLOSED:
                return replace(good, delivery=Delivery.CLOSED)
            case Fault.HALF:
                return replace(good, delivery=Delivery.HALF)
            case Fault.HALF_VALID:
                return replace(good, body=good.body[: len(good.body) // 2])
            case Fault.TRAILING_COMMA:
                return replace(good, body=b'{"stat":"fail","code":105,"message":"' + _UNAVAILABLE.encode() + b'",}')
            case Fault.XML:
                return replace(good, body=xml, kind="text/xml; charset=utf-8")
            case Fault.CODE_105 | Fault.CODE_10 | Fault.CODE_0 | Fault.CODE_201:
                code, message = _CODES[fault]
                return replace(good, body=json.dumps({"stat": "fail", "code": code, "message": message}).encode())
            case Fault.HTML:
                return page(200, "We are having a massage")
            case Fault.EMPTY:
                return replace(good, body=b"")
            case Fault.STALL:
                return replace(good, delivery=Delivery.STALLED, wait=self.stall_seconds)
            case Fault.SLOW:
                return replace(good, wait=self.stall_seconds)


def page(status: int, text: str) -> Reply:
    """A page of HTML."""
    return Reply(
        status,
        f"<!DOCTYPE html>\n<html><head><title>{text}</title></head><body><h1>{text}</h1></body></html>\n".encode(),
    )
