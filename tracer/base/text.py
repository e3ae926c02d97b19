"""Untrusted text: EXIF values, file names, titles, table cells, class names, and what users type.

A camera string can hold escape sequences that write to the clipboard or clear a terminal, and bidirectional controls that make a
name read backwards. Neither widgets nor terminals remove them. Text that is stored is cleaned once, when it is read
(`clean_text`). Text that must stay unchanged is escaped when it is shown (`visible_text`, `quoted_path`, `shell_word`).
"""

from __future__ import annotations

import os
import re
import shlex
import unicodedata
from typing import Final

MAX_LENGTH: Final = 1000
"""Characters kept of one value; a longer one is cut and ends in an ellipsis."""

# Cc: C0, DEL and C1 controls · Cf: bidirectional overrides, zero-width and tag characters · Cs: lone surrogates ·
# Co, Cn: private use and unassigned, whose glyphs are undefined · Zl, Zp: separators that break a line.
_DROPPED: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_SPACES: Final = frozenset("\t\n\v\f\r\u2028\u2029")
_NAMED: Final = {"\a": "a", "\b": "b", "\t": "t", "\n": "n", "\v": "v", "\f": "f", "\r": "r", '"': '"', "\\": "\\"}

_FORMULA: Final = re.compile(r'(^|[;\t])(?=["\s]*[=+\-@\t\r])')
"""Where a spreadsheet would begin a formula: many countries' separate cells by semicolons, whatever stands in quotes."""


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun: `1 photo`, `2,000 photos`. `many` is the plural where it does not end in s.

    >>> counted(2000, "photo"), counted(1, "entry", "entries")
    ('2,000 photos', '1 entry')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def words_in(text: str | None) -> tuple[str, ...]:
    """Return the entries of a comma-separated list without the spaces around them, each once.

    >>> words_in("CC-BY-4.0, CC0-1.0,,CC-BY-4.0"), words_in(None)
    (('CC-BY-4.0', 'CC0-1.0'), ())
    """
    return tuple(dict.fromkeys(word for part in (text or "").split(",") if (word := part.strip())))


def is_harmless(text: str) -> bool:
    """Whether text has no characters that control a terminal, are invisible, or reorder the text around them."""
    return text.isprintable() or not any(unicodedata.category(char) in _DROPPED for char in text)


def clean_text(value: str | bytes | None, limit: int = MAX_LENGTH) -> str | None:
    r"""Return untrusted text as one harmless line, or None where nothing is left of it.

    The text is cut at the first NUL (EXIF strings end there), decoded as UTF-8 or else Latin-1, and normalised (NFC). Control
    characters, and spaces at both ends, are removed; inner spaces are kept, since camera makers write them.

    Args:
        value: the text as the file or the server gives it.
        limit: the most characters to keep.

    >>> clean_text(b"  NIKON\x1b[2J D90\0garbage")
    'NIKON[2J D90'
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
    r"""Return untrusted text with the characters that `clean_text` drops escaped instead (``\x1b``).

    For text that is compared unchanged and only shown: two names that differ in such characters also look different.

    Args:
        text: any text.
        limit: the most characters to keep; None keeps all.

    >>> print(visible_text("NIKON\x1b[2J"))
    NIKON\x1b[2J
    """
    shown = _written_out(text if limit is None else text[:limit])
    return shown if limit is None or max(len(shown), len(text)) <= limit else shown[: limit - 1] + "…"


def cut_at_word(text: str, limit: int) -> str:
    """Return a text of at most `limit` characters. A longer one ends behind a word, with an ellipsis.

    >>> cut_at_word("its data end early", 18), cut_at_word("its data end early", 15), cut_at_word("/photos/a/b.jpg", 9)
    ('its data end early', 'its data end…', '/photos/…')
    """
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    whole = head if text[limit - 1] == " " else head.rpartition(" ")[0]
    return (whole if 2 * len(whole) > limit else head).rstrip(" ,;:(") + "…"


def no_formula(text: str) -> str:
    """Return the text of a CSV cell with an apostrophe before what a spreadsheet would take for a formula.

    >>> no_formula("=1+1"), no_formula("ann;=1+1"), no_formula("1-2;3")
    ("'=1+1", "ann;'=1+1", '1-2;3')
    """
    return _FORMULA.sub(r"\1'", text)


def visible_lines(text: str) -> str:
    """Return text of several lines with each line escaped as by `visible_text`, without a limit."""
    return "\n".join(visible_text(line, limit=None) for line in text.split("\n"))


def printable_path(path: str | bytes | os.PathLike[str]) -> str:
    r"""Return a path as text that can be shown and stored: bytes that are not UTF-8, and control characters, become ``\xNN``.

    Such a path cannot be opened; where it must be, the original bytes are kept beside it.
    """
    return _written_out(os.fsencode(path).decode("utf-8", errors="backslashreplace"))


def quoted_path(path: str | os.PathLike[str]) -> str:
    r"""Return a path as messages show it: unchanged, or quoted as git does (``"a\033\"b"``).

    A path is quoted where it has control or format characters, quotes, backslashes or bytes that are not UTF-8. Such characters
    become the octal numbers of their bytes.

    >>> print(quoted_path("holiday/IMG 1.jpg"), quoted_path('say "cheese".jpg'))
    holiday/IMG 1.jpg "say \"cheese\".jpg"
    """
    name = os.fspath(path)
    if is_harmless(name) and not set(name) & {'"', "\\"}:
        return name
    return '"' + "".join(f"\\{_NAMED[c]}" if c in _NAMED else _as_octal(c) for c in name) + '"'


def shortened_path(path: str) -> str:
    """Return the last two parts of a path, as tables show it."""
    return "/".join(path.rsplit("/", 2)[-2:])


def shell_word(word: str | os.PathLike[str]) -> str:
    r"""Return a word quoted for a shell. Control characters are written as in ``$'a\033b'``.

    A word that has single quotes is put in double quotes where that is safe, so that it stays readable.

    >>> print(shell_word("my photos"), shell_word("Make = 'Canon'"))
    'my photos' "Make = 'Canon'"
    """
    word = os.fspath(word)
    if not is_harmless(word):
        return "$'" + "".join(f"\\{c}" if c in "'\\" else _as_octal(c) for c in word) + "'"
    plain = not set(word) & set('"$`\\') and "!" not in word.replace("!=", "")
    return f'"{word}"' if "'" in word and plain else shlex.quote(word)


def command_line(*words: str | os.PathLike[str]) -> str:
    """Return the words of a command quoted for a shell."""
    return " ".join(map(shell_word, words))


def _written_out(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(_escaped(c) if unicodedata.category(c) in _DROPPED else c for c in text)


def _escaped(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _as_octal(char: str) -> str:
    """The bytes of a harmful character as octal numbers; any other character unchanged."""
    if is_harmless(char):
        return char
    escaped_byte = 0xDC80 <= ord(char) <= 0xDCFF  # Python's surrogateescape for a byte of a path that is not UTF-8
    data = char.encode("utf-8", "surrogateescape" if escaped_byte else "surrogatepass")
    return "".join(f"\\{byte:03o}" for byte in data)
