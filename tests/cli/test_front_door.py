"""What the two programs say of themselves, and what commands say where a person slips."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import curate.cli
import tracer.cli
from curate.errors import Exit
from tests.conftest import write_photo

PROGRAMS = {"curate": curate.cli.run_cli, "tracer": tracer.cli.run_cli}
run_cli = curate.cli.run_cli


@pytest.mark.parametrize("program", PROGRAMS)
def test_version_and_help(program: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`--version` prints one line; `-h` is `--help`, also after a command."""
    assert PROGRAMS[program](["--version"]) == Exit.DONE
    assert capsys.readouterr().out.startswith(f"{program} ")
    for words in (["-h"], ["evaluate", "-h"]):
        assert PROGRAMS[program](words) == Exit.DONE
        short = capsys.readouterr().out
        assert PROGRAMS[program]([*words[:-1], "--help"]) == Exit.DONE
        assert capsys.readouterr().out == short


@pytest.mark.parametrize(("program", "typed", "expected"), [("curate", "sta", "status"), ("tracer", "kn", "knn")])
def test_completion(program: str, typed: str, expected: str, tmp_path: Path) -> None:
    """A shell that asks for what may follow gets it, through the front door; the app does not open."""
    asked = {f"_{program.upper()}_COMPLETE": "complete_bash", "COMP_WORDS": f"{program} {typed}", "COMP_CWORD": "1"}
    done = subprocess.run(
        [sys.executable, "-c", f"from {program}.cli import main; main()"],
        env={**os.environ, **asked}, cwd=tmp_path, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.stdout.split() == [expected]


@pytest.fixture
def place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A workspace with one camera's photo and a broken one."""
    write_photo(tmp_path / "photos" / "1.jpg", 1)
    (tmp_path / "photos" / "broken.jpg").write_bytes(b"\xff\xd8\xff not a photo")
    assert run_cli(["new", str(tmp_path / "w")]) == Exit.DONE
    assert run_cli(["ingest", str(tmp_path / "photos"), "-w", str(tmp_path / "w")]) == Exit.SOME_FAILED
    capsys.readouterr()
    return tmp_path / "w"


def test_unreadable_files_are_listed_by_the_command_that_is_named(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The line that names it can be pasted: the expression is quoted, and readable."""
    assert run_cli(["ingest", str(place.parent / "photos"), "-w", str(place)]) == Exit.SOME_FAILED
    (line,) = (line for line in capsys.readouterr().err.splitlines() if "could not be read" in line)
    named = line.partition(": ")[2]
    assert named == f"curate photos --where \"status != 'ok'\" -w {place}"
    assert run_cli([*shlex.split(named)[1:], "--format", "jsonl"]) == Exit.DONE
    assert capsys.readouterr().out.count("broken.jpg") == 1


def test_rows_as_one_object(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`photos --json` and `cameras --json` print what `--format jsonl` prints as rows."""
    for name, count in (("photos", 2), ("cameras", 1)):
        assert run_cli([name, "-w", str(place), "--json"]) == Exit.DONE
        whole = json.loads(capsys.readouterr().out)
        assert run_cli([name, "-w", str(place), "--format", "jsonl"]) == Exit.DONE
        rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert whole == {name: rows} and len(rows) == count


def test_a_table_of_photos_shows_errors(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Why a file could not be read stands in its row; without such rows there is no such column."""
    assert run_cli(["photos", "-w", str(place), "--format", "jsonl", "--where", "error IS NOT NULL"]) == Exit.DONE
    (row,) = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert run_cli(["photos", "-w", str(place)]) == Exit.DONE
    assert row["error"] in capsys.readouterr().out
    assert run_cli(["photos", "-w", str(place), "--where", "status = 'ok'"]) == Exit.DONE
    assert "error" not in capsys.readouterr().out


def test_a_camera_that_is_not_there_gets_no_type(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A slip is refused with the names that are near, and nothing is kept."""
    assert run_cli(["cameras", "set", "Canon", "EOS 40D", "dslr", "-w", str(place)]) == Exit.USAGE
    said = capsys.readouterr().err
    assert f"curate cameras set Canon 'Canon EOS 40D' dslr -w {place}" in said
    assert f"curate cameras -w {place}" in said
    assert run_cli(["decisions", "export", "-w", str(place)]) == Exit.DONE
    assert capsys.readouterr().out == ""
    assert run_cli(["cameras", "set", "Canon", "Canon EOS 40D", "tablet", "-w", str(place)]) == Exit.DONE


def test_a_workspace_named_like_a_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The word is the command; how the folder's workspace is opened is said."""
    assert run_cli(["new", str(tmp_path / "photos")]) == Exit.DONE
    monkeypatch.chdir(tmp_path)
    assert run_cli(["photos"]) == Exit.USAGE
    assert "curate ./photos" in capsys.readouterr().err


def test_what_an_export_uses_is_said_and_can_be_withdrawn(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Splits that were drawn hold for exports until they are withdrawn; each export names them, and every change is kept."""
    out, where = place.parent / "set", ["-w", str(place)]
    for number in range(30):
        camera = ("Canon", "Canon EOS 40D") if number % 2 else ("Apple", "iPhone X")
        write_photo(
            place.parent / "photos" / f"{number}.jpg", number, *camera, taken=f"2019:01:{number + 1:02d} 09:00:00"
        )
    assert run_cli(["ingest", str(place.parent / "photos"), *where]) == Exit.SOME_FAILED

    def used() -> dict[str, object]:
        capsys.readouterr()
        assert run_cli(["split", *where, "--json"]) == Exit.DONE
        return dict(json.loads(capsys.readouterr().out))

    assert used()["from"] == "settings"
    assert run_cli(["split", "--attribute", "Model", "--seed", "7", *where]) == Exit.DONE
    assert used() | {"from": "split", "attributes": ["Model"], "seed": 7} == used()
    capsys.readouterr()
    assert run_cli(["export", str(out), *where]) == Exit.DONE
    said = capsys.readouterr().err
    assert "Model (seed 7" in said and f"curate split --withdraw -w {place}" in said
    assert run_cli(["split", "--withdraw", *where]) == Exit.DONE
    assert used()["from"] == "settings" and used()["attributes"] == ["Make", "Is Smartphone"]
    assert run_cli(["export", str(out), "--replace", *where, "--json"]) == Exit.DONE
    assert json.loads(capsys.readouterr().out)["splits"]["attributes"] == ["Make", "Is Smartphone"]
    assert run_cli(["split", "--withdraw", *where]) == Exit.DONE
    assert "nothing to withdraw" in capsys.readouterr().err
    assert [entry.get("withdrawn", False) for entry in used()["history"]] == [False, True]  # type: ignore[attr-defined]
    assert run_cli(["split", "--withdraw", "--attribute", "Make", *where]) == Exit.USAGE


def test_one_photo_is_not_photos(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A count and its noun agree, in what a command prints and in the set's card."""
    out = place.parent / "set"
    assert run_cli(["export", str(out), "-w", str(place)]) == Exit.DONE
    assert capsys.readouterr().out == f"{out}: 1 photo\n"
    assert "1 photo with camera labels." in (out / "README.md").read_text()
