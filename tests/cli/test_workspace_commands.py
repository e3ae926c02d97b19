"""Making a workspace, finding that there is none, reading one that cannot be written to, and its settings."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from curate.catalog.database import connect
from curate.cli import run_cli
from curate.errors import Exit
from curate.workspace.settings import Settings, all_settings
from tests.conftest import MadeOnce, write_photo

ROOT = Path(__file__).parent.parent.parent


def named_command(text: str, name: str) -> list[str]:
    """The words of the command that a message names, as a shell would hand them over."""
    (line,) = (line for line in text.splitlines() if f"curate {name}" in line)
    return shlex.split(line[line.index(f"curate {name}") :])[1:]


@pytest.fixture
def place(tmp_path: Path, made_once: MadeOnce, capsys: pytest.CaptureFixture[str]) -> Path:
    """A workspace with a photo of each side, paired."""
    workspace = tmp_path / "w"

    def make() -> None:
        write_photo(tmp_path / "photos" / "1.jpg", 1)
        write_photo(tmp_path / "photos" / "2.jpg", 1, "Apple", "iPhone X")
        assert run_cli(["new", str(workspace)]) == Exit.DONE
        assert run_cli(["ingest", str(tmp_path / "photos"), "-w", str(workspace), "--jobs", "1"]) == Exit.DONE
        assert run_cli(["pair", "-w", str(workspace), "--jobs", "1"]) == Exit.DONE

    made_once("a paired photo of each side", make)
    capsys.readouterr()
    return workspace


@pytest.mark.parametrize("words", [["new", "my photos"], ["status", "-w", "my photos"]])
def test_the_way_out_of_a_folder_in_use_is_a_workspace_beside_it(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The named command makes a workspace, also where the first free name is taken; the folder stays as it is."""
    monkeypatch.chdir(tmp_path)
    write_photo(Path("my photos/1.jpg"), 1)
    for _ in range(2):
        assert run_cli(words) == Exit.USAGE
        way_out = named_command(capsys.readouterr().err, "new")
        assert run_cli(way_out) == Exit.DONE
        assert Path(capsys.readouterr().out.strip()).parent == tmp_path
    assert os.listdir("my photos") == ["1.jpg"]


def test_new_ends_with_the_next_step_and_says_what_was_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A second `new` changes nothing and says so; both end as every command does."""
    place = tmp_path / "w"
    assert run_cli(["new", str(place)]) == Exit.DONE
    assert capsys.readouterr().err == f"no photos are here yet; next: curate ingest PHOTOS -w {place}\n"
    before = (place / "workspace.toml").read_bytes()
    assert run_cli(["new", str(place), "--recipe", "paircams"]) == Exit.DONE
    said = capsys.readouterr()
    assert said.out == f"{place}\n"
    assert "already a workspace" in said.err and "--recipe was not used" in said.err
    assert (place / "workspace.toml").read_bytes() == before


@pytest.mark.parametrize("inside", ["set/images", "set/new", "w/exports/other"])
def test_no_workspace_is_made_in_what_lenstrace_wrote(
    inside: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A set stays what was exported; the way out is a folder beside it."""
    assert run_cli(["export", str(place.parent / "set"), "-w", str(place)]) == Exit.DONE
    capsys.readouterr()
    assert run_cli(["new", str(place.parent / inside)]) == Exit.USAGE
    way_out = named_command(capsys.readouterr().err, "new")
    assert run_cli(["verify", str(place.parent / "set")]) == Exit.DONE
    assert run_cli(way_out) == Exit.DONE


