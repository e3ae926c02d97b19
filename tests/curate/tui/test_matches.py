"""The drawn matches of a pair, and candidates whose photo is paired already."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw
from textual.widgets import Static

from curate.catalog import decisions
from curate.errors import WorkspaceError
from curate.tui import drawn
from curate.tui.app import CurateApp
from curate.tui.widgets.ellipsis import FoldedText
from curate.tui.widgets.photo import PhotoView
from curate.workspace import Workspace
from tests.curate.tui.test_app import opened, status, until
from tests.curate.tui.workspaces import make_workspace


def with_scene(root: Path) -> Workspace:
    """A workspace whose first pair shows many corners, the second photo a little to the side."""
    workspace = make_workspace(root, 3)
    random = np.random.default_rng(1)
    scene = Image.new("RGB", (720, 480), (90, 110, 100))
    drawing = ImageDraw.Draw(scene)
    for x, y, width, height, *colour in random.integers(
        (0, 0, 8, 8, 0, 0, 0), (700, 460, 60, 60, 255, 255, 255), (220, 7)
    ):
        drawing.rectangle((x, y, x + width, y + height), tuple(int(v) for v in colour))
    for side in (0, 1):
        scene.crop((60 * side, 0, 640 + 60 * side, 480)).save(workspace.preview(f"{side:064x}"), "JPEG", quality=92)
    return workspace


def review(app: CurateApp) -> Any:
    """The review screen."""
    return app.screen


async def test_matches_are_drawn_and_left(tmp_path: Path) -> None:
    """m draws both photos as one picture with lines, m and Esc show the photos again, and a decision moves on from it."""
    async with opened(with_scene(tmp_path / "w"), "review") as (app, pilot):
        for leave in ("m", "escape", "tab", "v", "s"):
            while review(app).pair.phone != "/photos/phone/IMG_0000.JPG":
                await pilot.press("left_square_bracket")
            await pilot.press("m")
            await until(pilot, lambda: "points that agree on one view" in status(app))
            # the evidence counts other points, so a number here would contradict it
            assert review(app)._drawn.points > 30 and not any(char.isdigit() for char in status(app))
            assert review(app)._drawn.picture.size == (640 + 12 + 640, 480)
            assert not app.screen.query_one("#second").display and not app.screen.query_one("#differences").display
            caption = str(app.screen.query_one("#first .caption", Static).render())
            assert "IMG_0000.JPG" in caption and "DSC_0000.JPG" in caption
            await pilot.press(leave)
            assert review(app)._drawn is None and app.screen.query_one("#differences").display
        await pilot.press("left_square_bracket", "v", "m")
        await until(pilot, lambda: "points that agree on one view" in status(app))
        await pilot.press("space")
        assert decisions.tally(app.catalog).accepted == 1
        assert app.screen.query_one("#second").display


async def test_a_pair_without_common_points_says_so(tmp_path: Path) -> None:
    """Smooth pictures have no points: both are shown, without lines."""
    async with opened(make_workspace(tmp_path / "w", 2), "review") as (app, pilot):
        await pilot.press("m")
        await until(pilot, lambda: "too few points agree" in status(app))
        assert review(app)._drawn is not None


async def test_matches_that_cannot_be_drawn(tmp_path: Path) -> None:
    """Without previews there is an error with its way out, and the photos stay."""
    async with opened(make_workspace(tmp_path / "w", 2, previews=False), "review") as (app, pilot):
        await pilot.press("m")
        await until(pilot, lambda: "curate ingest" in status(app))
        assert "IMG_0000.JPG: " in status(app) and "preview" in status(app) and "/photos/" not in status(app)
        assert app.screen.query_one("#second").display


async def test_a_drawing_without_its_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the thread cannot open it, the reason and the way out are said, and the app goes on."""

    def locked(_: Workspace, *, read_only: bool) -> Any:
        raise WorkspaceError("the catalogue is locked", "by a backup", "Wait for it to end.")

    async with opened(make_workspace(tmp_path / "w", 2), "review") as (app, pilot):
        monkeypatch.setattr("curate.tui.drawn.Catalog.open", locked)
        await pilot.press("m")
        await until(pilot, lambda: "by a backup. Wait for it to end." in status(app))
        assert app.is_running and app.screen.query_one("#second").display


async def test_a_stopped_drawing_never_arrives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Esc, or another pair, while matches are looked for: the photos stay as they are."""
    answers: list[bool] = []
    draw = drawn.matches_of

    def slow(workspace: Any, pair: Any, swapped: bool, coarse: bool, stopped: Any) -> Any:
        while not stopped():
            time.sleep(0.01)
        answers.append(draw(workspace, pair, swapped, coarse, stopped) is None)

    monkeypatch.setattr("curate.tui.screens.review.matches_of", slow)
    async with opened(with_scene(tmp_path / "w"), "review") as (app, pilot):
        for number, stop in enumerate(("escape", "s", "m")):
            await pilot.press("m")
            assert "Esc stops" in status(app)
            await pilot.press(stop)
            await until(pilot, lambda number=number: len(answers) == number + 1)  # type: ignore[misc]
            assert answers[-1] and review(app)._drawn is None
            assert all(view.display for view in app.screen.query(PhotoView))


async def test_a_candidate_whose_photo_is_paired_says_so(tmp_path: Path) -> None:
    """Among the other candidates of a phone photo stands one that another photo took; accepting it is refused with the reason."""
    async with opened(make_workspace(tmp_path / "w", 3, previews=False), "review", size=(80, 24)) as (app, pilot):
        await pilot.press("s", "space", "left_square_bracket", "a")
        assert review(app).pair.taken
        said = app.screen.query_one("#evidence", FoldedText).text
        assert said.startswith("DSC_0001.JPG is already paired with IMG_0001.JPG")
        await pilot.press("space")
        assert "already has a partner" in status(app)
        assert decisions.tally(app.catalog) == decisions.Tally(1, 0)
        await pilot.press("x")
        assert decisions.tally(app.catalog) == decisions.Tally(1, 1)
