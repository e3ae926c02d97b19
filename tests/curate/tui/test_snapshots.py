"""The screens as pictures, at two sizes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from curate.catalog.clocks import ClockOffset, keep_clock_offsets
from curate.catalog.store import Catalog
from curate.tui.app import CurateApp
from tests.curate.tui.workspaces import make_workspace

SIZES = ((80, 24), (120, 40))


@pytest.fixture
def app(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[CurateApp]:
    """The app on twelve pairs, on the screen that the test asks for."""
    workspace = make_workspace(tmp_path / "w", 12)
    with Catalog.open(workspace) as catalog:
        keep_clock_offsets(
            catalog, [ClockOffset("Apple|iPhone X", "NIKON CORPORATION|NIKON D5500", 3612.4, 4.0, 37, 3.2)]
        )
        yield CurateApp(catalog, request.param, "half")


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("app", ["library", "review", "clocks"], indirect=True)
def test_screen(app: CurateApp, size: tuple[int, int], snap_compare: Any) -> None:
    """The screens look as they did when somebody last looked at them."""

    async def settle(pilot: Pilot[None]) -> None:
        await pilot.pause()  # a key that comes before the pair is drawn decides nothing
        await pilot.press(*(["space"] if app._start == "review" else []))
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=settle)
