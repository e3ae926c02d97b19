"""What does not fit on the screen is marked, and room that is there is used."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.text import Text
from textual.app import App, ComposeResult
from textual.widgets import Static
from textual.widgets._footer import FooterKey

from curate.catalog.store import Catalog
from curate.tui.modes import SCREENS
from curate.tui.widgets.differences import Differences
from curate.tui.widgets.ellipsis import FoldedText
from curate.tui.widgets.listing import shared
from curate.tui.widgets.phototable import PhotoTable
from curate.workspace import Workspace
from tests.curate.tui.test_app import opened, press_in_turn, until
from tests.curate.tui.workspaces import EVIDENCE, make_workspace

LONG_NAME = "20240603_081832_a_walk_along_the_harbour_in_the_morning.jpg"


@pytest.mark.parametrize(
    ("room", "widths"),
    [
        (100, [20, 10, 30]),  # all fit
        (44, [17, 10, 17]),  # the longest are cut, evenly
        (24, [8, 8, 8]),
        (23, [13, 10, 30]),  # the third does not fit at its least: the others fill the room, it is scrolled to
        (32, [11, 10, 11]),
        (5, [8, 10, 30]),
    ],
)
def test_columns_share_the_room(room: int, widths: list[int]) -> None:
    """Three columns that want 20, 10 and 30 characters, and need 8."""
    assert shared([20, 10, 30], [8, 8, 8], room) == widths


def test_room_that_no_column_wants_is_filled() -> None:
    """Beside columns that are whole no part of the next one is seen, which would look cut."""
    assert shared([5, 6, 30], [5, 6, 20], 18) == [5, 13, 30]


def drawn(app: App[None]) -> list[str]:
    """The lines on the screen."""
    return ["".join(segment.text for segment in line) for line in app.screen._compositor.render_strips()]


async def test_names_take_the_room_of_a_wide_window(tmp_path: Path) -> None:
    """160 columns show a long name whole; in 80 it is cut with a mark, and so is everything else that is cut."""
    workspace = make_workspace(tmp_path / "w", 1, previews=False)
    with Catalog.open(workspace) as catalog:
        catalog.connection.execute("UPDATE photo SET path = ? WHERE path LIKE '%IMG_0000.JPG'", (f"/p/{LONG_NAME}",))
    async with opened(workspace, size=(160, 48)) as (app, pilot):
        assert any(LONG_NAME in line and "smartphone" in line for line in drawn(app))
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        (line,) = [line for line in drawn(app) if "20240603" in line]
        assert "…" in line and line.split()[-1] in ("smartphone", "smartphone▁")
        assert len(app.screen.query_one(PhotoTable).browse) == 2


async def test_a_headline_that_is_cut_says_so(tmp_path: Path) -> None:
    """The facts of the library do not fit beside a long name of a workspace."""
    workspace = make_workspace(tmp_path / "w", 1, previews=False)
    (workspace.root / "workspace.toml").write_text('name = "a walk along the harbour in the morning of a day in May"\n')
    async with opened(Workspace.open(workspace.root), size=(80, 24)) as (app, _):
        assert drawn(app)[0].rstrip().endswith("…")


async def test_headlines_fit_80_columns(tmp_path: Path) -> None:
    """The review's pace and the time that is left, and what the library counts; a wide window says more."""
    workspace = make_workspace(tmp_path / "w", 40, previews=False)
    (workspace.root / "workspace.toml").write_text('name = "ws1"\n')
    async with opened(Workspace.open(workspace.root), "review", (80, 24)) as (app, pilot):
        await press_in_turn(app, pilot, *("space", "x") * 5)
        top = drawn(app)[0]
        assert " left" in top and "of 30 proposed" in top and "5 ✓ 5 ✗" in top and "…" not in top
        await pilot.resize_terminal(160, 40)
        await until(pilot, lambda: "5 accepted, 5 rejected" in drawn(app)[0] and "a minute, " in drawn(app)[0])
        await pilot.resize_terminal(80, 24)
        await pilot.press("L", "V", *"jjjjjjjjjjjj", "V")
        await until(pilot, lambda: "13 chosen · by path ▲ " in drawn(app)[2])
        assert "40 phone, 40 camera" in drawn(app)[0] and "…" not in drawn(app)[0]
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: "13 chosen (e labels, F forgets) · by path ▲" in drawn(app)[2])


