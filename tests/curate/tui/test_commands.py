"""The palette's commands, forms and completions, without a screen."""

from __future__ import annotations

import os
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.catalog.store import Catalog
from curate.errors import CurateError
from curate.ingest import ingest
from curate.operations.evaluating import Evaluate
from curate.operations.ingest import Ingest
from curate.operations.sets import ExportSet
from curate.sources.made import MANIFEST
from curate.tui.commands import Command, commands, fixed, ranked
from curate.tui.completing import Completed, complete_path, complete_word
from curate.tui.forms import one_of
from curate.tui.operation_form import form_of
from curate.workspace import Workspace
from tests.conftest import write_photo
from tests.helpers.typed_forms import filled_in, typed
from tracer.base.progress import finish

NAMES = [one.name for one in fixed()]


def test_the_names_are_those_of_the_contract() -> None:
    """All of these are there."""
    assert set(NAMES) >= {
        "Ingest photos", "Find pairs", "Review pairs", "Library", "Cameras", "Clocks", "Copies", "Set", "Export set",
        "Evaluate set", "Open report", "Log", "Undo", "Redo", "Keys", "Theme", "Quit", "Accept all above",
    }  # fmt: skip


OTHERS = [
    Command("Set type", "set_type", "", "t"),
    Command("Undo all", "undo_all", "", "U"),
    Command("Evaluate set again", "again", "", "A"),
    Command("Library", "app.switch_mode('library')", "", "L"),
    Command("Repeat", "redo", "", "r Z"),
]


@pytest.mark.parametrize("name", NAMES)
def test_a_whole_name_is_that_command(name: str) -> None:
    """In any case of its letters, whatever else the screen has."""
    among = [(one.name, one) for one in commands(OTHERS)]
    for text in (name, name.lower(), name.upper(), f" {name}  "):
        assert ranked(among, text)[0][0] == name


def test_what_a_screen_adds() -> None:
    """Its other actions by name; what a fixed command does already gives that its keys."""
    found = {one.name: one for one in commands(OTHERS)}
    assert list(found) == [*NAMES, "Set type", "Undo all", "Evaluate set again"]
    assert found["Library"].keys == "L" and found["Redo"].keys == "r Z" and found["Quit"].keys == ""


@given(st.text(string.ascii_letters + " ", max_size=12))
def test_what_is_found_holds_the_letters(text: str) -> None:
    """Each command that is found has the typed letters in order; without letters, all are found."""
    among = [(name, name) for name in NAMES]
    for name, _ in ranked(among, text):
        letters = iter(name.casefold())
        assert all(letter in letters for letter in " ".join(text.casefold().split()))
    assert text.strip() or len(ranked(among, text)) == len(among)


def test_paths_are_completed_as_far_as_they_are_certain(tmp_path: Path) -> None:
    """To the part that all names share, folders with a slash; files only where files of that kind are meant."""
    for name in ("holiday-2019", "holiday-2020", "other"):
        (tmp_path / name).mkdir()
    for name in ("holiday.csv", "one.CSV", "one.jpg", ".hidden.csv"):
        (tmp_path / name).touch()
    shared = ("holiday-2019/", "holiday-2020/")
    assert complete_path("h", tmp_path) == Completed("holiday-20", shared)
    assert complete_path(f"{tmp_path}/hol", Path("/")) == Completed(f"{tmp_path}/holiday-20", shared)
    assert complete_path("ot", tmp_path) == Completed("other/", ("other/",))
    assert complete_path("on", tmp_path, ".csv") == Completed("one.CSV", ("one.CSV",))
    assert complete_path("", tmp_path).choices == (*shared, "other/")
    assert complete_path("nothing", tmp_path) == Completed("nothing")
    assert complete_path("no/where", tmp_path) == Completed("no/where")
    assert complete_path("~", tmp_path).text == "~/"
    (tmp_path / "holiday-20").mkdir()
    assert complete_path("holiday-20", tmp_path) == Completed(
        "holiday-20"
    )  # it is there, so that Tab goes to the next line
    assert complete_path("one.CSV", tmp_path, ".csv") == Completed("one.CSV")
    assert complete_path("other", tmp_path, ".csv") == Completed("other/", ("other/",))  # a file is meant
    assert complete_word("offline,pa", ("offline", "paper")).text == "offline,paper"


@given(st.lists(st.text(string.ascii_lowercase, min_size=1, max_size=6), max_size=6), st.text("abc", max_size=3))
def test_a_completion_keeps_what_was_typed(words: list[str], text: str) -> None:
    """It only adds, and what it adds begins every word that is possible."""
    found = complete_word(text, words)
    assert found.text.startswith(text)
    assert all(word.startswith(found.text) for word in found.choices)


