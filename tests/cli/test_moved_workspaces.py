"""Workspaces and source folders that were moved, renamed, copied or linked, by the commands that a person runs."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from curate.catalog import database
from curate.catalog.store import Catalog
from curate.cli import run_cli
from curate.errors import Exit
from curate.operations.sets import ExportSet
from curate.workspace import Workspace
from tests.conftest import write_photo
from tests.helpers.commands import Run
from tests.helpers.harvesting import SEARCH_ALL
from tests.helpers.typed_forms import typed
from tracer.base.progress import finish


def content(folder: Path) -> dict[str, str]:
    """The hash of each file below a folder."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def rows(run: Run) -> dict[str, dict[str, Any]]:
    """The label rows by path."""
    found = map(json.loads, run("photos", "--format", "jsonl").splitlines())
    return {row["path"]: row for row in found}


def write_sources(folder: Path, inside: Path) -> None:
    """Write photos outside of a workspace, photos inside of it as the demo does, and a copy of one in both."""
    for number in range(4):
        write_photo(folder / "a" / f"{number}.jpg", number)
        write_photo(inside / f"p{number}.jpg", 10 + number, "Apple", "iPhone X")
    write_photo(inside / "copy.jpg", 0)
    (inside / "labels.csv").write_text("path,semantic_label\n" + "".join(f"p{n}.jpg,topic {n}\n" for n in range(4)))


@pytest.fixture
def place(tmp_path: Path, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Path:
    """A workspace with all kinds of photos and an exported set, in a folder of its own."""
    request.getfixturevalue("flickr")
    place = tmp_path / "home" / "w"
    run = Run(Workspace.create(place), capsys)
    write_sources(tmp_path / "photos", place / "photos")
    run("ingest", str(place / "photos"), "--labels", str(place / "photos" / "labels.csv"))
    run("ingest", str(tmp_path / "photos"))
    run(*SEARCH_ALL)
    run("flickr", "exif")
    run("flickr", "download")
    run("label", "scene=tower", "--where", "path LIKE '%/a/0.jpg'")
    run("label", "semantic_label=mine", "--where", "path LIKE '%/copy.jpg'")
    run("export", str(place / "exports" / "set"))
    return place


@pytest.mark.slow
@pytest.mark.parametrize("how", ["move", "copy", "link", "app"])
def test_a_workspace_elsewhere_exports_the_same_bytes(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], how: str
) -> None:
    """It finds its own files, by whatever path it is opened, and its set is not out of date; a copy reads its own files alone."""
    before, new = content(place / "exports" / "set"), tmp_path / "a" / "moved"
    new.parent.mkdir()
    if how == "copy":
        subprocess.run(["cp", "-R", place, new], check=True)  # the files get new times
        shutil.rmtree(place)
    elif how == "link":
        new.symlink_to(place)
    else:
        place.rename(new)
    run = Run(Workspace.open(new), capsys)
    assert not run("status", "--json")["sets"][0]["stale"]
    again = run("ingest", str(new / "photos"), "--labels", str(new / "photos" / "labels.csv"), "--json")
    assert (again["added"], again["missing"], again["updated"] + again["unchanged"]) == (0, 0, 5)
    assert all(Path(path).exists() for path, row in rows(run).items() if row["sha256"])
    assert run("flickr", "download", "--json")["updated"] == 0
    if how == "app":
        with run._workspace.writing("test"), Catalog.open(run._workspace) as catalog:
            finish(typed(ExportSet, catalog, out=str(new / "exports" / "set"), replace="yes").run(catalog))
    else:
        run("export", str(new / "exports" / "set"), "--replace")
    assert content(new / "exports" / "set") == before
    with closing(sqlite3.connect(new / "catalog.sqlite")) as db:
        dump = "\n".join(db.iterdump())
    assert str(new) not in dump and str(place) not in dump


