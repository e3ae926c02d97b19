"""The state of harvests in the catalogue: calls, plans with their windows, and what each found."""

from __future__ import annotations

import json
import time

import pytest

from curate.catalog.flickr_photos import pending, put_listings, record_step
from curate.catalog.harvests import (
    HOUR,
    Calls,
    StoredWindow,
    Taken,
    begin_plan,
    begin_recheck,
    calls_made,
    close_all,
    close_window,
    end_recheck,
    forget_plan,
    found_before,
    halve_window,
    keep_name,
    left_out_by_search,
    next_window,
    pages_left,
    plan_id,
    plans,
    plans_of,
    record_found,
    remarks,
    resolved_names,
    taken,
    turn_page,
    unfinished,
)
from curate.catalog.listing import Listing
from curate.catalog.store import Catalog

PLAN = {"search": [{"text": "dog"}, {"text": "cat"}]}
SPANS = [(0, '{"a": 1}'), (0, '{"a": 2}'), (1, '{"a": 3}')]


@pytest.fixture
def plan(catalog: Catalog) -> int:
    """A plan of two searches with three windows."""
    return begin_plan(catalog, "digest", PLAN, SPANS)


def upcoming(catalog: Catalog, plan: int, besides: set[int] | None = None) -> StoredWindow:
    """The window that comes next."""
    window = next_window(catalog, plan, besides or set())
    assert window is not None
    return window


def test_calls_are_written_down_before_they_are_sent(catalog: Catalog) -> None:
    """The next process finds those of the last hour, that of a killed process too, and how many there were ever."""
    book, now = Calls(catalog), time.time()
    first, second = book.begin(now + 60), book.begin(now + 60)
    book.end(first, now - HOUR - 1)
    book.pause(now + 100)
    again = Calls(catalog)
    assert again.times() == [now + 60] and again.paused_until() == now + 100
    again.end(second, now)
    assert again.times() == [now] and calls_made(catalog) == 2


def test_old_calls_are_removed_on_the_way(catalog: Catalog) -> None:
    """Also by a process that runs for days."""
    book = Calls(catalog)
    for _ in range(1500):
        book.end(book.begin(0.0), 0.0)
    assert len(book.times()) <= 1000 and calls_made(catalog) == 1500


def test_windows_come_one_after_the_other(catalog: Catalog, plan: int) -> None:
    """By search; halves take their window's place; pages are turned; each ends in its own way."""
    assert plan_id(catalog, "digest") == plan and plan_id(catalog, "other") is None and plans(catalog) == [(plan, PLAN)]
    first = upcoming(catalog, plan)
    assert (first.topic, first.span, first.page, first.total, first.slice) == (0, '{"a": 1}', 1, None, first.id)
    halve_window(catalog, plan, first, ['{"b": 1}', '{"b": 2}'], None)
    half = upcoming(catalog, plan)
    assert (half.span, half.slice) == ('{"b": 1}', first.id)
    turn_page(catalog, half, 700)
    turned = upcoming(catalog, plan)
    assert (turned.id, turned.page, turned.total) == (half.id, 2, 700)
    turn_page(catalog, turned, None)
    assert upcoming(catalog, plan).total == 700
    close_window(catalog, turned, "done")
    other = upcoming(catalog, plan)
    assert other.span == '{"b": 2}'
    assert upcoming(catalog, plan, {other.id}).span == '{"a": 2}'
    close_window(catalog, other, "cut", "too many")
    assert [(one.span, one.reason) for one in remarks(catalog, plan)] == [('{"b": 2}', "too many")]
    assert unfinished(catalog, plan) == (2, 1)
    close_all(catalog, plan)
    assert next_window(catalog, plan) is None and unfinished(catalog, plan) == (0, 1) and pages_left(catalog, 500) == 0


def test_all_open_windows_can_be_passed_over(catalog: Catalog, plan: int) -> None:
    """Then there is none."""
    seen: set[int] = set()
    for _ in range(3):
        seen.add(upcoming(catalog, plan, seen).id)
    assert len(seen) == 3 and next_window(catalog, plan, seen) is None


def test_pages_that_are_left(catalog: Catalog, plan: int) -> None:
    """Two of a window that nobody asked for; with the empty one that ends it."""
    assert pages_left(catalog, 500) == 6
    window = upcoming(catalog, plan)
    turn_page(catalog, window, 1200)
    assert pages_left(catalog, 500) == 4 + 3


def test_what_a_plan_found(catalog: Catalog, plan: int) -> None:
    """Taken and left out, counted by owner and by window."""
    window = upcoming(catalog, plan)
    record_found(catalog, plan, window, [(1, "a", None), (2, "a", None), (3, "b", None), (4, "b", "it is a video")])
    assert found_before(catalog, plan, range(10)) == {1, 2, 3, 4}
    counted = taken(catalog, plan)
    assert counted == Taken(3, {"a": 2, "b": 1}, {window.slice: 3})
    counted.add("c", window.slice)
    assert counted == Taken(4, {"a": 2, "b": 1, "c": 1}, {window.slice: 4})
    other = begin_plan(catalog, "second", PLAN, SPANS)
    record_found(catalog, other, upcoming(catalog, other), [(1, "a", None), (4, "b", None), (5, None, "x")])
    assert plans_of(catalog, 1) == {plan, other} and plans_of(catalog, 4) == {other}
    assert left_out_by_search(catalog) == [(5, "x")]
    forget_plan(catalog, "second")
    assert left_out_by_search(catalog) == [(4, "it is a video")] and plan_id(catalog, "second") is None


def test_names_are_kept_until_the_plan_is(catalog: Catalog) -> None:
    """So that an interrupted run asks for none again."""
    keep_name(catalog, "user jane", "1@N01")
    keep_name(catalog, "group x", "2@N20")
    assert resolved_names(catalog) == {"user jane": "1@N01", "group x": "2@N20"}
    begin_plan(catalog, "digest", json.loads(json.dumps(PLAN)), SPANS)
    assert resolved_names(catalog) == {}


def test_a_recheck_goes_on_until_it_is_finished(catalog: Catalog) -> None:
    """Then the next one asks for all again."""
    put_listings(catalog, [(Listing(number, "flickr"), None) for number in (1, 2)])
    begin_recheck(catalog)
    record_step(catalog, 1, "recheck", "done")
    begin_recheck(catalog)
    assert pending(catalog, "recheck") == [2]
    end_recheck(catalog)
    begin_recheck(catalog)
    assert pending(catalog, "recheck") == [1, 2]
