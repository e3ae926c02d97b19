"""The set screen: its state without a screen, and driven by keys."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from textual.widgets import Input, Static

from curate.catalog.store import Catalog
from curate.errors import CurateError
from curate.export.options import ExportChoice
from curate.export.preview import PlannedSet
from curate.ingest import ingest
from curate.operations.sets import Split
from curate.sources.made import MANIFEST, Layout
from curate.tui import setplan
from curate.tui.app import CurateApp
from curate.tui.screens.sets import SetScreen
from curate.workspace import Workspace
from tests.conftest import write_photo
from tests.curate.tui.test_app import opened, status, until
from tests.helpers.typed_forms import typed
from tracer.base.progress import finish

PLANNED = PlannedSet(Layout.IMAGEFOLDER, 3, 1, 1, 1, (), {"not stated": 3}, ())


def texts(lines: list[setplan.Line]) -> str:
    """What the lines say."""
    return "\n".join(f"{name}: {text}" for _, name, text in lines)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Twelve photos of a phone and of a camera."""
    for number in range(12):
        write_photo(tmp_path / "photos" / f"p{number}.jpg", number, make="Apple", model="iPhone X")
        write_photo(tmp_path / "photos" / f"c{number}.jpg", 100 + number)
    return tmp_path / "photos"


@pytest.fixture
def filled(tmp_path: Path, photos: Path) -> Workspace:
    """A workspace with these photos."""
    workspace = Workspace.create(tmp_path / "w")
    with Catalog.open(workspace) as catalog:
        finish(ingest(catalog, [photos], jobs=1))
    return workspace


def test_keys_change_the_choice() -> None:
    """Each change taken twice, or as often as there are layouts, is none."""
    choice = ExportChoice()
    assert setplan.other_photos(choice).pairs and setplan.other_photos(setplan.other_photos(choice)) == choice
    assert setplan.other_places(setplan.other_places(choice)) == choice
    layouts = [choice]
    for _ in range(len(Layout) + 1):
        layouts.append(setplan.next_layout(layouts[-1]))
    assert {one.layout for one in layouts} == {None, *Layout} and layouts[-1] == choice
    assert setplan.only_licenses(choice, "CC0-1.0, CC-BY-4.0").licenses == ("CC0-1.0", "CC-BY-4.0")
    assert setplan.alike_in(choice, "").match == ()
    with pytest.raises(CurateError, match="odd"):
        setplan.alike_in(choice, "format,odd")


def test_what_is_not_known_yet_is_said() -> None:
    """Leaks and confounds come last; a photo on neither side is counted, and a set without splits says so."""
    assert "looking for leaks" in texts(setplan.finding_lines(PLANNED))
    assert "1 by phones, 1 by cameras, 1 by neither" in texts(setplan.planned_lines(PLANNED))
    known = PlannedSet(Layout.URLS, 0, 0, 0, 0, (), {}, (), 2, ("They differ.",))
    assert "no split, so none" in texts(setplan.finding_lines(known)) and "They differ." in texts(
        setplan.finding_lines(known)
    )


def test_splits_are_drawn_and_withdrawn(filled: Workspace) -> None:
    """As the form says; exports then use them until they are withdrawn."""
    with Catalog.open(filled) as catalog:
        assert "1 split of" in finish(typed(Split, catalog, attribute="Make", seed="7").run(catalog)).summary()
        assert "Make; seed 7, drawn" in texts(setplan.chosen_lines(catalog, ExportChoice()))
        none = typed(Split, catalog, attribute="")
        assert "follow the settings" in finish(none.run(catalog)).summary()
        assert "no splits were drawn" in finish(none.run(catalog)).summary()
        for wrong in ({"attribute": "Odd"}, {"attribute": "Make", "group": "odd"}, {"attribute": "Make", "seed": "x"}):
            with pytest.raises(CurateError):
                typed(Split, catalog, **wrong)


def part(app: CurateApp, name: str) -> str:
    """What a part of the screen says."""
    from rich.console import Console

    console = Console(width=100, color_system=None)
    with console.capture() as said:
        console.print(app.screen.query_one(f"#{name}", Static).content)
    return " ".join(said.get().split())


async def test_a_set_is_planned_written_and_checked(filled: Workspace) -> None:
    """What it would hold follows each key; the export goes where the form says, and is checked."""
    async with opened(filled, "set") as (app, pilot):
        await until(pilot, lambda: "leaks none between the sides" in part(app, "findings"))
        assert "photos 24: 12 by phones, 12 by cameras" in part(app, "holds") and "left out nothing" in part(
            app, "holds"
        )
        await pilot.press("p")
        await until(pilot, lambda: "24: it is in no accepted pair" in part(app, "holds"))
        await pilot.press("p", "c", *"CC0-1.0", "enter")
        await until(pilot, lambda: "24: its licence is not stated" in part(app, "holds"))
        await pilot.press("c", "ctrl+u", "enter", "v")
        assert "no set was written yet" in status(app)
        await pilot.press("e")
        assert app.screen.query_one("#pairs", Input).value == "all"
        await pilot.press("enter")
        await until(pilot, lambda: "checked: ok" in status(app))
        place = filled.exports / filled.name
        assert (place / MANIFEST).exists()
        await until(pilot, lambda: "24 photos, 0 pairs" in part(app, "sets"))
        (place / "README.md").unlink()
        await pilot.press("v")
        await until(pilot, lambda: "README.md" in status(app))
        await pilot.press("e", "enter")
        await until(pilot, lambda: f"24 photos in {place}" in status(app) and "checked: ok" in status(app))


def test_sets_are_listed(filled: Workspace) -> None:
    """The newest three, and how many more there are."""
    with Catalog.open(filled) as catalog:
        for age in range(5):
            place = filled.exports / f"s{age}"
            place.mkdir()
            (place / MANIFEST).write_text('{"schema": "lenstrace/dataset/1", "files": {}}')
            os.utime(place / MANIFEST, (2e9 - age, 2e9 - age))
        lines = texts(setplan.set_lines(catalog))
        assert "exports/s0" in lines and "exports/s2" in lines and "exports/s3" not in lines and "and 2 more" in lines
        newest = setplan.newest_set(catalog)
        assert newest is not None and newest.name == "s0"


async def test_a_click_on_a_line_changes_the_choice(filled: Workspace) -> None:
    """As its key does."""
    async with opened(filled, "set", size=(120, 40)) as (app, pilot):
        assert isinstance(app.screen, SetScreen)
        before = app.screen.choice
        await pilot.click("#chosen", offset=(6, 2))
        assert app.choice == setplan.other_photos(before)
