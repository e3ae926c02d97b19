"""The one printing place: what it prints for a person, and what for a machine."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from curate.errors import CurateError
from curate.tui.failures import Ended
from tracer.base import console
from tracer.base.errors import LenstraceError

HOSTILE = "a\x1b]0;t\x07\x9b2J\x7f\u202e\u2066\ufeff\ue000\ud800[red]"
RAW = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def raw(text: str) -> list[str]:
    """What in a text is not for a terminal."""
    return [char for char in text if char != "\n" and unicodedata.category(char) in RAW]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner),
    )
)
def test_json_keeps_values_and_shows_nothing_raw(value: object) -> None:
    """Read back, JSON gives the same values; its text holds no control, mark of direction or lone surrogate."""
    text = console.as_json({"value": value})
    assert json.loads(text) == {"value": value}
    assert raw(text) == [] and text.encode("utf-8")


def test_json_leaves_letters_readable() -> None:
    """Letters of any script stay as they are."""
    assert console.as_json({"a": "Größe 写真 é\u202e"}) == '{"a": "Größe 写真 é\\u202e"}'


@pytest.mark.parametrize(
    "show",
    [
        console.note,
        console.say,
        lambda text: console.complain("curate", LenstraceError(text, text, text)),
        lambda text: console.print_table([{"path": text, text: text}], ("path", text)),
        lambda text: console.print_csv([{text: text}]),
        lambda text: console.print_lines([{text: text}]),
        lambda text: console.run_with_progress(_work(text)),
    ],
)
def test_nothing_raw_is_printed(show: Callable[[str], object], capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever prints, a hostile text comes out written out, and markup as it is."""
    show(HOSTILE)
    said = "".join(capsys.readouterr()).replace("\r\n", "\n")
    assert raw(said) == [] and "[red]" in said


def _work(text: str) -> console.Work[None]:
    yield console.Progress(text, 1, 2)


def test_csv_is_read_as_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    """Ordinary cells come back as they were; a formula is marked, and a control is written out."""
    console.print_csv([{"Make": 'Größe, "x"', "n": 5, "f": "=1", "e": "a\x1bb"}])
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert rows == [["Make", "n", "f", "e"], ['Größe, "x"', "5", "'=1", "a\\x1bb"]]
    console.print_csv([{"owner": 'ann; "=1+1', "license": "by;@x"}])  # cells where semicolons part them
    assert list(csv.reader(io.StringIO(capsys.readouterr().out)))[1] == ["ann;' \"=1+1", "by;'@x"]
    console.print_csv([{"evidence": {"matches": 40, "assigned": False}}])
    assert list(csv.reader(io.StringIO(capsys.readouterr().out)))[1] == ['{"matches": 40, "assigned": false}']


def test_a_name_cannot_pass_for_a_message(capsys: pytest.CaptureFixture[str]) -> None:
    """What failed and why are one line, also where a name in it holds a line break."""
    console.complain("curate", LenstraceError("no such folder", "a\ncurate: all is well", "Name one.\nOr two."))
    assert capsys.readouterr().err.splitlines() == [
        "curate: no such folder: a curate: all is well",
        "Name one.",
        "Or two.",
    ]


def test_what_the_app_says_as_it_ends(capsys: pytest.CaptureFixture[str]) -> None:
    """A mistake that ends the app is told on the terminal once more; names in it are written out there, too."""
    Console(force_terminal=True).print(Ended(CurateError(HOSTILE, HOSTILE, HOSTILE)))
    said = capsys.readouterr().out
    assert raw(said) == [] and "[red]" in said
