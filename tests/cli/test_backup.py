"""A lost catalogue is never replaced in silence; backups are made, kept and restored; a replaced file is noticed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from curate.catalog import backups, decisions
from curate.catalog.backups import KEPT_DAYS, keep_daily
from curate.catalog.photos import put_photo
from curate.catalog.store import Catalog
from curate.cli import run_cli
from curate.errors import Exit, WorkspaceError
from curate.photos.facts import PhotoFacts, Status
from curate.workspace import Workspace
from tests.conftest import MadeOnce, write_photo
from tracer.base.files import owner

Told = Callable[..., dict[str, Any]]


@pytest.fixture
def place(tmp_path: Path, made_once: MadeOnce, capsys: pytest.CaptureFixture[str]) -> Path:
    """A workspace with two photos of a phone, two of a camera, and an accepted pair."""

    def make() -> None:
        for number in range(4):
            make, model = ("Apple", "iPhone X") if number % 2 else ("Canon", "Canon EOS 40D")
            write_photo(tmp_path / "photos" / f"{number}.jpg", number, make, model)
        assert run_cli(["new", str(tmp_path / "w")]) == Exit.DONE
        assert run_cli(["ingest", str(tmp_path / "photos"), "-w", str(tmp_path / "w")]) == Exit.DONE
        accept(tmp_path / "w", 1, 0)

    made_once("backed up", make)
    capsys.readouterr()
    return tmp_path / "w"


def accept(workspace: Path, phone: int, other: int, what: str = "accept") -> None:
    """Decide a pair."""
    photos = [str(workspace.parent / "photos" / f"{number}.jpg") for number in (phone, other)]
    assert run_cli(["decide", what, *photos, "-w", str(workspace)]) == Exit.DONE


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Told:
    """Runs a command and returns the object that it prints."""

    def run(*words: object, code: int = Exit.DONE) -> dict[str, Any]:
        capsys.readouterr()
        assert run_cli([*map(str, words), "--json"]) == code
        found = json.loads(capsys.readouterr().out)
        assert isinstance(found, dict)
        return found

    return run


def holds(catalog: Path) -> tuple[int, int]:
    """Photos and decisions in a catalogue, which is whole."""
    with closing(sqlite3.connect(catalog)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        found = db.execute("SELECT (SELECT count(*) FROM photo), (SELECT count(*) FROM decision)").fetchone()
    return found[0], found[1]


READ_AND_WRITE = [
    ("status",),
    ("photos",),
    ("undo",),
    ("ingest", "photos"),
    ("export", "out", "--replace"),
    ("backup",),
]


@pytest.mark.parametrize("state", ["deleted", "0 bytes", "only its log is left", "no table is left"])
@pytest.mark.parametrize("words", READ_AND_WRITE, ids=lambda words: words[0])
def test_a_lost_catalogue_is_not_replaced(
    place: Path,
    words: tuple[str, ...],
    state: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every command says that it is lost and how to get it back, and leaves the folder as it is."""
    monkeypatch.chdir(place.parent)
    for file in place.glob("catalog.sqlite*"):
        file.unlink()
    if state == "0 bytes":
        (place / "catalog.sqlite").touch()
    if state == "no table is left":
        with closing(sqlite3.connect(place / "catalog.sqlite")) as db:
            db.executescript("PRAGMA user_version = 0; VACUUM;")
    if state == "only its log is left":
        shutil.rmtree(place / "cache")
        shutil.rmtree(place / "backups")
        (place / "catalog.sqlite-wal").write_bytes(b"log")
    before = {file: file.read_bytes() for file in place.glob("catalog*")}
    capsys.readouterr()
    assert run_cli([*words, "-w", str(place)]) == Exit.FAILED
    said = capsys.readouterr().err
    assert "the workspace has lost its catalogue" in said and "curate new" in said
    assert ("curate restore" in said) == (place / "backups").exists()
    assert {file: file.read_bytes() for file in place.glob("catalog*")} == before


