"""Turns the text of the photo filter into an SQL expression over the label columns."""

from __future__ import annotations

import re

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
)


def where_of(text: str) -> str | None:
    """Return the text if it is an expression, else an expression that searches for it; None for empty text (all photos)."""
    if not text or _COMPARISON.search(text):
        return text or None
    pattern = "'%" + text.replace("'", "''") + "%'"
    return " OR ".join(f"{column} LIKE {pattern}" for column in _SEARCHED)
