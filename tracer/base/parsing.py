"""Parsing of JSON, XML and TOML that may be damaged or hostile: any bytes give a value or raise `Unparsable`.

The depth of a value is bounded as well as its size: whatever walks through it later, in Python or in C, needs a frame a level.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Final
from xml.etree import ElementTree

MOST_MEMORY: Final = 2 << 30
"""Bytes of memory that the values of a JSON text may take, estimated before it is parsed."""

MOST_DEPTH: Final = 100
"""How deep arrays, objects and elements may be nested. The formats that are read need fewer than ten levels."""

_CONTAINER, _STRING, _NUMBER = 64, 60, 32  # bytes that Python needs for an empty one


_ONE_KIND = bytes.maketrans(b"{}", b"[]")
_NO_BRACKETS = bytes(set(range(256)) - set(b'[]{}"'))
_TOO_DEEP = "it is nested too deeply"


class Unparsable(ValueError):
    """Bytes that cannot be parsed. The message says why, in words that can follow the file's path."""


def parse_text(data: bytes) -> str:
    """Decode UTF-8, with or without a byte order mark.

    Raises:
        Unparsable: they are not UTF-8.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unparsable(f"it is not UTF-8: byte {error.start + 1} cannot be decoded") from error


def parse_json(data: bytes, constant: Callable[[str], Any] | None = None) -> Any:
    """Parse JSON in UTF-8. A string in it may hold a lone surrogate, which cannot be encoded.

    Args:
        data: the bytes of the file.
        constant: gives the value of `NaN`, `Infinity` and `-Infinity`; by default they are floats.

    Raises:
        Unparsable: the bytes are not UTF-8 or not JSON, are nested too deeply, hold a number of too many digits, or their values
            would take too much memory.
    """
    containers, strings = data.count(b"[") + data.count(b"{"), data.count(b'"') // 2
    needed = containers * _CONTAINER + strings * _STRING + data.count(b",") * _NUMBER
    if needed > MOST_MEMORY:
        raise Unparsable(f"its values would take about {needed / 1e9:.1f} GB of memory")
    if containers > MOST_DEPTH and _is_deep(data):
        raise Unparsable(_TOO_DEEP)
    text = parse_text(data)
    try:
        return json.loads(text, parse_constant=constant)
    except json.JSONDecodeError as error:
        raise Unparsable(f"it is not JSON: {error}") from error
    except ValueError as error:
        raise Unparsable(_in_words(error)) from error


def _is_deep(data: bytes) -> bool:
    """Whether the arrays and objects of a JSON text are nested deeper than `MOST_DEPTH`.

    Only brackets and the quotes of strings are kept. Each round then removes all innermost pairs of brackets, in C.
    """
    rest = data.replace(rb"\\", b"").replace(rb"\"", b"").translate(_ONE_KIND, _NO_BRACKETS)
    rest = re.sub(
        b'"[^"]*"?', b"", rest.replace(b'""', b"")
    )  # two quotes side by side enclose nothing, wherever they stand
    for _ in range(MOST_DEPTH):
        if b"[" * (MOST_DEPTH + 1) in rest:
            return True
        rest = rest.replace(b"[]", b"")
    return b"[]" in rest or rest.count(b"[") > MOST_DEPTH  # one that is never closed is not JSON


def parse_json_object(data: bytes) -> dict[str, Any]:
    """Parse JSON whose value is an object.

    Raises:
        Unparsable: as `parse_json`, or the value is not an object.
    """
    value = parse_json(data)
    if not isinstance(value, dict):
        raise Unparsable("it is not a JSON object")
    return value


def parse_xml(text: str) -> ElementTree.Element:
    """Parse XML without a document type.

    Raises:
        Unparsable: it is not XML, declares a document type, which could define entities that grow, or is nested too deeply.
    """
    parser = ElementTree.XMLParser(target=_Builder())
    try:
        parser.feed(text)
        root: ElementTree.Element = parser.close()
    except (ElementTree.ParseError, ValueError) as error:
        raise error if isinstance(error, Unparsable) else Unparsable(f"it is not XML: {error}") from error
    return root


class _Builder(ElementTree.TreeBuilder):
    """Builds elements down to `MOST_DEPTH`."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> ElementTree.Element:
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise Unparsable(_TOO_DEEP)
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> ElementTree.Element:
        self._depth -= 1
        return super().end(tag)

    def doctype(self, _name: str, _public: str | None, _system: str | None, /) -> None:
        raise Unparsable("it declares a document type")


def parse_toml(data: bytes) -> dict[str, Any]:
    """Parse TOML in UTF-8.

    Raises:
        Unparsable: the bytes are not UTF-8 or not TOML, are nested too deeply, or hold a number of too many digits.
    """
    import tomllib

    text = parse_text(data)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Unparsable(f"it is not TOML: {error}") from error
    except (RecursionError, ValueError) as error:
        raise Unparsable(_in_words(error)) from error


def _in_words(error: Exception) -> str:
    return _TOO_DEEP if isinstance(error, RecursionError) else f"a number in it cannot be read: {error}"
