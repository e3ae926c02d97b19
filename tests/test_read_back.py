"""What was written is read back whatever became of it: read, or refused with a reason, and never a traceback or a wait."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from curate.catalog.store import Catalog
from curate.cli import run_cli
from curate.photos.previews import is_whole, open_preview
from curate.workspace import Workspace
from curate.workspace.settings import SETTINGS
from tests.helpers.programs import benchmark
from tracer.results import photo_scores as perphoto

DAMAGE: dict[str, Callable[[Path], object]] = {
    "not UTF-8": lambda path: path.write_bytes(b"\xff\xfe\0"),
    "nested": lambda path: path.write_bytes(b"a=" + b"[" * 100_000),
    "a long number": lambda path: path.write_bytes(b"a=" + b"1" * 10_000),
    "empty": lambda path: path.write_bytes(b""),
    "a folder": Path.mkdir,
    "a pipe": os.mkfifo,
    "a link to itself": lambda path: path.symlink_to(path.name),
    "an endless file": lambda path: path.symlink_to("/dev/zero"),
}
"""What stands in a file's place."""


NOT_EMPTY = [name for name in DAMAGE if name != "empty"]
"""An empty file can be read: settings have defaults, and a list may hold nothing."""


@pytest.mark.parametrize("damage", NOT_EMPTY)
def test_settings(workspace: Workspace, damage: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Settings that cannot be read end a command that needs them with an error that names the file."""
    path = workspace.root / SETTINGS
    with Catalog.open(workspace):
        pass  # so that it is a workspace without its settings, too
    path.unlink()
    DAMAGE[damage](path)
    assert run_cli(["export", str(workspace.root.parent / "set"), "-w", str(workspace.root)]) == 1
    said = capsys.readouterr().err
    assert SETTINGS in said
    assert "Traceback" not in said


@pytest.mark.parametrize("damage", NOT_EMPTY)
@pytest.mark.parametrize(
    "words",
    [
        ["ingest", ".", "--labels", "FILE"],
        ["pairs", "import", "FILE"],
        ["decisions", "import", "FILE"],
        ["audit", "FILE"],
    ],
    ids=lambda words: words[0],
)
def test_lists(
    workspace: Workspace, tmp_path: Path, words: list[str], damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Sidecars, lists of pairs, decisions and split files that cannot be read end their command with an error of ours."""
    path = tmp_path / "list"
    DAMAGE[damage](path)
    where = [] if words[0] == "audit" else ["-w", str(workspace.root)]
    code = run_cli([str(path) if word == "FILE" else str(tmp_path) if word == "." else word for word in words] + where)
    assert code in (1, 2)
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "content",
    [b"{}", b"\xff", b"[" * 100_000, b'{"schema": "lenstrace/dataset/1"}'],
    ids=["no schema", "not UTF-8", "nested", "no files"],
)
def test_status_with_a_damaged_set(workspace: Workspace, content: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder below exports/ whose manifest cannot be read is no set, and the status is told all the same."""
    assert run_cli(["new", str(workspace.root), "--json"]) == 0
    capsys.readouterr()
    folder = workspace.exports / "set"
    folder.mkdir()
    (folder / "manifest.json").write_bytes(content)
    assert run_cli(["status", "-w", str(workspace.root), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sets"] == []


@pytest.mark.parametrize("damage", DAMAGE)
def test_previews(tmp_path: Path, damage: str) -> None:
    """A damaged preview is as good as none."""
    path = tmp_path / "preview.jpg"
    DAMAGE[damage](path)
    assert not is_whole(path)
    assert open_preview(path) is None


@pytest.mark.parametrize("column", ["photo_id", "cluster", "value"])
@pytest.mark.parametrize("odd", ["x", None, [1]], ids=str)
def test_values_by_photo(tmp_path: Path, column: str, odd: object) -> None:
    """A run's values by photo that are no numbers are as good as none."""
    rows = dict.fromkeys(perphoto.KEY, "x") | {"photo_id": 1, "cluster": 1, "value": 0.5}
    pd.DataFrame([rows | {column: odd}, rows | {column: odd}]).to_parquet(tmp_path / perphoto.NAME)
    found = perphoto.read(tmp_path)
    assert found == {} or (column, odd) == ("value", None)  # null is a number that is not known


@pytest.mark.slow
def test_changed_files_are_read_or_refused() -> None:
    """The fuzzing of files that are read back, in small: nothing uncaught, no hang, no process that died."""
    result = benchmark("fuzz_read_back", "--inputs", "300", "--seed", "7", "--workers", "2")
    assert result.returncode == 0, result.stdout + result.stderr
    assert len(re.findall(r"^  .+: [\d,]+ re(?:ad|fused)", result.stdout, re.MULTILINE)) > 25  # kinds of files
