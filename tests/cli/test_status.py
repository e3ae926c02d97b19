"""`curate status`, and the next step that commands end with."""

from __future__ import annotations

import dataclasses
import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from curate.cli import run_cli
from curate.errors import Exit
from curate.status import ExportedSet, Run, Status, in_words, next_step
from tests.conftest import write_photo
from tests.test_advice import why_not

WORKSPACE = Path("/somewhere/my photos")
EMPTY = Status(
    workspace=WORKSPACE, photos=0, unreadable=0, cameras=0, unknown_cameras=0, phones=0, others=0, compared=None,
    waiting=0, proposed=0, accepted=0, rejected=0, own_set=WORKSPACE / "exports" / "a set",
)  # fmt: skip
TAKEN_IN = dataclasses.replace(EMPTY, photos=9, cameras=2, phones=4, others=5)
PAIRED = dataclasses.replace(TAKEN_IN, compared=(4, 5), waiting=3, proposed=2)
DECIDED = dataclasses.replace(PAIRED, waiting=1, proposed=0, accepted=2)
SET = ExportedSet(WORKSPACE / "exports" / "a set", 4, 2, False, ("--pairs",))
EXPORTED = dataclasses.replace(DECIDED, sets=(SET,))
RUN = Run(WORKSPACE / "runs" / "a set", "a set", False)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (EMPTY, ["ingest", "PHOTOS"]),
        (dataclasses.replace(TAKEN_IN, unreadable=9), ["photos", "--where", "status != 'ok'"]),
        (dataclasses.replace(TAKEN_IN, phones=0, unknown_cameras=1), ["cameras"]),
        (
            dataclasses.replace(TAKEN_IN, cameras=0, phones=0, others=0),
            ["ingest", "PHOTOS", "--labels", "LABELS.csv"],
        ),
        (TAKEN_IN, ["pair"]),
        (dataclasses.replace(PAIRED, compared=(4, 4)), ["pair"]),
        (PAIRED, ["review"]),
        (dataclasses.replace(PAIRED, proposed=0), ["review"]),
        (dataclasses.replace(TAKEN_IN, phones=0), ["export", str(EMPTY.own_set)]),
        (DECIDED, ["export", str(EMPTY.own_set), "--pairs"]),
        (
            dataclasses.replace(DECIDED, sets=(dataclasses.replace(SET, stale=True),)),
            ["export", str(SET.path), "--pairs", "--replace"],
        ),
        (EXPORTED, ["evaluate", str(SET.path), "-o", str(RUN.path)]),
        (
            dataclasses.replace(EXPORTED, runs=(dataclasses.replace(RUN, stale=True),)),
            ["evaluate", str(SET.path), "-o", str(RUN.path)],
        ),
        (dataclasses.replace(EXPORTED, runs=(RUN,)), None),
    ],
)
def test_the_next_step(found: Status, words: list[str] | None) -> None:
    """One step follows from what is there; its command parses, names the workspace, and is quoted for a shell."""
    step = next_step(found)
    line = step.line(WORKSPACE)
    if words is None:
        assert line is None and "report.html" in step.why
        return
    assert line is not None and why_not(line) is None
    place = ["-w", str(WORKSPACE)] if words[0] != "evaluate" else []
    assert shlex.split(line) == ["curate", *words, *place]
    assert in_words(step, WORKSPACE) == f"{step.why}; next: {line}"


def told(capsys: pytest.CaptureFixture[str], *words: str, code: int = Exit.DONE) -> str:
    """Run a command and return the last line that it said."""
    capsys.readouterr()
    assert run_cli(list(words)) == code
    return capsys.readouterr().err.splitlines()[-1]


def status(capsys: pytest.CaptureFixture[str], place: Path) -> dict[str, Any]:
    """What `curate status --json` prints."""
    capsys.readouterr()
    assert run_cli(["status", "-w", str(place), "--json"]) == Exit.DONE
    return dict(json.loads(capsys.readouterr().out))


