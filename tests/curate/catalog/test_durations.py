"""Spans of time in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.catalog.durations import in_words, parse_seconds


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (3612.4, "+1 h 0 min 12 s"),
        (-5461.8, "−1 h 31 min 2 s"),
        (0.0, "0 s"),
        (-0.04, "0 s"),
        (-0.64, "−0.6 s"),
        (9.97, "+10 s"),
        (59.6, "+1 min 0 s"),
        (86_400.0 * 1234 + 5, "+1,234 d 0 h 0 min 5 s"),
    ],
)
def test_in_words(seconds: float, words: str) -> None:
    """From the largest unit that is needed; a rounded second carries over."""
    assert in_words(seconds) == words


def test_days_without_seconds() -> None:
    """Where there is little room, seconds go from spans of days, and from no others."""
    assert in_words(-3 * 86_400 - 5462, days_to="min") == "−3 d 1 h 31 min"
    assert in_words(3612, days_to="min") == "+1 h 0 min 12 s"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("3612", 3612.0),
        (" +1:00:12 ", 3612.0),
        ("-1:31:02.5", -5462.5),
        ("5:30", 330.0),
        ("−2 d 3 h", -183_600.0),
        ("1 hour 2 minutes", 3720.0),
        ("2,5 s", 2.5),
        ("1e3", 1000.0),
        ("", None),
        ("tomorrow", None),
        ("1 h and 2", None),
        ("1e999", None),
        ("--5", None),
        ("nan", None),
    ],
)
def test_parse_seconds(text: str, seconds: float | None) -> None:
    """What people write, and what is no span of time."""
    assert parse_seconds(text) == seconds


@given(st.integers(-(10**9), 10**9))
def test_words_are_read_back(seconds: int) -> None:
    """A whole number of seconds comes back from its words as it was."""
    assert parse_seconds(in_words(seconds)) == seconds


@given(st.text())
def test_any_text_is_a_number_or_none(text: str) -> None:
    """Nothing that a person types is an error."""
    assert parse_seconds(text) is None or isinstance(parse_seconds(text), float)
