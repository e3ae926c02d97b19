"""The filters that were used before."""

from __future__ import annotations

from pathlib import Path

import pytest

from curate.tui.remembered import MOST, Filters, Recall


def test_filters_are_kept_in_the_workspace(tmp_path: Path) -> None:
    """The newest last, each once, a hundred at most, and no empty one."""
    place = tmp_path / "cache" / "filters.json"
    filters = Filters(place)
    for text in ("a", "b", "", "a", "x" * 10_000):
        filters.add(text)
    assert Filters(place).texts == ["b", "a"]
    for number in range(MOST + 5):
        filters.add(f"width > {number}")
    assert len(Filters(place).texts) == MOST and Filters(place).texts[-1] == f"width > {MOST + 4}"


@pytest.mark.parametrize("content", [b"", b"[", b"{}", b"\xff", b'["a\\u001b[2J", 3, "good"]'])
def test_a_damaged_file_is_an_empty_history(tmp_path: Path, content: bytes) -> None:
    """Nothing fails, and what could control a terminal is left out."""
    place = tmp_path / "filters.json"
    place.write_bytes(content)
    assert Filters(place).texts == (["good"] if b"good" in content else [])


def test_going_back_and_forth() -> None:
    """What was typed comes back at the end."""
    recall = Recall(["one", "two"])
    assert recall.newer("typed") == "typed"
    assert recall.older("typed") == "two"
    assert recall.older("two") == "one"
    assert recall.older("one") == "one"
    assert recall.newer("one") == "two"
    assert recall.newer("two") == "typed"
    assert Recall(["in use"]).older("in use") == "in use"
