"""Files that others wrote: regular files alone, no larger than they may be, and no JSON that fills the memory."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

import pytest

from tracer.base import parsing
from tracer.base.reading import check_regular, open_regular, read_json, read_text, rows_of_csv


def test_what_is_not_a_regular_file_is_refused_at_once(tmp_path: Path) -> None:
    """A named pipe, a device, a folder and a link to one of them are refused in words; none of them is waited for."""
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    for path, words in (
        (pipe, "a named pipe"),
        (link, "a named pipe"),
        (Path("/dev/zero"), "a device"),
        (tmp_path, "a folder"),
    ):
        for read in (check_regular, open_regular, read_json):
            with pytest.raises(OSError) as refused:
                read(path)
            assert words in str(refused.value.strerror)


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    """Four sparse gigabytes are refused by their size; what is within the limit is read."""
    path = tmp_path / "manifest.json"
    path.write_text("{}")
    os.truncate(path, 4 << 30)
    with pytest.raises(OSError, match="4,294,967,296 bytes"):
        read_json(path)
    path.write_text("\ufeffhello")
    assert read_text(path, 8) == "hello"
    with pytest.raises(OSError, match="at most 7"):
        read_text(path, 7)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"[" * 200_000, "nested too deep", id="lists"),
        pytest.param(b'{"a":' * 200_000, "nested too deep", id="objects"),
        (b"\xff\xfe{}", "UTF-8"),
        (b"{", "Expecting"),
    ],
)
def test_json_that_cannot_be_read_is_a_value_error(tmp_path: Path, content: bytes, words: str) -> None:
    """Nesting, bytes that are not UTF-8 and text that is not JSON are told as one kind of error."""
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=words):
        read_json(path)


def test_json_whose_values_would_fill_the_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Empty lists take thirty times their text; the estimate is made from the text, before there is a value."""
    path = tmp_path / "a.json"
    path.write_text("[" + ",".join(["[]"] * 50_000) + "]")
    assert len(read_json(path)) == 50_000
    monkeypatch.setattr(parsing, "MOST_MEMORY", 2 << 20)
    with pytest.raises(ValueError, match="GB of memory"):
        read_json(path)


@pytest.mark.parametrize(
    "row", ["," * 1_100_000, '"\n",' * 300_000, "a" * 1_100_000], ids=["commas", "lines", "letters"]
)
def test_a_row_of_a_csv_is_bounded(row: str) -> None:
    """Each of its cells takes many times the memory of the file; the rows before it are read, and the error names its line."""
    rows = rows_of_csv(io.StringIO(f'a,b\n1,"x\ny"\n{row}', newline=""))
    assert [next(rows), next(rows)] == [(1, ["a", "b"]), (2, ["1", "x\ny"])]
    with pytest.raises(csv.Error, match=r"line 4: (it has more than 1,048,576 characters|field larger)"):
        next(rows)
