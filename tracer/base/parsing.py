"""Parsing of JSON and TOML that may be damaged or hostile: any bytes give a value or raise `Unparsable`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

MOST_MEMORY: Final = 2 << 30
"""Bytes of memory that the values of a JSON text may take, estimated before it is parsed."""

_CONTAINER, _STRING, _NUMBER = 64, 60, 32  # bytes that Python needs for an empty one


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
    text = parse_text(data)
    try:
        return json.loads(text, parse_constant=constant)
    except json.JSONDecodeError as error:
        raise Unparsable(f"it is not JSON: {error}") from error
    except (RecursionError, ValueError) as error:
        raise Unparsable(_in_words(error)) from error


def parse_json_object(data: bytes) -> dict[str, Any]:
    """Parse JSON whose value is an object.

    Raises:
        Unparsable: as `parse_json`, or the value is not an object.
    """
    value = parse_json(data)
    if not isinstance(value, dict):
        raise Unparsable("it is not a JSON object")
    return value


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
    return "it is nested too deeply" if isinstance(error, RecursionError) else f"a number in it cannot be read: {error}"
