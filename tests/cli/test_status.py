"""`curate status`, and the next step that commands end with."""

from __future__ import annotations

import dataclasses
import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from curate.cameras.types import CameraType
from curate.catalog import decisions, marking
from curate.catalog.store import Catalog
from curate.cli import run_cli
from curate.errors import Exit
from curate.status import ExportedSet, Run, Status, in_words, next_step
from curate.workspace import Workspace
from tests.conftest import MadeOnce, write_photo
from tests.test_advice import why_not
from tracer.base.progress import Work

WORKSPACE = Path("/somewhere/my photos")
EMPTY = Status(
    workspace=WORKSPACE, photos=0, unreadable=0, cameras=0, unknown_cameras=0, phones=0, others=0, by_neither={},
    compared=None, waiting=0, proposed=0, accepted=0, rejected=0, own_set=WORKSPACE / "exports" / "a set",
)  # fmt: skip
TAKEN_IN = dataclasses.replace(EMPTY, photos=9, cameras=2, phones=4, others=5)
PAIRED = dataclasses.replace(TAKEN_IN, compared=(4, 5), waiting=3, proposed=2)
DECIDED = dataclasses.replace(PAIRED, waiting=1, proposed=0, accepted=2)
SET = ExportedSet(WORKSPACE / "exports" / "a set", 4, 2, False, ("--pairs",))
EXPORTED = dataclasses.replace(DECIDED, sets=(SET,))
RUN = Run(WORKSPACE / "runs" / "a set", SET.path, False)


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
        (dataclasses.replace(TAKEN_IN, without_exif=True), ["flickr", "exif"]),
        (dataclasses.replace(TAKEN_IN, without_files=True, originals=True), ["flickr", "download"]),
        (dataclasses.replace(TAKEN_IN, without_files=True), ["photos", "--format", "csv"]),
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
    assert shlex.split(line) == ["curate", *words, "-w", str(WORKSPACE)]
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
    assert said.endswith(f"next: curate evaluate {shlex.quote(str(out))} -o {shlex.quote(str(run))} -w {quoted}")
    found = status(capsys, place)
    assert found["photos"] == 6 and found["cameras"] == 2 and found["unknown_cameras"] == found["unreadable"] == 0
    assert found["pairs"]["accepted"] == 1 and found["runs"] == []
    assert found["sets"] == [{"path": str(out), "photos": 2, "pairs": 1, "stale": False}]
    monkeypatch.chdir(place)
    assert run_cli(["status"]) == Exit.DONE
    assert (
        capsys.readouterr().out.splitlines()[-1].endswith("next: curate evaluate 'exports/my walk' -o 'runs/my walk'")
    )


def test_what_waits_is_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Equal files, skipped files and cameras on which sources disagree, in JSON and in words."""
    place, photos = tmp_path / "w", tmp_path / "photos"
    for name in ("1.jpg", "2.jpg", "3.jpg"):
        write_photo(photos / name, 1)
    write_photo(photos / "4.jpg", 4)
    (photos / "notes.txt").write_text("no photo")
    assert run_cli(["new", str(place)]) == Exit.DONE
    assert run_cli(["ingest", str(photos), "-w", str(place), "--jobs", "1"]) == Exit.DONE
    found = status(capsys, place)
    assert (found["duplicates"], found["skipped"], found["disagreements"]) == (1, 1, 0)
    assert run_cli(["status", "-w", str(place)]) == Exit.DONE
    said = capsys.readouterr().out
    assert "copies   1 group of equal files" in said and "skipped  1 file by the last ingest; listed by: " in said
    assert "disagree" in "".join(dataclasses.replace(EMPTY, disagreements=2).in_words())


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


def test_undo_and_redo_leave_a_set_and_its_run_as_they_were(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between an undo and its redo a set is stale; notes change nothing. A set written again unchanged makes no run stale."""
    monkeypatch.setattr("curate.handoff.evaluating", evaluated_by_nobody)
    place, out = tmp_path / "w", tmp_path / "set"
    for number in range(4):
        write_photo(tmp_path / "photos" / f"{number}.jpg", number, "Canon", "Canon EOS 40D")
    where = ["-w", str(place)]

    def stale() -> tuple[bool, bool]:
        found = status(capsys, place)
        return found["sets"][0]["stale"], found["runs"][0]["stale"]

    for words in (
        ["new", str(place)],
        ["ingest", str(tmp_path / "photos"), *where, "--jobs", "1"],
        ["export", str(out), *where],
    ):
        assert run_cli(words) == Exit.DONE
    assert run_cli(["label", "semantic_label=cat", "--where", "1", *where]) == Exit.DONE
    again = ["export", str(out), "--replace", *where]
    assert run_cli(again) == Exit.DONE
    assert run_cli(["evaluate", str(out), "-o", str(tmp_path / "run"), *where]) == Exit.DONE
    assert stale() == (False, False)
    workspace = Workspace.open(place)
    with workspace.writing("test"), Catalog.open(workspace) as catalog:
        assert decisions.undo(catalog) is not None
    assert stale() == (True, False)
    with workspace.writing("test"), Catalog.open(workspace) as catalog:
        assert decisions.redo(catalog) is not None
        marking.write_note(catalog, "0" * 64, "1" * 64, "red door")
    assert stale() == (False, False)
    assert run_cli(again) == Exit.DONE
    assert stale() == (False, False)
    assert run_cli(["label", "semantic_label=dog", "--where", "1", *where]) == Exit.DONE
    assert stale() == (True, False)
    assert run_cli(again) == Exit.DONE
    assert stale() == (False, True)
    assert run_cli(["evaluate", str(out), "-o", str(tmp_path / "run"), *where]) == Exit.DONE
    assert stale() == (False, False)


