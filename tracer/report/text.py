"""Strings of the results, made safe to show on a page and in a plot.

Class names and paths come from other people's files. The template escapes markup; what is left for this module are
characters that no page can hold or that reorder the text around them.
"""

from __future__ import annotations

import unicodedata
from typing import Any

# Controls, bidirectional and zero-width characters, lone surrogates, private use and unassigned, line separators.
_UNSHOWABLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
MAX_LENGTH = 200
"""Characters of one string that a page shows; a longer one ends in an ellipsis."""


def shown(value: object) -> str:
    r"""Return a value as one line of text; a character that cannot be shown becomes its escape (``\x1b``).

    Escaped rather than dropped, so that two class names that differ in such a character still look different.
    """
    text = "".join(c if unicodedata.category(c) not in _UNSHOWABLE else _escape(c) for c in str(value))
    return text if len(text) <= MAX_LENGTH else text[: MAX_LENGTH - 1].rstrip() + "…"


def shown_tree(value: Any) -> Any:
    """Return parsed JSON with every string in it, keys too, passed through `shown`."""
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, dict):
        return {shown(key): shown_tree(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shown_tree(item) for item in value]
    return value


def _escape(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
