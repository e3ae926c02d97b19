"""Runs, their figures and their comparison, without a screen and by keys."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.widgets import DataTable, Input, Static

from curate import handoff
from curate.catalog.sets import remember_run
from curate.catalog.store import Catalog
from curate.errors import CurateError, HandoffError
from curate.operations.evaluating import Evaluate
from curate.sources.made import MANIFEST
from curate.tui import results
from curate.tui.results import BAR, Figure, bar, figures, known_about, not_measured, runs_here, state_of
from curate.tui.screens.help import described
from curate.tui.widgets.listing import Listing
from curate.tui.widgets.told import Told
from curate.workspace import Workspace
from tests.curate.tui.test_app import opened, status, until
from tests.curate.tui.test_library import drawn
from tests.curate.tui.workspaces import make_workspace
from tracer.base.progress import Work, finish

ROW = {
    "experiment": "probe", "dataset": "w", "encoder": "offline/efficientnet-lite0", "attribute": "Make", "processing": "IDENTITY",
    "mask_ratio": 0.95, "setting": "acquisition", "metric": "accuracy", "value": 0.8, "ci_low": 0.7, "ci_high": 0.9,
    "chance": 0.5, "n": 40, "seed": 42,
}  # fmt: skip

KNOWN = [
    {"name": "offline/efficientnet-lite0", "group": "offline", "available": True},
    {"name": "clip/ViT-B-16", "group": "contrastive", "available": False},
]
PLAN = {
    "measured": [{"experiment": "probe", "what": "probe of Make", "mask_ratios": [0.0, 0.95]}],
    "skipped": [
        *({"what": f"thing {n}", "why": "too few", "on_request": False} for n in range(20)),
        {"what": "other labels", "why": "only done when asked for", "on_request": True},
    ],
}


def make_run(workspace: Workspace, name: str, age: int = 100, rows: Any = (ROW,)) -> Path:
    """A finished run."""
    run = workspace.runs / name
    run.mkdir(parents=True)
    (run / "results.json").write_text(json.dumps({"rows": list(rows)}))
    (run / "report.html").write_text("<html>")
    os.utime(run / "report.html", (2e9 - age, 2e9 - age))
    return run


def test_runs_are_listed(catalog: Catalog) -> None:
    """Stopped ones first, then the newest; whether the set was written again since; no other folder."""
    workspace = catalog.workspace
    for name, age in (("old", 300), ("new", 100)):
        make_run(workspace, name, age)
    (workspace.runs / "begun" / "shards").mkdir(parents=True)
    (workspace.runs / "empty").mkdir()
    elsewhere = workspace.root.parent / "set-run"
    make_run(Workspace(workspace.root.parent / "x"), "y", 200).rename(elsewhere)
    remember_run(catalog, workspace.root.parent / "set", elsewhere)
    manifest = workspace.exports / "old" / MANIFEST
    manifest.parent.mkdir()
    manifest.write_text("{}")
    os.utime(manifest, (2e9 - 200, 2e9 - 200))
    found = runs_here(catalog)
    assert [run.path.name for run in found] == ["begun", "new", "set-run", "old"]
    assert state_of(found[0]) == "not finished" and "its set changed since" in state_of(found[3])
    assert found[2].dataset == workspace.root.parent / "set" and found[1].dataset is None


def test_figures_are_read(catalog: Catalog) -> None:
    """In their order and in words; a run without results has none, a damaged one is refused."""
    rows = [ROW, ROW | {"setting": "unseen-cameras", "value": None, "ci_low": None, "processing": "JPEG75_420"}]
    found = figures(make_run(catalog.workspace, "one", rows=rows))
    assert [figure.what for figure in found] == ["probe of Make", "probe of Make, unseen-cameras, JPEG75_420"]
    assert found[0].masked == 0.95 and found[1].value is None
    assert figures(catalog.workspace.runs / "none") == []
    for text in ("{", "[]", '{"rows": [{}]}', '{"rows": 3}'):
        (catalog.workspace.runs / "one" / "results.json").write_text(text)
        with pytest.raises(CurateError, match="cannot be read"):
            figures(catalog.workspace.runs / "one")


@given(*[st.one_of(st.none(), st.floats(-1, 2)) for _ in range(4)])
def test_a_bar_has_one_width(value: float | None, low: float | None, high: float | None, chance: float | None) -> None:
    """Whatever the figures are, and nothing is drawn of what lies outside 0 to 1."""
    drawn = bar(Figure("", "", "", 0.0, value, low, high, chance))
    assert len(drawn) == (BAR if value is not None and 0 <= value <= 1 else 0)
    assert ("│" in drawn) == bool(drawn and chance is not None and 0 < chance < 1)


def test_what_would_be_measured_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Encoders that are here and those to be fetched, what is measured, and why something is not."""
    monkeypatch.setattr(handoff, "known_encoders", lambda: KNOWN)
    monkeypatch.setattr(handoff, "planned_evaluation", lambda dataset, encoders: PLAN)
    lines = known_about(tmp_path, ("offline",))
    text = "\n".join(f"{name}: {said}" for name, said in lines)
    assert "here: offline/efficientnet-lite0" in text and "1 encoder when named: 1 contrastive" in text
    assert "probe of Make, plain and with 95 % of the photo covered" in text
    assert "not measured: thing 0: too few" in text and "thing 19: too few" in text
    assert "when asked for: other labels: only done when asked for" in text
    skipped = [*PLAN["skipped"], {"what": "neighbours", "why": "0 photos qualify", "on_request": False}]
    (tmp_path / "results.json").write_text(json.dumps({"rows": [], "skipped": skipped}))
    lines = known_about(tmp_path, ("offline",), tmp_path)
    assert ("nor in this run", "neighbours: 0 photos qualify") in lines
    assert sum("too few" in text for _, text in lines) == 20
    assert len(not_measured(tmp_path)) == 21
    assert known_about(None, ("offline",))[-1] == ("measured", "there is no set yet; e exports one")


