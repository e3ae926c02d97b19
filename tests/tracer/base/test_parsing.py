"""Parsing what anybody may have written: a value, or one kind of error that says why."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer.base.parsing import MOST_DEPTH, Unparsable, parse_json, parse_json_object, parse_toml, parse_xml


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
        (b'[{"a": ["]", "\\\\", ' * 40 + b"1" + b"]}]" * 40, "nested too deeply"),
        (b"1" * 5_000, "a number in it cannot be read"),
    ],
    ids=["empty", "cut", "a byte", "half a character", "UTF-16", "lists", "objects", "closed", "a long number"],
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


@given(
    st.recursive(
        st.text('[]{}"\\\\', max_size=4), lambda inner: st.lists(inner) | st.dictionaries(st.text('["'), inner)
    )
)
def test_a_value_at_the_depth_that_is_allowed(value: object) -> None:
    """Brackets and quotes in strings count for nothing, and neither do neighbours: one level less is read, one more is not."""

    def depth(one: Any) -> int:
        inner = one.values() if isinstance(one, dict) else one
        return 0 if isinstance(one, str) else 1 + max(map(depth, inner), default=0)

    room = MOST_DEPTH - depth(value)
    data = json.dumps([value] * MOST_DEPTH).encode()
    for levels, is_read in ((room - 1, True), (room, False)):
        nested = b"[" * levels + data + b"]" * levels
        with contextlib.nullcontext() if is_read else pytest.raises(Unparsable, match="nested too deeply"):
            parse_json(nested)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not XML"),
        ("<a>\0</a>", "not XML"),
        ("<a>" * 200_000, "nested too deeply"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "declares a document type"),
    ],
)
def test_xml_that_cannot_be_read(text: str, why: str) -> None:
    """Damage, depth and entities are told in words."""
    with pytest.raises(Unparsable, match=why):
        parse_xml(text)


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
