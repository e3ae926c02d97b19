"""Evaluations by tracer as a process beside the caller: progress, results, errors, and the stop."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from curate import handoff
from curate.errors import HandoffError
from tracer.base.progress import SILENT, Progress, finish

Pretend = Callable[[str], None]

HEAD = """
import json, signal, sys, time
from tracer.base.console import run_with_progress, print_json
from tracer.base.progress import Progress
"""


@pytest.fixture
def pretend(monkeypatch: pytest.MonkeyPatch) -> Pretend:
    """Lets a program stand in for tracer."""

    def start(program: str) -> None:
        monkeypatch.setattr(handoff, "_command", lambda *words: [sys.executable, "-c", HEAD + program, *words])

    return start


def test_progress_and_answer_come_through(pretend: Pretend, tmp_path: Path) -> None:
    """The steps as the program made them, also where much is printed; then its answer."""
    pretend(
        """
def work():
    for done in range(3):
        yield Progress("measuring: probe of Make", done, 3)
    yield Progress("writing", 0)
    print("a note " * 50_000, file=sys.stderr)
run_with_progress(work())
print_json({"report": "x" * 200_000, "words": sys.argv[1:]})
"""
    )
    steps: list[Progress] = []
    answer, failed = finish(handoff.evaluating(tmp_path, tmp_path / "run", ("a", "b")), steps.append)
    assert Progress("measuring: probe of Make", 0, 3) in steps and Progress("writing", 0) in steps
    assert len(answer["report"]) == 200_000 and not failed
    words = ["evaluate", str(tmp_path), "--encoders", "a,b", "-o", str(tmp_path / "run"), "--protocol", "batched"]
    assert answer["words"] == words


def test_some_photos_failed(pretend: Pretend, tmp_path: Path) -> None:
    """Exit code 3 is an answer."""
    pretend('print_json({"report": ""}); sys.exit(3)')
    assert finish(handoff.evaluating(tmp_path, tmp_path, ("a",))) == ({"report": ""}, True)


def test_a_failure_is_told_in_its_own_words(pretend: Pretend, tmp_path: Path) -> None:
    """Cause and way out as tracer says them."""
    pretend('print("tracer: there is no such set\\nName another.", file=sys.stderr); sys.exit(1)')
    with pytest.raises(HandoffError, match="there is no such set") as failure:
        finish(handoff.evaluating(tmp_path, tmp_path, ("a",)))
    assert failure.value.way_out == "Name another."


@pytest.mark.parametrize(
    ("end", "hint"), [("sys.exit(2)", "tracer wrote above"), ("os.kill(os.getpid(), 9)", "by hand")]
)
def test_a_failure_that_was_seen_is_not_to_be_seen_again(
    end: str, hint: str, pretend: Pretend, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Only what ended without a word is worth a second try by hand."""
    pretend(f'import os; print("tracer: there is no such set", file=sys.stderr, flush=True); {end}')
    with pytest.raises(HandoffError) as failure:
        finish(handoff.evaluating(tmp_path, tmp_path, ("a",), say=print))
    assert hint in failure.value.way_out and "there is no such set" in capfd.readouterr().out


def test_a_stop_lets_the_process_end_by_itself(pretend: Pretend, tmp_path: Path) -> None:
    """It is interrupted as by Ctrl-C and may finish what it does; the caller can stop also while nothing is said."""
    pretend(
        f"""
def stop(*_):
    open({str(tmp_path / "ended")!r}, "w").close()
    sys.exit(130)
signal.signal(signal.SIGINT, stop)
print(json.dumps({{"progress": {{"what": "begun", "done": 0}}}}), file=sys.stderr, flush=True)
time.sleep(60)
"""
    )
    work = handoff.evaluating(tmp_path, tmp_path, ("a",))
    while next(work).what != "begun":
        pass
    assert next(work) == SILENT
    begun = time.monotonic()
    work.close()
    assert (tmp_path / "ended").exists() and time.monotonic() - begun < 10


def test_a_plan_is_asked_of_tracer_itself(tmp_path: Path) -> None:
    """What is no set is refused in tracer's words."""
    with pytest.raises(HandoffError):
        handoff.planned_evaluation(tmp_path / "none", ("offline",))
    with pytest.raises(HandoffError):
        handoff.compared_runs(tmp_path / "a", tmp_path / "b")
    assert any(entry["available"] for entry in handoff.known_encoders())
