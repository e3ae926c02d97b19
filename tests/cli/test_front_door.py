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
from tests.conftest import MadeOnce, write_photo

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


@pytest.mark.parametrize(
    ("program", "words", "code", "said"),
    [
        ("curate", ["./w"], Exit.USAGE, "the app needs a terminal"),
        ("curate", ["none/at/all"], Exit.USAGE, "this is not a workspace"),
        ("curate", ["review", "--plain", "-w", "w"], Exit.DONE, "No pair waits"),
        ("tracer", ["plan", "none"], 2, "none is not a folder"),
    ],
)
def test_closed_standard_input(program: str, words: list[str], code: int, said: str, tmp_path: Path) -> None:
    """Without standard input nothing can be typed, and the program runs all the same."""
    assert run_cli(["new", str(tmp_path / "w")]) == Exit.DONE
    started = shlex.join([sys.executable, "-c", f"from {program}.cli import main; main()", *words])
    done = subprocess.run(f"{started} <&-", shell=True, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == code and said in done.stdout + done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_standard_output_that_lacks_characters(encoding: str, tmp_path: Path) -> None:
    """They are escaped: JSON keeps its values, and text for a person stays readable."""
    place = tmp_path / "Köln 日本 📷"
    assert run_cli(["new", str(place)]) == Exit.DONE

    def said(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", "from curate.cli import main; main()", *words, "-w", str(place)],
            env={**os.environ, "PYTHONIOENCODING": encoding}, capture_output=True, timeout=60, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert done.returncode == Exit.DONE, done.stderr
        return done.stdout.decode(encoding)

    (place.parent / "photos").mkdir()
    (place.parent / "photos" / "日本 📷.jpg").write_bytes(b"no photo")
    assert run_cli(["ingest", str(place.parent / "photos"), "-w", str(place), "--jobs", "1"]) == Exit.SOME_FAILED
    assert json.loads(said("photos", "--json"))["photos"][0]["path"].endswith("/photos/日本 📷.jpg")
    assert "photos/\\u65e5\\u672c" in said("photos")


def test_a_folder_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The way out opens the app on that folder, which offers to make a workspace there."""
    monkeypatch.chdir(tmp_path)
    assert PROGRAMS["curate"](["walk 2024"]) == Exit.USAGE
    assert "curate './walk 2024'" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["w", "--help"], ["./w", "-h"], ["./new", "--help"]])
def test_help_beside_a_folder_is_help(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It lists the commands; anything else beside a folder is refused."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "w").mkdir()
    assert run_cli(["--help"]) == Exit.DONE
    told = capsys.readouterr().out
    assert run_cli(words) == Exit.DONE and capsys.readouterr().out == told
    assert run_cli([*words, "x"]) == Exit.USAGE


@pytest.fixture
def place(tmp_path: Path, made_once: MadeOnce, capsys: pytest.CaptureFixture[str]) -> Path:
    """A workspace with one camera's photo and a broken one."""

    def make() -> None:
        write_photo(tmp_path / "photos" / "1.jpg", 1)
        (tmp_path / "photos" / "broken.jpg").write_bytes(b"\xff\xd8\xff not a photo")
        assert run_cli(["new", str(tmp_path / "w")]) == Exit.DONE
        assert run_cli(["ingest", str(tmp_path / "photos"), "-w", str(tmp_path / "w")]) == Exit.SOME_FAILED

    made_once("one photo and a broken one", make)
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


def program(*words: str, **options: object) -> subprocess.Popen[bytes]:
    """Start curate as a program of its own."""
    command = [sys.executable, "-c", "from curate.cli import main; main()", *words]
    return subprocess.Popen(command, stderr=subprocess.PIPE, **options)  # type: ignore[call-overload, no-any-return]


@pytest.mark.parametrize("words", [["photos", "--format", "csv"], ["photos"], ["photos", "--json"], ["status"]])
def test_a_reader_that_has_enough_is_no_failure(words: list[str], place: Path) -> None:
    """A pipe whose other end is closed ends a command without a word, and with success."""
    reading, writing = os.pipe()
    os.close(reading)
    done = program(*words, "-w", str(place), stdout=writing)
    os.close(writing)
    assert (done.communicate(timeout=60)[1], done.returncode) == (b"", Exit.DONE)


def test_output_that_cannot_be_written_is_a_failure(place: Path) -> None:
    """A closed standard output is refused before anything is done; a full disk is told of."""
    closed = subprocess.run(
        ["sh", "-c", '"$@" >&-', "sh", sys.executable, "-c", "from curate.cli import main; main()", "new", "x"],
        cwd=place.parent, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert closed.returncode == Exit.USAGE and "standard output is closed" in closed.stderr
    assert not (place.parent / "x").exists()
    if not os.path.exists("/dev/full"):
        pytest.skip("there is no /dev/full")
    with open("/dev/full", "wb") as full:
        done = program("status", "-w", str(place), stdout=full)
        assert b"No space left" in done.communicate(timeout=60)[1] and done.returncode == Exit.FAILED


ROWS = ("photos", "cameras", "skipped", "pairs", "groups", "settings")


@pytest.mark.parametrize("name", ROWS)
def test_commands_that_list_take_json_or_a_format(name: str, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One object holds what the JSON lines hold; both at once are refused, as is a format that there is not."""
    where = [] if name == "settings" else ["-w", str(place)]
    assert run_cli([name, *where, "--json"]) == Exit.DONE
    whole = json.loads(capsys.readouterr().out)
    assert run_cli([name, *where, "--format", "jsonl"]) == Exit.DONE
    assert whole == {name: [json.loads(line) for line in capsys.readouterr().out.splitlines()]}
    assert run_cli([name, *where, "--json", "--format", "csv"]) == Exit.USAGE
    assert "--json and --format csv" in capsys.readouterr().err
    assert run_cli([name, *where, "--format", "nope"]) == Exit.USAGE
    said = capsys.readouterr().err
    assert "'nope' is not one of 'table', 'jsonl', 'csv'" in said and "Value error" not in said


def test_what_is_there_already_is_a_usage_error(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A set and a drawing alike: the command lacks --replace."""
    write_photo(place.parent / "photos" / "2.jpg", 2, "Apple", "iPhone X")
    assert run_cli(["ingest", str(place.parent / "photos"), "-w", str(place)]) == Exit.SOME_FAILED
    photos = [str(place.parent / "photos" / f"{number}.jpg") for number in (1, 2)]
    for words in (["export", str(place.parent / "set")], ["matches", *photos, "-o", str(place.parent / "drawing.png")]):
        assert run_cli([*words, "-w", str(place)]) == Exit.DONE
        assert run_cli([*words, "-w", str(place)]) == Exit.USAGE
        assert "--replace" in capsys.readouterr().err
        assert run_cli([*words, "--replace", "-w", str(place)]) == Exit.DONE


def test_a_clocks_camera_that_is_not_there(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A slip is refused with the near name as it must be typed, and with the command that lists all."""
    for typed in ("EOS 40D", "Canon EOS 40", "canon|canon eos 40d"):
        assert run_cli(["clocks", "set", typed, "Apple|iPhone X", "3", "-w", str(place)]) == Exit.USAGE
        said = capsys.readouterr().err
        assert "Did you mean: 'Canon|Canon EOS 40D'" in said and f"curate cameras -w {place}" in said


def test_an_unknown_encoder_leaves_nothing_behind(place: Path) -> None:
    """`pair` asks for the encoder first; no folder is made for it, and none that is gone is named."""
    done = program("pair", "--embeddings", "foo", "-w", str(place), stdout=subprocess.DEVNULL)
    assert b"tracer encoders" in done.communicate(timeout=60)[1] and done.returncode == Exit.USAGE
    assert not (place / "cache" / "embeddings").exists()


@pytest.mark.parametrize("words", [["undo"], ["redo"]])
def test_ways_out_name_the_workspace(
    words: list[str], place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message of a known workspace holds no placeholder for it."""
    monkeypatch.chdir(place.parent)
    assert run_cli([*words, "-w", str(place)]) != Exit.DONE
    assert " -w w" in capsys.readouterr().err


def test_a_number_that_is_none_is_told_in_plain_words(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What an option takes is said, and nothing of how it is parsed."""
    assert run_cli(["ingest", "x", "--jobs", "many", "-w", str(place)]) == Exit.USAGE
    said = capsys.readouterr().err
    assert "it must be a valid integer" in said and "parse" not in said
