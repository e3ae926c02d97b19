"""Parsing what anybody may have written: a value, or one kind of error that says why."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer.base.parsing import Unparsable, parse_json, parse_json_object, parse_toml


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff", "not UTF-8"),
        (b'"\xed\xa0\x80"', "not UTF-8"),
        (b"{\0}\0", "not JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b"1" * 5_000, "a number in it cannot be read"),
    ],
    ids=["empty", "cut", "a byte", "half a character", "UTF-16", "lists", "objects", "a long number"],
)
def test_json_that_cannot_be_read(data: bytes, why: str) -> None:
    """Each kind of damage is told in words."""
    with pytest.raises(Unparsable, match=why):
        parse_json(data)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"a", "not TOML"),
        (b"a = 1\na = 2", "not TOML"),
        (b"\xff", "not UTF-8"),
        (b"a = " + b"[" * 100_000, "nested too deeply"),
        (b"a = " + b"{a = " * 100_000, "nested too deeply"),
        (b"a = " + b"1" * 5_000, "a number in it cannot be read"),
        (b"a = 2020-02-30", "not TOML|cannot be read"),
    ],
    ids=["no value", "a key twice", "a byte", "lists", "tables", "a long number", "no such day"],
)
def test_toml_that_cannot_be_read(data: bytes, why: str) -> None:
    """The same of TOML."""
    with pytest.raises(Unparsable, match=why):
        parse_toml(data)


@pytest.mark.parametrize("data", [b"null", b"[]", b"1", b'"x"', b"true"])
def test_what_has_to_be_an_object(data: bytes) -> None:
    """Another value than an object is refused where an object is needed."""
    with pytest.raises(Unparsable, match="not a JSON object"):
        parse_json_object(data)


def test_a_byte_order_mark_is_passed_over() -> None:
    """Editors of one system write it."""
    assert parse_json_object(b'\xef\xbb\xbf{"a": "\xc3\xa9"}') == {"a": "é"}
    assert parse_toml(b'\xef\xbb\xbfa = "\xc3\xa9"') == {"a": "é"}


@given(st.binary(max_size=60))
def test_any_bytes(data: bytes) -> None:
    """No bytes raise anything else."""
    for parse in (parse_json, parse_toml):
        try:
            parse(data)
        except Unparsable as error:
            assert str(error)
