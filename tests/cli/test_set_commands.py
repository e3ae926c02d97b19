"""Commands that make and evaluate sets: wrong words are refused with the way out, and what is left out can be listed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from curate.cli import run_cli
from curate.errors import Exit
from tests.conftest import write_photo

PHONE = ("Apple", "iPhone X")
CAMERA = ("NIKON CORPORATION", "NIKON D5500")


@pytest.fixture
def place(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with 24 photos by a phone and 24 by a camera, each of a day of its own; the current folder is above it."""
    monkeypatch.chdir(tmp_path)
    for number in range(48):
        taken = f"2019:{1 + number // 24:02d}:{1 + number % 24:02d} 09:00:00"
        write_photo(tmp_path / "photos" / f"{number:02d}.jpg", number, *(CAMERA if number % 2 else PHONE), taken=taken)
    assert run_cli(["new", "w"]) == run_cli(["ingest", "photos", "-w", "w", "--jobs", "1"]) == Exit.DONE
    capsys.readouterr()
    return tmp_path / "w"


def error(capsys: pytest.CaptureFixture[str], *words: str, code: int = Exit.USAGE) -> str:
    """Run a command that ends with an exit code, and return what it said; nothing is printed as data."""
    assert run_cli(list(words)) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    return printed.err


def used(capsys: pytest.CaptureFixture[str], place: Path) -> dict[str, Any]:
    """The splits that exports use."""
    assert run_cli(["split", "-w", str(place), "--json"]) == Exit.DONE
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_a_run_is_not_written_among_originals(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of a set as of a workspace; nothing is begun."""
    assert run_cli(["export", "set", "-w", "w"]) == Exit.DONE
    capsys.readouterr()
    for evaluated in ("set", "w"):
        assert "never written to" in error(capsys, "evaluate", evaluated, "-o", "photos/run")
    assert not Path("photos/run").exists()