def test_commands_end_with_the_next_step(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """From an empty workspace to a set: each command's last line names the command to follow, and status agrees with it."""
    place, photos = tmp_path / "my walk", tmp_path / "photos"
    for number in range(6):
        make, model = ("Apple", "iPhone X") if number % 2 else ("Canon", "Canon EOS 40D")
        write_photo(photos / f"{number}.jpg", number, make, model)
    assert run_cli(["new", str(place)]) == Exit.DONE
    where = ["-w", str(place)]
    quoted = shlex.quote(str(place))
    assert status(capsys, place)["next"] == f"curate ingest PHOTOS -w {quoted}"
    said = told(capsys, "ingest", str(photos), *where, "--jobs", "1")
    assert said.endswith(f"next: curate pair -w {quoted}")
    assert status(capsys, place)["next"] == f"curate pair -w {quoted}"
    said = told(capsys, "pair", *where, "--jobs", "1")
    out = place / "exports" / "my walk"
    assert f"next: curate export {shlex.quote(str(out))}" in said or "next: curate review" in said
    said = told(capsys, "decide", "accept", str(photos / "1.jpg"), str(photos / "2.jpg"), *where)
    assert f"next: curate export {shlex.quote(str(out))} --pairs -w {quoted}" in said
    said = told(capsys, "export", str(out), "--pairs", *where)
    run = place / "runs" / "my walk"
    assert said.endswith(f"next: curate evaluate {shlex.quote(str(out))} -o {shlex.quote(str(run))}")
    found = status(capsys, place)
    assert found["photos"] == 6 and found["cameras"] == 2 and found["unknown_cameras"] == found["unreadable"] == 0
    assert found["pairs"]["accepted"] == 1 and found["runs"] == []
    assert found["sets"] == [{"path": str(out), "photos": 2, "pairs": 1, "stale": False}]
    monkeypatch.chdir(place)
    assert run_cli(["status"]) == Exit.DONE
    assert (
        capsys.readouterr().out.splitlines()[-1].endswith("next: curate evaluate 'exports/my walk' -o 'runs/my walk'")
    )


def test_with_json_nothing_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--json` prints its object, and no next step beside it."""
    write_photo(tmp_path / "photos" / "1.jpg", 1)
    assert run_cli(["new", str(tmp_path / "w")]) == Exit.DONE
    capsys.readouterr()
    assert run_cli(["ingest", str(tmp_path / "photos"), "-w", str(tmp_path / "w"), "--json"]) == Exit.DONE
    assert "next:" not in capsys.readouterr().err


def test_a_set_is_stale_once_the_catalogue_or_its_splits_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also of a set elsewhere, and within the same second; exported again it is not."""
    place, out = tmp_path / "w", tmp_path / "elsewhere" / "set"
    for number in range(30):
        camera = ("Canon", "Canon EOS 40D") if number % 2 else ("Canon", "Canon EOS 50D")
        write_photo(tmp_path / "photos" / f"{number}.jpg", number, *camera, taken=f"2019:01:{number + 1:02d} 09:00:00")
    where = ["-w", str(place)]
    assert run_cli(["new", str(place)]) == Exit.DONE
    assert run_cli(["ingest", str(tmp_path / "photos"), *where]) == Exit.DONE
    assert run_cli(["export", str(out), *where]) == Exit.DONE
    assert [one["stale"] for one in status(capsys, place)["sets"]] == [False]
    for change in (
        ["label", "semantic_label=cat", "--where", "1"],
        ["split", "--attribute", "Model"],
        ["split", "--withdraw"],
    ):
        assert run_cli([*change, *where]) == Exit.DONE
        assert [one["stale"] for one in status(capsys, place)["sets"]] == [True]
        assert f"curate export {out} --replace" in status(capsys, place)["next"]
        assert run_cli(["export", str(out), "--replace", *where]) == Exit.DONE
        assert [one["stale"] for one in status(capsys, place)["sets"]] == [False]
    settings = place / "workspace.toml"
    settings.write_text(settings.read_text().replace('["Make", "Is Smartphone"]', '["Model"]'))
    assert [one["stale"] for one in status(capsys, place)["sets"]] == [True]
