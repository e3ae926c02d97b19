"""Plans: read and written alike, and refused in words."""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.catalog.labels import ATTRIBUTES
from curate.errors import CurateError, SourceError, UsageError
from curate.sources.flickr.plan import Plan, Query, first_second, last_second, plan_from, read_plan, write_plan
from curate.sources.flickr.windows import FIRST_UPLOAD, Window

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
COUNTS = st.integers(1, 10**9)
DAYS = st.dates(datetime(1826, 1, 1).date(), datetime(2100, 12, 31).date()).map(str)
DATES = st.builds(lambda day, length: day[:length], DAYS, st.sampled_from([4, 7, 10]))
BOXES = st.tuples(st.floats(-180, -1e-9), st.floats(-90, -1e-9), st.floats(1e-9, 180), st.floats(1e-9, 90))
QUERIES = st.fixed_dictionaries(
    {"text": TEXTS.filter(lambda text: text.isprintable() and text.strip() != "")},
    optional={
        "label": TEXTS,
        "tags": st.lists(TEXTS, max_size=3),
        "user": TEXTS,
        "group": TEXTS,
        "camera": TEXTS,
        "license": st.lists(st.integers(0, 999), max_size=3),
        "taken_from": DATES,
        "bbox": BOXES,
    },
)
PLANS = st.fixed_dictionaries(
    {"search": st.lists(QUERIES, min_size=1, max_size=3)},
    optional={
        "limit": COUNTS,
        "per_owner": COUNTS,
        "per_window": COUNTS,
        "window": st.sampled_from(["all", "year", "month", "day"]),
        "targets": st.dictionaries(
            st.sampled_from(sorted(ATTRIBUTES)), st.dictionaries(TEXTS, COUNTS, max_size=3), max_size=3
        ),
    },
)


@settings(max_examples=20)
@given(PLANS)
def test_a_plan_is_read_as_it_was_written(content: dict[str, Any]) -> None:
    """Whatever its texts hold; and it stays the same plan, so that its progress counts."""
    try:
        plan = plan_from(content, "a test")
    except UsageError as error:
        assert "a test" in error.why  # a text of nothing but invisible characters
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plan.toml"
        write_plan(path, plan)
        again = read_plan(path)
    assert again == plan and again.digest == plan.digest
    assert plan_from(plan.model_dump(), "") == plan == Plan.model_validate(plan.model_dump(mode="json"))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ({}, "search"),
        ({"search": []}, "search"),
        ({"search": [{}]}, "searches for nothing"),
        ({"search": [{"text": " \u200b"}]}, "empty"),
        ({"search": [{"txt": "dog"}]}, "txt"),
        ({"search": [{"text": "dog"}], "limits": 3}, "limits"),
        ({"search": [{"text": "dog"}], "limit": 0}, "limit"),
        ({"search": [{"text": "dog"}], "per_owner": -1}, "per_owner"),
        ({"search": [{"text": "dog"}], "window": "week"}, "window"),
        ({"search": [{"text": "dog", "license": ["x"]}]}, "license"),
        ({"search": [{"text": "dog", "license": [-1]}]}, "license"),
        ({"search": [{"taken_from": "2013-13"}]}, "2013-13"),
        ({"search": [{"taken_from": "2013-02-30"}]}, "2013-02-30"),
        ({"search": [{"taken_from": "yesterday"}]}, "yesterday"),
        ({"search": [{"taken_from": "0001"}]}, "0001"),
        ({"search": [{"taken_to": "9999"}]}, "9999"),
        ({"search": [{"taken_from": "2014", "taken_to": "2013"}]}, "end before they begin"),
        ({"search": [{"bbox": [1, 2, 3]}]}, "bbox"),
        ({"search": [{"bbox": [10, 0, -10, 5]}]}, "west, south, east, north"),
        ({"search": [{"bbox": [0, 0, 0, 5]}]}, "west, south, east, north"),
        ({"search": [{"bbox": [0, -91, 5, 5]}]}, "west, south, east, north"),
        ({"search": [{"bbox": [float("nan"), 0, 5, 5]}]}, "west, south, east, north"),
        ({"search": [{"album": "1", "text": "dog"}]}, "album"),
        ({"search": [{"text": "dog"}], "targets": {"Colour": {"red": 5}}}, "Colour"),
        ({"search": [{"text": "dog"}], "targets": {"Make": {"Canon": 0}}}, "targets.Make.Canon"),
    ],
)
def test_what_is_not_a_plan(content: dict[str, Any], why: str) -> None:
    """The message names the key and what is wrong with it."""
    with pytest.raises(UsageError, match="not a plan") as caught:
        plan_from(content, "plan.toml")
    assert why in caught.value.why and caught.value.why.startswith("plan.toml")


@pytest.mark.parametrize("text", ["search = 3", "[[search]]\ntext = ", "\x00", "too large"])
def test_files_that_are_no_plans(tmp_path: Path, text: str) -> None:
    """A message with the path, never a traceback."""
    path = tmp_path / "plan.toml"
    path.write_text("#" * (5 << 20) if text == "too large" else text)
    with pytest.raises(CurateError) as caught:
        read_plan(path)
    assert "plan.toml" in caught.value.why
    with pytest.raises(UsageError, match="no such plan"):
        read_plan(tmp_path / "other.toml")
    with pytest.raises(SourceError):
        read_plan(tmp_path)


def test_dates_hold_their_last_day() -> None:
    """Of a day, a month, a leap year's February, a year."""
    assert first_second("2013") == datetime(2013, 1, 1)
    assert last_second("2013") == datetime(2013, 12, 31, 23, 59, 59)
    assert last_second("2013-02") == datetime(2013, 2, 28, 23, 59, 59)
    assert last_second("2012-02") == datetime(2012, 2, 29, 23, 59, 59)
    assert last_second("2013-12") == datetime(2013, 12, 31, 23, 59, 59)
    assert last_second("2013-05-04") == datetime(2013, 5, 4, 23, 59, 59)


def test_windows_of_a_search() -> None:
    """By month with `per_window`, else one; lists have none; a place alone has all dates of upload."""
    year = {"taken_from": "2013", "taken_to": "2013"}

    def windows(query: dict[str, Any], **sizes: Any) -> list[Window]:
        plan = plan_from({"search": [query], **sizes}, "")
        return plan.windows(plan.search[0])

    assert windows(year) == [Window(("2013-01-01 00:00:00", "2013-12-31 23:59:59"))]
    assert len(windows(year, per_window=5)) == 12 and len(windows(year, window="day")) == 365
    assert windows(year | {"group": "1@N20"}) == [Window()] == windows({"text": "dog"})
    assert len(windows(year | {"group": "1@N20", "text": "dog"}, window="month")) == 12
    (place,) = windows({"bbox": [0, 0, 1, 1]})
    assert place.taken is None and place.uploaded is not None and place.uploaded[0] == FIRST_UPLOAD
    assert Query(taken_to="2013").span == (datetime(1826, 1, 1), datetime(2013, 12, 31, 23, 59, 59))
