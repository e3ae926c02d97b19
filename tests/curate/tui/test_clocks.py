"""The clocks screen."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import DataTable, Input, Static

from curate.catalog.clocks import ClockOffset, clock_offsets, keep_clock_offsets
from curate.catalog.store import Catalog
from curate.errors import UsageError
from curate.pairing.clocks.workspace_offsets import state_clock_offset
from curate.tui.screens.clocks import sentence
from curate.workspace import Workspace
from tests.curate.tui.test_app import opened, status
from tests.curate.tui.workspaces import make_workspace

PHONE, CAMERA = "Apple|iPhone X", "NIKON CORPORATION|NIKON D5500"


def with_offsets(root: Path) -> Workspace:
    """A workspace whose camera was an hour ahead until it was set."""
    workspace = make_workspace(root, 2, previews=False)
    with Catalog.open(workspace) as catalog, catalog.transaction():
        keep_clock_offsets(
            catalog,
            [
                ClockOffset(PHONE, CAMERA, 3612.4, 4.0, 37, 3.2, "content", None, 1_714_830_000.0),
                ClockOffset(
                    PHONE, CAMERA, -5461.8, 22.0, 8, 12.0, "content", 1_714_830_000.0, None, 0.3, 1_714_830_000.0
                ),
            ],
        )
    return workspace


async def test_an_offset_is_told_in_words(tmp_path: Path) -> None:
    """Each row, and the one under the cursor in a sentence."""
    async with opened(with_offsets(tmp_path / "w")) as (app, pilot):
        await pilot.press("T")
        await pilot.pause()
        table = app.screen.query_one(DataTable)
        assert [str(cell) for cell in table.get_row_at(0)] == [
            "D5500", "iPhone X", "+1 h 0 min 12 s", "3.2 s", "37", "photos", "until 2024-05-04 13:40",
        ]  # fmt: skip
        await pilot.press("down")
        await pilot.pause()
        said = str(app.screen.query_one("#clock", Static).render())
        assert "is 1 h 31 min 2 s behind that of the Apple iPhone X (from 2024-05-04 13:40" in said
        assert "8 moments" in said and "gains 0.3 s a day" in said


async def test_a_stated_offset_stands_alone(tmp_path: Path) -> None:
    """What a person types takes the place of all that the photos said of the two clocks; nonsense changes nothing."""
    async with opened(with_offsets(tmp_path / "w"), "clocks") as (app, pilot):
        await pilot.press("e")
        field = app.screen.query_one(Input)
        assert field.value == "+1 h 0 min 12 s"
        for text, words in (("[red]soon", "not a duration: “[red]soon”"), ("9" * 20, "100 years at most")):
            field.value = text
            await pilot.press("enter")
            await pilot.pause()
            assert words in str(app.screen.query_one(".problem", Static).render())
            assert field.value == text and len(clock_offsets(app.catalog)) == 2
        field.value = "1:00:30"
        await pilot.press("enter")
        await pilot.pause()
        (offset,) = clock_offsets(app.catalog)
        assert (offset.seconds, offset.source, offset.camera_a) == (3630.0, "person", PHONE)
        assert "+1 h 0 min 30 s, not +1 h 0 min 12 s" in status(app)
        assert str(app.screen.query_one(DataTable).get_row_at(0)[5]) == "a person"
        await pilot.press("enter", "escape")
        assert clock_offsets(app.catalog) == [offset]
        await pilot.press("u")
        assert "taken back" in status(app) and len(clock_offsets(app.catalog)) == 2
        await pilot.press("r")
        assert clock_offsets(app.catalog) == [offset]


async def test_an_offset_nobody_estimated_is_stated(tmp_path: Path) -> None:
    """n asks for both cameras, then for the offset; it is kept the phone first, whichever was named first."""
    workspace = make_workspace(tmp_path / "w", 2, previews=False)
    async with opened(workspace, "clocks") as (app, pilot):
        assert app.screen.query_one("#welcome").display
        await pilot.press("e")
        assert "n states one" in status(app)
        await pilot.press("n", "enter")
        await pilot.pause()
        await pilot.press("enter")
        await pilot.pause()
        app.screen.query_one(Input).value = "-90"
        await pilot.press("enter")
        await pilot.pause()
        (offset,) = clock_offsets(app.catalog)
        assert (offset.camera_a, offset.camera_b, offset.seconds) == (PHONE, CAMERA, 90.0)
        assert not app.screen.query_one("#welcome").display


async def test_clocks_without_two_cameras(tmp_path: Path) -> None:
    """In an empty workspace there is nothing to state, and it says so."""
    async with opened(Workspace.create(tmp_path / "w"), "clocks") as (app, pilot):
        await pilot.press("n")
        assert "two cameras are needed" in status(app)


def test_every_source_is_a_sentence() -> None:
    """GPS, other cameras, a person, and clocks that agree."""
    for source, words in (
        ("gps", "compared with GPS time"),
        ("chain", "through other cameras"),
        ("person", "Stated by a person"),
    ):
        offset = ClockOffset(PHONE, CAMERA, 0.0, 1.0, 1, 2.0, source)  # type: ignore[arg-type]
        said = sentence(offset, "A", "B")
        assert said.startswith("The clock of the B reads the same as that of the A. ") and words in said


async def test_enter_on_an_unchanged_offset_states_nothing(tmp_path: Path) -> None:
    """The field holds what the photos say; Enter alone leaves it theirs."""
    async with opened(with_offsets(tmp_path / "w"), "clocks") as (app, pilot):
        await pilot.press("e", "enter")
        await pilot.pause()
        assert {offset.source for offset in clock_offsets(app.catalog)} == {"content"}
        assert "nothing was stated" in status(app)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (float("nan"), "nan is not a number"),
        (-99999999999.0, "-99999999999 s are 3,169 years"),
        (float("inf"), "inf is not"),
    ],
)
def test_an_absurd_offset_is_refused(tmp_path: Path, seconds: float, words: str) -> None:
    """No two clocks differ by more than a century; the message names the number."""
    with Catalog.open(with_offsets(tmp_path / "w")) as catalog:
        with pytest.raises(UsageError, match="offset between two clocks") as refused:
            state_clock_offset(catalog, PHONE, CAMERA, seconds)
        assert words in refused.value.why and len(clock_offsets(catalog)) == 2
        state_clock_offset(catalog, PHONE, CAMERA, -46 * 365 * 86_400.0)  # a clock that starts in 1980
