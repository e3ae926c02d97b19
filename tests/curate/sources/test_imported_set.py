"""A set that was exported, or a folder like one, is imported with its labels; its files stay where they are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curate.catalog.forgetting import forget
from curate.catalog.store import Catalog
from curate.cli import run_cli
from curate.errors import Exit, SourceError
from curate.export.run import export_workspace
from curate.ingest import ingest, ingest_source
from curate.sources.counts import IngestCounts
from curate.sources.imported_set import sets_source
from curate.workspace import Workspace
from tests.conftest import write_photo
from tests.helpers.imports import rows_of, scenes_of, why_skipped
from tracer.base.progress import finish


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Catalog]:
    """The catalogue of another workspace."""
    workspace = Workspace.create(tmp_path / "other")
    with workspace.writing("test"), Catalog.open(workspace) as opened:
        yield opened


@pytest.fixture
def exported(catalog: Catalog, tmp_path: Path) -> Path:
    """A set of three photos with labels of every kind."""
    for seed in range(3):
        write_photo(tmp_path / "photos" / "cats" / f"{seed}.jpg", seed, make="Apple", model="iPhone 4S")
    sidecar = tmp_path / "labels.csv"
    sidecar.write_text(
        "path,owner,license,url,taken_at,scene\n"
        "photos/cats/0.jpg,ann,CC-BY-4.0,https://example.com/0,2013-05,attic\n"
        "photos/cats/1.jpg,bob,,,,attic\n"
    )
    finish(ingest(catalog, [tmp_path / "photos"], jobs=1, label_from="folder", labels=sidecar))
    finish(export_workspace(catalog, tmp_path / "set"))
    return tmp_path / "set"


def take_in(catalog: Catalog, *paths: Path) -> IngestCounts:
    """Import with one worker."""
    return finish(ingest_source(catalog, sets_source(catalog, paths), jobs=1))


SAME = (
    "photo_id", "owner", "url", "license", "Make", "Model", "camera_type", "Exposure", "taken_at", "taken_precision", "Year",
    "semantic_label", "width", "height",
)  # fmt: skip


def test_a_set_comes_back_with_its_labels_and_ids(catalog: Catalog, other: Catalog, exported: Path) -> None:
    """The IDs are the set's, though the files without private metadata have other hashes; one scene stays one."""
    assert take_in(other, exported).added == 3
    before, after = rows_of(catalog), rows_of(other)
    assert {photo: {name: row[name] for name in SAME} for photo, row in after.items()} == {
        photo: {name: row[name] for name in SAME} for photo, row in before.items()
    }
    assert {row["path"] for row in after.values()} == {str(path) for path in (exported / "images").iterdir()}
    stated = {Path(path).stem: scene for path, scene in scenes_of(other).items()}
    together = {str(row["photo_id"]) for row in before.values() if row["owner"] is not None}
    assert len({stated[photo] for photo in together}) == 1
    assert {photo for photo, scene in stated.items() if scene is None} == stated.keys() - together


def test_again_changes_nothing_and_a_missing_photo_is_told(other: Catalog, exported: Path) -> None:
    """A photo that is gone is missing; one that was forgotten stays out; a set of the workspace itself is refused."""
    take_in(other, exported)
    counts = take_in(other, exported)
    assert (counts.added, counts.updated, counts.unchanged) == (0, 0, 3)
    first, second, _ = sorted((exported / "images").iterdir())
    forget(other, [second])
    first.unlink()
    counts = take_in(other, exported)
    assert (counts.unchanged, counts.missing, counts.skipped) == (1, 1, 2)
    assert "no such file" in why_skipped(other)[first.name]
    assert "forgotten" in why_skipped(other)[second.name]
    exported.rename(other.workspace.exports / "set")
    with pytest.raises(SourceError, match="lies in the workspace itself"):
        take_in(other, other.workspace.exports / "set")


