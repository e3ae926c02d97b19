"""What a person sees while tracer works: in a log file, on a terminal, and after an interruption."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.helpers.small_sets import change, write_set
from tracer import cli
from tracer.base import console
from tracer.base.progress import Progress, Work, finish
from tracer.evaluation.evaluate import Options, evaluate
from tracer.experiments.knn.acquisition import acquisition_knn
from tracer.experiments.knn.processing import Voting
from tracer.experiments.mitigation.halves import MitigationSettings
from tracer.experiments.mitigation.mitigation import mitigate
from tracer.experiments.outcome import Source
from tracer.experiments.photos import LabelledPhotos
from tracer.experiments.probe.probe import probe_cross_validated
from tracer.experiments.probe.protocols import Fitting, Protocol, fit_probe
from tracer.experiments.probe.search import TRIALS
from tracer.experiments.retrieval.retrieval import retrieve
from tracer.experiments.settings import Method
from tracer.results.skips import Skip, in_groups

SOURCE = Source("set", "encoder")


def _steps(*steps: Progress) -> Work[str]:
    yield from steps
    return "done"


def _said(capsys: pytest.CaptureFixture[str], *steps: Progress) -> list[str]:
    assert console.run_with_progress(_steps(*steps)) == "done"
    return capsys.readouterr().err.splitlines()


def test_a_log_gets_a_line_at_the_start_and_the_end_of_each_stage(capsys: pytest.CaptureFixture[str]) -> None:
    """Counts with their totals and separators; no 0 for a step without a count; nothing twice."""
    counted = [Progress("embedding photos", done, 1200) for done in (0, 400, 800, 1200)]
    assert _said(capsys, *counted, Progress("writing the report", 0), Progress("tidying", 2, 2)) == [
        "embedding photos: 0 of 1,200",
        "embedding photos: 1,200 of 1,200",
        "writing the report",
        "tidying: 2 of 2",
    ]


def test_a_log_gets_a_line_now_and_then(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A long stage is heard of each fifteen seconds, with what it is at; a step of a second each makes no more lines."""
    clock: Iterator[int] = iter(range(100, 1000))
    monkeypatch.setattr(console.time, "monotonic", lambda: next(clock) / 2)
    steps = [Progress(f"measuring: probe {number}", number, 100) for number in range(100)]
    said = _said(capsys, *steps)
    assert said[0] == "measuring probe 0: 0 of 100"
    assert said[-1] == "measuring probe 99: 99 of 100"
    assert 3 <= len(said) <= 2 + 100 // 15


def _scenes(seed: int = 0) -> dict[str, Any]:
    """40 scenes of two classes, each by four cameras of two makes."""
    draw = np.random.default_rng(seed)
    scene = np.repeat(np.arange(40), 4)
    return {
        "X": draw.standard_normal((160, 12)).astype(np.float32), "scene": scene,
        "classes": np.where(scene % 2, "a", "b").astype(object), "makes": np.tile(["p", "p", "q", "q"], 40).astype(object),
        "model": np.tile([0, 1, 0, 1], 40),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "fewest"), [("probe", 15), ("fit", 3), ("knn", 1), ("retrieval", 4), ("mitigation", 4 * 2 * 5)]
)
def test_experiments_tell_how_far_they_are(name: str, fewest: int) -> None:
    """Each counts up to a total that it knows from the start."""
    p = _scenes()
    X, scene, makes = p["X"], p["scene"], p["makes"]
    half = np.arange(160) % 2 == 0
    y = (makes == "p").astype(np.int64)
    photos = LabelledPhotos(X, makes, scene, "Make", p["classes"])
    work: dict[str, Work[Any]] = {
        "probe": probe_cross_validated(SOURCE, photos, Fitting(Protocol.FAST)),
        "fit": fit_probe(X[half], y[half], X[~half], y[~half], 2),
        "knn": acquisition_knn(SOURCE, photos, Voting(1, 1)),
        "retrieval": retrieve(SOURCE, X, scene, p["model"]),
        "mitigation": mitigate(
            SOURCE, replace(photos, classes=None), MitigationSettings((Method.LEACE,), Protocol.FAST)
        ),
    }
    seen: list[Progress] = []
    finish(work[name], seen.append)
    assert len(seen) >= fewest
    assert len({step.total for step in seen}) == 1
    done = [step.done for step in seen]
    assert done == sorted(done)
    assert 0 < done[-1] <= (seen[-1].total or 0) or name == "retrieval"
    if name == "fit":
        assert seen[-1].total == seen[-1].done == TRIALS


def test_an_evaluation_passes_on_how_far_its_steps_are(tmp_path: Path) -> None:
    """The name of a step is followed by what it counts."""
    options = Options(
        encoders=("baseline/colour",), experiments=("probe",), masks=(0.0,), protocol=Protocol.FAST, device="cpu"
    )
    seen: list[Progress] = []
    finish(
        evaluate(write_set(tmp_path / "small", scenes=12), tmp_path / "run", options, with_report=False), seen.append
    )
    measuring = [step for step in seen if step.what.startswith("measuring: probe of Make (baseline/colour)")]
    assert [step.what.rpartition("), ")[2] for step in measuring][1:] == [
        f"{n} of 15 probes fitted" for n in range(1, 16)
    ]
    assert {step.total for step in measuring} == {10}
    loading = [(step.done, step.total) for step in seen if step.what == "loading encoders"]
    assert loading[-1] == (1, 1)


