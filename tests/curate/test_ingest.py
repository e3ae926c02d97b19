"""Taking photos in: what changed is read, what is there is kept, what is odd is listed."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

import pytest
from PIL import Image

from curate.cameras.types import CameraType
from curate.cameras.version import rules_version
from curate.catalog import decisions
from curate.catalog.folders import remember_device, skipped
from curate.catalog.store import Catalog
from curate.errors import SourceError
from curate.export.options import ExportChoice
from curate.export.run import ensure_export, export_rows, export_workspace
from curate.ingest import IngestCounts, ingest
from curate.photos.facts import READER, PhotoFacts, Status
from curate.photos.reader.guard import Readers
from curate.resources import data_file
from curate.workspace import Workspace
from tests.conftest import write_photo
from tests.helpers.programs import benchmark
from tracer.base import machine
from tracer.base.progress import finish


def take_in(catalog: Catalog, *paths: Path, **options: object) -> IngestCounts:
    """Ingest with one worker."""
    return finish(ingest(catalog, list(paths), jobs=1, **options))  # type: ignore[arg-type]


def counts(result: IngestCounts) -> dict[str, int]:
    """The counts that are not zero."""
    return {name: int(value) for name, value in result.as_json().items() if value and name != "seconds"}


def rows(catalog: Catalog) -> dict[str, dict[str, object]]:
    """Label rows by file name."""
    return {Path(row["path"]).name: row for row in catalog.labels()}


def test_again_touches_only_what_changed(catalog: Catalog, tmp_path: Path) -> None:
    """Unchanged, changed, new, gone and back again."""
    photos = tmp_path / "photos"
    for number in range(4):
        write_photo(photos / f"{number}.jpg", number)
    assert counts(take_in(catalog, photos)) == {"added": 4}
    assert counts(take_in(catalog, photos)) == {"unchanged": 4}
    write_photo(photos / "0.jpg", 100, model="Canon EOS R")
    write_photo(photos / "4.jpg", 4)
    (photos / "3.jpg").rename(tmp_path / "elsewhere.jpg")
    assert counts(take_in(catalog, photos)) == {"added": 1, "updated": 1, "unchanged": 2, "missing": 1}
    assert rows(catalog)["0.jpg"]["camera_type"] == "mirrorless"
    assert rows(catalog)["3.jpg"]["status"] == "missing"
    (tmp_path / "elsewhere.jpg").rename(photos / "3.jpg")
    assert counts(take_in(catalog, photos)) == {"updated": 1, "unchanged": 4}
    assert rows(catalog)["3.jpg"]["status"] == "ok"


def test_what_an_older_reader_read_is_read_again(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once, though the files are as they were: a newer one tells more of them. Rows, labels and decisions stay theirs."""
    photos = tmp_path / "photos"
    for number in range(2):
        write_photo(photos / f"{number}.jpg", number)
    take_in(catalog, photos)
    ids = catalog.photo_ids_where("1")
    decisions.label(catalog, ids, "semantic_label", "cat")
    hashes = [str(row["sha256"]) for row in catalog.labels()]
    decisions.decide(catalog, "accept", hashes[0], hashes[1])
    catalog.connection.execute("""UPDATE reading SET facts = json_set(facts, '$.screenshot', 'the older one erred')""")
    assert counts(take_in(catalog, photos)) == {"unchanged": 2}
    for module in ("curate.ingest", "curate.catalog.photos"):
        monkeypatch.setattr(f"{module}.READER", READER + 1)
    assert counts(take_in(catalog, photos)) == {"updated": 2}
    assert catalog.photo_ids_where("screenshot IS NULL AND semantic_label = 'cat' AND subject_idx = 0") == ids
    assert counts(take_in(catalog, photos)) == {"unchanged": 2}