def test_without_its_settings_file_a_workspace_has_the_default_settings(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is in the catalogue is reached; that the file is gone is said with the command that writes it again."""
    (place / "workspace.toml").unlink()
    assert (
        run_cli(["decide", "accept", *(str(place.parent / "photos" / f"{n}.jpg") for n in (1, 2)), "-w", str(place)])
        == 0
    )
    way_out = named_command(capsys.readouterr().err.splitlines()[0], "new")
    assert run_cli(way_out) == Exit.DONE
    assert "workspace.toml was written again" in capsys.readouterr().err
    assert run_cli(["status", "-w", str(place), "--json"]) == Exit.DONE
    said = capsys.readouterr()
    assert json.loads(said.out)["pairs"]["accepted"] == 1 and said.err == ""


def test_a_foreign_file_of_the_catalogues_name_makes_no_workspace(tmp_path: Path) -> None:
    """A program that calls its own file so is left alone."""
    (tmp_path / "catalog.sqlite").write_bytes(b"theirs")
    assert run_cli(["status", "-w", str(tmp_path)]) == Exit.USAGE


@pytest.fixture(params=["no log", "a log", "a log without its index"])
def read_only(place: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A copy of it that nobody may write to, in a folder that everybody may enter; with what SQLite leaves behind."""
    with tempfile.TemporaryDirectory() as folder, contextlib.closing(connect(place / "catalog.sqlite")) as writer:
        os.chmod(folder, 0o755)
        if request.param == "no log":
            writer.execute("PRAGMA journal_mode = DELETE")
        else:
            writer.execute("INSERT INTO fact VALUES ('written', 'and not in the file yet')")
        copy = shutil.copytree(place, Path(folder) / "w")
        assert (copy / "catalog.sqlite-wal").exists() == (request.param != "no log")
        if request.param == "a log without its index":
            (copy / "catalog.sqlite-shm").unlink()
        paths = [copy, *copy.rglob("*")]
        for path in paths:
            path.chmod(0o555 if path.is_dir() else 0o444)
        yield copy
        for path in paths:
            path.chmod(0o755)


ALL = """import json, sys
from curate.cli import run_cli
sys.exit(next((code for words in json.loads(sys.argv[1]) if (code := run_cli(words))), 0))"""


def curate_unprivileged(*lines: list[str]) -> subprocess.CompletedProcess[str]:
    """Run command lines of curate, up to the first that fails, as somebody whom permissions bind."""
    program = [sys.executable, "-c", ALL, json.dumps(lines)]
    if os.geteuid() == 0:
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            pytest.skip("root is bound by no permissions, and setpriv is not installed")
        program = [setpriv, "--reuid=65534", "--regid=65534", "--clear-groups", *program]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(program, capture_output=True, text=True, cwd="/", env=env, check=False, timeout=120)


READING = [
    ["status"], ["photos"], ["photos", "--where", "camera_type = 'dslr'"], ["pairs"], ["groups"], ["clocks"], ["cameras"],
    ["duplicates"], ["skipped"], ["split"], ["decisions", "export"],
]  # fmt: skip


def test_a_workspace_that_cannot_be_written_to_is_read(read_only: Path) -> None:
    """Commands that only read need no right to write; one that writes is refused with the way out."""
    if curate_unprivileged(["--version"]).returncode:
        pytest.skip("another user cannot run this program")
    before = sorted(path.name for path in read_only.iterdir())
    if "catalog.sqlite-wal" in before and "catalog.sqlite-shm" not in before:
        refused = curate_unprivileged(["status", "-w", str(read_only)])
        assert refused.returncode == Exit.FAILED and f"cp -R {read_only} COPY" in refused.stderr
        return
    done = curate_unprivileged(*([*words, "-w", str(read_only)] for words in READING))
    assert (done.returncode, done.stderr) == (Exit.DONE, "")
    refused = curate_unprivileged(["undo", "-w", str(read_only)])
    assert refused.returncode == Exit.FAILED
    assert f"cp -R {read_only} COPY" in refused.stderr and "Traceback" not in refused.stderr
    assert sorted(path.name for path in read_only.iterdir()) == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[ingst]", "ingst is not a setting; ingest may be meant"),
        ("[export]\nsead = 1", "export.sead is not a setting; export.seed may be meant"),
        ('[ingest]\njobs = "x"', 'ingest.jobs is "x"; it must be a whole number'),
        ("[ingest]\njobs = -1", "ingest.jobs is -1; it must be 0 or more"),
        ("[ingest]\nseconds = 0", "ingest.seconds is 0; it must be more than 0"),
        ("[pair]\nuse_time = 7", "pair.use_time is 7; it must be true or false"),
        ("name = 1", "name is 1; it must be text in quotes"),
        ('[review]\nimages = "x"', 'review.images is "x"; it must be "auto", "kitty", "sixel", "half" or "none"'),
        ('[export]\nattributes = "Make"', "export.attributes is \"Make\"; it must be a list, such as"),
        ('[export]\nattributes = ["make"]', "export.attributes: no split can be made by make; Make may be meant"),
        ("export = 1", "export is 1; it must be a table, such as [ingest]"),
        ('[[cameras]]\nmake = "A"\ntype = "dslr"', "cameras.0.model is missing"),
        ("name = ", "the settings cannot be read"),
    ],
)  # fmt: skip
def test_a_setting_that_does_not_fit_is_told_in_plain_words(
    text: str, said: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is done: the file, the setting, what it is and what it must be; and a way out that can be followed."""
    (place / "workspace.toml").write_text(text)
    for command in ("status", "split"):
        assert run_cli([command, "-w", str(place)]) == Exit.FAILED
        error = capsys.readouterr().err
        assert said in error and str(place / "workspace.toml") in error
        assert "curate settings" in error or "Attributes are" in error


def test_all_settings_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """`curate settings` lists every setting; its defaults, put into a file, are the default settings."""
    assert run_cli(["settings", "--json"]) == Exit.DONE
    rows = json.loads(capsys.readouterr().out)["settings"]
    assert [row["setting"] for row in rows] == [name for name, _, _ in all_settings()]
    assert all(row["meaning"] for row in rows)
    given: dict[str, dict[str, object]] = {}
    for row in rows:
        table, _, key = row["setting"].rpartition(".")
        if row["default"]:
            given.setdefault(table, {})[key] = json.loads(row["default"])
    assert Settings.model_validate(given.pop("") | given) == Settings()


@pytest.mark.parametrize("name", ["a\nb", "a\x1b[31mb", "a\x7fb", "a\u202eb", "a\udcffb", "\x1b"])
@pytest.mark.parametrize("above", ["", "new"])
def test_a_name_that_cannot_be_kept_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, above: str
) -> None:
    """A workspace's folder, and those made above it, have names that settings and a screen can hold; the way out makes one."""
    folder = tmp_path / name / above
    assert run_cli(["new", str(folder)]) == Exit.USAGE
    said = capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [] and "a workspace cannot have that name" in said
    assert run_cli(named_command(said, "new")) == Exit.DONE
    capsys.readouterr()
    assert len(list(tmp_path.iterdir())) == 1 and list(tmp_path.rglob("workspace.toml"))


def test_a_name_with_quotes_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Quotes, backslashes and letters of any script are a name's own."""
    folder = tmp_path / 'é "写真" \\ [red]'
    assert run_cli(["new", str(folder)]) == Exit.DONE
    assert run_cli(["status", "-w", str(folder)]) == Exit.DONE
    assert tomllib.loads((folder / "workspace.toml").read_text())["name"] == folder.name
