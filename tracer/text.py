"""Words: the door for foreign strings (labels come from files that others wrote, and end in terminals and pages), and plurals."""

from __future__ import annotations

import unicodedata
from typing import Final

_LONGEST: Final = 512
# Marks that turn the direction of the text after them, and so make a name look like another one.
_DIRECTION: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun: `1 photo`, `1,200 photos`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def clean(text: str) -> str:
    """`text` in NFC without control characters, direction marks and outer blanks, at most 512 characters."""
    if text.isascii() and text.isprintable() and len(text) <= _LONGEST:
        return text.strip()
    normal = unicodedata.normalize("NFC", text)
    kept = (" " if mark in "\t\n\r" else mark for mark in normal)
    visible = "".join(
        mark for mark in kept if unicodedata.category(mark) not in ("Cc", "Cs") and mark not in _DIRECTION
    )
    return visible[:_LONGEST].strip()