def test_odd_files_have_a_row_or_a_reason(catalog: Catalog, tmp_path: Path) -> None:
    """A truncated JPEG has a row; text, a FIFO, a link to a folder and a dangling link are listed; nothing hangs."""
    photos = tmp_path / "photos"
    whole = write_photo(photos / "whole.jpg", 1)
    (photos / "cut.jpg").write_bytes(whole.read_bytes()[:900])
    (photos / "empty.jpg").touch()
    (photos / "notes.txt").write_text("no picture")
    shutil.copy(whole, photos / "no-extension")
    os.mkfifo(photos / "pipe.jpg")
    (photos / "loop").symlink_to(photos)
    (photos / "dangling.jpg").symlink_to(photos / "nowhere")
    (photos / "ring.jpg").symlink_to(photos / "ring2.jpg")
    (photos / "ring2.jpg").symlink_to(photos / "ring.jpg")
    odd = os.fsencode(photos) + b"/caf\xe9.jpg"
    shutil.copy(whole, odd)
    result = take_in(catalog, photos)
    assert counts(result) == {"added": 5, "unreadable": 2, "skipped": 6}
    statuses = {name: row["status"] for name, row in rows(catalog).items()}
    assert statuses == {
        "whole.jpg": "ok",
        "no-extension": "ok",
        "cut.jpg": statuses["cut.jpg"],
        "empty.jpg": "invalid",
        r"caf\xe9.jpg": "ok",
    }
    assert statuses["cut.jpg"] in ("truncated", "invalid")
    expected = {"notes.txt", "pipe.jpg", "loop", "dangling.jpg", "ring.jpg", "ring2.jpg"}
    assert {Path(path).name for path, _ in skipped(catalog)} == expected
    assert counts(take_in(catalog, photos)) == {"unchanged": 5, "unreadable": 2, "skipped": 6}


def test_nothing_to_take_in(catalog: Catalog, tmp_path: Path) -> None:
    """An empty folder gives zeros, a missing one an error with a way out."""
    (tmp_path / "empty").mkdir()
    assert counts(take_in(catalog, tmp_path / "empty")) == {}
    with pytest.raises(SourceError, match="nowhere"):
        take_in(catalog, tmp_path / "nowhere")


def test_source_folders_stay_untouched(catalog: Catalog, tmp_path: Path) -> None:
    """Names, bytes and times of the photos are the same after an ingest."""
    photos = tmp_path / "photos"
    for number in range(3):
        write_photo(photos / f"{number}.jpg", number)

    def state() -> list[tuple[str, str, int]]:
        return sorted(
            (p.name, hashlib.sha256(p.read_bytes()).hexdigest(), p.stat().st_mtime_ns) for p in photos.iterdir()
        )

    before = state()
    take_in(catalog, photos)
    assert state() == before


def test_a_sidecar_says_what_files_do_not(catalog: Catalog, tmp_path: Path) -> None:
    """Paths relative to the CSV or to the folder, any case of the column names; unused rows are listed."""
    photos = tmp_path / "photos"
    for name in ("a", "b"):
        write_photo(photos / f"{name}.jpg", ord(name), make=None, model=None)
    sidecar = tmp_path / "labels.csv"
    sidecar.write_text(
        "File,MAKE,model,Semantic_Label,comment\na.jpg,Apple,iPhone X,cat,=1+1\nphotos/b.jpg,Nikon,NIKON D90,,\ngone.jpg,X,Y,,\n"
    )
    result = take_in(catalog, photos, labels=sidecar)
    assert counts(result) == {"added": 2, "skipped": 1}
    found = rows(catalog)
    assert (found["a.jpg"]["camera_type"], found["a.jpg"]["semantic_label"]) == ("smartphone", "cat")
    assert (found["b.jpg"]["camera_type"], found["b.jpg"]["semantic_label"]) == ("dslr", None)
    assert counts(take_in(catalog, photos)) == {"unchanged": 2}
    assert rows(catalog)["a.jpg"]["Make"] == "Apple"
    sidecar.write_text("path,Make\na.jpg,Samsung\n")
    assert counts(take_in(catalog, photos, labels=sidecar)) == {"updated": 1, "unchanged": 1}
    assert rows(catalog)["a.jpg"]["Make"] == "Samsung"