@pytest.fixture
def place_with_a_pair(tmp_path: Path, made_once: MadeOnce) -> Path:
    """A workspace with an accepted pair."""
    place, photos = tmp_path / "w", tmp_path / "photos"

    def make() -> None:
        write_photo(photos / "1.jpg", 1)
        write_photo(photos / "2.jpg", 2, "Apple", "iPhone X")
        assert run_cli(["new", str(place)]) == Exit.DONE
        assert run_cli(["ingest", str(photos), "-w", str(place), "--jobs", "1"]) == Exit.DONE
        pair = [str(photos / "1.jpg"), str(photos / "2.jpg")]
        assert run_cli(["decide", "accept", *pair, "-w", str(place)]) == Exit.DONE

    made_once("an accepted pair", make)
    return place


def test_every_type_of_neither_side_has_words() -> None:
    """Number first, then the cameras."""
    kinds = [kind for kind in CameraType if kind.is_smartphone is None]
    said = " ".join(dataclasses.replace(TAKEN_IN, by_neither=dict.fromkeys([None, *kinds], 1)).in_words())
    assert said.count("1 by ") == len(kinds) and "1 by action cameras" in said and "1 by film scanners" in said


def test_photos_of_neither_side_are_counted_by_kind_and_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The three numbers of photos add up; each kind is named, and the command that is named lists just these photos."""
    place = tmp_path / "w"
    cameras = [("Apple", "iPhone X"), ("Canon", "Canon EOS 40D"), (None, None), ("Acme", "X1"), ("Apple", "iPad Air")]
    for number, (make, model) in enumerate(cameras):
        write_photo(tmp_path / "photos" / f"{number}.jpg", number, make, model)
    assert run_cli(["new", str(place)]) == Exit.DONE
    assert run_cli(["ingest", str(tmp_path / "photos"), "-w", str(place), "--jobs", "1"]) == Exit.DONE
    found = status(capsys, place)
    assert (found["phones"], found["others"]) == (1, 1)
    assert found["by_neither"] == {"no_camera": 1, "unknown": 1, "tablet": 1}
    assert run_cli(["status", "-w", str(place)]) == Exit.DONE
    said = capsys.readouterr().out
    assert "photos   5: 1 by phones, 1 by other cameras, 3 by neither\n" in said
    assert "1 without a camera's name" in said and "1 by cameras of unknown type" in said and "1 by tablets" in said
    (line,) = (line for line in said.splitlines() if "listed by: " in line)
    words = shlex.split(line.partition("listed by: ")[2])
    assert run_cli([*words[1:], "--json"]) == Exit.DONE
    assert {Path(row["path"]).name for row in json.loads(capsys.readouterr().out)["photos"]} == {
        "2.jpg",
        "3.jpg",
        "4.jpg",
    }


def test_pairs_that_wait_are_told_apart() -> None:
    """What is proposed and what else waits stand beside each other, in the counts and in the next step alike."""
    words = "2 proposed to decide, 1 other candidate"
    assert any(words in line for line in PAIRED.in_words())
    assert words in next_step(PAIRED).why
    unlikely = dataclasses.replace(PAIRED, proposed=0)
    assert "0 proposed to decide, 3 other candidates" in next_step(unlikely).why


def test_decided_pairs_that_count_no_longer_are_told(
    place_with_a_pair: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A pair of which a photo was forgotten is neither accepted nor rejected, and not passed over."""
    assert (
        run_cli(["forget", str(place_with_a_pair.parent / "photos" / "1.jpg"), "-w", str(place_with_a_pair)])
        == Exit.DONE
    )
    pairs = status(capsys, place_with_a_pair)["pairs"]
    assert (pairs["accepted"], pairs["gone"]) == (0, 1)
    assert run_cli(["status", "-w", str(place_with_a_pair)]) == Exit.DONE
    assert "1 decided with a photo forgotten or replaced" in capsys.readouterr().out


