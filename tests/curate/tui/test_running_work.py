"""Long work belongs to the app: each screen shows it and stops it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input, Static

from curate.catalog.store import Catalog
from curate.tui.app import CurateApp
from curate.tui.messages import WorkAdvanced
from curate.tui.work import StageRate
from tests.curate.tui.test_app import opened, status, until
from tests.curate.tui.workspaces import make_workspace
from tracer.base.progress import Progress


class Endless:
    """A search for pairs that goes on until it is closed, or let go."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.closed = threading.Event()

    def __call__(self, _catalog: Catalog, **_settings: bool) -> Iterator[Progress]:
        """Do the work."""
        try:
            while not self.go.wait(0.01):
                yield Progress("looking for ever", 3, 7)
        finally:
            self.closed.set()
        raise OSError("the disk went away")


@pytest.fixture
def endless(monkeypatch: pytest.MonkeyPatch) -> Endless:
    """The search in place of the real one."""
    work = Endless()
    monkeypatch.setattr("curate.pairing.run.pair_workspace", work)
    return work


def running(app: CurateApp) -> str:
    """The line about running work; empty where it is not shown."""
    line = app.screen.query_one("#running", Static)
    return str(line.render()) if line.display else ""


@pytest.mark.parametrize("screen", ["f1", "f2", "f3", "f4", "f5", "f6"])
async def test_work_is_seen_and_stopped_on_every_screen(screen: str, endless: Endless, tmp_path: Path) -> None:
    """The line is there while it runs; Esc stops it, the screen in view says that it ended, and the line is gone."""
    async with opened(make_workspace(tmp_path / "w", 2, previews=False)) as (app, pilot):
        await pilot.press("f", screen)
        await until(pilot, lambda: "looking for ever: 3 of 7" in running(app) and "Esc stops" in running(app))
        await pilot.press("escape")
        assert running(app) in ("stopping …", "")
        await until(pilot, lambda: "pairs was stopped" in status(app))
        assert endless.closed.is_set() and running(app) == ""


async def test_how_far_work_is_stays_in_view_at_80_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is done at the moment is cut; how many of how many, and the key that stops, are not. A rate of 0 is not told."""
    go = threading.Event()

    def long_words(_catalog: Catalog, **_settings: bool) -> Iterator[Progress]:
        what = "measuring: probe of Make (offline/efficientnet-lite0), 14 of 15 probes fitted"
        while not go.wait(0.01):
            yield Progress(what, 9, 65)

    monkeypatch.setattr("curate.pairing.run.pair_workspace", long_words)
    async with opened(make_workspace(tmp_path / "w", 2, previews=False), size=(80, 24)) as (app, pilot):
        await pilot.press("f")
        await until(pilot, lambda: running(app).startswith("measuring: 9 of 65"))
        assert " · probe of Make (offline/effic" in running(app) and running(app).endswith("… · Esc stops")
        assert len(running(app)) == 78
        app.work.note(WorkAdvanced(Progress("measuring: probe of Make", 9, 65), 0.0025))
        assert "a second" not in app.work.line and "a minute" not in app.work.line
        app.work.note(WorkAdvanced(Progress("measuring: probe of Make", 9, 65), 0.15))
        assert app.work.line == "measuring: 9 of 65 · 9 a minute, about 6 min left"
        go.set()


def test_each_stage_goes_at_its_own_rate() -> None:
    """A slow stage before does not slow the next one down, and neither does one that counts from the beginning again."""
    rate, now = StageRate(), 0.0
    for what, counts, seconds, a_second in (
        ("reading: a.jpg", range(3), 20.0, 0.05),
        ("comparing", range(0, 2000, 100), 0.1, 1000.0),
        ("comparing", range(0, 900, 50), 1.0, 50.0),
    ):
        for done in counts:
            now += seconds
            told = rate.after(Progress(what, done, 2000), now)
        assert told == pytest.approx(a_second)


async def test_what_a_screen_says_stays_while_work_runs(endless: Endless, tmp_path: Path) -> None:
    """Progress has a line of its own; other work is refused, and the refusal stays to be read."""
    async with opened(make_workspace(tmp_path / "w", 2, previews=False)) as (app, pilot):
        await pilot.press("f")
        await until(pilot, lambda: "looking for ever" in running(app))
        await pilot.press("i")
        assert not app.screen.query(Input)
        advanced: list[Any] = []
        app.work.note = lambda message, note=app.work.note: (advanced.append(message), note(message))  # type: ignore[method-assign,misc]
        await until(pilot, lambda: len(advanced) > 2)
        assert "something is still running" in status(app)
        await pilot.press("f2", "f1")
        assert status(app) == ""


async def test_work_that_fails_is_told_on_the_screen_in_view(endless: Endless, tmp_path: Path) -> None:
    """It began in the library; the review is in view when it fails."""
    async with opened(make_workspace(tmp_path / "w", 2, previews=False)) as (app, pilot):
        await pilot.press("f", "f2")
        await until(pilot, lambda: "looking for ever" in running(app))
        endless.go.set()
        await until(pilot, lambda: "pairs failed" in status(app) and "the disk went away" in status(app))
        assert running(app) == ""


async def test_no_second_work_begins_before_the_first_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Work that was told to stop still writes until its next step."""
    step, begun = threading.Event(), []

    def slow(_catalog: Catalog, **_settings: bool) -> Iterator[Progress]:
        begun.append(1)
        yield Progress("one long step", 0)
        step.wait(30)
        yield Progress("one long step", 1)

    monkeypatch.setattr("curate.pairing.run.pair_workspace", slow)
    async with opened(make_workspace(tmp_path / "w", 2, previews=False)) as (app, pilot):
        await pilot.press("f")
        await until(pilot, lambda: "one long step" in running(app))
        await pilot.press("escape", "f")
        assert running(app) == "stopping …" and "still running" in status(app) and len(begun) == 1
        step.set()
        await until(pilot, lambda: "was stopped" in status(app))


async def test_escape_says_where_nothing_runs(tmp_path: Path) -> None:
    """It is listed on every screen, so it answers on every screen."""
    async with opened(make_workspace(tmp_path / "w", 2, previews=False)) as (app, pilot):
        for screen in ("f1", "f2", "f3", "f4", "f5", "f6"):
            await pilot.press(screen, "escape")
            assert "nothing is running" in status(app)