def test_a_set_that_fails_its_checks_is_refused(
    exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command says what `curate verify` says, and imports nothing."""
    assert run_cli(["new", str(tmp_path / "w")]) == Exit.DONE
    photo = next((exported / "images").iterdir())
    photo.write_bytes(photo.read_bytes() + b"x")
    capsys.readouterr()
    assert run_cli(["import", "set", str(exported), "-w", str(tmp_path / "w")]) == Exit.FAILED
    told = capsys.readouterr().err
    assert "its sha256 differs" in told
    assert f"curate verify {exported}" in told
    assert run_cli(["status", "-w", str(tmp_path / "w"), "--json"]) == Exit.DONE
    assert json.loads(capsys.readouterr().out)["photos"] == 0


def test_what_was_forgotten_stays_out_at_any_depth(other: Catalog, tmp_path: Path) -> None:
    """Folders below two sets: photos of a forgotten one do not come back; each photo belongs to its own set."""
    roots = []
    for at, name in enumerate(("c", "d")):
        roots.append(image_folder(tmp_path / name, [{"file_name": "train/cat/0.jpg"}, {"file_name": "1.jpg"}]))
        write_photo(tmp_path / name / "train" / "cat" / "0.jpg", 10 + at)
        write_photo(tmp_path / name / "1.jpg", 20 + at)
    assert take_in(other, *roots).added == 4
    forget(other, [roots[1] / "train"])
    counts = take_in(other, *roots)
    assert (counts.added, counts.unchanged, other.count()) == (0, 3, 3)


def image_folder(root: Path, rows: list[dict[str, Any]]) -> Path:
    """Write a folder with a table of photos, as anybody makes it."""
    root.mkdir()
    pq.write_table(pa.Table.from_pylist(rows), root / "metadata.parquet")
    return root


def test_any_image_folder_with_our_columns(catalog: Catalog, tmp_path: Path) -> None:
    """Without a manifest; a photo without an ID gets one from its content; a link and a folder are no photos."""
    for seed in range(2):
        write_photo(tmp_path / "a" / "train" / f"{seed}.jpg", seed)
    (tmp_path / "a").rename(tmp_path / "b")
    rows = [
        {"file_name": "train/0.jpg", "semantic_label": "cat", "photo_id": 7, "caption": "x"},
        {"file_name": "train/1.jpg", "semantic_label": None, "photo_id": None, "caption": None},
        {"file_name": "train/2.jpg", "semantic_label": None, "photo_id": 9, "caption": None},
        {"file_name": "train", "semantic_label": None, "photo_id": 10, "caption": None},
    ]
    root = image_folder(tmp_path / "c", rows)
    (tmp_path / "b" / "train").rename(root / "train")
    (root / "train" / "2.jpg").symlink_to(root / "train" / "0.jpg")
    counts = take_in(catalog, root)
    assert (counts.added, counts.skipped) == (2, 2)
    found = rows_of(catalog)
    assert found[7]["semantic_label"] == "cat"
    assert sorted(found)[1] >= 10**15


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([{"file_name": "../x.jpg"}], "does not lead to a file in the set"),
        ([{"file_name": "/etc/passwd"}], "does not lead to a file in the set"),
        ([{"file_name": None}], "has no file_name"),
        ([{"name": "x.jpg"}], "lacks file_name"),
        ([{"file_name": "a.jpg"}, {"file_name": "a.jpg"}], "two rows name 'a.jpg'"),
        (
            [{"file_name": "a.jpg", "photo_id": 1}, {"file_name": "b.jpg", "photo_id": 1}],
            "two rows have the photo_id 1",
        ),
        ([{"file_name": "a.jpg", "photo_id": "x"}], "photo_id 'x' is not one"),
        ([{"file_name": "a.jpg", "photo_id": 2**60}], "is not one"),
        ([{"file_name": "a.jpg", "photo_id": [1]}], r"photo_id.*holds lists"),
    ],
)
def test_unusable_tables_are_refused(catalog: Catalog, tmp_path: Path, rows: list[dict[str, Any]], why: str) -> None:
    """Each with what is wrong; nothing is imported."""
    with pytest.raises(SourceError, match=why):
        take_in(catalog, image_folder(tmp_path / "c", rows))
    assert catalog.count() == 0