async def test_runs_by_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures follow the cursor; two runs are compared; the report's place is told; a stopped run is gone on with."""
    workspace = make_workspace(tmp_path / "w", 0)
    make_run(workspace, "one", 100)
    make_run(workspace, "two", 200, [ROW | {"value": 0.6}] * 3)
    (workspace.runs / "begun" / "shards").mkdir(parents=True)
    monkeypatch.setattr("curate.tui.actions.open_page", lambda _: False)
    side = ROW | {"a": 0.8, "b": 0.6, "ci_low": -0.3, "ci_high": -0.1}
    monkeypatch.setattr(results.handoff, "compared_runs", lambda *_: [side, side | {"b": None}])
    monkeypatch.setattr(results.handoff, "known_encoders", lambda: KNOWN)
    async with opened(workspace, "runs") as (app, pilot):
        table = app.screen.query_one("#figures", DataTable)
        await pilot.press("o")
        assert "no report yet" in status(app)
        await pilot.press("g")
        assert app.screen.query_one("#out", Input).value == "runs/begun"
        await pilot.press("escape", "down")
        await until(pilot, lambda: table.row_count == 1)
        await pilot.press("c")
        assert "mark another run first" in status(app)
        await pilot.press("m", "down")
        await until(pilot, lambda: table.row_count == 3)
        await pilot.press("c")
        await until(pilot, lambda: "difference" in str(app.screen.query_one("#of-run", Static).render()))
        assert [str(cell) for cell in table.get_row_at(0)][4:6] == ["0.800", "→ 0.600"]
        assert str(table.get_row_at(1)[5]) == "→ –"
        await pilot.press("o")
        await until(pilot, lambda: "there is no browser here" in status(app))
        assert "runs/two/report.html" in status(app)
        await pilot.press("w")
        await until(pilot, lambda: isinstance(app.screen, Told))
        await pilot.press("q")
        assert app.is_running


