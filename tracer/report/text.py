"""Strings of the results, made safe to show on a page and in a plot.

Class names and paths come from other people's files. The template escapes markup; what is left for this module are
characters that no page can hold or that reorder the text around them.
"""

from __future__ import annotations

from typing import Any

from tracer.base.text import visible_text

MAX_LENGTH = 200
"""Characters of one string that a page shows; a longer one ends in an ellipsis."""


def shown(value: object) -> str:
    r"""Return a value as one line of text; a character that cannot be shown becomes its escape (``\x1b``).

    Escaped rather than dropped, so that two class names that differ in such a character still look different.
    """
    return visible_text(str(value), MAX_LENGTH)


def shown_tree(value: Any) -> Any:
    """Return parsed JSON with every string in it, keys too, passed through `shown`."""
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, dict):
        return {shown(key): shown_tree(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shown_tree(item) for item in value]
    return value
