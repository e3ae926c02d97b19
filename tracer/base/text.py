"""Foreign text: EXIF values, file names, titles, cells of tables, class names, and what people type.

A camera string can hold escape sequences that write to the clipboard, retitle or clear a terminal, and bidirectional
controls that make a name read backwards. Neither a widget nor a terminal removes them. What is kept is cleaned once, where it
enters (`clean_text`); what has to stay as it is, is written out where it is shown (`visible_text`, `quoted_path`, `shell_word`).
"""

from __future__ import annotations

import os
import shlex
import unicodedata
from typing import Final

MAX_LENGTH: Final = 1000
"""Characters kept of one value; a longer one is cut and ends in an ellipsis."""

# Cc: C0, DEL and C1 controls · Cf: bidirectional overrides, zero-width and tag characters · Cs: lone surrogates ·
# Co, Cn: private use and unassigned, which draw as anything · Zl, Zp: separators that break a line.
_DROPPED: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_SPACES: Final = frozenset("\t\n\v\f\r\u2028\u2029")
_NAMED: Final = {"\a": "a", "\b": "b", "\t": "t", "\n": "n", "\v": "v", "\f": "f", "\r": "r", '"': '"', "\\": "\\"}


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun: `1 photo`, `2,000 photos`; `many` where the plural is more than an s."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def is_harmless(text: str) -> bool:
    """Whether text holds nothing that controls a terminal, hides, or reorders what stands around it."""
    return text.isprintable() or not any(unicodedata.category(char) in _DROPPED for char in text)


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
    if not value.isascii() or not value.isprintable():
        kept = (" " if c in _SPACES else c for c in value if c in _SPACES or unicodedata.category(c) not in _DROPPED)
        value = unicodedata.normalize("NFC", "".join(kept))
    value = value.strip()
    if len(value) > limit:
        value = value[: limit - 1].rstrip() + "…"
    return value or None


def visible_text(text: str, limit: int | None = MAX_LENGTH) -> str:
    r"""Return foreign text with what `clean_text` drops written out instead (``\x1b``), so that it shows and does nothing.

    For what is compared as it is and shown only: two names that differ in such characters look different, too.

    Args:
        text: what somebody wrote. limit: characters to keep; None keeps all.
    """
    shown = _written_out(text if limit is None else text[:limit])
    return shown if limit is None or max(len(shown), len(text)) <= limit else shown[: limit - 1] + "…"


def visible_lines(text: str) -> str:
    """Return text whose line breaks are meant, each line of it as `visible_text` writes it out, whole."""
    return "\n".join(visible_text(line, limit=None) for line in text.split("\n"))


def printable_path(path: str | bytes | os.PathLike[str]) -> str:
    r"""Return a path that can be shown and stored as text; bytes that are not UTF-8, and controls, become ``\xNN``.

    The path's own bytes are kept beside it wherever it must be opened again.
    """
    return _written_out(os.fsencode(path).decode("utf-8", errors="backslashreplace"))


def quoted_path(path: str | os.PathLike[str]) -> str:
    r"""Return a path as a message names it: as it is, or as git quotes it (``"a\033\"b"``).

    Quoted are paths that hold controls, format characters, quotes, backslashes or bytes that are not UTF-8; such characters
    become the octal numbers of their bytes.
    """
    name = os.fspath(path)
    if is_harmless(name) and not set(name) & {'"', "\\"}:
        return name
    return '"' + "".join(f"\\{_NAMED[c]}" if c in _NAMED else _as_octal(c) for c in name) + '"'


def shortened_path(path: str) -> str:
    """Return a path as a table shows it: its last two names."""
    return "/".join(path.rsplit("/", 2)[-2:])


def shell_word(word: str | os.PathLike[str]) -> str:
    r"""Return a word as a shell takes it; what must not reach a terminal is written as in ``$'a\033b'``.

    An expression that holds single quotes itself stays readable, in double quotes.
    """
    word = os.fspath(word)
    if not is_harmless(word):
        return "$'" + "".join(f"\\{c}" if c in "'\\" else _as_octal(c) for c in word) + "'"
    plain = not set(word) & set('"$`\\') and "!" not in word.replace("!=", "")
    return f'"{word}"' if "'" in word and plain else shlex.quote(word)


def command_line(*words: str | os.PathLike[str]) -> str:
    """Return a command as a shell takes it."""
    return " ".join(map(shell_word, words))


def _written_out(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(_escaped(c) if unicodedata.category(c) in _DROPPED else c for c in text)


def _escaped(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _as_octal(char: str) -> str:
    """The bytes of a character that must not be shown, as octal numbers; any other character as it is."""
    if is_harmless(char):
        return char
    escaped_byte = 0xDC80 <= ord(char) <= 0xDCFF  # how Python holds a byte of a path that is not UTF-8
    data = char.encode("utf-8", "surrogateescape" if escaped_byte else "surrogatepass")
    return "".join(f"\\{byte:03o}" for byte in data)