def test_a_sidecar_that_names_no_photos_is_refused(catalog: Catalog, tmp_path: Path) -> None:
    """The error lists the columns that it found."""
    sidecar = tmp_path / "labels.csv"
    sidecar.write_text("Make,Model\nApple,iPhone\n")
    with pytest.raises(SourceError, match="Make, Model"):
        take_in(catalog, tmp_path, labels=sidecar)


def test_the_folder_as_semantic_label(catalog: Catalog, tmp_path: Path) -> None:
    """The photo's own folder; photos directly in the given folder have none."""
    write_photo(tmp_path / "photos" / "cat" / "1.jpg", 1)
    write_photo(tmp_path / "photos" / "2.jpg", 2)
    take_in(catalog, tmp_path / "photos", label_from="folder")
    assert {name: row["semantic_label"] for name, row in rows(catalog).items()} == {"1.jpg": "cat", "2.jpg": None}


def test_hostile_camera_names_are_harmless(catalog: Catalog, tmp_path: Path) -> None:
    """No control character of a file reaches the catalogue."""
    write_photo(tmp_path / "photos" / "1.jpg", 1, make="Ca\x1b[2Jnon", model="[/foo]\x07")
    take_in(catalog, tmp_path / "photos")
    row = rows(catalog)["1.jpg"]
    assert (row["Make"], row["Model"]) == ("Ca[2Jnon", "[/foo]")


@pytest.mark.slow
def test_killed_at_random_moments() -> None:
    """After kill -9 at random moments and one run to the end, catalogue and previews are those of an undisturbed run."""
    result = benchmark("kills", "--files", "120", "--kills", "4", "--seed", "5")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "the same catalogue and the same previews" in result.stdout


def test_what_a_killed_process_left_behind_is_removed(tmp_path: Path) -> None:
    """The next command that writes removes half a preview of a process that was killed, and leaves one that is being made."""
    workspace = Workspace.create(tmp_path / "w")
    killed = subprocess.Popen([sys.executable, "-c", ""])
    killed.wait()
    previews = workspace.cache / "previews"
    for name in (f"incoming-{machine.host()}-{machine.boot()}-{killed.pid}-ab", "incoming-older"):
        (previews / name).mkdir(parents=True)
        (previews / name / "0.jpg").write_bytes(b"half")
    with workspace.incoming() as mine, Workspace.open(workspace.root).writing("test"):
        assert [str(path) for path in previews.iterdir()] == [mine]
    assert not list(previews.iterdir())


def test_a_lock_file_tells_whether_its_writer_may_still_write(tmp_path: Path) -> None:
    """One of another host may; one that ended, was killed here, or was cut off when the machine was started anew does not."""
    workspace = Workspace.create(tmp_path / "w")
    assert not workspace.last_writer_runs()
    with workspace.writing("test"):
        assert workspace.last_writer_runs()
    assert not workspace.last_writer_runs()
    here, now, other, process = machine.host(), machine.boot(), "0" * 8, os.getpid()
    for host, start, runs in ((here, now, True), (here, other, False), (other, now, True)):
        (tmp_path / "w" / "workspace.lock").write_text(f"curate app (process {process})\n{host}-{start}-{process}")
        assert workspace.last_writer_runs() is runs


