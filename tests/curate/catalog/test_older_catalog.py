"""Workspaces that an older lenstrace made: whoever opens them first brings them up to date, readers too."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from curate.catalog import decisions
from curate.catalog.database import migrations
from curate.catalog.forgetting import forget
from curate.catalog.store import Catalog
from curate.cli import run_cli
from curate.errors import Exit, WorkspaceBusy
from curate.workspace import Workspace

FACTS = {"status": "ok", "exif": {"taken_precision": "unknown", "readers": [], "disagreements": []}}
"""What a reading was, when there was less to tell."""


def sha(number: int) -> str:
    """A file's hash."""
    return f"{number:064x}"


@pytest.fixture
def older(workspace: Workspace) -> Workspace:
    """A workspace of the first schema: two phone photos, two camera photos, candidates, one accepted pair, one clock."""
    with closing(sqlite3.connect(workspace.catalog)) as db, db:
        db.executescript(migrations()[0] + "PRAGMA user_version = 1;")
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
        db.executemany("INSERT INTO candidate VALUES (?, ?, ?, 1, '{}')", [(1, 2, 0.9), (3, 4, 0.8)])
        db.execute("INSERT INTO clock_offset VALUES ('Apple|iPhone X', 'Canon|Canon EOS 40D', 3.0, NULL, 4, 'photos')")
        pair = {"phone": sha(0), "other": sha(1), "subject_idx": 0, "before": None}
        db.execute("INSERT INTO decision VALUES (1, '2024-01-01', 'ann', 'accept', ?)", (json.dumps(pair),))
        db.execute("INSERT INTO verdict VALUES (?, ?, 'accepted', 0, 1)", (sha(0), sha(1)))
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
    assert (older.root / "catalog-v1.sqlite").exists()


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