def evaluated_by_nobody(
    dataset: Path, run: Path, encoders: tuple[str, ...], protocol: str, say: object
) -> Work[tuple[dict[str, Any], bool]]:
    """In place of tracer: a run with a report, at once."""
    yield from ()
    run.mkdir(parents=True, exist_ok=True)
    (run / "report.html").write_text(f"{dataset} {encoders} {protocol}")
    return {"report": str(run / "report.html")}, False


@pytest.mark.parametrize("words", [[], ["-o", "runs of mine/1"], ["-o", "1", "-w", "w"]])
@pytest.mark.parametrize("place", ["set", "far/away/set"])
def test_a_run_is_remembered_wherever_it_lies(
    place: str,
    words: list[str],
    tmp_path: Path,
    made_once: MadeOnce,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After an evaluation the set is evaluated: its workspace is named, or found beside the set, or is the current folder."""
    monkeypatch.setattr("curate.handoff.evaluating", evaluated_by_nobody)
    monkeypatch.chdir(tmp_path)
    workspace = Path("w")

    def make() -> None:
        write_photo(Path("photos/1.jpg"), 1)
        assert run_cli(["new", "w"]) == Exit.DONE
        assert run_cli(["ingest", "photos", "-w", "w", "--jobs", "1"]) == Exit.DONE

    made_once("one photo", make)
    assert run_cli(["export", place, "-w", "w"]) == Exit.DONE
    assert "not evaluated" in status(capsys, workspace)["why"]
    if place != "set" and "-w" not in words:
        monkeypatch.chdir(workspace)
        place = f"../{place}"
    assert run_cli(["evaluate", place, *words]) == Exit.DONE
    monkeypatch.chdir(tmp_path)
    found = status(capsys, workspace)
    assert found["next"] is None and "report.html" in found["why"]
    assert [(run["dataset"], run["stale"]) for run in found["runs"]] == [("set", False)]


@pytest.mark.parametrize("place", ["set", "w"])
def test_a_workspace_says_how_its_sets_are_evaluated(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Encoders and protocol of its settings are used for the workspace and for a set that it exported."""
    monkeypatch.setattr("curate.handoff.evaluating", evaluated_by_nobody)
    monkeypatch.setattr("curate.handoff.check_encoders", lambda encoders: None)
    monkeypatch.chdir(tmp_path)
    write_photo(Path("photos/1.jpg"), 1)
    assert run_cli(["new", "w"]) == Exit.DONE
    with Path("w/workspace.toml").open("a") as settings:
        settings.write('\n[evaluate]\nencoders = ["baseline/residual"]\nprotocol = "halving"\n')
    assert run_cli(["ingest", "photos", "-w", "w", "--jobs", "1"]) == Exit.DONE
    assert run_cli(["export", "set", "-w", "w"]) == Exit.DONE
    assert run_cli(["evaluate", place, "-o", "run"]) == Exit.DONE
    assert Path("run/report.html").read_text().endswith("('baseline/residual',) halving")


def test_an_evaluation_ends_well_while_the_workspace_is_written_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The report is printed, and that the run is not remembered is said."""
    monkeypatch.setattr("curate.handoff.evaluating", evaluated_by_nobody)
    place, dataset = tmp_path / "w", tmp_path / "set"
    write_photo(tmp_path / "photos" / "1.jpg", 1)
    assert run_cli(["new", str(place)]) == Exit.DONE
    assert run_cli(["ingest", str(tmp_path / "photos"), "-w", str(place), "--jobs", "1"]) == Exit.DONE
    assert run_cli(["export", str(dataset), "-w", str(place)]) == Exit.DONE
    capsys.readouterr()
    with Workspace.open(place).writing("app"):
        assert run_cli(["evaluate", str(dataset), "-o", str(tmp_path / "run")]) == Exit.DONE
    said = capsys.readouterr()
    assert said.out == f"{tmp_path / 'run' / 'report.html'}\n"
    assert f"{place} does not remember this run: the workspace is in use" in said.err


def test_after_an_export_the_set_that_was_written_is_next(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of several sets that are not evaluated, the last line names the newest one."""
    place = tmp_path / "w"
    write_photo(tmp_path / "photos" / "1.jpg", 1)
    assert run_cli(["new", str(place)]) == Exit.DONE
    assert run_cli(["ingest", str(tmp_path / "photos"), "-w", str(place), "--jobs", "1"]) == Exit.DONE
    for name in ("b", "a", "c"):
        assert f"curate evaluate {tmp_path / name} -w" in told(capsys, "export", str(tmp_path / name), "-w", str(place))
