"""Commands that make and evaluate sets: wrong words are refused with the way out, and what is left out can be listed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from curate.catalog.flickr_photos import put_listings
from curate.catalog.listing import Listing
from curate.catalog.store import Catalog
from curate.cli import run_cli
from curate.errors import Exit
from curate.photos.facts import Exif
from curate.workspace import Workspace
from tests.conftest import MadeOnce, write_photo

PHONE = ("Apple", "iPhone X")
CAMERA = ("NIKON CORPORATION", "NIKON D5500")


@pytest.fixture
def place(
    tmp_path: Path, made_once: MadeOnce, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A workspace with 24 photos by a phone and 24 by a camera, each of a day of its own; the current folder is above it."""
    monkeypatch.chdir(tmp_path)

    def make() -> None:
        for number in range(48):
            taken = f"2019:{1 + number // 24:02d}:{1 + number % 24:02d} 09:00:00"
            camera = CAMERA if number % 2 else PHONE
            write_photo(tmp_path / "photos" / f"{number:02d}.jpg", number, *camera, taken=taken)
        assert run_cli(["new", "w"]) == run_cli(["ingest", "photos", "-w", "w", "--jobs", "1"]) == Exit.DONE

    made_once("24 photos of each side", make)
    capsys.readouterr()
    return tmp_path / "w"


def error(capsys: pytest.CaptureFixture[str], *words: str, code: int = Exit.USAGE) -> str:
    """Run a command that ends with an exit code, and return what it said; nothing is printed as data."""
    assert run_cli(list(words)) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    return printed.err


