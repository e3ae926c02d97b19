"""The one door for foreign text."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from tracer.base.text import MAX_LENGTH, clean_text, counted, printable_path, visible_text


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
