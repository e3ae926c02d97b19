"""The home screen and the first start: without a screen, and driven by keys."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest
from rich.text import Text
from textual.widgets import DataTable, Input, Static

from curate.catalog.forgetting import forget
from curate.catalog.store import Catalog
from curate.cli import run_cli
from curate.errors import CurateError, NotAWorkspace
from curate.ingest import ingest
from curate.status import ExportedSet, Run, Status
from curate.status import status as status_of
from curate.tui.forms import Form
from curate.tui.screens.starting import StartApp, workspace_at
from curate.tui.start import made, start_form, start_request
from curate.tui.waiting import entries
from curate.tui.widgets.listing import Listing
from curate.tui.widgets.told import Told
from curate.workspace import Workspace, is_workspace
from tests.conftest import write_photo
from tests.curate.tui.test_app import opened, until
from tests.curate.tui.test_library import drawn
from tests.curate.tui.workspaces import make_workspace
from tracer.base.progress import finish

EMPTY = Status(
    workspace=Path("/w"), photos=0, unreadable=0, cameras=0, unknown_cameras=0, phones=0, others=0, by_neither={},
    compared=None, waiting=0, proposed=0, accepted=0, rejected=0, own_set=Path("/w/exports/w"),
)  # fmt: skip
FULL = dataclasses.replace(EMPTY, photos=9, cameras=2, phones=4, others=5, compared=(4, 5))
SET = ExportedSet(Path("/w/exports/w"), 4, 2, False)


@pytest.mark.parametrize(
    ("found", "action"),
    [
        (EMPTY, "app.operation('ingest')"),
        (dataclasses.replace(FULL, compared=None), "app.operation('pair')"),
        (dataclasses.replace(FULL, waiting=3, proposed=2), "app.switch_mode('review')"),
        (dataclasses.replace(FULL, unreadable=9), "app.switch_mode('library')"),
        (dataclasses.replace(FULL, phones=0, unknown_cameras=1), "app.switch_mode('cameras')"),
        (dataclasses.replace(FULL, absent=((Path("/gone"), 9),)), "app.operation('relocate')"),
        (dataclasses.replace(FULL, without_exif=True), "app.switch_mode('flickr')"),
        (dataclasses.replace(FULL, accepted=1), "app.operation('export')"),
        (dataclasses.replace(FULL, accepted=1, sets=(SET,)), "app.operation('evaluate')"),
        (dataclasses.replace(FULL, sets=(SET,), runs=(Run(Path("/w/runs/w"), SET.path, False),)), "app.open_report"),
    ],
)
def test_enter_takes_the_next_step(found: Status, action: str) -> None:
    """The first line is the next step of `curate status`, and does what its command does."""
    assert entries(found)[0].action == action


def test_what_waits_is_marked() -> None:
    """Each kind of it has a line; where nothing waits, none is marked."""
    odd = dataclasses.replace(
        FULL, unreadable=1, skipped=2, missed=1, duplicates=3, unknown_cameras=1, disagreements=1, gone=1, waiting=2, proposed=1,
        sets=(dataclasses.replace(SET, stale=True),), runs=(Run(Path("/w/runs/w"), SET.path, True),),
    )  # fmt: skip
    for chosen, said in ((0, "3 groups of equal files"), (2, "3 groups of equal files, 1 to decide")):
        copies = next(entry for entry in entries(dataclasses.replace(odd, chosen=chosen)) if entry.name == "copies")
        assert copies.waits and copies.text == said
    decided = next(entry for entry in entries(dataclasses.replace(odd, chosen=3)) if entry.name == "copies")
    assert not decided.waits and decided.text == "3 groups of equal files, all decided"
    waits = [entry.name for entry in entries(odd)[1:] if entry.waits]
    assert waits == ["unreadable", "skipped", "copies", "cameras", "pairs", "", "set", "run"]
    assert not any(entry.waits for entry in entries(FULL)[1:])
    text = {entry.name: entry.text for entry in entries(odd)}
    assert "1 of unknown type, 1 on whose type sources disagree" in text["cameras"]
    assert "the catalogue changed since" in text["set"]


def test_what_is_no_picture_asks_nothing(catalog: Catalog, tmp_path: Path) -> None:
    """A text beside the photos, a link to a folder and a forgotten photo are listed, and wait for nobody; a lost file does."""
    photos = tmp_path / "photos"
    for number in range(2):
        write_photo(photos / f"{number}.jpg", number)
    (photos / "SOURCES.md").write_text("where they are from")
    (photos / "all").symlink_to(tmp_path)
    finish(ingest(catalog, [photos], jobs=1))
    forget(catalog, [photos / "1.jpg"])
    for lost in (False, True):
        if lost:
            (photos / "2.jpg").symlink_to(tmp_path / "gone.jpg")
        finish(ingest(catalog, [photos], jobs=1))
        (line,) = (entry for entry in entries(status_of(catalog)) if entry.name == "skipped")
        assert line.text.startswith(f"{3 + lost} files") and line.waits is lost


async def test_a_folder_that_moved_is_relocated_from_home(tmp_path: Path) -> None:
    """Enter on the first line asks for the new place of the folder that is not there; typing goes to that line."""
    for number in range(2):
        write_photo(tmp_path / "photos" / f"{number}.jpg", number)
    workspace = Workspace.create(tmp_path / "w")
    with Catalog.open(workspace) as catalog:
        finish(ingest(catalog, [tmp_path / "photos"], jobs=1))
    (tmp_path / "photos").rename(tmp_path / "moved")
    async with opened(workspace, "home") as (app, pilot):
        await until(pilot, lambda: app.screen.query_one("#waiting", DataTable).row_count > 1)
        await pilot.press("enter")
        await until(pilot, lambda: len(app.screen.query(Input)) == 2)
        new, old = app.screen.query(Input)
        assert old.value == str(tmp_path / "photos")
        await pilot.press(*str(tmp_path / "moved"))
        assert new.value == str(tmp_path / "moved")
        await pilot.press("enter")
        await until(pilot, lambda: "2 photos relocated" in str(app.screen.query_one("#status", Static).render()))
        assert {row["path"] for row in app.catalog.labels()} == {str(tmp_path / "moved" / f"{n}.jpg") for n in range(2)}


async def test_enter_goes_where_a_line_says(tmp_path: Path) -> None:
    """Skipped and unreadable files are listed with the reason; the other lines lead to their screens."""
    photos = tmp_path / "photos"
    for number in range(2):
        write_photo(photos / f"{number}.jpg", number)
    (photos / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
    (photos / "notes.txt").write_text("no photo")
    workspace = Workspace.create(tmp_path / "w")
    with Catalog.open(workspace) as catalog:
        finish(ingest(catalog, [photos], jobs=1))
    async with opened(workspace, "home") as (app, pilot):
        table = app.screen.query_one("#waiting", DataTable)
        await until(pilot, lambda: table.row_count > 3)
        names = [str(table.get_row_at(row)[1]) for row in range(table.row_count)]
        for name, text in (("unreadable", "broken.jpg: invalid"), ("skipped", "notes.txt: ")):
            table.move_cursor(row=names.index(name))
            await pilot.press("enter")
            assert isinstance(app.screen, Told) and any(text in line for _, line in app.screen._lines)
            await pilot.press("escape")
        await until(pilot, lambda: "Enter: see why" in str(app.screen.query_one("#entry", Static).render()))
        table.move_cursor(row=names.index("cameras"))
        await pilot.press("enter")
        assert app.current_mode == "cameras"
        await pilot.press("f10", "u")
        assert app.current_mode == "home"


async def test_a_long_line_is_whole_where_there_is_room(tmp_path: Path) -> None:
    """In 120 columns nothing is cut beside empty room."""
    said = "0 proposed to decide, 10 other candidates; 45 accepted, 10 rejected"
    async with opened(make_workspace(tmp_path / "w", 1, previews=False), "home", (120, 40)) as (app, pilot):
        table = app.screen.query_one("#waiting", Listing)
        await until(pilot, lambda: table.row_count > 3)
        table.list([[Text(" "), Text("pairs"), Text(said), Text("review pairs")]])
        await until(pilot, lambda: said in drawn(app) and "review" in drawn(app))


async def test_an_empty_workspace_asks_for_photos(tmp_path: Path) -> None:
    """Enter on the first line, which is under the cursor."""
    async with opened(Workspace.create(tmp_path / "w"), "home") as (app, pilot):
        await until(pilot, lambda: app.screen.query_one("#waiting", DataTable).row_count > 0)
        assert app.screen.query_one("#welcome").display
        await pilot.press("enter")
        assert app.screen.query_one("#paths", Input).has_focus


# --- the first start


def answers(form: Form, **others: str) -> dict[str, str]:
    """What a form is answered with: as it is filled in, but for some lines."""
    return {field.name: field.value for field in form.fields} | others


def test_an_empty_folder_becomes_the_workspace(tmp_path: Path) -> None:
    """Also one that does not exist yet; a folder that holds something is left alone, and one beside it is proposed."""
    for name in ("empty", "new/deep"):
        folder = tmp_path / name
        if name == "empty":
            folder.mkdir()
        assert made(start_request(answers(start_form(folder)))).root == folder and is_workspace(folder)
    photos = tmp_path / "photos"
    write_photo(photos / "1.jpg", 1)
    workspace = made(start_request(answers(start_form(photos), recipe="paircams")))
    assert workspace.root == tmp_path / "photos-workspace" and os.listdir(photos) == ["1.jpg"]
    assert workspace.settings.recipe == "paircams"
    for wrong in ({"recipe": "odd"}, {"folder": ""}, {"folder": str(photos)}):
        with pytest.raises(CurateError):
            made(start_request(answers(start_form(tmp_path / "other"), **wrong)))


async def test_enter_makes_a_workspace(tmp_path: Path) -> None:
    """A refused folder stays in the form with the reason; Esc makes nothing."""
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    app = StartApp(start_form(tmp_path / "w"))
    async with app.run_test(size=(80, 24)) as pilot:
        line = app.screen.query_one("#folder", Input)
        line.value = str(tmp_path / "full")
        await pilot.press("enter")
        assert "not empty" in str(app.screen.query_one(".problem").render())
        line.value = str(tmp_path / "w")
        await pilot.press("enter")
    assert app.return_value is not None and app.return_value.root == tmp_path / "w"
    app = StartApp(start_form(tmp_path / "none"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("escape")
    assert app.return_value is None and not (tmp_path / "none").exists()


def test_without_a_terminal_nothing_is_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is refused with the command that makes a workspace."""
    with pytest.raises(NotAWorkspace):
        workspace_at(tmp_path)
    assert run_cli([str(tmp_path)]) == 2
    assert "curate new" in capsys.readouterr().err
