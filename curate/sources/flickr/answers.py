"""Answers of the Flickr API: parse their bodies, tell what failed, and tell what can be tried again. Pure.

A failure often comes with the status 200: `stat="fail"` with a code, a page in HTML, half an answer, or XML where JSON was
asked. Numbers may come as strings. Error codes have a meaning for each method, except those that all methods share.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from xml.etree import ElementTree

from tracer.base.parsing import Unparsable, parse_json, parse_xml
from tracer.base.text import clean_text

MOST_BYTES = 16 << 20
"""Size limit of an answer; a page of 500 photos has about 500 kB."""

BAD_KEY = 100
PHOTO_NOT_FOUND, PHOTO_DENIED = 1, 2
"""Codes of the methods that ask about one photo: it was deleted or is private; its owner does not share what was asked for."""

_UNAVAILABLE = frozenset({105, 106})
"""Codes of all methods: the service is unavailable, a write failed."""

_RETRYABLE = {"flickr.photos.search": frozenset({10})}
"""Method -> its own codes that pass: 10 says that the search is unavailable."""

_PASSING = ("not currently available", "currently unavailable", "temporarily")

_LISTS = frozenset(
    {("photos", "photo"), ("photoset", "photo"), ("photo", "exif"), ("sizes", "size"), ("licenses", "license")}
    | {("urls", "url")}
)
"""Elements of XML answers that are lists in JSON, even if there is one."""

_TRAILING_COMMA = re.compile(r'("(?:\\.|[^"\\])*")|,(?=\s*[}\]])')


class FlickrError(Exception):
    """A call that gave no usable answer; the message is the reason in words, without the key."""


class NoAnswer(FlickrError):
    """The connection failed, was closed, or the time ran out."""


class Garbled(FlickrError):
    """The body is not an answer of the API."""


class Throttled(FlickrError):
    """Too many calls were made (HTTP 429).

    Attributes:
        seconds: how long to wait, by the header Retry-After; None without one.
    """

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        super().__init__("Flickr asks for fewer calls (HTTP 429)")


class BadStatus(FlickrError):
    """Another HTTP status than 200.

    Attributes:
        status: the status.
    """

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(f"Flickr answered HTTP {status}")


class Failure(FlickrError):
    """An answer `stat="fail"`.

    Attributes:
        method: the method that was called.
        code: its code.
        message: its message, clean.
    """

    def __init__(self, method: str, code: int, message: str) -> None:
        self.method, self.code, self.message = method, code, message
        super().__init__(f"Flickr answered: {message or 'no message'} (code {code})")


def is_retryable(error: BaseException) -> bool:
    """Return whether the same call may succeed later."""
    if isinstance(error, Failure):
        own = _RETRYABLE.get(error.method, frozenset())
        unknown = error.code == 0 and not error.message
        return error.code in _UNAVAILABLE | own or unknown or any(words in error.message.lower() for words in _PASSING)
    return isinstance(error, NoAnswer | Garbled | Throttled | BadStatus)


def retry_after(text: str | None, now: datetime) -> float | None:
    """Return the seconds of a header `Retry-After`: a number of seconds or a date (RFC 9110, 10.2.3); None where it is neither.

    Args:
        text: its value; None where it is absent.
        now: the current time.
    """
    text = (text or "").strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text):
        return float(text)
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return max(0.0, ((date if date.tzinfo else date.replace(tzinfo=UTC)) - now).total_seconds())


def is_gone(error: FlickrError) -> bool:
    """Return whether a call about one photo says that it was deleted or is private; both have the code 1."""
    return isinstance(error, Failure) and error.code == PHOTO_NOT_FOUND


def parse_answer(method: str, body: bytes) -> dict[str, Any]:
    """Return the content of an answer, from JSON or XML.

    Raises:
        Failure: the API refused the call.
        Garbled: the body is not an answer.
    """
    text = body.decode("utf-8-sig", "replace").strip()
    content = _from_xml(text) if text.startswith("<") else _from_json(text)
    if content.get("stat") == "ok":
        return content
    if content.get("stat") == "fail":
        error = content.get("err")
        told = error if isinstance(error, Mapping) else content
        message = told.get("message", told.get("msg"))
        raise Failure(method, int_of(told.get("code")) or 0, clean_text(str(message or ""), 200) or "")
    raise Garbled("the answer does not say whether it succeeded")


def _from_json(text: str) -> dict[str, Any]:
    wrapped = re.fullmatch(r"jsonFlickrApi\((.*)\);?", text, re.DOTALL)
    text = wrapped[1] if wrapped else text
    for mend in (False, True):
        mended = _TRAILING_COMMA.sub(lambda found: found[1] or "", text) if mend else text
        with suppress(Unparsable):
            content = parse_json(mended.encode())
            if isinstance(content, dict):
                return content
    raise Garbled("the answer is empty" if not text else "the answer is not whole, or not JSON")


def _from_xml(text: str) -> dict[str, Any]:
    try:
        root = parse_xml(text)
    except Unparsable:
        raise Garbled("the answer is a web page, or XML that is not whole") from None
    if root.tag != "rsp":
        raise Garbled("the answer is a web page")
    return _element(root)


def _element(element: ElementTree.Element) -> dict[str, Any]:
    """Return an element of an XML answer in the form of the JSON answers."""
    content: dict[str, Any] = dict(element.attrib)
    text = (element.text or "").strip()
    if text:
        content["_content"] = text
    for child in element:
        value = _element(child)
        if (element.tag, child.tag) in _LISTS:
            content.setdefault(child.tag, []).append(value)
        else:
            content[child.tag] = value
    return content


# --- values of an answer


def part(content: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return an object within an answer.

    Raises:
        Garbled: it is not there.
    """
    value = content.get(name)
    if not isinstance(value, dict):
        raise Garbled(f"the answer has no {name!r}")
    return value


def parts(content: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """Return a list of objects within an answer; empty where it is absent.

    Raises:
        Garbled: it is something else.
    """
    value = content.get(name, [])
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list):
        raise Garbled(f"{name!r} of the answer is not a list")
    return [entry for entry in value if isinstance(entry, dict)]


def text_of(value: Any) -> str | None:
    """Return a text, which may be wrapped in `_content` and may be a number; cleaned; None where it is absent or blank.

    >>> text_of({"_content": 6230}), text_of("a"), text_of({})
    ('6230', 'a', None)
    """
    if isinstance(value, dict):
        value = value.get("_content")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return clean_text(str(value))


def int_of(value: Any) -> int | None:
    """Return an integer that may come as text or wrapped in `_content`; None where it is absent or is not one.

    >>> int_of("4,001"), int_of({"_content": "7"}), int_of(3.0), int_of("x")
    (4001, 7, 3, None)
    """
    text = (text_of(value) or "").replace(",", "")
    if re.fullmatch(r"-?\d{1,18}(\.0+)?", text, re.ASCII):
        return int(text.partition(".")[0])
    return None
