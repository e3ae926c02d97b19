"""Photos taken out of the catalogue again: by whatever path, in one step, and back by undo or by a new ingest."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from curate.catalog import decisions
from curate.catalog.candidates import replace_candidates
from curate.catalog.folders import skipped
from curate.catalog.forgetting import forget
from curate.catalog.pairs import pairs, queue
from curate.catalog.store import Catalog
from curate.errors import SourceError, UsageError
from curate.ingest import IngestCounts, ingest
from tests.conftest import write_photo
from tracer.base.progress import finish


def take_in(catalog: Catalog, *paths: Path, **options: object) -> IngestCounts:
    """Ingest with one worker."""
    return finish(ingest(catalog, list(paths), jobs=1, **options))  # type: ignore[arg-type]


@pytest.fixture
def photos(catalog: Catalog, tmp_path: Path) -> Path:
    """Four photos in two folders, taken in: two of a phone, two of a camera; one labelled, one pair accepted, two candidates."""
    folder = tmp_path / "photos"
    for number in range(4):
        make, model = ("Canon", "Canon EOS 40D") if number % 2 else ("Apple", "iPhone X")
        write_photo(folder / ("a" if number < 2 else "b") / f"{number}.jpg", number, make, model)
    take_in(catalog, folder)
    ids = {Path(row["path"]).name: number for number, row in zip(_ids(catalog), catalog.labels(), strict=True)}
    decisions.label(catalog, [ids["0.jpg"]], "semantic_label", "cat")
    hashes = {Path(row["path"]).name: str(row["sha256"]) for row in catalog.labels()}
    decisions.decide(catalog, "accept", hashes["0.jpg"], hashes["1.jpg"])
    replace_candidates(
        catalog,
        [(ids["0.jpg"], ids["1.jpg"], 0.9, True, {}), (ids["2.jpg"], ids["3.jpg"], 0.8, True, {})],
    )
    return folder


def _ids(catalog: Catalog) -> list[int]:
    return [row[0] for row in catalog.connection.execute("SELECT id FROM photo ORDER BY path")]


def names(catalog: Catalog) -> list[str]:
    """The photos that are here."""
    return [Path(row["path"]).name for row in catalog.labels()]


def state(catalog: Catalog) -> list[object]:
    """All that forgetting takes away."""
    tables = ("photo", "reading", "assertion", "candidate", "verdict", "photo_count")
    rows = [
        [tuple(row) for row in catalog.connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2, 3")]
        if table not in ("reading",)
        else [tuple(row) for row in catalog.connection.execute("SELECT * FROM reading ORDER BY 1")]
        for table in tables
    ]
    rows[-1] = [row for row in rows[-1] if row[2]]
    return [*rows, [pair.as_json() for pair in pairs(catalog)], [pair.phone for pair in queue(catalog)]]


def test_an_undo_brings_everything_back(catalog: Catalog, photos: Path) -> None:
    """Rows under their numbers, what was said, candidates and decided pairs; a redo forgets again, and files never change."""
    before = state(catalog)
    assert forget(catalog, [photos]) == 4
    assert names(catalog) == [] and list(pairs(catalog)) == [] and catalog.counts("status") == []
    assert decisions.tally(catalog) == decisions.Tally(0, 0)
    assert decisions.undo(catalog) is not None
    assert state(catalog) == before
    assert decisions.redo(catalog) is not None
    assert names(catalog) == []
    decisions.undo(catalog)
    assert state(catalog) == before
    assert len(list(photos.rglob("*.jpg"))) == 4


def test_one_photo_takes_its_candidates_and_its_pair_with_it(catalog: Catalog, photos: Path) -> None:
    """The others stay; the pair counts again when the photo is back."""
    assert forget(catalog, [photos / "a" / "0.jpg"]) == 1
    assert names(catalog) == ["1.jpg", "2.jpg", "3.jpg"]
    assert decisions.gone(catalog) == 1
    assert {row["subject_idx"] for row in catalog.labels()} == {None}
    assert [Path(pair.phone).name for pair in pairs(catalog)] == ["2.jpg"]
    decisions.undo(catalog)
    assert decisions.tally(catalog).accepted == 1 and decisions.gone(catalog) == 0


def test_candidates_of_two_forgotten_photos_come_back_with_the_second(catalog: Catalog, photos: Path) -> None:
    """One undo brings back one of them, the next one the other, and with it the candidate; a pairing run ends that."""
    forget(catalog, [photos / "b" / "2.jpg"])
    forget(catalog, [photos / "b" / "3.jpg"])
    decisions.undo(catalog)
    assert [Path(pair.phone).name for pair in queue(catalog)] == []
    decisions.undo(catalog)
    assert [Path(pair.phone).name for pair in queue(catalog)] == ["2.jpg"]
    forget(catalog, [photos / "b"])
    replace_candidates(catalog, [])
    decisions.undo(catalog)
    assert queue(catalog) == [] and len(names(catalog)) == 4


def test_any_spelling_and_gone_folders(
    catalog: Catalog, photos: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Relative to here or to a source folder, as a table prints it, and a folder that is no longer on the disk."""
    monkeypatch.chdir(photos / "a")
    assert forget(catalog, ["0.jpg"]) == 1
    assert forget(catalog, ["b/3.jpg"]) == 1
    shutil.rmtree(photos / "b")
    assert forget(catalog, ["b"]) == 1
    monkeypatch.chdir(tmp_path)
    assert forget(catalog, ["photos"]) == 1
    assert names(catalog) == []


