"""Windows of dates: they cover all, and halves are the whole."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from curate.sources.flickr.windows import FIRST_UPLOAD, Length, Window, sliced, window_from_text

FORM = "%Y-%m-%d %H:%M:%S"
MOMENTS = st.datetimes(datetime(1826, 1, 1), datetime(2099, 12, 31)).map(lambda moment: moment.replace(microsecond=0))
SPANS = st.tuples(MOMENTS, MOMENTS).map(sorted)
UPLOADS = st.tuples(st.integers(FIRST_UPLOAD, 2**32), st.integers(FIRST_UPLOAD, 2**32)).map(sorted)
WINDOWS = st.builds(
    Window,
    st.none() | SPANS.map(lambda span: (span[0].strftime(FORM), span[1].strftime(FORM))),
    st.none() | UPLOADS.map(lambda span: (span[0], span[1])),
)


def moment(text: str) -> datetime:
    """A date of a window."""
    return datetime.strptime(text, FORM)


@given(WINDOWS)
def test_halves_are_the_whole(window: Window) -> None:
    """They meet without a gap and without a second in both; the dates that are not halved stay."""
    halves = window.halves(FIRST_UPLOAD + 10**9)
    if len(halves) == 2 and window.uploaded is not None:
        (one, two) = halves
        assert one.uploaded and two.uploaded and one.taken == two.taken == window.taken
        assert one.uploaded[0] == window.uploaded[0] and two.uploaded[1] == window.uploaded[1]
        assert one.uploaded[0] <= one.uploaded[1] == two.uploaded[0] - 1 < two.uploaded[1]
    elif len(halves) == 2:
        (one, two) = halves
        assert one.taken and two.taken and window.taken and one.uploaded is two.uploaded is None
        assert one.taken[0] == window.taken[0] and two.taken[1] == window.taken[1]
        assert moment(one.taken[1]) + timedelta(seconds=1) == moment(two.taken[0])
        assert one.taken[0] <= one.taken[1] and two.taken[0] <= two.taken[1]
    elif halves:
        assert window.uploaded is None and (window.taken is None or window.taken[0] == window.taken[1])
        assert halves[0] == Window(window.taken, (FIRST_UPLOAD, FIRST_UPLOAD + 10**9))
    else:
        assert window.uploaded is not None and window.uploaded[0] == window.uploaded[1]


@given(WINDOWS, st.lists(st.booleans(), max_size=80))
def test_halving_ends(window: Window, turns: list[bool]) -> None:
    """After seconds taken come dates of upload, and a second of upload has no halves."""
    for turn in [*turns, *[True] * 80]:
        halves = window.halves(2**31)
        if not halves:
            return
        window = halves[turn and len(halves) - 1]
    raise AssertionError(window)


@given(WINDOWS)
def test_a_window_comes_back_from_json(window: Window) -> None:
    """As it was; and it is told in words."""
    assert window_from_text(window.as_text()) == window
    words = window.in_words()
    assert ("taken" in words) == (window.taken is not None) and ("uploaded" in words) == (window.uploaded is not None)
    assert window.by_upload == (window.taken is not None and window.uploaded is not None)


@given(
    st.tuples(MOMENTS, st.timedeltas(timedelta(0), timedelta(days=900))).map(
        lambda pair: (pair[0], pair[0] + pair[1].__class__(seconds=int(pair[1].total_seconds())))
    ),
    st.sampled_from(get_args(Length)),
)
def test_slices_cover_a_span(span: tuple[datetime, datetime], length: Length) -> None:
    """One after the other, each within one day, month or year."""
    slices = [window.taken for window in sliced(*span, length)]
    assert all(slices)
    taken = [(moment(one[0]), moment(one[1])) for one in slices if one]
    assert taken[0][0] == span[0] and taken[-1][1] == span[1]
    assert all(before[1] + timedelta(seconds=1) == after[0] for before, after in pairwise(taken))
    form = {"all": "", "year": "%Y", "month": "%Y-%m", "day": "%Y-%m-%d"}[length]
    assert all(f"{first:{form}}" == f"{last:{form}}" for first, last in taken) or length == "all"
    assert len(taken) == 1 or length != "all"
