"""What lenstrace wrote itself is not taken in, and it writes nothing into folders that were taken in."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from curate.catalog.forgetting import forget
from curate.catalog.originals import refuse_originals_near
from curate.catalog.store import Catalog
from curate.errors import SourceError, UsageError
from curate.export.run import ensure_export, export_workspace
from curate.ingest import IngestCounts, ingest
from curate.workspace import Workspace
from tests.conftest import write_photo
from tests.helpers.imports import why_skipped
from tracer.base.progress import finish
from tracer.results import Row, write


def take_in(catalog: Catalog, *paths: Path) -> IngestCounts:
    """Ingest with one worker."""
    return finish(ingest(catalog, list(paths), jobs=1))


@pytest.fixture
def photos(catalog: Catalog, tmp_path: Path) -> Path:
    """Two photos, taken in."""
    for number in range(2):
        write_photo(tmp_path / "photos" / f"{number}.jpg", number)
    take_in(catalog, tmp_path / "photos")
    return tmp_path / "photos"


@pytest.fixture
def exported(catalog: Catalog, photos: Path, tmp_path: Path) -> Path:
    """A set of them."""
    finish(export_workspace(catalog, tmp_path / "set"))
    return tmp_path / "set"


def test_a_set_on_the_way_is_skipped(catalog: Catalog, photos: Path, exported: Path, tmp_path: Path) -> None:
    """By its manifest, wherever it lies and whatever it is called; one that is being written is told by its parts."""
    shutil.move(exported, tmp_path / "collection" / "nested" / "Holiday")
    write_photo(tmp_path / "collection" / "new.jpg", 5)
    (tmp_path / "collection" / "half.partial" / "images").mkdir(parents=True)
    write_photo(tmp_path / "collection" / "half.partial" / "images" / "1.jpg", 6)
    counts = take_in(catalog, tmp_path / "collection")
    assert (counts.added, counts.skipped) == (1, 2)
    assert "data set that was exported" in why_skipped(catalog)["Holiday"]
    assert "being written" in why_skipped(catalog)["half.partial"]


def test_a_set_itself_is_refused(catalog: Catalog, exported: Path) -> None:
    """Its folder, a folder in it, a photo of it and a link to it; nothing is taken in."""
    link = exported.parent / "link"
    link.symlink_to(exported)
    for refused in (exported, exported / "images", link, next((exported / "images").iterdir())):
        with pytest.raises(SourceError, match="data set that was exported"):
            take_in(catalog, refused)
    assert catalog.count() == 2


def test_what_an_older_program_took_in_of_a_set_is_not_called_missing(
    catalog: Catalog, exported: Path, tmp_path: Path
) -> None:
    """Its rows stay as they are, and are told; they can be forgotten."""
    manifest = (exported / "manifest.json").read_bytes()
    (exported / "manifest.json").unlink()
    assert take_in(catalog, exported).added == 2
    (exported / "manifest.json").write_bytes(manifest)
    counts = take_in(catalog, tmp_path)
    assert counts.missing == 0
    assert "2 photos in it; what was known of them is kept" in why_skipped(catalog)["set"]
    assert forget(catalog, [exported]) == 2


def test_a_workspace_is_not_walked_into(catalog: Catalog, photos: Path, tmp_path: Path) -> None:
    """Its previews are no photos: on the way it is skipped, given itself it is refused; photos that lie in it can be named."""
    place = catalog.workspace.root
    assert list((place / "cache").rglob("*.jpg"))
    assert take_in(catalog, tmp_path).added == 0
    assert "a workspace" in why_skipped(catalog)[place.name]
    for refused in (place, place / "cache", place / "exports", place / "originals"):
        with pytest.raises(SourceError, match="workspace"):
            take_in(catalog, refused)
    write_photo(place / "photos" / "9.jpg", 9)
    assert take_in(catalog, place / "photos").added == 1


def test_nothing_is_written_into_a_source_folder(catalog: Catalog, photos: Path, tmp_path: Path) -> None:
    """No set, neither in it nor in its place, also by a link, and no run of a set; a forgotten folder is a source no longer."""
    with pytest.raises(UsageError, match="never written to"):
        refuse_originals_near(photos / "run", tmp_path)
    refuse_originals_near(tmp_path / "run", tmp_path)
    (tmp_path / "link").symlink_to(photos)
    for out in (photos / "set", photos / "deep" / "set", photos, tmp_path / "link" / "set"):
        with pytest.raises(UsageError, match="never written to"):
            finish(export_workspace(catalog, out))
    assert sorted(p.name for p in photos.iterdir()) == ["0.jpg", "1.jpg"]
    write_photo(tmp_path / "more" / "7.jpg", 7)
    take_in(catalog, tmp_path / "more")
    forget(catalog, [photos])
    assert finish(export_workspace(catalog, photos / "set")).photos == 1


def test_a_workspace_inside_a_source_folder_keeps_its_own_exports(tmp_path: Path) -> None:
    """It writes to its own folder, which no ingest walks into."""
    write_photo(tmp_path / "photos" / "1.jpg", 1)
    workspace = Workspace.create(tmp_path / "photos" / "workspace")
    with workspace.writing("test"), Catalog.open(workspace) as catalog:
        take_in(catalog, tmp_path / "photos")
        assert finish(ensure_export(catalog)).is_relative_to(workspace.exports)
        assert take_in(catalog, tmp_path / "photos").added == 0


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run's folder, as tracer leaves it: results, plots and small copies of photos."""
    place = tmp_path / "collection" / "run"
    write_photo(place / "thumbs" / "1.jpg", 6)
    write_photo(place / "plots" / "probe.png", 7)
    row = Row("probe", "s", "e", "Make", "IDENTITY", 0.0, "acquisition", "accuracy", 0.5, None, None, None, 9, None)
    write(place, [row], {"seconds": 1.0})
    return place


