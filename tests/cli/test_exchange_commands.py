"""Two annotators on one collection, by commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from curate.cli import run_cli
from curate.errors import Exit
from curate.workspace import Workspace
from tests.conftest import write_photo


def printed(capsys: pytest.CaptureFixture[str]) -> str:
    """What went to standard output."""
    return capsys.readouterr().out


def test_two_annotators(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Export in one workspace, import in the other: agreement, conflict, exit codes, one undo. A dry run needs no lock; of many
    lines that cannot be used, the first ten are named."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for k in range(6):
        make, model = ("Apple", "iPhone X") if k % 2 == 0 else ("Canon", "Canon EOS 40D")
        write_photo(folder / f"{k}.jpg", make=make, model=model, seed=k)
    for name in ("a", "b"):
        assert run_cli(["new", str(tmp_path / name)]) == Exit.DONE
        assert run_cli(["ingest", str(folder), "-w", str(tmp_path / name), "--jobs", "1"]) == Exit.DONE

    def decide(name: str, action: str, phone: int, other: int) -> None:
        words = [
            "decide",
            action,
            str(folder / f"{phone}.jpg"),
            str(folder / f"{other}.jpg"),
            "-w",
            str(tmp_path / name),
        ]
        assert run_cli(words) == Exit.DONE

    decide("a", "accept", 0, 1)
    decide("a", "reject", 2, 3)
    decide("b", "accept", 0, 1)
    decide("b", "accept", 2, 3)
    decide("b", "reject", 4, 5)
    printed(capsys)
    assert run_cli(["decisions", "export", "-w", str(tmp_path / "b")]) == Exit.DONE
    file = tmp_path / "b.jsonl"
    file.write_text(printed(capsys), encoding="utf-8")
    words = ["decisions", "import", str(file), "-w", str(tmp_path / "a")]
    with Workspace.open(tmp_path / "a").writing("another window"):
        assert run_cli([*words, "--json"]) == Exit.FAILED
        assert run_cli([*words, "--json", "--dry-run"]) == Exit.SOME_FAILED
    assert json.loads(printed(capsys))["imported"]["rejected"] == 1
    assert run_cli([*words, "--json"]) == Exit.SOME_FAILED
    found = json.loads(printed(capsys))
    assert (found["accepted"], found["rejected"]) == (1, 2)
    assert found["agreement"]["pairs"] == 2 and found["agreement"]["kappa"] == 0.0
    assert [c["kind"] for c in found["conflicts"]] == ["pair"]
    assert run_cli([*words, "--prefer", "theirs"]) == Exit.DONE
    assert "Cohen's kappa" in printed(capsys)
    file.write_text('{"action": "teleport"}\n' * 30, encoding="utf-8")
    assert run_cli(["decisions", "import", str(file), "-w", str(tmp_path / "a")]) == Exit.SOME_FAILED
    told = capsys.readouterr().err
    assert told.count("this version does not know") == 10 and "20 more lines not imported" in told
    assert run_cli(["undo", "-w", str(tmp_path / "a"), "--json"]) == Exit.DONE
    assert json.loads(printed(capsys)).items() >= {"accepted": 1, "rejected": 2, "gone": 0}.items()
    assert run_cli(["decisions", "import", str(folder / "0.jpg"), "-w", str(tmp_path / "a")]) == Exit.USAGE
