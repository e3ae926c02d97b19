"""Workspaces that an older lenstrace made: whoever opens them first brings them up to date, readers too."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from curate.catalog import database, decisions
from curate.catalog.forgetting import forget
from curate.catalog.store import Catalog
from curate.cli import run_cli
from curate.errors import Exit, WorkspaceBusy, WorkspaceError
from curate.workspace import Workspace

FACTS = {"status": "ok", "exif": {"taken_precision": "unknown", "readers": [], "disagreements": []}}
"""What a reading was, when there was less to tell."""


def sha(number: int) -> str:
    """A file's hash."""
    return f"{number:064x}"


@contextmanager
def first_schema(workspace: Workspace) -> Iterator[sqlite3.Connection]:
    """A new catalogue of the first schema."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "migrations", lambda first=database.migrations()[:1]: first)
        with closing(database.connect(workspace.catalog)) as db:
            yield db


@pytest.fixture
def older(workspace: Workspace) -> Workspace:
    """A workspace of the first schema: two phone photos, two camera photos, candidates, one accepted
    pair, one clock."""
    with first_schema(workspace) as db, database.transaction(db):
        cameras = [(1, "Apple", "iPhone X", "smartphone"), (2, "Canon", "Canon EOS 40D", "dslr")]
        db.executemany("INSERT INTO camera (id, make, model, type) VALUES (?, ?, ?, ?)", cameras)
        for number in range(4):
            path = f"/photos/{number}.jpg"
            db.execute(
                "INSERT INTO photo (id, path_bytes, path, source, status, sha256, photo_id, extension, camera) "
                "VALUES (?, ?, ?, 'local', 'ok', ?, ?, 'jpg', ?)",
                (number + 1, path.encode(), path, sha(number), number, 1 + number % 2),
            )
            db.execute("INSERT INTO reading VALUES (?, ?)", (number + 1, json.dumps(FACTS)))
        db.executemany("INSERT INTO candidate VALUES (?, ?, ?, 1, '{}', 0)", [(1, 2, 0.9), (3, 4, 0.8)])
        db.execute(
            "INSERT INTO clock_offset (camera_a, camera_b, seconds, support, origin, source) "
            "VALUES ('Apple|iPhone X', 'Canon|Canon EOS 40D', 3.0, 4, 'photos', 'content')"
        )
        pair = {"phone": sha(0), "other": sha(1), "subject_idx": 0, "before": None}
        db.execute("INSERT INTO decision VALUES (1, '2024-01-01', 'ann', 'accept', ?)", (json.dumps(pair),))
        db.execute("INSERT INTO verdict VALUES (?, ?, 'accepted', 0, 1, 0)", (sha(0), sha(1)))
    return workspace


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("photos --format jsonl", "/photos/3.jpg"),
        ("photos --where subject_idx=0 --format jsonl", "/photos/1.jpg"),
        ("skipped --format jsonl", ""),
        ("cameras --format jsonl", "iPhone X"),
        ("duplicates --json", "exact"),
        ("clocks --json", "Apple|iPhone X"),
        ("pairs --format jsonl", "/photos/2.jpg"),
        ("groups --format jsonl", "/photos/0.jpg"),
        ("decisions export", sha(0)),
    ],
)  # fmt: skip
def test_every_reading_command_reads_it(
    older: Workspace, capsys: pytest.CaptureFixture[str], command: str, told: str
) -> None:
    """The reader upgrades it, keeps a copy of how it was, and prints what is in it."""
    assert run_cli([*command.split(), "-w", str(older.root)]) == Exit.DONE
    assert told in capsys.readouterr().out
    assert (older.backups / "catalog-v1.sqlite").exists()


def test_the_log_survives_the_upgrade(older: Workspace) -> None:
    """Entries, their numbers and the verdicts that rest on them are as before; it stays append-only, and undo goes on."""
    with Catalog.open(older) as catalog:
        log = [tuple(row) for row in catalog.connection.execute("SELECT seq, at, who, action FROM decision")]
        assert log == [(1, "2024-01-01", "ann", "accept")]
        assert catalog.connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert catalog.connection.execute("PRAGMA foreign_key_list(verdict)").fetchone()["table"] == "decision"
        for change in ("DELETE FROM decision", "UPDATE decision SET who = 'bob'"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                catalog.connection.execute(change)
        assert forget(catalog, ["/photos/2.jpg"]) == 1
        undone = [decisions.undo(catalog), decisions.undo(catalog), decisions.undo(catalog)]
        assert [step.action if step else None for step in undone] == ["forget", "accept", None]
        assert catalog.count() == 4


def test_drawing_matches_of_it_is_refused_in_words(older: Workspace, tmp_path: Path) -> None:
    """Its photos have no previews; that is said, as for any workspace."""
    words = ["matches", "/photos/0.jpg", "/photos/1.jpg", "-w", str(older.root), "-o", str(tmp_path / "m.png")]
    assert run_cli(words) == Exit.USAGE


def test_a_reader_upgrades_under_the_writers_lock(older: Workspace) -> None:
    """While somebody writes it is left alone, and the reader is told who does."""
    with older.writing("pair"), pytest.raises(WorkspaceBusy, match="curate pair"), Catalog.open(older, read_only=True):
        pass
    with closing(sqlite3.connect(older.catalog)) as db:
        assert db.execute("PRAGMA user_version").fetchone()[0] == 1
    with Catalog.open(older, read_only=True) as catalog, older.writing("pair"):
        assert catalog.count() == 4
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            catalog.touch()


def test_applied_migrations_are_recorded(older: Workspace) -> None:
    """By number and name, beside the number of the schema."""
    with Catalog.open(older) as catalog:
        rows = [tuple(row) for row in catalog.connection.execute("SELECT number, name FROM migration ORDER BY number")]
        assert rows == [(number, step.name) for number, step in enumerate(database.migrations(), start=1)]
        assert catalog.connection.execute("PRAGMA user_version").fetchone()[0] == len(rows) > 1


def test_a_migration_of_another_name_is_refused(older: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second schema of an unreleased version is not the second schema of this one."""
    with Catalog.open(older):
        pass
    first, _, *later = database.migrations()
    monkeypatch.setattr(database, "migrations", lambda: [first, database.Migration("0002_other", "SELECT 1;"), *later])
    with pytest.raises(WorkspaceError, match="unreleased"), Catalog.open(older, read_only=True):
        pass