def test_a_new_catalogue_is_made_when_asked_for(place: Path, told: Told, capsys: pytest.CaptureFixture[str]) -> None:
    """`curate new` makes an empty one, says so, and keeps the old one's log; `restore` brings the last backup back."""
    kept = told("backup", "-w", place)
    (place / "catalog.sqlite").unlink()
    (place / "catalog.sqlite-wal").write_bytes(b"the last changes")
    assert run_cli(["new", str(place)]) == Exit.DONE
    assert "the catalogue was lost and an empty one was made" in capsys.readouterr().err
    assert [file.read_bytes() for file in place.glob("catalog-replaced-*-wal")] == [b"the last changes"]
    assert holds(place / "catalog.sqlite") == (0, 0)
    assert told("restore", kept["backup"], "-w", place)["photos"] == 4
    assert told("status", "-w", place)["pairs"]["accepted"] == 1


def test_settings_alone_are_a_new_workspace(tmp_path: Path, told: Told, capsys: pytest.CaptureFixture[str]) -> None:
    """No command but the first ingest makes a catalogue; the others name the command that does."""
    write_photo(tmp_path / "photos" / "1.jpg", 1)
    (tmp_path / "w").mkdir()
    (tmp_path / "w" / "workspace.toml").write_text('name = "mine"\n')
    for words in ("status", "undo", "pair"):
        assert run_cli([words, "-w", str(tmp_path / "w")]) == Exit.FAILED
        assert f"curate new {tmp_path / 'w'}" in capsys.readouterr().err
    assert not (tmp_path / "w" / "catalog.sqlite").exists()
    assert told("ingest", tmp_path / "photos", "-w", tmp_path / "w")["added"] == 1


def test_a_backup_is_one_file_and_restores_all(place: Path, told: Told) -> None:
    """Decisions made since go to the file that is kept beside; a set of the restored workspace has the same bytes."""
    told("export", place / "exports" / "one", "-w", place)
    made = told("backup", place.parent / "kept.sqlite", "-w", place)
    assert made == {"backup": str(place.parent / "kept.sqlite"), "photos": 4, "decisions": 1}
    assert not list(place.parent.glob("*kept.sqlite?*"))
    accept(place, 3, 2)
    back = told("restore", place.parent / "kept.sqlite", "-w", place)
    assert (back["restored"], back["photos"], back["decisions"]) == (made["backup"], 4, 1)
    assert holds(Path(back["replaced"])) == (4, 2) and Path(back["replaced"]).parent == place
    status = told("status", "-w", place)
    assert status["pairs"]["accepted"] == 1 and not status["sets"][0]["stale"]
    told("export", place / "exports" / "two", "-w", place)
    names = ["metadata.parquet", "README.md"]
    one, two = ([(place / "exports" / which / name).read_bytes() for name in names] for which in ("one", "two"))
    assert one == two