QUERIES = [
    f"query={side}{negatives}"
    for side in ("phone", "dslr/compact")
    for negatives in ("", ",negatives=same", ",negatives=different")
]
STAGES = ("stage=before", "method=leace,stage=after", "method=leace,stage=change")
KINDS = [
    *(("probe", label, setting) for label in ("Is Smartphone", "Make", "Model")
      for setting in ("acquisition", "unseen-cameras", "unseen-cameras,matched")),
    *(("retrieval", "Is Smartphone", query + unseen) for query in QUERIES for unseen in ("", ",unseen-cameras")),
    *(("mitigation", label, stage + query) for label in ("Is Smartphone", "Make")
      for stage in STAGES for query in ("", *(f",{query}" for query in QUERIES))),
]  # fmt: skip


async def test_figures_are_told_apart_at_80_columns(tmp_path: Path) -> None:
    """By what of them is in view; the whole figure under the cursor stands below, and Tab, which is listed, goes there."""
    workspace = make_workspace(tmp_path / "w", 0)
    rows = [
        ROW | {"experiment": experiment, "attribute": label, "setting": setting, "encoder": encoder, "metric": metric}
        for encoder in ("offline/efficientnet-lite0", "offline/efficientnet-lite2", "baseline/residual")
        for experiment, label, setting in KINDS
        for metric in ("balanced_accuracy", "accuracy", "recall@1")
    ]
    make_run(workspace, "one", rows=rows)
    async with opened(workspace, "runs", (80, 24)) as (app, pilot):
        table = app.screen.query_one("#figures", Listing)
        await until(pilot, lambda: table.row_count == len(rows))
        seen = set()
        for row in table.ordered_rows:
            cells = [cell.copy() for cell in table.get_row(row.key)[:4]]
            for cell, column in zip(cells, table.ordered_columns, strict=False):
                cell.truncate(column.width, overflow="ellipsis")
            seen.add(tuple(cell.plain for cell in cells))
        assert len(seen) == len(rows)
        assert "━━━" in drawn(app)  # the bar is in view
        await until(pilot, lambda: "Tab Figures" in drawn(app).splitlines()[-1])  # the footer is drawn last
        assert "Tab" in {one.key_display for one in described(app.screen)}
        await pilot.press("tab", "j", "j")
        assert table.cursor_row == 2
        whole = "probe of Is Smartphone · recall@1 · offline/efficientnet-lite0 · 95 % of the photo covered · 0.800"
        await until(pilot, lambda: whole in str(app.screen.query_one("#figure", Static).render()))
        await pilot.press("tab", "j")
        assert table.cursor_row == 2


def test_what_is_only_measured_when_asked_for_is_not_counted(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It could be measured."""

    def evaluated(*_: Any) -> Work[Any]:
        yield from ()
        return {"seconds": 1.0, "skipped": PLAN["skipped"]}, False

    monkeypatch.setattr(handoff, "evaluating", evaluated)
    (tmp_path / "set").mkdir()
    asked = Evaluate(place=tmp_path / "set", encoders=("offline",), out=tmp_path / "run")
    assert "20 things could not be measured (w in Runs lists them)" in finish(asked.run(catalog)).summary()


async def test_a_damaged_run_and_a_failing_tracer_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both become messages."""

    def fail() -> Any:
        raise HandoffError("tracer encoders failed", "it crashed")

    workspace = make_workspace(tmp_path / "w", 0)
    (make_run(workspace, "one") / "results.json").write_text("{")
    monkeypatch.setattr(results.handoff, "known_encoders", fail)
    async with opened(workspace, "runs") as (app, pilot):
        await until(pilot, lambda: "cannot be read" in status(app))
        await pilot.press("w")
        await until(pilot, lambda: "it crashed" in status(app))