def unrecorded(workspace: Workspace, version: int) -> None:
    """Make the catalogue one of the versions that did not record their migrations."""
    with first_schema(workspace) as db:
        db.executescript(f"DROP TABLE migration; PRAGMA user_version = {version};")


@pytest.mark.parametrize("read_only", [True, False])
def test_the_last_unreleased_schema_is_the_first_one(workspace: Workspace, read_only: bool) -> None:
    """It is recorded as the first one from then on, and upgraded as that one is."""
    unrecorded(workspace, 9)
    for _ in range(2):
        with Catalog.open(workspace, read_only=read_only) as catalog:
            assert catalog.count() == 0
            rows = catalog.connection.execute("SELECT name FROM migration ORDER BY number")
            assert [row[0] for row in rows] == [step.name for step in database.migrations()]
    assert [path.name for path in workspace.backups.glob("catalog-v*")] == ["catalog-v1.sqlite"]


def test_an_earlier_unreleased_schema_is_refused_with_a_way_out(workspace: Workspace) -> None:
    """Nothing is changed; decisions can be taken along."""
    unrecorded(workspace, 3)
    for read_only in (True, False):
        with pytest.raises(WorkspaceError, match="unreleased") as refused, Catalog.open(workspace, read_only=read_only):
            pass
        assert "decisions export" in refused.value.way_out and "mv " in refused.value.way_out
    with closing(sqlite3.connect(workspace.catalog)) as db:
        assert db.execute("PRAGMA user_version").fetchone()[0] == 3