def test_an_unreadable_folder_hides_its_photos(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Photos below a folder that cannot be read keep what is known of them; the folder is listed with their number."""
    for name in ("open/1.jpg", "shut/2.jpg", "shut/below/3.jpg", "gone/4.jpg"):
        write_photo(tmp_path / "photos" / name, ord(name[-5]))
    take_in(catalog, tmp_path / "photos")
    before = rows(catalog)
    shut = os.fsencode(tmp_path / "photos" / "shut")
    scandir = os.scandir

    def refused(path: bytes) -> object:
        if path == shut:
            raise PermissionError(errno.EACCES, "Permission denied")
        return scandir(path)

    shutil.rmtree(tmp_path / "photos" / "gone")
    with monkeypatch.context() as patch:
        patch.setattr("curate.sources.local.os.scandir", refused)
        assert counts(take_in(catalog, tmp_path / "photos")) == {"unchanged": 1, "missing": 1, "skipped": 1}
    ((path, reason),) = skipped(catalog)
    assert path == os.fsdecode(shut) and "Permission denied; 2 photos" in reason
    assert [row["status"] for row in rows(catalog).values()] == ["missing", "ok", "ok", "ok"]
    assert {name: row for name, row in rows(catalog).items() if name != "4.jpg"} == {
        name: row for name, row in before.items() if name != "4.jpg"
    }
    assert counts(take_in(catalog, tmp_path / "photos")) == {"unchanged": 3}


def test_a_disk_that_is_not_mounted_loses_no_photo(catalog: Catalog, tmp_path: Path) -> None:
    """An empty folder on another disk than the last time is a mount point; one on the same disk was emptied."""
    photos = tmp_path / "photos"
    write_photo(photos / "1.jpg", 1)
    take_in(catalog, photos)
    (photos / "1.jpg").unlink()
    remember_device(catalog, os.fsencode(photos), photos.stat().st_dev + 1)  # as if it had been another disk's
    assert counts(take_in(catalog, photos)) == {"skipped": 1}
    assert rows(catalog)["1.jpg"]["status"] == "ok"
    assert "not mounted; 1 photo in it" in next(skipped(catalog))[1]
    remember_device(catalog, os.fsencode(photos), photos.stat().st_dev)
    assert counts(take_in(catalog, photos)) == {"missing": 1}


def test_files_that_vanish_while_they_are_taken_in(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gone between listing and reading: a row that says so; a whole folder gone: as if it had never been there."""
    photos = tmp_path / "photos"
    for name in ("a/1.jpg", "a/2.jpg", "b/3.jpg"):
        write_photo(photos / name, ord(name[2]))
    read = Readers.read

    def later(self: Readers, jobs: Iterable[tuple[Path, Path | None]]) -> Iterator[tuple[int, PhotoFacts]]:
        for path, preview in jobs:
            if path.name == "2.jpg":
                path.unlink()
            yield from ((int(path.stem) - 1, facts) for _, facts in read(self, [(path, preview)]))

    scandir = os.scandir

    def vanishing(path: bytes) -> object:
        if path == os.fsencode(photos / "b"):
            shutil.rmtree(photos / "b", ignore_errors=True)
        return scandir(path)

    monkeypatch.setattr("curate.ingest.Readers.read", later)
    monkeypatch.setattr("curate.sources.local.os.scandir", vanishing)
    assert counts(take_in(catalog, photos)) == {"added": 2, "unreadable": 1, "skipped": 1}
    assert {name: row["status"] for name, row in rows(catalog).items()} == {"1.jpg": "ok", "2.jpg": "missing"}
    assert "No such file" in next(skipped(catalog))[1]


def test_an_emptied_cell_takes_back_what_it_said(catalog: Catalog, tmp_path: Path) -> None:
    """A sidecar run again: emptied cells unsay, columns that are not there and other sidecars' photos stay as they were."""
    photos = tmp_path / "photos"
    for number in range(2):
        write_photo(photos / f"{number}.jpg", number)
    sidecar = tmp_path / "labels.csv"
    sidecar.write_text("path,Make,owner,taken_at\n0.jpg,Acme,ann,2001-02-03\n1.jpg,Acme,bob,\n")
    take_in(catalog, photos, labels=sidecar)
    assert [rows(catalog)[f"{n}.jpg"]["Make"] for n in range(2)] == ["Acme", "Acme"]
    sidecar.write_text("path,Make,taken_at\n0.jpg,,never\n")
    assert counts(take_in(catalog, photos, labels=sidecar)) == {"updated": 1, "unchanged": 1, "skipped": 1}
    found = rows(catalog)
    assert [found[f"{n}.jpg"]["Make"] for n in range(2)] == ["Canon", "Acme"]
    assert [found[f"{n}.jpg"]["owner"] for n in range(2)] == ["ann", "bob"]
    assert found["0.jpg"]["Year"] == "2019.0"
    assert counts(take_in(catalog, photos, labels=sidecar)) == {"unchanged": 2, "skipped": 1}


def test_a_folder_label_is_taken_back_where_the_folder_is_none(catalog: Catalog, tmp_path: Path) -> None:
    """Labels from folders follow the folders that are given; an ingest that does not ask for them leaves them alone."""
    photos = tmp_path / "photos"
    write_photo(photos / "cat" / "1.jpg", 1)
    take_in(catalog, photos, label_from="folder")
    assert counts(take_in(catalog, photos)) == {"unchanged": 1}
    assert rows(catalog)["1.jpg"]["semantic_label"] == "cat"
    assert counts(take_in(catalog, photos / "cat", label_from="folder")) == {"updated": 1}
    assert rows(catalog)["1.jpg"]["semantic_label"] is None


def test_source_folders_stay_untouched_by_odd_files_too(catalog: Catalog, tmp_path: Path) -> None:
    """Names, kinds, bytes, permissions and times of all there is, links and pipes included."""
    photos = tmp_path / "photos"
    whole = write_photo(photos / "deep" / "whole.jpg", 1)
    (photos / "cut.jpg").write_bytes(whole.read_bytes()[:900])
    (photos / "notes.txt").write_text("no picture")
    os.mkfifo(photos / "pipe.jpg")
    (photos / "loop").symlink_to(photos)
    whole.chmod(0o444)

    def state() -> list[tuple[object, ...]]:
        found: list[tuple[object, ...]] = []
        for path in sorted(photos.rglob("*")):
            info = path.lstat()
            content = hashlib.sha256(path.read_bytes()).hexdigest() if stat.S_ISREG(info.st_mode) else ""
            found.append((str(path), info.st_mode, info.st_size, info.st_mtime_ns, info.st_ino, content))
        return found

    before = state()
    take_in(catalog, photos, label_from="folder")
    take_in(catalog, photos)
    assert state() == before


def test_overlapping_paths_are_taken_in_once(catalog: Catalog, tmp_path: Path) -> None:
    """A folder given twice, one below another, and a file in it count once; a linked folder is another place."""
    photos = tmp_path / "photos"
    one = write_photo(photos / "below" / "1.jpg", 1)
    elsewhere = write_photo(tmp_path / "elsewhere" / "2.jpg", 2).parent
    (photos / "link").symlink_to(elsewhere)
    result = take_in(catalog, photos, photos, photos / "below", one, photos / "link")
    assert counts(result) == {"added": 2, "skipped": 1}


def test_a_wrong_path_stops_before_anything_is_taken_in(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A misspelt second folder is told at once, not after the first one was read."""
    monkeypatch.setattr("curate.ingest.BATCH", 1)
    photo = write_photo(tmp_path / "photos" / "1.jpg", 1)
    with pytest.raises(SourceError):
        take_in(catalog, photo.parent, tmp_path / "nowhere")
    assert not rows(catalog)


def test_a_sidecars_time_that_is_none_leaves_the_files_own(catalog: Catalog, tmp_path: Path) -> None:
    """A cell that is no time blanks nothing, and is listed."""
    photos = tmp_path / "photos"
    for number in range(3):
        write_photo(photos / f"{number}.jpg", number)
    (photos / "labels.csv").write_text(
        "file,taken_at,owner\n0.jpg,yesterday,ann\n1.jpg,2013-02-31,ann\n2.jpg,2013-02-28,ann\n"
    )
    result = take_in(catalog, photos, labels=photos / "labels.csv")
    assert counts(result) == {"added": 3, "skipped": 2}
    found = rows(catalog)
    assert [found[f"{n}.jpg"]["Year"] for n in range(3)] == ["2019.0", "2019.0", "2013.0"]
    assert {found[name]["owner"] for name in found} == {"ann"}
    assert sum("is not a time" in reason for _, reason in skipped(catalog)) == 2


def test_a_file_that_cannot_be_reached_keeps_its_labels(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Denied today, back tomorrow: the status says so, and what was read before stands."""
    photo = write_photo(tmp_path / "photos" / "1.jpg", 1)
    take_in(catalog, photo)
    before = rows(catalog)["1.jpg"]

    def denied(_self: object, jobs: list[object]) -> Iterator[tuple[int, PhotoFacts]]:
        yield from ((index, PhotoFacts(Status.DENIED, error="no permission")) for index, _ in enumerate(jobs))

    os.utime(photo, (1, 1))
    with monkeypatch.context() as patch:
        patch.setattr("curate.ingest.Readers.read", denied)
        assert counts(take_in(catalog, photo)) == {"updated": 1, "unreadable": 1}
    assert rows(catalog)["1.jpg"] == before | {"status": "denied", "error": "no permission"}
    assert counts(take_in(catalog, photo)) == {"updated": 1}
    assert rows(catalog)["1.jpg"] == before


def test_traps_cost_their_own_rows(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that hang, crash, end or exhaust the process that reads them have a row with their status; the others are read."""
    names = ["ok-1", "hang-1", "ok-2", "segfault-1", "exit-1", "eat-1", "raise-1", "ok-3"]
    for name in names:
        write_photo(tmp_path / "photos" / f"{name}.jpg", names.index(name))
    settings = workspace.root / "workspace.toml"
    settings.write_text(settings.read_text().replace("[ingest]", "[ingest]\nseconds = 1"))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent / "photos"))
    monkeypatch.setattr("curate.ingest.Readers", partial(Readers, reader="photo_readers:by_name"))
    with Catalog.open(Workspace.open(workspace.root)) as catalog:
        result = finish(ingest(catalog, [tmp_path / "photos"], jobs=2))
        assert counts(result) == {"added": 8, "unreadable": 5}
        statuses = {Path(row["path"]).stem.split("-")[0]: row["status"] for row in catalog.labels()}
        assert statuses == {
            "ok": "ok", "hang": "timeout", "segfault": "invalid", "exit": "invalid", "eat": "too_large", "raise": "invalid",
        }  # fmt: skip
        # what only time can mend is tried again, the rest is as it was
        assert counts(finish(ingest(catalog, [tmp_path / "photos"], jobs=2))) == {
            "updated": 1,
            "unchanged": 7,
            "unreadable": 5,
        }


def test_names_that_look_alike_are_exported_apart(catalog: Catalog, tmp_path: Path) -> None:
    """A name that is no UTF-8 and one that spells its escape out are shown alike, and are two files all the same."""
    folder = tmp_path / "photos"
    odd = os.fsdecode(os.fsencode(folder) + b"/bad\xff.jpg")
    write_photo(folder / "a.jpg", 1).rename(odd)
    write_photo(folder / "bad\\xff.jpg", 2)
    take_in(catalog, folder)
    exported = list(export_rows(catalog).rows())
    assert len({row["path"] for row in exported}) == 1
    for row in exported:
        assert (
            hashlib.sha256(Path(os.fsdecode(row["path_bytes"] or os.fsencode(row["path"]))).read_bytes()).hexdigest()
            == row["sha256"]
        )


def test_a_camera_type_in_the_settings_holds_for_photos_that_are_there(workspace: Workspace, tmp_path: Path) -> None:
    """Written into workspace.toml after the photos were taken in, it holds from the next command that writes."""
    with Catalog.open(workspace) as catalog:
        take_in(catalog, write_photo(tmp_path / "photos" / "1.jpg", 1, "Acme", "X100").parent)
    settings = workspace.root / "workspace.toml"
    plain = settings.read_text()
    settings.write_text(plain + '\n[[cameras]]\nmake = "Acme"\nmodel = "X100"\ntype = "compact"\n')
    with Catalog.open(Workspace.open(workspace.root)) as catalog:
        assert rows(catalog)["1.jpg"]["camera_type"] == "compact"
    settings.write_text(plain)
    with Catalog.open(Workspace.open(workspace.root)) as catalog:
        assert rows(catalog)["1.jpg"]["camera_type"] == "unknown"


def test_new_rules_hold_for_photos_that_are_there(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the first command of a newer lenstrace that writes; a person's word stays; without new rules nothing is asked."""
    with Catalog.open(workspace) as catalog:
        take_in(catalog, write_photo(tmp_path / "photos" / "1.jpg", 1).parent)
        take_in(catalog, write_photo(tmp_path / "photos" / "2.jpg", 2, "Acme", "X100").parent)
        decisions.set_camera_type(catalog, "Acme", "X100", CameraType.COMPACT)
        catalog.connection.execute(
            "UPDATE camera SET type = 'tablet', rule = 'family:old' WHERE model = 'Canon EOS 40D'"
        )
    with Catalog.open(workspace) as catalog:
        assert rows(catalog)["1.jpg"]["camera_type"] == "tablet"
        changes = catalog.revision()
    monkeypatch.setattr("curate.catalog.cameras.rules_version", lambda: "newer")
    with Catalog.open(workspace) as catalog:
        told = {name: (row["camera_type"], row["camera_type_rule"]) for name, row in rows(catalog).items()}
        assert told["1.jpg"][0] == "dslr" and told["2.jpg"] == ("compact", "override")
        assert catalog.revision() == changes + 1


def test_the_rules_version_follows_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row more is another version; the same files are the same one."""
    before = rules_version()
    assert rules_version.__wrapped__() == before
    table = tmp_path / "camera_types.csv"
    table.write_bytes(data_file("camera_types.csv").read_bytes() + b"Acme,X100,compact,,acme.example,2024-05-04\n")
    monkeypatch.setattr("curate.cameras.version.data_file", lambda _: table)
    assert rules_version.__wrapped__() != before


def test_the_workspaces_own_set_follows_every_change(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two changes within one second: the second one is exported too; without a change the set is left alone."""
    monkeypatch.setattr("curate.catalog.store.now", lambda: "2020-01-01T00:00:00+00:00")
    take_in(catalog, write_photo(tmp_path / "photos" / "1.jpg", 1).parent)
    place = finish(ensure_export(catalog))
    first = (place / "manifest.json").stat().st_ino
    assert finish(ensure_export(catalog)) == place
    assert (place / "manifest.json").stat().st_ino == first
    decisions.label(catalog, catalog.photo_ids_where("1"), "semantic_label", "cat")
    finish(ensure_export(catalog))
    assert (place / "manifest.json").stat().st_ino != first


def test_the_workspaces_own_set_is_written_again_as_it_was(catalog: Catalog, tmp_path: Path) -> None:
    """A set of pairs stays one when it is brought up to date; an export by hand counts as one."""
    for number in range(3):
        write_photo(tmp_path / "photos" / f"{number}.jpg", number)
    take_in(catalog, tmp_path / "photos")
    photos = [row["sha256"] for row in catalog.labels(None, None)]
    decisions.decide(catalog, "accept", *photos[:2])
    place = catalog.workspace.exports / catalog.workspace.name
    assert finish(export_workspace(catalog, place, ExportChoice(pairs=True))).photos == 2
    first = (place / "manifest.json").stat().st_ino
    assert finish(ensure_export(catalog)) == place
    assert (place / "manifest.json").stat().st_ino == first
    decisions.label(catalog, catalog.photo_ids_where("1"), "semantic_label", "cat")
    finish(ensure_export(catalog))
    assert (place / "manifest.json").stat().st_ino != first
    assert json.loads((place / "manifest.json").read_text())["counts"]["photos"] == 2


def test_the_memory_of_reading_is_a_setting(workspace: Workspace, tmp_path: Path) -> None:
    """`ingest.memory` is in gigabytes, for all processes together; a photo that needs more than that is `too_large`."""
    write_photo(tmp_path / "photos" / "small.jpg", 1)
    Image.new("1", (11_000, 11_000)).save(tmp_path / "photos" / "large.tif", compression="group4")
    settings = workspace.root / "workspace.toml"
    settings.write_text(settings.read_text().replace("[ingest]", "[ingest]\nmemory = 0.25"))
    with Catalog.open(Workspace.open(workspace.root)) as catalog:
        finish(ingest(catalog, [tmp_path / "photos"], jobs=2))
        statuses = {name: row["status"] for name, row in rows(catalog).items()}
    assert statuses == {"small.jpg": "ok", "large.tif": "too_large"}
