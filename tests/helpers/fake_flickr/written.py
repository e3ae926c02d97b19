"""Answers as bytes: JSON, JSON in a function call, or XML, which is what Flickr's JSON is made from."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any
from xml.etree import ElementTree

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Delivery(Enum):
    """How a reply reaches the caller."""

    WHOLE = auto()
    HALF = auto()
    """The length is right, half of the body comes, and the connection is closed."""
    CLOSED = auto()
    """The connection is closed with no answer."""
    STALLED = auto()
    """The head comes, then nothing for a while, then the connection is closed."""
    ENDLESS = auto()
    """No length, and a body that goes on and on."""


@dataclass(frozen=True)
class Reply:
    """What the server sends.

    Attributes:
        status: Of HTTP.
        body: The bytes; where `Delivery` says so, not all of them are sent.
        kind: Content-Type.
        headers: Further ones.
        delivery: How it is sent.
        wait: Seconds before it is sent (or, where it stalls, after the head).
        length: Content-Length where it is not that of the body.
    """

    status: int
    body: bytes = b""
    kind: str = "text/html; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()
    delivery: Delivery = Delivery.WHOLE
    wait: float = 0.0
    length: int | None = None


def answer(body: dict[str, Any], form: str, callback: str | None) -> Reply:
    """A method's answer, with HTTP status 200 whether or not it refuses.

    Args:
        body: With `stat`.
        form: "json", or anything else for XML.
        callback: Name of the function that the JSON is an argument of; None for plain JSON.
    """
    if form != "json":
        return Reply(200, xml(body), "text/xml; charset=utf-8")
    text = json.dumps(body, ensure_ascii=True, separators=(",", ":"))
    if callback is None:
        return Reply(200, text.encode(), "application/json")
    return Reply(200, f"{callback}({text})".encode(), "text/javascript; charset=utf-8")


def xml(body: dict[str, Any]) -> bytes:
    """A method's answer as XML: values are attributes, `_content` is text, lists are repeated elements."""
    root = ElementTree.Element("rsp", stat=str(body["stat"]))
    if body["stat"] == "fail":
        ElementTree.SubElement(root, "err", code=str(body["code"]), msg=_clean(body["message"]))
    else:
        _fill(root, {name: value for name, value in body.items() if name != "stat"})
    written: bytes = ElementTree.tostring(root, encoding="utf-8")
    return b'<?xml version="1.0" encoding="utf-8" ?>\n' + written


def _fill(element: ElementTree.Element, values: dict[str, Any]) -> None:
    for name, value in values.items():
        if name == "_content":
            element.text = _clean(value)
        elif isinstance(value, dict):
            _fill(ElementTree.SubElement(element, name), value)
        elif isinstance(value, list):
            for part in value:
                _fill(ElementTree.SubElement(element, name), part)
        else:
            element.set(name, "" if value is None else _clean(value))


def _clean(value: object) -> str:
    return _NOT_XML.sub("", str(value))
