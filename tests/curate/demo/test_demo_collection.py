"""The collection on disk: the same bytes every time, resumable, and nobody else's folder touched."""

from __future__ import annotations

import csv
import hashlib
import json
import subprocess
from pathlib import Path

import pytest
from demo_sample import SCENES, SEED, Row

from curate.demo.collection import LABELS, MARKER, TRUTH, TRUTH_COLUMNS, write_photos
from curate.demo.plan import CollectionOptions
from curate.demo.simulator.cameras import CAMERAS
from curate.errors import StorageError, UsageError
from tracer.base.files import owner
from tracer.base.progress import Progress, finish


def digests(folder: Path) -> dict[str, str]:
    """Each file below a folder and the hash of its bytes."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.slow
def test_bytes_depend_on_the_seed_alone(collection: Path, tmp_path: Path) -> None:
    """One process writes what two wrote, also after it was stopped and lost a file; another seed gives others."""
    folder = tmp_path / "again"
    work = write_photos(folder, SCENES, SEED, workers=1)
    steps = [next(work), next(work)]
    work.close()
    assert steps == [Progress("taking photos", 0, 12), Progress("taking photos", 2, 12)]
    assert not (folder / TRUTH).exists()
    stopped = digests(folder)
    first = next(folder.glob("*/*.JPG"))
    dead = subprocess.Popen(["true"])
    dead.wait()
    first.rename(
        first.with_name(f".{first.name}.{owner().rpartition('-')[0]}-{dead.pid}.partial")
    )  # as a kill in the middle of a write leaves it
    reported: list[Progress] = []
    assert finish(write_photos(folder, SCENES, SEED, workers=1), reported.append) == folder / TRUTH
    assert [step.done for step in reported] == [1, 2, 4, 6, 8, 10, 12]
    assert digests(folder) == digests(collection)
    assert stopped.items() < digests(folder).items()
    other = tmp_path / "other"
    next(work := write_photos(other, 1, SEED + 1, workers=1))
    next(work)
    work.close()
    assert not set(digests(other).values()) & set(digests(collection).values())


@pytest.mark.slow
def test_a_finished_collection_is_left_as_it_is(collection: Path) -> None:
    """Running again takes no photo."""
    times = {path: path.stat().st_mtime_ns for path in collection.rglob("*.JPG")}
    reported: list[Progress] = []
    finish(write_photos(collection, SCENES, SEED), reported.append)
    assert reported == [Progress("taking photos", 12, 12)]
    assert {path: path.stat().st_mtime_ns for path in collection.rglob("*.JPG")} == times


def test_photos_of_other_library_versions_are_taken_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What another OpenCV made may differ in a bit, and a collection is of one piece."""
    monkeypatch.setattr("curate.demo.collection.take", lambda photo, scene, seed: photo.file.encode())
    finish(write_photos(tmp_path, 1, SEED, workers=1))
    before = digests(tmp_path)
    described = json.loads((tmp_path / MARKER).read_text())
    described["made_with"]["opencv"] = "0.1"
    (tmp_path / MARKER).write_text(json.dumps(described))
    victim = next(tmp_path.glob("*/*.JPG"))
    victim.write_bytes(b"made by another version")
    finish(write_photos(tmp_path, 1, SEED, workers=1))
    assert digests(tmp_path) == before


def test_the_truth_is_complete(collection: Path, truth: list[Row]) -> None:
    """A row a photo, each file there, a phone and another camera a scene, types as the cameras have them, folders a camera."""
    assert tuple(truth[0]) == TRUTH_COLUMNS
    assert {row["file"] for row in truth} == {p.relative_to(collection).as_posix() for p in collection.glob("*/*")}
    types = {camera.name: camera.type for camera in CAMERAS}
    for scene in range(SCENES):
        rows = [row for row in truth if row["scene"] == str(scene)]
        assert sorted(row["is_smartphone"] for row in rows) == ["False", "True"]
        assert len({row["scene_class"] for row in rows}) == 1
    for row in truth:
        assert row["camera"] == f"{row['make']} {row['model']}"
        assert row["camera_type"] == types[row["camera"]].value
        assert row["is_smartphone"] == str(types[row["camera"]].is_smartphone)
    assert len({(row["file"].split("/")[0], row["camera"]) for row in truth}) == len(CAMERAS)


def test_the_sidecar_says_what_ingest_cannot_see(collection: Path, truth: list[Row]) -> None:
    """Class and licence of each photo; no owner, who would join all scenes into one group."""
    with (collection / LABELS).open(newline="", encoding="utf-8") as file:
        labels = list(csv.DictReader(file))
    assert [(row["path"], row["semantic_label"]) for row in labels] == [(r["file"], r["scene_class"]) for r in truth]
    assert {row["license"] for row in labels} == {"CC0-1.0"}
    assert "owner" not in labels[0]


def test_a_foreign_folder_is_refused_and_left_alone(tmp_path: Path) -> None:
    """A folder that holds anything but an earlier run is not written into."""
    (tmp_path / "holiday.jpg").write_bytes(b"mine")
    with pytest.raises(UsageError, match="not empty"):
        finish(write_photos(tmp_path, 1, 1, workers=1))
    assert digests(tmp_path).keys() == {"holiday.jpg"}


@pytest.mark.parametrize(
    ("scenes", "seed", "options"),
    [(SCENES + 1, SEED, None), (SCENES, SEED + 1, None), (SCENES, SEED, CollectionOptions(gps=0.5))],
)
def test_another_collection_is_refused(
    collection: Path, scenes: int, seed: int, options: CollectionOptions | None
) -> None:
    """Other arguments would mix two truths in one folder; the message says what differs."""
    before = digests(collection)
    with pytest.raises(UsageError, match="another collection") as caught:
        finish(write_photos(collection, scenes, seed, options=options))
    assert "instead of" in str(caught.value)
    assert digests(collection) == before


def test_a_folder_that_cannot_be_made_is_a_storage_error(tmp_path: Path) -> None:
    """A file in the way is told apart from a wrong argument."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError):
        finish(write_photos(tmp_path / "file" / "photos", 1, 1, workers=1))


def test_a_broken_marker_is_not_guessed_at(tmp_path: Path) -> None:
    """Half a description says nothing about the folder."""
    (tmp_path / MARKER).write_text('{"scenes": 1')
    with pytest.raises(StorageError, match="cannot be used"):
        finish(write_photos(tmp_path, 1, 1, workers=1))


def test_no_workers_are_refused(tmp_path: Path) -> None:
    """Zero processes would never finish."""
    with pytest.raises(UsageError):
        next(write_photos(tmp_path, 1, 1, workers=0))
