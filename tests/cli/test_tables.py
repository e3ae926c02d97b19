"""Tables for a person, in a terminal of eighty columns."""

from __future__ import annotations

import io

import pytest

from tracer.base.console import print_table


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


def test_a_wide_enough_terminal_keeps_all_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is left out where there is room."""
    screen = Screen()
    monkeypatch.setattr("sys.stdout", screen)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "dumb")
    print_table([{"camera": "A", "since": None}], ("camera", "since"))
    assert screen.getvalue().splitlines()[0].split() == ["camera", "since"]
