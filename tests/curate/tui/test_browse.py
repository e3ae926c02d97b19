"""The list of photos that is browsed: cursor, ranges, choice and rows. No screen is needed."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from curate.catalog.browsing import Order, SortKey
from curate.tui.browse import CHUNK, Browse, next_order, order_by

READ: list[list[int]] = []


def rows(photos: Sequence[int]) -> dict[int, dict[str, Any]]:
    """A row for each photo but number 13, which is gone."""
    READ.append(list(photos))
    return {photo: {"id": photo} for photo in photos if photo != 13}


def listed(*photos: int) -> Browse:
    """A list of these photos."""
    browse = Browse(rows)
    browse.show(array("q", photos))
    return browse


def test_an_empty_list() -> None:
    """Nothing is under the cursor, and nothing fails."""
    browse = listed()
    browse.move_to(5)
    browse.toggle()
    browse.begin_range()
    browse.choose_all()
    assert (browse.here, browse.row_here, browse.cursor, browse.chosen, browse.meant()) == (None, None, 0, set(), [])


def test_rows_are_read_in_chunks_when_they_are_needed() -> None:
    """A long list reads the rows around the one that is asked for, once."""
    READ.clear()
    browse = listed(*range(100, 100 + 10 * CHUNK))
    assert READ == []
    assert browse.row(3 * CHUNK + 1) == {"id": 100 + 3 * CHUNK + 1} and browse.row(4 * CHUNK - 1) is not None
    assert len(READ) == 1 and len(READ[0]) == CHUNK
    assert listed(12, 13).row(1) is None


def test_a_range_grows_and_shrinks_with_the_cursor() -> None:
    """What was chosen before stays; what the range leaves is no longer chosen."""
    browse = listed(*range(10))
    browse.toggle(8)
    browse.move_to(2)
    browse.move_to(5, extend=True)
    assert browse.chosen == {2, 3, 4, 5, 8}
    browse.move_to(1, extend=True)
    assert browse.chosen == {1, 2, 8}
    browse.end_range()
    browse.move_to(9)
    assert browse.chosen == {1, 2, 8} and browse.meant() == [1, 2, 8]
    browse.choose_none()
    assert browse.meant() == [9]


def test_all_and_none() -> None:
    """A second time takes it back."""
    browse = listed(3, 1, 2)
    browse.choose_all()
    assert browse.meant() == [3, 1, 2]
    browse.choose_all()
    assert browse.chosen == set()


@given(
    st.lists(st.integers(0, 30), unique=True, max_size=12),
    st.lists(st.integers(0, 30), unique=True, max_size=12),
    st.integers(0, 12),
    st.sets(st.integers(0, 12)),
)
def test_another_list(before: list[int], after: list[int], cursor: int, chosen: set[int]) -> None:
    """The cursor stays on its photo where that is still shown; only shown photos are chosen; the cursor is in the list."""
    browse = listed(*before)
    browse.move_to(cursor)
    for at in chosen:
        browse.toggle(at)
    here, kept = browse.here, set(browse.chosen)
    browse.show(array("q", after))
    assert browse.chosen == kept & set(after)
    assert browse.cursor < max(1, len(after))
    if here in after:
        assert browse.here == here


def test_orders_go_round() -> None:
    """The next column, and the same one the other way round."""
    keys = (SortKey.PATH, SortKey.TAKEN)
    order = next_order(Order(), keys)
    assert order == Order(SortKey.TAKEN) and next_order(order, keys) == Order()
    assert order_by(order, SortKey.TAKEN) == Order(SortKey.TAKEN, True)
    assert order_by(Order(SortKey.TAKEN, True), SortKey.TAKEN) == order
    assert order_by(Order(SortKey.TAKEN, True), SortKey.PATH) == Order()