def test_reasons_are_read_once() -> None:
    """Encoders, masks and labels with one reason stand in one group; other reasons apart."""
    too_few = "A probe of {} needs at least 30 photos: there are 4"
    skipped = [
        Skip(f"probe of {label}", too_few.format(label), ("probe",), label, encoder, ratio)
        for encoder, ratio in (("a", 0.0), ("b", 0.9))
        for label in ("Make", "Is Smartphone")
    ]
    assert skipped[-1].what == "probe of Is Smartphone (b, 90 % masked)"
    skipped += [Skip("pair retrieval", "no pairs", ("retrieval",)), Skip("kNN by Make", "no pairs", ("knn",), "Make")]
    assert in_groups(skipped) == [
        ("probe of Make, probe of Is Smartphone", "A probe needs at least 30 photos: there are 4"),
        ("pair retrieval, kNN by Make", "no pairs"),
    ]


def test_a_set_without_camera_labels_says_so_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line for all that lacks a label; the JSON keeps an entry for each."""
    root = change(write_set(tmp_path / "small", scenes=12), Make=None, Model=None, Is_SPACE_Smartphone=None)
    words = ["evaluate", str(root), "-o", str(tmp_path / "run"), "--encoders", "baseline/colour", "--protocol", "fast"]
    assert cli.run_cli(words) == 0
    said = capsys.readouterr().err
    assert said.count("the set has no such label") == 1
    assert "probe of Is Smartphone, probe of Make, probe of Model" in said
    assert cli.run_cli([*words, "--json"]) == 0
    assert capsys.readouterr().out.count("the set has no such label") > 5


def _interrupt(command: list[str], when: str) -> tuple[int, str]:
    """Start a command as a terminal's foreground group, press Ctrl-C as a line appears; exit code and stderr."""
    env = {**os.environ, "PYTHONUNBUFFERED": "1"}
    # a shell that runs the tests in the background leaves them deaf to Ctrl-C, and all that they start
    hear = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"
    hearing = [sys.executable, "-c", hear, *command]
    with subprocess.Popen(
        hearing, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True, env=env
    ) as child:
        assert child.stderr is not None
        said = ""
        for line in child.stderr:
            said += line
            if when in line:
                os.killpg(child.pid, signal.SIGINT)
                break
        said += child.stderr.read()
    return child.returncode, said


@pytest.mark.slow
@pytest.mark.parametrize("command", ["embed", "evaluate", "retrieve"])
def test_an_interruption_says_that_the_same_command_goes_on(
    tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 130, the sentence once, no traceback; the same command then ends well."""
    words = [command, str(write_set(tmp_path / "small", scenes=12)), "-o", str(tmp_path / "run")]
    words += [
        "--encoders",
        "baseline/colour",
        *(["--protocol", "fast", "--attributes", "Make"] if command == "evaluate" else []),
    ]
    code, said = _interrupt([sys.executable, "-m", "tracer", *words], "embedding photos")
    assert code == 130
    assert said.count("The same command goes on where it stopped.") == 1
    assert "Traceback" not in said
    assert cli.run_cli(words) == 0
    capsys.readouterr()


@pytest.mark.slow
def test_an_interruption_through_curate_is_said_once(tmp_path: Path) -> None:
    """curate lets tracer end, says once that the same command goes on, and ends with 130 too."""
    root = write_set(tmp_path / "small", scenes=12)
    program = [sys.executable, "-c", "from curate.cli import main; main()", "evaluate", str(root)]
    code, said = _interrupt(
        [*program, "-o", str(tmp_path / "run"), "--encoders", "offline/efficientnet-lite2"], "embedding photos"
    )
    assert code == 130
    assert len(re.findall("the same command", said, re.IGNORECASE)) == 1
    assert "Traceback" not in said


def test_an_interruption_of_a_short_command_promises_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What keeps no pieces does not go on where it stopped."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("tracer.experiments.fromfiles.retrieve_file", interrupted)
    assert cli.run_cli(["retrieve", "--embeddings", str(tmp_path), "--encoder", "clip/ViT-B-16"]) == 130
    assert "goes on" not in capsys.readouterr().err


@pytest.mark.slow
def test_a_terminal_shows_no_stage_that_is_over_as_begun(tmp_path: Path) -> None:
    """On a terminal each bar is full at the end, and what counts nothing is gone."""
    root = write_set(tmp_path / "small", scenes=12)
    words = [
        sys.executable,
        "-m",
        "tracer",
        "retrieve",
        str(root),
        "-o",
        str(tmp_path / "run"),
        "--encoders",
        "baseline/colour",
    ]
    last = _on_a_terminal(words)[-1500:]
    bars = dict(re.findall(r"(loading encoders|embedding photos|measuring)\s.*?(\d+ of \d+)", last))
    assert bars == {"loading encoders": "1 of 1", "embedding photos": "48 of 48", "measuring": "3 of 3"}
    assert "0/" not in last


def _on_a_terminal(words: list[str]) -> str:
    """Run a command with a terminal for stderr; what it drew there, without colours."""
    ours, theirs = pty.openpty()
    env = {**os.environ, "TERM": "xterm", "COLUMNS": "100", "LINES": "40"}
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=theirs, env=env) as child:
        os.close(theirs)
        drawn, until = b"", time.monotonic() + 60
        while time.monotonic() < until:
            if select.select([ours], [], [], 0.2)[0]:
                try:
                    drawn += os.read(ours, 65536)
                except OSError:  # the other end is closed
                    break
            elif child.poll() is not None:
                break
    os.close(ours)
    assert child.returncode == 0
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", drawn.decode("utf-8", "replace"))