def test_a_backup_is_refused_where_a_file_is(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither an older backup, nor an original, nor a place among originals, nor a disk that is not connected is written to."""
    photos, disk = place.parent / "photos", place.parent / "disk"
    (place.parent / "kept.sqlite").write_text("older")
    for file in (place.parent / "kept.sqlite", photos / "1.jpg", photos / "kept.sqlite", disk / "kept.sqlite"):
        assert run_cli(["backup", str(file), "-w", str(place)]) == Exit.USAGE
    assert (
        (place.parent / "kept.sqlite").read_text() == "older"
        and not (photos / "kept.sqlite").exists()
        and not disk.exists()
    )


@pytest.mark.parametrize("what", ["absent", "the catalogue", "empty", "no database", "another database", "damaged"])
def test_what_is_no_backup_is_refused(place: Path, what: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The catalogue stays what it was."""
    file = place.parent / "kept.sqlite"
    if what == "the catalogue":
        file = place / "catalog.sqlite"
    elif what == "empty":
        file.touch()
    elif what == "no database":
        file.write_bytes(b"nothing of SQLite's" * 500)
    elif what == "another database":
        with closing(sqlite3.connect(file)) as db:
            db.execute("CREATE TABLE theirs (x)")
    elif what == "damaged":
        assert run_cli(["backup", str(file), "-w", str(place)]) == Exit.DONE
        content = bytearray(file.read_bytes())
        content[8192:60000] = bytes(60000 - 8192)
        file.write_bytes(content)
    before = (place / "catalog.sqlite").read_bytes()
    assert run_cli(["restore", str(file), "-w", str(place)]) in (Exit.USAGE, Exit.FAILED)
    assert (place / "catalog.sqlite").read_bytes() == before and not list(place.glob("catalog-replaced-*"))


def test_a_backup_replaces_a_damaged_catalogue(place: Path, told: Told) -> None:
    """The damaged file is kept as it is."""
    made = told("backup", "-w", place)
    (place / "catalog.sqlite").write_bytes(b"damaged" * 1000)
    back = told("restore", made["backup"], "-w", place)
    assert Path(back["replaced"]).read_bytes() == b"damaged" * 1000
    assert told("status", "-w", place)["pairs"]["accepted"] == 1


def test_restore_waits_for_nobody(place: Path, told: Told, capsys: pytest.CaptureFixture[str]) -> None:
    """While another process holds the lock, or has the catalogue open, it is refused."""
    made = told("backup", "-w", place)
    with Workspace(place).writing("app"):
        assert run_cli(["restore", made["backup"], "-w", str(place)]) == Exit.FAILED
    assert "in use" in capsys.readouterr().err
    with Catalog.open(Workspace(place), read_only=True) as catalog:
        assert run_cli(["restore", made["backup"], "-w", str(place)]) == Exit.FAILED
        assert catalog.count() == 4
    assert "locked" in capsys.readouterr().err


def test_one_backup_a_day_is_kept(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the first change of a day, and only if something changed since the last one; the last seven stay."""
    workspace = Workspace(place)
    for file in workspace.backups.iterdir():
        file.unlink()
    left = f".catalog-2019-01-01.sqlite.{owner().rpartition('-')[0]}-999999999.partial"
    (workspace.backups / left).touch()
    (workspace.backups / "catalog-v1.sqlite").touch()
    for day in range(1, 13):
        stamp = f"2020-01-{day:02d}"
        monkeypatch.setattr(backups, "date", type("Day", (), {"today": staticmethod(lambda stamp=stamp: stamp)}))
        for _ in range(2):
            keep_daily(workspace)
            if day % 4:  # nothing is decided on every fourth day
                accept(place, 3, 2, "accept" if day % 2 else "reject")
    kept = [int(file.stem[-2:]) for file in sorted(workspace.backups.glob("catalog-2020-*"))]
    assert kept == [6, 7, 8, 9, 10, 11, 12] and len(kept) == KEPT_DAYS
    assert (workspace.backups / "catalog-v1.sqlite").exists()
    assert not list(workspace.backups.glob(".*"))
    assert holds(workspace.backups / "catalog-2020-01-12.sqlite") > holds(
        workspace.backups / "catalog-2020-01-11.sqlite"
    )


def test_a_set_that_is_the_last_copy_is_not_replaced(
    place: Path, told: Told, capsys: pytest.CaptureFixture[str]
) -> None:
    """After the catalogue was lost, `--replace` refuses to lose the set's pair or labels, until it is told to."""
    own = place / "exports" / "w"
    assert run_cli(["label", "semantic_label=boat", "--where", "1", "-w", str(place)]) == Exit.DONE
    told("export", own, "-w", place)
    (place / "catalog.sqlite").unlink()
    assert run_cli(["new", str(place)]) == Exit.DONE
    told("ingest", place.parent / "photos", "-w", place)
    before = (own / "metadata.parquet").read_bytes()
    again = ["export", str(own), "--replace", "-w", str(place)]
    assert run_cli(again) == Exit.FAILED
    said = capsys.readouterr().err
    assert "lacks 1 pair and labels of 4 photos" in said and "--allow-loss" in said and "curate restore" in said
    assert run_cli(["label", "semantic_label=ship", "--where", "1", "-w", str(place)]) == Exit.DONE
    assert run_cli(again) == Exit.FAILED
    assert "lacks 1 pair that" in capsys.readouterr().err
    assert (own / "metadata.parquet").read_bytes() == before
    assert run_cli([*again, "--allow-loss"]) == Exit.DONE
    assert run_cli(again) == Exit.DONE  # it wrote this one


@pytest.mark.parametrize("what", ["accepted again", "rejected since", "its table is damaged"])
def test_only_what_the_catalogue_lacks_keeps_a_set(place: Path, what: str, told: Told) -> None:
    """A pair that a person decided once more, one way or the other, is not lost."""
    own = place / "exports" / "w"
    told("export", own, "--pairs", "-w", place)
    told("backup", place.parent / "kept.sqlite", "-w", place)
    (place / "catalog.sqlite").unlink()
    assert run_cli(["new", str(place)]) == Exit.DONE
    told("ingest", place.parent / "photos", "-w", place)
    accept(place, 1, 0, "reject" if what == "rejected since" else "accept")
    accept(place, 3, 2)
    if what == "its table is damaged":
        (own / "metadata.parquet").write_bytes(b"PAR1")
    code = Exit.FAILED if what == "its table is damaged" else Exit.DONE
    assert run_cli(["export", str(own), "--pairs", "--replace", "-w", str(place)]) == code


def test_what_this_catalogue_took_back_is_replaced(place: Path, told: Told) -> None:
    """Its log holds the pair that the set holds, so the set is no last copy."""
    told("export", place / "exports" / "w", "-w", place)
    assert run_cli(["undo", "-w", str(place)]) == Exit.DONE
    told("export", place / "exports" / "w", "--replace", "-w", place)


@pytest.mark.parametrize("names", [["catalog.sqlite"], ["workspace.lock"], ["workspace.lock", "catalog.sqlite"]])
def test_a_replaced_file_is_not_written_to(place: Path, names: list[str]) -> None:
    """A sync tool puts another file there: no decision is made or undone, and what was decided before is kept in a file."""
    workspace = Workspace(place)
    with workspace.writing("test"), Catalog.open(workspace) as catalog:
        for name in names:
            shutil.copy(place / name, place / f"{name}.synced")
        assert decisions.undo(catalog) is not None
        for name in names:
            (place / f"{name}.synced").rename(place / name)
        for step in (decisions.redo, decisions.undo):
            with pytest.raises(WorkspaceError, match="another program replaced") as refused:
                step(catalog)
        with pytest.raises(WorkspaceError, match="another program replaced"), Catalog.open(workspace):
            pass
    kept = list(place.glob("catalog-replaced-*.sqlite"))
    assert len(kept) == ("catalog.sqlite" in names)
    if kept:
        assert str(kept[0]) in str(refused.value.way_out) and holds(kept[0]) == (4, 2)
    with workspace.writing("test"), Catalog.open(workspace) as catalog:
        assert (decisions.redo(catalog) is None) == ("catalog.sqlite" in names)


@pytest.mark.slow
@pytest.mark.parametrize("words", ["backup", "restore"])
def test_killed_at_any_moment(tmp_path: Path, words: str) -> None:
    """After kill -9 the catalogue is whole, either the old or the new one; the next run cleans up and succeeds."""
    workspace = Workspace.create(tmp_path / "w")
    with workspace.writing("test"), Catalog.open(workspace) as catalog, catalog.transaction():
        for number in range(20_000):
            facts = PhotoFacts(Status.OK, sha256=f"{number:064x}", format="JPEG")
            put_photo(catalog, f"/photos/{number}.jpg".encode(), facts, 1)
    other = tmp_path / "other.sqlite"
    assert run_cli(["backup", str(other), "-w", str(workspace.root)]) == Exit.DONE
    with workspace.writing("test"), Catalog.open(workspace) as catalog, catalog.transaction():
        put_photo(catalog, b"/photos/one-more.jpg", PhotoFacts(Status.OK, sha256="f" * 64, format="JPEG"), 1)
    file = tmp_path / "new.sqlite" if words == "backup" else other
    line = [sys.executable, "-m", "curate", words, str(file), "-w", str(workspace.root)]
    started = time.monotonic()
    assert subprocess.run(line, check=False, capture_output=True).returncode == Exit.DONE
    whole, killed = time.monotonic() - started, 0
    for number in range(12):
        (tmp_path / "new.sqlite").unlink(missing_ok=True)
        with workspace.writing("test"), Catalog.open(workspace) as catalog, catalog.transaction():
            catalog.touch()
        process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(whole * (0.4 + 0.6 * number / 12))
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
        assert holds(workspace.catalog)[0] in (20_000, 20_001)
        assert words == "restore" or not file.exists() or holds(file)[0] == 20_001
    assert killed > 3
    file.unlink() if words == "backup" and file.exists() else None
    assert subprocess.run(line, check=False, capture_output=True).returncode == Exit.DONE
    left = [name for folder in (tmp_path, workspace.root) for name in os.listdir(folder) if "partial" in name]
    assert left == []


def test_a_workspace_that_is_moved_while_it_is_open(place: Path) -> None:
    """Nothing is written, and no folder appears at its former place."""
    workspace = Workspace(place)
    with workspace.writing("test"), Catalog.open(workspace) as catalog:
        place.rename(place.with_name("moved"))
        with pytest.raises(WorkspaceError, match="another program replaced"):
            decisions.undo(catalog)
    assert not place.exists()
