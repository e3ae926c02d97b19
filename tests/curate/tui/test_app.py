"""The app, driven by keys."""

from __future__ import annotations

import subprocess
import sys
import time
from ast import literal_eval
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from rich.text import Text
from textual.app import ScreenStackError
from textual.css.query import NoMatches
from textual.pilot import Pilot
from textual.widgets import Input, Static

from curate.catalog import decisions
from curate.catalog.pairs import pairs, queue
from curate.catalog.photos import put_photo
from curate.catalog.store import Catalog
from curate.errors import WorkspaceBusy
from curate.photos.facts import Exif, PhotoFacts, Status
from curate.tui.app import CurateApp, images_mode
from curate.tui.screens.help import described
from curate.tui.shown import shown
from curate.tui.terminal_images import asked_terminal
from curate.tui.widgets.facetlist import FacetList
from curate.tui.widgets.pair import PairView
from curate.tui.widgets.photo import PhotoView
from curate.tui.widgets.phototable import COLUMNS, PhotoTable
from curate.workspace import Workspace
from tests.conftest import write_photo
from tests.curate.tui.workspaces import make_workspace

Key = str


@asynccontextmanager
async def opened(
    workspace: Workspace, start: Any = "library", size: tuple[int, int] = (100, 30)
) -> AsyncIterator[tuple[CurateApp, Pilot[None]]]:
    """The app on a workspace, ready for keys."""
    with workspace.writing("test"), Catalog.open(workspace) as catalog:
        app = CurateApp(catalog, start, "half")
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await until(pilot, lambda: in_sight(app))
            yield app, pilot


def in_sight(app: CurateApp) -> bool:
    """Whether the pair of the review has been drawn: a key that comes before decides nothing."""
    pair = getattr(app.screen, "pair", None)
    return pair is None or app.screen._seen == (pair.phone_id, pair.other_id)  # type: ignore[attr-defined]


async def press_in_turn(app: CurateApp, pilot: Pilot[None], *keys: str) -> None:
    """Press keys of the review, each once the pair before it is drawn."""
    for key in keys:
        await until(pilot, lambda: in_sight(app))
        await pilot.press(key)


def status(app: CurateApp) -> str:
    """The status line."""
    return str(app.screen.query_one("#status", Static).render())


def names_in_list(app: CurateApp) -> list[str]:
    """What the library's table shows in the column of names."""
    browse = app.screen.query_one(PhotoTable).browse
    return [str(COLUMNS[0].cell(row)) for at in range(len(browse)) if (row := browse.row(at))]


async def until(pilot: Pilot[None], condition: Callable[[], bool]) -> None:
    """Wait for work in the background."""
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, status(pilot.app)  # type: ignore[arg-type]
        await pilot.pause(0.02)


async def test_a_hundred_pairs_with_keys_alone(tmp_path: Path) -> None:
    """Yes, no and later: each key decides one pair and shows the next, and the catalogue says the same."""
    workspace = make_workspace(tmp_path / "w", 100, previews=False)
    async with opened(workspace, "review") as (app, pilot):
        for number in range(100):
            await pilot.press("x" if number % 5 == 4 else "space")
        counts = decisions.tally(app.catalog)
        assert counts == decisions.Tally(80, 20)
        right = {(pair.phone, pair.other) for pair in pairs(app.catalog, "accepted")}
        assert all(Path(phone).stem[-4:] == Path(other).stem[-4:] for phone, other in right)


async def test_undo_after_a_restart(tmp_path: Path) -> None:
    """The app is closed and opened again; u takes the last decision back and shows its pair."""
    workspace = make_workspace(tmp_path / "w", 4, previews=False)
    async with opened(workspace, "review") as (_, pilot):
        await pilot.press("space", "space")
    async with opened(workspace, "review") as (app, pilot):
        assert decisions.tally(app.catalog).accepted == 2
        await pilot.press("u")
        assert decisions.tally(app.catalog).accepted == 1
        assert app.screen.pair.phone.endswith("IMG_0001.JPG")  # type: ignore[attr-defined]
        await pilot.press("r")
        assert decisions.tally(app.catalog).accepted == 2
        await pilot.press("u", "u", "u")
        assert decisions.tally(app.catalog).accepted == 0
        assert "nothing to undo" in status(app)


