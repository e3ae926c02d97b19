"""A damaged catalogue, and a lock that the disk refuses: a message with a way out, never a traceback."""

from __future__ import annotations

import errno
import os
import random
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from curate.catalog.database import connect_read_only, damage_told
from curate.catalog.flickr_photos import put_listings, record_step
from curate.catalog.harvests import begin_plan, next_window, record_found
from curate.catalog.listing import Listing
from curate.catalog.store import Catalog
from curate.cli import run_cli
from curate.errors import Exit, StorageError, WorkspaceError
from curate.tui.failures import as_message
from curate.workspace import Workspace
from tests.conftest import write_photo

COMMANDS = [
    ("status",),
    ("photos", "--format", "jsonl"),
    ("cameras",),
    ("duplicates",),
    ("pairs", "--format", "jsonl"),
    ("clocks",),
    ("skipped",),
    ("undo",),
    ("label", "--where", "ISO IS NULL", "semantic_label=x"),
    ("decide", "auto", "0.5"),
    ("decisions", "export", "{}/decisions.jsonl"),
    ("split", "--attribute", "Make"),
    ("export", "{}/set", "--replace"),
    ("flickr", "status"),
    ("flickr", "search", "--text", "dog"),
    ("flickr", "exif"),
    ("flickr", "download"),
    ("flickr", "recheck"),
]


def flipped(data: bytearray, rng: random.Random) -> None:
    """Some bits."""
    for _ in range(rng.choice([1, 20, 400])):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def random_bytes(data: bytearray, rng: random.Random) -> None:
    """A stretch of noise."""
    start = rng.randrange(len(data))
    length = min(rng.choice([64, 4096, 40_000]), len(data) - start)
    data[start : start + length] = rng.randbytes(length)


def cut(data: bytearray, rng: random.Random) -> None:
    """The file's end is lost."""
    del data[rng.randrange(1, len(data)) :]


