"""Progress where nobody watches: lines in a log."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from curate.catalog.store import Catalog
from curate.errors import HandoffError
from curate.handoff import evaluating
from curate.ingest import ingest
from tests.conftest import write_photo
from tracer.base import console
from tracer.base.progress import SILENT, Progress, Work, finish


def lines_of(steps: list[Progress], seconds_each: float, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The lines that a piece of work leaves in a log; each step of it takes some seconds."""
    said: list[str] = []
    clock = iter(range(1, 10_000))
    monkeypatch.setattr(console, "note", said.append)
    monkeypatch.setattr(console.time, "monotonic", lambda: next(clock) * seconds_each)

    def work() -> Work[str]:
        yield from steps
        return "done"

    assert console.run_with_progress(work()) == "done"
    return said


def test_a_line_for_each_step_and_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step begins with a line, tells how far it is a few times a minute, and ends with its total; none counts to 0."""
    counting = [Progress("reading photos", done, 1200) for done in range(0, 1201, 100)]
    steps = [Progress("learning", 0), *counting, Progress("writing", 0)]
    assert lines_of(steps, 0.0, monkeypatch) == [
        "learning", "reading photos: 0 of 1,200", "reading photos: 1,200 of 1,200", "writing",
    ]  # fmt: skip
    slow = lines_of(steps, console.PAUSE / 8, monkeypatch)
    assert 3 <= len([line for line in slow if line.startswith("reading")]) < len(counting)
    assert slow[-2:] == ["reading photos: 1,200 of 1,200", "writing"]


def test_no_line_is_printed_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step that begins at its end, as where no photo is new or none is there, has one line, also as the last step."""
    for total in (0, 12):
        steps = [Progress("looking", 0), *[Progress("reading photos", total, total)] * 2]
        assert lines_of(steps, 0.0, monkeypatch) == ["looking", f"reading photos: {total} of {total}"]


def test_an_ingest_knows_its_total(catalog: Catalog, tmp_path: Path) -> None:
    """The walk is ahead of reading: the number of photos is known when the first is read, and files of other kinds do not
    count."""
    for number in range(3):
        write_photo(tmp_path / "photos" / f"{number}.jpg", number)
    (tmp_path / "photos" / "notes.txt").touch()
    steps = [step for step in ingest(catalog, [tmp_path / "photos"], jobs=1) if step.what == "reading photos"]
    assert {step.total for step in steps} == {3} and steps[-1].done == 3


def test_what_the_evaluator_says_is_passed_on(tmp_path: Path) -> None:
    """It runs as a process of its own; its lines are given to the caller, or else are part of the error."""
    said: list[str] = []
    for say in (said.append, None):
        with pytest.raises(HandoffError) as refused:
            finish(evaluating(tmp_path / "nowhere", tmp_path / "run", ("offline",), say=say))
        assert ("nowhere" in " ".join(said)) is (say is not None) or "nowhere" in refused.value.why
        said.clear()


def test_the_evaluators_error_is_passed_on_whole(tmp_path: Path) -> None:
    """Where its lines are kept back, the cause is what it said failed and why, and the way out is its own."""
    write_photo(tmp_path / "photos" / "1.jpg", 1)
    with pytest.raises(HandoffError) as refused:
        finish(evaluating(tmp_path / "photos", tmp_path / "run", ("offline",)))
    assert "Nothing can be measured on" in refused.value.why and "1 photo without labels" in refused.value.why
    assert refused.value.way_out.startswith("The photos' EXIF names their cameras")
    assert refused.value.way_out.endswith(f"curate evaluate {tmp_path / 'photos-workspace'}")
    assert "reading the set" not in " ".join(refused.value.lines())


def test_a_log_of_a_command(tmp_path: Path) -> None:
    """The lines of a real command go to standard error, each with its count and total; standard output stays clean."""
    program = [sys.executable, "-c", "from curate.cli import main; main()"]
    done = subprocess.run(
        [*program, "demo", "photos", str(tmp_path / "photos"), "--scenes", "1"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "taking photos: 2 of 2" in done.stderr
    assert done.stdout.split() == [str(tmp_path / "photos" / "truth.csv")]


def test_a_stage_that_says_how_much_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its words stand in place of the numbers; a wait in the middle is told once; a step that shows nothing leaves no line."""
    asking = [
        Progress("asking for EXIF", done, 9, f"{9 - done} left at 0.97 a second, until Friday 14:03") for done in (0, 1)
    ]
    waiting = [Progress("waiting until 14:03:10", 0)] * 20
    assert lines_of([SILENT, asking[0], *waiting, SILENT, asking[1]], console.PAUSE / 8, monkeypatch) == [
        "asking for EXIF: 9 left at 0.97 a second, until Friday 14:03",
        "waiting until 14:03:10",
        "asking for EXIF: 8 left at 0.97 a second, until Friday 14:03",
    ]