@pytest.mark.parametrize("state", ["done", "nothing measured", "interrupted", "embedded"])
def test_a_run_is_not_walked_into(catalog: Catalog, run: Path, state: str) -> None:
    """By its results, or by its parts where it has none yet: on the way it is skipped, given itself it is refused."""
    write_photo(run.parent / "new.jpg", 5)
    if state == "nothing measured":
        write(run, [], {})
    if state in ("interrupted", "embedded"):
        for name in ("results.json", "results.parquet"):
            (run / name).unlink()
        (run / ("shards" if state == "interrupted" else "embeddings") / "s").mkdir(parents=True)
    counts = take_in(catalog, run.parent)
    assert (counts.added, counts.skipped) == (1, 1)
    assert "a run of an evaluation" in why_skipped(catalog)["run"]
    for refused in (run, run / "thumbs"):
        with pytest.raises(SourceError, match="a run of an evaluation"):
            take_in(catalog, refused)


@pytest.mark.parametrize(
    ("name", "text", "photo"),
    [
        ("manifest.json", '{"schema": "other/1"}', "images/1.jpg"),
        ("manifest.json", "[]", "images/1.jpg"),
        ("manifest.json", "{", "images/1.jpg"),
        ("d.partial/notes.txt", "", "d.partial/images/1.jpg"),
        ("results.json", '{"rows": [{"score": 1}]}', "1.jpg"),
        ("plots/a.txt", "", "1.jpg"),
        ("embeddings/a.txt", "", "1.jpg"),
    ],
)
def test_files_of_something_else_do_no_harm(
    catalog: Catalog, run: Path, tmp_path: Path, name: str, text: str, photo: str
) -> None:
    """Photos beside what other programs write are photos, and so are photos beside a copy of a run's results."""
    place = tmp_path / "p" / "x"
    write_photo(place / photo, 1)
    (place / name).parent.mkdir(exist_ok=True)
    (place / name).write_text(text)
    write_photo(run.parent / "new.jpg", 5)
    shutil.copy(run / "results.json", run.parent)
    assert take_in(catalog, tmp_path / "p", run.parent).added == 2


@pytest.mark.parametrize("part", ["", "exports", "runs", "cache", "splits", "cache/set", "runs/set"])
def test_a_set_is_never_written_over_what_a_workspace_fills(catalog: Catalog, photos: Path, part: str) -> None:
    """Its own folder and those that it fills; the way out names a place that is free."""
    place = catalog.workspace.root
    with pytest.raises(UsageError, match="a workspace") as caught:
        finish(export_workspace(catalog, place / part))
    assert "exports/workspace" in caught.value.way_out
    assert finish(export_workspace(catalog, place / "exports" / "mine")).photos == 2


def test_a_set_is_never_written_into_a_set(catalog: Catalog, exported: Path, run: Path) -> None:
    """Nor into a run: either would hold what does not belong to it."""
    for place in (exported / "inner", exported / "images" / "inner", run / "inner"):
        with pytest.raises(UsageError, match="cannot hold a set"):
            finish(export_workspace(catalog, place))
