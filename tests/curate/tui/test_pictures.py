"""Pictures as half cells: where they are placed, what is sent, and what is kept."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from rich.console import Console
from rich.style import Style
from textual.events import MouseScrollDown
from textual.geometry import Region
from textual.widget import Widget
from textual.widgets import Input

from curate.catalog import decisions
from curate.catalog.store import Catalog
from curate.catalog.wanted import Wanted
from curate.errors import UsageError
from curate.tui.app import CurateApp
from curate.tui.halfcells import NOTHING_DRAWN, centred, half_cells
from curate.tui.pictures import DECODED, Pictures, prepare
from curate.tui.reviewing import wanted_of
from curate.tui.view import MOST, WHOLE, View, placed
from curate.tui.widgets.candidates import COLUMNS
from tests.curate.tui.test_app import opened, status, until
from tests.curate.tui.workspaces import make_workspace, picture

SIZES = st.tuples(st.integers(1, 6000), st.integers(1, 6000))
ROOMS = st.tuples(st.integers(1, 300), st.integers(1, 100))


@given(SIZES, SIZES, ROOMS, st.lists(st.integers(-2, 3), max_size=6), st.lists(st.floats(-1, 1), max_size=6))
def test_a_pair_has_one_scale_and_fits(
    one: tuple[int, int], two: tuple[int, int], room: tuple[int, int], steps: list[int], pans: list[float]
) -> None:
    """Whatever the pictures, the room and the view: each fits, its part lies in it, and both longer sides are equal."""
    view = WHOLE
    for step in steps:
        view = view.zoomed(step)
    for pan in pans:
        view = view.panned(pan, -pan)
    assert 1 <= view.zoom <= MOST
    for size in (one, two):
        place = placed(size, (one, two), room, view)
        assert place is not None and 1 <= place.columns <= room[0] and 1 <= place.rows <= room[1]
        left, upper, right, lower = place.box
        assert 0 <= left < right <= size[0] and 0 <= upper < lower <= size[1]
    whole = [placed(size, (one, two), room) for size in (one, two)]
    longer = [max(place.columns, 2 * place.rows) for place in whole if place is not None]
    assert abs(longer[0] - longer[1]) <= 2
    assert placed(one, (two,), (0, 5)) is None


def test_what_is_sent_is_what_the_segments_say() -> None:
    """The text that was made at once shows the same cells as the segments that are made where they are asked for."""
    place = placed((320, 240), (), (30, 12))
    assert place is not None
    drawn = half_cells(picture(3, warm=True), place)
    console = Console(color_system="truecolor", force_terminal=True, file=io.StringIO())
    strips = centred(drawn, (30, 12), Style(bgcolor="#101010"), console)
    assert len(strips) == 12 and all(strip.cell_length == 30 for strip in strips)
    for strip in strips:
        cells = list(strip)
        assert sum(len(segment.text) for segment in cells) == 30
        sent = strip.render(console)
        colours = [segment.style for segment in cells if segment.text == "▀"]
        assert sent.count("▀") == len(colours)
        for style in colours:
            assert style is not None and style.color is not None and style.bgcolor is not None
            upper, lower = style.color.get_truecolor(), style.bgcolor.get_truecolor()
            assert f"38;2;{upper.red};{upper.green};{upper.blue};48;2;{lower.red};{lower.green};{lower.blue}m" in sent
    few = Console(color_system="256", force_terminal=True, file=io.StringIO())
    assert "38;5;" in centred(drawn, (30, 12), Style(), few)[6].render(few)
    assert [strip.text for strip in centred(NOTHING_DRAWN, (3, 2), Style(), console)] == ["   ", "   "]


def test_pictures_are_decoded_once_and_forgotten_in_turn(tmp_path: Path) -> None:
    """What was prepared is there; a missing preview is looked for again; old ones make way."""
    workspace = make_workspace(tmp_path / "w", 1)
    with Catalog.open(workspace):
        pictures = Pictures(workspace)
        prepare(pictures, [(f"{0:064x}", f"{1:064x}")], (40, 20), True, lambda: False)
        assert pictures.is_decoded(f"{0:064x}") and pictures.picture(f"{0:064x}") is pictures.picture(f"{0:064x}")
        place = placed((320, 240), (), (40, 20))
        assert place is not None
        known = pictures.picture(f"{0:064x}")
        assert known is not None
        assert pictures.drawn(f"{0:064x}", known, place) is pictures.drawn(f"{0:064x}", known, place)
        assert pictures.picture("f" * 64) is None and not pictures.is_decoded("f" * 64)
        for number in range(2, 2 + DECODED):
            made = workspace.preview(f"{number:064x}")
            made.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (4, 3)).save(made, "JPEG")
            assert pictures.picture(f"{number:064x}") is not None
        assert not pictures.is_decoded(f"{0:064x}") and pictures.is_decoded(f"{DECODED:064x}")


async def test_zoom_pan_blink_and_details(tmp_path: Path) -> None:
    """Both pictures are zoomed and moved together, whole again with 0, and whole for the next pair."""
    async with opened(make_workspace(tmp_path / "w", 4), "review", size=(120, 40)) as (app, pilot):
        view = app.screen.query_one("PairView")
        await pilot.press("left")
        assert "+ zooms in" in status(app)
        await pilot.press("plus", "equals_sign", "l", "j")
        assert view.view.zoom == pytest.approx(2.25) and view.view.x > 0.5 and view.view.y > 0.5
        await pilot.press("right", "right", "right", "right", "right")
        assert "edge" in status(app)
        await pilot.press("0")
        assert view.view == WHOLE
        await pilot.press("plus", "tab")
        assert view.view.zoom == 1.5 and view.swapped
        await pilot.press("space")
        assert view.view == WHOLE and not view.swapped
        assert app.screen.query_one("#candidates").display and app.screen.query_one("#differences").display
        height = view.size.height
        await pilot.press("i")
        await pilot.pause()
        assert not app.screen.query_one("#candidates").display and view.size.height > height
        await pilot.press("i")
        await pilot.pause()
        await pilot.click("#candidates", offset=(20, 2))
        assert app.screen.pair.assigned is False  # type: ignore[attr-defined]


async def test_flag_note_filter_and_order(tmp_path: Path) -> None:
    """f and t remark on the pair, u takes that back by name, / and o choose the pairs; a wrong answer keeps the form."""
    async with opened(make_workspace(tmp_path / "w", 4, previews=False), "review", size=(120, 40)) as (app, pilot):
        await pilot.press("f")
        assert "flagged: IMG_0000.JPG" in status(app)
        await pilot.press("t", *"red door", "enter")
        await until(pilot, lambda: "noted on IMG_0000.JPG" in status(app))
        evidence = app.screen.query_one("#evidence").text  # type: ignore[attr-defined]
        assert "⚑ flagged" in evidence and "note: red door" in evidence
        await pilot.press("u")
        assert "taken back: noted on IMG_0000.JPG" in status(app)
        await pilot.press("r", "space")
        await pilot.press("slash")
        app.screen.query_one("#only", Input).value = "red"
        await pilot.press("enter")
        assert "✗ only cannot be 'red'. Write flagged" in str(app.screen.query_one(".problem").render())
        app.screen.query_one("#only", Input).value = "flagged"
        await pilot.press("enter")
        await until(pilot, lambda: "asking about flagged" in status(app))
        assert app.screen.pair is None  # type: ignore[attr-defined]
        await pilot.press("u")
        assert app.screen.pair.phone.endswith("IMG_0000.JPG")  # type: ignore[attr-defined]
        await pilot.press("o")
        assert "least certain first" in status(app)


def test_the_answers_of_the_filter() -> None:
    """Percentages, words and an order; what cannot be understood is refused with the way out."""
    empty = {"camera": "", "least": "", "most": "", "only": "", "order": ""}
    assert wanted_of(empty) == Wanted()
    said = {"camera": "nikon", "least": "20", "most": "90 %", "only": "noted, flagged", "order": "Camera"}
    assert wanted_of(said) == Wanted("nikon", 0.2, 0.9, True, True, "camera")
    for wrong in ({"least": "x"}, {"most": "120"}, {"only": "red"}, {"order": "best"}, {"least": "90", "most": "20"}):
        with pytest.raises(UsageError):
            wanted_of(empty | wrong)


def test_a_view_comes_back() -> None:
    """Zooming in and out again, moved or not, shows the whole pictures."""
    assert View().zoomed(4).panned(1, 1).zoomed(-9) == WHOLE


@pytest.mark.parametrize("images", ["kitty", "sixel", "none"])
async def test_other_ways_to_draw(tmp_path: Path, images: Any) -> None:
    """Real pictures are zoomed and swapped too; without pictures all else is there."""
    workspace = make_workspace(tmp_path / "w", 3)
    with workspace.writing("test"), Catalog.open(workspace) as catalog:
        app = CurateApp(catalog, "review", images)
        async with app.run_test(size=(100, 36)) as pilot:
            await pilot.pause()
            await pilot.press("plus", "l", "tab", "v", "i", "0", "space")
            await pilot.pause()
            assert decisions.tally(catalog).accepted == 1
            shown = app.screen.query("#first .picture")
            if images == "none":
                assert not shown and "pictures are off" in str(app.screen.query_one("#first .no-picture").render())
            else:
                assert shown.first().image.size == (320, 240)  # type: ignore[attr-defined]
                await pilot.press("plus", "plus")
                assert shown.first().image.size[0] < 320  # type: ignore[attr-defined]


async def test_below_a_dialog_sixel_pictures_are_drawn_with_characters(tmp_path: Path) -> None:
    """A Sixel picture would lie over the dialog; it comes back when the dialog is closed."""
    workspace = make_workspace(tmp_path / "w", 3)
    with workspace.writing("test"), Catalog.open(workspace) as catalog:
        app = CurateApp(catalog, "review", "sixel")
        async with app.run_test(size=(120, 40)) as pilot:
            picture = app.screen.query_one("#first .picture")

            def drawn() -> str:
                whole = picture.render_lines(Region(0, 0, *picture.size))
                assert all(line.cell_length == picture.size.width for line in whole)
                part = picture.render_lines(Region(2, 1, 5, 3))
                assert [line.cell_length for line in part] == [5, 5, 5]
                return "".join(line.text for line in whole)

            await until(pilot, lambda: picture.image is not None and picture.region.area > 0)  # type: ignore[attr-defined]
            assert "\x1bP" in drawn() and "▀" not in drawn()
            await pilot.press("question_mark")
            await until(pilot, lambda: app.screen.is_modal)
            assert "\x1bP" not in drawn() and set(drawn()) == {"▀"}
            await pilot.press("escape")
            await until(pilot, lambda: not app.screen.is_modal)
            assert "\x1bP" in drawn()


async def test_the_mouse_on_pictures_of_the_terminals_own_kind(tmp_path: Path) -> None:
    """A click on a candidate's picture chooses it, and one on a picture of the grid its photo; the wheel scrolls the grid."""
    workspace = make_workspace(tmp_path / "w", 30)
    with workspace.writing("test"), Catalog.open(workspace) as catalog:
        app = CurateApp(catalog, "review", "sixel")
        async with app.run_test(size=(120, 40)) as pilot:
            strip = app.screen.query_one("#candidates")
            await until(pilot, lambda: len([one for one in strip.query(".picture") if one.region.area]) == 2)
            second = strip.query(".picture")[1]
            assert second.region.x > strip.region.x + COLUMNS
            await pilot.click(second, offset=(2, 1))
            await until(pilot, lambda: app.screen.pair.assigned is False)  # type: ignore[attr-defined]
            await pilot.press("f1", "g")
            grid = app.screen.query_one("#grid")

            def pictures() -> list[Widget]:
                return [one for one in app.screen.query("GridPictures > .picture") if one.region.area]

            await until(pilot, lambda: len(pictures()) >= 6)
            last = max(pictures(), key=lambda one: (one.region.y, one.region.x))
            at = grid.at_point(*(last.region.offset - grid.region.offset))  # type: ignore[attr-defined]
            assert at > 0
            await pilot.click(last, offset=(2, 2))
            await until(pilot, lambda: app.screen.browse.cursor == at)  # type: ignore[attr-defined]
            await pilot._post_mouse_events([MouseScrollDown], last, offset=(2, 2), button=0)
            await until(pilot, lambda: grid.scroll_offset.y > 0)
