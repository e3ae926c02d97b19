"""The one door for foreign text."""

from __future__ import annotations

import os
import shutil
import subprocess
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer.base.text import (
    MAX_LENGTH,
    clean_text,
    command_line,
    counted,
    printable_path,
    quoted_path,
    shell_word,
    visible_text,
)


@given(st.text(max_size=200) | st.binary(max_size=200))
def test_nothing_that_controls_a_terminal_passes(value: str | bytes) -> None:
    """Whatever comes in, no control, format, surrogate or unassigned character comes out, and cleaning again changes nothing."""
    cleaned = clean_text(value)
    if cleaned is not None:
        assert not {unicodedata.category(c) for c in cleaned} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
        assert cleaned == cleaned.strip() != ""
        assert clean_text(cleaned) == cleaned


def test_escape_sequences_lose_their_escape() -> None:
    """A clipboard write, a title and a bidirectional override become harmless words."""
    assert clean_text("Canon\x1b]52;c;aGk=\x1b\\") == "Canon]52;c;aGk=\\"
    assert clean_text("abc\u202egnp.exe") == "abcgnp.exe"


def test_cut_at_nul_and_inner_spaces_kept() -> None:
    """EXIF strings end at the first NUL; spaces that a maker writes inside stay."""
    assert clean_text(b"Canon EOS  5D\0garbage") == "Canon EOS  5D"
    assert clean_text(b"  \0x") is None
    assert clean_text("one\r\ntwo") == "one  two"


def test_bytes_that_are_not_utf8_are_latin1() -> None:
    """Old cameras write Latin-1."""
    assert clean_text("Größe".encode("latin-1")) == "Größe"


def test_long_text_is_cut_visibly() -> None:
    """A megabyte of text does not enter the catalogue."""
    cut = clean_text("x" * 10**6)
    assert cut is not None and len(cut) == MAX_LENGTH and cut.endswith("…")


@given(st.binary(min_size=1, max_size=60).filter(lambda b: b"\0" not in b))
def test_any_path_can_be_shown_and_stored(path: bytes) -> None:
    """Every file name, UTF-8 or not, becomes text that UTF-8 can hold and a terminal survives."""
    text = printable_path(path)
    assert text.encode("utf-8")
    assert not any(unicodedata.category(c) == "Cc" for c in text)


@given(st.text(max_size=300), st.integers(1, 200))
def test_what_is_compared_raw_shows_harmlessly(text: str, limit: int) -> None:
    """Text that must stay as it is can be shown: nothing in it controls a terminal, UTF-8 holds it, and it is not long."""
    shown = visible_text(text, limit)
    assert not {unicodedata.category(c) for c in shown} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert shown.encode("utf-8") is not None and len(shown) <= limit
    assert visible_text(shown, limit) == shown


def test_names_that_differ_in_a_control_look_different() -> None:
    """Cleaning would make one of two names; written out, they stay two."""
    assert visible_text("bob\x1b[2J") == r"bob\x1b[2J" != visible_text("bob[2J") == "bob[2J"


def test_counted_nouns() -> None:
    """One is singular, none and many are plural, and thousands are grouped."""
    assert [counted(n, "photo") for n in (0, 1, 2000)] == ["0 photos", "1 photo", "2,000 photos"]
    assert counted(2, "copy", "copies") == "2 copies" and counted(1, "copy", "copies") == "1 copy"


@pytest.mark.parametrize(
    ("text", "cleaned", "visible", "quoted", "word"),
    [
        ("IMG 1.jpg", "IMG 1.jpg", "IMG 1.jpg", "IMG 1.jpg", "'IMG 1.jpg'"),
        ("Größe 写真", "Größe 写真", "Größe 写真", "Größe 写真", "'Größe 写真'"),
        ("a\x1b[2J", "a[2J", r"a\x1b[2J", r'"a\033[2J"', r"$'a\033[2J'"),
        ("a\x9b\x7fb", "ab", r"a\x9b\x7fb", r'"a\302\233\177b"', r"$'a\302\233\177b'"),
        ("a\u202eb", "ab", r"a\u202eb", r'"a\342\200\256b"', r"$'a\342\200\256b'"),
        ("a\u200b\ue000b", "ab", r"a\u200b\ue000b", r'"a\342\200\213\356\200\200b"', r"$'a\342\200\213\356\200\200b'"),
        ("a\nb\tc", "a b c", r"a\x0ab\x09c", r'"a\nb\tc"', r"$'a\012b\011c'"),
        ("a\udcffb", "ab", r"a\udcffb", r'"a\377b"', r"$'a\377b'"),
        ('a"b', 'a"b', 'a"b', r'"a\"b"', """'a"b'"""),
        (r"a\b", r"a\b", r"a\b", r'"a\\b"', r"'a\b'"),
        ("it's", "it's", "it's", "it's", '"it\'s"'),
        ("it's\x07", "it's", r"it's\x07", "\"it's\\a\"", r"$'it\'s\007'"),
        ("[red][/x]", "[red][/x]", "[red][/x]", "[red][/x]", "'[red][/x]'"),
        ("  ", None, "  ", "  ", "'  '"),
    ],
)  # fmt: skip
def test_one_table_of_cases(text: str, cleaned: str | None, visible: str, quoted: str, word: str) -> None:
    """What both programs make of a text: kept, shown, named as a path, and as a word for a shell."""
    assert (clean_text(text), visible_text(text), quoted_path(text), shell_word(text)) == (
        cleaned,
        visible,
        quoted,
        word,
    )


@given(st.binary(min_size=1, max_size=40).filter(lambda b: b"\0" not in b))
def test_any_path_is_quoted_so_that_it_can_be_told(path: bytes) -> None:
    """Quoted paths hold nothing raw, and two paths are never quoted alike."""
    quoted = quoted_path(os.fsdecode(path))
    assert not {unicodedata.category(c) for c in quoted} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    if quoted.startswith('"'):
        inner = quoted[1:-1].encode("utf-8", "surrogateescape")
        assert inner.decode("unicode_escape").encode("latin-1") == path
    else:
        assert os.fsencode(quoted) == path


def test_a_shell_takes_suggested_commands(tmp_path: Path) -> None:
    """Pasted into bash, each word of a command arrives with its own bytes."""
    if not (bash := shutil.which("bash")):
        pytest.skip("bash is not installed")
    words = [
        b"plain",
        b"two words",
        b"it's",
        b"a\x1b]0;t\x07",
        b"\xff\xfe",
        "\u202e\x9b".encode(),
        b"a\nb\tc",
        b'$(x) `y` !z \\ "',
        b"-w",
    ]
    line = command_line("printf", r"%s\0", *map(os.fsdecode, words))
    done = subprocess.run([bash, "-c", line], capture_output=True, check=True)
    assert done.stdout.split(b"\0")[:-1] == words
    assert not {unicodedata.category(c) for c in line} & {"Cc", "Cf", "Cs"}
