"""Scores follow decisions in the app, beside it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from curate.catalog.pairs import queue
from curate.catalog.store import Catalog
from curate.pairing.evidence import Evidence
from curate.pairing.learning import STEP, due, model
from curate.pairing.scoring import feature_rows
from curate.tui.app import CurateApp
from tests.tui.workspaces import make_workspace


async def test_after_a_step_the_waiting_pairs_are_scored_anew(tmp_path: Path) -> None:
    """Ten answers with keys: soon after, the pairs that wait have the scores of the model that follows them."""
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
            waiting = queue(catalog)
            scorer = model(catalog)
            assert waiting and [pair.score for pair in waiting] != before
            for pair in waiting:
                evidence = Evidence.from_dict(pair.evidence)
                assert evidence is not None
                assert pair.score == pytest.approx(scorer.probabilities(feature_rows([evidence]))[0])
            await pilot.press("u")
            await pilot.pause()
            await app.workers.wait_for_complete()
            assert not due(catalog)
