"""A whole harvest with faults of every kind and with kills: the same rows as an undisturbed one."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from curate.cli import run_cli
from curate.workspace import Workspace
from tests.helpers.fake_flickr import (
    FakeFlickr,
    Faults,
    Limits,
    Universe,
    asked_twice,
    complaints,
    files_twice,
    violations,
)

STEPS = (
    ("search", "--taken-from", "2000", "--taken-to", "2025", "--window", "year"),
    ("exif",),
    ("download",),
    ("recheck",),
)
PROGRAM = (sys.executable, "-P", "-c", "from curate.cli import main; main()")
PHOTOS, KILLS = 90, 4


def rows(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> dict[int, dict[str, Any]]:
    """What `curate photos --format jsonl` prints, by photo; paths are relative to the workspace."""
    capsys.readouterr()
    assert run_cli(["photos", "--format", "jsonl", "-w", str(workspace.root)]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return {row["photo_id"]: row | {"path": row["path"].replace(str(workspace.root), "")} for row in found}


def harvest(workspace: Workspace) -> None:
    """All steps, each again as long as something failed that may succeed later."""
    for step in STEPS:
        for _ in range(4):
            code = run_cli(["flickr", *step, "-w", str(workspace.root)])
            assert code in (0, 3)
            if code == 0:
                break


@pytest.fixture
def undisturbed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> dict[int, dict[str, Any]]:
    """The rows of a harvest without faults; nothing was asked twice for them."""
    calm = Workspace.create(tmp_path / "calm")
    with FakeFlickr(Universe(PHOTOS, 3)) as flickr:
        flickr.point(monkeypatch)
        harvest(calm)
        assert asked_twice(flickr.log) == [] and files_twice(flickr.log) == [] and complaints(flickr.log) == []
    found = rows(calm, capsys)
    assert sum(row["sha256"] is not None for row in found.values()) > 10
    return found


def test_faults_change_nothing(
    undisturbed: dict[int, dict[str, Any]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One call in ten fails, in every way; each refusal is explained."""
    hurt = Workspace.create(tmp_path / "hurt")
    faults = Faults(rate=0.1, image_rate=0.1, retry_after=1)
    with FakeFlickr(Universe(PHOTOS, 3), faults, Limits(pace=1000.0)) as flickr:
        flickr.point(monkeypatch)
        harvest(hurt)
        log = flickr.log
    assert rows(hurt, capsys) == undisturbed
    assert asked_twice(log) == [] and files_twice(log) == [] and violations(log) == [] == complaints(log)
    assert len({record.fault for record in log if record.fault}) > 8
    run_cli(["flickr", "status", "--json", "-w", str(hurt.root)])
    status = json.loads(capsys.readouterr().out)
    explained = {one["photo_id"] for one in status["refused"] if one["reason"]}
    assert status["pending"] == 0
    assert {photo for photo, row in undisturbed.items() if row["status"] != "ok"} <= explained


@pytest.mark.slow
def test_kills_change_nothing(
    undisturbed: dict[int, dict[str, Any]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """At random moments; what was answered is not asked for again, but for one call a kill."""
    hurt, moments, left = Workspace.create(tmp_path / "hurt"), random.Random(1), KILLS
    with FakeFlickr(Universe(PHOTOS, 3), Faults(), Limits(pace=60.0)) as flickr:
        flickr.point(monkeypatch)
        for step in STEPS:
            while True:
                process = subprocess.Popen(
                    [*PROGRAM, "flickr", *step, "-w", str(hurt.root)],
                    env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[4])},
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
                before = len(flickr.log)
                goal = before + moments.randrange(1, 25)
                while left and process.poll() is None and len(flickr.log) < goal:
                    flickr.stopping.wait(0.002)
                if left and process.poll() is None:
                    process.kill()
                    left -= 1
                if process.wait() in (0, 3):
                    break
                assert process.returncode == -9
        log = flickr.log
    assert left == 0 and rows(hurt, capsys) == undisturbed
    assert len(asked_twice(log)) + len(files_twice(log)) <= KILLS
    assert violations(log) == [] == complaints(log)
