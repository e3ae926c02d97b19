"""A named pipe or a device, wherever a file or a folder is asked for, is refused in words: no command waits for it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

import curate.cli
import tracer.cli
from curate.errors import Exit
from tests.conftest import MadeOnce, write_photo

SECONDS = 90


@pytest.fixture(autouse=True)
def alarm() -> Iterator[None]:
    """A command that waits for a pipe ends with this test, not with the whole run of tests."""

    def rings(*_: object) -> None:
        raise TimeoutError("the command waits")

    before = signal.signal(signal.SIGALRM, rings)
    signal.alarm(SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def workspace(tmp_path: Path, made_once: MadeOnce, capsys: pytest.CaptureFixture[str]) -> Path:
    """A workspace with four photos, and `set`, which was exported from it."""
    place = tmp_path / "w"

    def make() -> None:
        for number in range(4):
            phone = number % 2 == 0
            write_photo(tmp_path / "photos" / f"{number}.jpg", number, *(("Apple", "iPhone X") if phone else ()))
        assert curate.cli.run_cli(["new", str(place)]) == Exit.DONE
        assert curate.cli.run_cli(["ingest", str(tmp_path / "photos"), "-w", str(place), "--jobs", "1"]) == Exit.DONE
        assert curate.cli.run_cli(["export", str(tmp_path / "set"), "-w", str(place)]) == Exit.DONE

    made_once("four photos and their set", make)
    capsys.readouterr()
    return place


def pipe(path: Path) -> Path:
    """A named pipe in a file's place."""
    path.unlink(missing_ok=True)
    path.parent.mkdir(exist_ok=True)
    os.mkfifo(path)
    return path


def test_curate_is_handed_a_pipe(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As sidecar, list of pairs, decisions, split, set, folder of photos and set to look at: an error, or a skipped file."""
    place, other = pipe(workspace.parent / "pipe"), ["-w", str(workspace)]
    for words, code in {
        ("ingest", str(place.parent / "photos"), "--labels", str(place), *other): Exit.FAILED,
        ("ingest", str(place.parent / "photos"), "--labels", "/dev/zero", *other): Exit.FAILED,
        ("ingest", str(place), *other): Exit.DONE,
        ("pairs", "import", str(place), *other): Exit.FAILED,
        ("decisions", "import", str(place), *other): Exit.USAGE,
        ("audit", str(place)): Exit.USAGE,
        ("audit", "/dev/zero"): Exit.USAGE,
        ("verify", str(place)): Exit.USAGE,
        ("status", "-w", str(place)): Exit.USAGE,
        ("export", str(place), "--replace", *other): Exit.FAILED,
        ("skipped", str(place), *other): Exit.USAGE,
        ("evaluate", str(place)): Exit.USAGE,
    }.items():
        told = curate.cli.run_cli([*words])
        said = capsys.readouterr()
        assert told == code, (words, said.err)
        assert "Traceback" not in said.err


@pytest.mark.parametrize(
    "name", ["manifest.json", "metadata.parquet", "README.md", "ATTRIBUTION.csv", "audit.json", "images"]
)
def test_a_set_of_curate_has_a_pipe_in_it(workspace: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever of its files is one: verify says that it is no file, and what else reads sets ends."""
    place, other = workspace.parent / "set", ["-w", str(workspace)]
    pipe(next((place / "images").iterdir()) if name == "images" else place / name)
    assert curate.cli.run_cli(["verify", str(place)]) == Exit.FAILED
    assert "not a regular file" in capsys.readouterr().out
    for words in (
        ["audit", str(place)],
        ["status", *other],
        ["skipped", str(place), *other],
        ["export", str(place), "--replace", *other],
    ):
        curate.cli.run_cli(words)
        assert "Traceback" not in capsys.readouterr().err


def test_settings_that_are_a_device(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A workspace whose settings lead to a device, or are far too large, is told of."""
    settings = workspace / "workspace.toml"
    settings.write_text("")
    os.truncate(settings, 4 << 30)
    assert curate.cli.run_cli(["status", "-w", str(workspace)]) == Exit.FAILED
    assert "at most" in capsys.readouterr().err
    pipe(settings)
    assert curate.cli.run_cli(["status", "-w", str(workspace)]) == Exit.FAILED
    assert "named pipe" in capsys.readouterr().err


def test_tracer_is_handed_a_pipe(tmp_path: Path, capsys: pytest.CaptureFixture[str], workspace: Path) -> None:
    """As set, metadata, split file, checkpoint, embedding file, run folder and results: an error that says what it is."""
    place, run = workspace.parent / "set", tmp_path / "run"

    def refused(*words: object, says: str = "a named pipe") -> None:
        assert tracer.cli.run_cli([str(word) for word in words]) in (Exit.FAILED, Exit.USAGE)
        assert says in capsys.readouterr().err, words

    fifo = pipe(tmp_path / "pipe")
    refused("association", fifo, "-o", run, says="not a folder")
    refused("association", place, "-o", fifo, says="is a file")
    refused("embed", place, "--encoders", f"openclip:ViT-B-32@{pipe(tmp_path / 'w.pt')}", "-o", run)
    files = tmp_path / "files"
    pipe(files / "model=clip_variant=x.safetensors")
    refused("retrieve", "--embeddings", files, "--encoder", "clip/x")
    refused("probe", "--embeddings", files, "--encoder", "clip/x", "--splits", fifo)
    run.mkdir()
    pipe(run / "results.json")
    refused("report", run)
    refused("compare", run, run)
    split = pipe(place / "splits" / "split_data_target_attribute=Make.json")
    refused("association", place, "-o", tmp_path / "other")
    split.unlink()
    pipe(place / "metadata.parquet")
    refused("association", place, "-o", tmp_path / "other")
