"""Turns the text of the photo filter into an SQL expression over the label columns."""

from __future__ import annotations

import re

from curate.catalog.labels import CATALOG_COLUMNS, LABEL_COLUMNS
from curate.photos.facts import UNREADABLE
from curate.tui.completing import Completed, complete_word

_COMPARISON = re.compile(
    r"[=<>]|\bis\s+(not\s+)?(null|true|false|\d)|\b(like|glob|in)\s*['(]|\bbetween\b.+\band\b", re.IGNORECASE
)
_SEARCHED = (
    "path",
    '"Make"',
    '"Model"',
    "make_normalized",
    "model_normalized",
    "camera_type",
    "semantic_label",
    "status",
    "format",
)

_UNNAMED = 'coalesce("Make", "Model") IS NULL'
NO_CAMERA = f"(camera_type = 'unknown' AND {_UNNAMED})"
UNKNOWN_TYPE = f"(camera_type = 'unknown' AND NOT {_UNNAMED})"
NO_MAKER = "make_normalized IS NULL"

_SHOWN = {
    "unreadable": f"status IN ({', '.join(sorted(map(repr, map(str, UNREADABLE))))})",
    "no camera": NO_CAMERA,
    "unknown type": UNKNOWN_TYPE,
    "no maker": NO_MAKER,
}
"""Words that the library shows and that no column holds -> the photos that they count."""


def is_expression(text: str) -> bool:
    """Whether a text compares something, so that it is an expression and not words to search for."""
    return _COMPARISON.search(text) is not None


def where_of(text: str) -> str | None:
    """Return the text if it is an expression, else an expression that searches for it; None for empty text (all photos)."""
    if not text or is_expression(text):
        return text or None
    plain = re.sub(r"([\\%_])", r"\\\1", text)
    pattern = "'%" + plain.replace("'", "''") + "%'" + (r" ESCAPE '\'" if plain != text else "")
    named = _SHOWN.get(" ".join(text.casefold().split()))
    return " OR ".join([*(f"{column} LIKE {pattern}" for column in _SEARCHED), *([named] if named else [])])


_NAMES = [f'"{name}"' if " " in name or name != name.lower() else name for name in (*LABEL_COLUMNS, *CATALOG_COLUMNS)]
_BEGUN = re.compile(r'(?:"[\w ]*|\w*)$')


def complete_column(text: str) -> Completed:
    """Complete the name of a label column at the end of a filter; where none is begun, all are possible."""
    match = _BEGUN.search(text)
    begun = match.group() if match else ""
    if text.count("'") % 2:
        return Completed(text)
    if not begun:
        return Completed(text, tuple(_NAMES))
    names = _NAMES if begun.startswith('"') else [name.strip('"') for name in _NAMES]
    found = complete_word(begun, names)
    done = f'"{found.text}"' if f'"{found.text}"' in _NAMES and len(found.choices) == 1 else found.text
    return Completed(text[: len(text) - len(begun)] + done, found.choices)
