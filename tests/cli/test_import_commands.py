"""`curate import …`: what it prints, its exit codes, and what it leaves alone."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest

from curate.cli import run_cli
from curate.errors import Exit
from curate.workspace import Workspace
from tests.conftest import write_photo
from tests.helpers.imports import write_flickrexif
from tests.test_advice import why_not

KEYS = {"added", "updated", "unchanged", "missing", "unreadable", "skipped", "seconds"}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An empty workspace."""
    return Workspace.create(tmp_path / "workspace").root


def make(source: str, folder: Path) -> Path:
    """Make something that a source takes in, with one photo and one thing that is skipped."""
    folder.mkdir(parents=True)
    if source == "flickrexif":
        return write_flickrexif(folder / "a.parquet", [{"Flickr ID": 7, "Make": "Canon"}, {}])
    if source == "yfcc100m":
        tail = ["2012-02-16 09:56:37.0", "1331840483", "Apple+iPhone+4S", *[""] * 7]
        tail += [
            "https://www.flickr.com/photos/1@N00/7/",
            "",
            "Attribution+License",
            "",
            "1",
            "2",
            "ab",
            "cd",
            "jpg",
            "0",
        ]
        (folder / "a.tsv").write_text("\t".join(["7", "1@N00", "nick", *tail]) + "\ndamaged\n")
    elif source == "flickr-export":
        with zipfile.ZipFile(folder / "a.zip", "w") as file:
            file.writestr("photo_7.json", '{"id": "7"}')
            file.writestr("x_7_o.jpg", write_photo(folder.parent / "7.jpg", 7).read_bytes())
            file.writestr("note.txt", "x")
    else:
        below = {"imagenet-es": "es-val/param_control/l1/param_7/n01443537", "devices": "Nikon_D200_1", "set": "."}[
            source
        ]
        write_photo(folder / below / "7.jpg", 7)
        (folder / below / "note.txt").write_text("x")
    if source == "set":
        import pyarrow as pa
        import pyarrow.parquet as pq

        pq.write_table(pa.table({"file_name": ["7.jpg", "8.jpg"]}), folder / "metadata.parquet")
    return folder


SOURCES = ("flickrexif", "yfcc100m", "flickr-export", "imagenet-es", "devices", "set")


@pytest.mark.parametrize("source", SOURCES)
def test_each_source_prints_the_counts_of_an_ingest(
    source: str, place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One photo, then none; several paths are taken; what was skipped is listed."""
    one, other = make(source, tmp_path / "one"), make(source, tmp_path / "two")

    def printed(*words: str) -> Any:
        assert run_cli([*words, "-w", str(place), "--json"]) == Exit.DONE
        return json.loads(capsys.readouterr().out)

    first = printed("import", source, str(one))
    assert first.keys() == KEYS
    assert (first["added"], first["skipped"]) == (1, 1)
    assert len(printed("skipped")["skipped"]) == 1
    again = printed("import", source, str(one), str(other))
    local = source in ("imagenet-es", "devices", "set")
    assert (again["added"], again["unchanged"]) == ((1, 1) if local else (0, 1))
    assert again["skipped"] == len(printed("skipped")["skipped"]) > 1
    assert printed("status")["photos"] == (2 if local else 1)


def test_unreadable_photos_end_with_three(place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Photos of an import that cannot be read are counted, and the command names the one that lists them."""
    folder = make("devices", tmp_path / "one")
    photo = folder / "Nikon_D200_1" / "7.jpg"
    photo.write_bytes(photo.read_bytes()[:900])
    assert run_cli(["import", "devices", str(folder), "-w", str(place), "--json"]) == Exit.SOME_FAILED
    told = capsys.readouterr()
    assert json.loads(told.out)["unreadable"] == 1
    assert "1 could not be read; to list them: curate photos" in told.err


@pytest.mark.parametrize("source", SOURCES)
def test_a_workspace_that_is_written_to_is_in_use(
    source: str, place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is imported then, and the command says why."""
    one = make(source, tmp_path / "one")
    with Workspace.open(place).writing("ingest"):
        assert run_cli(["import", source, str(one), "-w", str(place)]) == Exit.FAILED
    assert "in use" in capsys.readouterr().err
    assert not (place / "originals" / "flickr-export").exists()


@pytest.mark.parametrize("source", SOURCES)
def test_a_path_that_is_not_there_is_an_error(
    source: str, place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message names it."""
    assert run_cli(["import", source, str(tmp_path / "nowhere"), "-w", str(place)]) == Exit.FAILED
    assert "nowhere" in capsys.readouterr().err


def test_an_unknown_source_is_a_usage_error(place: Path, tmp_path: Path) -> None:
    """So is a source without a path."""
    assert run_cli(["import", "flicker", str(tmp_path), "-w", str(place)]) == Exit.USAGE
    assert run_cli(["import", "yfcc100m", "-w", str(place)]) == Exit.USAGE


def test_imported_photos_are_split_by_owner(place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Photos without files can be split; no owner is on two sides."""
    rows = [
        {"Flickr ID": 1 + number, "owner": f"{number // 7}@N00", "Make": ("Canon", "Apple", "SONY")[number % 3]}
        for number in range(400)
    ]
    path = write_flickrexif(tmp_path / "a.parquet", rows)
    assert run_cli(["import", "flickrexif", str(path), "-w", str(place)]) == Exit.DONE
    words = ["split", "-w", str(place), "--attribute", "Make", "--group", "owner", "--json"]
    capsys.readouterr()
    assert run_cli(words) == Exit.DONE
    (file,) = json.loads(capsys.readouterr().out)["files"]
    split = json.loads(Path(file).read_bytes())
    owners = [{(photo - 1) // 7 for photo in split[f"{side}_ids"]} for side in ("train", "val", "test")]
    assert all(owners)
    assert len(set.union(*owners)) == sum(map(len, owners))


def test_documented_commands_parse() -> None:
    """Every command line in docs/import.md is one that the program takes."""
    text = (Path(__file__).parents[2] / "docs" / "import.md").read_text(encoding="utf-8")
    lines = re.findall(r"^\$ (curate .*)$", text, re.MULTILINE)
    assert len(lines) > 8
    assert [(line, why) for line in lines if (why := why_not(line))] == []
