"""Tables for a person, in a terminal of eighty columns."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator

import pytest
from rich.cells import cell_len

from curate.commands.common import Style, print_rows
from tracer.base.console import print_json_rows, print_table
from tracer.base.longtable import MANY


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        """It is one."""
        return True


def test_a_narrow_terminal_shows_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Long texts go on in the next line, numbers stay whole, and a column without any value makes room."""
    screen = Screen()
    monkeypatch.setattr("sys.stdout", screen)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "dumb")
    camera, path = "Hexmoor Thornback of the second kind|" + "Q" * 30, "photos/" + "y" * 60 + ".jpg"
    rows = [{"camera": camera, "path": path, "seconds": -4934.202, "since": None, "support": 60}]
    print_table(rows, ("camera", "path", "seconds", "since", "support"))
    lines = screen.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    assert "-4934.202" in lines[1].split() and "60" in lines[1].split()
    assert lines[0].split() == ["camera", "path", "seconds", "support"]
    shown = "".join(screen.getvalue().split())
    assert shown.count("Q") == 30 and shown.count("y") == 60


@pytest.mark.parametrize("width", [20, 60, 80, 100, 140, 300])
def test_no_figure_is_cut_off(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever has no room in a table is printed in words: each value is there whole, beside its column's name."""
    screen = Screen()
    monkeypatch.setattr("sys.stdout", screen)
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "xterm")
    columns = ("experiment", "encoder", "metric", *(f"figure_{k}" for k in range(8)), "none")
    rows = [
        {"experiment": "probe", "encoder": "offline/efficientnet-lite0", "metric": f"recall@{row}", "none": None}
        | {f"figure_{k}": -(row + k / 1000) for k in range(8)}
        for row in range(3)
    ]
    print_table(rows, columns)
    told = re.sub(r"\x1b\[[0-9;]*m", "", screen.getvalue())
    assert max(map(len, told.splitlines())) <= width
    words = told.split()
    for row in rows:
        assert all(f"{row[f'figure_{k}']:.3f}" in words for k in range(8)) and row["metric"] in words
    assert ("all rows" in told) == (width <= 100)


def test_a_wide_enough_terminal_keeps_all_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is left out where there is room."""
    screen = Screen()
    monkeypatch.setattr("sys.stdout", screen)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "dumb")
    print_table([{"camera": "A", "since": None}], ("camera", "since"))
    assert screen.getvalue().splitlines()[0].split() == ["camera", "since"]


def test_a_long_table_is_printed_as_its_rows_come(capsys: pytest.CaptureFixture[str]) -> None:
    """The first rows stand there before the last one is known; each row of a pipe is one line, in columns."""

    def rows() -> Iterator[dict[str, object]]:
        yield from ({"path": f"/a/b/{number}.jpg", "n": number, "kind": None} for number in range(MANY + 50))
        yield {"path": "/a/" + "w" * 300, "n": 1, "kind": "日本"}
        raise RuntimeError

    with pytest.raises(RuntimeError):
        print_rows(rows(), Style.TABLE, ("path", "n", "kind"))
    header, first, *_, last = capsys.readouterr().out.splitlines()
    assert header.split() == ["path", "n", "kind"] and first.split() == ["b/0.jpg", "0"]
    assert header.index("n") == first.rindex("0")
    assert last.split() == ["a/" + "w" * 300, "1", "日本"]


def test_a_long_table_fits_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """No line is wider than the terminal, and nothing is cut off."""
    screen = Screen()
    monkeypatch.setattr("sys.stdout", screen)
    monkeypatch.setenv("COLUMNS", "40")
    rows = ({"path": f"{'p' * 40}/{'q' * 40}", "name": "日本" * 15, "n": number} for number in range(MANY + 50))
    print_rows(rows, Style.TABLE, ("path", "name", "n"))
    lines = screen.getvalue().splitlines()
    assert max(map(cell_len, lines)) <= 40
    told = screen.getvalue()
    assert told.count("q") == 40 * (MANY + 50) and told.count("日") == 15 * (MANY + 50)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_rows_in_one_object_are_what_json_makes_of_them(count: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Printed one by one, they are the same bytes as printed at once."""
    rows = [{"path": f"é{number}", "n": None} for number in range(count)]
    print_json_rows("photos", iter(rows))
    assert capsys.readouterr().out == json.dumps({"photos": rows}, ensure_ascii=False) + "\n"