async def test_skip_swap_and_alternatives(tmp_path: Path) -> None:
    """Skipping decides nothing; Tab lets the sides change places; a shows the other candidates of the phone photo."""
    workspace = make_workspace(tmp_path / "w", 3)
    async with opened(workspace, "review") as (app, pilot):
        first = app.screen.pair  # type: ignore[attr-defined]
        captions = [str(view.render()) for view in app.screen.query(".caption").results(Static)]
        assert "phone" in captions[0] and "camera" in captions[1]
        await pilot.press("tab")
        swapped = [str(view.render()) for view in app.screen.query(".caption").results(Static)]
        assert swapped == captions[::-1]
        await pilot.press("a")
        assert app.screen.pair.phone == first.phone and app.screen.pair.other != first.other  # type: ignore[attr-defined]
        await pilot.press("a", "s")
        assert app.screen.pair.phone != first.phone  # type: ignore[attr-defined]
        assert decisions.tally(app.catalog) == decisions.Tally(0, 0)
        assert len(queue(app.catalog)) == 6


async def test_two_marked_photos_are_paired(tmp_path: Path) -> None:
    """Any two photos, candidates or not; the phone's side is found by its type."""
    workspace = make_workspace(tmp_path / "w", 3, previews=False)
    async with opened(workspace) as (app, pilot):
        await pilot.press("m", *["down"] * 5, "m", "p")
        assert "paired" in status(app)
        (pair,) = pairs(app.catalog, "accepted")
        assert (Path(pair.phone).name, Path(pair.other).name) == ("IMG_0002.JPG", "DSC_0000.JPG")
        await pilot.press("p")
        assert "mark two photos" in status(app)


