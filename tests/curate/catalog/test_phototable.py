"""Label rows by column."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.catalog.labels import LABEL_COLUMNS
from curate.catalog.phototable import PhotoTable, combined, joined

VALUES = {
    "string": st.none() | st.sampled_from(["", "a", "é", "日本"]),
    "int64": st.none() | st.integers(-5, 2**53),
    "float64": st.none() | st.floats(allow_nan=False),
    "bool": st.none() | st.booleans(),
}
ROW = st.fixed_dictionaries({}, optional={name: VALUES[kind] for name, kind in LABEL_COLUMNS.items()})


@settings(max_examples=50, deadline=None)
@given(st.lists(ROW, max_size=5), st.randoms(use_true_random=False))
def test_rows_come_back_as_they_were(rows: list[dict[str, Any]], rng: Any) -> None:
    """A table gives back each row's values and types, whole, one by one, by column, and in another order."""

    def same(got: dict[str, Any], row: dict[str, Any]) -> bool:
        said = {name: row.get(name) for name in got if name != "known"}
        return {name: repr(got[name]) for name in said} == {name: repr(value) for name, value in said.items()}

    table = PhotoTable.of(rows)
    assert len(table) == len(list(table.rows())) == len(rows)
    assert all(same(got, row) for got, row in zip(table.rows(), rows, strict=True))
    assert all(same(table[place], row) for place, row in enumerate(rows))
    assert table.values("known") == [sum(value is not None for value in row.values()) for row in rows]
    for name in LABEL_COLUMNS:
        column = [row.get(name) for row in rows]
        codes, kinds = table.coded(name)
        assert [None if code < 0 else kinds[code] for code in codes.tolist()] == table.values(name) == column
        assert table.present(name).tolist() == [value is not None for value in column]
    order = rng.sample(range(len(rows)), len(rows))
    assert table.take(np.array(order, np.intp)).values("Make") == [rows[place].get("Make") for place in order]
    twice = joined([table, table], ["Make", "taken_at"])
    assert twice.values("taken_at") == 2 * table.values("taken_at") and len(twice) == 2 * len(rows)


def test_half_a_surrogate_pair_is_kept_apart() -> None:
    """Texts that UTF-8 cannot hold, as JSON can, stay different texts."""
    first, second = PhotoTable.of([{"file_name": "a\ud800"}, {"file_name": "a\ud801"}]).values("file_name")
    assert first != second


def test_numbers_are_equal_where_all_columns_are() -> None:
    """Columns of numbers, also absent ones, are joined to numbers that tell the same rows apart."""
    rng = np.random.default_rng(0)
    columns = [rng.integers(-1, 3, 200) for _ in range(3)]
    together = combined(columns).tolist()
    rows = list(zip(*(column.tolist() for column in columns), strict=True))
    assert len(set(together)) == len(set(rows)) == len(set(zip(together, rows, strict=True)))
