"""What a set leaves out, kept and listed again."""

from __future__ import annotations

from pathlib import Path

import pytest

from curate.catalog import leftout
from curate.catalog.store import Catalog


def test_a_long_list_is_kept_in_parts(catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No value holds more than some photos; the list comes back whole, a new one takes its place, and parts go with theirs."""
    monkeypatch.setattr(leftout, "AT_ONCE", 3)
    paths = [f"/p/{number}.jpg" for number in range(8)]
    other = tmp_path / "other"
    leftout.keep_left_out(catalog, tmp_path, [("too small", paths), ("gone", paths[:1])])
    leftout.keep_left_out(catalog, other, [("gone", paths[:4])])
    expected = [*((path, "too small") for path in paths), (paths[0], "gone")]
    assert list(leftout.left_out(catalog, tmp_path)) == expected
    values = [row[0] for row in catalog.connection.execute("SELECT value FROM fact WHERE key LIKE '%left out%'")]
    assert len(values) == 6 and max(value.count(".jpg") for value in values) == 3
    leftout.keep_left_out(catalog, tmp_path, [("gone", paths[:1])])  # the other place is not there: its parts go, too
    assert list(leftout.left_out(catalog, tmp_path)) == [(paths[0], "gone")]
    assert catalog.connection.execute("SELECT count(*) FROM fact WHERE key LIKE '%left%out%'").fetchone()[0] == 2
