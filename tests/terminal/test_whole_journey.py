"""From an empty folder to an evaluated set, by keys alone in a real terminal, on real photos of two cameras."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from curate.cli import run_cli
from tests.terminal.conftest import Open

pytestmark = [pytest.mark.system, pytest.mark.corpus, pytest.mark.slow]

OPEN = "\x10"


@pytest.fixture
def photos() -> Path:
    """The folder of pairs among the real photos."""
    place = os.environ.get("LENSTRACE_CORPUS")
    if not place or not Path(place, "pairs", "images.csv").exists():
        pytest.skip("LENSTRACE_CORPUS holds no pairs")
    return Path(place, "pairs")


@pytest.mark.timeout(900)
def test_from_an_empty_folder_to_a_report(
    photos: Path, terminal: Open, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Enter makes the workspace and takes each next step; the report is opened; `curate status` says that all is done."""
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > {opened}\n')
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER", str(browser))
    place = tmp_path / "my walk"
    app = terminal("-m", "curate.cli", f"{place}/", size=(80, 24))
    app.wait("This folder is no workspace yet")
    app.press("Enter")
    app.wait("no photos are here yet")
    app.press("Enter")
    app.wait("Ingest the photos of which folder?")
    app.type(os.fspath(photos / "images"))
    app.press("Down")
    app.type(os.fspath(photos / "images.csv"))
    app.press("Enter")
    app.wait("38 added")
    app.wait("Enter: find pairs")
    app.press("Enter")
    app.wait("F2 reviews them", seconds=240)
    app.wait("Enter: review pairs")
    app.press("Enter")
    app.wait("1 of ")
    for accepted in range(1, 17):
        app.press("Space")
        said = re.compile(rf" {accepted} (accepted|✓)")  # a narrow window says it with signs
        app.wait(lambda text, said=said: bool(said.search(text)), again=["Space"])  # type: ignore[misc]
    app.type(f"{OPEN}Set\r")
    app.wait("of accepted pairs")
    app.wait("none between the sides", seconds=60)
    app.type(f"{OPEN}Export set\r\r")
    app.wait("checked: ok", seconds=60)
    app.type(f"{OPEN}Evaluate set\r\r")
    app.wait("report.html", seconds=240)
    app.type(f"{OPEN}Runs\r")
    app.wait(" figures ━ value")
    app.type(f"{OPEN}Log\r")
    app.wait("16 in force")
    app.type(f"{OPEN}Open report\r")
    app.wait("report: ")
    app.type(f"{OPEN}Home\r")
    app.wait("the set is exported and evaluated")
    app.quit()
    capsys.readouterr()
    assert run_cli(["status", "-w", str(place), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["pairs"]["accepted"] == found["sets"][0]["pairs"] == 16 and not found["sets"][0]["stale"]
    assert found["next"] is None and not found["runs"][0]["stale"]
    assert opened.read_text() == (place / "runs" / "my walk" / "report.html").as_uri()
