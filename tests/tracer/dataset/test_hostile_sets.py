"""Sets, split files and embedding files that somebody made to do harm, or that a disk has damaged: each an error in words."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from safetensors.numpy import save

from tests.helpers.input_photos import picture, write_flat, write_metadata, write_set
from tracer.base import parquet
from tracer.dataset import metadata, open_set
from tracer.dataset.splits import read_split
from tracer.embeddings import store
from tracer.errors import DataSetError, EmbeddingsError
from tracer.experiments.labels import labelled_set

ROWS = [{"file_name": f"images/{n}.jpg", "photo_id": n, "Make": "AB"[n % 2]} for n in range(1, 5)]


# --- links


def test_links_out_of_a_set_are_listed_and_not_followed(tmp_path: Path) -> None:
    """A picture, or a folder of pictures, that is a link out is left out with the reason; a link inside the set is followed."""
    place = write_set(tmp_path / "set", ROWS)
    picture(9).save(tmp_path / "private.jpg")
    inside, out = place / "images" / "1.jpg", place / "images" / "2.jpg"
    inside.rename(place / "images" / "first.jpg")
    inside.symlink_to("first.jpg")
    out.unlink()
    out.symlink_to(tmp_path / "private.jpg")
    found = open_set(place)
    assert sorted(found.table["photo_id"]) == [1, 3, 4]
    assert [(problem.path, problem.reason) for problem in found.problems] == [
        ("images/2.jpg", "a link out of the set is not followed")
    ]


@pytest.mark.parametrize("kind", ["metadata", "plain"])
def test_a_set_of_nothing_but_links_says_how_to_copy_it(tmp_path: Path, kind: str) -> None:
    """`images` as a link, and class folders of links: an error whose way out is a command."""
    elsewhere = write_flat(tmp_path / "elsewhere", 4)
    place = tmp_path / "set"
    if kind == "metadata":
        place.mkdir()
        (place / "images").symlink_to(elsewhere)
        write_metadata(place, ROWS)
    else:
        for number in range(1, 5):
            folder = place / "ab"[number % 2]
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{number}.jpg").symlink_to(elsewhere / f"{number}.jpg")
    with pytest.raises(DataSetError, match="a link out of the set") as refused:
        open_set(place)
    assert f"cp -RL {place} {place}-copy" in refused.value.way_out


@pytest.mark.parametrize("name", ["metadata.jsonl", "splits"])
def test_metadata_and_splits_that_are_links_out_are_refused(tmp_path: Path, name: str) -> None:
    """Labels come from the set itself, or not at all."""
    place = write_set(tmp_path / "set", ROWS)
    (place / "splits").mkdir()
    (place / "splits" / "split_data_target_attribute=Make.json").write_text("{}")
    (place / name).rename(tmp_path / name)
    (place / name).symlink_to(tmp_path / name)
    with pytest.raises(DataSetError, match="a link out of the set"):
        open_set(place)


def test_a_metadata_file_that_leads_nowhere_is_not_passed_over(tmp_path: Path) -> None:
    """A dangling link in its place is an error: without its labels the set would be another one."""
    place = write_set(tmp_path / "set", ROWS)
    (place / "metadata.jsonl").unlink()
    (place / "metadata.jsonl").symlink_to("gone.jsonl")
    with pytest.raises(DataSetError, match=r"metadata\.jsonl cannot be read"):
        open_set(place)


# --- metadata


def _table(place: Path, columns: dict[str, Any], **options: Any) -> Path:
    pq.write_table(pa.table(columns), place, **options)
    return place


def test_parquet_that_unfolds_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One long string in every row takes a few bytes in the file, and as few in memory; more than the limit is refused."""
    rows = 20_000
    text = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array(["x" * 50_000]))
    path = _table(tmp_path / "metadata.parquet", {"file_name": text, "Make": text})
    assert path.stat().st_size < 200_000
    code = (
        "import sys, pathlib, pyarrow; from tracer.dataset import metadata; "
        "print(len(metadata.read_metadata(pathlib.Path(sys.argv[1]))), pyarrow.default_memory_pool().max_memory())"
    )
    out = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True).stdout
    assert int(out.split()[0]) == rows
    assert int(out.split()[1]) < 20_000_000
    numbers = _table(tmp_path / "numbers.parquet", {"file_name": np.zeros(rows), "a": np.zeros(rows)})
    monkeypatch.setattr(metadata, "MOST_BYTES", 100_000)
    with pytest.raises(DataSetError, match="take more than"):
        metadata.read_metadata(numbers)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({f"c{n}": [1] for n in range(1500)}, "1,500 columns"),
        ({"a": [1]}, "no column file_name"),
        ({"file_name": [["a.jpg"]]}, "no column file_name"),
    ],
)
def test_tables_that_are_no_labels(tmp_path: Path, columns: dict[str, Any], words: str) -> None:
    """Thousands of columns, and none that names files."""
    with pytest.raises(DataSetError, match=words):
        metadata.read_metadata(_table(tmp_path / "metadata.parquet", columns))