async def test_evidence_takes_the_room_of_hidden_details(tmp_path: Path) -> None:
    """At 80x24 three lines of it are shown, with what the clocks say; i shows all of it, and again as before."""
    workspace = make_workspace(tmp_path / "w", 1)
    said = EVIDENCE | {"agreement": 30.0, "parallax": 5.0, "extent": 1.0, "alignment": 0.9, "rotation_deg": 90.0}
    with Catalog.open(workspace) as catalog:
        catalog.connection.execute("UPDATE candidate SET evidence = ?", (json.dumps(said),))
    async with opened(workspace, "review", (80, 24)) as (app, pilot):
        text = app.screen.query_one("#evidence", FoldedText)
        await until(pilot, lambda: text.size.height == 3)
        shown = str(text.render())
        assert "taken 12 s apart" in shown.replace("\n", " ").replace("  ", " ") and shown.endswith("…")
        await pilot.press("i")
        await until(pilot, lambda: text.size.height > 4)
        assert "".join(str(text.render()).split()) == "".join(text.text.split())
        assert app.screen.query_one("#pictures").size.height >= 9
        await pilot.press("i")
        await until(pilot, lambda: text.size.height == 3)


class Folding(App[None]):
    """One folded text in a window."""

    def compose(self) -> ComposeResult:
        yield FoldedText(lambda: 2, id="text")
        yield Static("below", id="below")


async def test_a_text_folds_and_ends_in_an_ellipsis() -> None:
    """Two lines where they are enough; where not, the second one says so."""
    async with Folding().run_test(size=(30, 10)) as pilot:
        text = pilot.app.query_one(FoldedText)
        for words, lines in (("short", 1), ("word " * 9, 2), ("word " * 30, 2)):
            text.show(Text(words))
            await pilot.pause()
            assert text.size.height == lines and pilot.app.query_one("#below").region.y == lines
            assert ("…" in str(text.render())) == (words.count("word") == 30)


async def test_unknown_is_neither_equal_nor_different(tmp_path: Path) -> None:
    """A sign stands between two values only; where a file does not say one, there is none."""
    async with opened(make_workspace(tmp_path / "w", 1), "review", size=(120, 40)) as (app, _):
        table = app.screen.query_one(Differences)
        table.show(
            {"width": 3, "height": 2, "software": "17", "format": "JPEG"},
            {"width": 3, "height": 2, "format": "PNG"},
            ("a", "b"),
        )
        cells = [list(column.cells) for column in table.render().columns]  # type: ignore[union-attr]
        signs = {str(name): str(sign) for name, sign in zip(cells[0], cells[2], strict=True)}
        assert (signs["size"], signs["encoding"], signs["software"]) == ("=", "≠", "") and "focal" not in signs


@pytest.mark.parametrize("key", ["question_mark", "slash"])
async def test_a_dialog_stands_in_the_middle_over_the_screen_below(tmp_path: Path, key: str) -> None:
    """The rows below a dialog stay in sight, and as much room is left of it as right of it, above as below."""
    workspace = make_workspace(tmp_path / "w", 1, previews=False)
    async with opened(workspace, size=(160, 48)) as (app, pilot):
        await pilot.press(key)
        await pilot.pause()
        (box,) = app.screen.query(".dialog")
        assert box.region.x > 10 and abs(box.region.x - (160 - box.region.right)) <= 1
        assert box.region.y > 0 and abs(box.region.y - (47 - box.region.bottom)) <= 1  # the last row has its keys
        assert any("harbour walk" in line for line in drawn(app))


@pytest.mark.parametrize("mode", list(SCREENS))
async def test_the_footer_ends_with_the_keys_that_always_help(mode: str, tmp_path: Path) -> None:
    """At 80 columns: the palette, the list of keys, and the way out are in sight on every screen."""
    async with opened(make_workspace(tmp_path / "w", 2, previews=False), mode, size=(80, 24)) as (app, pilot):
        await pilot.pause()
        footer = drawn(app)[-1].rstrip()
        assert footer.endswith("^p Menu  ? Help  q Quit"), footer


async def test_the_footer_is_made_anew_only_where_its_keys_change(tmp_path: Path) -> None:
    """A dialog that closes leaves the keys below as they were; other keys on another screen are shown."""
    async with opened(make_workspace(tmp_path / "w", 2, previews=False), "library", size=(160, 48)) as (app, pilot):
        await pilot.pause()
        before = list(app.screen.query(FooterKey))
        await pilot.press("slash")
        await pilot.press("escape")
        await pilot.pause()
        assert list(app.screen.query(FooterKey)) == before and before
        await pilot.press("tab")  # into the facets and back: Textual tells of changed keys each time
        await pilot.press("tab")
        await pilot.pause()
        assert [key.key for key in app.screen.query(FooterKey)] == [key.key for key in before]
        await pilot.press("f2")
        await pilot.pause()
        assert [key.key for key in app.screen.query(FooterKey)] != [key.key for key in before]


async def test_a_window_that_was_too_small_shows_the_keys_that_work(tmp_path: Path) -> None:
    """Once it is large enough, the footer names the keys of the screen."""
    async with opened(make_workspace(tmp_path / "w", 2), "review", (60, 15)) as (app, pilot):
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: "Space Accept" in drawn(app)[-1])
