"""The one door for foreign text: EXIF values, file names, titles, sidecar cells.

A camera string can hold escape sequences that write to the clipboard, retitle or clear a terminal, and bidirectional
controls that make a name read backwards. Neither a widget nor a terminal removes them, so they are removed here, once,
before a string enters the catalogue.
"""

from __future__ import annotations

import os
import unicodedata

MAX_LENGTH = 1000
"""Characters kept of one value; a longer one is cut and ends in an ellipsis."""

# Cc: C0, DEL and C1 controls · Cf: bidirectional overrides, zero-width and tag characters · Cs: lone surrogates ·
# Co, Cn: private use and unassigned, which draw as anything · Zl, Zp: separators that break a line.
_DROPPED = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_SPACES = {"\t", "\n", "\v", "\f", "\r", "\u2028", "\u2029"}


def clean_text(value: str | bytes | None, limit: int = MAX_LENGTH) -> str | None:
    """Return foreign text as one harmless line, or None where nothing is left of it.

    Cut at the first NUL (EXIF strings end there), decoded as UTF-8 or else Latin-1, composed (NFC), stripped of controls
    and of spaces at both ends; inner spaces are kept, since makers write them.

    Args:
        value: what the file or the server said.
        limit: characters to keep.
    """
    if value is None:
        return None
    if isinstance(value, bytes):
        raw = value.split(b"\0", 1)[0]
        try:
            value = raw.decode("utf-8")
        except UnicodeDecodeError:
            value = raw.decode("latin-1")
    value = value.split("\0", 1)[0]
    kept = "".join(" " if c in _SPACES else c for c in value if c in _SPACES or unicodedata.category(c) not in _DROPPED)
    kept = unicodedata.normalize("NFC", kept).strip()
    if len(kept) > limit:
        kept = kept[: limit - 1].rstrip() + "…"
    return kept or None


def printable_path(path: str | bytes | os.PathLike[str]) -> str:
    r"""Return a path that can be shown and stored as text; bytes that are not UTF-8, and controls, become ``\xNN``.

    The path's own bytes are kept beside it wherever it must be opened again.
    """
    return _written_out(os.fsencode(path).decode("utf-8", errors="backslashreplace"))


def shortened_path(path: str) -> str:
    """Return a path as a table shows it: its last two names."""
    return "/".join(path.rsplit("/", 2)[-2:])


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun: `1 photo`, `2,000 photos`; `many` where the plural is more than an s."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def visible_text(text: str, limit: int = MAX_LENGTH) -> str:
    r"""Return foreign text with what `clean_text` drops written out instead (``\x1b``), so that it shows and does nothing.

    For what is compared as it is and shown only: two names that differ in such characters look different, too.

    Args:
        text: what somebody wrote. limit: characters to keep.
    """
    shown = _written_out(text[:limit])
    return shown if max(len(shown), len(text)) <= limit else shown[: limit - 1] + "…"


def _written_out(text: str) -> str:
    return "".join(_escaped(c) if unicodedata.category(c) in _DROPPED else c for c in text)


def _escaped(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
