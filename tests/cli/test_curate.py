"""curate's commands, called as a stranger would."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from curate.cli import run_cli
from curate.errors import Exit
from curate.workspace import Workspace
from tests.conftest import MadeOnce, write_photo

PHONE = ("Apple", "iPhone X")
CAMERA = ("NIKON CORPORATION", "NIKON D5500")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two phone photos, two camera photos and a broken one."""
    folder = tmp_path / "photos"
    for number in range(4):
        write_photo(folder / f"{number}.jpg", number // 2, *(CAMERA if number % 2 else PHONE))
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff not a photo")
    return folder


@pytest.fixture
def place(tmp_path: Path, photos: Path, made_once: MadeOnce, capsys: pytest.CaptureFixture[str]) -> Path:
    """A workspace with these photos."""
    workspace = tmp_path / "w"

    def make() -> None:
        assert run_cli(["new", str(workspace)]) == Exit.DONE
        assert run_cli(["ingest", str(photos), "-w", str(workspace)]) == Exit.SOME_FAILED

    made_once("two of each side and a broken one", make)
    capsys.readouterr()
    return workspace


def answer(capsys: pytest.CaptureFixture[str], *words: str, code: int = Exit.DONE) -> Any:
    """Run a command with --json and return its one object."""
    assert run_cli([*words, "--json"]) == code
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    return json.loads(out)


def lines(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, Any]]:
    """Run a command with --format jsonl and return its rows."""
    assert run_cli([*words, "--format", "jsonl"]) == Exit.DONE
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_new_prints_the_workspace(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Absolute; making it again changes nothing; a folder of other things is refused."""
    assert answer(capsys, "new", str(tmp_path / "w")) == {"workspace": str(tmp_path / "w")}
    assert answer(capsys, "new", str(tmp_path / "w")) == {"workspace": str(tmp_path / "w")}
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.doc").touch()
    assert run_cli(["new", str(tmp_path / "full")]) == Exit.USAGE
    assert "thesis.doc" in capsys.readouterr().err


@pytest.mark.parametrize("recipe", ["paircams", "flickrexif"])
def test_recipes_are_settings_that_fit(tmp_path: Path, recipe: str) -> None:
    """Each shipped recipe makes a workspace whose settings can be read, and names itself."""
    assert run_cli(["new", str(tmp_path / "w"), "--recipe", recipe]) == Exit.DONE
    assert Workspace.open(tmp_path / "w").settings.recipe == recipe


def test_an_unknown_recipe_is_refused_with_the_known_ones(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And nothing is made."""
    assert run_cli(["new", str(tmp_path / "w"), "--recipe", "soup"]) == Exit.USAGE
    assert "paircams" in capsys.readouterr().err
    assert not (tmp_path / "w").exists()


def test_ingest_counts(place: Path, photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The fixed keys; unreadable files give exit code 3 and have a row."""
    counts = answer(capsys, "ingest", str(photos), "-w", str(place), code=Exit.SOME_FAILED)
    assert counts.keys() == {"added", "updated", "unchanged", "missing", "unreadable", "skipped", "seconds"}
    assert (counts["unchanged"], counts["unreadable"]) == (5, 1)
    rows = lines(capsys, "photos", "-w", str(place))
    assert len(rows) == 5
    broken = next(row for row in rows if row["path"] == str(photos / "broken.jpg"))
    assert broken["status"] == "invalid" and broken["error"]


def test_photos_in_three_forms(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """JSON lines hold every label column with its type; CSV guards formulas; the table is for people."""
    from curate.catalog.labels import LABEL_COLUMNS

    (row, *_) = lines(capsys, "photos", "-w", str(place), "--where", "camera_type = 'smartphone'")
    assert list(row) == [*LABEL_COLUMNS, "path", "status", "error"]
    assert row["Is Smartphone"] is True and row["Smartphone Model"] == "iPhone X" and row["Year"] == "2019.0"
    assert run_cli(["label", "semantic_label==HYPERLINK(1)", "--where", "1", "-w", str(place)]) == Exit.DONE
    assert run_cli(["photos", "-w", str(place), "--format", "csv"]) == Exit.DONE
    assert "'=HYPERLINK(1)" in capsys.readouterr().out
    assert run_cli(["photos", "-w", str(place)]) == Exit.DONE
    assert "photos/0.jpg" in capsys.readouterr().out


def test_decisions_by_path(place: Path, photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Accept, undo, redo, reject; the order of the two does not matter; the log is printed."""
    phone, camera = str(photos / "0.jpg"), str(photos / "1.jpg")
    assert answer(capsys, "decide", "accept", camera, phone, "-w", str(place)) == {
        "accepted": 1,
        "rejected": 0,
        "gone": 0,
    }
    (pair,) = lines(capsys, "pairs", "-w", str(place), "--status", "accepted")
    assert (pair["phone"], pair["other"], pair["subject_idx"], pair["score"]) == (phone, camera, 0, None)
    assert answer(capsys, "undo", "-w", str(place)) == {
        "accepted": 0,
        "rejected": 0,
        "gone": 0,
        "taken_back": "accepted 0.jpg + 1.jpg",
    }
    assert answer(capsys, "redo", "-w", str(place)) == {
        "accepted": 1,
        "rejected": 0,
        "gone": 0,
        "done_again": "accepted 0.jpg + 1.jpg",
    }
    assert answer(capsys, "decide", "reject", phone, camera, "-w", str(place)) == {
        "accepted": 0,
        "rejected": 1,
        "gone": 0,
    }
    assert run_cli(["decisions", "export", "-w", str(place)]) == Exit.DONE
    assert [json.loads(line)["action"] for line in capsys.readouterr().out.splitlines()] == [
        "accept",
        "undo",
        "redo",
        "reject",
    ]
    assert run_cli(["decide", "accept", phone, "/no/photo.jpg", "-w", str(place)]) == Exit.USAGE
    assert "/no/photo.jpg" in capsys.readouterr().err


def test_cameras_and_overrides(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Listing, one look-up without a workspace, an override."""
    rows = lines(capsys, "cameras", "-w", str(place))
    found = {(row["model"], row["type"], row["photos"]) for row in rows}
    assert found == {("iPhone X", "smartphone", 2), ("NIKON D5500", "dslr", 2)}
    assert answer(capsys, "cameras", "type", "motorola", "XT1032")["is_smartphone"] is True
    assert run_cli(["cameras", "set", "Apple", "iPhone X", "tablet", "-w", str(place)]) == Exit.DONE
    assert run_cli(["cameras", "-w", str(place), "set", "Apple", "iPhone X", "dslr"]) == Exit.DONE
    capsys.readouterr()
    assert {row["type"] for row in lines(capsys, "cameras", "-w", str(place))} == {"dslr"}
    assert run_cli(["cameras", "set", "Apple", "iPhone X", "toaster", "-w", str(place)]) == Exit.USAGE


def test_first_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A misspelt command gets a suggestion; a folder that is no workspace and a path that is nowhere say so."""
    for word, said in (
        ("fotos", "curate photos"),
        (str(tmp_path), "curate new"),
        ("no/where", "no folder"),
        ("zzz", "--help"),
    ):
        assert run_cli([word]) == Exit.USAGE
        captured = capsys.readouterr()
        assert said in captured.err and not captured.out


def test_a_second_process_is_told_who_is_first(place: Path, photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Writers wait for nobody; readers may read."""
    with Workspace.open(place).writing("ingest"):
        assert run_cli(["ingest", str(photos), "-w", str(place)]) == Exit.FAILED
        assert "curate ingest" in capsys.readouterr().err
        assert run_cli(["photos", "-w", str(place)]) == Exit.DONE


def test_help_is_quick_and_light() -> None:
    """`curate --help` and opening the app take under a second, and load neither torch nor Textual nor OpenCV."""
    code = (
        "import sys, curate.cli\n"
        "assert curate.cli.run_cli(['--help']) == 0\n"
        "heavy = [m for m in ('torch', 'textual', 'cv2', 'pandas', 'sklearn', 'timm', 'open_clip') if m in sys.modules]\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    seconds = []
    for _ in range(3):
        start = time.monotonic()
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        seconds.append(time.monotonic() - start)
        assert done.returncode == 0, done.stderr
    assert min(seconds) < 1.0


def test_a_closed_pipe_is_no_error(place: Path) -> None:
    """`curate photos | head` ends quietly."""
    program = [sys.executable, "-c", "from curate.cli import main; main()"]
    child = subprocess.Popen(
        [*program, "photos", "-w", str(place), "--format", "jsonl"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert child.stdout and child.stderr
    child.stdout.close()
    said = child.stderr.read()
    child.stderr.close()
    child.wait()
    assert b"Traceback" not in said


@pytest.mark.system
def test_a_full_disk_loses_nothing(tmp_path: Path, photos: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """On a tiny disk an ingest ends with a message and exit code 1; with room again it goes on."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=500k", "tmpfs", disk]
    if os.getuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a small disk can only be mounted by root")
    try:
        for number in range(60):
            write_photo(photos / f"more{number}.jpg", number + 100)
        assert run_cli(["new", str(disk / "w")]) == Exit.DONE
        assert run_cli(["ingest", str(photos), "-w", str(disk / "w"), "--jobs", "1"]) == Exit.FAILED
        said = capfd.readouterr().err
        assert "on the disk" in said and "run the command again" in said and "Traceback" not in said
        subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
        assert run_cli(["ingest", str(photos), "-w", str(disk / "w"), "--jobs", "1"]) == Exit.SOME_FAILED
        capfd.readouterr()
        assert run_cli(["photos", "-w", str(disk / "w"), "--format", "jsonl"]) == Exit.DONE
        assert len(capfd.readouterr().out.splitlines()) == 65
    finally:
        subprocess.run(["umount", disk], check=False)


def test_an_expression_of_stray_bytes_is_a_usage_error(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bytes that are no UTF-8 on the command line end in words, not in a traceback."""
    assert run_cli(["photos", "-w", str(place), "--where", "path = '\udcff'"]) == Exit.USAGE
    assert "the expression cannot be used" in capsys.readouterr().err


def test_clock_offsets_name_cameras_that_are_there(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A camera that no photo is of, or an offset that is no number, is refused with the known names."""
    phone, camera = "|".join(PHONE), "|".join(CAMERA)
    words = ["clocks", "set", "-w", str(place)]
    assert run_cli([*words, phone, camera, "3600"]) == Exit.DONE
    assert run_cli([*words, phone, "Nikon", "3600"]) == Exit.USAGE
    assert camera in capsys.readouterr().err
    assert run_cli([*words, phone, camera, "nan"]) == Exit.USAGE
    capsys.readouterr()
    assert run_cli(["clocks", "-w", str(place), "--json"]) == Exit.DONE
    assert [row["seconds"] for row in json.loads(capsys.readouterr().out)["offsets"]] == [3600.0]


def test_a_clock_that_is_behind_has_a_negative_offset(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """-5 is taken as a number wherever the options stand; a misspelt option is still refused, and nothing is stated."""
    words = ["clocks", "set", "|".join(PHONE), "|".join(CAMERA)]
    for seconds, more in (("-5", ["-w", str(place)]), ("-5.5", [f"--workspace={place}"]), ("-1e3", ["-w", str(place)])):
        assert run_cli([*words, seconds, *more]) == Exit.DONE
        capsys.readouterr()
        assert run_cli(["clocks", "-w", str(place), "--json"]) == Exit.DONE
        assert [row["seconds"] for row in json.loads(capsys.readouterr().out)["offsets"]] == [float(seconds)]
    for slip, said in (
        (["-5", "--worksapce", str(place)], "--worksapce"),
        (["-5", "-x", "-w", str(place)], "-x"),
        (["--seconds", "-5", "-w", str(place)], "number"),
    ):
        assert run_cli([*words, *slip]) == Exit.USAGE
        assert said in capsys.readouterr().err
    assert run_cli(["clocks", "-w", str(place), "--json"]) == Exit.DONE
    assert [row["seconds"] for row in json.loads(capsys.readouterr().out)["offsets"]] == [-1000.0]


def test_an_unknown_encoder_is_told_before_anything_is_exported(place: Path) -> None:
    """A slip in an encoder's name costs a second, not an export: exit 2, and no set was made."""
    code = "import sys; from curate.cli import run_cli; sys.exit(run_cli(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "evaluate", str(place), "--encoders", "offline/efficientnet-lite9"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == Exit.USAGE
    assert "There is no encoder offline/efficientnet-lite9" in done.stderr
    assert not any((place / "exports").glob("*"))


def test_what_is_printed_is_taken(place: Path, photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each path that tables, JSON lines and CSV print of photos and pairs is understood by the commands that take a photo."""
    assert run_cli(["decide", "accept", "photos/0.jpg", "1.jpg", "-w", str(place)]) == Exit.DONE
    capsys.readouterr()
    for style in ("table", "jsonl", "csv"):
        assert run_cli(["pairs", "-w", str(place), "--format", style]) == Exit.DONE
        out = capsys.readouterr().out
        shown = re.findall(r"[^\s\",]*\d\.jpg", out)
        assert len(shown) == 2
        assert run_cli(["undo", "-w", str(place)]) == Exit.DONE
        assert run_cli(["decide", "accept", *shown, "-w", str(place)]) == Exit.DONE
        capsys.readouterr()
    assert run_cli(["photos", "-w", str(place)]) == Exit.DONE
    for path in re.findall(r"\S+\.jpg", capsys.readouterr().out):
        assert run_cli(["forget", path, "-w", str(place)]) == Exit.DONE
    assert run_cli(["photos", "-w", str(place), "--format", "jsonl"]) == Exit.DONE
    assert capsys.readouterr().out.count("\n") == 5  # five lines of "forgotten 1", and no photo


def test_the_way_out_of_an_unknown_path_is_a_command(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It runs as it stands, also in a workspace whose name has a space, and prints paths that `decide` takes."""
    spaced = tmp_path / "my workspace"
    place.rename(spaced)
    assert run_cli(["decide", "accept", "no.jpg", "0.jpg", "-w", str(spaced)]) == Exit.USAGE
    advice = capsys.readouterr().err.splitlines()[-1].partition(": ")[2]
    program, *words = shlex.split(advice)
    assert program == "curate" and run_cli(words) == Exit.DONE
    one, two = (json.loads(line)["path"] for line in capsys.readouterr().out.splitlines()[:2])
    assert run_cli(["decide", "accept", one, two, "-w", str(spaced)]) == Exit.DONE


def test_forget_and_its_undo(place: Path, photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The fixed key; undo says what came back and keeps its keys; an unknown path is named."""
    assert answer(capsys, "forget", str(photos), "-w", str(place)) == {"forgotten": 5}
    assert lines(capsys, "photos", "-w", str(place)) == []
    assert run_cli(["undo", "-w", str(place), "--json"]) == Exit.DONE
    printed = capsys.readouterr()
    told = json.loads(printed.out)
    assert told.keys() == {"accepted", "rejected", "gone", "taken_back"}
    assert told["taken_back"] == "forgot 5 photos (0.jpg, 1.jpg, 2.jpg, …)"
    assert len(lines(capsys, "photos", "-w", str(place))) == 5
    assert run_cli(["forget", "cellar", "-w", str(place)]) == Exit.USAGE
    assert "cellar" in capsys.readouterr().err


def test_pairs_import(place: Path, photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The fixed keys; exit code 3 where files are unknown; `curate pairs` with its options is as before."""
    known = photos.parent / "known.csv"
    known.write_text("image_a,image_b\nphotos/0.jpg,photos/1.jpg\nphotos/2.jpg,photos/9.jpg\n")
    found = answer(capsys, "pairs", "import", str(known), "-w", str(place), code=Exit.SOME_FAILED)
    assert (found["accepted"], found["unknown"]) == (1, ["photos/9.jpg"])
    assert len(lines(capsys, "pairs", "-w", str(place), "--status", "accepted")) == 1
    assert run_cli(["pairs", "-w", str(place), "import", str(known)]) == Exit.SOME_FAILED
    assert "photos/9.jpg" in capsys.readouterr().err
    assert run_cli(["undo", "-w", str(place)]) == Exit.DONE
    assert "taken back: accepted 0.jpg + 1.jpg" in capsys.readouterr().out


def test_clocks_are_stated_undone_and_withdrawn(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In the log like any decision."""
    cameras = ("|".join(PHONE), "|".join(CAMERA))
    assert run_cli(["clocks", "set", *cameras, "60", "-w", str(place)]) == Exit.DONE
    assert run_cli(["undo", "-w", str(place)]) == Exit.DONE
    assert "taken back: the clock of the Nikon D5500 is 1 min 0 s ahead of that of the" in capsys.readouterr().out
    assert answer(capsys, "clocks", "-w", str(place)) == {"offsets": []}
    assert run_cli(["redo", "-w", str(place)]) == Exit.DONE
    assert run_cli(["clocks", "unset", *reversed(cameras), "-w", str(place)]) == Exit.DONE
    capsys.readouterr()
    assert answer(capsys, "clocks", "-w", str(place)) == {"offsets": []}
    assert run_cli(["clocks", "unset", *cameras, "-w", str(place)]) == Exit.USAGE


def test_a_sidecars_slips_are_said_on_stderr(place: Path, photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Before the work for columns, after it for rows; standard output stays one object."""
    sidecar = photos.parent / "said.csv"
    sidecar.write_text("file,label\nphotos/0.jpg,cat\nphotos/7.jpg,dog\n")
    words = ["ingest", str(photos), "-w", str(place), "--labels", str(sidecar), "--json"]
    assert run_cli(words) == Exit.SOME_FAILED
    printed = capsys.readouterr()
    assert json.loads(printed.out)["skipped"] == 1
    assert printed.err.count("label is not used") == 1
    assert printed.err.index("did you mean semantic_label?") < printed.err.index("no photo was found for 1 row")
