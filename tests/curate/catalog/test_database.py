"""Opening, upgrading and questioning the catalogue."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from curate.catalog import database, expressions
from curate.catalog.database import Migration
from curate.catalog.photos import put_photo
from curate.catalog.store import Catalog
from curate.errors import NewerSchema, UsageError, WorkspaceError
from curate.photos.facts import Exif, PhotoFacts, Status
from curate.workspace import Workspace


def fill(catalog: Catalog, count: int = 3) -> None:
    """Some photos of a phone and a camera."""
    with catalog.transaction():
        for number in range(count):
            make, model = ("Apple", "iPhone X") if number % 2 else ("Canon", "Canon EOS 40D")
            facts = PhotoFacts(Status.OK, sha256=f"{number:064x}", format="JPEG", exif=Exif(make=make, model=model))
            put_photo(catalog, f"/photos/{number}.jpg".encode(), facts, 1)


def test_a_newer_schema_is_refused_and_left_alone(workspace: Workspace) -> None:
    """A catalogue of a newer lenstrace is not opened, neither for writing nor for reading."""
    with sqlite3.connect(workspace.catalog) as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()
    for read_only in (False, True):
        with pytest.raises(NewerSchema, match="newer lenstrace"), Catalog.open(workspace, read_only=read_only):
            pass


def test_an_upgrade_keeps_a_copy_of_the_old_catalogue(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before a migration runs, the catalogue is copied beside itself, and the rows are still there after it."""
    with Catalog.open(workspace) as catalog:
        fill(catalog)
    scripts = database.migrations()
    monkeypatch.setattr(
        database, "migrations", lambda: [*scripts, Migration("0002_later", "CREATE TABLE later (x INTEGER) STRICT;")]
    )
    with Catalog.open(workspace) as catalog:
        assert catalog.connection.execute("SELECT count(*) FROM photo").fetchone()[0] == 3
        catalog.connection.execute("SELECT x FROM later")
    backup = workspace.backups / f"catalog-v{len(scripts)}.sqlite"
    connection = sqlite3.connect(backup)
    assert connection.execute("SELECT count(*) FROM photo").fetchone()[0] == 3
    connection.close()


def test_a_failed_migration_changes_nothing(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A migration that breaks half-way leaves the old version, which opens as before."""
    with Catalog.open(workspace) as catalog:
        fill(catalog)
    scripts = database.migrations()
    with monkeypatch.context() as patched:
        patched.setattr(
            database,
            "migrations",
            lambda: [
                *scripts,
                Migration("0002_half", "CREATE TABLE half (x INTEGER) STRICT; SELECT no_such_function();"),
            ],
        )
        with pytest.raises(WorkspaceError), Catalog.open(workspace):
            pass
    with Catalog.open(workspace) as catalog:
        assert not catalog.connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'half'").fetchall()


def test_a_damaged_catalogue_is_called_damaged(workspace: Workspace) -> None:
    """Not a traceback of SQLite's."""
    workspace.catalog.write_bytes(b"no database at all, " * 100)
    with pytest.raises(WorkspaceError, match="damaged"), Catalog.open(workspace):
        pass


@pytest.mark.parametrize(
    "expression",
    ["1) UNION SELECT path_bytes FROM photo --", "(SELECT count(*) FROM decision) > 0", "nonsense", "1; DROP TABLE photo",
     "load_extension('x')", "camera_type = (SELECT sql FROM sqlite_master)"],
)  # fmt: skip
def test_an_expression_reads_labels_and_nothing_else(catalog: Catalog, expression: str) -> None:
    """Other tables, other statements and plain mistakes are refused in words."""
    fill(catalog)
    with pytest.raises(UsageError):
        list(catalog.labels(expression))
    assert catalog.connection.execute("SELECT count(*) FROM photo").fetchone()[0] == 3


def test_an_endless_expression_is_stopped(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user's expression has a time limit."""
    fill(catalog)
    monkeypatch.setattr(expressions, "QUERY_SECONDS", 0.3)
    with pytest.raises(UsageError, match="stopped"):
        tables, paths = (", ".join(f"label l{n}" for n in range(20)), " || ".join(f"l{n}.path" for n in range(20)))
        list(catalog.labels(f"EXISTS (SELECT 1 FROM {tables} WHERE {paths} = 'x')"))


def test_expressions_use_the_label_columns(catalog: Catalog) -> None:
    """Columns with spaces are written in double quotes."""
    fill(catalog)
    assert [row["Model"] for row in catalog.labels('"Is Smartphone" = 1')] == ["iPhone X"]
    assert len(list(catalog.labels("camera_type = 'dslr'"))) == 2


def test_two_writers_of_one_workspace(workspace: Workspace) -> None:
    """The second is told who the first is; when the first is gone, it may write."""
    from curate.errors import WorkspaceBusy

    with workspace.writing("ingest"), pytest.raises(WorkspaceBusy, match="curate ingest"), workspace.writing("pair"):
        pass
    with workspace.writing("pair"):
        pass


def test_settings_that_do_not_fit_name_their_place(tmp_path: Path) -> None:
    """A wrong value and an unknown key are refused with the place in the file."""
    workspace = Workspace.create(tmp_path / "w", settings_text="[ingest]\njobs = -1\n")
    with pytest.raises(WorkspaceError, match=r"ingest\.jobs"):
        _ = workspace.settings
    typo = Workspace.create(tmp_path / "v", settings_text="[ingest]\njbos = 1\n")
    with pytest.raises(WorkspaceError, match=r"ingest\.jbos"):
        _ = typo.settings
