"""Whose a photo is: what its source states of its owner, licence and address, and who may state something else."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curate.catalog import decisions
from curate.catalog.flickr_photos import flickr_photos, put_listings, store
from curate.catalog.importing import import_decisions
from curate.catalog.listing import Listing
from curate.catalog.store import Catalog
from curate.cli import run_cli
from curate.errors import Exit
from curate.export.run import ExportChoice, export_workspace
from curate.photos.read import read_photo
from curate.workspace import Workspace
from tests.conftest import write_photo
from tracer.base.progress import finish

RESERVED = "https://rightsstatements.org/vocab/InC/1.0/"


def listing(flickr_id: int, license: str | None) -> Listing:
    """A photo that Flickr lists, with the day on which it stated the licence."""
    page = f"https://www.flickr.com/photos/1@N01/{flickr_id}/"
    seen = None if license is None else "2026-01-02"
    return Listing(flickr_id, "flickr", owner="1@N01", url=page, license=license, license_seen=seen)


@pytest.fixture
def photos(catalog: Catalog, tmp_path: Path) -> list[str]:
    """The sha256 of three photos from Flickr: two with all rights reserved, one whose licence is not known yet."""
    found = []
    for flickr_id, license in ((1, RESERVED), (2, RESERVED), (3, None)):
        put_listings(catalog, [(listing(flickr_id, license), None)])
        path = write_photo(tmp_path / "originals" / f"{flickr_id}.jpg", flickr_id)
        (known,) = flickr_photos(catalog, [flickr_id])
        store(catalog, replace(known, file=read_photo(path)), path)
        found.append(str(read_photo(path).sha256))
    return found


def labels_file(path: Path, photos: list[str], **labels: str) -> Path:
    """A file of decisions in which somebody else labels photos."""
    line = {"action": "label", "who": "mallory", "at": "2026-01-01T00:00:00+00:00"}
    named = [{"sha256": sha256} for sha256 in photos]
    path.write_text(
        "".join(
            json.dumps({**line, "key": key, "value": value, "photos": named}) + "\n" for key, value in labels.items()
        )
    )
    return path


def exported(catalog: Catalog, out: Path, *licenses: str) -> tuple[list[dict[str, str]], str]:
    """The attribution and the card of a set."""
    finish(export_workspace(catalog, out, ExportChoice(licenses=licenses, match=())))
    with (out / "ATTRIBUTION.csv").open() as file:
        return list(csv.DictReader(file)), (out / "README.md").read_text()


def stated(catalog: Catalog, key: str) -> dict[int, Any]:
    """Photo ID -> label."""
    return {row["photo_id"]: row[key] for row in catalog.labels()}


def test_an_import_never_replaces_what_a_source_states(catalog: Catalog, photos: list[str], tmp_path: Path) -> None:
    """Neither by preference nor before the source states it: the licence of Flickr holds, and each try is shown."""
    file = labels_file(tmp_path / "a.jsonl", photos, license="CC0-1.0", url="https://evil.example/", owner="mallory")
    for prefer, kept in ((None, None), ("theirs", "mine"), ("mine", "mine")):
        found = import_decisions(catalog, file, prefer)  # type: ignore[arg-type]
        shown = [(conflict.what[1], conflict.mine, conflict.kept) for conflict in found.conflicts]
        assert shown.count(("license", RESERVED, kept)) == 2 and len(shown) == 8
    assert stated(catalog, "license") == {1: RESERVED, 2: RESERVED, 3: "CC0-1.0"}
    assert set(stated(catalog, "owner").values()) == {"1@N01"}
    put_listings(catalog, [(listing(3, RESERVED), None)])
    assert set(stated(catalog, "license").values()) == {RESERVED}
    assert exported(catalog, tmp_path / "set")[0][2]["license_seen"] == "2026-01-02"


def test_a_person_here_may_and_the_card_counts_it(catalog: Catalog, photos: list[str], tmp_path: Path) -> None:
    """The day on which Flickr stated a licence stands beside Flickr's own licence alone; an undo brings both back."""
    import_decisions(catalog, labels_file(tmp_path / "a.jsonl", photos[2:], license="CC0-1.0"))
    decisions.label(catalog, catalog.photo_ids_where("photo_id = 1"), "license", "CC0-1.0")
    rows, card = exported(catalog, tmp_path / "set", "CC0-1.0")
    assert [(row["photo_id"], row["license_seen"]) for row in rows] == [("1", ""), ("3", "")]
    assert "Of 1 photo, a person stated another owner, licence or address" in card
    assert decisions.undo(catalog)
    rows, card = exported(catalog, tmp_path / "all")
    assert [row["license_seen"] for row in rows] == ["2026-01-02", "2026-01-02", ""]
    assert "a person stated another" not in card
    decisions.label(catalog, catalog.photo_ids_where("photo_id = 3"), "license", "CC0-1.0")  # now it is said here
    put_listings(catalog, [(listing(3, RESERVED), None)])
    assert stated(catalog, "license")[3] == "CC0-1.0"


def test_imports_obey_the_rules_of_typed_labels(catalog: Catalog, photos: list[str], tmp_path: Path) -> None:
    """No licence, no address on the web, no time: not taken, and counted; what the camera wrote is replaced on request alone."""
    file = labels_file(
        tmp_path / "a.jsonl",
        photos,
        license="all mine",
        url="javascript:alert(1)",
        taken_at="soon",
        Make="Leica",
        scene="",
    )
    before = list(catalog.labels())
    found = import_decisions(catalog, file)
    assert sorted(found.passed_over.values()) == [3, 3, 3] and list(catalog.labels()) == before
    assert [(one.what[1], one.mine, one.theirs, one.kept) for one in found.conflicts] == [
        ("Make", "Canon", "Leica", None)
    ] * 3
    assert import_decisions(catalog, file, "theirs").taken == {"labels": 3}
    assert set(stated(catalog, "Make").values()) == {"Leica"}


def test_addresses_and_licences_of_files_are_checked_too(
    workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of a sidecar and of an imported set: what does not fit gives no label, and is listed."""
    folder, root = tmp_path / "in", str(workspace.root)
    for seed in range(2):
        write_photo(folder / f"{seed}.jpg", seed)
    bad = {"url": "javascript:alert(1)", "license": "all mine", "owner": "ann"}
    pq.write_table(pa.Table.from_pylist([{"file_name": "1.jpg", **bad}]), folder / "metadata.parquet")
    (tmp_path / "in.csv").write_text(f"path,{','.join(bad)}\nin/0.jpg,{','.join(bad.values())}\n")
    sidecar = ["--labels", str(tmp_path / "in.csv"), "--jobs", "1", "-w", root]
    assert run_cli(["ingest", str(folder / "0.jpg"), *sidecar]) == Exit.DONE
    told = capsys.readouterr().err
    assert "url is not an address on the web in 1 row" in told and "license is not a licence in 1 row" in told
    for words in (
        ["skipped", "-w", root],
        ["import", "set", str(folder), "--jobs", "1", "-w", root],
        ["skipped", "-w", root],
    ):
        assert run_cli(words) == Exit.DONE
        said = capsys.readouterr().out
        assert words[0] == "import" or all(value in said for value in ("javascript:alert(1)", "all mine"))
    assert run_cli(["photos", "--format", "jsonl", "-w", root]) == Exit.DONE
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["url"], row["license"], row["owner"]) for row in rows] == [(None, None, "ann")] * 2
