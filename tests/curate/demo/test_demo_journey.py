"""The demo's way, and where it does not go."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from curate.cli import run_cli
from curate.demo.journey import journey, main_figures
from curate.errors import Exit, UsageError
from curate.workspace import Workspace


def test_a_workspace_of_ones_own_gets_no_virtual_photos(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The demo refuses a workspace that it did not make, before it writes anything."""
    workspace = Workspace.create(tmp_path / "walk")
    before = sorted(path.name for path in workspace.root.iterdir())
    assert run_cli(["demo", str(workspace.root)]) == Exit.USAGE
    assert "Name a new folder" in capsys.readouterr().err
    with pytest.raises(UsageError, match="needs its own workspace"):
        journey(workspace.root, 2, 1, lambda _: pytest.fail("work began"), print)
    assert sorted(path.name for path in workspace.root.iterdir()) == before


def test_a_folder_of_photos_is_refused_with_a_free_one_for_the_demo(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The way out is the demo's own command, not the one that makes an empty workspace."""
    (tmp_path / "holiday").mkdir()
    (tmp_path / "holiday" / "1.jpg").write_bytes(b"")
    assert run_cli(["demo", str(tmp_path / "holiday")]) == Exit.USAGE
    assert f"curate demo {tmp_path / 'holiday-workspace'}\n" in capsys.readouterr().err


def row(setting: str, metric: str, value: float, experiment: str = "probe") -> dict[str, Any]:
    """A row of results.json."""
    return {
        "experiment": experiment, "attribute": "Is Smartphone", "setting": setting, "metric": metric, "value": value,
        "ci_low": value - 0.1, "ci_high": value + 0.1, "chance": 0.5, "n": 250, "encoder": "e", "mask_ratio": 0.9,
    }  # fmt: skip


def test_the_last_table_parts_known_cameras_from_unseen_ones(tmp_path: Path) -> None:
    """A figure of cameras that the probe was trained on is not worded as if it told the kind of any camera."""
    rows = [
        row("acquisition", "accuracy", 0.9),
        row("acquisition", "balanced_accuracy", 0.89),
        row("unseen-cameras", "balanced_accuracy", 0.7),
        row("acquisition", "accuracy", 0.6, "knn"),
    ]
    (tmp_path / "results.json").write_text(json.dumps({"rows": rows}))
    shown = {figure["what"]: figure["value"] for figure in main_figures(tmp_path / "results.parquet")}
    assert shown == {
        "recognises the phones among these cameras": "0.900",
        "tells phone from camera on unseen models": "0.700",
    }
