"""Foreign text on the screen: never markup, never a control character."""

from __future__ import annotations

from rich.text import Text

from tracer.base.text import clean_text


def shown(value: object, style: str = "", missing: str = "–") -> Text:
    """Return any value as plain styled text; None becomes a dash.

    Catalogue text was cleaned at the door; it is cleaned again here, since what a widget draws reaches the terminal as it is.
    """
    text = "" if value is None else clean_text(str(value)) or ""
    return Text(text or missing, style if text else "dim", no_wrap=True, overflow="ellipsis")


def joined(*parts: object, sep: str = " ") -> Text:
    """Return the parts that are there, joined; strings are plain text."""
    texts = [part if isinstance(part, Text) else shown(part) for part in parts if part not in (None, "")]
    return Text(sep).join(texts)


def folded(value: object) -> Text:
    """Return foreign text that may take several lines."""
    text = shown(value)
    text.no_wrap, text.overflow = False, "fold"
    return text
