"""Makes text from photos and files safe to show: no markup, no control characters."""

from __future__ import annotations

from pathlib import Path

from rich.text import Text

from curate.catalog.listing import is_listed_path
from tracer.base.text import clean_text


def shown(value: object, style: str = "", missing: str = "–") -> Text:
    """Return any value as plain styled text; None becomes a dash.

    Text was cleaned when it entered the catalogue. It is cleaned again here, because widgets send text to the terminal as is.
    """
    text = "" if value is None else clean_text(str(value)) or ""
    return Text(text or missing, style if text else "dim", no_wrap=True, overflow="ellipsis")


def file_name(path: str, status: str | None = None) -> Text:
    """Return the name of a photo's file; of a photo without a file, its Flickr ID, and that it has none or is gone.

    Args:
        path: the photo's path, as shown.
        status: the photo's status, which is told where it is not `ok`.
    """
    if is_listed_path(path):
        return shown(f"{path.partition(':')[2]} {'gone' if status == 'gone' else 'no file'}", "dim")
    name = Path(path).name
    return shown(name if status in (None, "ok") else f"{name} ({status})")


def joined(*parts: object, sep: str = " ") -> Text:
    """Join the parts that are not empty; strings are plain text."""
    texts = [part if isinstance(part, Text) else shown(part) for part in parts if part not in (None, "")]
    return Text(sep).join(texts)


def folded(value: object) -> Text:
    """Return any value as plain text that may take several lines."""
    text = shown(value)
    text.no_wrap, text.overflow = False, "fold"
    return text
