"""Sets without pictures: the addresses and labels of published photos."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from curate.audit.report import audit
from curate.catalog.flickr_photos import flickr_photo, put_listings, store
from curate.catalog.listing import Listing
from curate.catalog.store import Catalog
from curate.errors import ExportError
from curate.export.current import current_sets
from curate.export.options import ExportChoice
from curate.export.run import SetWritten, export_workspace
from curate.export.verify import verify_set
from curate.photos.facts import Exif
from curate.workspace import Workspace
from tracer.base.progress import finish

PHOTOS = 240


@pytest.fixture
def harvested(workspace: Workspace) -> Workspace:
    """A workspace of photos by two makers without files, one that waits for its EXIF, and one that is gone."""
    cameras = [("Canon", "Canon EOS 40D"), ("Apple", "iPhone 6")]
    entries = []
    for number in range(1, PHOTOS + 1):
        make, model = cameras[number % 2]
        url = f"https://www.flickr.com/photos/{number % 60}@N01/{number}/"
        listing = Listing(number, "flickr", f"{number % 60}@N01", url, "CC-BY-2.0", "2026-01-02")
        entries.append(
            (listing, Exif(make=make, model=model, exposure_s=1 / 125, aperture=2.8, iso=100, focal_mm=50.0))
        )
    entries.append((Listing(1000, "flickr", url="https://www.flickr.com/photos/1@N01/1000/"), None))
    entries.append((Listing(1001, "flickr", url="https://www.flickr.com/photos/1@N01/1001/", gone=True), None))
    with workspace.writing("test"), Catalog.open(workspace) as catalog:
        put_listings(catalog, entries)
    return workspace


def export(workspace: Workspace, out: Path, **choice: object) -> SetWritten:
    """Export a workspace."""
    with workspace.writing("test"), Catalog.open(workspace) as catalog:
        return finish(export_workspace(catalog, out, ExportChoice(**choice)))


def test_a_set_of_addresses(harvested: Workspace, tmp_path: Path) -> None:
    """Photos without files are exported as addresses and labels, in FlickrExif's columns and in ours; the set verifies."""
    out = tmp_path / "set"
    answer = export(harvested, out)
    assert answer.photos == PHOTOS
    assert {entry.reason: entry.photos for entry in answer.left_out} == {
        "its EXIF has not come": 1,
        "it was deleted or made private": 1,
    }
    assert not (out / "images").exists()
    theirs = pq.read_table(out / "metadata.parquet")
    assert theirs.column_names == [
        *("Flickr ID", "url", "owner", "Make", "Model"),
        *("Exposure", "Aperture", "ISO Speed", "Focal Length"),
    ]
    assert str(theirs.schema.field("Flickr ID").type) == "int64"
    assert theirs.to_pylist()[0] == {
        "Flickr ID": 1,
        "url": "https://www.flickr.com/photos/1@N01/1/",
        "owner": "1@N01",
        "Make": "Apple",
        "Model": "iPhone 6",
        "Exposure": "1/125",
        "Aperture": "2.8",
        "ISO Speed": "100",
        "Focal Length": "50.0 mm",
    }
    ours = pq.read_table(out / "labels.parquet")
    assert {"photo_id", "camera_type", "Is Smartphone", "license"} < set(ours.column_names)
    assert not {"file_name", "sha256", "latitude"} & set(ours.column_names)
    with (out / "ATTRIBUTION.csv").open() as file:
        assert next(csv.DictReader(file)) == {
            "photo_id": "1",
            "file_name": "",
            "owner": "1@N01",
            "url": "https://www.flickr.com/photos/1@N01/1/",
            "license": "CC-BY-2.0",
            "license_seen": "2026-01-02",
            "changes": "",
        }
    assert verify_set(out) == []
    assert json.loads((out / "manifest.json").read_text())["layout"] == "urls"


def test_its_splits_are_balanced_and_apart(harvested: Workspace, tmp_path: Path) -> None:
    """Owners are on one side, and an audit of the files alone finds no leak."""
    export(harvested, tmp_path / "set")
    split = json.loads((tmp_path / "set" / "splits" / "split_data_target_attribute=Make.json").read_text())
    assert split["label_encoder_classes"] == ["Apple", "Canon"]
    assert min(len(split[f"{side}_ids"]) for side in ("train", "val", "test")) > 0
    assert audit([tmp_path / "set"])["leaks"] == []


def test_damage_of_it_is_found(harvested: Workspace, tmp_path: Path) -> None:
    """A changed table, and a table that is missing."""
    out = tmp_path / "set"
    export(harvested, out)
    (out / "labels.parquet").write_bytes((out / "labels.parquet").read_bytes()[:-40])
    assert {problem.check for problem in verify_set(out)} >= {"hashes", "labels"}
    (out / "labels.parquet").unlink()
    assert ("files", "labels.parquet") in {(problem.check, problem.path) for problem in verify_set(out)}


def test_load_dataset_opens_it(harvested: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With no argument it gives FlickrExif's columns, and all labels under the name `labels`."""
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))
    out = tmp_path / "set"
    export(harvested, out)
    assert len(datasets.load_dataset(str(out), cache_dir=str(tmp_path / "cache"))["train"]) == PHOTOS
    labels = datasets.load_dataset(str(out), "labels", cache_dir=str(tmp_path / "cache"))["train"]
    assert labels[0]["camera_type"] == "smartphone"


def test_pictures_need_files(harvested: Workspace, tmp_path: Path) -> None:
    """Where pictures are asked for, the message says how to get them."""
    with pytest.raises(ExportError) as refused:
        export(harvested, tmp_path / "set", layout="imagefolder")
    assert "not downloaded" in str(refused.value)
    assert "curate flickr download" in refused.value.way_out


def test_a_set_of_addresses_is_replaced(harvested: Workspace, tmp_path: Path) -> None:
    """The same workspace gives the same bytes; nothing of an older set is left."""
    out = tmp_path / "set"
    export(harvested, out)
    before = {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()}
    export(harvested, out, replace=True)
    assert {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()} == before
    assert verify_set(out) == []


def test_an_interrupted_harvest_makes_a_set_stale(harvested: Workspace, tmp_path: Path) -> None:
    """Each photo that changes is recorded with its change, not at the end of a run."""
    out = tmp_path / "set"
    export(harvested, out)
    with harvested.writing("test"), Catalog.open(harvested) as catalog:
        assert out in current_sets(catalog, [out])
        known = flickr_photo(catalog, 1000)
        store(catalog, replace(known, exif=Exif(make="Canon")))
        assert out not in current_sets(catalog, [out])