@pytest.mark.slow
def test_what_is_withdrawn_goes_in_a_linked_workspace(
    place: Path, tmp_path: Path, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    """A recheck removes the files that it says it removes; where their folder is away, it says so and keeps them listed."""
    link = tmp_path / "link"
    link.symlink_to(place)
    run = Run(Workspace.open(link), capsys)
    files = {
        row["photo_id"]: Path(path) for path, row in rows(run).items() if row["source"] == "flickr" and row["sha256"]
    }
    first, second = sorted(files)[:2]
    universe = request.getfixturevalue("flickr").universe
    universe.delete(first)
    run("flickr", "recheck", code=Exit.SOME_FAILED)
    assert "1 file removed" in run.said and not files[first].exists()
    universe.delete(second)
    away = tmp_path / "away"
    (place / "originals").rename(away)
    run("flickr", "recheck", code=Exit.FAILED)
    assert str(files[second]) in rows(run)
    away.rename(place / "originals")
    run("flickr", "recheck", code=Exit.SOME_FAILED)
    assert "1 file removed" in run.said and not files[second].exists()


@pytest.mark.slow
def test_a_source_folder_that_moved_is_relocated(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`status` offers it; photos are found by content, also in other folders; the set stays the same; undo takes it back."""
    run, before = Run(Workspace.open(place), capsys), content(place / "exports" / "set")
    new = tmp_path / "elsewhere" / "z"
    new.parent.mkdir()
    (tmp_path / "photos").rename(new)
    (new / "b").mkdir()
    (new / "a" / "1.jpg").rename(new / "b" / "other name.jpg")
    told = run("status", "--json")
    assert (
        told["absent"] == [{"path": str(tmp_path / "photos"), "photos": 4}] and f"relocate {tmp_path}" in told["next"]
    )
    assert run("relocate", str(tmp_path / "photos"), str(new), "--json") == {"relocated": 4, "missing": 0}
    found = rows(run)
    assert {str(new / "b" / "other name.jpg"), str(new / "a" / "0.jpg")} <= found.keys()
    told = run("status", "--json")
    assert not told["absent"] and not told["sets"][0]["stale"]
    assert run("ingest", str(new), "--json")["unchanged"] == 4
    run("export", str(place / "exports" / "set"), "--replace")
    assert content(place / "exports" / "set") == before
    assert "4 photos of" in run("undo")
    assert str(tmp_path / "photos" / "a" / "1.jpg") in rows(run)
    run("redo")
    run("export", str(place / "exports" / "set"), "--replace")
    assert content(place / "exports" / "set") == before


def external(tmp_path: Path, capsys: pytest.CaptureFixture[str], photos: int = 3) -> tuple[Run, Path]:
    """A workspace with a few photos of one folder."""
    folder = tmp_path / "photos"
    for number in range(photos):
        write_photo(folder / f"{number}.jpg", number)
    run = Run(Workspace.create(tmp_path / "w"), capsys)
    run("ingest", str(folder))
    return run, folder


def test_relocate_tells_what_it_does_not_find(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file with other content is not the photo; it keeps its path, is listed, and the exit code says so."""
    run, folder = external(tmp_path, capsys)
    new = tmp_path / "new"
    folder.rename(new)
    (new / "0.jpg").unlink()
    write_photo(new / "1.jpg", 77)
    answer = run("relocate", str(folder), str(new), "--json", code=Exit.SOME_FAILED)
    assert answer == {"relocated": 1, "missing": 2}
    listed = run.said.partition("to list them: curate ")[2].splitlines()[0]
    assert (
        run_cli(
            ["photos", "--where", f"instr(path, '{folder}') = 1", "--format", "jsonl", "-w", str(run._workspace.root)]
        )
        == 0
    )
    assert "photos --where" in listed and capsys.readouterr().out.count('"path"') == 2
    for words in ((str(tmp_path / "nowhere"), str(new)), (str(folder), str(tmp_path / "nowhere"))):
        assert run_cli(["relocate", *words, "-w", str(run._workspace.root)]) in (Exit.USAGE, Exit.FAILED)


def test_photos_ingested_again_in_the_new_place_are_one_with_the_old_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Labels of both count, the later ones first; undo brings both back."""
    run, folder = external(tmp_path, capsys)
    run("label", "semantic_label=old", "--where", "path LIKE '%0.jpg' OR path LIKE '%1.jpg'")
    new = tmp_path / "new"
    folder.rename(new)
    run("ingest", str(new))
    run("label", "semantic_label=new", "--where", f"path = '{new}/0.jpg'")
    assert run("relocate", str(folder), str(new), "--json") == {"relocated": 3, "missing": 0}
    assert {Path(path).name: row["semantic_label"] for path, row in rows(run).items()} == {
        "0.jpg": "new", "1.jpg": "old", "2.jpg": None,
    }  # fmt: skip
    run("undo")
    assert len(rows(run)) == 6 and rows(run)[str(new / "0.jpg")]["semantic_label"] == "new"


def test_labels_follow_a_renamed_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Also where numbers shift or two files exchange their names; a changed file keeps its labels, and that is said."""
    run, folder = external(tmp_path, capsys, 4)
    for number in range(4):
        run("label", f"semantic_label=label {number}", "--where", f"path LIKE '%/{number}.jpg'")
    hashes = {row["sha256"]: row["semantic_label"] for row in rows(run).values()}
    for before, after in (("1", "2"), ("0", "1")):  # 0 -> 1 -> 2 -> new
        os.replace(folder / f"{before}.jpg", folder / "t") if after != "2" else os.replace(
            folder / "2.jpg", folder / "new.jpg"
        )
        os.replace(folder / ("t" if after != "2" else "1.jpg"), folder / f"{after}.jpg")
    counts = run("ingest", str(folder), "--json")
    assert (counts["added"], counts["missing"]) == (0, 0) and "renamed" in run.said
    assert {row["sha256"]: row["semantic_label"] for row in rows(run).values()} == hashes
    for one, two in (("1", "t"), ("2", "1"), ("t", "2")):
        os.replace(folder / (one if one == "t" else f"{one}.jpg"), folder / (two if two == "t" else f"{two}.jpg"))
    run("ingest", str(folder))
    assert {row["sha256"]: row["semantic_label"] for row in rows(run).values()} == hashes
    write_photo(folder / "3.jpg", 99)
    run("ingest", str(folder))
    assert "labels by a person stay" in run.said and rows(run)[str(folder / "3.jpg")]["semantic_label"] == "label 3"


@pytest.mark.slow
def test_an_older_catalogue_finds_what_moved_before_the_upgrade(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Paths below the present folder, and below an earlier one that originals or sets tell, become relative."""
    earlier, steps = place.parent / "earlier", database.migrations()
    number = next(at for at, step in enumerate(steps, 1) if step.name.endswith("_paths"))
    with closing(sqlite3.connect(place / "catalog.sqlite")) as db:
        for table in ("photo", "skipped"):
            db.execute(
                f"UPDATE {table} SET path_bytes = CAST(?1 || substr(path_bytes, 2) AS BLOB), path = ?1 || substr(path, 2) "
                "WHERE substr(path, 1, 2) = './'",
                (str(earlier),),
            )
        db.execute(
            "UPDATE root SET path_bytes = CAST(? || substr(path_bytes, 2) AS BLOB) WHERE path_bytes < x'2f'",
            (str(earlier),),
        )
        db.execute("UPDATE fact SET key = replace(key, './', ?)", (f"{earlier}/",))
        db.execute("DELETE FROM migration WHERE number >= ?", (number,))
        db.execute(f"PRAGMA user_version = {number - 1}")
        db.commit()
    run, before = Run(Workspace.open(place), capsys), content(place / "exports" / "set")
    assert all(Path(path).exists() for path, row in rows(run).items() if row["sha256"])
    assert run("skipped", str(place / "exports" / "set"), "--json")
    run("export", str(place / "exports" / "set"), "--replace")
    assert content(place / "exports" / "set") == before
