"""Scores follow decisions in the app, beside it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from curate.catalog import decisions
from curate.catalog.pairs import queue
from curate.catalog.store import Catalog
from curate.errors import StorageError
from curate.pairing.score.learning import STEP, due, follow
from curate.tui.app import CurateApp
from curate.tui.messages import WorkEnded
from curate.workspace import Workspace
from tests.curate.tui.test_app import opened, status, until
from tests.curate.tui.workspaces import make_workspace


def one_answer_before_a_step(root: Path) -> Workspace:
    """A workspace in which the next answer makes a whole step."""
    workspace = make_workspace(root, STEP + 4, previews=False)
    with Catalog.open(workspace) as catalog:
        for pair in queue(catalog)[1 - STEP :]:
            decisions.decide(catalog, "reject", pair.phone_sha256, pair.other_sha256)
        assert not due(catalog)
    return workspace


async def test_after_a_step_the_waiting_pairs_are_scored_anew(tmp_path: Path) -> None:
    """Ten answers with keys: soon after, the pairs that wait have the scores that follow from them."""
    workspace = make_workspace(tmp_path / "w", STEP + 4, previews=False)
    with workspace.writing("test"), Catalog.open(workspace) as catalog:
        app = CurateApp(catalog, "review", "half")
        async with app.run_test(size=(100, 30)) as pilot:
            await pilot.pause()
            before = [pair.score for pair in queue(catalog)]
            for number in range(STEP):
                await pilot.press("x" if number % 3 == 2 else "space")
            end = time.monotonic() + 60
            while due(catalog):
                assert time.monotonic() < end
                await pilot.pause(0.02)
            await app.workers.wait_for_complete()
            now = [pair.score for pair in queue(catalog)]
            assert now and now != before
            follow(catalog, always=True)
            assert [pair.score for pair in queue(catalog)] == now
            await pilot.press("u")
            await pilot.pause()
            await app.workers.wait_for_complete()
            assert not due(catalog)


async def test_a_pair_made_in_the_library_is_an_answer_too(tmp_path: Path) -> None:
    """The tenth one is given there, with m and p."""
    async with opened(one_answer_before_a_step(tmp_path / "w")) as (app, pilot):
        await pilot.press("m", *["down"] * (STEP + 6), "m", "p")
        assert status(app).startswith("paired: IMG_0002.JPG + DSC_0000.JPG")
        await until(pilot, lambda: not due(app.catalog))


async def test_scores_follow_once_work_has_ended(tmp_path: Path) -> None:
    """Photos that were taken in again may have taken their decisions with them."""
    async with opened(one_answer_before_a_step(tmp_path / "w")) as (app, pilot):
        pair = queue(app.catalog)[0]
        decisions.decide(app.catalog, "reject", pair.phone_sha256, pair.other_sha256)
        app.screen.post_message(WorkEnded("ingest: 1 updated"))
        await until(pilot, lambda: not due(app.catalog))
        assert "1 updated" in status(app)


async def test_scores_that_cannot_follow_end_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk is said in the status line, with the way out; the decision is kept and the app goes on."""

    def full(_: Catalog) -> bool:
        raise StorageError("the catalogue could not be written", "the disk is full", "Free some room.")

    monkeypatch.setattr("curate.pairing.score.learning.follow", full)
    async with opened(one_answer_before_a_step(tmp_path / "w"), "review") as (app, pilot):
        await pilot.press("x")
        await until(pilot, lambda: "the disk is full. Free some room." in status(app))
        await pilot.press("space")
        assert app.is_running and decisions.tally(app.catalog) == decisions.Tally(1, STEP)