def test_unknown_paths_are_named_and_nothing_is_forgotten(catalog: Catalog, photos: Path) -> None:
    """Also where other paths of the same command are known."""
    with pytest.raises(UsageError, match=r"nowhere.*cellar"):
        forget(catalog, [photos / "a", photos / "nowhere", "cellar"])
    assert len(names(catalog)) == 4
    forget(catalog, [photos / "a"])
    with pytest.raises(UsageError, match=r"photos/a"):
        forget(catalog, [photos / "a"])


def test_a_folder_that_was_forgotten_stays_out_until_it_is_named_itself(catalog: Catalog, photos: Path) -> None:
    """An ingest of the folder above lists it as skipped, new files in it as well; an ingest of itself takes it in."""
    forget(catalog, [photos / "a"])
    write_photo(photos / "a" / "new.jpg", 9)
    counts = take_in(catalog, photos)
    assert (counts.added, counts.unchanged, counts.missing, counts.skipped) == (0, 2, 0, 1)
    ((path, reason),) = skipped(catalog)
    assert path == str(photos / "a") and "forgotten" in reason
    with pytest.raises(SourceError):
        take_in(catalog, photos / "a", photos / "nowhere")
    assert take_in(catalog, photos).added == 0
    assert take_in(catalog, photos / "a").added == 3
    assert take_in(catalog, photos).unchanged == 5


def test_a_folder_inside_can_be_named_together_with_the_one_above(catalog: Catalog, photos: Path) -> None:
    """What lies in a forgotten folder is taken in where it is given itself; the rest of that folder stays out."""
    write_photo(photos / "a" / "inner" / "9.jpg", 9)
    forget(catalog, [photos / "a"])
    assert take_in(catalog, photos, photos / "a" / "inner").added == 1
    counts = take_in(catalog, photos)
    assert (counts.unchanged, counts.missing) == (2, 0)
    assert names(catalog) == ["9.jpg", "2.jpg", "3.jpg"]


def test_taken_in_again_a_photo_has_what_a_person_said_of_it(catalog: Catalog, photos: Path, tmp_path: Path) -> None:
    """Its number, its label and its pair; what a sidecar said is for the new ingest to say. Undo then goes on as ever."""
    sidecar = tmp_path / "said.csv"
    sidecar.write_text(f"path,owner\n{photos}/a/0.jpg,ann\n")
    take_in(catalog, photos, labels=sidecar)
    ids = dict(zip(names(catalog), _ids(catalog), strict=True))
    forget(catalog, [photos / "a"])
    write_photo(photos / "b" / "new.jpg", 9)
    take_in(catalog, photos)
    take_in(catalog, photos / "a")
    rows = {Path(row["path"]).name: row for row in catalog.labels()}
    assert (rows["0.jpg"]["semantic_label"], rows["0.jpg"]["owner"]) == ("cat", None)
    assert rows["0.jpg"]["subject_idx"] == 0
    assert {name: number for name, number in zip(names(catalog), _ids(catalog), strict=True) if name in ids} == ids
    for expected in ("forget", "accept", "label"):
        taken_back = decisions.undo(catalog)
        assert taken_back is not None and taken_back.action == expected
    assert {row["semantic_label"] for row in catalog.labels()} == {None}
    assert len(names(catalog)) == 5


def test_a_number_is_never_given_to_another_photo(catalog: Catalog, photos: Path, tmp_path: Path) -> None:
    """The log names labelled photos by it: an undo must not reach a photo that came later."""
    before = _ids(catalog)
    forget(catalog, [photos])
    write_photo(tmp_path / "other" / "9.jpg", 9)
    take_in(catalog, tmp_path / "other")
    assert not set(_ids(catalog)) & set(before)
    decisions.undo(catalog)
    assert len(names(catalog)) == 5


def test_names_that_are_no_text(catalog: Catalog, tmp_path: Path) -> None:
    """A photo whose name is no UTF-8 is forgotten by the path that is printed, and comes back as it was."""
    photo = write_photo(tmp_path / "photos" / "1.jpg", 1)
    odd = os.fsencode(photo.parent) + b"/caf\xe9.jpg"
    os.rename(photo, odd)
    take_in(catalog, tmp_path / "photos")
    (row,) = catalog.labels()
    assert forget(catalog, [row["path"]]) == 1
    decisions.undo(catalog)
    assert [bytes(r[0]) for r in catalog.connection.execute("SELECT path_bytes FROM photo")] == [odd]