def test_the_beginning_of_an_option_is_enough() -> None:
    """Unless it begins several, or none."""
    assert one_of("p", ("pairs", "all"), "photos") == "pairs"
    for text in ("", "x"):
        with pytest.raises(CurateError, match="photos"):
            one_of(text, ("pairs", "all"), "photos")


def test_photos_are_taken_from_the_last_folder(
    tmp_path: Path, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At first from the current folder; from the one above it where that is the workspace."""
    photos = tmp_path / "photos"
    write_photo(photos / "a" / "1.jpg", 1)
    monkeypatch.chdir(photos)
    assert filled_in(Ingest, catalog)["paths"] == os.fspath(photos)
    monkeypatch.chdir(catalog.workspace.root)
    assert filled_in(Ingest, catalog)["paths"] == os.fspath(catalog.workspace.root.parent)
    finish(ingest(catalog, [photos], jobs=1))
    assert filled_in(Ingest, catalog)["paths"] == os.fspath(photos)
    asked = typed(Ingest, catalog, label_from="f")
    assert asked.paths == (photos,) and asked.label_from == "folder" and asked.labels is None
    assert asked.as_command(catalog.workspace.root).startswith("curate ingest")
    for wrong in ({"paths": ""}, {"paths": "/nowhere/at/all"}, {"labels": "none.csv"}, {"label_from": "perhaps"}):
        with pytest.raises(CurateError):
            typed(Ingest, catalog, **wrong)


def test_the_home_folder_is_not_proposed(tmp_path: Path, catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """It holds far more than photos, and so does what lies above it: Pictures is proposed, or nothing."""
    home = tmp_path / "people" / "ann"
    home.mkdir(parents=True)
    monkeypatch.setenv("HOME", os.fspath(home))
    for folder in (home, home.parent, Path("/")):
        monkeypatch.chdir(folder)
        assert filled_in(Ingest, catalog)["paths"] == ""
    (home / "Pictures").mkdir()
    assert filled_in(Ingest, catalog)["paths"] == os.fspath(home / "Pictures")
    monkeypatch.chdir(home / "Pictures")
    assert filled_in(Ingest, catalog)["paths"] == os.fspath(home / "Pictures")


def test_an_export_goes_into_the_workspace(catalog: Catalog) -> None:
    """As it is filled in; what is there already is replaced where that was said alone, and else a new folder is proposed."""
    root, name = catalog.workspace.root, catalog.workspace.name
    asked = typed(ExportSet, catalog, pairs="pairs", licenses="CC0-1.0")
    assert filled_in(ExportSet, catalog)["pairs"] == "all"
    assert asked.out == root / "exports" / name and asked.pairs and not asked.replace
    assert asked.licenses == ("CC0-1.0",) and asked.match == ()
    assert "holds a set" not in form_of(ExportSet, catalog).hint
    asked.out.mkdir()
    (asked.out / MANIFEST).write_text("{}")
    another = typed(ExportSet, catalog)
    assert another.out == root / "exports" / f"{name}-2" and not another.replace
    assert f"exports/{name} holds a set" in form_of(ExportSet, catalog).hint
    old = {"out": f"exports/{name}"}
    assert typed(ExportSet, catalog, **old, replace="yes").replace
    for wrong in (
        old,
        {"out": ""},
        {"out": "cache/x"},
        {"layout": "odd"},
        {"pairs": ""},
        {"keep_gps": "2"},
        {"replace": "2"},
    ):
        with pytest.raises(CurateError):
            typed(ExportSet, catalog, **wrong)


def test_the_newest_set_is_evaluated(catalog: Catalog) -> None:
    """Into a run of its name; where there is none yet, the workspace's own, which is exported first."""
    root: Path = catalog.workspace.root
    assert "exported first" in form_of(Evaluate, catalog).hint
    assert typed(Evaluate, catalog).place == root / "exports" / catalog.workspace.name
    for age, name in ((200, "old"), (100, "new"), (300, "older")):
        (root / "exports" / name).mkdir()
        manifest = root / "exports" / name / MANIFEST
        manifest.write_text("{}")
        os.utime(manifest, (2e9 - age, 2e9 - age))
    asked = typed(Evaluate, catalog)
    assert (asked.place, asked.out) == (root / "exports" / "new", root / "runs" / "new")
    assert asked.encoders == Workspace(root).settings.evaluate.encoders
    for wrong in ({"encoders": " "}, {"place": "exports/none"}, {"out": "cache/x"}):
        with pytest.raises(CurateError):
            typed(Evaluate, catalog, **wrong)