async def test_ingest_from_within_the_app(tmp_path: Path) -> None:
    """A folder typed into the app is taken in, with what could not be read counted."""
    for number in range(3):
        write_photo(tmp_path / "photos" / f"{number}.jpg", number)
    (tmp_path / "photos" / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
    workspace = Workspace.create(tmp_path / "w")
    async with opened(workspace) as (app, pilot):
        assert app.screen.query_one("#welcome").display
        await pilot.press("i")
        app.screen.query_one(Input).value = str(tmp_path / "photos")
        await pilot.press("enter")
        await until(pilot, lambda: "added" in status(app))
        assert "4 added" in status(app) and "1 unreadable" in status(app)
        assert len(app.screen.query_one(PhotoTable).browse) == 4
        await pilot.press("i")
        app.screen.query_one(Input).value = "/nowhere/at/all"
        await pilot.press("enter")
        assert "Check the spelling" in str(app.screen.query_one(".problem").render())
        await pilot.press("escape")
        assert app.catalog.count() == 4


async def test_the_columns_of_a_sidecar_are_warned_of(tmp_path: Path) -> None:
    """As the command does: what is not used is named with what was meant; a file that names no photos is refused in the form."""
    write_photo(tmp_path / "photos" / "a.jpg", 1)
    labels = tmp_path / "labels.csv"
    async with opened(Workspace.create(tmp_path / "w"), size=(80, 24)) as (app, pilot):
        await pilot.press("i", *str(tmp_path / "photos"), "down", *str(labels))
        labels.write_text("photo,label\na.jpg,pier\n")
        await pilot.press("enter")
        assert "no column that names photos" in str(app.screen.query_one(".problem").render())
        labels.write_text("path,label,license\nphotos/a.jpg,pier,\nb.jpg,,\n")
        await pilot.press("enter")
        await until(pilot, lambda: "1 added" in status(app))
        _, *remarks = status(app).splitlines()
        assert [line[:2] for line in remarks] == ["! "] * 4 and "label: did you mean semantic_label?" in remarks[1]
        assert "license is empty in 2 rows" in remarks[2] and "no photo was found for 1 row" in remarks[3]
        assert app.screen.query_one("#status").size.height >= 7


async def test_filter_by_word_and_by_expression(tmp_path: Path) -> None:
    """A plain word, an expression over the label columns, a wrong expression, and all again."""
    workspace = make_workspace(tmp_path / "w", 5, previews=False)
    async with opened(workspace) as (app, pilot):
        table = app.screen.query_one(PhotoTable).browse
        for text, rows in (("nikon", 5), ("camera_type = 'smartphone'", 5), ("img_0001", 1), ("it's", 0)):
            await pilot.press("slash")
            app.screen.query_one(Input).value = text
            await pilot.press("enter")
            await until(pilot, lambda rows=rows: len(table) == rows)  # type: ignore[misc]
        await pilot.press("slash")
        app.screen.query_one(Input).value = "no_such_column = 1"
        await pilot.press("enter")
        assert "cannot be used" in str(app.screen.query_one(".problem", Static).render())
        assert app.screen.query_one(Input).value == "no_such_column = 1"
        app.screen.query_one(Input).value = ""
        await pilot.press("enter")
        await until(pilot, lambda: len(table) == 10)


async def test_what_a_filter_does_not_find(tmp_path: Path) -> None:
    """Words with "like" in them are words; where none is found, the line says so; the window, where one is not whole."""
    async with opened(make_workspace(tmp_path / "w", 2, previews=False)) as (app, pilot):
        await pilot.press("slash", *"nothing", "space", *"like", "space", *"this", "enter")
        await until(pilot, lambda: "no photo matches" in status(app))
        await pilot.press("slash")
        for text in ("camera_type = 'dslr' AND", "camera_type = 'dslr"):
            app.screen.query_one(Input).value = text
            await pilot.press("enter")
            assert "it is not whole" in str(app.screen.query_one(".problem", Static).render())
        await pilot.press(*["backspace"] * 40, *"zzz", "enter")
        await until(pilot, lambda: "no photo matches" in status(app))
        await pilot.press("escape")
        assert status(app) == "" and len(app.screen.query_one(PhotoTable).browse) == 4


async def test_redo_lands_where_the_decision_did(tmp_path: Path) -> None:
    """In the review: after u and r the same pair is in view as before, from the first one and from a later one."""
    async with opened(make_workspace(tmp_path / "w", 6, previews=False), "review") as (app, pilot):
        for before in ([], ["s", "s"]):
            await press_in_turn(app, pilot, *before, "y")
            landed = app.screen.pair  # type: ignore[attr-defined]
            await press_in_turn(app, pilot, "z", "Z")
            assert app.screen.pair == landed  # type: ignore[attr-defined]
        await press_in_turn(app, pilot, "u", "u")
    async with opened(Workspace.open(tmp_path / "w"), "review") as (app, pilot):
        shown_first = app.screen.pair  # type: ignore[attr-defined]
        await press_in_turn(app, pilot, "y", "x", "u", "r", "u", "u")
        assert app.screen.pair == shown_first  # type: ignore[attr-defined]


@pytest.mark.parametrize("hidden", [False, True])
async def test_nothing_is_prepared_while_the_review_closes(tmp_path: Path, hidden: bool) -> None:
    """The timer that prepares pictures may fire when those in view have gone already, or are in view no longer."""
    async with opened(make_workspace(tmp_path / "w", 2, previews=False), "review") as (app, _):
        pictures = app.screen.query_one(PairView)
        if hidden:
            for picture in pictures.query(PhotoView):
                picture.display = False
        else:
            await pictures.remove_children()
        assert pictures.room == (0, 0)
        app.screen._prepare()  # type: ignore[attr-defined]


async def test_a_callback_that_finds_no_widget_while_the_app_closes_is_no_error(tmp_path: Path) -> None:
    """A screen's widgets go before its timers do. Before the app closes, the same is an error, and so is any other error then."""
    async with opened(make_workspace(tmp_path / "w", 2, previews=False), "review") as (app, _):
        assert not app._closes
    assert app._closes
    app._handle_exception(NoMatches("the widget has gone"))
    app._handle_exception(ScreenStackError("the screen has gone"))
    assert not app.return_code
    app._handle_exception(ValueError("something else"))
    assert app.return_code == 1


async def test_keys_at_the_ends_of_the_queue_say_so(tmp_path: Path) -> None:
    """[ at the first pair and ] at the last one."""
    async with opened(make_workspace(tmp_path / "w", 1, previews=False), "review") as (app, pilot):
        await pilot.press("right_square_bracket")
        assert status(app) == "there is no pair after this one"
        await pilot.press("left_square_bracket")
        assert status(app) == "there is no pair before this one"


async def test_skipping_where_nothing_was_skipped(tmp_path: Path) -> None:
    """The proposed pairs are decided and others wait: s does not claim to begin again."""
    async with opened(make_workspace(tmp_path / "w", 2, previews=False), "review") as (app, pilot):
        await pilot.press("x", "x", "s")
        assert status(app) == "no proposed pair was skipped; Enter shows the others"


async def test_nothing_to_say_is_an_empty_line(tmp_path: Path) -> None:
    """No dash stands for it."""
    async with opened(make_workspace(tmp_path / "w", 3, previews=False), "review") as (app, pilot):
        await pilot.press("right_square_bracket")
        assert status(app) == ""


async def test_q_closes_the_help_and_ctrl_c_names_q(tmp_path: Path) -> None:
    """The list of keys is left by q, and the app goes on; Ctrl-C says which key leaves."""
    async with opened(make_workspace(tmp_path / "w", 1, previews=False)) as (app, pilot):
        await pilot.press("question_mark", "q")
        assert app.is_running and len(app.screen_stack) == 1
        await pilot.press("ctrl+c")
        assert status(app).startswith("q quits")


async def test_photos_of_no_camera_are_told_from_those_of_an_unknown_one(tmp_path: Path) -> None:
    """In the counts by type, and in the table."""
    workspace = make_workspace(tmp_path / "w", 1, previews=False)
    with Catalog.open(workspace) as catalog, catalog.transaction():
        put_photo(catalog, b"/photos/scan.jpg", PhotoFacts(Status.OK, sha256="f" * 64), 1)
        put_photo(
            catalog, b"/photos/odd.jpg", PhotoFacts(Status.OK, sha256="e" * 64, exif=Exif(make="Nobody", model="X")), 1
        )
    async with opened(workspace, size=(120, 40)) as (app, _):
        kinds = [value.name for value in app.screen.query_one(FacetList).facets[0].values]
        assert {"no camera", "unknown type"} < set(kinds)
        rows = [row for at in range(4) if (row := app.screen.query_one(PhotoTable).browse.row(at))]
        types = {str(COLUMNS[0].cell(row)): str(COLUMNS[2].cell(row)) for row in rows}
        assert (types["scan.jpg"], types["odd.jpg"]) == ("–", "unknown")


async def test_a_stated_type_holds_for_the_model_and_can_be_undone(tmp_path: Path) -> None:
    """The cameras screen changes all photos of a model at once."""
    workspace = make_workspace(tmp_path / "w", 2, make="[/foo][red]Acme", previews=False)
    async with opened(workspace) as (app, pilot):
        await pilot.press("C")
        await pilot.pause()
        assert len(list(app.catalog.labels("camera_type = 'tablet'"))) == 0
        await pilot.press("t", *"tab", "enter")
        assert len(list(app.catalog.labels("camera_type = 'tablet'"))) == 2
        await pilot.press("t", "enter")  # the list starts at the type that the camera has
        assert len(list(app.catalog.labels("camera_type = 'tablet'"))) == 2
        await pilot.press("u", "u")
        assert len(list(app.catalog.labels("camera_type = 'tablet'"))) == 0


HOSTILE = "[/foo][red]\x1b]52;c;aGk=\x1b\\\u202eevil"


async def test_foreign_text_neither_styles_nor_controls(tmp_path: Path) -> None:
    """Markup in a maker's name stays text on every screen, and no escape is drawn even if the catalogue held one."""
    workspace = make_workspace(tmp_path / "w", 2, previews=False)
    with Catalog.open(workspace) as catalog:
        catalog.connection.execute(
            "UPDATE camera SET make = ?, make_normalized = ? WHERE type = 'smartphone'", (HOSTILE, HOSTILE)
        )
        catalog.connection.execute(
            "UPDATE photo SET path = path || ?, semantic_label = ?, software = ?", (HOSTILE, HOSTILE, HOSTILE)
        )
    async with opened(workspace, "review", size=(140, 45)) as (app, pilot):
        for key in ("L", "C", "T", "L", "D", "L", "R", "space", "u", "question_mark"):
            await pilot.press(key)
            await pilot.pause()
            drawn = "".join(segment.text for line in app.screen._compositor.render_strips() for segment in line)
            assert "\x1b" not in drawn and "\u202e" not in drawn and "\x07" not in drawn
        await pilot.press("escape", "L")
        await pilot.pause()
        drawn = "".join(segment.text for line in app.screen._compositor.render_strips() for segment in line)
        assert "[/foo][red]" in drawn


def test_shown_is_plain() -> None:
    """The helper that all foreign text goes through."""
    assert shown("[red]x\x1b[2J") == Text("[red]x[2J") and shown(None).plain == "–"


@pytest.mark.slow
async def test_every_key_is_described_on_the_help_screen(tmp_path: Path) -> None:
    """Each binding has an id, a description and a tooltip, and stands on `?`."""
    workspace = make_workspace(tmp_path / "w", 1, previews=False)
    async with opened(workspace, size=(120, 190)) as (app, pilot):
        for key, name in (
            ("L", "library"),
            ("R", "review"),
            ("C", "cameras"),
            ("T", "clocks"),
            ("D", "copies"),
            ("H", "flickr"),
        ):
            await pilot.press("f1" if key == "L" else key)
            await pilot.pause()
            bindings = described(app.screen) + described(app)
            assert all(binding.id and binding.description and binding.tooltip for binding in bindings), name
            await pilot.press("question_mark")
            await pilot.pause()
            drawn = "\n".join(
                "".join(segment.text for segment in line) for line in app.screen._compositor.render_strips()
            )
            assert all(binding.description in drawn for binding in bindings), name
            await pilot.press("escape", "f1")
            await pilot.pause()


async def test_empty_states_say_what_to_do(tmp_path: Path) -> None:
    """A new workspace has screens that each point the way."""
    async with opened(Workspace.create(tmp_path / "w")) as (app, pilot):
        for key, words in (
            ("f1", "Press i"),
            ("f2", "Press L"),
            ("f3", "Press L"),
            ("f4", "Press L"),
            ("f5", "Press L"),
            ("f6", "Press s"),
        ):
            await pilot.press(key)
            await pilot.pause()
            assert words in str(app.screen.query_one("#welcome", Static).render())
        for key in ("space", "x", "s", "tab", "a", "m", "enter", "right_square_bracket"):
            await pilot.press("f1", "f2", key)
            assert "there is no pair here" in status(app), key
        await pilot.press("v")


async def test_a_small_terminal_is_told_so(tmp_path: Path) -> None:
    """Below 80 × 24 nothing is drawn over nothing."""
    workspace = make_workspace(tmp_path / "w", 1, previews=False)
    async with opened(workspace, size=(60, 20)) as (app, _):
        assert app.screen.has_class("-too-small")


def test_a_command_is_told_that_the_app_is_open(tmp_path: Path) -> None:
    """The app holds the writer's lock; how to get it is told."""
    workspace = make_workspace(tmp_path / "w", 1, previews=False)
    with workspace.writing("app"), pytest.raises(WorkspaceBusy) as busy, workspace.writing("pair"):
        pass
    assert "has it open" in busy.value.why and "with q" in str(busy.value.way_out)


def test_pictures_inside_tmux_are_half_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    """Automatic choice draws nothing there; an explicit one is obeyed."""
    monkeypatch.setenv("TMUX", "x")
    terminal = asked_terminal()
    assert images_mode(None, "auto", terminal) == "half" and images_mode("kitty", "auto", terminal) == "kitty"


def test_the_app_starts_without_heavy_libraries() -> None:
    """Importing the app loads none of the libraries that take long, NumPy included: what is shown first needs none of them."""
    heavy = ("torch", "cv2", "pandas", "sklearn", "scipy", "matplotlib", "numpy", "pyarrow", "PIL", "httpx", "typer")
    code = f"import sys, curate.tui.app; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_start_loads_one_screen() -> None:
    """The other screens, what actions need, and the tables of cameras are loaded when they are used; each takes its time."""
    code = (
        "import sys, curate.tui.app, curate.tui.screens.home\n"
        "print(sorted(m for m in sys.modules if m.startswith('curate.')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(literal_eval(done.stdout))
    screens = {name for name in loaded if name.startswith("curate.tui.screens.")}
    assert screens == {f"curate.tui.screens.{name}" for name in ("base", "help", "home", "palette")}
    later = ("status", "ingest", "handoff", "cameras.families", "cameras.brands", "cameras.resolve", "catalog.exchange")
    assert not loaded & {f"curate.{name}" for name in later}


async def test_a_pair_that_is_odd_is_asked_about(tmp_path: Path) -> None:
    """Two photos of phones, or one that cannot be read, are paired after a yes only, and the question says why."""
    workspace = make_workspace(tmp_path / "w", 2, previews=False)
    with Catalog.open(workspace) as catalog:
        catalog.connection.execute("UPDATE photo SET status = 'invalid' WHERE path LIKE '%IMG_0001.JPG'")
    async with opened(workspace) as (app, pilot):
        for answer, accepted in ((["enter"], 0), (["escape"], 0), (["down", "enter"], 1)):
            await pilot.press(*(["m", "down", "m"] if not app.screen.marked else []), "p")  # type: ignore[attr-defined]
            question = str(app.screen.query_one(".question", Static).render())
            assert question.startswith("Pair ") and question.endswith("?") and question.count("?") == 1
            assert "although neither was taken with a phone" in question or "cannot be read" in question
            await pilot.press(*answer)
            assert decisions.tally(app.catalog).accepted == accepted


async def test_a_photo_or_its_folder_is_forgotten(tmp_path: Path) -> None:
    """F asks which; the photo, or all of its folder, leaves the catalogue, the files stay, and u brings them back."""
    workspace = make_workspace(tmp_path / "w", 2, previews=False)
    async with opened(workspace) as (app, pilot):
        for downs, left in ((0, 4), (1, 3), (2, 2)):
            await pilot.press("F", *["down"] * downs, "enter")
            if downs:
                await until(pilot, lambda: "removed from the catalogue" in status(app))
            assert app.catalog.count() == left
            await pilot.press("u")
            if downs:
                await until(pilot, lambda: "taken back: forgot" in status(app))
            assert app.catalog.count() == 4


def test_without_a_terminal_the_app_says_so(tmp_path: Path) -> None:
    """It ends at once, names what to do instead, and sends nothing to a terminal."""
    workspace = make_workspace(tmp_path / "w", 1, previews=False)
    words = [sys.executable, "-m", "curate.cli", str(workspace.root)]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2 and done.stdout == "" and "\x1b" not in done.stderr
    assert "the app needs a terminal" in done.stderr and "curate review --plain" in done.stderr