def a_page_of_zeros(data: bytearray, rng: random.Random) -> None:
    """A page that was never written."""
    start = rng.randrange(len(data) // 4096) * 4096
    data[start : start + 4096] = bytes(4096)


def another_page(data: bytearray, rng: random.Random) -> None:
    """A page in the place of another one."""
    one, other = (rng.randrange(len(data) // 4096) * 4096 for _ in range(2))
    data[one : one + 4096] = data[other : other + 4096]


NOWHERE = {
    "FLICKR_API_KEY": "a" * 32,
    "CURATE_FLICKR_ENDPOINT": "http://127.0.0.1:9/services/rest/",
    "CURATE_FLICKR_HOSTS": "127.0.0.1:9",
    "CURATE_FLICKR_CALLS_PER_HOUR": "100000000",
}
"""An environment in which Flickr does not answer."""


@pytest.fixture
def filled(
    workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Workspace:
    """A workspace with photos, some of Flickr, and decisions, whose catalogue is one file."""
    for name, value in NOWHERE.items():
        monkeypatch.setenv(name, value)
    for number in range(6):
        write_photo(tmp_path / "photos" / f"{number}.jpg", number, *(("Apple", "iPhone X") if number % 2 else ()))
    place = ("-w", str(workspace.root))
    assert run_cli(["ingest", str(tmp_path / "photos"), "--jobs", "1", *place]) == 0
    pair = [str(tmp_path / "photos" / f"{number}.jpg") for number in (1, 0)]
    assert run_cli(["decide", "accept", *pair, *place]) == 0
    with workspace.writing("test"), Catalog.open(workspace) as catalog:
        put_listings(catalog, [(Listing(number, "flickr", license="CC0-1.0"), None) for number in range(1, 30)])
        plan = begin_plan(catalog, "0", {"search": [{"text": "dog"}]}, [(0, "{}")])
        window = next_window(catalog, plan)
        assert window is not None
        record_found(catalog, plan, window, [(number, "1@N01", None) for number in range(1, 30)])
        for number in range(1, 9):
            record_step(catalog, number, "exif", "refused", "hidden")
    with closing(sqlite3.connect(workspace.catalog)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    capsys.readouterr()
    return workspace


@pytest.mark.parametrize("damage", [flipped, random_bytes, cut, a_page_of_zeros, another_page])
def test_no_command_breaks_off_on_a_damaged_catalogue(
    filled: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str], damage: Any
) -> None:
    """Each either works, or says what is wrong with which file and what to do."""
    whole, rng = filled.catalog.read_bytes(), random.Random(damage.__name__)
    failed = 0
    for words in COMMANDS * 2:
        data = bytearray(whole)
        damage(data, rng)
        for left in filled.root.glob("catalog.sqlite*"):
            left.unlink()
        filled.catalog.write_bytes(data)
        code = run_cli([*(word.format(tmp_path) for word in words), "-w", str(filled.root)])
        said = capsys.readouterr().err
        if code == Exit.FAILED and "catalog.sqlite" in said:
            failed += 1
            assert len(said[said.index("curate: ") :].splitlines()) >= 2, said
    assert failed > 3


def test_a_database_of_something_else_is_left_alone(workspace: Workspace) -> None:
    """No table is made in it, and it is not written to."""
    with closing(sqlite3.connect(workspace.catalog)) as connection:
        connection.execute("CREATE TABLE mine (x)")
        connection.commit()
    before = workspace.catalog.read_bytes()
    for read_only in (False, True):
        with pytest.raises(WorkspaceError, match="not one of lenstrace"), Catalog.open(workspace, read_only=read_only):
            pass
    assert workspace.catalog.read_bytes() == before


def test_a_table_that_is_gone_is_damage(filled: Workspace) -> None:
    """Not a mistake of the program's that should be reported."""
    with closing(sqlite3.connect(filled.catalog)) as connection:
        connection.execute("DROP TABLE verdict")
        connection.commit()
    with pytest.raises(WorkspaceError, match="damaged") as caught, Catalog.open(filled) as catalog:
        catalog.connection.execute("SELECT * FROM verdict")
    assert "mv " in caught.value.way_out


def test_a_mistake_of_the_program_is_not_called_damage(filled: Workspace) -> None:
    """Where the catalogue is whole, an exception stays what it is."""
    with closing(connect_read_only(filled.catalog)) as connection:
        for mistake in (ValueError("x"), KeyError("x"), UnicodeDecodeError("utf-8", b"\xff", 0, 1, "x")):
            with pytest.raises(type(mistake)), damage_told(lambda: connection, filled.catalog):
                raise mistake


def test_the_app_calls_damage_and_disks_by_their_names(workspace: Workspace) -> None:
    """Neither is a mistake in lenstrace, and no file is written about them."""
    damage = as_message(sqlite3.DatabaseError("database disk image is malformed"), "x", workspace)
    disk = as_message(OSError(errno.EIO, "Input/output error"), "x", workspace)
    assert "damaged" in str(damage)
    assert isinstance(disk, StorageError)
    assert not list(workspace.cache.glob("failure*"))


@pytest.mark.parametrize("call", ["open", "ftruncate", "pwrite"])
@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC, errno.EROFS])
def test_a_lock_that_the_disk_refuses(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    """What failed on which file, and what to do; afterwards the lock is free."""
    done = getattr(os, call)

    def refusing(file: Any, *rest: Any, **more: Any) -> Any:
        if call != "open" or str(file).endswith("workspace.lock"):
            raise OSError(number, os.strerror(number))
        return done(file, *rest, **more)

    with monkeypatch.context() as patched:
        patched.setattr(os, call, refusing)
        with pytest.raises(StorageError, match="cannot be written to") as caught, workspace.writing("test"):
            pass
    assert "workspace.lock" in caught.value.why
    with workspace.writing("test"):
        pass


def test_locking_that_a_file_system_does_not_know(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on some network drives: a message, not a traceback."""
    import fcntl

    def refusing(handle: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refusing)
    with pytest.raises(StorageError, match="No locks available"), workspace.writing("test"):
        pass


@pytest.mark.parametrize("kind", ["a folder", "a pipe"])
def test_something_else_in_the_place_of_the_lock(workspace: Workspace, kind: str) -> None:
    """It is named, and nothing hangs."""
    place = workspace.root / "workspace.lock"
    place.mkdir() if kind == "a folder" else os.mkfifo(place)
    with pytest.raises(StorageError, match=r"workspace\.lock"), workspace.writing("test"):
        pass
