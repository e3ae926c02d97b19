"""Parquet files of others: what pyarrow would say of them, within bounds of bytes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tracer.base import parquet
from tracer.base.parquet import open_parquet, rows_of
from tracer.base.parsing import Unparsable


def written(path: Path, columns: dict[str, Any], **options: Any) -> Path:
    """A file with these columns."""
    pq.write_table(pa.table(columns), path, **options)
    return path


def test_rows_are_those_of_pyarrow(tmp_path: Path) -> None:
    """Whatever their types: texts, bytes, objects, dates, dictionaries, and rows without a value."""
    columns = {
        "text": ["a", None, "a"],
        "bytes": [b"1", None, b"\xff"],
        "object": [{"nsid": "a", "x": 1}, None, {"nsid": None, "x": 2}],
        "large": pa.array(["q", None, "q"], pa.large_string()),
        "coded": pa.array(["x", "y", "x"]).dictionary_encode(),
        "fixed": pa.array([b"abcd"] * 3, pa.binary(4)),
        "date": [datetime(2020, 1, 1, tzinfo=UTC)] * 3,
        "nothing": pa.nulls(3),
        "a.b": [1, 2, 3],
    }
    path = written(tmp_path / "a.parquet", columns)
    for source in (path, path.read_bytes()):
        with open_parquet(source) as file:
            assert file.schema.equals(pa.table(columns).schema) and file.rows == 3
            assert [row for batch in file.batches([*columns]) for row in rows_of(batch)] == pa.table(
                columns
            ).to_pylist()


def test_a_batch_has_as_many_rows_as_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the bytes that the footer states, of the wanted columns, also where each row has a long text of its own."""
    long = [f"{number:04}" * 250 for number in range(1000)]
    path = written(tmp_path / "a.parquet", {"long": long, "short": range(1000)}, use_dictionary=False)
    monkeypatch.setattr(parquet, "MOST_BATCH", 100_000)
    with open_parquet(path) as file:
        assert max(map(len, file.batches(["long"]))) == 98
        assert [len(batch) for batch in file.batches(["short"])] == [1000]
        monkeypatch.setattr(parquet, "MOST_GROUP", 900_000)
        with pytest.raises(Unparsable, match="a row group of it takes"):
            next(file.batches(["long"]))


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({"wanted": [["a"] * 1000]}, "holds lists"),
        ({"wanted": pa.array([b"\xff"]).view(pa.string())}, "utf-8"),
        ({"wanted": pa.array([2**62], pa.timestamp("us"))}, "too large|out of range"),
    ],
    ids=["lists", "bytes", "a date"],
)
def test_what_cannot_be_read_is_told(tmp_path: Path, columns: dict[str, Any], why: str) -> None:
    """In words, and as one kind of error."""
    with open_parquet(written(tmp_path / "a.parquet", columns)) as file, pytest.raises(Unparsable, match=f"(?i){why}"):
        [rows_of(batch) for batch in file.batches(["wanted"])]


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-20], lambda data: data[:4] + b"x" * 20 + data[24:], lambda _: b""]
)
def test_damage_is_told(tmp_path: Path, damage: Any) -> None:
    """A file that was cut off or changed, and none at all."""
    path = written(tmp_path / "a.parquet", {"text": [f"{number}" for number in range(100)]})
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(Unparsable), open_parquet(path) as file:
        [rows_of(batch) for batch in file.batches(["text"])]