def test_a_footer_longer_than_any_and_rows_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the file says of itself is checked before anything is read by it."""
    path = tmp_path / "metadata.parquet"
    path.write_bytes(b"PAR1" + (1 << 30).to_bytes(4, "little") + b"PAR1")
    with pytest.raises(DataSetError, match="footer"):
        metadata.read_metadata(path)
    monkeypatch.setattr(parquet, "MOST_CELLS", 1000)
    with pytest.raises(DataSetError, match="at most 1,000 values"):
        metadata.read_metadata(_table(path, {"file_name": ["a"] * 2000}))
    (tmp_path / "metadata.csv").write_text("file_name,b\n" + "a,b\n" * 600)
    with pytest.raises(DataSetError, match="at most 1,000 values"):
        metadata.read_metadata(tmp_path / "metadata.csv")


@pytest.mark.parametrize(
    ("kind", "content", "words"),
    [
        pytest.param("jsonl", b'{"a":' * 100_000, "nested too deep", id="nested"),
        ("jsonl", b"\xff\xfe{}", "utf-8"),
        ("jsonl", b'{"\\ud800": 1}', "not text"),
        pytest.param("jsonl", b"\n".join(b'{"k%d": 1}' % n for n in range(1500)), "columns", id="many columns"),
        ("csv", b"file_name,a,a\nx,1,2\n", "more than one column"),
        pytest.param("csv", b'"' + b"a" * 200_000, "field larger", id="long field"),
        ("csv", b"", "no column file_name"),
        ("parquet", b"PAR1 no", "cannot be read"),
    ],
)
def test_damaged_metadata(tmp_path: Path, kind: str, content: bytes, words: str) -> None:
    """Each says what is wrong with the file."""
    path = tmp_path / f"metadata.{kind}"
    path.write_bytes(content)
    with pytest.raises(DataSetError) as refused:
        metadata.read_metadata(path)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    "odd",
    [
        {"Make": ["a", 1, None, 2.5]},
        {"Make": [[1], None, "a", {}]},
        {"path": ["/x"] * 4},
        {"Make": [float("nan"), "a", "b", "\ud800"]},
        {"semantic_label": [1, 2, 1, 2], "width": [None, "", " ", "3"]},
        {"owner": [{"a": 1}, None, None, None]},
        {"split": [1, None, "train", "val"]},
    ],
)
def test_labels_of_odd_types_are_read_or_left_out(tmp_path: Path, odd: dict[str, list[Any]]) -> None:
    """Values of several types in one column, lists, and columns called as ours are: the set opens, and its labels are read."""
    rows = [{**row, **{name: values[at] for name, values in odd.items()}} for at, row in enumerate(ROWS)]
    assert len(labelled_set(open_set(write_set(tmp_path / "set", rows))).clusters) == 4


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"photo_id": 10**40}, ""),
        ({"subject_idx": 10**40}, "whole numbers"),
        ({"file_name": "images/" + "x" * 5000}, "missing"),
        ({"file_name": "images/\ud800.jpg"}, "missing"),
        ({"file_name": 7}, "outside its set"),
    ],
)
def test_values_that_no_set_has(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    """Numbers and names beyond what there can be are refused, or no number at all."""
    place = write_set(tmp_path / "set", ROWS)
    write_metadata(place, [{**ROWS[0], **change}, *ROWS[1:]])
    if words:
        with pytest.raises(DataSetError, match=words):
            open_set(place)
    else:
        assert len(open_set(place)) == 4


# --- splits


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xfe", "UTF-8"),
        pytest.param(b"[" * 100_000, "nested too deep", id="nested"),
        (b"[]", "not a JSON object"),
        (b'{"target_attribute": "Make", "label_encoder_classes": [[]]}', "not a name"),
        (
            json.dumps({"target_attribute": "Make", "label_encoder_classes": ["a"], "train_ids": [2**63]}).encode(),
            "64 bits",
        ),
    ],
)
def test_damaged_split_files(tmp_path: Path, content: bytes, words: str) -> None:
    """Bytes, nesting and numbers that no split file has are told in words."""
    path = tmp_path / "split_data_target_attribute=Make.json"
    path.write_bytes(content)
    with pytest.raises(DataSetError, match=words):
        read_split(path)


# --- safetensors


def _tensors(path: Path, header: dict[str, Any], body: bytes = b"", length: int | None = None) -> Path:
    text = json.dumps(header).encode()
    path.write_bytes((len(text) if length is None else length).to_bytes(8, "little") + text + body)
    return path


def _entry(kind: str, shape: list[int], begin: int, end: int) -> dict[str, Any]:
    return {"dtype": kind, "shape": shape, "data_offsets": [begin, end]}


@pytest.mark.parametrize(
    ("header", "body", "length"),
    [
        ({"image_embeddings": _entry("F32", [300_000_000, 0], 0, 0)}, b"", None),
        ({"image_embeddings": _entry("F32", [2**62, 0], 0, 0)}, b"", None),
        ({"image_embeddings": _entry("F32", [1, 1], 0, 4), "x": _entry("F32", [1, 1], 0, 4)}, b"abcd", None),
        ({"image_embeddings": _entry("F32", [1, 1], -4, 0)}, b"abcd", None),
        ({"image_embeddings": _entry("F32", [10**6, 10**6], 0, 4)}, b"abcd", None),
        ({"image_embeddings": _entry("I64", [1, 1], 0, 8)}, b"\0" * 8, None),
        ({"image_embeddings": _entry("F32", [1], 0, 4)}, b"\0" * 4, None),
        ({"image_embeddings": _entry("F32", [1, 1], 0, 4), "Flickr ID": _entry("F32", [1], 4, 8)}, b"\0" * 8, None),
        ({"image_embeddings": _entry("F32", [1, 1], 0, 4), "model": _entry("I64", [2], 4, 20)}, b"\0" * 20, None),
        ({"x": _entry("F32", [1, 1], 0, 4)}, b"\0" * 4, None),
        ({}, b"", 2**63),
        ({}, b"", 1 << 40),
    ],
)
def test_headers_of_embedding_files_are_checked(
    tmp_path: Path, header: dict[str, Any], body: bytes, length: int | None
) -> None:
    """Shapes, offsets, lengths and types that do not fit the file are refused before an array is made: no memory is taken."""
    path = _tensors(tmp_path / "a.safetensors", header, body, length)
    tracemalloc.start()
    with pytest.raises(EmbeddingsError):
        store.read_file(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000


def test_a_giant_header_is_not_read(tmp_path: Path) -> None:
    """A header of a gigabyte in a sparse file is refused by its length."""
    path = _tensors(tmp_path / "a.safetensors", {}, length=1 << 30)
    os.truncate(path, 2 << 30)
    with pytest.raises(EmbeddingsError, match="its header has 1,073,741,824 bytes"):
        store.read_file(path)
    assert store.read_header(path) is None


def test_a_header_of_ours_that_is_nested_counts_as_none(tmp_path: Path) -> None:
    """What our own header says is JSON from a file like any other."""
    path = tmp_path / "a.safetensors"
    path.write_bytes(save({"image_embeddings": np.ones((1, 2), np.float32)}, metadata={"lenstrace": "[" * 100_000}))
    assert store.read_header(path) is None
    assert store.read_file(path).header == {}