def used(capsys: pytest.CaptureFixture[str], place: Path) -> dict[str, Any]:
    """The splits that exports use."""
    capsys.readouterr()
    assert run_cli(["split", "-w", str(place), "--json"]) == Exit.DONE
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_a_run_is_not_written_among_originals(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nor in a set, nor over what a workspace fills; of a set as of a workspace; nothing is begun."""
    assert run_cli(["export", "set", "-w", "w"]) == Exit.DONE
    capsys.readouterr()
    for evaluated in ("set", "w"):
        assert "never written to" in error(capsys, "evaluate", evaluated, "-o", "photos/run")
        for held in ("set/run", "w", "w/runs", "w/cache/run"):
            assert "cannot hold a run" in error(capsys, "evaluate", evaluated, "-o", held)
    assert not Path("photos/run").exists() and not Path("set/run").exists()


def test_a_split_that_cannot_be_drawn_is_not_chosen(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By what no photo has, or by classes that are too small: an error, and the earlier choice stays."""
    assert run_cli(["split", "-w", "w", "--attribute", "Make"]) == Exit.DONE
    before = used(capsys, place)
    said = error(capsys, "split", "-w", "w", "--attribute", "semantic_label")
    assert "no split can be made by semantic_label: no photo has it" in said and "curate photos -w w" in said
    assert run_cli(["label", "semantic_label=cat", "--where", "path LIKE '%07.jpg'", "-w", "w"]) == Exit.DONE
    capsys.readouterr()
    said = error(capsys, "split", "-w", "w", "--attribute", "semantic_label", code=Exit.FAILED)
    assert "1 photo: the class has fewer than 10 photos" in said
    assert used(capsys, place) == before


@pytest.mark.parametrize("words", ["--group owner", "--group foo", "--seed 7", "--attribute Make --group x"])
def test_options_of_no_draw_are_refused(place: Path, capsys: pytest.CaptureFixture[str], words: str) -> None:
    """Without an attribute nothing is drawn; a grouping that is unknown is named."""
    assert ("--attribute Make" in error(capsys, "split", "-w", "w", *words.split())) == ("--attribute" not in words)


@pytest.mark.parametrize("words", [["split", "--attribute", "Make"], ["export", "set", "--match", "year"]])
def test_what_is_left_out_can_be_listed(place: Path, capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    """By the command that is named: as many photos for each reason as were counted; another place is refused with the known."""
    write_photo(Path("photos/more.jpg"), 99, *CAMERA, taken="2020:01:01 09:00:00")
    assert run_cli(["ingest", "photos", "-w", "w", "--jobs", "1"]) == Exit.DONE
    words = [word.replace("year", "time_of_day") for word in words]
    capsys.readouterr()
    assert run_cli([*words, "-w", "w"]) == Exit.DONE
    place_of = "w/splits" if words[0] == "split" else "set"
    assert f"to list which photos are left out and why: curate skipped {place_of} -w w" in capsys.readouterr().err
    again = ["--replace"] if words[0] == "export" else []
    assert run_cli([*words, *again, "-w", "w", "--json"]) == Exit.DONE
    counted = sum(entry["photos"] for entry in json.loads(capsys.readouterr().out)["left_out"])
    assert run_cli(["skipped", place_of, "-w", "w", "--format", "jsonl"]) == Exit.DONE
    listed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(listed) == counted > 0 and all(Path(row["path"]).is_file() for row in listed)
    assert f"curate skipped {place_of} -w w" in error(capsys, "skipped", "elsewhere", "-w", "w")


def test_copies_and_broken_photos_are_listed_too(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A copy's own path, and that of a photo that could not be read: neither has a number that would tell it."""
    Path("photos/copy.jpg").write_bytes(Path("photos/00.jpg").read_bytes())
    Path("photos/broken.jpg").write_bytes(b"\xff\xd8\xff no photo")
    assert run_cli(["ingest", "photos", "-w", "w", "--jobs", "1"]) == Exit.SOME_FAILED
    assert run_cli(["export", "set", "-w", "w"]) == Exit.DONE
    capsys.readouterr()
    assert run_cli(["skipped", "set", "-w", "w", "--format", "jsonl"]) == Exit.DONE
    listed = {Path(row["path"]).name for row in map(json.loads, capsys.readouterr().out.splitlines())}
    assert listed in ({"copy.jpg", "broken.jpg"}, {"00.jpg", "broken.jpg"})


@pytest.mark.parametrize("out", ["a set", "../elsewhere/a set", "link/a set", "{home}/a set"])
def test_no_file_of_a_set_holds_an_absolute_path(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, out: str
) -> None:
    """Wherever a set is written to, and however that is named, no file of it says where it, its workspace or its photos lie."""
    (place.parent / "below").mkdir()
    (place.parent / "elsewhere").mkdir()
    monkeypatch.chdir(place.parent / "below")
    Path("link").symlink_to(place.parent / "elsewhere")
    folder = Path(out.format(home=place.parent / "elsewhere"))
    assert run_cli(["export", str(folder), "-w", "../w"]) == Exit.DONE
    capsys.readouterr()
    files = [path for path in folder.rglob("*") if path.is_file()]
    texts = {path.name: path.read_bytes().decode("latin-1") for path in files}
    texts["rows"] = str(pq.read_table(folder / "metadata.parquet").to_pylist())
    assert len(files) > 50
    assert [name for name, text in texts.items() if str(place.parent) in text or "elsewhere" in text] == []


def test_an_attribute_that_no_photo_has_does_not_stop_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The splits of the others are written, and what is missing is counted."""
    monkeypatch.chdir(tmp_path)
    with Catalog.open(Workspace.create(tmp_path / "w")) as catalog:
        photos = [Listing(number, "flickrexif", owner=f"{number}@N01") for number in range(1, 101)]
        put_listings(catalog, [(one, Exif(make=["Canon", "Apple"][one.flickr_id % 2])) for one in photos])
    words = ["split", "--attribute", "Make", "--attribute", "Flash", "-w", "w", "--json"]
    assert run_cli(words) == Exit.DONE
    answer = json.loads(capsys.readouterr().out)
    assert [Path(file).name for file in answer["files"]] == ["split_data_target_attribute=Make.json"]
    assert {"attribute": "Flash", "reason": "no photo has it", "photos": 100} in answer["left_out"]
