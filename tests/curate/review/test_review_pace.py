"""The pace of a review."""

from __future__ import annotations

from curate.review.pace import BREAK, Pace


def paced(*gaps: float) -> Pace:
    """A pace after decisions that many seconds apart."""
    now = [0.0]
    pace = Pace(lambda: now[0])
    pace.decided()
    for gap in gaps:
        now[0] += gap
        pace.decided()
    return pace


def test_the_pace_follows_the_decisions() -> None:
    """Two seconds a pair are thirty a minute; before there are a few decisions there is no pace."""
    assert paced(2, 2).a_minute is None and paced(2, 2).in_words(10) == ""
    assert paced(*[2] * 10).a_minute == 30
    assert paced(*[2] * 10).in_words(300) == "30 a minute, about 10 min left"
    assert paced(*[2] * 10).in_words(6000) == "30 a minute, about 3 h left"
    assert paced(*[2] * 10).in_words(3) == "30 a minute, less than a minute left"
    assert paced(*[2] * 10).in_words(0) == "30 a minute"


def test_a_break_does_not_count_and_the_last_decisions_do() -> None:
    """Lunch is not part of the pace, and neither is how slow the first hour was."""
    assert paced(*[2] * 5, 10 * BREAK, *[2] * 5).a_minute == 30
    assert paced(*[20] * 50, *[3] * 30).a_minute == 20
