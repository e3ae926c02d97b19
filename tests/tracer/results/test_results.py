"""Results written and read back; parts that are kept."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from tracer import results
from tracer.errors import TracerError
from tracer.evaluation.cache import keep, key_of, recall
from tracer.experiments.outcome import Outcome
from tracer.results import COLUMNS, Row
from tracer.results.skips import Skip

ROW = Row(
    "probe", "s", "clip/ViT-B-16", "Make", "IDENTITY", 0.95, "acquisition", "accuracy", 0.5, 0.4, 0.6, 0.3, 100, 42
)
BARE = replace(ROW, experiment="association", encoder="", ci_low=None, ci_high=None, chance=None, seed=None)


def test_parquet_and_json_hold_the_same_rows(tmp_path: Path) -> None:
    """Both files give the rows back, with the fixed columns in their order and the right types."""
    parquet, page = results.write(tmp_path, [ROW, BARE], {"device": "cpu", "details": []})
    table = pq.read_table(parquet)
    assert tuple(table.column_names) == COLUMNS
    assert table.to_pylist() == [asdict(ROW), asdict(BARE)]
    assert str(table.schema.field("seed").type) == "int64"
    back = results.read(tmp_path)
    assert back.rows == (ROW, BARE)
    assert back.meta == {"device": "cpu", "details": []}
    assert json.loads(page.read_text(encoding="utf-8"))["rows"] == table.to_pylist()


def test_the_columns_are_the_contract() -> None:
    """Columns and their order are what other programs read."""
    assert ", ".join(COLUMNS) == (
        "experiment, dataset, encoder, attribute, processing, mask_ratio, setting, metric, value, ci_low, ci_high, chance, n, seed"  # noqa: E501
    )


def test_equal_results_are_equal_bytes(tmp_path: Path) -> None:
    """Writing the same rows twice gives the same files, and leaves nothing else behind."""
    first = [path.read_bytes() for path in results.write(tmp_path / "a", [ROW], {"x": 1})]
    second = [path.read_bytes() for path in results.write(tmp_path / "b", [ROW], {"x": 1})]
    assert first == second
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["results.json", "results.parquet"]


@pytest.mark.parametrize("field", ["value", "ci_low", "chance"])
def test_no_figure_is_nan(tmp_path: Path, field: str) -> None:
    """A figure that is no number is refused, and nothing is written."""
    with pytest.raises(TracerError, match="not a number"):
        results.write(tmp_path, [replace(ROW, **{field: float("nan")})], {})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", [None, "", "[]", "{}", '{"rows": [{"experiment": "probe"}]}', '{"rows": 3}', "\0"])
def test_damaged_results_are_a_message(tmp_path: Path, text: str | None) -> None:
    """Missing, empty, cut and foreign files each raise an error with a way out."""
    if text is not None:
        (tmp_path / "results.json").write_text(text)
    with pytest.raises(TracerError) as caught:
        results.read(tmp_path)
    assert "tracer evaluate" in caught.value.way_out


def test_kept_outcome_comes_back_for_its_key_only(tmp_path: Path) -> None:
    """What is kept is recalled unchanged with the same key; another key, or a cut file, recalls nothing."""
    outcome = Outcome([ROW], [{"a": [1, 2]}], ["careful"], [Skip("x", "y", ("probe",), "Make", "clip/ViT-B-16", 0.95)])
    path, key = tmp_path / "k.outcome", key_of("probe", np.arange(3))
    keep(path, key, outcome)
    assert recall(path, key) == outcome
    assert recall(path, key_of("probe", np.arange(4))) is None
    whole = path.read_bytes()
    for damaged in (whole[:-5], whole.replace(b'"careful"', b'"Careful"'), b"", b"null"):
        path.write_bytes(damaged)
        assert recall(path, key) is None
    assert recall(tmp_path / "none.json", key) is None


def test_keys_tell_everything_apart() -> None:
    """Arrays of other values, shapes or labels, and other settings, give other keys; equal ones the same."""
    labels = np.array(["a", None, "b"], dtype=object)
    keys = [
        key_of("x", np.arange(4)),
        key_of("x", np.arange(4).reshape(2, 2)),
        key_of("y", np.arange(4)),
        key_of("x", labels),
        key_of("x", labels[::-1]),
        key_of("x", 0.9),
        key_of("x", [0.9]),
        key_of("x", np.arange(4, dtype=np.float64)),
        key_of("x", ROW),
        key_of("x", replace(ROW, value=0.6)),
        key_of(["x", "y"]),
        key_of("x", {"y": 1}),
    ]
    assert len(set(keys)) == len(keys)
    assert key_of("x", labels.copy()) == key_of("x", labels)
